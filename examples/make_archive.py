"""Make ``examples/archive``: a small archive as a lab has it, with synthetic cells.

**Nothing in here was measured.** Every curve comes from the short formulas below and a fixed seed:
a resistance that grows, an electronic path beside it, some noise. The files imitate the text
formats of several vendors, so that the demonstration and the tests walk the same way as real
files. They show what softbreak does with such curves, not how good it is on real cells.

Run ``python examples/make_archive.py`` to write the archive anew; it comes out the same each time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20221116
ARCHIVE = Path(__file__).parent / "archive"
START = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
AREA_CM2 = 0.785
HOUR = 3600.0

Array = np.ndarray


@dataclass(frozen=True)
class Run:
    """Galvanostatic cycling: time (s), imposed current (A), voltage (V), half-cycle number."""

    time: Array
    current: Array
    voltage: Array
    half_cycle: Array


def cycling(
    rng: np.random.Generator,
    areal_current: float,
    cycles: int,
    ionic: Callable[[Array], Array],
    electronic: Callable[[Array], Array],
    step: float = 120.0,
) -> Run:
    """Cycle a symmetric cell with half-cycles of 1 h.

    Parameters
    ----------
    rng : numpy.random.Generator
    areal_current : float
        mA cm⁻².
    cycles : int
    ionic, electronic : callable
        Resistances (Ω) of the ionic and the electronic path as functions of time in hours.
    step : float
        Sampling interval, s.
    """
    samples = int(HOUR / step)
    half_cycle = np.repeat(np.arange(2 * cycles), samples)
    since = np.tile(np.arange(1, samples + 1) * step, 2 * cycles)
    time = half_cycle * HOUR + since
    current = areal_current * 1e-3 * AREA_CM2 * np.where(half_cycle % 2 == 0, 1.0, -1.0)
    hours = time / HOUR
    # The interfaces polarise within some minutes of every half-cycle; the bulk does at once.
    r_ionic = ionic(hours) * (1.0 - 0.2 * np.exp(-since / 400.0) + 0.01 * since / HOUR)
    r_electronic = electronic(hours)
    total = r_ionic * r_electronic / (r_ionic + r_electronic)
    voltage = current * total + rng.normal(0.0, 1.5e-4, time.size)
    return Run(time, current, voltage, half_cycle)


def never(hours: Array) -> Array:
    """No electronic path: 100 MΩ."""
    return np.full_like(hours, 1e8)


def growing(start: float, per_root_hour: float) -> Callable[[Array], Array]:
    """An interphase that grows with the root of time, from ``start`` (Ω)."""
    return lambda hours: start + per_root_hour * np.sqrt(hours)


def soft_from(onset: float, first: float, last: float) -> Callable[[Array], Array]:
    """A path that appears at ``onset`` (h) with ``first`` Ω and thickens towards ``last``."""

    def path(hours: Array) -> Array:
        grown = np.clip((hours - onset) / 40.0, 0.0, 1.0)
        return np.where(hours < onset, 1e8, first + (last - first) * grown)

    return path


def telegraph(rng: np.random.Generator, onset: float) -> Callable[[Array], Array]:
    """A path that opens and closes at random after ``onset`` (h)."""

    def path(hours: Array) -> Array:
        closed = np.zeros(hours.size, dtype=bool)
        state = False
        for k in range(hours.size):
            if hours[k] > onset and rng.random() < (0.25 if state else 0.06):
                state = not state
            closed[k] = state
        return np.where(closed, 70.0, 1e8)

    return path


def stamps(time: Array, pattern: str, start: datetime = START) -> list[str]:
    """Write absolute times as an instrument does."""
    return [(start + timedelta(seconds=float(t))).strftime(pattern) for t in time]


def clock(time: Array) -> list[str]:
    """Write seconds as h:mm:ss."""
    return [f"{int(t) // 3600}:{int(t) // 60 % 60:02d}:{int(t) % 60:02d}" for t in time]


def write_neware(path: Path, run: Run) -> None:
    """Write a CSV as Neware's BTSDA exports it."""
    charging = run.current > 0
    table = pd.DataFrame(
        {
            "DataPoint": np.arange(1, run.time.size + 1),
            "Cycle Index": run.half_cycle // 2 + 1,
            "Step Index": run.half_cycle + 1,
            "Step Type": np.where(charging, "CC Chg", "CC DChg"),
            "Time": clock(run.time - run.half_cycle * HOUR),
            "Total Time": clock(run.time),
            "Current(mA)": np.round(run.current * 1e3, 4),
            "Voltage(V)": np.round(run.voltage, 5),
            "Date": stamps(run.time, "%Y-%m-%d %H:%M:%S"),
        }
    )
    table.to_csv(path, index=False)


def write_arbin(path: Path, run: Run) -> None:
    """Write a CSV as Arbin's MITS exports it, with a thermocouple."""
    table = pd.DataFrame(
        {
            "Data_Point": np.arange(1, run.time.size + 1),
            "Test_Time(s)": np.round(run.time, 3),
            "Date_Time": stamps(run.time, "%m/%d/%Y %H:%M:%S"),
            "Step_Index": run.half_cycle % 2 + 1,
            "Cycle_Index": run.half_cycle // 2 + 1,
            "Current(A)": np.round(run.current, 8),
            "Voltage(V)": np.round(run.voltage, 6),
            "Aux_Temperature_1(C)": np.round(25.0 + 0.1 * np.sin(run.time / 8000.0), 2),
        }
    )
    table.to_csv(path, index=False)


def write_bdf(path: Path, run: Run) -> None:
    """Write the Battery Data Format."""
    table = pd.DataFrame(
        {
            "test_time_second": run.time,
            "unix_time_second": run.time + START.timestamp(),
            "voltage_volt": run.voltage.round(6).astype(np.float32),
            "current_ampere": run.current.astype(np.float32),
            "cycle_count": run.half_cycle // 2 + 1,
        }
    )
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False, compression="zstd")
    else:
        table.round(6).to_csv(path, index=False, float_format="%.7g")


def write_eclab(
    path: Path, technique: str, start: datetime, names: Sequence[str], columns: Sequence[Array]
) -> None:
    """Write text as EC-Lab exports it: Latin-1, tabs, a header that counts its own lines."""
    head = [
        technique,
        "",
        "Run on channel : 3 (SN 00000)",
        "Electrode connection : standard",
        "Ewe ctrl range : min = -5.00 V, max = 5.00 V",
        start.strftime("Acquisition started on : %m/%d/%Y %H:%M:%S"),
        "Comments : synthetic example, not a measurement",
        f"Electrode surface area : {AREA_CM2:.3f} cm²",
        "",
        "\t".join(names) + "\t",
    ]
    lines = ["EC-Lab ASCII FILE", f"Nb header lines : {len(head) + 3}", "", *head]
    rows = ("\t".join(f"{value:.6E}" for value in row) for row in zip(*columns, strict=True))
    path.write_bytes("\r\n".join([*lines, *rows, ""]).encode("cp1252"))


def write_gcpl(path: Path, run: Run, start: datetime = START, noise: Array | None = None) -> None:
    """Write cycling as EC-Lab does, with the imposed current beside the measured one."""
    measured = run.current if noise is None else run.current + noise
    write_eclab(
        path,
        "Galvanostatic Cycling with Potential Limitation",
        start,
        ["mode", "ox/red", "error", "Ns", "time/s", "control/mA", "Ewe/V", "<I>/mA"],
        [
            np.ones(run.time.size),
            (run.current > 0).astype(float),
            np.zeros(run.time.size),
            run.half_cycle % 2,
            run.time,
            run.current * 1e3,
            run.voltage,
            measured * 1e3,
        ],
    )


def write_spectrum(path: Path, start: datetime, r_ionic: float, r_electronic: float) -> None:
    """Write an impedance spectrum as EC-Lab does: bulk, one interface arc, beside a short."""
    frequency = np.logspace(6, -1, 50)
    omega = 2j * np.pi * frequency
    interface = 0.55 * r_ionic
    ionic = 0.45 * r_ionic + interface / (1.0 + (omega * interface * 2e-6) ** 0.88)
    z = 1.0 / (1.0 / ionic + 1.0 / r_electronic)
    write_eclab(
        path,
        "Potentio Electrochemical Impedance Spectroscopy",
        start,
        ["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "time/s", "<Ewe>/V", "<I>/mA"],
        [frequency, z.real, -z.imag, np.arange(50) * 4.0, np.zeros(50), np.zeros(50)],
    )


def sweep(resistance: float, cycles: int, limit: float = 0.1) -> tuple[Array, Array, Array]:
    """Return time (s), voltage (V) and current (A) of a CV at 0.5 mV/s, slightly bent."""
    rising = np.linspace(0.0, limit, 51)
    turn = np.concatenate([rising, rising[::-1][1:], -rising[1:], -rising[::-1][1:]])
    voltage = np.tile(turn[:-1], cycles)
    time = np.arange(voltage.size) * (limit / 50) / 5e-4
    return time, voltage, np.sinh(voltage / limit) / np.sinh(1.0) * limit / resistance


def write_cv(path: Path, start: datetime, resistance: float) -> None:
    """Write a CV as EC-Lab does."""
    time, voltage, current = sweep(resistance, 3)
    write_eclab(
        path,
        "Cyclic Voltammetry",
        start,
        ["mode", "time/s", "control/V", "Ewe/V", "<I>/mA", "cycle number"],
        [
            np.full(time.size, 2.0),
            time,
            voltage,
            voltage,
            current * 1e3,
            1.0 + np.arange(time.size) // (time.size // 3),
        ],
    )


def write_gamry_cv(path: Path, start: datetime, resistance: float) -> None:
    """Write a CV as Gamry's Framework does."""
    time, voltage, current = sweep(resistance, 3)
    head = [
        "EXPLAIN",
        "TAG\tCV",
        "TITLE\tLABEL\tCyclic Voltammetry (synthetic example)\tTest &Identifier",
        start.strftime("DATE\tLABEL\t%m/%d/%Y\tDate"),
        start.strftime("TIME\tLABEL\t%H:%M:%S\tTime"),
        "SCANRATE\tQUANT\t5.00000E-001\t&Scan Rate (mV/s)",
        f"AREA\tQUANT\t{AREA_CM2:.5E}\tElectrode &Area (cm^2)",
        f"CURVE\tTABLE\t{time.size}",
        "\tPt\tT\tVf\tIm\tCycle",
        "\t#\ts\tV vs. Ref.\tA\t#",
    ]
    turns = np.arange(time.size) // (time.size // 3)
    rows = (
        f"\t{k}\t{time[k]:.3f}\t{voltage[k]:.5E}\t{current[k]:.5E}\t{turns[k]}"
        for k in range(time.size)
    )
    path.write_text("\n".join([*head, *rows, ""]), encoding="utf-8")


def one_way(rng: np.random.Generator) -> tuple[Run, Array]:
    """Plate in one direction until the cell shorts: one polarity only, current on a wide range."""
    time = np.arange(2.0, 2.0 * HOUR, 5.0)
    current = np.full(time.size, 1e-4 * AREA_CM2)
    resistance = 900.0 + 60.0 * np.sqrt(time / HOUR)
    resistance = np.where(time > 5200.0, 1.5, resistance)
    voltage = current * resistance + rng.normal(0.0, 1e-4, time.size)
    return Run(time, current, voltage, np.zeros(time.size)), rng.normal(0.0, 6e-6, time.size)


def write_with_measurements(rng: np.random.Generator, folder: Path) -> None:
    """Write a soft cell as a folder: cycling, then CV and impedance before and after."""
    folder.mkdir()
    onset, healthy, soft = 31.4, 105.0, 140.0
    run = cycling(rng, 0.3, 32, growing(healthy, 1.2), soft_from(onset, soft, 90.0))
    write_arbin(folder / "cycling.csv", run)
    end = START + timedelta(seconds=float(run.time[-1]))
    before, after = START - timedelta(hours=3), end + timedelta(hours=1)
    write_gamry_cv(folder / "cv_before.DTA", before, healthy)
    write_gamry_cv(folder / "cv_after.DTA", after, 1.0 / (1.0 / 112.0 + 1.0 / 90.0))
    write_spectrum(folder / "eis_before.mpt", before - timedelta(hours=1), healthy, 1e8)
    write_spectrum(folder / "eis_after.mpt", after + timedelta(hours=1), 112.0, 90.0)
    (folder / "notes.txt").write_text("Synthetic example. Pressed at 300 MPa, 25 °C.\n", "utf-8")


def write_healthy_with_measurements(rng: np.random.Generator, folder: Path) -> None:
    """Write a healthy cell as a folder of EC-Lab files."""
    folder.mkdir()
    run = cycling(rng, 0.2, 24, growing(180.0, 2.0), never)
    write_gcpl(folder / "LLZO_healthy_02_GCPL_C03.mpt", run)
    early, late = START - timedelta(hours=2), START + timedelta(hours=50)
    write_spectrum(folder / "LLZO_healthy_01_PEIS_C03.mpt", early, 180.0, 1e8)
    write_spectrum(folder / "LLZO_healthy_03_PEIS_C03.mpt", late, 193.0, 1e8)
    write_cv(folder / "LLZO_healthy_04_CV_C03.mpt", late + timedelta(hours=1), 195.0)


MANIFEST = """\
cell_id,files,configuration,electrode,electrolyte,area_cm2,electrolyte_thickness_um,notes
LPSCl-healthy,LPSCl_healthy.csv,symmetric,Li,Li6PS5Cl,0.785,700,synthetic
LGPS-soft,LGPS_soft/*,symmetric,Li,Li10GeP2S12,0.785,700,synthetic; CV and impedance
LLZO-healthy,LLZO_healthy/*,symmetric,Li,Li7La3Zr2O12,0.785,900,synthetic; CV and impedance
LPSCl-hard,LPSCl_hard.mpt,symmetric,Li,Li6PS5Cl,0.785,700,synthetic
LPSCl-slow-decline,slow_decline.bdf.csv,symmetric,Li,Li6PS5Cl,0.785,,synthetic
LPSCl-telegraph,telegraph.bdf.parquet,symmetric,Li,Li6PS5Cl,0.785,,synthetic
LPS-one-way,one_way_plating.mpt,symmetric,Li,beta-Li3PS4,0.785,,synthetic; plated one way
"""


def main() -> None:
    """Write the archive anew."""
    shutil.rmtree(ARCHIVE, ignore_errors=True)
    ARCHIVE.mkdir(parents=True)
    rngs = iter(np.random.default_rng(SEED).spawn(7))
    healthy = cycling(next(rngs), 0.2, 30, growing(100.0, 1.0), never)
    write_neware(ARCHIVE / "LPSCl_healthy.csv", healthy)
    write_with_measurements(next(rngs), ARCHIVE / "LGPS_soft")
    write_healthy_with_measurements(next(rngs), ARCHIVE / "LLZO_healthy")
    short = soft_from(37.6, 0.8, 0.6)
    write_gcpl(ARCHIVE / "LPSCl_hard.mpt", cycling(next(rngs), 0.5, 26, growing(90.0, 1.5), short))
    # Contact that improves looks like a slow short: no one can tell from voltage alone.
    better = cycling(next(rngs), 0.2, 30, lambda hours: 160.0 * np.exp(-hours / 110.0), never)
    write_bdf(ARCHIVE / "slow_decline.bdf.csv", better)
    rng = next(rngs)
    flicker = cycling(rng, 0.4, 30, growing(110.0, 1.5), telegraph(rng, 26.0), step=60.0)
    write_bdf(ARCHIVE / "telegraph.bdf.parquet", flicker)
    run, noise = one_way(next(rngs))
    write_gcpl(ARCHIVE / "one_way_plating.mpt", run, noise=noise)
    # As a copy that broke off: a zip's first bytes and no more.
    (ARCHIVE / "interrupted_copy.ndax").write_bytes(b"PK\x03\x04\x14\x00\x08\x00" + bytes(200))
    (ARCHIVE / "cells.csv").write_text(MANIFEST, encoding="utf-8")


if __name__ == "__main__":
    main()
