"""What no detector may say, whatever it saw: of a current in doubt, and on too little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.rules.sentences import lasting
from softbreak.verdict import State, Verdict, undetermined

FEWEST_CYCLES: Final = 2
"""Of a single one nobody can say that it stayed as it was …"""
LEAST_SECOND: Final = 120.0
"""… nor within so short a time, in which neither cell nor cycler has settled."""
_UNIT_WANTED: Final = (
    "The unit of the current, in the heading of its column; or area_cm2 in cells.csv, if the "
    "current is right."
)
_MORE_WANTED: Final = (
    "Two cycles or more under the same current; or impedance from 1 MHz to 0.1 Hz beside a "
    "spectrum from the start."
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
    said = undetermined(f"the unit of the current is in doubt: {doubt}", _UNIT_WANTED)
    return _instead(found, State.HARD, said)


def is_too_little(evidence: CellEvidence) -> bool:
    """Whether there is too little cycling to call any of it healthy by comparison."""
    cycles = evidence.timeline.cycle_columns
    if not len(cycles):
        return False
    lasted = cycles["end_time_second"][-1] - cycles["start_time_second"][0]
    return len(cycles) < FEWEST_CYCLES or bool(lasted < LEAST_SECOND)


def earned(found: list[Verdict], evidence: CellEvidence) -> list[Verdict]:
    """Leave open what was called healthy while there is nothing to compare it with.

    Parameters
    ----------
    found : list of Verdict
        One a cycle.
    evidence : CellEvidence
    """
    if not is_too_little(evidence):
        # parts of one half-cycle agree with each other as it goes on
        return found if evidence.timeline.one_way else _not_first_alone(found)
    cycles = evidence.timeline.cycle_columns
    lasted = float(cycles["end_time_second"][-1] - cycles["start_time_second"][0])
    count = "one cycle" if len(cycles) == 1 else f"{len(cycles)} cycles"
    said = undetermined(
        f"{count} of {lasting(lasted)} in all: too little to tell a sound cell from one that was "
        "shorted before",
        _MORE_WANTED,
    )
    return _instead(found, State.HEALTHY, said)


def _not_first_alone(found: list[Verdict]) -> list[Verdict]:
    """Leave the first cycle open where the second is: a cycle alone agrees with nothing."""
    first, second = found[0:1], found[1:2]
    if not second or second[0].state is not State.UNDETERMINED:
        return found
    if first[0].state is not State.HEALTHY or first[0].settled:
        return found
    why = second[0].evidence[:1]
    told = undetermined(
        "no cycle after it is judged that this one could be compared with", _MORE_WANTED
    )
    return [replace(told, evidence=(*told.evidence, *why, *first[0].evidence)), *found[1:]]


def _instead(found: Sequence[Verdict], state: State, said: Verdict) -> list[Verdict]:
    return [
        replace(said, evidence=(*said.evidence, *verdict.evidence))
        if verdict.state is state and not verdict.settled
        else verdict
        for verdict in found
    ]
