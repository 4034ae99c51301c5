"""The shape of a half-cycle: V/I on a grid of the charge that passed."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.half_cycle import SKIPPED_SAMPLES

POINTS: Final = 48
"""Bins per half-cycle."""
FEWEST_SAMPLES: Final = 6
"""A half-cycle with fewer samples has no shape: its row is NaN."""


@strict
def half_cycle_waveforms(
    time: np.ndarray,
    voltage: np.ndarray,
    imposed: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    points: int = POINTS,
) -> np.ndarray:
    """Put half-cycles on a grid of equal durations.

    Parameters
    ----------
    time, voltage, imposed : numpy.ndarray, shape (n,)
        s, V, A. Time never steps back; samples without a finite voltage or current are left out.
    starts, stops : numpy.ndarray of int, shape (m,)
        Half-cycles as the Segmenter gives them.
    points : int
        Bins.

    Returns
    -------
    numpy.ndarray of float32, shape (m, points)
        V/I (Ω; positive along the current). The voltage is taken to run straight between
        samples. NaN rows where a half-cycle has too few samples or no duration.
    """
    out = np.full((len(starts), points), np.nan, dtype=np.float32)
    total = np.empty(points)
    for m in range(len(starts)):
        a, b = starts[m], stops[m]
        if b - a > 3 * SKIPPED_SAMPLES:
            a += SKIPPED_SAMPLES
        if b - a < FEWEST_SAMPLES or not time[b - 1] > time[a]:
            continue
        width = (time[b - 1] - time[a]) / points
        total[:] = 0.0
        if _integrated(time, voltage, imposed, a, b, width, total):
            for p in range(points):
                out[m, p] = total[p] / width
    return out


@strict
def _integrated(time, voltage, imposed, a, b, width, total):
    """Add ∫(V/I) dt of samples a..b to each bin; False where nothing can be integrated."""
    known = False
    last_time = last = 0.0
    p = 0
    for k in range(a, b):
        if not (np.isfinite(voltage[k]) and np.isfinite(imposed[k]) and imposed[k] != 0.0):
            continue
        value = voltage[k] / imposed[k]
        if not known:
            known, last_time, last = True, time[a], value
        p = _spread(time[a], width, p, last_time, last, time[k], value, total)
        last_time, last = time[k], value
    if known:  # the last samples are missing: hold the value
        _spread(time[a], width, p, last_time, last, time[b - 1], last, total)
    return known


@strict
def _spread(begin, width, p, here, first, end, last, total):
    """Add a straight piece from ``here`` to ``end`` to the bins from p on; return the last bin."""
    slope = (last - first) / (end - here) if end > here else 0.0
    start = here
    while here < end:
        edge = begin + (p + 1) * width
        there = end if p == len(total) - 1 else min(max(edge, here), end)
        total[p] += (first + slope * (0.5 * (here + there) - start)) * (there - here)
        here = there
        if edge <= here and p < len(total) - 1:
            p += 1
    return p
