"""Speed of the impedance analyses on one core, and of impedance.py's fit on the same spectra.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/bench_impedance.py [SPECTRA]
    python benchmarks/bench_impedance.py --other ../an/older/build      # the pair alone

impedance.py (MIT) is no dependency: install it beside softbreak to see the ratio. Both fit
``L - R - arc - arc`` from the same starting values, to the same weights (modulus).
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import beside
import numpy as np

from softbreak.physics.circuit_fit import fit_circuit, starting_values
from softbreak.physics.circuit_pair import circuit_pair, pooled_pair
from softbreak.physics.circuits import CIRCUITS, circuit_impedance
from softbreak.physics.pair import pair_electronic_fraction
from softbreak.physics.relaxation import kramers_kronig, relaxations

FREQUENCY = np.geomspace(7e6, 0.01, 60)
TARGET_MS = {"Kramers-Kronig": 0.5, "single fit": 5.0, "pair": 20.0}
CIRCUIT = CIRCUITS["two arcs"]


def spectra(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return healthy spectra, and the same cells with half of their current electronic."""
    rng = np.random.default_rng(0)
    before, now = [], []
    for _ in range(count):
        values = [3e-7, *rng.uniform(20, 90, 2), 10 ** rng.uniform(-6, -4.5), 0.9]
        values += [rng.uniform(10, 60), 10 ** rng.uniform(-3, -1.5), 0.83]
        z = circuit_impedance(CIRCUIT, values, FREQUENCY)
        cable = 2j * np.pi * FREQUENCY * values[0]
        shorted = (z - cable) / (1 + (z - cable) / (values[1] + values[2] + values[5])) + cable
        for out, one in ((before, z), (now, shorted)):
            scatter = rng.standard_normal(60) + 1j * rng.standard_normal(60)
            out.append(one + 0.003 * np.abs(one) * scatter)
    return np.array(before), np.array(now)


def milliseconds(job: Callable[[int], object], count: int) -> float:
    """Return the median processor time of one call, after one that compiles.

    Processor time, so that others on the machine do not count: set OMP_NUM_THREADS=1 for it.
    """
    job(0)
    times = []
    for k in range(count):
        start = time.process_time()
        job(k)
        times.append(1e3 * (time.process_time() - start))
    return float(np.median(times))


def rival(z: np.ndarray, count: int) -> tuple[float, float]:
    """Return the time of impedance.py's fit (ms), and its residual noise."""
    try:
        from impedance.models.circuits import CustomCircuit
    except ImportError:
        return float("nan"), float("nan")
    noises = []

    def job(k: int) -> None:
        start = starting_values(CIRCUIT, relaxations(FREQUENCY, z[k], beyond=3.0), FREQUENCY)
        values = np.exp(start)
        n = 1.0 / (1.0 + np.exp(-start[[4, 7]]))
        # its constant-phase element is 1 / (Q (jω)^n), with Q = τ^n / R
        q = values[[3, 6]] ** n / values[[2, 5]]
        guess = [values[0], values[1], values[2], q[0], n[0], values[5], q[1], n[1]]
        circuit = CustomCircuit("L0-R0-p(R1,CPE1)-p(R2,CPE2)", initial_guess=list(guess))
        circuit.fit(FREQUENCY, z[k], weight_by_modulus=True)
        left = (z[k] - circuit.predict(FREQUENCY)) / np.abs(z[k])
        noises.append(float(np.sqrt(np.mean(np.abs(left) ** 2) / 2)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        took = milliseconds(job, count)
    return took, float(np.median(noises))


def main() -> None:
    """Print one line an analysis."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spectra", type=int, nargs="?", default=100)
    beside.add_arguments(parser)
    options = parser.parse_args()
    pair = beside.medians(options, "pieces:pairs")
    beside.tell("pair of spectra, with interval", pair, "pair_ms", "ms", TARGET_MS["pair"])
    if options.other:
        return
    count = options.spectra
    before, now = spectra(count)
    jobs: dict[str, tuple[str, Callable[[int], object]]] = {
        "linear Kramers-Kronig": ("Kramers-Kronig", lambda k: kramers_kronig(FREQUENCY, now[k])),
        "fit of two arcs": ("single fit", lambda k: fit_circuit(FREQUENCY, now[k], CIRCUIT)),
    }
    for name, method in (
        ("pair by relaxations", pair_electronic_fraction),
        ("pair by circuit", circuit_pair),
        ("pair, both pooled", pooled_pair),
    ):
        jobs[name] = (
            "pair",
            lambda k, method=method: method((FREQUENCY, before[k]), (FREQUENCY, now[k])),
        )
    took = {}
    for name, (kind, job) in jobs.items():
        took[name] = milliseconds(job, count)
        verdict = "ok" if took[name] <= TARGET_MS[kind] else "too slow"
        print(f"{name:24s} {took[name]:8.2f} ms   limit {TARGET_MS[kind]:g} ms   {verdict}")
    ours = float(np.median([fit_circuit(FREQUENCY, z, CIRCUIT).noise for z in now]))
    theirs, noise = rival(now, min(count, 20))
    print(
        f"impedance.py CustomCircuit.fit {theirs:.0f} ms, residual {100 * noise:.2f} % "
        f"(ours {100 * ours:.2f} %): {theirs / took['fit of two arcs']:.0f} times ours"
    )


if __name__ == "__main__":
    main()
