"""A limit on dV/dt: the largest fall of |V| from one row to the next."""

from __future__ import annotations

import numpy as np

from softbreak.bench.entrants.entrant import PlainCell, scored


def score(cell: PlainCell) -> np.ndarray:
    """Return the largest fall of |V| within a half-cycle, over the median |V| of the cycle."""

    def largest(rows: np.ndarray) -> float:
        size = np.abs(cell.voltage[rows])
        return float(np.max(-np.diff(size), initial=0.0) / max(float(np.median(size)), 1e-6))

    return np.array([max(map(largest, own)) if own else np.nan for own in cell.parts])


ENTRANT = scored("threshold-dvdt", "limit on the largest fall of |V| between two rows", score)
