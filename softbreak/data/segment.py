"""The one Segmenter: samples become half-cycles and rests, half-cycles become cycles.

It is incremental: feeding a record in any chunking gives the same segments, and batch work is
one big chunk. A half-cycle follows the *imposed* current where the file has it, because a
measured current can be noise on a wrong range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

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

    @property
    def begun(self) -> Segment:
        """The open segment, up to the last sample."""
        return Segment(int(self._state[_START]), int(self._state[_N]), int(self._state[_SIGN]))

    @property
    def largest_ampere(self) -> float:
        """Largest current that lasted three samples; a hundredth of it is a rest."""
        return float(self._state[_LARGEST])

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


@njit(cache=True, nogil=True)
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
    closed = 0
    for k in range(len(time)):
        value = imposed[k]
        size = abs(value) if np.isfinite(value) and abs(value) < IMPOSSIBLE_AMPERE else 0.0
        # one sample can be a spike: the scale of the current is what three in a row reach
        sustained = min(size, state[_LAST_SIZE], state[_SIZE_BEFORE])
        state[_SIZE_BEFORE] = state[_LAST_SIZE]
        state[_LAST_SIZE] = size
        state[_LARGEST] = max(state[_LARGEST], sustained)
        threshold = 0.0 if known[k] else REST_FRACTION * state[_LARGEST]
        sign = 0.0
        if size > threshold:
            sign = 1.0 if value > 0 else -1.0
        interval = time[k] - state[_LAST_T]
        pending = 0.0
        if state[_BEGUN]:
            gap = interval > GAP_SECOND and interval > GAP_FACTOR * state[_INTERVAL] > 0.0
            stepped = (
                sign != 0.0
                and state[_COUNT] >= 3
                and abs(size - state[_LEVEL]) > max(STEP_FRACTION * state[_LEVEL], state[_STEADY])
            )
            needed = 1.0
            if not known[k]:
                needed = min(CONFIRMED_SAMPLES, max(1.0, state[_COUNT] // 5))
            if sign != state[_SIGN] or stepped:
                pending = 1.0
                if sign == state[_PENDING_SIGN]:
                    pending += state[_PENDING]
            if gap or pending >= needed:
                begin = state[_N] if gap else state[_N] - pending + 1.0
                out[closed, 0] = int(state[_START])
                out[closed, 1] = int(begin)
                out[closed, 2] = int(state[_SIGN])
                closed += 1
                _open(state, begin, sign, size, pending)
                pending = 0.0
            elif pending == 0.0:
                # Slow followers: the usual interval, the level, and six times its usual step.
                state[_INTERVAL] += (interval - state[_INTERVAL]) / min(state[_COUNT] + 1.0, 50.0)
                change = 6.0 * abs(size - state[_LEVEL])
                state[_STEADY] += (change - state[_STEADY]) * 0.2
                state[_LEVEL] += (size - state[_LEVEL]) * 0.3
                state[_COUNT] += 1.0
        else:
            _open(state, state[_N], sign, size, 1.0)
        state[_PENDING] = pending
        state[_PENDING_SIGN] = sign
        state[_LAST_T] = time[k]
        state[_N] += 1.0
    return closed


@njit(cache=True, nogil=True)
def _open(state, begin, sign, size, count):
    """Begin a segment of which ``count`` samples were seen."""
    state[_BEGUN] = 1.0
    state[_START] = begin
    state[_SIGN] = sign
    state[_COUNT] = max(count, 1.0)
    state[_LEVEL] = size
    state[_STEADY] = 0.0
    state[_INTERVAL] = 0.0


class CycleBuilder:
    """Numbers half-cycles into cycles; incremental, like the Segmenter.

    A cycle is a pair: all half-cycles of one sign, then all of the other. A run that never
    reverses has no pair: each of its half-cycles counts on its own.
    """

    def __init__(self) -> None:
        self._first_sign = 0
        self._last_sign = 0
        self._cycle = 0
        self._largest = 0.0
        self.reversed = False

    def place(self, sign: int, mean_current: float) -> int:
        """Return the cycle (0-based) that the next half-cycle belongs to; −1 for mere noise.

        Parameters
        ----------
        sign : int
        mean_current : float
            Mean of the imposed current's magnitude (A).
        """
        if mean_current <= NOISE_FRACTION * self._largest:
            return -1
        if self._first_sign and mean_current > NOISE_FACTOR * self._largest:
            self._cycle, self._first_sign, self._last_sign = 0, 0, 0
            self.reversed = False
            self._largest = mean_current
            self._first_sign = self._last_sign = sign
            return RESTART
        self._largest = max(self._largest, mean_current)
        if not self._first_sign:
            self._first_sign = sign
        elif sign != self._last_sign:
            self.reversed = True
            if sign == self._first_sign:
                self._cycle += 1
        self._last_sign = sign
        return self._cycle


NOISE_FRACTION = 0.003
"""Half-cycles of a smaller share of the largest mean current are leakage or noise."""
NOISE_FACTOR = 100.0
"""Half-cycles before a current that much larger were offset and noise, not cycling."""
RESTART = -2
"""Returned by `CycleBuilder.place`: this is cycle 0, and all before it was noise."""


def number_cycles(signs: Sequence[int], mean_currents: Sequence[float]) -> np.ndarray:
    """Number half-cycles into cycles in one go.

    Returns
    -------
    numpy.ndarray of int
        Cycle of each half-cycle (0-based), −1 where the half-cycle is noise. Where the current
        never reverses every half-cycle is its own.
    """
    builder = CycleBuilder()
    cycles = np.full(len(signs), -1, dtype=np.int64)
    for k, (sign, current) in enumerate(zip(signs, mean_currents, strict=True)):
        place = builder.place(int(sign), float(current))
        if place == RESTART:
            cycles[:k] = -1
            place = 0
        cycles[k] = place
    if not builder.reversed:
        real = cycles >= 0
        cycles[real] = np.arange(real.sum())
    return cycles
