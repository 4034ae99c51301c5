"""Median and extremes of a few hundred numbers, without sorting them."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact, fast

_FEW: Final = 16
"""So many numbers are sorted."""
_PASSES: Final = 24
_TIES_FROM: Final = 5
"""After so many passes it may be that most numbers are the same ones."""


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
    return np.median(values)


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


@exact
def _upto(values, pivot):
    """Count the values up to a pivot."""
    count = 0
    for k in range(len(values)):
        count += 1 if values[k] <= pivot else 0
    return count


@exact
def largest(values):
    """Return the largest magnitude; zero of nothing."""
    n = len(values) // 4 * 4
    p = q = r = s = 0.0  # of every fourth value: none waits for the one before
    for k in range(0, n, 4):
        p = abs(values[k]) if abs(values[k]) > p else p
        q = abs(values[k + 1]) if abs(values[k + 1]) > q else q
        r = abs(values[k + 2]) if abs(values[k + 2]) > r else r
        s = abs(values[k + 3]) if abs(values[k + 3]) > s else s
    for k in range(n, len(values)):
        p = abs(values[k]) if abs(values[k]) > p else p
    return max(p, q, r, s)


@exact
def above(values, low):
    """Return the smallest value above another; infinity where there is none."""
    n = len(values) // 4 * 4
    p = q = r = s = np.inf  # of every fourth value: none waits for the one before
    for k in range(0, n, 4):
        p = values[k] if low < values[k] < p else p
        q = values[k + 1] if low < values[k + 1] < q else q
        r = values[k + 2] if low < values[k + 2] < r else r
        s = values[k + 3] if low < values[k + 3] < s else s
    for k in range(n, len(values)):
        p = values[k] if low < values[k] < p else p
    return min(p, q, r, s)


@exact
def _between(values, low, high, place, odd):
    """Median, of which the place among the values above ``low`` and up to ``high`` is known."""
    few = np.empty(_FEW + 1)
    count = 0
    for k in range(len(values)):
        few[count] = values[k]
        count += 1 if (low < values[k]) & (values[k] <= high) else 0
    for k in range(1, count):
        value, m = few[k], k
        while m and few[m - 1] > value:
            few[m] = few[m - 1]
            m -= 1
        few[m] = value
    return few[place] if odd else (few[place - 1] + few[place]) / 2
