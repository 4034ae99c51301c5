"""Samples into half-cycles, one after the other: the clock, the gaps, the cuts."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.data.clock import clock_flush, clock_run, clock_step
from softbreak.data.segment import OPEN_SIGN, OPEN_START, advance
from softbreak.features.kernels.sample_columns import (
    CURRENT,
    FREE,
    IMPOSED,
    IN_C,
    IN_CONTROL,
    IN_HELD,
    IN_T,
    IN_V,
    IN_WARM,
    KNOWN,
    TIME,
    VOLTAGE,
    WARMTH,
)
from softbreak.features.kernels.sample_mending import (
    count_lone,
    in_order,
    mend,
    ordered,
    repeated,
    stands,
)
from softbreak.features.kernels.selection import copied

_STRETCH: Final = 1024
"""So many samples at a time are looked at, whether anything is out of order among them."""
_FEWEST: Final = 8
_SEVERAL: Final = 64
"""So many are taken one by one where fewer than that are in order."""
_MISSING_TIME, _MISSING_VOLTAGE, _BACKWARD, _REPEATED = range(4)
FILLED, SETTLED, GONE = range(3)
REST_ROWS: Final = 8
"""Samples of a rest that are kept; how it ended is all that counts."""
_MARGIN: Final = 8
FEW: Final = 128
"""Fewer samples are not worth to be let go of."""


@exact
def absorb(stage, begin, count, clock, waiting, segmenter, buffer, marks, tallies, cuts):
    """Take samples up, from one to another; write the segments that they complete, return how many.

    A segment is written as it lies in the buffer: start, stop, sign and, counted from the first
    sample ever taken, length.
    """
    stop = begin
    while stop < count:
        first = k = stop
        stop = min(first + _STRETCH, count)
        if not in_order(stage[IN_T, first:stop], stage[IN_V, first:stop]):
            stop = first + max(ordered(stage[IN_T, first:stop], stage[IN_V, first:stop]), 1)
        if stop - first < _FEWEST:
            stop = min(first + _SEVERAL, count)
        else:
            # after two samples the clock and what waits are in order too
            _one(stage, first, clock, waiting, buffer, marks, tallies)
            _one(stage, first + 1, clock, waiting, buffer, marks, tallies)
            if stands(stage[IN_T, first + 1 : stop]):
                tallies[_REPEATED] += repeated(
                    stage[IN_T, first + 1 : stop],
                    stage[IN_V, first + 1 : stop],
                    stage[IN_C, first + 1 : stop],
                )
            clock_run(clock, stage[IN_T, first + 2 : stop])
            _push_all(stage, first + 1, stop - 1, clock[5], buffer, marks)
            _keep(stage, stop - 1, waiting)
            k = stop
        while k < stop:
            _one(stage, k, clock, waiting, buffer, marks, tallies)
            k += 1
    closed = _cut(segmenter, buffer, marks, max(marks[FILLED] - 2, marks[SETTLED]), cuts)
    for cut in cuts[:closed]:
        cut[3] = cut[1] - cut[0]
        cut[0], cut[1] = max(cut[0] - marks[GONE], 0), max(cut[1] - marks[GONE], 0)
    return closed


@exact
def let_go(buffer, marks, segmenter, limits, wholly):
    """Let go of samples before the open half-cycle; ``wholly``: even of a few.

    ``limits`` tells below how many samples that is not worth it; it is brought up to date.
    """
    filled, settled, gone = marks[FILLED], marks[SETTLED], marks[GONE]
    if filled < limits[0] and not wholly:
        return
    keep = max(int(segmenter[OPEN_START]) - gone, 0)
    if segmenter[OPEN_SIGN] == 0.0:
        keep = max(keep, settled - REST_ROWS)
    keep = min(keep, settled - _MARGIN)
    if keep >= (1 if wholly else max(FEW, filled // 2)):
        for row in buffer:
            for k in range(keep, filled):
                row[k - keep] = row[k]
        marks[FILLED], marks[SETTLED], marks[GONE] = filled - keep, settled - keep, gone + keep
        filled -= keep
    limits[0] = max(FEW, filled + filled // 8)  # not at every sample of a long half-cycle


@exact
def _keep(stage, k, waiting):
    """Let a sample wait; what has no row is not known."""
    waiting[stage.shape[0] :] = np.nan
    for row in range(stage.shape[0]):
        waiting[row] = stage[row, k]


@exact
def _one(stage, k, clock, waiting, buffer, marks, tallies):
    """Take one sample up, whatever it is."""
    time = stage[IN_T, k]
    if not np.isfinite(time):
        tallies[_MISSING_TIME] += 1
        return
    if clock[0] > 0.0:
        if time < waiting[IN_T]:
            tallies[_BACKWARD] += 1
        elif time == waiting[IN_T]:
            same = stage[IN_V, k] == waiting[IN_V] and stage[IN_C, k] == waiting[IN_C]
            tallies[_REPEATED] += 1 if same else 0
    moment = clock_step(clock, time)
    if clock[0] > 1.0:
        _push(waiting, moment, buffer, marks, tallies)
    _keep(stage, k, waiting)


@exact
def _push_all(stage, start, stop, lost, buffer, marks):
    """Append samples that are in order; as `_push` for each of them, column by column."""
    n = marks[FILLED]
    end = n + stop - start
    marks[FILLED] = end
    time, out = stage[IN_T, start:stop], buffer[TIME, n:end]
    for k in range(len(time)):
        out[k] = time[k] + lost
    copied(buffer[VOLTAGE, n:end], stage[IN_V, start:stop])
    current = stage[IN_C, start:stop]
    copied(buffer[CURRENT, n:end], current)
    known, imposed = buffer[KNOWN, n:end], buffer[IMPOSED, n:end]
    warm, free = buffer[WARMTH, n:end], buffer[FREE, n:end]
    around = max(n - 4, 0)
    if stage.shape[0] == IN_CONTROL:  # nothing else is known of the samples
        known[:], warm[:], free[:] = 0.0, np.nan, 1.0
        for k in range(len(imposed)):
            imposed[k] = current[k] if abs(current[k]) < np.inf else 0.0
        _mend(buffer, around, end)
        return
    control = stage[IN_CONTROL, start:stop]
    for k in range(len(known)):
        known[k] = 1.0 if abs(control[k]) < np.inf else 0.0
    for k in range(len(imposed)):
        value = control[k] if known[k] > 0.0 else current[k]
        imposed[k] = value if abs(value) < np.inf else 0.0
    warmth = stage[IN_WARM, start:stop]
    for k in range(len(warm)):
        warm[k] = warmth[k] if (warmth[k] > -100.0) & (warmth[k] < 400.0) else np.nan
    held = stage[IN_HELD, start:stop]
    for k in range(len(free)):
        free[k] = 0.0 if (abs(held[k]) < np.inf) & (known[k] == 0.0) else 1.0
    _mend(buffer, around, end)


@exact
def _mend(buffer, start, stop):
    """Mend lone wrong currents."""
    current = buffer[CURRENT, start:stop]
    if count_lone(current):
        mend(current, buffer[KNOWN, start:stop], buffer[IMPOSED, start:stop])


@exact
def flush(clock, waiting, segmenter, buffer, marks, tallies, cuts):
    """Take up what waits for later samples; on copies of the states."""
    if clock[0] > 0.0:
        _push(waiting, clock_flush(clock), buffer, marks, tallies)
    return _cut(segmenter, buffer, marks, marks[FILLED], cuts)


@exact
def _cut(segmenter, buffer, marks, stop, cuts):
    start = marks[SETTLED]
    marks[SETTLED] = stop
    return advance(
        segmenter,
        buffer[TIME, start:stop],
        buffer[IMPOSED, start:stop],
        buffer[KNOWN, start:stop],
        cuts,
    )


@exact
def _push(sample, moment, buffer, marks, tallies):
    """Append a sample to the buffer; mend the current of the one before last."""
    if not np.isfinite(sample[IN_V]):
        tallies[_MISSING_VOLTAGE] += 1
        return
    n = marks[FILLED]
    marks[FILLED] = n + 1
    known = np.isfinite(sample[IN_CONTROL])
    imposed = sample[IN_CONTROL] if known else sample[IN_C]
    buffer[TIME, n] = moment
    buffer[VOLTAGE, n] = sample[IN_V]
    buffer[CURRENT, n] = sample[IN_C]
    buffer[KNOWN, n] = 1.0 if known else 0.0
    buffer[IMPOSED, n] = imposed if np.isfinite(imposed) else 0.0
    warmth = sample[IN_WARM]
    buffer[WARMTH, n] = warmth if -100.0 < warmth < 400.0 else np.nan
    buffer[FREE, n] = 0.0 if np.isfinite(sample[IN_HELD]) and not known else 1.0
    if n + marks[GONE] < 4 or buffer[KNOWN, n - 2] > 0.0:
        return
    # a lone wrong sample of a measured current, whose neighbours agree
    a, b = buffer[CURRENT, n - 4], buffer[CURRENT, n - 3]
    c, d = buffer[CURRENT, n - 1], buffer[CURRENT, n]
    level = (a + b + c + d) / 4.0
    spread = max(abs(a - level), abs(b - level), abs(c - level), abs(d - level))
    if spread < 0.1 * abs(level) and abs(buffer[CURRENT, n - 2] - level) > 0.5 * abs(level):
        buffer[IMPOSED, n - 2] = level
