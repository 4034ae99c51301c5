"""Absolute times that a file holds as numbers: what they count, and since when.

The ranges of 1990 to 2100 do not overlap, so that the size of the number tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

_FIRST, _LAST = 631_152_000.0, 4_102_444_800.0
"""1990-01-01 and 2100-01-01, Unix seconds."""
_DAY: Final = 86400.0


@dataclass(frozen=True)
class Epoch:
    """A way to count time.

    Attributes
    ----------
    meaning : str
    second : float
        How many of its units a second is.
    zero : float
        Where it counts from, in Unix seconds.
    """

    meaning: str
    second: float
    zero: float = 0.0

    def unix(self, values: np.ndarray) -> np.ndarray:
        """Turn its numbers to Unix seconds."""
        return values / self.second + self.zero


EPOCHS: Final = (
    Epoch("s since 1970", 1.0),
    Epoch("ms since 1970", 1e3),
    Epoch("µs since 1970", 1e6),
    Epoch("100 ns since 1970", 1e7),
    Epoch("100 ns since 1601", 1e7, -11_644_473_600.0),
    Epoch("100 ns since the year 1", 1e7, -62_135_596_800.0),
    Epoch("ns since 1970", 1e9),
    Epoch("days since 1899-12-30", 1.0 / _DAY, -25_569 * _DAY),
)
"""The first that gives a time of 1990 to 2100 is meant (nanoseconds of 1990 and 1991 are not)."""


def unix_seconds(values: np.ndarray) -> np.ndarray:
    """Turn numbers that count time to Unix seconds.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN throughout where the numbers count nothing that is known.
    """
    known = values[np.isfinite(values) & (values != 0)]
    if not len(known):
        return values
    middle = np.median(known)
    for epoch in EPOCHS:
        if _FIRST <= epoch.unix(middle) < _LAST:
            return np.where(values == 0, np.nan, epoch.unix(values))
    return np.full(len(values), np.nan)
