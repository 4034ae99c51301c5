"""What slow polarisation says of the electronic fraction, whichever way it aged."""

from __future__ import annotations

import math
from typing import Final

from softbreak.compiled import strict
from softbreak.features.kernels.slow_polarisation import electronic_bounds

CREEP_CLEARS: Final = 0.15
"""Upper bound of η_e, told by slow polarisation, up to which growth hides no short."""


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
