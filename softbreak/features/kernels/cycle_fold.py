"""Cycles folded into the state of a cell's history, one after the other."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.features.kernels.cycle_history import INPUTS, OUTPUTS, advance
from softbreak.features.kernels.cycle_inputs import EVENT_SUMS, finish, tally
from softbreak.features.kernels.selection import copied

_INPUTS, _OUTPUTS = len(INPUTS), len(OUTPUTS)
_BESIDE: Final = INPUTS.index("ln_spectrum_ohm")
"""Four in a row: of the newest spectrum and voltammogram, ln R and how many there were."""


@exact
def fold(state, cycles, known, beside, out) -> None:
    """Fold cycles into the state, and write their features."""
    measured, logs, edges, half_cycles, changes, events = cycles
    count = len(measured)
    owner = np.empty(len(changes), np.int64)
    for k in range(count):
        owner[events[k] : events[k + 1]] = k
    sums, rows = np.zeros((count, EVENT_SUMS)), np.empty((count, _INPUTS))
    tally(owner, changes, sums)
    finish(measured, logs, edges, half_cycles, sums, known, rows)
    for k in range(count):
        copied(rows[k, _BESIDE : _BESIDE + 4], beside[k])
    advance(state, rows, out[:, :_OUTPUTS])
