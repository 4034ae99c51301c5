"""What slow polarisation says of the electronic fraction, whichever way it aged."""

from __future__ import annotations

import math
from typing import Final

from softbreak.compiled import strict

CREEP_CLEARS: Final = 0.15
"""Upper bound of η_e, told by slow polarisation, up to which growth hides no short."""


@strict
def creep_of(change: float, over_level: float, sigma: float) -> tuple[float, float, float]:
    """Return what ln A/A₀, ln (A/A₀)/(R/R₀) and the error of both say.

    With A_i the creep of the ionic path, A = A_i (1 − η)² and V/I = R_i (1 − η): so 1 − η is
    √(A/A₀) if A_i did not age, and (A/A₀)/(R/R₀) if it aged as R_i did. See
    :mod:`softbreak.features.kernels.slow_polarisation`.

    Parameters
    ----------
    change, over_level, sigma : float

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
    reach = 1.645 * sigma
    least = min(0.5 * (change - reach), over_level - reach)
    most = max(0.5 * (change + reach), over_level + reach)
    return _share_of(most), _share_of(least), math.exp(change)


@strict
def _share_of(ln_rest: float) -> float:
    return min(max(1.0 - math.exp(min(ln_rest, 0.0)), 0.0), 1.0)
