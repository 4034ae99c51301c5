"""The measurement that would settle a cell: a ranked table."""

from __future__ import annotations

import math
from dataclasses import asdict

from softbreak.physics.plan import HARM_WORDS, Proposal, Situation, plan
from softbreak.report.reading import Reading, Table
from softbreak.report.words import number, percent

SOURCE = "Joule 2022, doi 10.1016/j.joule.2022.05.020"
CAVEATS = (
    "The standard deviations are Cramér–Rao bounds at the assumed η_e: a real analysis does worse, "
    "never better.",
    "What carries the electrons decides on the temperature series: metal stands out, a mixed "
    "conductor hardly above −20 °C.",
    "A coulometric test of a twin settles its own fraction, not this cell's.",
)


def read_plan(situation: Situation, state: str = "") -> Reading:
    """Rank the measurements and write them as a table.

    Parameters
    ----------
    situation : Situation
    state : str
        A sentence on the cell as it is known now.
    """
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
        ("R_i", f"{number(cell.ionic_ohm_cm2)} Ω cm²"),
        ("of it electrolyte", f"{number(cell.bulk_ohm_cm2)} Ω cm²"),
        ("suspected η_e", percent(cell.eta)),
        ("half-cycle", f"{number(situation.capacity_mah_per_cm2)} mAh cm⁻²"),
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
        CAVEATS,
        {"assumed": asdict(situation), "proposals": [_as_data(one) for one in proposals]},
        source=f"Fisher information of Equations 1 and 2, {SOURCE}",
    )


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
