"""Leakage at constant voltage: one hold, before and after, and polymers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from softbreak.analysis.reading import Reading, Table
from softbreak.data.history import CellHistory, merged_cell
from softbreak.data.record import Cell
from softbreak.features.cycles.timeline import build_timeline
from softbreak.features.evidence.constant_voltage_holds import Hold, holds_of
from softbreak.features.evidence.hold_pairs import Compared, MeasuredHold, compared_holds
from softbreak.models.rules.certificates_beside import BelowBare, below_bare
from softbreak.physics.equations import FractionEstimate, ratio_from_electronic_fraction
from softbreak.physics.leakage import (
    bruce_vincent,
    electronic_fraction_from_polarisation,
    leakage_resistance,
    steady_current,
)
from softbreak.report.drawing import BLUE, ORANGE, Curve, Figure, Panel, Rule
from softbreak.report.number_words import duration, interval, number, percent, time_scale

LINEAR_VOLT = 0.02
RISEN = 0.1
"""A current that ends by this share above its lowest has risen within the hold …"""
RISE_PARTS = 24
"""… as the medians of so many parts of it say."""
TELLING_KELVIN = 0.5
CAVEATS = (
    "V/I of metal electrodes is R_i ∥ R_e, not R_e: it bounds R_e from below and σ_e from above. "
    "Only electrodes that block ions give R_e itself.",
    "A leakage ratio is an electronic fraction only with what the ionic path did meanwhile: state "
    "--growth (R_i after over before) and its uncertainty, from impedance.",
    "A full cell leaks by its cell voltage over R_e, a symmetric one by its overpotential: a small "
    "leakage here says nothing about self-discharge there.",
)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a reading of leakage rests on besides the files.

    Attributes
    ----------
    growth, growth_sd : float
        R_i after over before (1), and the standard deviation of its logarithm.
    transference, transference_sd : float
        t₊ of the electrolyte without a short (1): below 1 for polymers.
    offset_volt, resolution_ampere : float
        Of the instrument.
    """

    growth: float = 1.0
    growth_sd: float = 0.2
    transference: float = 1.0
    transference_sd: float = 0.03
    offset_volt: float = 0.0
    resolution_ampere: float = 0.0


def read_leakage(
    history: CellHistory,
    before: CellHistory | None = None,
    assumptions: Assumptions | None = None,
) -> Reading:
    """Read the holds at constant voltage of a cell.

    Parameters
    ----------
    history : CellHistory
        The cell now; of several holds, the first is compared with the last.
    before : CellHistory, optional
        The same cell before cycling.
    assumptions : Assumptions, optional

    Returns
    -------
    Reading
    """
    known = assumptions or Assumptions()
    cell = merged_cell(history.cell, history.records)
    found = [
        _measure(name, hold, part, known)
        for name, part in (("before", before), ("now", history))
        if part is not None
        for hold in holds_of(part)
        if abs(hold.voltage_volt) > known.offset_volt
    ]
    if not found:
        return Reading(
            "Leakage",
            verdict="There is no stretch at constant voltage of 20 samples and a minute here.",
        )
    compared = compared_holds(found, known.growth, known.growth_sd)
    return Reading(
        f"Leakage of {cell.cell_id}",
        (_table(found, known),),
        _verdict(found[-1], compared, known, _below(found[-1], cell)),
        (*_remarks(found, known, history), *CAVEATS),
        _data(found, compared, known),
        (_figure(found),),
        "Joule 2022, doi 10.1016/j.joule.2022.05.020, Figure S4 and Equation 1",
    )


def _measure(when: str, hold: Hold, history: CellHistory, known: Assumptions) -> MeasuredHold:
    cell = merged_cell(history.cell, history.records)
    current = steady_current(hold.time, hold.current)
    resistance = leakage_resistance(
        hold.voltage_volt,
        current,
        offset_volt=known.offset_volt,
        resolution_ampere=known.resolution_ampere,
        thickness_um=cell.electrolyte_thickness_um,
        area_cm2=cell.area_cm2,
    )
    return MeasuredHold(when, hold, current, resistance)


def _polarised(found: MeasuredHold, known: Assumptions) -> tuple[float, FractionEstimate]:
    current = found.current
    steady = current.steady_ampere if np.isfinite(current.steady_ampere) else current.end_ampere
    remaining = float(bruce_vincent(current.initial_ampere, steady, abs(found.hold.voltage_volt)))
    between = current.upper_ampere - current.lower_ampere
    reach = between / (2 * 1.645 * current.initial_ampere) if current.initial_ampere else math.nan
    return remaining, electronic_fraction_from_polarisation(
        remaining,
        known.transference,
        remaining_sd=reach,
        transference_sd=known.transference_sd,
    )


def _table(found: list[MeasuredHold], known: Assumptions) -> Table:
    rows = []
    for measured in found:
        r, i = measured.resistance, measured.current
        remaining, _ = _polarised(measured, known)
        rows.append(
            (
                f"{measured.when}, {duration(measured.hold.start_second)}",
                number(1e3 * measured.hold.voltage_volt),
                duration(measured.hold.time[-1]),
                number(1e6 * i.initial_ampere),
                number(1e6 * i.steady_ampere),
                "yes" if i.settled else f"no, drifts {100 * i.drift:+.0f} %",
                number(remaining),
                number(r.resistance_ohm),
                f"{number(r.lower_ohm)} to {number(r.upper_ohm)}",
                number(r.electronic_conductivity_at_most_s_per_cm),
            )
        )
    columns = (
        "hold", "V mV", "length", "I start µA", "I steady µA", "settled", "I_ss/I_0",
        "R_DC Ω", "R_DC bounds Ω (R_e ≥ the lower)", "σ_e ≤ S/cm",
    )  # fmt: skip
    return Table("Holds at constant voltage", columns, tuple(rows))


def _verdict(
    last: MeasuredHold, compared: Compared | None, known: Assumptions, below: BelowBare | None
) -> str:
    told = [_least_words(last)]
    if below is not None:
        told.append(below.sentence)
    rise = rise_within(last.hold)
    if rise is not None:
        told.append(
            f"Within the hold, after {duration(rise[0])}, the current rose by {percent(rise[1])}: "
            "a path for electrons may have closed, or the cell is warmer, or touches better."
        )
    if compared is not None:
        told.append(_compared_words(compared, known))
    if known.transference < 1.0 and last.hold.fresh:
        told.append(_polarised_words(last, known))
    elif known.transference < 1.0:
        told.append("The hold does not begin at rest: I_ss/I_0 says nothing about t₊.")
    elif compared is None:
        told.append(
            "Nothing is compared: one hold alone, or holds at different voltages or signs, give no "
            "electronic fraction. A reference is needed, at the same voltage and sign."
        )
    return " ".join(told)


def _below(last: MeasuredHold, cell: Cell) -> BelowBare | None:
    """What a hold proves that conducts more than ions alone can; what still falls proves less."""
    if not last.current.settled:
        return None
    return below_bare(last.resistance.upper_ohm, cell, what="The resistance at DC")


def rise_within(hold: Hold) -> tuple[float, float] | None:
    """Find out whether the current of a hold, which only decays by itself, rose again.

    Parameters
    ----------
    hold : Hold

    Returns
    -------
    tuple of float or None
        Until when it was nearer to its lowest than to its end (s since the hold began), and its
        end over its lowest, less 1; None where it ends within a tenth of that, or within noise.
    """
    time, current = hold.time, np.abs(hold.current)
    edges = np.searchsorted(time, np.linspace(time[0], time[-1], RISE_PARTS + 1)[1:-1])
    parts = [p for p in np.split(np.arange(len(time)), edges) if len(p) >= 3]
    if len(parts) < 3:
        return None
    level = np.array([np.median(current[p]) for p in parts])
    scatter = [np.median(np.abs(current[p] - m)) for p, m in zip(parts, level, strict=True)]
    noise = np.array(scatter) / np.sqrt([len(p) for p in parts])
    lowest, low, end = int(np.argmin(level)), float(level.min()), float(level[-1])
    if not low > 0.0 or end - low <= max(RISEN * low, 6.0 * float(noise[lowest] + noise[-1])):
        return None
    until = parts[int(np.flatnonzero(level < 0.5 * (low + end))[-1])][-1]
    return float(time[until] - time[0]), end / low - 1.0


def _least_words(last: MeasuredHold) -> str:
    least, current = last.resistance.lower_ohm, last.current
    if not np.isfinite(least):
        return "No current could be told from zero: state the instrument's --resolution."
    if current.settled:
        return f"R_e is at least {number(least)} Ω."
    drift = f"{percent(abs(current.drift))} in its last quarter"
    if current.drift > 0.0:
        return f"The current still rises, by {drift}: it bounds nothing. Hold longer."
    return (
        f"The current has not settled, it falls by {drift}: it is an upper bound of the leakage. "
        f"R_e is at least {number(least)} Ω."
    )


def _compared_words(compared: Compared, known: Assumptions) -> str:
    warmer = ""
    if abs(compared.kelvin) >= TELLING_KELVIN:
        way = "warmer" if compared.kelvin > 0 else "colder"
        warmer = (
            f" The cell was {number(abs(compared.kelvin))} K {way} by then, which alone changes "
            f"R_i by a factor {number(compared.warmth)} (0.40 ± 0.12 eV): that is taken out."
        )
    if compared.fraction is not None and fell(compared.fraction):
        return (
            f"The leakage is {number(compared.ratio)} times what it was first, less than R_i "
            f"changed by a factor {number(known.growth)} (± {number(100 * known.growth_sd)} %) "
            "allows: R_i has grown by more (behind which a short would hide), the contact is "
            "lost, or the first hold was of a shorted cell. No electronic fraction follows."
            f"{warmer}"
        )
    if compared.fraction is not None:
        return (
            f"The leakage is {number(compared.ratio)} times what it was first. With R_i changed by "
            f"a factor {number(known.growth)} (± {number(100 * known.growth_sd)} %), "
            f"η_e = {fraction_words(compared.fraction)}.{warmer}"
        )
    bounds = [
        f"at {word} {number(value)} times"
        for word, value in (("least", compared.at_least), ("most", compared.at_most))
        if 0.0 < value < math.inf
    ]
    if not bounds:
        return "A current that had not settled is compared with nothing: no ratio, no fraction."
    return (
        f"The leakage is {' and '.join(bounds)} what it was first: one of the currents had not "
        "settled, so that there is no ratio and no electronic fraction. Hold both as long as it "
        "takes."
    )


def _polarised_words(last: MeasuredHold, known: Assumptions) -> str:
    remaining, eta = _polarised(last, known)
    if last.current.settled:
        return (
            f"I_ss/I_0 = {number(remaining)} against t₊ = {number(known.transference)}: electrons "
            f"carry {fraction_words(eta)} of the steady current."
        )
    return (
        f"I_ss/I_0 is at most {number(remaining)} (not settled) against t₊ = "
        f"{number(known.transference)}: electrons carry at most {percent(float(eta.upper))} of the "
        "steady current."
    )


def _remarks(
    found: list[MeasuredHold], known: Assumptions, history: CellHistory
) -> tuple[str, ...]:
    told = []
    stated = merged_cell(history.cell, history.records)
    if stated.unlike or not build_timeline(history).symmetric:
        told.append(
            "WARNING: these voltages are not those of two equal electrodes. A full cell at "
            "constant voltage charges first; only what is left in the end may be leakage."
        )
    if not all(measured.current.settled for measured in found):
        told.append(
            "A current that still drifts bounds the steady one from one side only: hold longer."
        )
    if known.transference < 1.0 and abs(found[-1].hold.voltage_volt) > LINEAR_VOLT:
        told.append(
            "A polarisation beyond 20 mV is not linear: t₊ from small signals does not apply."
        )
    return tuple(told)


def _data(
    found: list[MeasuredHold],
    compared: Compared | None,
    known: Assumptions,
) -> dict[str, object]:
    holds = [
        {
            "when": m.when,
            "start_second": m.hold.start_second,
            "voltage_volt": m.hold.voltage_volt,
            "duration_second": float(m.hold.time[-1]),
            **m.current._asdict(),
            "resistance_ohm": m.resistance.resistance_ohm,
            "resistance_lower_ohm": m.resistance.lower_ohm,
            "resistance_upper_ohm": m.resistance.upper_ohm,
            "electronic_conductivity_at_most_s_per_cm": (
                m.resistance.electronic_conductivity_at_most_s_per_cm
            ),
            "remaining_fraction": _polarised(m, known)[0],
        }
        for m in found
    ]
    told: dict[str, object] = {"holds": holds}
    last = found[-1]
    if compared is not None and compared.fraction is not None:
        told |= {"leakage_ratio": compared.ratio}
        if not fell(compared.fraction):
            told |= fraction_data(compared.fraction)
    elif known.transference < 1.0 and last.hold.fresh and last.current.settled:
        told |= fraction_data(_polarised(last, known)[1])
    if compared is not None and compared.fraction is None:
        told |= {
            "leakage_ratio": None,
            "leakage_ratio_at_least": compared.at_least,
            "leakage_ratio_at_most": compared.at_most,
        }
    return told


def fell(found: FractionEstimate) -> bool:
    """Whether a leakage fell by more than its assumptions allow: the whole interval is below 0."""
    return not math.isfinite(float(found.value)) or bool(found.value < 0.0 and found.upper <= 0.0)


def fraction_words(found: FractionEstimate) -> str:
    """Write an electronic fraction with its interval; what lies outside 0 to 1 is said so."""
    value = float(found.value)
    told = interval(min(max(value, 0.0), 1.0), float(found.lower), float(found.upper))
    return told if 0.0 <= value <= 1.0 else f"{told}, unclipped {percent(value)}"


def fraction_data(found: FractionEstimate) -> dict[str, float]:
    """Return an electronic fraction with its interval, for machines."""
    return {
        "electronic_fraction": float(found.value),
        "electronic_fraction_sd": float(found.sd),
        "electronic_fraction_lower": float(found.lower),
        "electronic_fraction_upper": float(found.upper),
        "ratio_electronic_to_ionic_as_printed_in_equation_2": float(
            ratio_from_electronic_fraction(np.clip(found.value, 0.0, 1.0))
        ),
    }


def _figure(found: list[MeasuredHold]) -> Figure:
    longest = max(float(m.hold.time[-1]) for m in found)
    scale = time_scale(longest)
    shown = [found[0], found[-1]] if len(found) > 1 else found
    curves, rules = [], []
    for m, colour in zip(shown, (BLUE, ORANGE), strict=False):
        conductance = np.abs(m.hold.current / m.hold.voltage_volt) * 1e6
        label = f"{m.when}, hold at {duration(m.hold.start_second)}"
        curves.append(Curve(m.hold.time * scale.factor, conductance, label, colour, 1.1))
        steady = m.current.steady_ampere / abs(m.hold.voltage_volt) * 1e6
        if conductance.min() <= steady <= conductance.max():
            rules.append(Rule(steady, "limit"))
    values = np.concatenate([curve.y for curve in curves])
    positive = values[values > 0]
    wide = len(positive) == len(values) and float(positive.max() / positive.min()) > 20.0
    return Figure(
        "leakage",
        "Current of a constant voltage, per volt",
        f"Time since the hold began / {scale.unit}",
        (Panel("I/V / µS", tuple(curves), tuple(rules), logarithmic=wide),),
        caption="Dashed: the limit that the decay tends to.",
    )
