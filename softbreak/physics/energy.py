"""Attainable energy density of a solid-state pouch cell of a metal anode: Figure 4 of the paper.

Unit cell of a stack of double-sided electrodes: half an aluminium foil, composite cathode,
electrolyte, metal, half a copper foil; then what a pouch adds. After Joule 2022, doi
10.1016/j.joule.2022.05.020, which follows Liu et al., eTransportation 1 (2019) 100010 and Wang et
al., Energy Environ. Sci. 14 (2021) 2577. The paper prints no card of parameters; the defaults of
:class:`PouchCard` are one that reproduces every number it quotes.

Two conventions exist for porosity, and they disagree about the sign of the gravimetric effect:

* *fixed thickness* (the paper's): electrode and electrolyte keep the thickness that they have
  when dense, pores replace material, the capacity shrinks. Energy falls per gram and per litre.
* *fixed capacity*: the cathode grows thicker with its pores, the electrolyte keeps its
  thickness. Energy per gram *rises* (pores weigh nothing), per litre it falls.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softbreak.metals import METALS, metal_named, moved_um

FloatArray = NDArray[np.float64]

ELECTROLYTE_DENSITIES: Final = {"sulfide": 2.0, "halide": 2.6, "LLZO": 5.2, "polymer": 1.2}
"""g cm⁻³ of dense electrolytes."""
_MICROMETRE: Final = 10.0
"""1 mg cm⁻² of a material of 1 g cm⁻³ is 10 µm thick."""


class Porosity(StrEnum):
    """What stays the same when pores come in."""

    FIXED_THICKNESS = "fixed-thickness"
    FIXED_CAPACITY = "fixed-capacity"


@dataclass(frozen=True, slots=True)
class PouchCard:
    """Parameters of the pouch cell. Masses per area of one side, densities in g cm⁻³.

    Attributes
    ----------
    voltage_volt : float
        Mean discharge voltage (V).
    specific_capacity_mah_per_g : float
        Of the active material (NMC811).
    active_fraction, electrolyte_fraction, carbon_fraction : float
        Mass fractions of the composite cathode; they sum to 1 (carbon includes binder).
    active_density, cathode_electrolyte_density, carbon_density : float
        The cathode's electrolyte is taken to be the separator's where its density is None.
    separator_density : float
    separator_um : float
        Thickness of the electrolyte layer (µm).
    aluminium_um, copper_um : float
        Whole foils, of which each side has half (µm).
    np_ratio : float
        Metal in the cell over the capacity.
    extra_mass_mg_per_cm2, extra_um : float
        Tabs, inactive edges, binder layers.
    pouch_mass_fraction, pouch_volume_fraction : float
        What pouch, terminals and edges of a 10 × 5 cm² cell add (1).
    anode : str
        Symbol of the anode's metal: a key of :data:`softbreak.metals.METALS`.
    """

    voltage_volt: float = 3.8
    specific_capacity_mah_per_g: float = 220.0
    active_fraction: float = 0.85
    electrolyte_fraction: float = 0.12
    carbon_fraction: float = 0.03
    active_density: float = 4.8
    cathode_electrolyte_density: float | None = None
    carbon_density: float = 1.9
    separator_density: float = ELECTROLYTE_DENSITIES["sulfide"]
    separator_um: float = 30.0
    aluminium_um: float = 10.0
    copper_um: float = 8.0
    np_ratio: float = 2.0
    extra_mass_mg_per_cm2: float = 1.5
    extra_um: float = 8.0
    pouch_mass_fraction: float = 0.06
    pouch_volume_fraction: float = 0.22
    anode: str = "Li"

    def __post_init__(self) -> None:
        """Refuse numbers that describe no cell."""
        if self.anode not in METALS:
            raise ValueError(f"anode {self.anode!r} is none of {', '.join(METALS)}")
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "anode":
                continue
            if value is None and item.name == "cathode_electrolyte_density":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{item.name} must be a number, not {value!r}")
            if not 0 <= value < 1e6 or (value == 0 and item.name in _POSITIVE):
                raise ValueError(f"{item.name} = {value!r} describes no cell")
        total = self.active_fraction + self.electrolyte_fraction + self.carbon_fraction
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the cathode's mass fractions sum to {total:.4f}, not to 1")


_POSITIVE: Final = (
    "voltage_volt",
    "specific_capacity_mah_per_g",
    "active_fraction",
    "active_density",
    "cathode_electrolyte_density",
    "carbon_density",
    "separator_density",
)


class EnergyDensity(NamedTuple):
    """What a pouch cell attains.

    Attributes
    ----------
    gravimetric : numpy.ndarray
        Wh kg⁻¹.
    volumetric : numpy.ndarray
        Wh L⁻¹.
    areal_capacity : numpy.ndarray
        mAh cm⁻² that are left (pores at fixed thickness take some).
    mass_mg_per_cm2, thickness_um : numpy.ndarray
        Of one side of the stack, packaging included.
    """

    gravimetric: FloatArray
    volumetric: FloatArray
    areal_capacity: FloatArray
    mass_mg_per_cm2: FloatArray
    thickness_um: FloatArray


def energy_density(
    areal_capacity: ArrayLike,
    *,
    separator_um: ArrayLike | None = None,
    porosity: ArrayLike = 0.0,
    convention: Porosity = Porosity.FIXED_THICKNESS,
    card: PouchCard | None = None,
) -> EnergyDensity:
    """Energy densities of a pouch cell.

    Parameters
    ----------
    areal_capacity : array_like
        Of the dense cell (mAh cm⁻²), positive.
    separator_um : array_like, optional
        Thickness of the electrolyte (µm) in place of the card's.
    porosity : array_like
        Of cathode and electrolyte alike (1), 0 to below 1.
    convention : Porosity
        What stays when pores come in; see the module's text.
    card : PouchCard, optional

    Returns
    -------
    EnergyDensity
        Arrays of the broadcast shape.

    Raises
    ------
    ValueError
        If a porosity is not within 0 and 1, or a capacity not positive.

    References
    ----------
    Figure 4 of Joule 2022, doi 10.1016/j.joule.2022.05.020.
    """
    card = card or PouchCard()
    capacity, thickness, pores = np.broadcast_arrays(
        np.asarray(areal_capacity, dtype=np.float64),
        np.asarray(card.separator_um if separator_um is None else separator_um, dtype=np.float64),
        np.asarray(porosity, dtype=np.float64),
    )
    if not ((pores >= 0) & (pores < 1)).all():
        raise ValueError("porosity is a fraction, 0 to below 1")
    if not ((capacity > 0).all() and (thickness >= 0).all()):
        raise ValueError("areal capacity must be positive, thickness not negative")
    dense_mass = capacity / (card.specific_capacity_mah_per_g * 1e-3 * card.active_fraction)
    dense_um = _MICROMETRE * dense_mass * _specific_volume(card)
    anode = METALS[card.anode]
    anode_um = card.np_ratio * moved_um(capacity, anode)
    if convention is Porosity.FIXED_THICKNESS:
        left, cathode_mass, cathode_um = capacity * (1 - pores), dense_mass * (1 - pores), dense_um
    else:
        left, cathode_mass, cathode_um = capacity, dense_mass, dense_um / (1 - pores)
    foils_um = (card.aluminium_um + card.copper_um) / 2
    foils_mass = (card.aluminium_um * 2.70 + card.copper_um * 8.96) / 2 / _MICROMETRE
    mass = (
        cathode_mass
        + thickness * card.separator_density * (1 - pores) / _MICROMETRE
        + anode_um * anode.density / _MICROMETRE
        + foils_mass
        + card.extra_mass_mg_per_cm2
    ) * (1 + card.pouch_mass_fraction)
    height = (cathode_um + thickness + anode_um + foils_um + card.extra_um) * (
        1 + card.pouch_volume_fraction
    )
    energy = card.voltage_volt * left  # mWh cm⁻²
    return EnergyDensity(energy / mass * 1e3, energy / height * 1e4, left, mass, height)


def thickest_separator(
    areal_capacity: float, gravimetric: float, card: PouchCard | None = None
) -> float:
    """Thickest electrolyte (µm) with which a dense cell still attains so many Wh kg⁻¹.

    Parameters
    ----------
    areal_capacity : float
        mAh cm⁻².
    gravimetric : float
        Wh kg⁻¹.
    card : PouchCard, optional

    Returns
    -------
    float
        µm; NaN where even no electrolyte at all would be too heavy.
    """
    card = card or PouchCard()
    bare = energy_density(areal_capacity, separator_um=0.0, card=card)
    allowed = card.voltage_volt * areal_capacity / gravimetric * 1e3
    spare = allowed - float(bare.mass_mg_per_cm2)
    per_um = card.separator_density / _MICROMETRE * (1 + card.pouch_mass_fraction)
    return spare / per_um if spare >= 0 else float("nan")


def card_from_toml(text: str) -> PouchCard:
    """Read a card from TOML; what it leaves out stays as in the default card.

    Parameters
    ----------
    text : str
        Names and units are those of :class:`PouchCard`, at the top level or in ``[pouch]``.
        ``separator = "halide"`` is short for its density, ``anode = "Na"`` names the metal.

    Returns
    -------
    PouchCard

    Raises
    ------
    ValueError
        If it is no TOML, names an unknown parameter, or a number describes no cell.
    """
    try:
        content: Mapping[str, Any] = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("no valid TOML: nested hundreds deep") from error
    except ValueError as error:  # also a number of thousands of digits
        raise ValueError(f"no valid TOML: {error}") from error
    entries = dict(content.get("pouch", content))
    known = [item.name for item in fields(PouchCard)]
    material = entries.pop("separator", None)
    if material is not None:
        if material not in ELECTROLYTE_DENSITIES:
            raise ValueError(
                f"separator {material!r} is none of {', '.join(ELECTROLYTE_DENSITIES)}"
            )
        entries.setdefault("separator_density", ELECTROLYTE_DENSITIES[material])
    if "anode" in entries:
        found = metal_named(str(entries["anode"]))
        entries["anode"] = found.symbol if found else entries["anode"]
    unknown = [name for name in entries if name not in known]
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; known are {', '.join(known)}")
    try:
        return replace(PouchCard(), **entries)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _specific_volume(card: PouchCard) -> float:
    """Volume of a gram of dense composite cathode (cm³ g⁻¹)."""
    filler = card.cathode_electrolyte_density or card.separator_density
    return (
        card.active_fraction / card.active_density
        + card.electrolyte_fraction / filler
        + card.carbon_fraction / card.carbon_density
    )
