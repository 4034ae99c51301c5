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

_SIZE = 10
_N, _SIGN, _START, _LAST_T, _INTERVAL, _LARGEST, _LEVEL, _COUNT, _STEADY, _BEGUN = range(_SIZE)


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
        count = _advance(self._state, np.asarray(time, dtype=np.float64), imposed, known, out)
        return [Segment(*row) for row in out[:count].tolist()]

    def finish(self) -> list[Segment]:
        """Close the open segment: the record ends, or another technique breaks in."""
        state = self._state
        if not state[_BEGUN]:
            return []
        state[_BEGUN] = 0.0
        return [Segment(int(state[_START]), int(state[_N]), int(state[_SIGN]))]


@njit(cache=True)
def _advance(state, time, imposed, known, out):
    """Run the state machine over a chunk; write closed segments to ``out``."""
    closed = 0
    for k in range(len(time)):
        value = imposed[k]
        size = abs(value) if np.isfinite(value) else 0.0
        state[_LARGEST] = max(state[_LARGEST], size)
        threshold = 0.0 if known[k] else REST_FRACTION * state[_LARGEST]
        sign = 0.0
        if size > threshold:
            sign = 1.0 if value > 0 else -1.0
        interval = time[k] - state[_LAST_T]
        new = not state[_BEGUN]
        if not new:
            gap = interval > GAP_SECOND and interval > GAP_FACTOR * state[_INTERVAL] > 0.0
            stepped = (
                sign != 0.0
                and state[_COUNT] >= 3
                and abs(size - state[_LEVEL]) > max(STEP_FRACTION * state[_LEVEL], state[_STEADY])
            )
            if sign != state[_SIGN] or gap or stepped:
                out[closed, 0] = int(state[_START])
                out[closed, 1] = int(state[_N])
                out[closed, 2] = int(state[_SIGN])
                closed += 1
                new = True
        if new:
            state[_BEGUN] = 1.0
            state[_START] = state[_N]
            state[_SIGN] = sign
            state[_COUNT] = 0.0
            state[_LEVEL] = size
            state[_STEADY] = 0.0
            state[_INTERVAL] = 0.0
        else:
            # Slow followers: the usual interval, the level, and six times its usual step.
            state[_INTERVAL] += (interval - state[_INTERVAL]) / min(state[_COUNT] + 1.0, 50.0)
            change = 6.0 * abs(size - state[_LEVEL])
            state[_STEADY] += (change - state[_STEADY]) * 0.2
            state[_LEVEL] += (size - state[_LEVEL]) * 0.3
        state[_COUNT] += 1.0
        state[_LAST_T] = time[k]
        state[_N] += 1.0
    return closed


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
        if mean_current <= REST_FRACTION * self._largest:
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
