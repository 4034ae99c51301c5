"""The measurement that would settle a cell: a ranked table."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from softbreak.analysis.reading import Reading, Table
from softbreak.physics.plan import HARM_WORDS, Proposal, Situation, plan
from softbreak.report.words import number, percent

SOURCE = "Joule 2022, doi 10.1016/j.joule.2022.05.020"
CAVEATS = (
    "The standard deviations are Cramér–Rao bounds at the assumed η_e: a real analysis does worse, "
    "never better.",
    "What carries the electrons decides on the temperature series: metal stands out, a mixed "
    "conductor hardly above −20 °C.",
    "A coulometric test of a twin settles its own fraction, not this cell's.",
)


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
