"""How much faster the voltage features are than two generic sets, a half-cycle on one core.

    python benchmarks/bench_features.py [CELLS] [HALF_CYCLES_FOR_TSFRESH]

Simulated half-cycles of about 300 samples; times are those of the processor, after compilation,
and all three are measured in turns so that a busy machine slows them alike. catch22 (pycatch22,
GPL) is measured where it is installed; nothing of the package imports it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pandas as pd

from softbreak.data.record import Technique
from softbreak.data.segment import Segmenter
from softbreak.features.families.voltage import FEATURES, half_cycle_features
from softbreak.simulate import simulate

ROUNDS = 3
GOALS = {"tsfresh": 1000.0, "catch22": 20.0}
Half = tuple[np.ndarray, np.ndarray, np.ndarray, int]


def half_cycles(cells: int) -> list[Half]:
    """Time, voltage, current and sign of half-cycles with 200 to 400 samples."""
    records, _ = simulate(cells, seed=11, laws="a", purpose="train", cycles=8, interval=20.0)
    found = []
    for record in records:
        if record.technique is not Technique.CYCLING:
            continue
        t, v, i = (
            record.array(name).astype(np.float64)
            for name in ("test_time_second", "voltage_volt", "current_ampere")
        )
        segmenter = Segmenter()
        for a, b, sign in segmenter.update(t, i) + segmenter.finish():
            if sign and 200 <= b - a <= 400:
                found.append((t[a:b], v[a:b], i[a:b], sign))
    return found


def flat(halves: list[Half]) -> tuple[np.ndarray, ...]:
    """One array after the other, as the kernel takes them."""
    t, v, i = (np.concatenate([half[k] for half in halves]) for k in range(3))
    stops = np.cumsum([len(half[0]) for half in halves])
    starts = np.concatenate(([0], stops[:-1]))
    return t, v.astype("f4"), i.astype("f4"), np.empty(0), starts, stops, [h[3] for h in halves]


def microseconds(work: Callable[[], object], count: int) -> float:
    """Time of the processor, a half-cycle."""
    begin = time.process_time()
    work()
    return 1e6 * (time.process_time() - begin) / count


def tsfresh_work(halves: list[Half]) -> Callable[[], object]:
    """The efficient set of tsfresh."""
    from tsfresh import extract_features
    from tsfresh.feature_extraction import EfficientFCParameters

    long = pd.DataFrame(
        {
            "id": np.repeat(np.arange(len(halves)), [len(half[0]) for half in halves]),
            "time": np.concatenate([half[0] for half in halves]),
            "value": np.concatenate([half[1] for half in halves]),
        }
    )
    return lambda: extract_features(
        long,
        column_id="id",
        column_sort="time",
        column_value="value",
        default_fc_parameters=EfficientFCParameters(),
        n_jobs=0,
        disable_progressbar=True,
    )


def catch22_work(halves: list[Half]) -> Callable[[], object]:
    """All of catch22."""
    from pycatch22 import catch22_all

    series = [half[1].tolist() for half in halves]
    return lambda: [catch22_all(one) for one in series]


def main() -> None:
    """Print one line a set."""
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    few = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    halves = half_cycles(cells)
    arrays = flat(halves)
    samples = np.mean([len(half[0]) for half in halves])
    print(f"{len(halves):,} simulated half-cycles of {samples:.0f} samples on average")
    work = {"softbreak": (lambda: half_cycle_features(*arrays), len(halves))}
    work["tsfresh"] = (tsfresh_work(halves[:few]), few)
    if find_spec("pycatch22"):
        work["catch22"] = (catch22_work(halves[:200]), min(200, len(halves)))
    for run, _ in work.values():
        run()
    best = dict.fromkeys(work, np.inf)
    for _ in range(ROUNDS):
        for name, (run, count) in work.items():
            best[name] = min(best[name], microseconds(run, count))
    own = best["softbreak"]
    print(f"softbreak: {own:,.2f} µs a half-cycle, {len(FEATURES)} features")
    for name, goal in GOALS.items():
        if name in best:
            ratio = best[name] / own
            verdict = "ok" if ratio >= goal else "too slow"
            print(f"{name}: {best[name]:,.0f} µs, {ratio:,.0f} times (goal {goal:,.0f}: {verdict})")


if __name__ == "__main__":
    main()
