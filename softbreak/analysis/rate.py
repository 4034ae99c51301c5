"""Rate test: overpotential against current, critical current density, interfacial resistance."""

from __future__ import annotations

import math

import numpy as np

from softbreak.analysis.interfacial_trend import interfacial_trend, trend_data, trend_table
from softbreak.analysis.reading import Reading, Table
from softbreak.data.history import CellHistory
from softbreak.data.record import Cell
from softbreak.features.evidence.cell_evidence import CellEvidence, gather
from softbreak.features.evidence.test_conditions import metal_of, rate_test_of, steps_of_timeline
from softbreak.metals import Metal, moved_um
from softbreak.models.rules.certificates_beside import below_bare
from softbreak.models.rules.thresholds import DEAD_SHORT_OHM_CM2, DOUBTFUL_OHM_CM2
from softbreak.physics.rate import (
    ENOUGH_CYCLES,
    FEW_CYCLES,
    RETURN_REMARK,
    TABLE_1_CAPACITY,
    CriticalCurrent,
    Fall,
    Return,
    Steps,
    critical_current,
    falls,
    fraction_if_ohmic,
    local_exponent,
    returns,
    unchanged_or_lower,
)
from softbreak.physics.regression import Line
from softbreak.physics.voltammetry import at_reference_temperature
from softbreak.report.drawing import BLUE, INK, QUIET, Curve, Figure, Mark, Panel, Rule
from softbreak.report.number_words import number, percent

MOST_KELVIN = 30
"""Nobody warms a cell by more unawares."""
CAVEATS = (
    "An overpotential that does not rise with the current is the paper's sign of a soft breakdown. "
    "One that rises less than proportionally is not: charge-transfer kinetics (asinh), warmth and "
    "creeping contact bend it so without any electron.",
    "A critical current density counts only with its areal capacity and its cycles a step: short "
    "half-cycles of a few minutes hardly move any metal, and pass almost any current.",
    "The interfacial resistance from impedance shrinks by (1 − η)² with a path beside it, and with "
    "warmth and contact.",
)


def read_rate(history: CellHistory) -> Reading:
    """Read a cell's rate test (and the trend of its interfacial resistance).

    Parameters
    ----------
    history : CellHistory

    Returns
    -------
    Reading
    """
    evidence = gather(history)
    area = evidence.cell.area_cm2
    steps, capacity = steps_of_timeline(evidence.timeline, area)
    title = f"Rate test of {evidence.cell.cell_id}"
    trend = interfacial_trend(evidence)
    tables = (trend_table(trend),) if trend is not None else ()
    refused = _refused(evidence, steps)
    if refused:
        return Reading(
            title,
            tables,
            refused,
            CAVEATS[2:],
            {"interfacial_trend": trend_data(trend)},
        )
    shown = rate_test_of(steps)
    relative = _at_one_temperature(shown, evidence)
    found = critical_current(shown, capacity, areal=bool(area), relative=relative)
    back = returns(shown, relative)
    told = _hidden(shown, found, falls(shown, relative), evidence.cell)
    told = told or _verdict(found, back, evidence)
    if _below(shown, evidence) and not np.isfinite(found.failed_at):
        told = "No critical current density follows: the cell was shorted from the first step on."
    return Reading(
        title,
        (_steps(shown, area), _critical(found, area, metal_of(evidence.cell)), *tables),
        " ".join(filter(None, (_below(shown, evidence), told))),
        (*_remarks(back, evidence), *CAVEATS),
        _data(shown, found, trend, area) | {"returns": _returns_data(shown, back, area)},
        (_figure(shown, found, area),),
        "Joule 2022, doi 10.1016/j.joule.2022.05.020, “Alternative methods”; "
        "doi 10.1016/j.joule.2021.12.009",
    )


def _refused(evidence: CellEvidence, steps: Steps) -> str:
    """Why these files hold no rate test of a symmetric cell (empty where they do)."""
    if evidence.cell.unlike or not evidence.timeline.symmetric:
        return (
            "These voltages are not those of two equal electrodes: a rate test of a full cell "
            "shows its capacity, not its overpotential."
        )
    if evidence.timeline.one_way or len(steps.current_density) < 2:
        return "There are no cycles at two current densities in these files."
    return ""


def _below(steps: Steps, evidence: CellEvidence) -> str:
    """Say that V/j of the first step is less than ions alone can have (empty where it is not)."""
    area = evidence.cell.area_cm2 or 1.0
    resistance = float(1e3 * steps.overpotential[0] / steps.current_density[0]) / area
    warmth = evidence.timeline.half_cycles["temperature_celsius"].iloc[int(steps.first[0])]
    found = below_bare(resistance, evidence.cell, float(warmth), what="V/j of the first step")
    return found.sentence if found is not None else ""


def _at_one_temperature(steps: Steps, evidence: CellEvidence) -> np.ndarray:
    """Factors that take the overpotentials to the first step's temperature (1 where unknown)."""
    warmth = evidence.timeline.half_cycles["temperature_celsius"].to_numpy(dtype=np.float64)
    at = np.array(
        [np.mean(warmth[a : b + 1]) for a, b in zip(steps.first, steps.last, strict=True)]
    )
    if not evidence.temperature_logged or not np.isfinite(at).all():
        return np.ones(len(at))
    return at_reference_temperature(np.ones(len(at)), at, float(at[0]))


def _units(area: float | None) -> tuple[str, str]:
    return ("mA cm⁻²", "mAh cm⁻²") if area else ("mA", "mAh")


def _judgement(steps: Steps) -> list[str]:
    told = unchanged_or_lower(steps.current_density, steps.overpotential, steps.overpotential_sd)
    return ["", *told.tolist()]


def _steps(steps: Steps, area: float | None) -> Table:
    current, charge = _units(area)
    exponent = [math.nan, *local_exponent(steps.current_density, steps.overpotential).tolist()]
    eta = fraction_if_ohmic(steps.current_density, steps.overpotential)
    eta = np.where(np.abs(eta) < 5e-4, 0.0, eta)
    rows = tuple(
        (
            number(steps.current_density[k]),
            number(1e3 * steps.overpotential[k]),
            number(1e3 * steps.overpotential[k] / steps.current_density[k]),
            number(exponent[k]),
            word or "–",
            percent(eta[k]),
            number(steps.capacity[k]),
            f"{steps.half_cycles[k] / 2:g}",
        )
        for k, word in enumerate(_judgement(steps))
    )
    columns = (
        current, "|V| mV", "V/j Ω cm²" if area else "V/I Ω", "d ln V/d ln j", "against before",
        "η_e if ohmic", charge, "cycles",
    )  # fmt: skip
    return Table("Steps", columns, rows)


def _critical(found: CriticalCurrent, area: float | None, metal: Metal | None) -> Table:
    current, charge = _units(area)
    bound = "" if np.isfinite(found.failed_at) else "at least "
    rows = [
        ("critical current density", f"{bound}{number(found.density)} {current}", ""),
        (
            "areal capacity a half-cycle there",
            f"{number(found.capacity)} {charge}",
            f"Table 1 asks for {TABLE_1_CAPACITY:g} mAh cm⁻²: "
            + ("met" if found.enough_capacity else "not met" if area else "area unknown"),
        ),
        (
            "fewest cycles a step",
            str(found.fewest_cycles),
            f"Table 1 asks for {FEW_CYCLES} to {ENOUGH_CYCLES}: "
            + ("met" if found.enough_cycles else "not met"),
        ),
        (
            "charge passed before",
            f"{number(found.cumulative_capacity)} {charge}",
            "both directions",
        ),
    ]
    if area and metal is not None:
        moved = number(moved_um(found.capacity, metal))
        rows.insert(2, (f"{metal.name} moved a half-cycle", f"{moved} µm", ""))
    return Table("Critical current density", ("quantity", "value", "remark"), tuple(rows))


def _hidden(steps: Steps, found: CriticalCurrent, fallen: list[Fall], cell: Cell) -> str:
    """Say what makes a test without a failing step no sound one; empty where nothing does."""
    if np.isfinite(found.failed_at):
        return ""
    area = cell.area_cm2
    current, _ = _units(area)
    what = "V/j" if area else "V/I"
    largest = float((1e3 * steps.overpotential / steps.current_density).max())
    size = f"{what} is {number(largest)} {'Ω cm²' if area else 'Ω'} or less at every step"
    if area and largest < DEAD_SHORT_OHM_CM2:
        return (
            f"{size}: no separator has so little. The cell was a wire from the start, and there "
            "is no critical current density."
        )
    if largest < DOUBTFUL_OHM_CM2 and cell.ionic_floor_ohm is None:
        return (
            f"{size}: hardly any separator has so little, and the cell may have been shorted from "
            "the start. No critical current density follows before area, thickness and "
            "conductivity of the electrolyte are stated (cells.csv), or a spectrum shows an arc."
        )
    if not fallen:
        return ""
    one = fallen[0]
    at = f"{number(steps.current_density[one.step])} {current}"
    before = number(steps.current_density[one.step - 1])
    how = {
        "within": f"While the current stayed at {at}, {what} fell by {percent(-one.change)}",
        "down": f"When the current was lowered from {before} to {at}, {what} fell by "
        f"{percent(-one.change)}",
        "up": f"From {before} to {at} {what} fell to {percent(1.0 + one.change)} of what the steps "
        "before let expect",
    }[one.how]
    return (
        f"{how}, which kinetics do not do: a short may have begun there, or the cell is warmer, or "
        "touches better. No critical current density follows; softbreak diagnose looks at every "
        "cycle."
    )


def _verdict(found: CriticalCurrent, back: list[Return], evidence: CellEvidence) -> str:
    current, _ = _units(evidence.cell.area_cm2)
    lowest = min((one.change for one in back), default=0.0)
    if not np.isfinite(found.failed_at):
        if lowest < -RETURN_REMARK:
            return (
                f"On the way up to {number(found.density)} {current} the overpotential rose with "
                f"the current; back at a lower one it is {percent(-lowest)} lower than before. A "
                "short may have begun, or the cell is warmer, or touches better."
            )
        return (
            f"No sign of breakdown up to {number(found.density)} {current}: the critical current "
            "density lies above."
        )
    failed = f"{number(found.failed_at)} {current}"
    least = f"between {number(found.density)} and" if np.isfinite(found.density) else "below"
    warmth = "" if evidence.temperature_logged else _warmth(-lowest)
    if found.sign == "return":
        return (
            f"Back at a current that it had seen before {failed}, the cell shows an overpotential "
            f"{percent(-lowest)} lower than then: soft breakdown, at {failed} or on the way "
            f"back{warmth}. The critical current density lies {least} {failed}."
        )
    if found.sign == "again":
        return (
            f"At another visit of {failed}, which it had carried before, the cell shows an "
            f"overpotential {percent(-lowest)} lower than then: soft breakdown, at that visit or "
            f"since the one before{warmth}. The critical current density lies {least} {failed}."
        )
    words = {
        "lower": "the overpotential is lower at the higher current: soft breakdown",
        "unchanged": "the overpotential stays although the current rose: soft breakdown",
        "collapse": "the resistance collapses: breakdown",
    }
    limit = f"is {number(found.density)} {current}" if np.isfinite(found.density) else "lies below"
    return f"At {failed} {words[found.sign]}. The critical current density {limit}."


def _warmth(fall: float) -> str:
    """Say what warming would do the same, where nobody measured the temperature."""
    kelvin = np.arange(1.0, MOST_KELVIN + 1.0)
    left = 1.0 / at_reference_temperature(1.0, 25.0 + kelvin, 25.0)
    enough = kelvin[1.0 - left >= fall]
    if not len(enough):
        return ""
    return f", unless the cell was {enough[0]:.0f} K warmer (no temperature was logged)"


def _remarks(back: list[Return], evidence: CellEvidence) -> tuple[str, ...]:
    if evidence.temperature_logged or not any(one.change < -RETURN_REMARK for one in back):
        return ()
    return (
        "No temperature was logged: 10 K of warming lower an overpotential by some 40 % too. An "
        "impedance spectrum, or the same current once more at a logged temperature, tells.",
    )


def _returns_data(
    steps: Steps, back: list[Return], area: float | None
) -> list[dict[str, float | int]]:
    areal = "_per_cm2" if area else ""
    return [
        {
            "step": one.step,
            "before": one.before,
            f"current_milliampere{areal}": float(steps.current_density[one.step]),
            f"highest_between_milliampere{areal}": float(steps.current_density[one.highest]),
            "overpotential_change": one.change,
        }
        for one in back
    ]


def _data(
    steps: Steps, found: CriticalCurrent, trend: Line | None, area: float | None
) -> dict[str, object]:
    areal = "_per_cm2" if area else ""
    exponent = [math.nan, *local_exponent(steps.current_density, steps.overpotential).tolist()]
    rows = [
        {
            f"current_milliampere{areal}": steps.current_density[k],
            "overpotential_volt": steps.overpotential[k],
            "local_exponent": exponent[k],
            "criterion": word,
            f"capacity_mah{areal}": steps.capacity[k],
            "half_cycles": int(steps.half_cycles[k]),
        }
        for k, word in enumerate(_judgement(steps))
    ]
    return {
        "steps": rows,
        f"critical_current_milliampere{areal}": found.density,
        f"failed_at_milliampere{areal}": found.failed_at,
        "sign": found.sign,
        f"capacity_mah{areal}": found.capacity,
        f"cumulative_capacity_mah{areal}": found.cumulative_capacity,
        "fewest_cycles": found.fewest_cycles,
        "enough_capacity": found.enough_capacity,
        "enough_cycles": found.enough_cycles,
        "interfacial_trend": trend_data(trend),
    }


def _figure(steps: Steps, found: CriticalCurrent, area: float | None) -> Figure:
    current, _ = _units(area)
    j, v = steps.current_density, 1e3 * steps.overpotential
    resistance = v / j
    marks = (Mark(found.failed_at, "breakdown"),) if np.isfinite(found.failed_at) else ()
    return Figure(
        "rate",
        "Overpotential against current density",
        f"Current density / {current}",
        (
            Panel(
                "|V| / mV",
                (
                    Curve(j, resistance[0] * j, "proportional to the first step", QUIET, 1.0),
                    Curve(j, v, "measured", BLUE, 1.0, "circle"),
                ),
            ),
            Panel(
                "V/j / Ω cm²" if area else "V/I / Ω",
                (Curve(j, resistance, "", INK, 1.0, "circle-open"),),
                (Rule(float(resistance[0]), "first"),),
                share=0.8,
            ),
        ),
        marks=marks,
        caption="Where |V| no longer rises with the current, the paper sees a soft breakdown.",
        height=12.0,
    )
