"""What slow polarisation says of the electronic fraction, whichever way it aged."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from softbreak.verdict import HEALTHY_BELOW

CREEP_CLEARS: Final = 0.15
"""Upper bound of η_e, told by slow polarisation, up to which growth hides no short."""


class Creep(NamedTuple):
    """What slow polarisation says of η_e; see :mod:`softbreak.features.kernels.slow_polarisation`.

    Attributes
    ----------
    lower, upper : float
        95 % bounds of η_e, whether the creep aged with the ionic path or not; NaN where it cannot
        be compared with the cell's beginning.
    left : float
        A/A₀.
    """

    lower: float = math.nan
    upper: float = math.nan
    left: float = math.nan

    @property
    def clears(self) -> bool:
        """Whether no short of some size can hide behind growth."""
        return self.upper < CREEP_CLEARS

    @property
    def contradicts(self) -> bool:
        """Whether a cell that looks healthy has lost what ions alone show."""
        return self.lower > HEALTHY_BELOW


def creep_of(change: float, over_level: float, sigma: float) -> Creep:
    """Return what ln A/A₀, ln (A/A₀)/(R/R₀) and the error of both say.

    With A_i the creep of the ionic path, A = A_i (1 − η)² and V/I = R_i (1 − η): so 1 − η is
    √(A/A₀) if A_i did not age, and (A/A₀)/(R/R₀) if it aged as R_i did.

    Parameters
    ----------
    change, over_level, sigma : float
    """
    if math.isnan(change):
        return Creep()
    reach = 1.645 * sigma
    least = min(0.5 * (change - reach), over_level - reach)
    most = max(0.5 * (change + reach), over_level + reach)
    return Creep(_share_of(most), _share_of(least), math.exp(change))


def _share_of(ln_rest: float) -> float:
    return min(max(1.0 - math.exp(min(ln_rest, 0.0)), 0.0), 1.0)
