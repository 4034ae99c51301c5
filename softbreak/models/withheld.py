"""What no detector may say, whatever it saw: of a current in doubt, and on too little."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from softbreak.features.cycles.timeline import cycles_of
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.rules.channel import clipped_start
from softbreak.models.rules.spoken_numbers import lasting
from softbreak.models.verdicts import HARD, HEALTHY, OPEN, Verdicts
from softbreak.verdict import Verdict, undetermined

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


def without_doubtful(found: Verdicts, evidence: CellEvidence) -> Verdicts:
    """Leave open what was called hard by a current whose unit is in doubt.

    Parameters
    ----------
    found : Verdicts
    evidence : CellEvidence
    """
    if not (found.state == HARD).any():
        return found
    doubt = evidence.current_in_doubt
    if not doubt:
        return found
    said = undetermined(f"the unit of the current is in doubt: {doubt}", _UNIT_WANTED)
    return _instead(found, HARD, said)


def is_too_little(evidence: CellEvidence) -> bool:
    """Whether there is too little cycling to call any of it healthy by comparison."""
    cycles = evidence.timeline.cycle_columns
    if not len(cycles):
        return False
    lasted = cycles["end_time_second"][-1] - cycles["start_time_second"][0]
    return len(cycles) < FEWEST_CYCLES or bool(lasted < LEAST_SECOND)


def earned(found: Verdicts, evidence: CellEvidence) -> Verdicts:
    """Leave open what was called healthy while there is nothing to compare it with.

    Parameters
    ----------
    found : Verdicts
        One a cycle.
    evidence : CellEvidence
    """
    if not is_too_little(evidence):
        found = _above_what_was_clipped(found, evidence)
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
    return _instead(found, HEALTHY, said)


def lies_below_a_range(evidence: CellEvidence) -> bool:
    """Whether a life began beyond the range of its channel, and lies within it now."""
    clipped = clipped_start(evidence)
    return clipped is not None and clipped.least > 0.0


def _above_what_was_clipped(found: Verdicts, evidence: CellEvidence) -> Verdicts:
    """Leave open what is healthy by cycles whose V/I may have been any multiple of its own."""
    clipped = clipped_start(evidence)
    if clipped is None or not clipped.least:
        return found
    low = clipped.hides(cycles_of(evidence.timeline))
    said = undetermined(*clipped.told)
    return found.replaced(dict.fromkeys(np.flatnonzero(low & (found.state == HEALTHY)), said))


def _not_first_alone(found: Verdicts) -> Verdicts:
    """Leave the first cycle open where the second is: a cycle alone agrees with nothing."""
    if len(found) < 2 or found.state[0] != HEALTHY or found.state[1] != OPEN:
        return found
    first, second = found[:2]
    if first.settled:
        return found
    told = undetermined(
        "no cycle after it is judged that this one could be compared with", _MORE_WANTED
    )
    evidence = (*told.evidence, *second.evidence[:1], *first.evidence)
    return found.replaced({0: replace(told, evidence=evidence)})


def _instead(found: Verdicts, state: int, said: Verdict) -> Verdicts:
    of_it = np.flatnonzero((found.state == state) & ~found.settled).tolist()
    return found.replaced(
        {k: replace(said, evidence=(*said.evidence, *found[k].evidence)) for k in of_it}
    )
