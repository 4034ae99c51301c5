"""Twins of tsfresh's calculators of change: from sample to sample, and over lags."""

from __future__ import annotations

import numpy as np

from softbreak.compiled import strict
from softbreak.features.generic.tsfresh_equivalents.kernels.numpy_arithmetic import (
    mean,
    paired_sum,
    quantile,
    variance,
)


@strict
def change_quantiles(
    values: np.ndarray, offsets: np.ndarray, corridors: np.ndarray, absolute: np.ndarray, spread
) -> np.ndarray:
    """Mean or variance of the changes inside a corridor between two quantiles.

    Parameters
    ----------
    values, offsets : numpy.ndarray
        Series laid end to end, and where each begins.
    corridors : numpy.ndarray, shape (k, 2)
        Lower and upper quantile. Rows of the same corridor are measured fastest side by side.
    absolute, spread : numpy.ndarray of bool, shape (k,)
        Take changes without their sign; the variance instead of the mean.

    Returns
    -------
    numpy.ndarray, shape (m, k)
        Zero where the corridor has no width or holds no two samples in a row.
    """
    out = np.zeros((len(offsets) - 1, len(corridors)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        ordered = np.sort(x)
        inside = np.empty(len(x))
        count = 0
        for p in range(len(corridors)):
            lower, upper = corridors[p]
            if not lower < upper:
                continue
            if p == 0 or lower != corridors[p - 1, 0] or upper != corridors[p - 1, 1]:
                low, high = quantile(ordered, lower), quantile(ordered, upper)
                count = _changes_inside(x, low, high, inside) if low < high else 0
            if count:
                taken = np.abs(inside[:count]) if absolute[p] else inside[:count]
                out[m, p] = variance(taken) if spread[p] else mean(taken)
    return out


@strict
def _changes_inside(x, low, high, inside):
    """Collect the changes between neighbours that both lie in [low, high]; return how many."""
    count = 0
    for k in range(1, len(x)):
        if low <= x[k] <= high and low <= x[k - 1] <= high:
            inside[count] = x[k] - x[k - 1]
            count += 1
    return count


@strict
def time_reversal_asymmetry(
    values: np.ndarray, offsets: np.ndarray, lags: np.ndarray
) -> np.ndarray:
    """Mean of x(t+2l)²·x(t+l) − x(t+l)·x(t)²; shape (m, len(lags)), zero where too short."""
    out = np.zeros((len(offsets) - 1, len(lags)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        for p in range(len(lags)):
            lag = lags[p]
            if 2 * lag < len(x):
                zero, one, two = x[: len(x) - 2 * lag], x[lag : len(x) - lag], x[2 * lag :]
                out[m, p] = mean(two * two * one - one * zero * zero)
    return out


@strict
def c3(values: np.ndarray, offsets: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Mean of x(t+2l)·x(t+l)·x(t); shape (m, len(lags)), zero where too short."""
    out = np.zeros((len(offsets) - 1, len(lags)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        for p in range(len(lags)):
            lag = lags[p]
            if 2 * lag < len(x):
                out[m, p] = mean(x[2 * lag :] * x[lag : len(x) - lag] * x[: len(x) - 2 * lag])
    return out


@strict
def cid_ce(values: np.ndarray, offsets: np.ndarray, normalised: np.ndarray) -> np.ndarray:
    """Length of the changes, √Σ(Δx)², of the series or of its z-score; shape (m, k)."""
    out = np.zeros((len(offsets) - 1, len(normalised)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        spread, middle = np.sqrt(variance(x)), mean(x)
        for p in range(len(normalised)):
            if normalised[p] and spread == 0.0:
                continue
            y = (x - middle) / spread if normalised[p] else x
            steps = y[1:] - y[:-1]
            out[m, p] = np.sqrt(paired_sum(steps * steps, 0, len(steps)))
    return out


@strict
def autocorrelation(values: np.ndarray, offsets: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Autocorrelation at lags; NaN where the variance is below 1e-8, as tsfresh has it."""
    out = np.full((len(offsets) - 1, len(lags)), np.nan)
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        middle, spread = mean(x), variance(x)
        for p in range(len(lags)):
            count = len(x) - lags[p]
            if count >= 0 and spread > 1e-8:
                joint = (x[:count] - middle) * (x[lags[p] :] - middle)
                total = paired_sum(joint, 0, count)
                out[m, p] = total / (count * spread) if count else np.nan
    return out


@strict
def number_peaks(values: np.ndarray, offsets: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Samples that exceed so many neighbours on either side; shape (m, len(support))."""
    out = np.zeros((len(offsets) - 1, len(support)))
    for m in range(len(offsets) - 1):
        x = values[offsets[m] : offsets[m + 1]]
        for p in range(len(support)):
            out[m, p] = _peaks(x, support[p])
    return out


@strict
def _peaks(x, support):
    """Count the peaks of one series."""
    count = 0
    for k in range(support, len(x) - support):
        for j in range(1, support + 1):
            if not (x[k] > x[k - j] and x[k] > x[k + j]):
                break
        else:
            count += 1
    return count
