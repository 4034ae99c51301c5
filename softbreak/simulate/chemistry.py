"""What cells are made of: one table of priors, with unit and source of every row.

Sources: "L" the literature's usual range for the class of material, "A" an assumption. Ranges are
log-uniform ("log"), uniform ("flat") or one value ("one"). Reference temperature is 25 °C, 60 °C
for the polymer. Liquids are those in a separator: conductivity and diffusivity are what its pores
leave of them. A divalent salt counts in equivalents, its activity by half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from softbreak.simulate.cell import CELL, FARADAY, GAS
from softbreak.simulate.streams import draw_normal, draw_uniform


@dataclass(frozen=True, slots=True)
class Prior:
    """One row of the table: how a constant is drawn.

    Attributes
    ----------
    name : str
        Field of :data:`softbreak.simulate.cell.CELL`, in the table's unit.
    unit : str
    low, high : float
    kind : {"log", "flat", "one"}
    source : str
    scale : float
        Factor from the table's unit to the simulator's.
    """

    name: str
    unit: str
    low: float
    high: float
    kind: str = "log"
    source: str = "A"
    scale: float = 1.0

    def draw(self, seed: int, cells: np.ndarray) -> np.ndarray:
        """Return one value for each cell, in the simulator's unit."""
        u = draw_uniform(seed, cells, self.name)
        if self.kind == "one":
            return np.full(cells.size, self.low * self.scale)
        if self.kind == "log":
            return self.scale * self.low * (self.high / self.low) ** u
        return self.scale * (self.low + (self.high - self.low) * u)


_COMMON: Final = (
    Prior("area", "cm2", 0.5, 2.0, source="A: 8 to 16 mm dies"),
    Prior("lead", "ohm", 0.05, 1.0, source="A: press cells"),
    Prior("inductance", "uH", 0.1, 1.0, scale=1e-6, source="L: metre of cable"),
    Prior("energy_interphase", "eV", 0.35, 0.55, "flat", "L"),
    Prior("energy_transfer", "eV", 0.40, 0.60, "flat", "L"),
    Prior("energy_grain", "eV", 0.35, 0.50, "flat", "L"),
    Prior("grain", "share of bulk", 0.0, 0.0, "one"),
    Prior("slow", "share of interphase", 0.0, 0.3, "flat"),
    Prior("slow_time", "s", 120.0, 3600.0),
    Prior("slow_power", "1", 0.0, 1.2, "flat"),
    Prior("slow_drift", "1", -0.4, 0.4, "flat"),
    Prior("slow_drift_time", "h", 10.0, 200.0),
    Prior("energy_slow", "eV", 0.35, 0.60, "flat"),
    Prior("constriction", "um", 20.0, 200.0, scale=1e-4, source="L: arXiv 2501.00600, A^-1"),
    Prior("transference", "1", 1.0, 1.0, "one", "single-ion conductor"),
    Prior("diffusivity", "cm2/s", 1.0, 1.0, "one", "unused at transference 1"),
    Prior("energy_diffusion", "eV", 0.5, 0.5, "one"),
    Prior("salt", "mol/l", 1.0, 1.0, "one", "unused at transference 1", 1e-3),
    Prior("activity", "1", 1.0, 1.0, "one"),
    Prior("reference", "degC", 25.0, 25.0, "one"),
    Prior("c_bulk", "F/cm2", 2e-12, 5e-11, source="L: geometric"),
    Prior("q_grain", "S s^n/cm2", 3e-9, 1e-7, source="L"),
    Prior("n_grain", "1", 0.85, 0.98, "flat", "L"),
    Prior("q_interphase", "S s^n/cm2", 1e-7, 1e-5, source="L"),
    Prior("n_interphase", "1", 0.80, 0.95, "flat", "L"),
    Prior("q_layer", "S s^n/cm2", 1e-5, 3e-4, source="L"),
    Prior("n_layer", "1", 0.75, 0.92, "flat", "L"),
    Prior("metal_left", "mAh/cm2", 1e9, 1e9, "one", "thick foil"),
    Prior("metal_right", "mAh/cm2", 1e9, 1e9, "one", "thick foil"),
    Prior("metal_edge", "mAh/cm2", 0.02, 0.1, "log"),
)

_OWN: Final[dict[str, tuple[Prior, ...]]] = {
    "sulfide": (  # argyrodite, LPSCl-like
        Prior("thickness", "um", 400, 1000, scale=1e-4, source="A: pressed pellets"),
        Prior("sigma", "S/cm", 0.8e-3, 3e-3, source="L"),
        Prior("energy_bulk", "eV", 0.25, 0.42, "flat", "L"),
        Prior("interphase", "ohm cm2 a side", 5, 50, source="L"),
        Prior("exchange", "mA/cm2", 1, 10, scale=1e-3, source="L"),
    ),
    "lgps": (  # with a mixed-conducting interphase
        Prior("thickness", "um", 500, 900, scale=1e-4, source="A: pressed pellets"),
        Prior("sigma", "S/cm", 1.5e-3, 6e-3, source="L"),
        Prior("energy_bulk", "eV", 0.20, 0.30, "flat", "L"),
        Prior("interphase", "ohm cm2 a side", 40, 250, source="L: Wenzel 2016"),
        Prior("exchange", "mA/cm2", 0.2, 4, scale=1e-3, source="A"),
    ),
    "garnet": (  # LLZO-like
        Prior("thickness", "um", 500, 1500, scale=1e-4, source="A: sintered discs"),
        Prior("sigma", "S/cm", 2e-4, 8e-4, source="L"),
        Prior("energy_bulk", "eV", 0.30, 0.40, "flat", "L"),
        Prior("grain", "share of bulk", 0.1, 1.0, source="L"),
        Prior("interphase", "ohm cm2 a side", 3, 80, source="L"),
        Prior("exchange", "mA/cm2", 1, 30, scale=1e-3, source="L"),
    ),
    "halide": (  # Li3YCl6-like behind a protecting layer
        Prior("thickness", "um", 400, 900, scale=1e-4, source="A: pressed pellets"),
        Prior("sigma", "S/cm", 0.3e-3, 2e-3, source="L"),
        Prior("energy_bulk", "eV", 0.30, 0.45, "flat", "L"),
        Prior("interphase", "ohm cm2 a side", 20, 200, source="A"),
        Prior("exchange", "mA/cm2", 0.5, 5, scale=1e-3, source="A"),
    ),
    "polymer": (  # PEO-type, with salt diffusion
        Prior("thickness", "um", 50, 200, scale=1e-4, source="L: cast films"),
        Prior("sigma", "S/cm", 0.8e-4, 6e-4, source="L: 60 degC"),
        Prior("energy_bulk", "eV", 0.40, 0.70, "flat", "L"),
        Prior("interphase", "ohm cm2 a side", 10, 60, source="L"),
        Prior("exchange", "mA/cm2", 0.5, 5, scale=1e-3, source="L"),
        Prior("transference", "1", 0.15, 0.5, "flat", "L"),
        Prior("diffusivity", "cm2/s", 2e-8, 1e-7, source="L"),
        Prior("salt", "mol/l", 1.2, 1.2, "one", "L", 1e-3),
        Prior("reference", "degC", 60.0, 60.0, "one"),
    ),
    "sodium": (  # NASICON- or Na3PS4-like, sodium metal
        Prior("thickness", "um", 400, 1500, scale=1e-4, source="A"),
        Prior("sigma", "S/cm", 1e-4, 2e-3, source="L"),
        Prior("energy_bulk", "eV", 0.25, 0.40, "flat", "L"),
        Prior("grain", "share of bulk", 0.05, 1.0, source="L"),
        Prior("interphase", "ohm cm2 a side", 5, 200, source="L"),
        Prior("exchange", "mA/cm2", 0.5, 10, scale=1e-3, source="A"),
    ),
}

_WETTED: Final = (
    Prior("constriction", "um", 0.5, 5.0, scale=1e-4, source="A: a liquid wets"),
    Prior("energy_bulk", "eV", 0.10, 0.22, "flat", "L: viscosity"),
    Prior("energy_diffusion", "eV", 0.15, 0.25, "flat", "L"),
    Prior("energy_interphase", "eV", 0.40, 0.65, "flat", "L"),
    Prior("slow", "share of interphase", 0.0, 0.1, "flat", "A: beside the salt's own"),
    Prior("q_layer", "S s^n/cm2", 5e-6, 1e-4, source="L"),
)
"""What all cells with a liquid share."""

_LIQUID: Final[dict[str, tuple[Prior, ...]]] = {
    "liquid": (  # 1 M LiPF6 in carbonates
        Prior("thickness", "um", 20, 300, scale=1e-4, source="L: polyolefin to glass fibre"),
        Prior("sigma", "S/cm", 0.8e-3, 4e-3, source="L: 9 mS/cm over MacMullin 2.5 to 10"),
        Prior("interphase", "ohm cm2 a side", 10, 150, source="L"),
        Prior("exchange", "mA/cm2", 0.3, 8, scale=1e-3, source="L"),
        Prior("transference", "1", 0.25, 0.4, "flat", "L"),
        Prior("diffusivity", "cm2/s", 3e-7, 2e-6, source="L"),
        Prior("activity", "1", 1.0, 2.0, "flat", "L"),
    ),
    "sodium-liquid": (  # 1 M NaPF6 in diglyme or carbonates
        Prior("thickness", "um", 100, 650, scale=1e-4, source="L: glass fibre"),
        Prior("sigma", "S/cm", 1e-3, 5e-3, source="L"),
        Prior("interphase", "ohm cm2 a side", 5, 400, source="L: diglyme low, carbonates high"),
        Prior("exchange", "mA/cm2", 0.1, 5, scale=1e-3, source="L"),
        Prior("transference", "1", 0.3, 0.5, "flat", "L"),
        Prior("diffusivity", "cm2/s", 5e-7, 3e-6, source="L"),
        Prior("activity", "1", 1.0, 1.5, "flat"),
    ),
    "potassium-liquid": (  # KFSI or KPF6; polarises more than Li and Na
        Prior("thickness", "um", 100, 650, scale=1e-4, source="L: glass fibre"),
        Prior("sigma", "S/cm", 1.5e-3, 6e-3, source="L"),
        Prior("interphase", "ohm cm2 a side", 40, 1500, source="L: 10.1021/acs.jpclett.9b00711"),
        Prior("exchange", "mA/cm2", 0.05, 1, scale=1e-3, source="L"),
        Prior("transference", "1", 0.3, 0.6, "flat", "L: 10.1038/s41467-024-51537-w"),
        Prior("diffusivity", "cm2/s", 1e-6, 5e-6, source="L: the same"),
        Prior("activity", "1", 1.0, 1.5, "flat"),
    ),
    "zinc": (  # 1 to 2 M ZnSO4 in water, glass fibre
        Prior("thickness", "um", 200, 650, scale=1e-4, source="L: glass fibre"),
        Prior("sigma", "S/cm", 8e-3, 4e-2, source="L: 50 mS/cm in glass fibre"),
        Prior("interphase", "ohm cm2 a side", 5, 200, source="L: 10.1039/d4ta03165b"),
        Prior("exchange", "mA/cm2", 0.5, 20, scale=1e-3, source="L"),
        Prior("transference", "1", 0.3, 0.5, "flat", "L"),
        Prior("diffusivity", "cm2/s", 1e-6, 4e-6, source="L"),
        Prior("salt", "equivalents/l", 2.0, 4.0, "flat", "L", 1e-3),
        Prior("activity", "1", 0.2, 0.5, "flat", "L: half of a divalent salt's"),
    ),
}

CHEMISTRIES: Final = tuple(_OWN)
LIQUIDS: Final = tuple(_LIQUID)
"""Chemistries of flooded separators, and of other metals than lithium."""
ELECTRODE: Final = {"sodium": "Na", "sodium-liquid": "Na", "potassium-liquid": "K", "zinc": "Zn"}
"""Metal of both sides; lithium where not given."""
ELECTROLYTE: Final = {
    "sulfide": "Li6PS5Cl",
    "lgps": "Li10GeP2S12",
    "garnet": "Li7La3Zr2O12",
    "halide": "Li3YCl6",
    "polymer": "PEO-LiTFSI",
    "sodium": "Na3Zr2Si2PO12",
    "liquid": "1 M LiPF6 in EC/EMC",
    "sodium-liquid": "1 M NaPF6 in diglyme",
    "potassium-liquid": "1 M KFSI in EC/DEC",
    "zinc": "2 M ZnSO4 in water",
}


def priors(chemistry: str) -> tuple[Prior, ...]:
    """Return all rows of a chemistry: its own, then the common ones that it leaves alone.

    Parameters
    ----------
    chemistry : str
        One of :data:`CHEMISTRIES` or :data:`LIQUIDS`.
    """
    own = _LIQUID[chemistry] + _WETTED if chemistry in _LIQUID else _OWN[chemistry]
    named = {row.name for row in own}
    return own + tuple(row for row in _COMMON if row.name not in named)


def draw_cells(chemistry: str, seed: int, identities: np.ndarray) -> np.ndarray:
    """Return cells of a chemistry.

    Parameters
    ----------
    chemistry : str
    seed : int
    identities : ndarray of int

    Returns
    -------
    ndarray of CELL
        A cell depends on the seed and on its own identity only.
    """
    cells = np.zeros(identities.size, CELL)
    for row in priors(chemistry):
        cells[row.name] = row.draw(seed, identities)
    cells["grain"] *= cells["thickness"] / cells["sigma"]
    return cells


def nominal_resistance(cells: np.ndarray) -> np.ndarray:
    """Return the ionic resistance of new cells at reference, in full contact (Ω cm²)."""
    blocked = 1.0 - cells["transference"]
    kelvin = cells["reference"] + 273.15
    salt = (
        2.0 * GAS * kelvin / FARADAY**2 * blocked**2 * cells["activity"] * cells["thickness"]
    ) / (cells["salt"] * cells["diffusivity"])
    transfer = 2.0 * GAS * kelvin / FARADAY / cells["exchange"]
    bulk = cells["thickness"] / cells["sigma"] + cells["grain"]
    return bulk + 2.0 * cells["interphase"] * (1.0 + cells["slow"]) + transfer + salt


def spread(seed: int, identities: np.ndarray, name: str, *, centre: float, sd: float) -> np.ndarray:
    """Return log-normal numbers around a centre with a standard deviation of their logarithm."""
    return centre * np.exp(sd * draw_normal(seed, identities, name))


def between(
    seed: int, identities: np.ndarray, name: str, low: float, high: float, *, log: bool = False
) -> np.ndarray:
    """Return uniform (or log-uniform) numbers between two limits."""
    u = draw_uniform(seed, identities, name)
    if log:
        return low * np.exp(u * math.log(high / low))
    return low + (high - low) * u
