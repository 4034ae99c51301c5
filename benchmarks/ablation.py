"""What each piece of evidence brings: verdicts of the hybrid with one piece at a time left out.

    python -m benchmarks.ablation FOLDER

FOLDER holds a population that judges (:func:`softbreak.training.population.build`), of law set "a"
or "c"; set "b" is judged once and chooses nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from unittest import mock

import pandas as pd

from softbreak.models.learned.hybrid_decision import THRESHOLDS
from softbreak.models.registry import detector_of
from softbreak.training.judging import verdict_columns
from softbreak.training.metrics import confusion, macro_f1
from softbreak.training.population import Population, open_population

PIECES: Final[Mapping[str, Mapping[str, float]]] = {
    "nothing": {},
    "drops are held until V/I is back": {"STANDS": 0.0, "STANDS_UNLOGGED": 0.0, "COLDEST": 0.0},
    "a likely score clears growth": {"UNLIKELY": 0.0},
    "growth withholds healthy": {"GROWTH_LIMIT": 20.0},
    "a sure score convicts unlogged": {"SURE_UNLOGGED": 2.0},
    "slow polarisation as a gate": {"CREEP_CLEARS": 0.0, "CREEP_CONTRADICTS": 2.0},
    "certificates stand": {"CERTIFICATES": 0.0},
}
"""What is left out, and by which limits."""


def judged(population: Population, name: str = "hybrid") -> pd.DataFrame:
    """Return what a detector says of every cycle, beside the truth."""
    detector, truth = detector_of(name), population.truth()
    by = dict(list(truth.groupby("cell_id", sort=False)))
    parts = []
    for one in population.cells():
        if one.cell_id not in by:
            continue
        known = by[one.cell_id].reset_index(drop=True)
        said = verdict_columns(detector.judge(one.evidence, one.readings))
        place = one.evidence.timeline.cycles["cycle_index"].searchsorted(known["cycle_index"])
        told = said.iloc[place].reset_index(drop=True)
        known = known.rename(columns={"state": "state_true"}).drop(columns="transient_short")
        parts.append(pd.concat([known, told], axis=1))
    return pd.concat(parts, ignore_index=True)


def line(name: str, table: pd.DataFrame) -> str:
    """Return the figures that count, in a line of a Markdown table."""
    answered = table["state"] != "undetermined"
    healthy = table["state_true"] == "healthy"
    wrong = (table["state"] == "healthy")[table["eta"] > 0.2].mean()
    alarms = table["state"].isin(["soft", "hard"])[healthy].mean()
    score = macro_f1(confusion(table))
    return (
        f"| {name} | {answered.mean():.3f} | {score:.3f} | {1e3 * wrong:.1f} | {1e3 * alarms:.1f} |"
    )


def main(folder: str) -> None:
    """Print the table."""
    population = open_population(Path(folder))
    print("| without | answered | macro F1 | wrong healthy / 1000 | false alarms / 1000 |")
    print("|---|---|---|---|---|")
    for name, changed in PIECES.items():
        with mock.patch.dict(THRESHOLDS, changed):
            print(line(name, judged(population)), flush=True)
    print(line("the learned score (fused)", judged(population, "fused")))


if __name__ == "__main__":
    main(sys.argv[1])
