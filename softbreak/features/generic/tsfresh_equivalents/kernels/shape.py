"""Twins of tsfresh's calculators of level, spread, place and repetition."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import strict
from softbreak.features.generic.tsfresh_equivalents.kernels.numpy_arithmetic import (
    mean,
    median,
    paired_sum,
    quantile,
    variance,
)

PLAIN: Final = (
    "mean",
    "median",
    "variance",
    "standard_deviation",
    "root_mean_square",
    "variation_coefficient",
    "variance_larger_than_standard_deviation",
    "minimum",
    "maximum",
    "absolute_maximum",
    "mean_change",
    "mean_abs_change",
    "mean_second_derivative_central",
    "first_location_of_maximum",
    "last_location_of_maximum",
    "first_location_of_minimum",
    "last_location_of_minimum",
    "has_duplicate",
    "has_duplicate_max",
    "has_duplicate_min",
    "percentage_of_reoccurring_values_to_all_values",
    "percentage_of_reoccurring_datapoints_to_all_datapoints",
    "ratio_value_number_to_time_series_length",
    "skewness",
    "kurtosis",
)
"""Calculators without parameters: the columns of :func:`plain`, in tsfresh's words."""


@strict
def plain(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """All calculators without parameters, in one go.

    Parameters
    ----------
    values : numpy.ndarray of float64
        Series laid end to end.
    offsets : numpy.ndarray of int, shape (m + 1,)
        Where each begins; the last is where the last one ends. At least three samples each.

    Returns
    -------
    numpy.ndarray, shape (m, len(PLAIN))
    """
    out = np.full((len(offsets) - 1, 25), np.nan)
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        ordered = np.sort(x)
        _levels(x, ordered, out[m])
        _changes(x, out[m])
        _places(x, out[m])
        _repetitions(ordered, out[m])
        if ordered[0] != ordered[-1]:
            _lean(x, out[m])
    return out


@strict
def _levels(x, ordered, row):
    """Fill columns 0 to 9."""
    middle, spread = mean(x), variance(x)
    row[0], row[1], row[2], row[3] = middle, median(ordered), spread, np.sqrt(spread)
    row[4] = np.sqrt(mean(x * x))
    row[5] = np.sqrt(spread) / middle if middle != 0.0 else np.nan
    row[6] = 1.0 if spread > np.sqrt(spread) else 0.0
    row[7], row[8] = ordered[0], ordered[-1]
    row[9] = max(abs(ordered[0]), abs(ordered[-1]))


@strict
def _changes(x, row):
    """Fill columns 10 to 12."""
    n = len(x)
    row[10] = (x[-1] - x[0]) / (n - 1)
    row[11] = mean(np.abs(x[1:] - x[:-1]))
    row[12] = (x[-1] - x[-2] - x[1] + x[0]) / (2 * (n - 2))


@strict
def _places(x, row):
    """Fill columns 13 to 16: first and last place of the extremes, as shares of the length."""
    n = len(x)
    first_high = last_high = first_low = last_low = 0
    for k in range(1, n):
        if x[k] > x[first_high]:
            first_high = k
        if x[k] >= x[last_high]:
            last_high = k
        if x[k] < x[first_low]:
            first_low = k
        if x[k] <= x[last_low]:
            last_low = k
    row[13], row[14] = first_high / n, 1.0 - (n - 1 - last_high) / n
    row[15], row[16] = first_low / n, 1.0 - (n - 1 - last_low) / n


@strict
def _repetitions(ordered, row):
    """Fill columns 17 to 22: how often values occur again."""
    n = len(ordered)
    distinct = again = samples = 0
    start = 0
    for k in range(1, n + 1):
        if k == n or ordered[k] != ordered[start]:
            distinct += 1
            if k - start > 1:
                again += 1
                samples += k - start
            start = k
    row[17] = 1.0 if distinct != n else 0.0
    row[18] = 1.0 if ordered[-1] == ordered[-2] else 0.0
    row[19] = 1.0 if ordered[0] == ordered[1] else 0.0
    row[20], row[21], row[22] = again / distinct, samples / n, distinct / n


@strict
def _lean(x, row):
    """Fill columns 23 and 24: unbiased skewness and excess kurtosis, as pandas defines them."""
    n = len(x)
    away = x - mean(x)
    square = away * away
    second = paired_sum(square, 0, n)
    third, fourth = paired_sum(square * away, 0, n), paired_sum(square * square, 0, n)
    row[23] = n * np.sqrt(n - 1.0) / (n - 2) * third / second**1.5
    if n > 3:
        scale = 1.0 / ((n - 2) * (n - 3))
        row[24] = scale * (n - 1) * (n * (n + 1) * fourth / second**2 - 3.0 * (n - 1))


@strict
def count_beyond(
    values: np.ndarray, offsets: np.ndarray, limits: np.ndarray, sign: float
) -> np.ndarray:
    """Share of samples at or above limits (sign 1), or at or below (sign −1); shape (m, k)."""
    out = np.empty((len(offsets) - 1, len(limits)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        for p in range(len(limits)):
            count = 0
            for value in x:
                count += sign * (value - limits[p]) >= 0.0
            out[m, p] = count / len(x)
    return out


@strict
def large_standard_deviation(values: np.ndarray, offsets: np.ndarray, r: np.ndarray) -> np.ndarray:
    """1 where the standard deviation exceeds r times the range; shape (m, len(r))."""
    out = np.empty((len(offsets) - 1, len(r)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        spread, span = np.sqrt(variance(x)), x.max() - x.min()
        for p in range(len(r)):
            out[m, p] = 1.0 if spread > r[p] * span else 0.0
    return out


@strict
def symmetry_looking(values: np.ndarray, offsets: np.ndarray, r: np.ndarray) -> np.ndarray:
    """1 where mean and median differ by less than r times the range; shape (m, len(r))."""
    out = np.empty((len(offsets) - 1, len(r)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        ordered = np.sort(x)
        lean, span = abs(mean(x) - median(ordered)), ordered[-1] - ordered[0]
        for p in range(len(r)):
            out[m, p] = 1.0 if lean < r[p] * span else 0.0
    return out


@strict
def ratio_beyond_r_sigma(values: np.ndarray, offsets: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Share of samples further than r standard deviations from the mean; shape (m, len(r))."""
    out = np.empty((len(offsets) - 1, len(r)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        middle, spread = mean(x), np.sqrt(variance(x))
        for p in range(len(r)):
            count = 0
            for value in x:
                count += abs(value - middle) > r[p] * spread
            out[m, p] = count / len(x)
    return out


@strict
def quantiles(values: np.ndarray, offsets: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Quantiles; shape (m, len(q))."""
    out = np.empty((len(offsets) - 1, len(q)))
    for m in range(len(offsets) - 1):
        ordered = np.sort(values[offsets[m] : offsets[m + 1]])
        for p in range(len(q)):
            out[m, p] = quantile(ordered, q[p])
    return out


@strict
def index_mass_quantile(values: np.ndarray, offsets: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Share of the samples after which a share q of Σ|x| has passed; shape (m, len(q))."""
    out = np.full((len(offsets) - 1, len(q)), np.nan)
    for m in range(len(offsets) - 1):
        size = np.abs(values[offsets[m] : offsets[m + 1]])
        total = paired_sum(size, 0, len(size))
        if total == 0.0:
            continue
        for p in range(len(q)):
            passed, place = 0.0, 0
            for k in range(len(size)):
                passed += size[k]
                if passed / total >= q[p]:
                    place = k
                    break
            out[m, p] = (place + 1) / len(size)
    return out


@strict
def energy_ratio_by_chunks(
    values: np.ndarray, offsets: np.ndarray, segments: np.ndarray, focus: np.ndarray
) -> np.ndarray:
    """Share of Σx² in one of several stretches of equal length; shape (m, len(focus)).

    The first ``n % segments`` stretches are longer by one, as ``numpy.array_split`` cuts.
    """
    out = np.full((len(offsets) - 1, len(focus)), np.nan)
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        squares = x * x
        total = paired_sum(squares, 0, len(x))
        if total == 0.0:
            continue
        for p in range(len(focus)):
            each, longer = divmod(len(x), segments[p])
            start = focus[p] * each + min(focus[p], longer)
            count = each + (1 if focus[p] < longer else 0)
            out[m, p] = paired_sum(squares, start, count) / total
    return out
