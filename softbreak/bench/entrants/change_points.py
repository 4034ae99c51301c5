"""Change points (ruptures): the level of V/I since the last one against the first level."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.bench.entrants.entrant import PlainCell, scored

PENALTY: Final = 3.0
"""In units of the noise's variance times the logarithm of the length."""


def score(cell: PlainCell) -> np.ndarray:
    """Return how far the mean log V/I of a cycle's segment lies below the first segment's."""
    import ruptures

    level = np.log(np.maximum(cell.relative, 1e-6))
    known = np.flatnonzero(np.isfinite(level))
    out = np.full(level.size, np.nan)
    if known.size < 6:
        return out
    values = level[known]
    noise = max(float(np.median(np.abs(np.diff(values)))) / 0.954, 0.005)
    search = ruptures.Pelt("l2", min_size=2, jump=1).fit(values)  # its jump is 5 otherwise
    ends = search.predict(pen=PENALTY * noise**2 * np.log(values.size))
    starts = [0, *ends[:-1]]
    means = [values[a:b].mean() for a, b in zip(starts, ends, strict=True)]
    out[known] = np.repeat([means[0] - m for m in means], np.diff([0, *ends]))
    return out


ENTRANT = scored(
    "change-points", "level after change points, PELT (ruptures)", score, needs=("ruptures",)
)
