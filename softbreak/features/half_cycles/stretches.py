"""Many samples of a record into its half-cycles: one compiled call for thousands of them."""

from __future__ import annotations

import numpy as np

from softbreak.features.half_cycles.measured import (
    REST_SAMPLES,
    SHORT_SAMPLES,
    CurrentDirections,
    HalfCycles,
    Twin,
)
from softbreak.features.half_cycles.samples import Intake
from softbreak.features.kernels.sample_stretches import STRETCH, take_up


def absorbed(
    intake: Intake,
    stage: np.ndarray,
    done: HalfCycles,
    twins: dict[int, Twin],
    current: CurrentDirections,
) -> None:
    """Take samples up, and measure the half-cycles that they complete.

    As :meth:`Intake.take`, :meth:`HalfCycles.add` and :meth:`Intake.trim` do, some samples at a
    time.

    Parameters
    ----------
    intake : Intake
    stage : numpy.ndarray, shape (6, n) or (3, n)
        From :func:`softbreak.features.half_cycles.samples.staged`.
    done : HalfCycles
        Gets them.
    twins : dict
        For each sign the half-cycle before; is brought up to date.
    current : CurrentDirections
        Of the cell.
    """
    intake.hear_of(stage)
    told = (REST_SAMPLES, SHORT_SAMPLES, int(done.as_recorded))
    place = 0
    while place < stage.shape[1]:
        intake.reserve(STRETCH + 1)
        plus, minus = twins[1], twins[-1]
        before = (plus.samples, minus.samples, plus.plain, minus.plain, plus.noise, minus.noise)
        place, rows, events, ends, left, after = take_up(
            stage, place, intake.state, before, current.state, told
        )
        if len(ends):
            done.rests.extend(ends)
        first_row, first_event, halves, reversed_, frozen = left
        if len(halves):
            done.keep(rows[:first_row], events[:first_event])
            rows, events = rows[first_row:], events[first_event:]
            done.slice_up((intake.buffer, frozen), halves, rows, events, reversed_)
        if len(rows):
            done.keep(rows, events)
        intake.trim()
        twins[1], twins[-1] = Twin(*after[::2]), Twin(*after[1::2])
