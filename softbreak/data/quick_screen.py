"""One pass over a record that tells which remarks are out of the question.

A median lies below a limit when more than half of the values do: counting is much cheaper than
sorting, and an ordinary record leaves nothing to look into.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from softbreak.compiled import strict

BLOCK: Final = 16_384
_TIME, _VOLTAGE, _CURRENT, _CONTROL = range(4)
_BACK, _FORWARD, _SLOW, _PAUSED, _LOST = range(5)
_PLUS, _MINUS, _BELOW, _LOADED, _LARGE, _IDLE, _RELAXED, _STILL = range(5, 13)
_COUNTS: Final = 13


class Limits(NamedTuple):
    """What a record is held against.

    Attributes
    ----------
    slow : float
        Usual interval (s) from which on it is worth a look.
    pause : float
        Interval (s) that may be a gap.
    large : float
        Voltage under load (V) from which on it is not small.
    relaxed : float
        Voltage at rest (V) up to which nothing is to be said.
    load : float
        Share of the largest current from which on a sample is under load.
    still : float
        Share of intervals without length that a sound clock has.
    """

    slow: float
    pause: float
    large: float
    relaxed: float
    load: float
    still: float


class Suspicion(NamedTuple):
    """What deserves a closer look; False where there is surely nothing to remark."""

    clock: bool
    signs: bool
    small: bool
    missing: bool


def suspicion(
    time: np.ndarray,
    voltage: np.ndarray,
    current: np.ndarray,
    control: np.ndarray | None,
    limits: Limits,
) -> Suspicion:
    """Look over a record.

    Parameters
    ----------
    time, voltage, current : numpy.ndarray, shape (n,)
        s, V, A.
    control : numpy.ndarray, shape (n,), optional
        Imposed current (A), NaN where none was imposed.
    limits : Limits
    """
    largest = 0.0
    counts = np.zeros(_COUNTS, dtype=np.int64)
    scratch = np.full((4, min(len(time), BLOCK) + 1), np.nan)
    columns = (voltage, current) if control is None else (voltage, current, control)
    if control is None:  # without a kernel, and without a copy
        lowest, highest = current.min(initial=0.0), current.max(initial=0.0)
        if np.isnan(lowest):
            lowest, highest = np.fmin.reduce(current, initial=0), np.fmax.reduce(current, initial=0)
        largest = max(-float(lowest), float(highest))
    for scan in (False,) if control is None else (True, False):
        for start in range(0, len(time), BLOCK):
            stop = min(start + BLOCK, len(time))
            first = max(start - 1, 0)  # the interval between two blocks counts too
            part = slice(start - first, stop - first)
            scratch[_TIME, : part.stop] = time[first:stop]
            for row, column in zip(scratch[_VOLTAGE:], columns, strict=False):
                row[: part.stop] = column[first:stop]
            if scan:
                largest = _largest(scratch, part.stop, largest)
            else:
                bounds = (part.start, part.stop)
                _count(scratch, bounds, limits.load * largest, limits[:], counts)
    return _weighed(counts, limits.still)


def _weighed(counts: np.ndarray, sound: float) -> Suspicion:
    """Tell what cannot be ruled out by majorities."""
    told = counts.tolist()
    turned = min(told[_PLUS], told[_MINUS]) > 0 and not _most(told[_BELOW], told[_MINUS])
    at_rest = told[_IDLE] > 0 and not _most(told[_RELAXED], told[_IDLE])
    slow = told[_FORWARD] > 0 and 2 * told[_SLOW] >= told[_FORWARD]
    intervals = told[_BACK] + told[_FORWARD] + told[_STILL]
    standing = told[_STILL] > sound * intervals
    return Suspicion(
        clock=told[_BACK] > 0 or told[_PAUSED] > 0 or slow or standing,
        signs=turned or at_rest,
        small=told[_LOADED] > 0 and not _most(told[_LARGE], told[_LOADED]),
        missing=told[_LOST] > 0,
    )


def _most(count: int, total: int) -> bool:
    """Whether so many are more than half, the two in the middle included."""
    return 2 * count > total + 1


@strict
def _largest(rows: np.ndarray, count: int, largest: float) -> float:
    """Largest magnitude of the imposed current; NaN does not count."""
    current, control = rows[_CURRENT], rows[_CONTROL]
    for k in range(count):
        imposed = control[k] if abs(control[k]) < np.inf else current[k]
        largest = abs(imposed) if abs(imposed) > largest else largest
    return largest


@strict
def _count(
    rows: np.ndarray,
    bounds: tuple[int, int],
    threshold: float,
    limits: tuple[float, float, float, float, float, float],
    counts: np.ndarray,
) -> None:
    """Count samples from one to another; those before only begin an interval."""
    slow, pause, large, relaxed, _, _ = limits
    first, n = bounds
    time, volts, currents, controls = rows[_TIME], rows[_VOLTAGE], rows[_CURRENT], rows[_CONTROL]
    back = slowly = paused = still = strange = 0
    forward, usual = n - 1, min(slow, pause)
    for k in range(n - 1):
        step = time[k + 1] - time[k]
        strange += 0 if (step > 0.0) & (step <= usual) else 1
    if strange:  # seldom
        forward = 0
    for k in range(n - 1 if strange else 0):
        step = time[k + 1] - time[k]
        ahead = (step > 0.0) & (step < np.inf)
        back += (step < 0.0) & (step > -np.inf)
        forward += ahead
        still += step == 0.0
        slowly += ahead & (step > slow)
        paused += ahead & (step > pause)
    lost = plus = minus = below = loaded = far = idle = calm = strange = 0
    volts, currents, controls = volts[first:n], currents[first:n], controls[first:n]
    for k in range(len(volts)):
        imposed = controls[k] if abs(controls[k]) < np.inf else currents[k]
        size = abs(volts[k])
        strange += 0 if (abs(imposed) > threshold) & (size < np.inf) else 1
        minus += 1 if imposed < 0.0 else 0
        below += 1 if (imposed < 0.0) & (volts[k] < 0.0) else 0
        far += 1 if size >= large else 0
    loaded, plus = n - first, n - first - minus
    if strange:  # seldom: samples at rest, or without a voltage
        plus = minus = below = loaded = far = 0
    for k in range(len(volts) if strange else 0):
        imposed = controls[k] if abs(controls[k]) < np.inf else currents[k]
        size = abs(volts[k])
        known = size < np.inf
        load = (abs(imposed) > threshold) & known
        rest = known & (not load)
        negative = load & (imposed < 0.0)
        lost += 0 if known else 1
        plus += 1 if load & (imposed > 0.0) else 0
        minus += 1 if negative else 0
        below += 1 if negative & (volts[k] < 0.0) else 0
        loaded += 1 if load else 0
        far += 1 if load & (size >= large) else 0
        idle += 1 if rest else 0
        calm += 1 if rest & (size <= relaxed) else 0
    told = (back, forward, slowly, paused, lost, plus, minus, below, loaded, far, idle, calm, still)
    for k in range(len(told)):
        counts[k] += told[k]
