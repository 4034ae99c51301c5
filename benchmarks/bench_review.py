"""Does a lab gain from reviewing its own archive, and does the order of the queue matter?

``python benchmarks/bench_review.py [CELLS] [REVIEWED] [DRAWS]``; 40 12 3 where not given. SIMULATED
cells of law set b play the lab's archive. Everything is told, also where nothing is gained.
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.integration.own_lab import Lab, played, simulated

SHOWN = ["wrong_healthy", "false_alarms", "macro_f1", "macro_f1_forced", "coverage", "cells"]


def main(cells: int = 40, reviewed: int = 12, draws: int = 3) -> None:
    """Print the scores of every draw, and their means."""
    tables = []
    with tempfile.TemporaryDirectory() as place:
        lesson = simulated("hybrid", 300, Path(place) / "population")
        for draw in range(draws):
            folder = Path(place) / f"draw-{draw}"
            lab = Lab(folder, cells, cycles=30, seed=2000 + draw)
            scores, left = played(lab, lesson, model="hybrid", reviewed=reviewed, seed=draw)
            print(f"\ndraw {draw}: {reviewed} of {cells} reviewed, judged on {len(left)} others")
            print(scores.set_index("detector")[SHOWN].to_string(float_format="%.3g"), flush=True)
            tables.append(scores)
    mean = pd.concat(tables).groupby("detector", sort=False)[SHOWN].mean()
    print(f"\nmean of {draws} draws\n{mean.to_string(float_format='%.3g')}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
