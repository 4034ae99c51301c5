"""Twins of tsfresh's entropies and of its Lempel–Ziv complexity."""

from __future__ import annotations

import numpy as np

from softbreak.compiled import strict
from softbreak.features.generic.tsfresh_equivalents.kernels.numpy_arithmetic import (
    paired_sum,
    variance,
)


@strict
def approximate_entropy(
    values: np.ndarray, offsets: np.ndarray, m: int, r: np.ndarray
) -> np.ndarray:
    """Approximate entropy at several tolerances; shape (series, len(r)).

    Parameters
    ----------
    values, offsets : numpy.ndarray
        Series laid end to end, and where each begins.
    m : int
        Length of the runs that are compared.
    r : numpy.ndarray
        Tolerances, in standard deviations.
    """
    out = np.zeros((len(offsets) - 1, len(r)))
    for s in range(len(offsets) - 1):
        x = values[offsets[s] : offsets[s + 1]]
        n = len(x)
        if n <= m + 1:
            continue
        limits = r * np.sqrt(variance(x))
        few, many = np.empty((len(r), n)), np.empty((len(r), n))
        _count_alike(x, m, limits, few, many)
        for p in range(len(r)):
            out[s, p] = abs(_phi(few[p], n - m + 1) - _phi(many[p], n - m))
    return out


@strict
def _count_alike(x, m, limits, few, many):
    """Count for every run of m and of m + 1 samples those within each limit of it, itself too.

    Every pair is measured twice: loops without a branch run side by side in the processor, which
    is far quicker than to use the symmetry.
    """
    runs = len(x) - m + 1
    far = np.empty(runs)
    for i in range(runs):
        far[:] = 0.0
        for k in range(m):
            _widen(far, x, i + k, k, runs)
        for p in range(len(limits)):
            few[p, i] = _within(far, runs, limits[p])
        if i < runs - 1:
            _widen(far, x, i + m, m, runs - 1)
            for p in range(len(limits)):
                many[p, i] = _within(far, runs - 1, limits[p])


@strict
def _widen(far, x, own, shift, count):
    """Raise each distance to that of one more pair of samples."""
    value = x[own]
    for j in range(count):
        gap = abs(value - x[j + shift])
        far[j] = gap if gap > far[j] else far[j]


@strict
def _within(far, count, limit):
    """Count the distances up to a limit."""
    near = 0
    for j in range(count):
        near += 1 if far[j] <= limit else 0
    return near


@strict
def _phi(alike, runs):
    """Mean logarithm of the share of runs that are alike."""
    logs = np.log(alike[:runs] / runs)
    return paired_sum(logs, 0, runs) / runs


@strict
def sample_entropy(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Sample entropy with runs of two and a tolerance of 0.2 standard deviations; shape (m, 1).

    Infinite where no run of three comes again, NaN where none of two does.
    """
    out = np.empty((len(offsets) - 1, 1))
    for s in range(len(offsets) - 1):
        x = values[offsets[s] : offsets[s + 1]]
        n = len(x)
        limit = 0.2 * np.sqrt(variance(x))
        short = long = 0
        for i in range(n - 1):
            for j in range(i + 1, n - 1):
                near = abs(x[i] - x[j]) <= limit and abs(x[i + 1] - x[j + 1]) <= limit
                short += near
                long += near and j + 2 < n and abs(x[i + 2] - x[j + 2]) <= limit
        if short == 0:
            out[s, 0] = np.nan
        else:
            out[s, 0] = -np.log(long / short) if long else np.inf
    return out


@strict
def lempel_ziv_complexity(values: np.ndarray, offsets: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """New words per sample of the series in so many levels; shape (m, len(bins))."""
    out = np.empty((len(offsets) - 1, len(bins)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        for p in range(len(bins)):
            out[m, p] = _words(_levels(x, bins[p])) / len(x)
    return out


@strict
def _levels(x, bins):
    """Level of every sample: the first upper edge that is not below it."""
    low, high = x.min(), x.max()
    step = (high - low) / bins
    edges = np.empty(bins)
    for k in range(bins):
        edges[k] = (k + 1) * step + low
    edges[bins - 1] = high
    return np.searchsorted(edges, x)


@strict
def _words(sequence):
    """Words of the dictionary that reading the sequence builds (LZ78).

    Every prefix of a word is a word, so that the words are a tree: ``child`` is a node's first
    child and ``sibling`` the next child of the same parent.
    """
    n = len(sequence)
    symbol = np.empty(n + 1, dtype=np.int64)
    child = np.zeros(n + 1, dtype=np.int64)
    sibling = np.zeros(n + 1, dtype=np.int64)
    words = node = 0
    for letter in sequence:
        following = child[node]
        while following and symbol[following] != letter:
            following = sibling[following]
        if following:
            node = following
        else:
            words += 1
            symbol[words], sibling[words] = letter, child[node]
            child[node] = words
            node = 0
    return words
