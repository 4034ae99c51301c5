"""NumPy's own arithmetic, operation by operation, for kernels that must agree with it.

A twin that compares samples with a mean or a quantile only counts what tsfresh counts if the mean
is the very same number, down to its last bit: on a constant or quantised voltage one bit decides.
So sums are paired the way NumPy pairs them, and quantiles are interpolated the way it does.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import strict

_BLOCK: Final = 128
_LANES: Final = 8
_JOIN: Final = -1
_DEPTH: Final = 192


@strict
def paired_sum(x: np.ndarray, start: int, count: int) -> float:
    """Sum as ``numpy.sum`` does: eight lanes over blocks of 128, halves joined pairwise.

    Parameters
    ----------
    x : numpy.ndarray of float64
    start, count : int
        The samples to add.
    """
    if count <= _BLOCK:
        return _block_sum(x, start, count)
    # a stack of our own: a kernel that calls itself does not survive numba's cache
    first, size = np.empty(_DEPTH, dtype=np.int64), np.empty(_DEPTH, dtype=np.int64)
    sums = np.empty(_DEPTH)
    first[0], size[0] = start, count
    waiting, done = 1, 0
    while waiting:
        waiting -= 1
        here, many = first[waiting], size[waiting]
        if many == _JOIN:
            done -= 1
            sums[done - 1] += sums[done]
        elif many <= _BLOCK:
            sums[done] = _block_sum(x, here, many)
            done += 1
        else:
            half = many // 2
            half -= half % _LANES
            size[waiting] = _JOIN
            first[waiting + 1], size[waiting + 1] = here + half, many - half
            first[waiting + 2], size[waiting + 2] = here, half
            waiting += 3
    return sums[0]


@strict
def _block_sum(x, start, count):
    """Sum of at most a block."""
    if count < _LANES:
        total = -0.0
        for k in range(start, start + count):
            total += x[k]
        return total
    a, b, c, d = x[start], x[start + 1], x[start + 2], x[start + 3]
    e, f, g, h = x[start + 4], x[start + 5], x[start + 6], x[start + 7]
    whole = start + count - count % _LANES
    for k in range(start + _LANES, whole, _LANES):
        a += x[k]
        b += x[k + 1]
        c += x[k + 2]
        d += x[k + 3]
        e += x[k + 4]
        f += x[k + 5]
        g += x[k + 6]
        h += x[k + 7]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for k in range(whole, start + count):
        total += x[k]
    return total


@strict
def mean(x: np.ndarray) -> float:
    """Mean, as ``numpy.mean``; NaN of nothing."""
    return paired_sum(x, 0, len(x)) / len(x) if len(x) else np.nan


@strict
def variance(x: np.ndarray) -> float:
    """Variance, as ``numpy.var``; NaN of nothing."""
    if not len(x):
        return np.nan
    middle = mean(x)
    squares = np.empty(len(x))
    for k in range(len(x)):
        squares[k] = (x[k] - middle) * (x[k] - middle)
    return paired_sum(squares, 0, len(x)) / len(x)


@strict
def quantile(ordered: np.ndarray, q: float) -> float:
    """Quantile, as ``numpy.quantile`` interpolates linearly.

    Parameters
    ----------
    ordered : numpy.ndarray of float64
        Ascending.
    q : float
        0 to 1.
    """
    place = (len(ordered) - 1) * q
    if place >= len(ordered) - 1:
        return ordered[-1]
    before = int(np.floor(place))
    weight = place - before
    low, high = ordered[before], ordered[before + 1]
    if weight >= 0.5:
        return high - (high - low) * (1.0 - weight)
    return low + (high - low) * weight


@strict
def median(ordered: np.ndarray) -> float:
    """Median of ascending values, as ``numpy.median``."""
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2.0
