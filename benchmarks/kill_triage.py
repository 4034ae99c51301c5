"""Workers of a triage killed at random, again and again: ``python benchmarks/kill_triage.py``.

Sixty small cells are triaged by two workers while 20 kills (SIGKILL, at random times, any worker,
also one that is just starting) come from outside. The tables must be the same bytes as those of a
run that nobody disturbed.

    python benchmarks/kill_triage.py --kills 20 --seed 1
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from softbreak.archive.triage import triage

TABLES = ("verdicts", "cells", "failures")


def write_cells(folder: Path, cells: int) -> None:
    """Write cells of 100 cycles as CSV."""
    folder.mkdir()
    half = np.repeat(np.arange(200), 30)
    time_second = np.arange(1, half.size + 1) * 120.0
    current = np.where(half % 2 == 0, 1e-4, -1e-4)
    for number in range(cells):
        voltage = current * (300.0 + 5.0 * number) * (1.0 + 1e-3 * np.sin(time_second))
        columns = ("test_time_second", "voltage_volt", "current_ampere")
        table = dict(zip(columns, (time_second, voltage, current), strict=True))
        pd.DataFrame(table).to_csv(folder / f"cell{number}.csv", index=False)


def kill_some(kills: int, seed: int, over: threading.Event) -> None:
    """Kill children of this process at random until it was done often enough."""
    chance = random.Random(seed)
    own = psutil.Process()
    done = 0
    while done < kills and not over.wait(chance.uniform(0.5, 4.0)):
        children = own.children()
        if children:
            os.kill(chance.choice(children).pid, signal.SIGKILL)
            done += 1
    print(f"{done} kills")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--cells", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_cells(folder / "archive", options.cells)
        triage(folder / "archive", folder / "calm", workers=2)
        over = threading.Event()
        killer = threading.Thread(
            target=kill_some, args=(options.kills, options.seed, over), daemon=True
        )
        killer.start()
        begin = time.perf_counter()
        runs = 0
        while killer.is_alive() or not runs:  # a run may be over before the last kill
            triage(folder / "archive", folder / f"killed-{runs}", workers=2)
            runs += 1
        over.set()
        killer.join()
        took = time.perf_counter() - begin
        for run in range(runs):
            for table in TABLES:
                calm, killed = (
                    (folder / out / f"{table}.parquet").read_bytes()
                    for out in ("calm", f"killed-{run}")
                )
                if calm != killed:
                    raise SystemExit(f"{table} of run {run} is not the same")
        print(f"{runs} runs in {took:.0f} s, all with the same bytes as the calm one")


if __name__ == "__main__":
    main()
