"""A log of temperature sample by sample: when it was really measured, and what it was."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.data.clock import clock_run, clock_step
from softbreak.features.kernels.sample_mending import in_order, ordered

KEPT_SECOND: Final = 600.0
"""Of the temperature, one value in so long a time is remembered; besides, the last one."""
_STRETCH: Final = 1024
_FEWEST: Final = 8
_SEVERAL: Final = 64
"""So many are taken one by one where fewer than that are in order."""
COUNT, FIRST, VARIED, SUM, _KEPT, LAST_TIME, LAST, WAITING = range(8)


@exact
def follow(clock, state, time, warmth, out):
    """Follow the clock; write the temperatures that are kept, return how many.

    ``warmth`` is empty where none was logged.
    """
    found = 0
    stop = 0
    while stop < len(time):
        first = k = stop
        stop = min(first + _STRETCH, len(time))
        if not in_order(time[first:stop], time[first:stop]):
            stop = first + max(ordered(time[first:stop], time[first:stop]), 1)
        if stop - first < _FEWEST:
            stop = min(first + _SEVERAL, len(time))
        else:
            # after two samples the clock is in order too
            found = _one(clock, state, time, warmth, first, out, found)
            found = _one(clock, state, time, warmth, first + 1, out, found)
            if len(warmth):
                found = _warm(clock[5], state, time[first:stop], warmth[first:stop], out, found)
            clock_run(clock, time[first + 2 : stop])
            k = stop
        while k < stop:
            found = _one(clock, state, time, warmth, k, out, found)
            k += 1
    return found


@exact
def _one(clock, state, time, warmth, k, out, found):
    """Take one sample, whatever it is."""
    value = warmth[k] if len(warmth) else np.nan
    if not -100.0 < value < 400.0:  # the placeholder of a missing probe
        value = np.nan
    else:
        if state[COUNT] == 0.0:
            state[FIRST] = value
        elif value != state[FIRST]:
            state[VARIED] = 1.0
        state[COUNT] += 1.0
        state[SUM] += value
    if not np.isfinite(time[k]):
        return found
    moment = clock_step(clock, time[k])
    waiting = state[WAITING]
    state[WAITING] = value
    if np.isfinite(waiting):
        state[LAST_TIME], state[LAST] = moment, waiting
        if not moment - state[_KEPT] < KEPT_SECOND:
            state[_KEPT] = moment
            out[found, 0], out[found, 1] = moment, waiting
            found += 1
    return found


@exact
def _warm(lost, state, time, warmth, out, found):
    """Take samples whose times are in order, the third and all that follow: as `_one` would."""
    count, first, varied, total = state[COUNT], state[FIRST], state[VARIED], state[SUM]
    kept, last_time, last, waiting = state[_KEPT], state[LAST_TIME], state[LAST], state[WAITING]
    for k in range(2, len(time)):
        moment = time[k - 1] + lost
        if not np.isnan(waiting):
            last_time, last = moment, waiting
            if not moment - kept < KEPT_SECOND:
                kept = moment
                out[found, 0], out[found, 1] = moment, waiting
                found += 1
        waiting = np.nan
        if -100.0 < warmth[k] < 400.0:
            waiting = warmth[k]
            if count == 0.0:
                first = waiting
            elif waiting != first:
                varied = 1.0
            count += 1.0
            total += waiting
    state[COUNT], state[FIRST], state[VARIED], state[SUM] = count, first, varied, total
    state[_KEPT], state[LAST_TIME], state[LAST], state[WAITING] = kept, last_time, last, waiting
    return found
