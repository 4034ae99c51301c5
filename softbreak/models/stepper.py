"""The contract of detectors that judge a live cell cycle by cycle, without looking back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from softbreak.models.rules.parts import CycleView, EventView
from softbreak.verdict import Verdict


class LiveCycle(NamedTuple):
    """All that is known of a cycle that just ended.

    Attributes
    ----------
    view : CycleView
    events : sequence of EventView
        Abrupt changes within it, in order.
    row : numpy.ndarray
        See :data:`softbreak.features.kernels.cycle.CYCLE_COLUMNS`.
    half_cycles : numpy.ndarray, shape (n, len(STATISTICS))
        See :data:`softbreak.features.kernels.half_cycle.STATISTICS`; a view, valid during the call.
    signs : numpy.ndarray of int, shape (n,)
        Of the current in these half-cycles.
    """

    view: CycleView
    events: Sequence[EventView]
    row: np.ndarray
    half_cycles: np.ndarray
    signs: np.ndarray


class Stepper(Protocol):
    """Judges the cycles of one cell in their order; is fed every cycle once.

    It is begun with what is known besides cycles (cell, spectra, voltammograms); when that
    changes, a new one is begun and fed all cycles again. A cycle after whose beginning a spectrum
    or a voltammogram was taken is never given to it before that is known: such cycles, and all
    others that later evidence can change, are judged by ``Detector.judge``. Its verdict of a cycle
    must equal the one that ``judge`` gives when the cycle is the last one.
    """

    def step(self, cycle: LiveCycle) -> Verdict:
        """Judge the next cycle."""
        ...
