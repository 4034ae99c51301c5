"""Where a cycle stands beside its cell's beginning, as far as a decision asks for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.slow_polarisation import electronic_bounds
from softbreak.models.rules.thresholds import SHIFT_LIMIT

CREEP_CLEARS: Final = 0.15
"""Upper bound of η_e, told by slow polarisation, up to which growth hides no short."""

LEVEL: Final = np.dtype(
    [(name, "<f8") for name in ("growth", "grew", "creep_lower", "creep_upper", "creep_left")]
    + [(name, "<f8") for name in ("logged", "still")]
)
"""Where a cycle stands: ln of V/I over its base, or of what current and duration explain (NaN where
it is not known); 1 where it is the former: the latter is no growth, and falls as a short makes it
fall; what :func:`creep_of` says; 1 where the temperature was
logged; 1 where V/I stands still, or fell abruptly within the cycles just before."""
MOVING: Final = 0.08
"""Change of ln (V/I) within five cycles by which, unless it is abrupt, the cell is still moving."""
LEVELS: Final[Sequence[str]] = (
    "temperature_distance",
    "rule_growth",
    "rule_shift",
    "slow_change",
    "slow_over_level",
    "slow_uncertainty",
    "drops_10",
    "x_over_median_5",
)


def levels_of(rows: np.ndarray) -> np.ndarray:
    """Return where cycles stand, as records of ``LEVEL``.

    Parameters
    ----------
    rows : numpy.ndarray, shape (n, 8)
        ``LEVELS``, columns of a model's inputs.
    """
    levels = np.empty(len(rows), LEVEL)
    _levels(rows, levels)
    return levels


@strict
def creep_of(change: float, over_level: float, sigma: float) -> tuple[float, float, float]:
    """Return what ln A/A₀, ln (A/A₀)/(R/R₀) and the error of both say.

    Parameters
    ----------
    change, over_level, sigma : float
        See :func:`softbreak.features.kernels.slow_polarisation.electronic_bounds`.

    Returns
    -------
    lower, upper : float
        95 % bounds of η_e, whether the creep aged with the ionic path or not; NaN where it cannot
        be compared with the cell's beginning.
    left : float
        A/A₀.
    """
    if math.isnan(change):
        return math.nan, math.nan, math.nan
    lower, upper = electronic_bounds(change, over_level, sigma)
    return lower, upper, math.exp(change)


@strict
def _levels(rows: Any, levels: Any) -> None:
    for n in range(len(rows)):
        row, level = rows[n], levels[n]
        level.logged = 0.0 if math.isnan(row[0]) else 1.0
        growth, shift = row[1], abs(row[2])
        # a short could hide behind what current and duration explain, more than in growth
        shifted = shift > SHIFT_LIMIT and shift > growth
        level.growth, level.grew = shift if shifted else growth, 0.0 if shifted else 1.0
        level.still = 1.0 if row[6] > 0.0 or abs(row[7]) < MOVING else 0.0
        lower, upper, left = creep_of(row[3], row[4], row[5])
        level.creep_lower, level.creep_upper, level.creep_left = lower, upper, left
