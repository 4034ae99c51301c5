"""Half-cycles become cycles: which half-cycles are a pair, and which are mere noise.

Finished records and live ones are paired by the same :class:`CycleBuilder`, asked by
:mod:`softbreak.features.cycles.finished_cycles` and :mod:`softbreak.features.cycles.live_cycles`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from softbreak.compiled import strict

_PLACES = 5
_FIRST, _BEFORE, _CYCLE, _MOST, _REVERSED = range(_PLACES)
NOISE_FRACTION = 0.003
"""Half-cycles of a smaller share of the largest mean current are leakage or noise."""
NOISE_FACTOR = 100.0
"""Half-cycles before a current that much larger were offset and noise, not cycling."""
RESTART = -2
"""Returned by `CycleBuilder.place`: this is cycle 0, and all before it was noise."""


class CycleBuilder:
    """Numbers half-cycles into cycles; incremental, like the Segmenter.

    A cycle is a pair: all half-cycles of one sign, then all of the other. A run that never
    reverses has no pair: each of its half-cycles counts on its own.
    """

    def __init__(self) -> None:
        self._state = np.zeros(_PLACES)

    @property
    def reversed(self) -> bool:
        """Whether the current has reversed."""
        return bool(self._state[_REVERSED])

    @property
    def state(self) -> np.ndarray:
        """All that it remembers: what :func:`place_half_cycles` works on."""
        return self._state

    def place(self, sign: float, mean_current: float) -> int:
        """Return the cycle (0-based) that the next half-cycle belongs to; −1 for mere noise.

        Parameters
        ----------
        sign : float
        mean_current : float
            Mean of the imposed current's magnitude (A).
        """
        return int(_place(self._state, float(sign), mean_current))

    def place_all(
        self, signs: np.ndarray, mean_currents: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Place half-cycles in order.

        Parameters
        ----------
        signs, mean_currents : numpy.ndarray, shape (n,)
            As :meth:`place` takes them.
        counts : numpy.ndarray of bool, shape (n,)
            Where False, the half-cycle is passed over.

        Returns
        -------
        places : numpy.ndarray of int
            As :meth:`place` gives them.
        reversed : numpy.ndarray of bool
            Whether the current had reversed after each.
        """
        places = np.full(len(signs), -1, dtype=np.int64)
        reversed_ = np.empty(len(signs), dtype=np.bool_)
        plain = np.ascontiguousarray(signs), np.ascontiguousarray(mean_currents)
        place_half_cycles(self._state, *plain, counts, (places, reversed_))
        return places, reversed_

    def copy(self) -> CycleBuilder:
        """Return one that goes on from here by itself."""
        return CycleBuilder.load(self._state.tolist())

    def dump(self) -> list[float]:
        """Return all that it remembers."""
        first, last, cycle, largest, reversed_ = self._state.tolist()
        return [int(first), int(last), int(cycle), largest, int(reversed_)]

    @classmethod
    def load(cls, stored: Sequence[float]) -> CycleBuilder:
        """Undo :meth:`dump`."""
        builder = cls()
        builder._state[:] = stored
        return builder


@strict
def _place(state: np.ndarray, sign: float, mean_current: float) -> int:
    if mean_current <= NOISE_FRACTION * state[_MOST]:
        return -1
    if state[_FIRST] != 0.0 and mean_current > NOISE_FACTOR * state[_MOST]:
        state[_CYCLE] = state[_REVERSED] = 0.0
        state[_MOST] = mean_current
        state[_FIRST] = state[_BEFORE] = sign
        return RESTART
    state[_MOST] = max(state[_MOST], mean_current)
    if state[_FIRST] == 0.0:
        state[_FIRST] = sign
    elif sign != state[_BEFORE]:
        state[_REVERSED] = 1.0
        if sign == state[_FIRST]:
            state[_CYCLE] += 1.0
    state[_BEFORE] = sign
    return int(state[_CYCLE])


@strict
def place_half_cycles(
    state: np.ndarray,
    signs: np.ndarray,
    mean_currents: np.ndarray,
    counts: np.ndarray,
    out: tuple[np.ndarray, np.ndarray],
) -> None:
    """Do as :meth:`CycleBuilder.place_all`, which see; ``state`` is a builder's."""
    places, reversed_ = out
    for k in range(len(signs)):
        if counts[k]:
            places[k] = _place(state, signs[k], mean_currents[k])
        reversed_[k] = state[_REVERSED] > 0.0


def number_cycles(signs: ArrayLike, mean_currents: ArrayLike) -> np.ndarray:
    """Number half-cycles into cycles in one go.

    Returns
    -------
    numpy.ndarray of int
        Cycle of each half-cycle (0-based), −1 where the half-cycle is noise. Where the current
        never reverses every half-cycle is its own.
    """
    builder = CycleBuilder()
    sign = np.asarray(signs, dtype=np.float64)
    all_of_them = np.ones(len(sign), dtype=np.bool_)
    cycles, _ = builder.place_all(sign, np.asarray(mean_currents, np.float64), all_of_them)
    anew = np.flatnonzero(cycles == RESTART)
    if len(anew):
        cycles[: anew[-1]] = -1
        cycles[anew[-1]] = 0
    if not builder.reversed:
        real = cycles >= 0
        cycles[real] = np.arange(real.sum())
    return cycles
