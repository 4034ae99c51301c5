"""A long chunk of samples, taken up and measured in stretches that stay in the nearest cache."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.data.pairing import place_half_cycles
from softbreak.features.kernels.half_cycle import STATISTICS
from softbreak.features.kernels.sample_columns import IMPOSED
from softbreak.features.kernels.sample_intake import FILLED, absorb, let_go
from softbreak.features.kernels.selection import copied
from softbreak.features.kernels.voltage_readings import (
    EVENT_WIDTH,
    FOUND_EVENTS,
    NOISE,
    PLAIN,
    ROW_WIDTH,
    SIGN,
    measure_all,
)

STRETCH: Final = 4096
"""Samples of a stretch: with all that is kept of them they fill half of a usual L2 cache."""
_CURRENT: Final = STATISTICS.index("current_ampere")
_FEW: Final = 64


@exact
def take_up(stage, begin, intake, before, directions, told):
    """Take samples up, and measure the half-cycles that they complete.

    Ends early where Python is needed: for room in the buffer, or for the slices of half-cycles
    that end before the current has reversed. These stay in the buffer.

    Parameters
    ----------
    stage : numpy.ndarray, shape (6, n) or (3, n)
        From :func:`softbreak.features.half_cycles.samples.staged`.
    begin : int
        First sample to take.
    intake : tuple
        Of an `Intake`: clock, waiting, segmenter, buffer, marks, tallies, limits.
    before : tuple
        Samples (shape (3, n)) of the positive half-cycle before and of the negative one, and for
        each whether its voltage never ran against the current, and its noise (V).
    directions : numpy.ndarray
        State of the `CycleBuilder` that hears of all half-cycles.
    told : tuple of int
        Samples of the shortest rest, samples from which on a half-cycle is no glitch, and 1 where
        the voltage is only measured as it was recorded.

    Returns
    -------
    stop : int
        First sample that was not taken.
    rows, events, ends : numpy.ndarray
        As of :func:`softbreak.features.kernels.voltage_readings.measure_all`; half-cycles of all
        stretches count on, those of the open stretch by themselves.
    open_stretch : tuple
        What is left to slice: its first row and event, its half-cycles, for each whether the
        current had reversed after it, and what stood still; none of it where there is nothing.
    before : tuple
        As above, after the last sample that was taken.
    """
    clock, waiting, segmenter, buffer, marks, tallies, limits = intake
    plus, minus, plus_plain, minus_plain, plus_noise, minus_noise = before
    shortest, steady, as_recorded = told
    cuts = np.empty((STRETCH + 4, 4), dtype=np.int64)
    rows, ends = np.empty((_FEW, ROW_WIDTH)), np.empty((_FEW, 1))
    events = np.empty((_FEW * FOUND_EVENTS, EVENT_WIDTH))
    frozen = np.zeros(buffer.shape[1], dtype=np.bool_)
    made = found = rested = first_row = first_event = 0
    halves, turned = cuts[:0], frozen[:0]
    stop = begin
    while stop < stage.shape[1] and not len(halves):
        start, stop = stop, min(stop + STRETCH, stage.shape[1])
        if marks[FILLED] + stop - start + 1 > buffer.shape[1]:
            stop = start
            break
        closed = absorb(stage, start, stop, clock, waiting, segmenter, buffer, marks, tallies, cuts)
        pieces = cuts[:closed]
        rows, ends = _roomy(rows, made, closed), _roomy(ends, rested, closed)
        events = _roomy(events, found, closed * FOUND_EVENTS)
        owners, more, quiet, last = measure_all(
            buffer,
            pieces,
            (plus, minus, plus_plain, minus_plain),
            rows[made:],
            events[found:],
            (shortest, ends[rested:, 0]),
            frozen,
            as_recorded > 0,
        )
        mine = rows[made : made + len(owners)]
        kept, after = pieces[owners], np.empty(len(owners), dtype=np.bool_)
        rested += quiet
        if len(owners):
            lasting = kept[:, 3] >= steady
            place_half_cycles(
                directions, mine[:, SIGN], mine[:, _CURRENT], lasting, (owners, after)
            )
        if last[0] >= 0:
            plus = _samples(buffer, kept[last[0]], frozen)
            plus_plain, plus_noise = mine[last[0], PLAIN] > 0.0, mine[last[0], NOISE]
        if last[1] >= 0:
            minus = _samples(buffer, kept[last[1]], frozen)
            minus_plain, minus_noise = mine[last[1], PLAIN] > 0.0, mine[last[1], NOISE]
        if not after.all():
            halves, turned, first_row, first_event = kept, after, made, found
        else:
            for k in range(found, found + more):
                events[k, 0] += made
                events[k, 6] = 0.0
            frozen[:] = False
            let_go(buffer, marks, segmenter, limits, False)
        made += len(owners)
        found += more
    left = (first_row, first_event, halves, turned, frozen)
    after_all = (plus, minus, plus_plain, minus_plain, plus_noise, minus_noise)
    return stop, rows[:made], events[:found], ends[:rested], left, after_all


@exact
def _roomy(table, used, more):
    """Return a table with room for more rows, and what is in it."""
    if used + more <= len(table):
        return table
    wider = np.empty((2 * (used + more), table.shape[1]))
    for k in range(used):
        copied(wider[k], table[k])
    return wider


@exact
def _samples(buffer, piece, frozen):
    """Times, voltages and currents of a half-cycle, without what stood still."""
    start, stop = piece[0], piece[1]
    moving = np.flatnonzero(~frozen[start:stop])
    if len(moving) == stop - start:
        return buffer[: IMPOSED + 1, start:stop].copy()
    out = np.empty((IMPOSED + 1, len(moving)))
    for k in range(len(moving)):
        for row in range(IMPOSED + 1):
            out[row, k] = buffer[row, start + moving[k]]
    return out
