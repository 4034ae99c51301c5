"""The metals of electrodes: what a coulomb of each weighs and how thick it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

FARADAY: Final = 96485.33212
"""C mol⁻¹ (CODATA 2018, exact to all digits given)."""
_COULOMB_PER_MAH: Final = 3.6


@dataclass(frozen=True, slots=True)
class Metal:
    """A metal that an electrode strips and plates.

    Attributes
    ----------
    symbol, name : str
    molar_mass : float
        g mol⁻¹.
    valence : int
        Electrons of an atom.
    density : float
        g cm⁻³ near 20 °C.
    """

    symbol: str
    name: str
    molar_mass: float
    valence: int
    density: float

    @property
    def mah_per_gram(self) -> float:
        """Specific capacity (mAh g⁻¹)."""
        return self.valence * FARADAY / (_COULOMB_PER_MAH * self.molar_mass)

    @property
    def micrometre_per_mah(self) -> float:
        """Thickness of 1 mAh cm⁻² of dense metal (µm)."""
        return 1e4 / (self.mah_per_gram * self.density)


METALS: Final[dict[str, Metal]] = {
    metal.symbol: metal
    for metal in (
        Metal("Li", "lithium", 6.941, 1, 0.534),
        Metal("Na", "sodium", 22.990, 1, 0.968),
        Metal("K", "potassium", 39.098, 1, 0.862),
        Metal("Mg", "magnesium", 24.305, 2, 1.738),
        Metal("Al", "aluminium", 26.982, 3, 2.70),
        Metal("Zn", "zinc", 65.38, 2, 7.14),
    )
}
"""By symbol. Molar masses: IUPAC, Pure Appl. Chem. 81 (2009) 2131,
doi 10.1351/PAC-REP-09-08-03; densities: CRC Handbook of Chemistry and Physics."""
LITHIUM: Final = METALS["Li"]

_NAMES: Final[dict[str, str]] = {
    **{metal.name: symbol for symbol, metal in METALS.items()},
    "lithium": "Li",
    "litio": "Li",
    "natrium": "Na",
    "sodio": "Na",
    "kalium": "K",
    "potasio": "K",
    "potassio": "K",
    "magnesio": "Mg",
    "magnésium": "Mg",
    "aluminum": "Al",
    "alluminio": "Al",
    "aluminio": "Al",
    "zink": "Zn",
    "zinco": "Zn",
    "cinc": "Zn",
}
"""What people write in place of a symbol; in small letters."""
_BESIDE: Final = frozenset(
    {
    "metal", "metallic", "foil", "disc", "disk", "chip", "chips", "anode", "electrode",
    "electrodes", "ribbon", "plate", "plated", "thin", "thick", "bare", "fresh", "pure", "on",
    "um", "µm", "μm", "mm", "folie", "metall", "elektrode", "cu", "copper", "ss", "steel",
    "collector", "symmetric", "vs", "and",
    }
)  # fmt: skip
"""Words beside a metal's name that change nothing about what is stripped."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_ELEMENT: Final = re.compile(r"[A-Z][a-z]?")
_FORMULA: Final = re.compile(r"[A-Za-z0-9.]+")
_SPELT: Final = re.compile(r"(?:[A-Z][a-z]?[0-9.]*)+")
_LITHIUM_SHORT: Final = re.compile(r"L[A-Z]")
"""LLZO, LATP, LPSCl: abbreviations of lithium's electrolytes begin so, formulas never."""
_CARRIERS: Final = ("Li", "Na", "K", "Mg", "Zn", "Al")
"""Which ion an electrolyte carries, if its formula has several: the first of these."""


def metal_named(text: str | None) -> Metal | None:
    """Return the metal that a text names; None where it names none, several, or an alloy.

    Parameters
    ----------
    text : str or None
        A symbol or a name, with words as people add them ("Na", "sodium foil", "Zn | Zn").
    """
    found = set()
    for word in _WORD.findall(text or ""):
        symbol = word if word in METALS else _NAMES.get(word.lower())
        if symbol is None and word.capitalize() in METALS and word.lower() == word:
            symbol = word.capitalize()
        if symbol is not None:
            found.add(symbol)
        elif word.lower() not in _BESIDE:
            return None
    return METALS[found.pop()] if len(found) == 1 else None


def electrode_metal(electrode: str | None, electrolyte: str | None) -> Metal | None:
    """Return the metal of a cell's electrodes; None where what is stated says none of the table.

    Parameters
    ----------
    electrode : str or None
        As :func:`metal_named`; where it is not stated, the ion of the electrolyte decides.
    electrolyte : str or None
        Its formula or name. What says nothing of an ion stands for lithium.
    """
    if (electrode or "").strip():
        return metal_named(electrode)
    words = _FORMULA.findall(electrolyte or "")
    if any(_LITHIUM_SHORT.match(word) for word in words):  # "Al-doped LLZO" carries lithium
        return LITHIUM
    spelt = [word for word in words if _SPELT.fullmatch(word)]
    found = {symbol for word in spelt for symbol in _ELEMENT.findall(word)}
    found |= {_NAMES[word.lower()] for word in words if word.lower() in _NAMES}
    return METALS[next((symbol for symbol in _CARRIERS if symbol in found), "Li")]


def moved_um(areal_capacity: ArrayLike, metal: Metal = LITHIUM) -> FloatArray:
    """Thickness of dense metal that a half-cycle moves (Figure 1B).

    Parameters
    ----------
    areal_capacity : array_like
        mAh cm⁻².
    metal : Metal

    Returns
    -------
    numpy.ndarray
        µm: 4.85 µm of lithium per mAh cm⁻².

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020: 0.01 to 0.5 mAh cm⁻² are 50 nm to 2.5 µm.
    """
    return np.asarray(areal_capacity, dtype=np.float64) * metal.micrometre_per_mah


def foil_capacity(thickness_um: ArrayLike, metal: Metal = LITHIUM) -> FloatArray:
    """Charge that a foil holds.

    Parameters
    ----------
    thickness_um : array_like
        µm.
    metal : Metal

    Returns
    -------
    numpy.ndarray
        mAh cm⁻².
    """
    return np.asarray(thickness_um, dtype=np.float64) / metal.micrometre_per_mah


def foil_fraction(
    areal_capacity: ArrayLike, foil_um: ArrayLike, metal: Metal = LITHIUM
) -> FloatArray:
    """Share of a foil that a half-cycle moves (Figure 1B).

    Parameters
    ----------
    areal_capacity : array_like
        mAh cm⁻².
    foil_um : array_like
        Thickness of one foil (µm).
    metal : Metal

    Returns
    -------
    numpy.ndarray
        1; above 1 the foil cannot give so much.
    """
    foil = np.asarray(foil_um, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(foil > 0, moved_um(areal_capacity, metal) / foil, np.nan)
