"""Where a sweep of the voltage turns round, and where its cycles begin."""

from __future__ import annotations

from typing import Final

import numpy as np

TURN_SHARE: Final = 0.02
"""A turn of the sweep is real when the voltage comes back by this share of its range."""
WHOLE_CYCLE: Final = 0.6
"""What is left after the last pair of vertices counts as a cycle from this share of one on."""


def turning_points(voltage: np.ndarray) -> np.ndarray:
    """Samples at which a sweep turns round.

    Parameters
    ----------
    voltage : numpy.ndarray, shape (n,)
        V.

    Returns
    -------
    numpy.ndarray of int
    """
    if len(voltage) < 3:
        return np.empty(0, dtype=np.int64)
    needed = TURN_SHARE * float(np.ptp(voltage))
    if not 0.0 < needed < np.inf:
        return np.empty(0, dtype=np.int64)
    turns: list[int] = []
    extreme, direction = 0, 0
    places = _local_extremes(voltage)
    values = voltage[places].tolist()
    for k, value in enumerate(values):
        if direction >= 0 and value > values[extreme]:
            extreme = k
            direction = direction or (1 if value - values[0] > needed else 0)
        elif direction <= 0 and value < values[extreme]:
            extreme = k
            direction = direction or (-1 if values[0] - value > needed else 0)
        elif direction and (values[extreme] - value) * direction > needed:
            turns.append(extreme)
            extreme, direction = k, -direction
    return places[np.array(turns, dtype=np.int64)]


def _local_extremes(values: np.ndarray) -> np.ndarray:
    """Samples at which values turn, the first of equal ones, with both ends: no other can."""
    moved = np.diff(values)
    at = np.flatnonzero(moved)
    rising = moved[at] > 0.0
    return np.concatenate(([0], at[:-1][rising[1:] != rising[:-1]] + 1, at[-1:] + 1))


def cycle_bounds(voltage: np.ndarray) -> np.ndarray:
    """Samples that bound the cycles of a voltammogram: where it is back at its first voltage.

    A cycle has two vertices; it ends where, after the second, the sweep passes the voltage at
    which it began (0 → 0.1 → −0.1 → 0 V), or at the vertex where it began at one. What is left at
    the end and is no whole cycle (or a hold) belongs to the last.
    """
    turns = turning_points(voltage)
    starts = [_back(voltage, turns, k) for k in range(1, len(turns), 2)]
    bounds = sorted({0, *starts, len(voltage)})
    if len(bounds) > 2:
        short = bounds[-1] - bounds[-2] < WHOLE_CYCLE * (bounds[-2] - bounds[-3])
        held = np.ptp(voltage[bounds[-2] :]) <= TURN_SHARE * np.ptp(voltage)
        if short or held:
            del bounds[-2]
    return np.array(bounds, dtype=np.int64)


def _back(voltage: np.ndarray, turns: np.ndarray, k: int) -> int:
    """First sample after vertex ``k`` that is back at the first voltage, up to the next vertex."""
    vertex = int(turns[k])
    until = int(turns[k + 1]) if k + 1 < len(turns) else len(voltage) - 1
    rising = voltage[until] > voltage[vertex]
    after = voltage[vertex : until + 1]
    near = TURN_SHARE * float(np.ptp(voltage))
    passed = after >= voltage[0] - near if rising else after <= voltage[0] + near
    if passed[0]:
        return vertex  # it began there
    passed = after >= voltage[0] if rising else after <= voltage[0]
    if not passed.any() and k + 1 >= len(turns) and abs(after[-1] - voltage[0]) <= near:
        return len(voltage)  # it ends where it began, but for the noise
    return vertex + int(np.argmax(passed)) if passed.any() else vertex
