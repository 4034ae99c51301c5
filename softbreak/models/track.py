"""The fast way of a live cell: each cycle is judged once, when it is complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from softbreak.features.cycles.pairing import Arranged
from softbreak.features.cycles.timeline import all_events, cycle_bounds
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.kernels.cycle import CYCLE_COLUMNS, cycle_rows
from softbreak.features.lane import CycleLane, LaneEnd, LaneEvent, NewCycle
from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.models.rules.parts import CycleView, EventView
from softbreak.models.stepper import LiveCycle, Stepper
from softbreak.verdict import Verdict

Begin = Callable[[CellEvidence, Sequence[ImpedanceReading]], Stepper]
_SEEN: Final = [CYCLE_COLUMNS.index(name) for name in CycleView._fields[1:-2]]
_COUNTED: Final = [CYCLE_COLUMNS.index(name) for name in CycleView._fields[-2:]]


class Told(NamedTuple):
    """One verdict and what it is about: cycle, start and end (s)."""

    unit: tuple[int, float, float]
    verdict: Verdict


class Track:
    """A lane of cycles and the stepper that judges them.

    Parameters
    ----------
    lane : CycleLane
    begin : callable
        Of the detector.
    known : tuple
        Evidence up to now, its readings, and the half-cycles of its complete cycles.
    """

    def __init__(
        self,
        lane: CycleLane,
        begin: Begin,
        known: tuple[CellEvidence, Sequence[ImpedanceReading], Arranged],
    ) -> None:
        evidence, readings, found = known
        self._lane = lane
        self._stepper = begin(evidence, readings)
        times = [reading.time_second for reading in readings]
        times += evidence.sweeps["end_time_second"].tolist()
        self._measured = max(times, default=-np.inf)
        for cycle in _cycles(found):
            self._stepper.step(_live(cycle))

    def advance(self) -> list[Told]:
        """Judge the cycles that have become complete.

        Raises
        ------
        LaneEnd
            If everything must be judged anew.
        """
        told = []
        for cycle in self._lane.advance():
            live = _live(cycle)
            if live.view.start_time_second <= self._measured:
                raise LaneEnd  # a spectrum or a voltammogram was taken meanwhile
            unit = live.view[:3]
            told.append(Told(unit, self._stepper.step(live)))
        return told


def _live(cycle: NewCycle) -> LiveCycle:
    row = cycle.row.tolist()
    view = CycleView(cycle.number, *(row[k] for k in _SEEN), *(int(row[k]) for k in _COUNTED))
    events = [EventView(*event) for event in cycle.events]
    return LiveCycle(view, events, cycle.row, cycle.half_cycles, cycle.signs)


def _cycles(found: Arranged) -> list[NewCycle]:
    """All cycles of arranged half-cycles, as a lane would have given them."""
    bounds = cycle_bounds(found.cycle)
    rows = cycle_rows(found.statistics, found.sign, found.excursions, bounds)
    events = all_events(found)
    owner = found.cycle[events.half_cycle]
    told = list(zip(*(column.tolist() for column in events[1:]), strict=True))
    by_cycle: dict[int, list[LaneEvent]] = {}
    for cycle, event in zip(owner.tolist(), told, strict=True):
        by_cycle.setdefault(cycle, []).append(LaneEvent(*event))
    return [
        NewCycle(k, rows[k], by_cycle.get(k, []), found.statistics[a:b], found.sign[a:b])
        for k, (a, b) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
    ]
