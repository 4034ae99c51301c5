"""A few of many for one figure, spread evenly, and the words that say so."""

from __future__ import annotations

import numpy as np


def spread(count: int, most: int) -> list[int]:
    """Return the places of at most so many, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(place) for place in np.linspace(0, count - 1, most)})


def left_out_of(shown: int, count: int, what: str) -> str:
    """Return the sentence for a caption; empty where all are shown."""
    return f" {shown} of {count} {what} are shown, spread evenly." if shown < count else ""
