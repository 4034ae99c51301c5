"""The standard protocol of the paper as a checklist, and how much lithium a test really moves.

Table 1 of Joule 2022 (doi 10.1016/j.joule.2022.05.020) recommends how Li | solid electrolyte | Li
cells should be tested. (It prints two steps 5: critical current density and Coulombic efficiency;
the second is step 6 here.) Nothing is guessed: a number that nobody stated and no file shows is
"not stated".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

LITHIUM_MAH_PER_GRAM: Final = 3861.3
"""Faraday's constant over the molar mass of lithium (96485.33 C/mol, 6.941 g/mol, 3.6 C/mAh)."""
LITHIUM_DENSITY: Final = 0.534
"""g cm⁻³ at room temperature."""
MICROMETRE_PER_MAH: Final = 1e4 / (LITHIUM_MAH_PER_GRAM * LITHIUM_DENSITY)
"""Thickness of 1 mAh cm⁻² of dense lithium: 4.85 µm."""

CAPACITY: Final = 3.0
"""mAh cm⁻² a half-cycle."""
CURRENT_RANGE: Final = (1.0, 3.0)
"""mA cm⁻² for the cycling life."""
RAMP: Final = (0.3, 12.0)
"""mA cm⁻² from C/10 to 4C for the critical current density."""
CYCLES_A_STEP: Final = 5
IDEAL_THICKNESS_UM: Final = 30.0
PREFERRED_THICKNESS_UM: Final = 50.0
PREFERRED_POROSITY: Final = 0.10
NP_RATIO: Final = 2.0
CE_FOIL_UM: Final = 15.0
ROUNDING: Final = 0.02
"""A measured 2.96 mAh cm⁻² meets 3: cyclers cut a step a little early."""


class Status(StrEnum):
    """What a check came to."""

    MET = "met"
    NOT_MET = "not met"
    NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a cell and of its test. Unknown is None.

    Attributes
    ----------
    porosity : float or None
        Of the electrolyte, 0 to 1.
    electrolyte_thickness_um, lithium_thickness_um : float or None
        The thinner foil counts.
    pressure_mpa, temperature_celsius : float or None
    areal_capacity : float or None
        mAh cm⁻² of a half-cycle of the long-term cycling.
    current_density : float or None
        mA cm⁻² of it.
    cycles : int or None
        How many.
    voltammetry_after : bool or None
        A CV was taken after the cycling; None where there was no cycling to follow.
    impedance_after : bool or None
        The same for an impedance spectrum that goes down to 10 mHz.
    ramp_lowest, ramp_highest : float or None
        mA cm⁻², ends of a rate test with several rising current densities.
    ramp_capacity : float or None
        Smallest capacity of a half-cycle over its steps (mAh cm⁻²).
    ramp_cycles : int or None
        Fewest cycles of a step.
    ramp_failed : bool or None
        The rate test ended with a breakdown, so that a higher step made no sense.
    efficiency_capacity : float or None
        mAh cm⁻² cycled in a Coulombic-efficiency test with a thin foil.
    efficiency_foil_um : float or None
    """

    porosity: float | None = None
    electrolyte_thickness_um: float | None = None
    lithium_thickness_um: float | None = None
    pressure_mpa: float | None = None
    temperature_celsius: float | None = None
    areal_capacity: float | None = None
    current_density: float | None = None
    cycles: int | None = None
    voltammetry_after: bool | None = None
    impedance_after: bool | None = None
    ramp_lowest: float | None = None
    ramp_highest: float | None = None
    ramp_capacity: float | None = None
    ramp_cycles: int | None = None
    ramp_failed: bool | None = None
    efficiency_capacity: float | None = None
    efficiency_foil_um: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist.

    Attributes
    ----------
    step : str
        Where the paper asks for it ("Table 1, step 3"; "text" for what only the text says).
    name : str
    wanted : str
        In words, with its number.
    found : float
        The number found (NaN where nothing is stated; 1 or 0 for yes or no).
    unit : str
    status : Status
    """

    step: str
    name: str
    wanted: str
    found: float
    unit: str
    status: Status


def lithium_moved_um(areal_capacity: ArrayLike) -> FloatArray:
    """Thickness of dense lithium that a half-cycle moves (Figure 1B).

    Parameters
    ----------
    areal_capacity : array_like
        mAh cm⁻².

    Returns
    -------
    numpy.ndarray
        µm: 4.85 µm per mAh cm⁻².

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020: 0.01 to 0.5 mAh cm⁻² are 50 nm to 2.5 µm.
    """
    return np.asarray(areal_capacity, dtype=np.float64) * MICROMETRE_PER_MAH


def lithium_capacity(thickness_um: ArrayLike) -> FloatArray:
    """Charge that a lithium foil holds.

    Parameters
    ----------
    thickness_um : array_like
        µm.

    Returns
    -------
    numpy.ndarray
        mAh cm⁻².
    """
    return np.asarray(thickness_um, dtype=np.float64) / MICROMETRE_PER_MAH


def lithium_fraction(areal_capacity: ArrayLike, foil_um: ArrayLike) -> FloatArray:
    """Share of a foil that a half-cycle moves (Figure 1B).

    Parameters
    ----------
    areal_capacity : array_like
        mAh cm⁻².
    foil_um : array_like
        Thickness of one foil (µm).

    Returns
    -------
    numpy.ndarray
        1; above 1 the foil cannot give so much.
    """
    foil = np.asarray(foil_um, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(foil > 0, lithium_moved_um(areal_capacity) / foil, np.nan)


def foil_for(areal_capacity: ArrayLike, np_ratio: float = NP_RATIO) -> FloatArray:
    """Thickness of a foil for a capacity at a ratio of lithium to capacity (N/P).

    Parameters
    ----------
    areal_capacity : array_like
        mAh cm⁻².
    np_ratio : float
        1.

    Returns
    -------
    numpy.ndarray
        µm: 29 for 3, 39 for 4 mAh cm⁻² at N/P 2 (the paper rounds to 30 and 40).
    """
    return np_ratio * lithium_moved_um(areal_capacity)


def standard_protocol(facts: Facts) -> tuple[Check, ...]:
    """Hold a test against Table 1.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    tuple of Check
        In the order of the table.

    References
    ----------
    Table 1 and "Establishing a standard testing protocol", Joule 2022,
    doi 10.1016/j.joule.2022.05.020.
    """
    return (*_cell_checks(facts), *_cycling_checks(facts), *_ramp_checks(facts), *_ce_checks(facts))


def _cell_checks(f: Facts) -> tuple[Check, ...]:
    wanted = foil_for(f.areal_capacity if f.areal_capacity else CAPACITY)
    foil = float(max(wanted, foil_for(CAPACITY)))
    return (
        _check("Table 1, step 1", "porosity of the electrolyte", "stated", f.porosity, "", True),
        _check(
            "text",
            "porosity of the electrolyte",
            f"below {PREFERRED_POROSITY:.0%}",
            f.porosity,
            "",
            f.porosity is not None and f.porosity < PREFERRED_POROSITY,
        ),
        _check(
            "Table 1, step 1",
            "thickness of the electrolyte",
            "stated",
            f.electrolyte_thickness_um,
            "µm",
            True,
        ),
        _check(
            "text",
            "thickness of the electrolyte",
            f"below {PREFERRED_THICKNESS_UM:g} µm, ideally {IDEAL_THICKNESS_UM:g} µm",
            f.electrolyte_thickness_um,
            "µm",
            _below(f.electrolyte_thickness_um, PREFERRED_THICKNESS_UM),
        ),
        _check(
            "Table 1, step 2",
            "thickness of the lithium foil",
            f"at most {max(foil, 30.0):.0f} µm (N/P {NP_RATIO:g})",
            f.lithium_thickness_um,
            "µm",
            _below(f.lithium_thickness_um, max(foil, 30.0) * (1 + ROUNDING)),
        ),
        _check("text", "stack pressure", "stated", f.pressure_mpa, "MPa", True),
        _check("text", "temperature", "stated", f.temperature_celsius, "°C", True),
    )


def _cycling_checks(f: Facts) -> tuple[Check, ...]:
    low, high = CURRENT_RANGE
    return (
        _check(
            "Table 1, step 3",
            "areal capacity a half-cycle",
            f"{CAPACITY:g} mAh cm⁻² or more",
            f.areal_capacity,
            "mAh cm⁻²",
            _at_least(f.areal_capacity, CAPACITY),
        ),
        _check(
            "Table 1, step 3",
            "current density",
            f"{low:g} to {high:g} mA cm⁻²",
            f.current_density,
            "mA cm⁻²",
            _at_least(f.current_density, low) and _below(f.current_density, high * (1 + ROUNDING)),
        ),
        _check(
            "Table 1, step 4",
            "cyclic voltammetry after cycling",
            "taken",
            _yes(f.voltammetry_after),
            "",
            bool(f.voltammetry_after),
        ),
        _check(
            "text",
            "low-frequency impedance after cycling",
            "taken, down to 10 mHz",
            _yes(f.impedance_after),
            "",
            bool(f.impedance_after),
        ),
    )


def _ramp_checks(f: Facts) -> tuple[Check, ...]:
    low, high = RAMP
    step = "Table 1, step 5"
    return (
        _check(
            step,
            "critical current density: lowest step",
            f"{low:g} mA cm⁻² or less",
            f.ramp_lowest,
            "mA cm⁻²",
            _below(f.ramp_lowest, low * (1 + ROUNDING)),
        ),
        _check(
            step,
            "critical current density: highest step",
            f"{high:g} mA cm⁻², or failure before",
            f.ramp_highest,
            "mA cm⁻²",
            bool(f.ramp_failed) or _at_least(f.ramp_highest, high),
        ),
        _check(
            step,
            "critical current density: areal capacity a half-cycle",
            f"{CAPACITY:g} mAh cm⁻² or more",
            f.ramp_capacity,
            "mAh cm⁻²",
            _at_least(f.ramp_capacity, CAPACITY),
        ),
        _check(
            step,
            "critical current density: cycles a step",
            f"at least {CYCLES_A_STEP} to 10",
            f.ramp_cycles,
            "",
            f.ramp_cycles is not None and f.ramp_cycles >= CYCLES_A_STEP,
        ),
    )


def _ce_checks(f: Facts) -> tuple[Check, ...]:
    step = "Table 1, step 6 (printed as a second 5)"
    return (
        _check(
            step,
            "Coulombic efficiency: thin foil",
            f"{CE_FOIL_UM:g} µm",
            f.efficiency_foil_um,
            "µm",
            _below(f.efficiency_foil_um, CE_FOIL_UM * (1 + 5 * ROUNDING)),
        ),
        _check(
            step,
            "Coulombic efficiency: areal capacity a half-cycle",
            f"{CAPACITY:g} mAh cm⁻² or more",
            f.efficiency_capacity,
            "mAh cm⁻²",
            _at_least(f.efficiency_capacity, CAPACITY),
        ),
    )


def _check(step: str, name: str, wanted: str, found: float | None, unit: str, met: bool) -> Check:
    if found is None or not np.isfinite(found):
        return Check(step, name, wanted, float("nan"), unit, Status.NOT_STATED)
    return Check(step, name, wanted, float(found), unit, Status.MET if met else Status.NOT_MET)


def _yes(value: bool | None) -> float | None:
    return None if value is None else float(value)


def _at_least(value: float | None, limit: float) -> bool:
    return value is not None and value >= limit * (1 - ROUNDING)


def _below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit
