"""Matrix profile (stumpy): the nearest earlier half-cycle of the same shape and level."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.bench.entrants.entrant import PlainCell, scored

POINTS: Final = 16
"""A half-cycle."""


def score(cell: PlainCell) -> np.ndarray:
    """Return the distance of each cycle to its nearest neighbour before it, level included.

    Without z-normalisation: a short shows in the level, and a constant stretch would otherwise
    be the best match of all.
    """
    import stumpy

    curves = np.nan_to_num(cell.curves(POINTS), nan=1.0)
    width = curves.shape[1]
    if len(curves) < 4:
        return np.full(len(curves), np.nan)
    series = np.ascontiguousarray(np.log(np.maximum(curves, 1e-4)).ravel())
    left = stumpy.stump(series, width, normalize=False)[:, 2].astype(np.int64)
    out = np.zeros(len(curves))
    for k in range(1, len(curves)):
        at = k * width
        if left[at] >= 0:
            gap = series[at : at + width] - series[left[at] : left[at] + width]
            out[k] = np.sqrt(np.mean(gap**2))
    return out


ENTRANT = scored(
    "matrix-profile", "distance to the nearest earlier cycle (stumpy)", score, needs=("stumpy",)
)
