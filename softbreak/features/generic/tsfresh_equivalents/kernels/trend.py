"""Twins of tsfresh's straight lines: through the samples, and through chunks of them."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import strict
from softbreak.features.generic.tsfresh_equivalents.kernels.numpy_arithmetic import (
    mean,
    paired_sum,
    variance,
)

ATTRIBUTES: Final = ("slope", "intercept", "rvalue", "stderr")
"""Columns of a line. tsfresh's ``pvalue`` has no twin: it says how many samples there were."""
AGGREGATES: Final = ("max", "min", "mean", "var")


@strict
def line(y: np.ndarray, row: np.ndarray) -> None:
    """Least squares through (0, y₀), (1, y₁), …, with SciPy's conventions.

    Parameters
    ----------
    y : numpy.ndarray
        At least two values.
    row : numpy.ndarray, shape (4,)
        Receives ``ATTRIBUTES``. r is NaN for a constant; the error of two points is zero.
    """
    n = len(y)
    middle, centre = mean(y), 0.5 * (n - 1)
    across = np.empty(n)
    up = np.empty(n)
    flat = np.empty(n)
    for k in range(n):
        step, rise = k - centre, y[k] - middle
        across[k], up[k], flat[k] = step * rise, rise * rise, step * step
    sxy = paired_sum(across, 0, n) / n
    syy = paired_sum(up, 0, n) / n
    sxx = paired_sum(flat, 0, n) / n
    if syy == 0.0:
        r = np.nan if sxy == 0.0 else 0.0
    else:
        r = min(max(sxy / np.sqrt(sxx * syy), -1.0), 1.0)
    row[0] = sxy / sxx
    row[1] = middle - row[0] * centre
    row[2] = r
    row[3] = np.sqrt((1.0 - r * r) * syy / sxx / (n - 2)) if n > 2 else 0.0


@strict
def linear_trend(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Line through each series against the number of the sample; columns: ``ATTRIBUTES``."""
    out = np.empty((len(offsets) - 1, 4))
    for m in range(len(offsets) - 1):
        line(values[offsets[m] : offsets[m + 1]], out[m])
    return out


@strict
def agg_linear_trend(
    values: np.ndarray, offsets: np.ndarray, lengths: np.ndarray, aggregates: np.ndarray
) -> np.ndarray:
    """Line through the aggregates of successive chunks, the last of which may be shorter.

    Parameters
    ----------
    values, offsets : numpy.ndarray
        Series laid end to end, and where each begins.
    lengths, aggregates : numpy.ndarray of int, shape (k,)
        Samples in a chunk, and which of ``AGGREGATES`` is taken of it.

    Returns
    -------
    numpy.ndarray, shape (m, k, 4)
        Last axis: ``ATTRIBUTES``. NaN where one chunk holds the whole series.
    """
    out = np.full((len(offsets) - 1, len(lengths), 4), np.nan)
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        for p in range(len(lengths)):
            if lengths[p] < len(x):
                line(_aggregated(x, lengths[p], aggregates[p]), out[m, p])
    return out


@strict
def _aggregated(x, length, aggregate):
    """One number a chunk."""
    count = (len(x) + length - 1) // length
    y = np.empty(count)
    for c in range(count):
        chunk = x[c * length : (c + 1) * length]
        if aggregate == 0:
            y[c] = chunk.max()
        elif aggregate == 1:
            y[c] = chunk.min()
        elif aggregate == 2:
            y[c] = mean(chunk)
        else:
            y[c] = variance(chunk)
    return y
