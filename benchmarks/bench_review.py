"""Does a lab gain from reviewing its own archive, and does the order of the queue matter?

``python benchmarks/bench_review.py [--cells 40] [--reviewed 12] [--draws 3]``. SIMULATED cells of
law set b play the lab's archive; with ``--laws a --without slow bridge tunnel`` those of set a, and
a model that never saw such failures: for choosing how to learn, which set b must not. Everything is
told, also where nothing is gained.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from softbreak.training.together import LAWS_OF_FAILURE
from softbreak.training.validate import Lesson
from tests.integration.own_lab import Lab, played, simulated

SHOWN = ["wrong_healthy", "false_alarms", "macro_f1", "macro_f1_forced", "coverage", "cells"]


def without(lesson: Lesson, laws: list[str]) -> Lesson:
    """Return the lesson without the cells that fail by some laws."""
    law = lesson.truth["family"].map(LAWS_OF_FAILURE)
    kept = np.flatnonzero(~law.isin(laws).to_numpy())
    weights = lesson.weights[kept]
    return replace(
        lesson,
        table=lesson.table.iloc[kept].reset_index(drop=True),
        truth=lesson.truth.iloc[kept].reset_index(drop=True),
        weights=weights / weights.mean(),
    )


def main() -> None:
    """Print the scores of every draw, and their means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--reviewed", type=int, default=12)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--first", type=int, default=2000, help="seed of the first draw")
    parser.add_argument("--laws", choices=["a", "b"], default="b")
    parser.add_argument(
        "--without", nargs="*", default=[], choices=sorted(set(LAWS_OF_FAILURE.values()))
    )
    told = parser.parse_args()
    tables = []
    with tempfile.TemporaryDirectory() as place:
        lesson = without(simulated("hybrid", 300, Path(place) / "population"), told.without)
        for draw in range(told.draws):
            folder = Path(place) / f"draw-{draw}"
            seed = told.first + draw
            lab = Lab(folder, told.cells, cycles=30, seed=seed, laws=told.laws)
            scores, left = played(
                lab, lesson, model="hybrid", reviewed=told.reviewed, seed=seed % 100
            )
            reviewed = f"{told.reviewed} of {told.cells} reviewed"
            print(f"\ndraw {draw}: {reviewed}, judged on {len(left)} others")
            print(scores.set_index("detector")[SHOWN].to_string(float_format="%.3g"), flush=True)
            tables.append(scores)
    mean = pd.concat(tables).groupby("detector", sort=False)[SHOWN].mean()
    print(f"\nmean of {told.draws} draws\n{mean.to_string(float_format='%.3g')}")


if __name__ == "__main__":
    main()
