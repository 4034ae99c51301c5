"""Median and extremes of a few hundred numbers, without sorting them; order of fewer, or of more.

What numpy has for it (median, sort, max) is compiled anew for each of them, which takes longer than
all the kernels of a module.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from softbreak.compiled import exact, fast

_FEW: Final = 16
"""So many numbers are sorted."""
_PASSES: Final = 24
_TIES_FROM: Final = 5
"""After so many passes it may be that most numbers are the same ones."""
_WITHOUT_SIGN: Final = np.int64(0x7FFF_FFFF_FFFF_FFFF)
_INFINITY: Final = np.float64(np.inf).view(np.int64)
"""Its bits; those of larger numbers are none."""


@exact
def median(values):
    """Return the median, the very number that sorting gives.

    Values are counted below pivots that close in on the middle, which a processor does eight at a
    time; only those few that are left between two pivots are sorted.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        None of them negative or NaN; at least one.
    """
    n = len(values)
    half = n // 2
    lower = half - 1 + n % 2  # numbers below the lower one of the two in the middle
    low, high, below, upto = -1.0, np.inf, 0, n
    pivot = 0.85 * _total(values) / n  # of a normal distribution that is the median
    for turn in range(_PASSES):
        if upto - below <= _FEW:
            return _between(values, low, high, half - below, n % 2)
        if turn >= _TIES_FROM and turn % 2:
            pivot = above(values, low)
            count = _upto(values, pivot)
            if count > half:
                return pivot
        elif not low < pivot < high:
            break
        else:
            count = _upto(values, pivot)
        if count <= lower:
            low, below = pivot, count
        elif count > half:
            high, upto = pivot, count
        else:
            break  # the two in the middle lie on either side
        # aim a little beyond the middle, so that it is soon enclosed from both sides
        beyond = 0.01 + 5.0 / (upto - below)
        share = (half - below) / (upto - below) + (beyond if count <= lower else -beyond)
        pivot = _pivot(low, high, share, (half - count) / n)
    return middle(ranked(values))


@exact
def _pivot(low, high, share, off):
    """Where to look next: between two pivots, or ``off`` by that share of all values from one."""
    if high == np.inf:
        return max(low, 1e-300) * (1.05 + 3.0 * off)
    if low < 0.0:
        return high * max(0.95 + 3.0 * off, 0.25)
    return low + (high - low) * min(max(share, 0.02), 0.98)


@fast
def _total(values):
    total = 0.0
    for k in range(len(values)):
        total += values[k]
    return total


@fast
def sum_of_sizes(values):
    """Sum of magnitudes, in any order."""
    total = 0.0
    for k in range(len(values)):
        total += abs(values[k])
    return total


@exact
def _upto(values, pivot):
    """Count the values up to a pivot."""
    count = 0
    for k in range(len(values)):
        count += 1 if values[k] <= pivot else 0
    return count


@exact
def largest(values):
    """Return the largest magnitude; zero of nothing. What is no number does not count."""
    bits = values.view(np.int64)  # numbers without a sign are in the order of their bits …
    found: Any = np.int64(0)
    for k in range(len(bits)):
        size = bits[k] & _WITHOUT_SIGN
        size = size if size <= _INFINITY else 0
        found = size if size > found else found  # … of which many are compared at a time
    return np.int64(found).view(np.float64)


@exact
def extremes(values):
    """Return the smallest and the largest magnitude; what is no number does not count."""
    bits = values.view(np.int64)
    low: Any = _INFINITY
    high: Any = np.int64(0)
    for k in range(len(bits)):
        size = bits[k] & _WITHOUT_SIGN
        low = size if size < low else low
        size = size if size <= _INFINITY else 0
        high = size if size > high else high
    return np.int64(low).view(np.float64), np.int64(high).view(np.float64)


@exact
def least(values):
    """Return the least of some numbers; infinity of nothing."""
    bits = values.view(np.int64)
    found = _INFINITY
    for k in range(len(bits)):
        # of numbers with a sign, the larger the bits, the less
        order = bits[k] ^ ((bits[k] >> 63) & _WITHOUT_SIGN)
        found = order if order < found else found
    return np.int64(found ^ ((found >> 63) & _WITHOUT_SIGN)).view(np.float64)


@exact
def above(values, low):
    """Return the smallest value above another; infinity where there is none.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        None of them negative; what is no number does not count.
    low : float
    """
    bits = values.view(np.int64)
    under = np.int64(-1)
    if low >= 0.0:
        under = np.float64(low).view(np.int64)
    found = _INFINITY
    for k in range(len(bits)):
        size = bits[k] if bits[k] > under else _INFINITY
        found = size if size < found else found
    return np.int64(found).view(np.float64)


@exact
def _between(values, low, high, place, odd):
    """Median, of which the place among the values above ``low`` and up to ``high`` is known."""
    few = np.empty(_FEW + 1)
    count = 0
    for k in range(len(values)):
        few[count] = values[k]
        count += 1 if (low < values[k]) & (values[k] <= high) else 0
    put_in_order(few[:count])
    return few[place] if odd else (few[place - 1] + few[place]) / 2


@exact
def put_in_order(few) -> None:
    """Sort some tens of numbers, none of them NaN, in place."""
    for k in range(1, len(few)):
        value, m = few[k], k
        while m and few[m - 1] > value:
            few[m] = few[m - 1]
            m -= 1
        few[m] = value


@exact
def ranked(values):
    """Return any count of numbers in order; NaN last."""
    return values[np.argsort(values)]


@exact
def middle(ordered):
    """Return the median of numbers that are in order."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


@exact
def span(values):
    """Return the smallest and the largest number; none of them NaN."""
    low = high = values[0]
    for k in range(1, len(values)):
        low, high = min(low, values[k]), max(high, values[k])
    return low, high


@exact
def copied(into, values) -> None:
    """Copy numbers; a slice's own assignment brings all that could name two shapes in words."""
    for k in range(len(into)):
        into[k] = values[k]
