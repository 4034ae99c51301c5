"""What each piece of evidence brings: verdicts with one piece at a time left out.

    python -m benchmarks.ablation FOLDER [FOLDER …]

FOLDER holds a population that judges (:func:`softbreak.training.population.build`), of law set "a"
or "c"; set "b" is judged once and chooses nothing. Populations are to be built by the code that is
measured: what spectra say is stored with them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from unittest import mock

import numpy as np
import pandas as pd

from softbreak.models.learned import hybrid_decision
from softbreak.models.registry import detector_of
from softbreak.models.rules import fused, settled_base, voltage
from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.training.judging import verdict_columns
from softbreak.training.metrics import confusion, macro_f1
from softbreak.training.population import Population, open_population

Changes = Sequence[tuple[Any, Mapping[str, Any]]]


def _limits(**changed: float) -> dict[str, np.ndarray]:
    """Thresholds of the voltage rule, with some of them changed."""
    limits = voltage.LIMITS.copy()
    for name, value in changed.items():
        limits[name] = value
    return {"LIMITS": limits}


def _decides(**changed: float) -> tuple[Any, Mapping[str, Any]]:
    """Thresholds of the hybrid's decision, with some of them changed."""
    return hybrid_decision, {"THRESHOLDS": {**hybrid_decision.THRESHOLDS, **changed}}


_NO_GATE: Final[Mapping[str, float]] = {"CREEP_CLEARS": 0.0, "CREEP_CONTRADICTS": 2.0}
_CLEARS_NOT: Final[Mapping[str, float]] = {"CREEP_CLEARS": -1.0}
_CONVICTS_NOT: Final[Mapping[str, float]] = {"CREEP_FALL": 99.0, "CREEP_FALL_UNLOGGED": 99.0}
_FIRST_ONLY: Final = {"decisive": property(lambda self: self)}
RULE: Final[Mapping[str, Changes]] = {
    "nothing": (),
    "slow polarisation that clears growth": ((voltage, _limits(**_CLEARS_NOT)),),
    "slow polarisation that convicts a slow fall": ((voltage, _limits(**_CONVICTS_NOT)),),
    "pairs of spectra of great growth": ((fused, {"creep_lost": lambda _: True}),),
    "the newest cleared spectrum beside the first": ((ImpedanceReading, _FIRST_ONLY),),
    "V/I at a cleared spectrum as a beginning": ((settled_base, {"RISEN": -1.0}),),
    "all of these": (
        (voltage, _limits(**_CLEARS_NOT, **_CONVICTS_NOT)),
        (fused, {"creep_lost": lambda _: True}),
        (ImpedanceReading, _FIRST_ONLY),
        (settled_base, {"RISEN": -1.0}),
    ),
}
"""What the rule is left without, and how."""
HYBRID: Final[Mapping[str, Changes]] = {
    **RULE,
    "drops are held until V/I is back": (_decides(STANDS=0.0, STANDS_UNLOGGED=0.0, COLDEST=0.0),),
    "a likely score clears growth": (_decides(UNLIKELY=0.0),),
    "growth withholds healthy": (_decides(GROWTH_LIMIT=20.0),),
    "a sure score convicts unlogged": (_decides(SURE_UNLOGGED=2.0),),
    "slow polarisation as a gate of the score": (_decides(**_NO_GATE),),
    "slow polarisation anywhere but in the trees": (
        _decides(**_NO_GATE),
        (voltage, _limits(**_CLEARS_NOT, **_CONVICTS_NOT)),
    ),
    "certificates stand": (_decides(CERTIFICATES=0.0),),
}
"""What the hybrid is left without, and how."""


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


def rows(
    populations: Sequence[Population], detector: str, pieces: Mapping[str, Changes]
) -> Iterator[str]:
    """Yield a line for each piece that is left out.

    Parameters
    ----------
    populations : sequence of Population
        Judged together.
    detector : str
    pieces : mapping
        ``RULE`` or ``HYBRID``.
    """
    for name, changes in pieces.items():
        with ExitStack() as stack:
            for module, changed in changes:
                stack.enter_context(mock.patch.multiple(module, **changed))
            tables = [judged(population, detector) for population in populations]
        yield line(name, pd.concat(tables, ignore_index=True))


def main(*folders: str) -> None:
    """Print the tables."""
    populations = [open_population(Path(folder)) for folder in folders]
    for detector, pieces in (("fused", RULE), ("hybrid", HYBRID)):
        told = "answered | macro F1 | wrong healthy / 1000 | false alarms / 1000"
        print(f"| {detector} without | {told} |")
        print("|---|---|---|---|---|")
        for row in rows(populations, detector, pieces):
            print(row, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
