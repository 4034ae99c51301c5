"""The voltage rule: certificate, abrupt events, and abstention; one cycle at a time.

What it rests on: an ionic resistance cannot fall within one sample, and a stack cannot conduct
better than its bare electrolyte. A slow change has several causes that the voltage alone does not
tell apart (a growing interphase hides a short, better contact mimics one), so that the rule then
abstains and says what to measure.

The arithmetic is compiled (:mod:`softbreak.models.rules.kernels.decision`), the words are in
:mod:`softbreak.models.rules.sentences`; here both meet, for one cycle or for all of a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from softbreak.data.record import Cell
from softbreak.models.rules.kernels.decision import fold, rehashed
from softbreak.models.rules.kernels.state import (
    CYCLE,
    LIMITS,
    SAID,
    known_of,
    new_memory,
    new_regimes,
)
from softbreak.models.rules.parts import CycleView, EventView
from softbreak.models.rules.sentences import verdict_of
from softbreak.models.rules.thresholds import UNFINISHED
from softbreak.verdict import Verdict

CONCLUDED: Final = (
    "rule_fault",
    "rule_hard",
    "rule_open",
    "rule_estimate",
    "rule_lower",
    "rule_upper",
    "rule_growth",
    "rule_decline",
    "rule_grown",
    "rule_below_anchor",
    "rule_deepest",
    "rule_shift",
    "rule_doubt",
    "rule_certificate",
)
"""What the voltage rule says of a cycle, as numbers: its probabilities, its interval, and what it
remembers (growth over the base, decline below the maximum, distance to the level before a drop,
…)."""
__all__ = ["CONCLUDED", "UNFINISHED", "VoltageRule"]
_NO_EVENTS: Final = np.empty((0, 4))


class VoltageRule:
    """Judges cycles in their order; feed every cycle once.

    Parameters
    ----------
    cell : Cell
        Area, thickness and conductivity make the certificate possible.
    temperature_logged : bool
        Whether the history holds a temperature that can move.
    """

    def __init__(self, cell: Cell, *, temperature_logged: bool) -> None:
        self._cell = (known_of(cell, temperature_logged=temperature_logged), LIMITS)
        self._memory = new_memory()
        self._state = (self._memory, new_regimes(0))
        self._met = self._memory["regimes"]  # views: a field of a record costs more than a step
        self._cycle, self._said = np.zeros(1, CYCLE), np.zeros(1, SAID)
        self._measured, self._bits = self._cycle.view(np.float64), self._said.view(np.int64)
        self._concluded = np.zeros((1, len(CONCLUDED)))
        self._bounds = np.zeros(2, dtype=np.int64)

    def step(self, cycle: CycleView, events: Sequence[EventView] = ()) -> Verdict:
        """Judge the next cycle.

        Parameters
        ----------
        cycle : CycleView
        events : sequence of EventView
            The abrupt changes within the cycle, in order.
        """
        self._make_room()
        self._measured[:] = cycle
        self._bits[:] = 0
        found = np.array(events, dtype=np.float64) if events else _NO_EVENTS
        self._bounds[1] = len(events)
        where = (self._state, self._cell, self._cycle, found, self._bounds)
        fold(*where, self._said, self._concluded)
        return verdict_of(self._said.tolist()[0])

    def run(
        self, cycles: np.ndarray, events: np.ndarray, bounds: np.ndarray
    ) -> tuple[list[Verdict], np.ndarray]:
        """Judge many cycles at once; return verdicts and ``CONCLUDED``, one row a cycle.

        Parameters
        ----------
        cycles : numpy.ndarray of CYCLE, shape (n,)
        events : numpy.ndarray, shape (m, 4)
            Fields of :class:`softbreak.models.rules.parts.EventView`, in order.
        bounds : numpy.ndarray of int64, shape (n + 1,)
            Where the events of each cycle begin.
        """
        self._make_room(len(cycles))
        said = np.zeros(len(cycles), SAID)
        concluded = np.empty((len(cycles), len(CONCLUDED)))
        fold(self._state, self._cell, cycles, events, bounds, said, concluded)
        return [verdict_of(row) for row in said.tolist()], concluded

    @property
    def concluded(self) -> np.ndarray:
        """``CONCLUDED`` of the last cycle; a view."""
        return self._concluded[0]

    def _make_room(self, cycles: int = 1) -> None:
        """Let the table of regimes stay half empty."""
        old, needed = self._state[1], int(self._met[0]) + cycles
        if 2 * needed > len(old):
            larger = new_regimes(needed)
            rehashed(old, larger)
            self._state = (self._memory, larger)
