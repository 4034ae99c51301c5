"""What a population is asked for besides lithium behind a solid: see ``Recipe.unusual``.

Liquids and further metals, plating in one direction, shorts of the first moment or faster than any
sampling, and the faults of recordings. Each is a share of cells, times the recipe's factor.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from softbreak.simulate.chemistry import LIQUIDS
from softbreak.simulate.faults import Plan
from softbreak.simulate.recordings import SPOILERS
from softbreak.simulate.streams import draw_uniform

UNUSUAL: Final = (
    "initial",  # shorted when it was built
    "dynamic",  # shorts that open and close 1 to 100 times a second
    "threshold",  # plated one way until metal reaches across
)
"""Families of failure beside :data:`softbreak.simulate.faults.FAMILIES`."""
RECORDINGS: Final = tuple(SPOILERS)
MOST_ONE_WAY: Final = 20.0
"""Charge that one-way plating passes in all (mAh cm⁻²): a hundred micrometres of lithium."""
LEAST_TARGET: Final = 0.15
"""Electronic fraction that an unusual short reaches at least, as far as it is planned."""
_SHARES: Final = dict(zip(UNUSUAL, (0.2, 0.15, 0.15), strict=True))
"""Of the cells that break."""
_LIQUID, _ONE_WAY, _SPOILED = 0.3, 0.08, 0.35
"""Shares of all cells; of those that do not break; of all cells."""
_DRY: Final = ("contact_improvement", "voids", "pressure_jump")
"""Confounders that a liquid, which follows the metal, does not know."""
_AT_ONCE: Final = 1e-9
"""h."""


def choose_chemistries(
    seed: int, identities: np.ndarray, usual: tuple[str, ...], factor: float
) -> np.ndarray:
    """Return a chemistry for each cell.

    Parameters
    ----------
    seed : int
    identities : ndarray of int
    usual : tuple of str
        Each equally likely.
    factor : float
        On the share of liquids and further metals.
    """
    u = draw_uniform(seed, identities, "chemistry")
    chosen = np.array(usual)[(u * len(usual)).astype(int)]
    if factor <= 0.0:
        return chosen
    wet = draw_uniform(seed, identities, "unusual.liquid") < factor * _LIQUID
    which = (draw_uniform(seed, identities, "unusual.which") * len(LIQUIDS)).astype(int)
    return np.where(wet, np.array(LIQUIDS)[which], chosen)


def made_unusual(plan: Plan, factor: float) -> Plan:
    """Return the plan with unusual failures, protocols and recordings among the usual ones.

    Parameters
    ----------
    plan : Plan
    factor : float
        On their shares; 0 leaves the plan as it is.
    """
    if factor <= 0.0:
        return plan
    family = _families(plan, factor)
    healthy = family == "healthy"
    one_way = (family == "threshold") | (
        healthy & (plan.uniform("unusual.one_way") < factor * _ONE_WAY)
    )
    most = MOST_ONE_WAY / (plan.current * 1e3) / (2.0 * plan.cycles)
    half_hours = np.where(one_way, np.minimum(plan.half_hours, most), plan.half_hours)
    shorter = half_hours / plan.half_hours
    new = np.isin(family, UNUSUAL)
    onset = np.where(healthy, plan.onset, plan.onset * shorter)
    wet = plan.liquid()
    return replace(
        plan,
        family=family,
        half_hours=half_hours,
        life=plan.life * shorter,
        onset=np.where(family == "initial", _AT_ONCE, onset),
        target=np.where(new, np.maximum(plan.target, LEAST_TARGET), plan.target),
        hard_hour=np.where(new, 1e9, plan.hard_hour),
        protocol=np.where(one_way, "one-way", plan.protocol),
        recording=_recordings(plan, factor),
        confounders={
            name: has & ~wet if name in _DRY else has for name, has in plan.confounders.items()
        },
    )


def _families(plan: Plan, factor: float) -> np.ndarray:
    edges = np.cumsum([factor * share for share in _SHARES.values()])
    names = np.array([*UNUSUAL, ""])[np.searchsorted(edges, plan.uniform("unusual.family"))]
    return np.where((plan.family != "healthy") & (names != ""), names, plan.family)


def _recordings(plan: Plan, factor: float) -> np.ndarray:
    which = (plan.uniform("recording.kind") * len(RECORDINGS)).astype(int)
    spoils = plan.uniform("recording") < factor * _SPOILED
    return np.where(spoils, np.array(RECORDINGS)[which], "")
