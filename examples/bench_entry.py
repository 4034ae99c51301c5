"""An entry to softbreak bench in thirty lines: numpy alone, written from docs/bench.md alone."""

import csv
import sys
from pathlib import Path

import numpy as np


def judge(table):
    """Yield (cycle, state, probability, eta) from the fall of |V/I| since the first cycles."""
    _, current, voltage, cycle = table.T
    flows = np.abs(current) > 0.2 * np.median(np.abs(current[current != 0]))
    numbers = np.unique(cycle[flows])
    ratio = [np.median(np.abs(voltage / current)[flows & (cycle == n)]) for n in numbers]
    for number, value in zip(numbers, ratio, strict=True):
        eta = float(np.clip(1.0 - value / np.median(ratio[:3]), 0.0, 1.0))
        state = "hard" if eta > 0.95 else "soft" if eta > 0.3 else "healthy"
        yield int(number), state, min(eta / 0.6, 1.0), eta


folder, out = sys.argv[1:]
with Path(out).open("w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["cell", "cycle", "state", "probability", "eta"])
    for path in sorted(Path(folder, "plain").glob("*.csv")):
        measured = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
        rows.writerows([path.stem, *said] for said in judge(measured))
