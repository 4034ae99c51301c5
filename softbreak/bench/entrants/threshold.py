"""A limit on V: how far V/I fell below that of the first cycles."""

from __future__ import annotations

import numpy as np

from softbreak.bench.entrants.entrant import PlainCell, scored


def score(cell: PlainCell) -> np.ndarray:
    """Return what V/I lost since the first three cycles, as a share."""
    return 1.0 - cell.relative


ENTRANT = scored("threshold-v", "limit on the fall of V/I since the first cycles", score, eta=True)
