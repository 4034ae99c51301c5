"""The one Segmenter: samples become half-cycles and rests.

It is incremental: feeding a record in any chunking gives the same segments, and batch work is
one big chunk. A half-cycle follows the *imposed* current where the file has it, because a
measured current can be noise on a wrong range.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from softbreak.compiled import strict

REST_FRACTION = 0.01
"""Below this fraction of the largest current so far a sample counts as rest."""
STEP_FRACTION = 0.2
"""A jump of the imposed current by more than this fraction starts a new half-cycle."""
GAP_SECOND = 1800.0
"""A pause in the recording longer than this, and far beyond the usual interval, splits."""
GAP_FACTOR = 30.0

IMPOSSIBLE_AMPERE = 1e5
"""A larger current is a placeholder of the instrument, not a current."""
CONFIRMED_SAMPLES = 3
"""A new sign of a *measured* current must last so many samples within a long half-cycle."""

_SIZE = 14
_N, _SIGN, _START, _LAST_T, _INTERVAL, _LARGEST, _LEVEL, _COUNT, _STEADY, _BEGUN = range(10)
_PENDING, _PENDING_SIGN, _LAST_SIZE, _SIZE_BEFORE = range(10, 14)
_MANY = 64
"""So many samples are looked at together, whether anything is new in them."""
OPEN_SIGN, OPEN_START = _SIGN, _START
"""Where the state has the sign of the open segment, and its first sample."""


class Segment(NamedTuple):
    """A maximal run under one sign and level of imposed current.

    Attributes
    ----------
    start, stop : int
        Samples ``start`` to ``stop - 1``, counted from the first sample ever fed.
    sign : int
        +1 or −1 for a half-cycle, 0 for a rest.
    """

    start: int
    stop: int
    sign: int


class Segmenter:
    """Cuts a stream of samples into half-cycles and rests.

    Examples
    --------
    >>> import numpy as np
    >>> segmenter = Segmenter()
    >>> t = np.arange(6.0)
    >>> segmenter.update(t, np.array([1.0, 1, 1, -1, -1, -1]))
    [Segment(start=0, stop=3, sign=1)]
    >>> segmenter.finish()
    [Segment(start=3, stop=6, sign=-1)]
    """

    def __init__(self) -> None:
        self._state = np.zeros(_SIZE)

    @property
    def state(self) -> np.ndarray:
        """All that it remembers: what :func:`advance` works on."""
        return self._state

    def copy(self) -> Segmenter:
        """Return one that goes on from here by itself."""
        twin = Segmenter()
        twin.state[:] = self._state
        return twin

    def update(
        self, time: np.ndarray, current: np.ndarray, control: np.ndarray | None = None
    ) -> list[Segment]:
        """Feed samples; return the segments that they complete.

        Parameters
        ----------
        time : numpy.ndarray, shape (n,)
            Seconds, never stepping back.
        current : numpy.ndarray, shape (n,)
            Measured current (A).
        control : numpy.ndarray, shape (n,), optional
            Imposed current (A), NaN where the instrument imposed none.
        """
        imposed = np.asarray(current, dtype=np.float64)
        known = np.zeros(len(imposed), dtype=np.bool_)
        if control is not None:
            known = np.isfinite(control)
            imposed = np.where(known, control, imposed).astype(np.float64)
        out = np.empty((len(imposed) + 1, 3), dtype=np.int64)
        count = advance(self._state, np.asarray(time, dtype=np.float64), imposed, known, out)
        return [Segment(*row) for row in out[:count].tolist()]

    def finish(self) -> list[Segment]:
        """Close the open segment: the record ends, or another technique breaks in."""
        state = self._state
        if not state[_BEGUN]:
            return []
        state[_BEGUN] = 0.0
        start, stop, sign = int(state[_START]), int(state[_N]), int(state[_SIGN])
        pending = int(state[_PENDING])
        state[_PENDING] = 0.0
        if not pending:
            return [Segment(start, stop, sign)]
        tail = Segment(stop - pending, stop, int(state[_PENDING_SIGN]))
        return [Segment(start, stop - pending, sign), tail]


@strict
def advance(
    state: np.ndarray,
    time: np.ndarray,
    imposed: np.ndarray,
    known: np.ndarray,
    out: np.ndarray,
) -> int:
    """Run the state machine over a chunk; write closed segments to ``out``, return their number.

    Parameters
    ----------
    state : numpy.ndarray
        :attr:`Segmenter.state`.
    time, imposed : numpy.ndarray, shape (n,)
        s, A.
    known : numpy.ndarray, shape (n,)
        Whether ``imposed`` is the instrument's word, or measured.
    out : numpy.ndarray of int, shape (n + 1, 3)
    """
    # the state in variables of their own: in memory each step would wait for the one before
    n, open_sign, start = state[_N], state[_SIGN], state[_START]
    last_time, largest, begun = state[_LAST_T], state[_LARGEST], state[_BEGUN]
    followers = (state[_INTERVAL], state[_LEVEL], state[_STEADY], state[_COUNT])
    pending, pending_sign = state[_PENDING], state[_PENDING_SIGN]
    last_size, size_before = state[_LAST_SIZE], state[_SIZE_BEFORE]
    arrived, count, closed = last_time, len(time), 0
    low, high = _near(followers[1])
    owed = (0, 0)  # samples of the open segment of which the slow followers have not heard yet
    k = -1
    while k + 1 < count:
        k += 1
        value = float(imposed[k])
        size = abs(value) if abs(value) < IMPOSSIBLE_AMPERE else 0.0
        # one sample can be a spike: the scale of the current is what three in a row reach
        if size > largest:
            largest = max(largest, min(size, last_size, size_before))
        size_before, last_size = last_size, size
        threshold = 0.0 if known[k] else REST_FRACTION * largest
        sign = 0.0 if size <= threshold else (1.0 if value > 0 else -1.0)
        interval = time[k] - last_time
        last_time = time[k]
        n += 1.0
        same = begun > 0.0 and sign == open_sign
        if same and interval <= GAP_SECOND and (low <= size <= high or sign == 0.0):
            pending, pending_sign = 0.0, sign
            limits = (low, high) if sign != 0.0 else (-threshold, threshold)
            quiet = _quiet(time, imposed, known, k + 1, open_sign, limits, largest)
            if owed[1] != k:
                followers = _followed(followers, time, imposed, owed, arrived)
                owed = (k, k)
            owed = (owed[0], k + 1 + quiet)
            if quiet:
                k += quiet
                n += quiet
                last_time = time[k]
                last_size, size_before = abs(float(imposed[k])), abs(float(imposed[k - 1]))
            continue
        waiting = 0.0
        if begun:
            if same or interval > GAP_SECOND:
                followers = _followed(followers, time, imposed, owed, arrived)
                owed = (k, k)
            usual, level, steady, seen = followers
            gap = interval > GAP_SECOND and interval > GAP_FACTOR * usual > 0.0
            moved = abs(size - level)
            stepped = sign != 0.0 and seen >= 3 and moved > max(STEP_FRACTION * level, steady)
            changed = sign != open_sign or stepped
            if changed:
                waiting = 1.0 + (pending if sign == pending_sign else 0.0)
            needed = 1.0
            if (gap or changed) and not known[k]:
                needed = min(CONFIRMED_SAMPLES, max(1.0, (seen + owed[1] - owed[0]) // 5))
            if gap or waiting >= needed:
                begin = n - 1.0 if gap else n - waiting
                cut = out[closed]
                cut[0], cut[1], cut[2] = int(start), int(begin), int(open_sign)
                closed += 1
                start, open_sign = begin, sign
                followers = (0.0, size, 0.0, max(waiting, 1.0))
                waiting, owed = 0.0, (k + 1, k + 1)
            elif not changed:
                followers = _followed(followers, time, imposed, (k, k + 1), arrived)
                owed = (k + 1, k + 1)
        else:
            begun = 1.0
            start, open_sign, followers = n - 1.0, sign, (0.0, size, 0.0, 1.0)
        pending, pending_sign = waiting, sign
        low, high = _near(followers[1])
    followers = _followed(followers, time, imposed, owed, arrived)
    state[_INTERVAL], state[_LEVEL], state[_STEADY], state[_COUNT] = followers
    state[_N], state[_SIGN], state[_START] = n, open_sign, start
    state[_LAST_T], state[_LARGEST], state[_BEGUN] = last_time, largest, begun
    state[_PENDING], state[_PENDING_SIGN] = pending, pending_sign
    state[_LAST_SIZE], state[_SIZE_BEFORE] = last_size, size_before
    return closed


@strict
def _near(level):
    """Sizes that lie so near a level that none of them is a step from another one."""
    low, high = (1.0 - STEP_FRACTION / 2.5) * level, (1.0 + STEP_FRACTION / 2.5) * level
    return (low, high) if high - low <= STEP_FRACTION * low else (np.inf, -np.inf)


@strict
def _quiet(time, imposed, known, start, sign, limits, largest):
    """Count the samples from one on that change nothing: they are like the one before.

    All lie within limits and follow without a gap, and no three of them make the scale of the
    current larger.
    """
    if start < 2 or not (limits[0] > REST_FRACTION * largest or sign == 0.0):
        return 0
    k, side = start, (sign if sign != 0.0 else 1.0)
    while k < len(time):
        if sign != 0.0 and k + _MANY <= len(time):
            now, before = time[k : k + _MANY], time[k - 1 : k + _MANY - 1]
            if _calm(now, before, imposed[k : k + _MANY], side, (limits[0], limits[1], largest)):
                k += _MANY
                continue
        for j in range(k, min(k + _MANY, len(time))):
            size = imposed[j] * side
            if not (limits[0] <= size <= limits[1] and time[j] - time[j - 1] <= GAP_SECOND):
                return j - start
            if sign == 0.0 and known[j]:
                return j - start
            if size > largest and abs(imposed[j - 1]) > largest and abs(imposed[j - 2]) > largest:
                return j - start
        k += _MANY
    return len(time) - start


@strict
def _calm(time, before, imposed, side, limits):
    """Tell whether samples follow without a gap, and none is beyond limits or the largest."""
    low, high, largest = limits
    strange = 0
    for k in range(len(time)):
        size = imposed[k] * side
        near = (low <= size) & (size <= high) & (size <= largest)
        strange += 0 if near & (time[k] - before[k] <= GAP_SECOND) else 1
    return strange == 0


@strict
def _steady(time, before, imposed, interval, level):
    """Tell whether samples follow at one interval and are of one size."""
    strange = 0
    for k in range(len(time)):
        same = (abs(imposed[k]) == level) & (time[k] - before[k] == interval)
        strange += 0 if same else 1
    return strange == 0


@strict
def _followed(followers, time, imposed, part, arrived):
    """Let the slow followers hear of samples of the open segment; what is steady costs nothing.

    Parameters
    ----------
    followers : tuple of float
        The usual interval (s), the level and six times its usual step (A), samples so far.
    time, imposed : numpy.ndarray
        Of the chunk.
    part : tuple of int
        From which sample to which.
    arrived : float
        When the sample before the chunk was taken (s).
    """
    usual, level, steady, count = followers
    settled = np.nan  # the interval that would no longer change the usual one
    k = part[0] - 1
    while k + 1 < part[1]:
        k += 1
        if k and not steady > 0.0 and k + _MANY <= part[1] and time[k] - time[k - 1] == settled:
            now, before = time[k : k + _MANY], time[k - 1 : k + _MANY - 1]
            if _steady(now, before, imposed[k : k + _MANY], settled, level):
                count += _MANY
                k += _MANY - 1
                continue
        size = abs(float(imposed[k]))
        size = size if size < IMPOSSIBLE_AMPERE else 0.0
        interval = time[k] - (time[k - 1] if k else arrived)
        if interval != settled:
            before = usual
            usual += (interval - usual) / min(count + 1.0, 50.0)
            settled = interval if usual == before and count >= 50.0 else np.nan
        if size != level or steady > 0.0:
            steady += (6.0 * abs(size - level) - steady) * 0.2
            level += (size - level) * 0.3
        count += 1.0
    return usual, level, steady, count
