"""What no detector may say while the unit of the current is in doubt."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.verdict import State, Verdict, undetermined

_WANTED: Final = (
    "The unit of the current, in the heading of its column; or area_cm2 in cells.csv, if the "
    "current is right."
)


def without_doubtful(found: list[Verdict], evidence: CellEvidence) -> list[Verdict]:
    """Leave open what was called hard by a current whose unit is in doubt.

    Parameters
    ----------
    found : list of Verdict
    evidence : CellEvidence
    """
    if all(verdict.state is not State.HARD for verdict in found):
        return found
    doubt = evidence.current_in_doubt
    if not doubt:
        return found
    open_one = undetermined(f"the unit of the current is in doubt: {doubt}", _WANTED)
    return [
        replace(open_one, evidence=(*open_one.evidence, *verdict.evidence))
        if verdict.state is State.HARD
        else verdict
        for verdict in found
    ]
