"""CUSUM: falls of log V/I beyond what the first cycles do add up."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.bench.entrants.entrant import REFERENCE, PlainCell, scored

SLACK: Final = 0.03
"""Fall of log V/I a cycle that is forgiven."""


def score(cell: PlainCell) -> np.ndarray:
    """Return the one-sided CUSUM of log V/I against the first cycles."""
    level = np.log(np.maximum(cell.relative, 1e-6))
    out, total = np.full(level.size, np.nan), 0.0
    for k in range(level.size):
        if np.isfinite(level[k]):
            fall = -level[k] - SLACK if k >= REFERENCE else 0.0
            total = max(total + fall, 0.0)
            out[k] = total
    return out


ENTRANT = scored("cusum", "one-sided CUSUM of log V/I", score)
