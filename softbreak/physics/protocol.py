"""The standard protocol of the paper as a checklist, and how it is held against a test.

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

from softbreak.metals import LITHIUM, Metal, moved_um

FloatArray = NDArray[np.float64]

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
"""Of lithium; other metals as thick as holds the same charge."""
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
        The thinner foil counts, of whatever metal.
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
    metal : Metal or None
        Of the electrodes; None where its constants are not known.
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
    metal: Metal | None = LITHIUM


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


def foil_for(
    areal_capacity: ArrayLike, np_ratio: float = NP_RATIO, metal: Metal = LITHIUM
) -> FloatArray:
    """Thickness of a foil for a capacity at a ratio of metal to capacity (N/P).

    Parameters
    ----------
    areal_capacity : array_like
        mAh cm⁻².
    np_ratio : float
        1.
    metal : Metal

    Returns
    -------
    numpy.ndarray
        µm: of lithium 29 for 3, 39 for 4 mAh cm⁻² at N/P 2 (the paper rounds to 30 and 40).
    """
    return np_ratio * moved_um(areal_capacity, metal)


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
    metal = f.metal or LITHIUM
    largest = max(f.areal_capacity or CAPACITY, CAPACITY)
    # the paper rounds 29 µm of lithium up to 30
    foil = max(float(foil_for(largest, metal=metal)), 30.0 * _over_lithium(metal))
    foil_known = f.lithium_thickness_um if f.metal is not None else None
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
            f"thickness of the {f.metal.name if f.metal else 'electrode'} foil",
            f"at most {foil:.0f} µm within 2 % (N/P {NP_RATIO:g})"
            if f.metal
            else f"N/P {NP_RATIO:g}",
            foil_known,
            "µm",
            _below(foil_known, foil * (1 + ROUNDING)),
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
            f"{CAPACITY:g} mAh cm⁻² or more, within 2 %",
            f.areal_capacity,
            "mAh cm⁻²",
            _at_least(f.areal_capacity, CAPACITY),
        ),
        _check(
            "Table 1, step 3",
            "current density",
            f"{low:g} to {high:g} mA cm⁻², within 2 %",
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
            f"{low:g} mA cm⁻² or less, within 2 %",
            f.ramp_lowest,
            "mA cm⁻²",
            _below(f.ramp_lowest, low * (1 + ROUNDING)),
        ),
        _check(
            step,
            "critical current density: highest step",
            f"{high:g} mA cm⁻² within 2 %, or failure before",
            f.ramp_highest,
            "mA cm⁻²",
            bool(f.ramp_failed) or _at_least(f.ramp_highest, high),
        ),
        _check(
            step,
            "critical current density: areal capacity a half-cycle",
            f"{CAPACITY:g} mAh cm⁻² or more, within 2 %",
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
    thin = CE_FOIL_UM * _over_lithium(f.metal or LITHIUM)
    foil_known = f.efficiency_foil_um if f.metal is not None else None
    return (
        _check(
            step,
            "Coulombic efficiency: thin foil",
            f"{thin:.0f} µm within 10 %"
            if f.metal
            else f"the charge of {CE_FOIL_UM:g} µm of lithium",
            foil_known,
            "µm",
            _below(foil_known, thin * (1 + 5 * ROUNDING)),
        ),
        _check(
            step,
            "Coulombic efficiency: areal capacity a half-cycle",
            f"{CAPACITY:g} mAh cm⁻² or more, within 2 %",
            f.efficiency_capacity,
            "mAh cm⁻²",
            _at_least(f.efficiency_capacity, CAPACITY),
        ),
    )


def _check(step: str, name: str, wanted: str, found: float | None, unit: str, met: bool) -> Check:
    if found is None or not np.isfinite(found):
        return Check(step, name, wanted, float("nan"), unit, Status.NOT_STATED)
    return Check(step, name, wanted, float(found), unit, Status.MET if met else Status.NOT_MET)


def _over_lithium(metal: Metal) -> float:
    """How many times as thick a metal is as lithium of the same charge."""
    return float(moved_um(1.0, metal) / moved_um(1.0))


def _yes(value: bool | None) -> float | None:
    return None if value is None else float(value)


def _at_least(value: float | None, limit: float) -> bool:
    return value is not None and value >= limit * (1 - ROUNDING)


def _below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit
