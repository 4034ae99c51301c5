"""What will happen to each cell: breakdown, and what looks like it but carries no electrons."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from softbreak.simulate.chemistry import LIQUIDS, between, nominal_resistance
from softbreak.simulate.streams import draw_uniform

FAMILIES: Final = (
    "healthy",
    "mixed",  # a mixed-conducting interphase percolates
    "hidden",  # the same, behind an interphase that grows as fast
    "filament",  # filaments bridge, then thicken
    "fuse",  # filaments melt and come back
    "telegraph",  # a filament that opens and closes
    "tunnel",  # a path whose conductance rises with voltage
    "recovery",  # a soft short that heals
    "hard",  # sudden and complete
    "prelude",  # soft first, then hard
)
"""How a cell breaks, or that it does not. Rarer ways: :mod:`softbreak.simulate.unusual`."""

CONFOUNDERS: Final = (
    "temperature_step",
    "temperature_swing",
    "contact_improvement",
    "voids",
    "growth",
    "pressure_jump",
    "current_change",
    "window_change",
    "rate_change",
    "area_error",
    "range_switch",
)
"""What moves the measured voltage, current or resistance without electrons."""

_PREVALENCE: Final = dict(
    zip(
        CONFOUNDERS,
        (0.15, 0.15, 0.2, 0.15, 0.25, 0.1, 0.08, 0.06, 0.06, 0.1, 0.05),
        strict=True,
    )
)
_SHARES: Final = {
    "mixed": 0.18,
    "hidden": 0.08,
    "filament": 0.18,
    "fuse": 0.08,
    "telegraph": 0.13,
    "tunnel": 0.08,
    "recovery": 0.07,
    "hard": 0.07,
    "prelude": 0.13,
}


@dataclass(frozen=True)
class Plan:
    """The fate of a block of cells, law-free: a law set decides how it comes about.

    Attributes
    ----------
    seed : int
    identities : ndarray of int64
    chemistry, family : ndarray of str
    confounders : dict of str to ndarray of bool
    logged : ndarray of bool
        Whether temperature is in the files.
    current : ndarray
        A cm⁻².
    half_hours : ndarray
        Length of a half-cycle, h.
    cycles : int
    life : ndarray
        h of cycling.
    onset : ndarray
        h at which the electronic path is meant to begin; 1e9 for healthy cells.
    target : ndarray
        Electronic fraction that it is meant to reach against the new cell's resistance.
    hard_hour : ndarray
    resistance : ndarray
        Nominal ionic resistance, Ω cm².
    protocol : ndarray of str
        "cycling", or "one-way": plating in one direction for the whole life.
    recording : ndarray of str
        What spoils it, a key of :data:`softbreak.simulate.recordings.SPOILERS`; empty for nothing.
    """

    seed: int
    identities: np.ndarray
    chemistry: np.ndarray
    family: np.ndarray
    confounders: dict[str, np.ndarray]
    logged: np.ndarray
    current: np.ndarray
    half_hours: np.ndarray
    cycles: int
    life: np.ndarray
    onset: np.ndarray
    target: np.ndarray
    hard_hour: np.ndarray
    resistance: np.ndarray
    protocol: np.ndarray
    recording: np.ndarray

    def __post_init__(self) -> None:
        """Check that every array is one of cells."""
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, np.ndarray) and value.shape != self.identities.shape:
                raise ValueError(f"{one.name} has shape {value.shape}")

    def uniform(self, name: str) -> np.ndarray:
        """Return one number of (0, 1) a cell for a named purpose."""
        return draw_uniform(self.seed, self.identities, name)

    def between(self, name: str, low: float, high: float, *, log: bool = False) -> np.ndarray:
        """Return uniform or log-uniform numbers for a named purpose."""
        return between(self.seed, self.identities, name, low, high, log=log)

    def conductance(self) -> np.ndarray:
        """Return the electronic conductance that the target stands for (S cm⁻²)."""
        return self.target / (1.0 - self.target) / self.resistance

    def liquid(self) -> np.ndarray:
        """Return where a liquid carries the ions."""
        return np.isin(self.chemistry, LIQUIDS)

    def bridge_charge(self) -> np.ndarray:
        """Return the charge that has passed at the onset of one-way plating (mAh cm⁻²)."""
        return self.current * 1e3 * np.minimum(self.onset, self.life)

    def has(self, *families: str) -> np.ndarray:
        """Return where a cell belongs to one of the families."""
        return np.isin(self.family, families)


def choose_families(seed: int, identities: np.ndarray, faulty: float) -> np.ndarray:
    """Return a family for each cell; a share ``faulty`` of them breaks down."""
    names = np.array(["healthy", *_SHARES])
    edges = np.cumsum([1.0 - faulty, *(faulty * s for s in _SHARES.values())])
    u = draw_uniform(seed, identities, "family")
    return names[np.minimum(np.searchsorted(edges, u), names.size - 1)]


def make_plan(
    cells: np.ndarray,
    seed: int,
    identities: np.ndarray,
    chemistry: np.ndarray,
    *,
    cycles: int,
    faulty: float,
) -> Plan:
    """Return what will happen to cells.

    Parameters
    ----------
    cells : ndarray of CELL
    seed : int
    identities : ndarray of int
    chemistry : ndarray of str
    cycles : int
    faulty : float
        Share of cells that break down.

    Returns
    -------
    Plan
    """

    def draw(name: str, low: float, high: float, log: bool = False) -> np.ndarray:
        return between(seed, identities, name, low, high, log=log)

    resistance = nominal_resistance(cells)
    family = choose_families(seed, identities, faulty)
    current = np.clip(draw("polarisation", 0.01, 0.6, True) / resistance, 2e-5, 5e-3)
    half_hours = draw("half_hours", 0.3, 4.0, True)
    life = 2.0 * half_hours * cycles
    onset = np.where(family == "healthy", 1e9, life * draw("onset", 0.05, 0.85))
    prelude = np.minimum(draw("prelude", 2.0, 60.0, True), 0.5 * life)
    hard_hour = np.where(family == "hard", onset, 1e9)
    hard_hour = np.where(family == "prelude", onset + prelude, hard_hour)
    return Plan(
        seed,
        identities,
        chemistry,
        family,
        {name: draw_uniform(seed, identities, name) < share for name, share in _PREVALENCE.items()},
        draw_uniform(seed, identities, "logged") < 0.6,
        current,
        half_hours,
        cycles,
        life,
        onset,
        0.03 + 0.9 * draw_uniform(seed, identities, "target") ** (1.0 / 1.2),
        hard_hour,
        resistance,
        np.full(identities.size, "cycling"),
        np.full(identities.size, ""),
    )


def confounded(plan: Plan, factor: float) -> Plan:
    """Return the plan with confounders that are more, or less, frequent.

    Parameters
    ----------
    plan : Plan
    factor : float
        On the usual prevalence of each confounder; none gets more frequent than in three cells of
        four. A cell keeps those that it has when the factor is raised.
    """
    if factor == 1.0:
        return plan
    drawn = {
        name: plan.uniform(name) < min(factor * share, 0.75) for name, share in _PREVALENCE.items()
    }
    return replace(plan, confounders=drawn)
