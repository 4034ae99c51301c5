"""Test times that never step back, a sample at a time."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import strict

CLOCK_STATE: Final = 6
_COUNT, _BEFORE, _HERE, _LAST, _USUAL, _LOST = range(CLOCK_STATE)


@strict
def clock_step(state: np.ndarray, time: float) -> float:
    """Take the next time; return the placed time of the sample *before* it (NaN for the first).

    A lone sample that jumps out and back stands between its neighbours instead; a clock that
    was reset runs on after one more interval. One sample of patience is enough for both.
    """
    count = state[_COUNT]
    state[_COUNT] = count + 1.0
    here = state[_HERE]
    state[_HERE] = time
    if count == 0.0:
        return np.nan
    moment = here
    if count > 1.0:
        before = state[_BEFORE]
        if time >= before and (here > time or here < before):
            moment = 0.5 * (before + time)
    state[_BEFORE] = here
    return _placed(state, moment)


@strict
def clock_run(state: np.ndarray, time: np.ndarray) -> None:
    """Take times in one go: as :func:`clock_step` for each, where nothing is out of order.

    Parameters
    ----------
    state : numpy.ndarray
        Of a clock that has taken two times or more, the last two of them in order.
    time : numpy.ndarray, shape (n,)
        Finite, in order, none before the last one taken; may be empty.
    """
    count = len(time)
    if not count:
        return
    placed = time[count - 2] if count > 1 else state[_HERE]
    later, k = placed, count - 3
    while k >= -2:  # the last interval that is none of zero is the usual one
        earlier = time[k] if k >= 0 else (state[_HERE] if k == -1 and count > 1 else state[_LAST])
        if later > earlier:
            state[_USUAL] = later - earlier
            break
        later = earlier
        k -= 1
    state[_COUNT] += count
    state[_BEFORE] = state[_LAST] = placed
    state[_HERE] = time[count - 1]


@strict
def clock_flush(state: np.ndarray) -> float:
    """Return the placed time of the last sample: no other follows it."""
    return _placed(state, state[_HERE])


@strict
def _placed(state: np.ndarray, moment: float) -> float:
    """Add to a time what resets have taken so far."""
    if state[_COUNT] > 0.0 and not np.isnan(state[_LAST]):
        step = moment - state[_LAST]
        if step > 0.0:
            state[_USUAL] = step
        elif step < 0.0:
            state[_LOST] += state[_USUAL] - step
    state[_LAST] = moment
    return moment + state[_LOST]


def new_clock() -> np.ndarray:
    """State of a clock that has seen nothing."""
    state = np.zeros(CLOCK_STATE)
    state[_LAST] = np.nan
    return state


def clock_peek(state: np.ndarray) -> float:
    """Return the placed time of the last sample, should no other follow; 0 before the first."""
    return float(clock_flush(state.copy())) if state[_COUNT] else 0.0


def ends_of(time: np.ndarray) -> tuple[float, float] | None:
    """Return the first and the last time that is a number; None without any.

    Parameters
    ----------
    time : numpy.ndarray, shape (n,)
        s.
    """
    if len(time) and np.isfinite(time[0]) and np.isfinite(time[-1]):  # as nearly always
        return float(time[0]), float(time[-1])
    known = time[np.isfinite(time)]
    return (float(known[0]), float(known[-1])) if len(known) else None


def forward_clock(time: np.ndarray) -> np.ndarray:
    """Return times that never step back: a clock that was reset runs on instead.

    Parameters
    ----------
    time : numpy.ndarray, shape (n,)
        Seconds; may hold resets and NaN. A missing time is put between its neighbours.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Where nothing is out of order the very array, to read: a long record needs no second one.
    """
    time = np.asarray(time, dtype=np.float64)
    if len(time) and _goes_on(time) and not _negative_zero(time):
        time = time.view()
        time.flags.writeable = False
        return time
    good = np.isfinite(time)
    if not good.any():
        return np.zeros(len(time))
    known = time if good.all() else time[good]
    out = np.empty(len(known))
    _forward(new_clock(), known, out)
    if known is time:
        return out
    index = np.arange(len(time))
    return np.interp(index, index[good], out)


@strict
def _goes_on(time: np.ndarray) -> bool:
    """Whether no time steps back and all of them are numbers."""
    wrong = 0
    for k in range(len(time) - 1):
        wrong += not time[k + 1] >= time[k]
    return wrong == 0 and abs(time[0]) < np.inf and abs(time[-1]) < np.inf


def _negative_zero(time: np.ndarray) -> bool:
    """Whether a time is −0, which the clock tells as 0."""
    zeros = time[np.searchsorted(time, 0.0) : np.searchsorted(time, 0.0, side="right")]
    return bool(np.signbit(zeros).any())


@strict
def _forward(state: np.ndarray, time: np.ndarray, out: np.ndarray) -> None:
    for k in range(len(time)):
        moment = clock_step(state, time[k])
        if k:
            out[k - 1] = moment
    out[len(time) - 1] = clock_flush(state)
