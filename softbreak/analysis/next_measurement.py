"""The measurement that would settle a cell: a ranked table."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np

from softbreak.analysis.reading import Reading, Table
from softbreak.analysis.spectrum_readings import read_spectra
from softbreak.data.history import CellHistory
from softbreak.features.evidence.test_conditions import metal_of
from softbreak.metals import LITHIUM
from softbreak.models.diagnosis.diagnose import examine
from softbreak.physics.circuits import chemistry_of
from softbreak.physics.fisher import CellGuess
from softbreak.physics.plan import HARM_WORDS, Proposal, Situation, plan
from softbreak.report.number_words import number, percent

SOURCE = "Joule 2022, doi 10.1016/j.joule.2022.05.020"
CAVEATS = (
    "The standard deviations are Cramér–Rao bounds at the assumed η_e: a real analysis does worse, "
    "never better.",
    "What carries the electrons decides on the temperature series: metal stands out, a mixed "
    "conductor hardly above −20 °C.",
    "A coulometric test of a twin settles its own fraction, not this cell's.",
)


ASSUMED_ETA: Final = 0.2
ASSUMED_CAPACITY: Final = 0.2
"""mAh cm⁻², where the files hold no half-cycle."""
BULK_SHARE: Final = 0.45
"""Of R_i, where neither a spectrum nor the electrolyte's data say it."""
TRANSFER_SHARE: Final = 0.3
"""Of the interface's resistance: no spectrum tells it from the interphase for sure."""
NO_AREA = (
    "The cell's area is not known: resistances are Ω and charges mAh of the whole cell, and areal "
    "settings are as if it were 1 cm². State area_cm2 in cells.csv, or --area."
)


def read_plan(situation: Situation, state: str = "", *, area_known: bool = True) -> Reading:
    """Rank the measurements and write them as a table.

    Parameters
    ----------
    situation : Situation
    state : str
        A sentence on the cell as it is known now.
    area_known : bool
        False: the situation is of the whole cell, in Ω and mAh, and is shown so.
    """
    ohm, charge = ("Ω cm²", "mAh cm⁻²") if area_known else ("Ω", "mAh")
    proposals = plan(situation)
    ranked = tuple(
        (
            str(place),
            one.method,
            "yes" if one.settles else "no",
            f"±{number(one.eta_sd, 2)}",
            percent(one.detects_from) if math.isfinite(one.detects_from) else "none",
            f"{number(one.hours, 2)} h" if math.isfinite(one.hours) else "days",
            HARM_WORDS[one.harm],
        )
        for place, one in enumerate(proposals, start=1)
    )
    columns = ("", "Measurement", "Settles", "sd of η_e", "Shows η_e from", "Takes", "Harm")
    settings = tuple(
        (str(place), one.settings + (f". Needs {one.needs}" if one.needs else ""))
        for place, one in enumerate(proposals, start=1)
    )
    cell = situation.cell
    known = (
        ("R_i", f"{number(cell.ionic_ohm_cm2)} {ohm}"),
        ("of it electrolyte", f"{number(cell.bulk_ohm_cm2)} {ohm}"),
        ("suspected η_e", percent(cell.eta)),
        ("half-cycle", f"{number(situation.capacity_mah_per_cm2)} {charge}"),
        ("reference spectrum", "yes" if situation.has_reference else "no"),
    )
    return Reading(
        "What to measure next",
        (
            Table("Assumed of the cell", ("", ""), known),
            Table("Measurements, best first", columns, ranked),
            Table("Their settings", ("", ""), settings),
        ),
        f"{state} {_advice(proposals)}".strip(),
        CAVEATS if area_known else (NO_AREA, *CAVEATS),
        {
            "assumed": _assumed(situation, area_known),
            "proposals": [_as_data(one) for one in proposals],
        },
        source=f"Fisher information of Equations 1 and 2, {SOURCE}",
    )


def _assumed(situation: Situation, area_known: bool) -> dict[str, object]:
    told = asdict(situation)
    return {**(told if area_known else _of_the_cell(told)), "area_known": area_known}


def _of_the_cell(told: dict[str, Any]) -> dict[str, Any]:
    """Name what is not areal without the area that nobody told."""
    return {
        name.removesuffix("_per_cm2").removesuffix("_cm2"): (
            _of_the_cell(value) if isinstance(value, dict) else value
        )
        for name, value in told.items()
    }


def _advice(proposals: tuple[Proposal, ...]) -> str:
    first = proposals[0]
    if not first.settles:
        return "None of these would settle a fraction that small; keep the cell under watch."
    return f"Least harm: {first.method[0].lower()}{first.method[1:]}; {first.settings}."


def _as_data(one: Proposal) -> dict[str, object]:
    return {
        "method": one.method,
        "settings": one.settings,
        "settles": one.settles,
        "electronic_fraction_sd": one.eta_sd,
        "shows_electronic_fraction_from": one.detects_from,
        "harm": HARM_WORDS[one.harm],
        "harm_rank": int(one.harm),
        "hours": one.hours,
        "needs": one.needs,
    }


def situation(
    total_ohm_cm2: float,
    *,
    bulk_ohm_cm2: float = math.nan,
    eta: float = math.nan,
    capacity_mah_per_cm2: float = math.nan,
    chemistry: str = "unknown",
    has_reference: bool = False,
) -> Situation:
    """Complete what is known of a cell by what is usual.

    Parameters
    ----------
    total_ohm_cm2 : float
        Resistance that DC or the end of a spectrum shows now (Ω cm²).
    bulk_ohm_cm2 : float
        Of the electrolyte, from its thickness and conductivity; NaN: :data:`BULK_SHARE` of R_i.
    eta : float
        Suspected fraction; NaN: :data:`ASSUMED_ETA`. Kept within 0.01 … 0.95.
    capacity_mah_per_cm2 : float
        Of a half-cycle; NaN: :data:`ASSUMED_CAPACITY`.
    chemistry, has_reference
        As :class:`softbreak.physics.plan.Situation`.
    """
    suspected = float(np.clip(eta if math.isfinite(eta) else ASSUMED_ETA, 0.01, 0.95))
    ionic = total_ohm_cm2 / (1.0 - suspected)
    bulk = bulk_ohm_cm2 if bulk_ohm_cm2 > 0.0 else BULK_SHARE * ionic
    bulk = min(bulk, 0.95 * ionic)
    interface = ionic - bulk
    capacity = capacity_mah_per_cm2 if capacity_mah_per_cm2 > 0.0 else ASSUMED_CAPACITY
    guess = CellGuess(bulk, interface, TRANSFER_SHARE * interface, suspected)
    return Situation(guess, capacity, chemistry, has_reference, bulk_ohm_cm2 > 0.0)


def situation_of(history: CellHistory) -> tuple[Situation, str]:
    """Take the situation of a cell from its files, and say in a sentence what state it is in.

    Parameters
    ----------
    history : CellHistory

    Raises
    ------
    ValueError
        If nothing in the files tells the cell's resistance.
    """
    diagnosis = examine(history)
    cell, area = diagnosis.cell, diagnosis.cell.area_cm2 or 1.0
    spectra = [one for one in read_spectra(history) if one.bounds is not None]
    halves = diagnosis.half_cycles
    total = math.nan
    bulk = cell.ionic_floor_ohm or math.nan
    if not halves.empty:
        total = float(halves["resistance_ohm"].tail(4).median())
    if spectra:
        total = spectra[-1].ends.low_frequency_ohm
        bulk = bulk if bulk > 0.0 else spectra[-1].ends.high_frequency_ohm
    if not total > 0.0:
        raise ValueError("neither a spectrum nor a half-cycle tells this cell's resistance")
    fractions = diagnosis.verdicts["electronic_fraction"].dropna()
    charge = math.nan if halves.empty else float(halves["charge_ampere_second"].abs().median())
    found = situation(
        total * area,
        bulk_ohm_cm2=bulk * area,
        eta=float(fractions.iloc[-1]) if len(fractions) else math.nan,
        capacity_mah_per_cm2=charge / 3.6 / area,
        chemistry=chemistry_of(cell.electrolyte),
        has_reference=bool(spectra) and spectra[0].check.passed,
    )
    # an intercept is a resistance of the cell as it is, electrons and all: it does not count
    metal = metal_of(cell) or LITHIUM
    found = replace(found, bulk_known=cell.ionic_floor_ohm is not None, metal=metal.symbol)
    return found, f"{cell.cell_id} is {diagnosis.summary['state']}."
