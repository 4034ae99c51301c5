"""The voltage rule: certificate, abrupt events, and abstention; one cycle at a time.

What it rests on: an ionic resistance cannot fall within one sample, and a stack cannot conduct
better than its bare electrolyte. A slow change has several causes that the voltage alone does not
tell apart (a growing interphase hides a short, better contact mimics one), so that the rule then
abstains and says what to measure.

The decision is compiled (:mod:`softbreak.models.rules.kernels.voltage_decision`), its words are
in :mod:`softbreak.models.rules.sentences`; here both meet, for one cycle or for many.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.data.record import Cell
from softbreak.models.rules.kernels.findings import MOST, findings
from softbreak.models.rules.kernels.state import (
    LIMITS,
    SAID,
    known_of,
    new_memory,
    new_regimes,
)
from softbreak.models.rules.kernels.voltage_decision import fold, rehashed
from softbreak.models.rules.sentences import RULE_WORDING, TEXTS
from softbreak.models.rules.thresholds import UNFINISHED
from softbreak.models.verdicts import FOUND, NUMBERS, Verdicts

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


class VoltageRule:
    """Judges cycles in their order; every cycle is given once.

    Parameters
    ----------
    cell : Cell
        Area, thickness and conductivity make the certificate possible.
    temperature_logged : bool
        Whether the history holds a temperature that can move.

    Attributes
    ----------
    reasons : numpy.ndarray of int
        Why, of the cycles that were judged last: :mod:`softbreak.models.rules.kernels.codes`.
    """

    def __init__(self, cell: Cell, *, temperature_logged: bool) -> None:
        self._cell = (known_of(cell, temperature_logged=temperature_logged), LIMITS)
        self._wording = RULE_WORDING._replace(area_cm2=cell.area_cm2)
        self._memory = new_memory()
        self._state = (self._memory, new_regimes(0))
        self.reasons = np.empty(0, dtype=np.int64)
        alone = np.zeros(1, SAID)
        self._alone = alone, alone.view(np.uint8)
        self._met = self._memory["regimes"]  # a view: a field of a record costs more than a step

    def step(
        self, cycles: np.ndarray, events: np.ndarray, bounds: np.ndarray
    ) -> tuple[Verdicts, np.ndarray]:
        """Judge the next cycles; return verdicts and ``CONCLUDED``, one row a cycle.

        Parameters
        ----------
        cycles : numpy.ndarray of CYCLE, shape (n,)
        events : numpy.ndarray, shape (m, 4)
            Abrupt events: time (s), Δ ln R, resistance before and after (Ω), in order.
        bounds : numpy.ndarray of int64, shape (n + 1,)
            Where the events of each cycle begin.
        """
        self._make_room(len(cycles))
        said = self._nothing_said() if len(cycles) == 1 else np.zeros(len(cycles), SAID)
        concluded = np.empty((len(cycles), len(CONCLUDED)))
        fold(self._state, self._cell, cycles, events, bounds, said, concluded)
        self.reasons = said["reason"]
        numbers, found = np.empty(len(said), NUMBERS), np.empty(MOST * len(said), FOUND)
        places = np.empty(len(said) + 1, dtype=np.int64)
        count = findings(said, numbers, found, places)
        return Verdicts(numbers, found[:count], places, TEXTS, self._wording), concluded

    def _nothing_said(self) -> np.ndarray:
        """Room for what is said of a single cycle: that of the one before, emptied."""
        said, in_bytes = self._alone
        in_bytes.fill(0)
        return said

    def _make_room(self, cycles: int) -> None:
        """Let the table of regimes stay half empty."""
        old, needed = self._state[1], int(self._met[0]) + cycles
        if 2 * needed > len(old):
            larger = new_regimes(needed)
            rehashed(old, larger)
            self._state = (self._memory, larger)
