"""Half-cycles of any sampling on one grid."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.half_cycle import SKIPPED_SAMPLES

FEWEST_SAMPLES: Final = 6
"""A half-cycle with fewer samples has no shape: its features are NaN."""


@strict
def on_grid(
    values: np.ndarray, progress: np.ndarray, offsets: np.ndarray, points: int
) -> np.ndarray:
    """Interpolate every half-cycle onto the same times.

    Parameters
    ----------
    values, progress, offsets : numpy.ndarray
        As in :class:`softbreak.features.generic.curves.Curves`.
    points : int
        Times, equally far apart from the first sample to the last.

    Returns
    -------
    numpy.ndarray, shape (m, points)
        NaN rows where a half-cycle has fewer than ``FEWEST_SAMPLES`` samples.
    """
    out = np.full((len(offsets) - 1, points), np.nan)
    for m in range(len(offsets) - 1):
        start, stop = offsets[m], offsets[m + 1]
        if stop - start < FEWEST_SAMPLES:
            continue
        k = start
        for p in range(points):
            moment = p / (points - 1)
            while k < stop - 2 and progress[k + 1] <= moment:
                k += 1
            width = progress[k + 1] - progress[k]
            share = (moment - progress[k]) / width if width > 0.0 else 1.0
            share = min(max(share, 0.0), 1.0)
            out[m, p] = values[k] + share * (values[k + 1] - values[k])
    return out


@strict
def normalised(time, voltage, starts, stops):
    """Curves of half-cycles from the samples of a record."""
    total = 0
    for m in range(len(starts)):
        total += stops[m] - starts[m]
    values, progress = np.empty(total), np.empty(total)
    lengths = np.zeros(len(starts), dtype=np.int64)
    end = 0
    for m in range(len(starts)):
        a, b = starts[m], stops[m]
        if b - a > 3 * SKIPPED_SAMPLES:
            a += SKIPPED_SAMPLES
        count = 0
        for k in range(a, b):
            if np.isfinite(voltage[k]):
                values[end + count], progress[end + count] = voltage[k], time[k]
                count += 1
        if count and _scaled(values[end : end + count], progress[end : end + count]):
            lengths[m] = count
            end += count
    return values[:end].copy(), progress[:end].copy(), lengths


@strict
def _scaled(values, progress):
    """Scale a curve in place; False where that gives no finite numbers."""
    size = np.median(values)
    if size == 0.0:  # a dead short between two steps of the converter
        size = np.mean(np.abs(values))
    if size != 0.0:
        values /= size
    begin, duration = progress[0], progress[-1] - progress[0]
    if not duration > 0.0:
        return False
    for k in range(len(progress)):
        progress[k] = (progress[k] - begin) / duration
    return bool(np.isfinite(values).all() and np.isfinite(progress).all())
