"""Cells made by laws that the package's simulator does not know: does a detector survive abroad?

Everything here is phenomenological and drawn afresh: how resistances grow or fall, temperature
walks, paths for electrons (at once, slowly, healing, flickering, from the first cycle), protocols
and the cycler's faults. It shares no code with ``softbreak.simulate`` but the definition of the
labels. For judging only: nothing is fitted or chosen on these cells.

    python benchmarks/strangers.py --cells 300 --seed 1 --detectors fused,voltage --families
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
import pandas as pd
from score_rules import by_group, interval_coverage, scores, trivial

from softbreak.data.history import CellHistory, assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.models.diagnosis.diagnose import examine
from softbreak.simulate.truth import STATES, label

HEALTHY = ("still", "sqrt-growth", "wear-in", "voids", "warm-steps", "diurnal", "rate-test")
FAULTY = ("abrupt", "slow", "heals", "flicker", "hard", "from-start", "staircase", "growth-short")
BOLTZMANN_EV = 8.617333e-5


class Paths(NamedTuple):
    """Ω cm², S cm⁻² and °C of one cell, one value a sample."""

    bulk: np.ndarray
    interface: np.ndarray
    leak: np.ndarray
    celsius: np.ndarray


def clock(rng: np.random.Generator, cycles: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times (s), current direction with amplitude factor, and cycle of every sample."""
    half = float(rng.choice([0.25, 0.5, 1.0, 2.0, 5.0])) * 3600.0
    step = max(float(rng.choice([1.0, 5.0, 10.0, 30.0, 60.0])), half / 400.0)
    rest = float(rng.choice([0.0, 0.0, 300.0, 900.0]))
    times, flows, numbers = [], [], []
    now = 0.0
    for cycle in range(cycles):
        for sign in (1.0, -1.0):
            for length, flow in ((half, sign), (rest, 0.0)):
                count = int(length / step)
                if count:
                    times.append(now + step * np.arange(count))
                    flows.append(np.full(count, flow))
                    numbers.append(np.full(count, cycle))
                    now += count * step
    return np.concatenate(times), np.concatenate(flows), np.concatenate(numbers)


def paths(
    rng: np.random.Generator, family: str, time: np.ndarray, cycle: np.ndarray, total: float
) -> Paths:
    """Draw how the two paths of a cell develop."""
    life = time / time[-1]
    celsius = np.full(len(time), float(rng.uniform(20, 60))) + rng.normal(0, 0.3)
    celsius += 0.3 * np.sin(2 * np.pi * time / 86400.0 + rng.uniform(0, 6))
    if family == "diurnal":
        celsius += rng.uniform(1, 5) * np.sin(2 * np.pi * time / 86400.0 + rng.uniform(0, 6))
    if family == "warm-steps":
        for _ in range(rng.integers(1, 4)):
            size, tau = rng.uniform(-12, 12), rng.uniform(300, 3000)
            age = time - rng.uniform(0.1, 0.9) * time[-1]
            celsius += np.where(age > 0, size * -np.expm1(-np.maximum(age, 0) / tau), 0.0)
    share = rng.uniform(0.2, 0.8)
    bulk = np.full(len(time), share * total)
    interface = np.full(len(time), (1 - share) * total)
    wander = np.cumsum(rng.normal(0, 1, int(cycle[-1]) + 1))[cycle.astype(int)]
    interface *= np.exp(0.004 * wander)
    if family in ("sqrt-growth", "growth-short"):
        interface *= 1 + rng.uniform(0.3, 3.0) * np.sqrt(life)
    if family == "wear-in":
        interface *= 1 - rng.uniform(0.1, 0.5) * -np.expm1(-life / rng.uniform(0.05, 0.6))
    leak = np.zeros(len(time))
    moment = rng.uniform(0.15, 0.85)
    eta = rng.uniform(0.12, 0.9)
    strong = eta / (1 - eta) / total
    if family in ("abrupt", "growth-short"):
        leak = np.where(life > moment, strong, 0.0)
    if family == "slow":
        leak = strong * np.exp(np.clip((life - moment) * rng.uniform(8, 25), -30, 0.7))
    if family == "heals":
        leak = np.where((life > moment) & (life < moment + rng.uniform(0.05, 0.3)), strong, 0.0)
    if family == "flicker":
        period = rng.uniform(0.5, 6) * 3600.0
        flips = np.cumsum(rng.random(int(time[-1] / period) + 2) < 0.5) % 2
        leak = np.where((life > moment) & (flips[(time / period).astype(int)] == 1), strong, 0.0)
    if family == "hard":
        leak = np.where(life > moment, rng.uniform(40, 500) / total, 0.0)
    if family == "from-start":
        leak[:] = rng.choice([strong, 300.0 / total])
    if family == "staircase":
        leak = strong * np.clip(np.floor((life - moment) * rng.uniform(6, 20)), 0, None)
    return Paths(bulk, interface, leak, celsius)


def voltages(
    rng: np.random.Generator, family: str, found: Paths, flow: np.ndarray, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Voltage (V, for a current density of ``flow`` A cm⁻²) and the electronic fraction."""
    kelvin = found.celsius + 273.15
    warm = np.exp(rng.uniform(0.3, 0.5) / BOLTZMANN_EV * (1 / kelvin - 1 / kelvin[0]))
    ionic = (found.bulk + found.interface) * warm
    if family == "voids" or rng.random() < 0.3:
        start = np.concatenate(([True], np.sign(flow[1:]) != np.sign(flow[:-1])))
        since = time - time[np.maximum.accumulate(np.where(start, np.arange(len(time)), 0))]
        ionic = ionic * (1 + rng.uniform(0.02, 0.25) * (since / since.max()) ** rng.uniform(1, 3))
    thermal = 2 * BOLTZMANN_EV * kelvin
    # charge transfer is a part of the interface: it can bend away half of it at the most
    least = thermal.max() / (0.5 * found.interface.min())
    exchange = max(float(np.abs(flow).max() * rng.uniform(0.3, 30)), float(least))

    def ion_voltage(x: np.ndarray) -> np.ndarray:
        return x * ionic + thermal * (np.arcsinh(x / exchange) - x / exchange)

    low, high = np.zeros(len(flow)), np.abs(flow)
    for _ in range(45):  # ions carry what electrons leave: bisect, for the balance is monotone
        ion = 0.5 * (low + high)
        above = ion + found.leak * ion_voltage(ion) > np.abs(flow)
        low, high = np.where(above, low, ion), np.where(above, ion, high)
    ion = np.sign(flow) * high
    voltage = ion_voltage(ion)
    with np.errstate(invalid="ignore"):
        return voltage, np.where(flow != 0, 1 - ion / np.where(flow == 0, 1, flow), np.nan)


def cell(rng: np.random.Generator, number: int) -> tuple[CellHistory, pd.DataFrame]:
    """Make one cell with its truth."""
    family = str(rng.choice(HEALTHY if rng.random() < 0.6 else FAULTY))
    cycles = int(rng.integers(15, 70))
    time, sign, cycle = clock(rng, cycles)
    total, area = float(np.exp(rng.uniform(np.log(20), np.log(2000)))), 0.7854
    found = paths(rng, family, time, cycle, total)
    density = float(np.exp(rng.uniform(np.log(2e-5), np.log(1e-3))))
    flow = sign * density
    if family == "rate-test":
        flow = flow * (1.0 + 0.5 * (cycle // max(cycles // 5, 1)))
    voltage, eta = voltages(rng, family, found, flow, time)
    noise = max(0.002 * density * total, float(rng.choice([1e-6, 2e-5, 1e-4])))
    voltage = voltage + rng.normal(0, noise, len(time)) + rng.normal(0, 0.2 * noise)
    least = float(rng.choice([1e-6, 1e-4, 3e-4]))
    voltage = np.round(voltage / least) * least
    columns = {
        "test_time_second": time,
        "voltage_volt": voltage.astype(np.float32),
        "current_ampere": (flow * area * (1 + rng.normal(0, 1e-4, len(time)))).astype(np.float32),
    }
    if rng.random() < 0.5:
        columns["ambient_temperature_celsius"] = np.round(found.celsius + rng.normal(0, 0.5), 1)
    kept = rng.random(len(time)) > 0.002
    table = pd.DataFrame(columns)[kept].reset_index(drop=True)
    name = f"stranger-{number:04d}"
    known = Cell(name, configuration="symmetric", area_cm2=area)
    if rng.random() < 0.4:
        thickness, floor = 500.0, float(found.bulk[0]) * rng.uniform(0.85, 1.0)
        sigma, warmth = thickness * 1e-4 / floor, float(found.celsius[0])
        known = Cell(
            name,
            "symmetric",
            area_cm2=area,
            electrolyte_thickness_um=thickness,
            ionic_conductivity_s_per_cm=sigma,
            temperature_celsius=warmth,
        )
    record = Record(known, Technique.CYCLING, table, Source(f"{name}.csv"))
    return assemble(known, [record]), truth_of(family, eta, sign, cycle)


def truth_of(family: str, eta: np.ndarray, sign: np.ndarray, cycle: np.ndarray) -> pd.DataFrame:
    """Charge-weighted electronic fraction of each cycle, and its label."""
    on = sign != 0
    count = int(cycle[-1]) + 1
    share = np.bincount(cycle[on], eta[on], count) / np.bincount(cycle[on], minlength=count)
    hard = np.bincount(cycle[on], eta[on] > 0.95, count) / np.bincount(cycle[on], minlength=count)
    states = [STATES[k].value for k in label(share, hard)]
    return pd.DataFrame(
        {"cycle_index": np.arange(count), "eta": share, "state_true": states, "family": family}
    )


def main() -> None:
    """Judge, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--detectors", default="fused,voltage")
    parser.add_argument("--families", action="store_true", help="also one row a family")
    options = parser.parse_args()
    parts = []
    for number in range(options.cells):
        history, truth = cell(np.random.default_rng([options.seed, number]), number)
        for detector in options.detectors.split(","):
            verdicts = examine(history, detector).verdicts
            both = verdicts.drop(columns="evidence").merge(truth, on="cycle_index")
            parts.append(both.assign(detector=detector))
    table = pd.concat(parts, ignore_index=True)
    rows = {}
    for detector, part in table.groupby("detector", sort=False):
        rows[detector] = scores(part, part["state"])
        rows[detector]["interval_coverage"] = interval_coverage(part)
    one = table[table["detector"] == table["detector"].iloc[0]]
    for name in ("healthy", "soft"):
        rows[f"always {name}"] = trivial(table, name)
    faulty = (one["state_true"] != "healthy").mean()
    print(f"STRANGERS, seed {options.seed}: {options.cells} cells, {len(one):,} cycles,")
    print(f"{faulty:.0%} of them soft or hard. Errors per 1000 cycles.")
    print(pd.DataFrame(rows).T.round(3).to_string())
    if options.families:
        print(f"\n{by_group(table, 'family').round(3).to_string()}")


if __name__ == "__main__":
    main()
