"""What slow polarisation says of the electronic fraction, whichever way it aged."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from softbreak.features.kernels.slow_polarisation import electronic_bounds
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

    Parameters
    ----------
    change, over_level, sigma : float
        See :func:`softbreak.features.kernels.slow_polarisation.electronic_bounds`.
    """
    if math.isnan(change):
        return Creep()
    return Creep(*electronic_bounds(change, over_level, sigma), math.exp(change))
