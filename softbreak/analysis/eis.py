"""Impedance spectra: the paper's reading beside the exact one, and each against the first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from softbreak.analysis.reading import Reading, Table
from softbreak.analysis.spectrum_readings import SpectrumReading
from softbreak.models.rules.spectrum_pairs import electronic_bound
from softbreak.models.rules.spoken_numbers import ohm
from softbreak.report.drawing import Curve, Figure, Panel, Rule, in_order
from softbreak.report.number_words import Scale, interval, number, percent, resistance_scale
from softbreak.report.nyquist import frequency

MOST_SHOWN = 8
"""So many spectra can be told apart; the first and the last always stay."""
SOURCE = "Joule 2022, doi 10.1016/j.joule.2022.05.020, Equation 2 and Figure 3"
CAVEATS = (
    "Between metal electrodes the low-frequency intercept is R_i beside R_e, not R_e: R_e is at "
    "least that, σ_e at most L/(R_LF A). The paper's reading holds for ion-blocking electrodes, "
    "and overestimates σ_e by 1/η_e here.",
    "One spectrum, however good, says no more of R_e: arcs in series beside a resistor are again "
    "arcs in series.",
)
PAIR_CAVEAT = (
    "η_e from a pair takes its first spectrum as healthy; 1 K of unlogged warming is 4 to 5 % of R."
)


def read_eis(readings: Sequence[SpectrumReading], *, area_cm2: float | None = None) -> Reading:
    """Write spectra that were read as tables, sentences and figures.

    Parameters
    ----------
    readings : sequence of SpectrumReading
        In order of time; the first is the reference.
    area_cm2 : float, optional
        For area-specific resistances in the figure.
    """
    if not readings:
        return Reading("Impedance", verdict="There is no impedance spectrum in these files.")
    pairs = [one for one in readings if one.pair is not None]
    tables = [_quality(readings), _resistances(readings, area_cm2)]
    tables += [_against_the_first(pairs)] if pairs else []
    remarks = [f"{one.name}: {told}." for one in readings for told in one.remarks]
    caveats = (*remarks, *CAVEATS, *((PAIR_CAVEAT,) if pairs else ()))
    shown = [readings[k] for k in _spread(len(readings), MOST_SHOWN)]
    return Reading(
        "Impedance",
        tuple(tables),
        _conclusion(readings, area_cm2),
        caveats,
        {"spectra": [_as_data(one) for one in readings]},
        (_nyquist(shown, area_cm2), _residuals(shown)),
        SOURCE,
    )


def _quality(readings: Sequence[SpectrumReading]) -> Table:
    rows = []
    for one in readings:
        f, check = one.spectrum.frequency, one.check
        judged = "passes" if check.passed else "fails"
        told = f"not tested: {check.untested}"
        if math.isfinite(check.noise):
            noise, limit = (number(100 * x) for x in (check.noise, check.limit))
            told = f"{judged} ({noise} %, limit {limit} %)"
        rows.append(
            (
                one.name,
                f"{frequency(f.max())} to {frequency(f.min())}",
                str(len(f)),
                told,
                _fit(one),
            )
        )
    columns = ("Spectrum", "Frequencies", "Points", "Kramers–Kronig, residual", "Circuit, residual")
    return Table("Quality", columns, tuple(rows))


def _fit(one: SpectrumReading) -> str:
    return f"{one.fit.circuit.name}, {percent(one.fit.noise)}" if one.fit else "too few points"


def _resistances(readings: Sequence[SpectrumReading], area: float | None) -> Table:
    scale = resistance_scale(np.array([one.ends.low_frequency_ohm for one in readings]), area)
    rows = []
    for one in readings:
        ends, bounds = one.ends, one.bounds
        low = _plus_minus(ends.low_frequency_ohm, ends.low_frequency_sd_ohm, scale)
        low += "" if ends.reached_direct_current else " (not at its DC limit)"
        high = _plus_minus(ends.high_frequency_ohm, ends.high_frequency_sd_ohm, scale)
        sigma = number(bounds.sigma_e_as_printed) if bounds else number(None)
        least = ohm(ends.low_frequency_ohm, area)
        rows.append(
            (
                one.name,
                high if ends.high_frequency_resolved else "not resolved",
                low,
                f"R_e = {least}; σ_e = {sigma}",
                f"R_e ≥ {least}; σ_e ≤ {sigma}" if bounds else number(None),
            )
        )
    columns = (
        "Spectrum",
        f"R_HF / {scale.unit}",
        f"R_LF / {scale.unit}",
        "The paper's reading (σ_e in S cm⁻¹)",
        "Exact",
    )
    return Table("Intercepts, inductance of the leads removed", columns, tuple(rows))


def _against_the_first(pairs: Sequence[SpectrumReading]) -> Table:
    rows = []
    for one in pairs:
        pair = one.pair
        if pair is None:
            continue
        eta = interval(pair.mean, pair.lower, pair.upper)
        rows.append(
            (
                one.name,
                percent(one.ratio_as_printed),
                "not conclusive" if pair.abstained else eta,
                number(pair.growth),
                number(pair.delta_flatness),
            )
        )
    columns = (
        "Spectrum",
        "R_i/R_e as printed in Eq. 2",
        "η_e exact (90 %)",
        "Interfaces grew by",
        "ΔY flatness (χ²)",
    )
    return Table("Against the first sound spectrum", columns, tuple(rows))


def _conclusion(readings: Sequence[SpectrumReading], area: float | None) -> str:
    last = readings[-1]
    least = electronic_bound(last.spectrum, last.ends, area)
    least = least[:1].upper() + least[1:]
    if last.line.is_line:
        return (
            f"{last.name} is a straight line at {ohm(last.line.resistance_ohm, area)} without any "
            "arc: a wire with the inductance of its leads, unless the cell's own resistance is as "
            "low."
        )
    if last.blocking:
        return (
            f"{last.name} ends as {last.blocking}: its electrodes block ions, or have no contact. "
            f"{least}: no short of a lower resistance."
        )
    if last.below is not None:
        return f"{last.below.sentence} {least}."
    if last.pair is None:
        return f"{least}. A spectrum of the same cell when it was fresh would turn this into η_e."
    now = ohm(last.ends.low_frequency_ohm, area)
    change = f"{_left_out(readings)}R_LF went from {ohm(last.first_ohm, area)} to {now}"
    if last.pair.abstained:
        return f"{change}. The pair is not conclusive: {' '.join(last.pair.reasons)}"
    eta = interval(last.pair.mean, last.pair.lower, last.pair.upper)
    which = "the first spectrum" if last.reference == readings[0].name else last.reference
    return f"{change}; with {which} as healthy, η_e is now {eta}, by {last.pair.method}."


def _left_out(readings: Sequence[SpectrumReading]) -> str:
    """Say why the first spectrum is not the one that the last is held against."""
    first, last = readings[0], readings[-1]
    if last.reference == first.name:
        return ""
    if first.below is not None:
        why = f"was of a shorted cell: {first.below.sentence}"
    elif first.line.is_line:
        why = f"is a straight line at {ohm(first.line.resistance_ohm)}, not one of a sound cell."
    elif first.blocking:
        why = f"ends as {first.blocking}."
    else:
        why = "is not sound (Kramers–Kronig)."
    return f"The first spectrum {why} Against {last.reference}, "


def _nyquist(readings: Sequence[SpectrumReading], area_cm2: float | None) -> Figure:
    every = np.concatenate([one.spectrum.impedance for one in readings])
    scale = resistance_scale(np.concatenate([every.real, every.imag]), area_cm2)
    curves = []
    named = (0, len(readings) - 1) if len(readings) > 3 else range(len(readings))
    for place, (one, colour) in enumerate(zip(readings, in_order(len(readings)), strict=True)):
        z = one.spectrum.impedance * scale.factor
        label = one.name if place in named else ""
        curves.append(Curve(z.real, -z.imag, label, colour, 0.0, "circle"))
        if one.fit is not None:
            f = one.spectrum.frequency
            fine = np.geomspace(f.min(), f.max(), 200)
            fit = one.fit.impedance(fine) * scale.factor
            curves.append(Curve(fit.real, -fit.imag, colour=colour, width=0.9))
    return Figure(
        name="eis-nyquist",
        title="Spectra and the circuits that fit them",
        x_label=f"Re Z / {scale.unit}",
        panels=(Panel(f"−Im Z / {scale.unit}", tuple(curves), (Rule(0.0, ""),)),),
        caption="Points: measured, light to dark in time. Lines: the chemistry's best circuit.",
        equal_aspect=True,
        height=12.0,
    )


def _residuals(readings: Sequence[SpectrumReading]) -> Figure:
    parts: dict[str, list[Curve]] = {"Re": [], "Im": []}
    limit = readings[0].check.limit
    largest = 1.5 * limit
    for one, colour in zip(readings, in_order(len(readings)), strict=True):
        x = np.log10(one.spectrum.frequency)
        residual = one.check.residual
        largest = max(
            largest, float(np.abs(residual.real).max()), float(np.abs(residual.imag).max())
        )
        parts["Re"].append(Curve(x, 100 * residual.real, "", colour, 0.8, "circle"))
        parts["Im"].append(Curve(x, 100 * residual.imag, "", colour, 0.8, "circle"))
    ends = (-110.0 * largest, 110.0 * largest)
    rules = (Rule(100 * limit, ""), Rule(0.0, ""), Rule(-100 * limit, ""))
    return Figure(
        name="eis-residuals",
        title="What the Kramers–Kronig test leaves",
        x_label="log₁₀(frequency / Hz)",
        panels=tuple(
            Panel(f"Δ{part} Z/|Z| / %", tuple(curves), rules, ends)
            for part, curves in parts.items()
        ),
        caption="Dotted: the limit for the noise. Waves mean drift or non-linearity.",
        height=12.0,
    )


def _as_data(one: SpectrumReading) -> dict[str, Any]:
    ends, bounds, pair = one.ends, one.bounds, one.pair
    data: dict[str, Any] = {
        "name": one.name,
        "remarks": list(one.remarks),
        "time_second": one.spectrum.time_second,
        "temperature_celsius": one.spectrum.temperature_celsius,
        "points": len(one.spectrum.frequency),
        "highest_frequency_hertz": float(one.spectrum.frequency.max()),
        "lowest_frequency_hertz": float(one.spectrum.frequency.min()),
        "kramers_kronig": {
            "passed": one.check.passed,
            "untested": one.check.untested or None,
            "residual_noise": one.check.noise,
            "limit": one.check.limit,
            **_distribution(one),
        },
        "high_frequency_resistance_ohm": ends.high_frequency_ohm,
        "high_frequency_resistance_sd_ohm": ends.high_frequency_sd_ohm,
        "low_frequency_resistance_ohm": ends.low_frequency_ohm,
        "low_frequency_resistance_sd_ohm": ends.low_frequency_sd_ohm,
        "high_frequency_resolved": ends.high_frequency_resolved,
        "reached_direct_current": ends.reached_direct_current,
        "inductance_henry": ends.inductance_henry,
        "is_inductive_line": one.line.is_line,
        "blocking_electrodes": one.blocking or None,
        "electronic_fraction_at_least": one.below.least if one.below else math.nan,
        "as_printed": {
            "electronic_resistance_ohm": ends.low_frequency_ohm,
            "electronic_conductivity_s_per_cm": bounds.sigma_e_as_printed if bounds else math.nan,
            "ratio_ionic_to_electronic_resistance": one.ratio_as_printed,
        },
        "exact": {
            "electronic_resistance_at_least_ohm": (
                bounds.electronic_resistance_at_least_ohm if bounds else math.nan
            ),
            "electronic_conductivity_at_most_s_per_cm": (
                bounds.electronic_conductivity_at_most_s_per_cm if bounds else math.nan
            ),
        },
        "circuit": _circuit_data(one),
        "reference": one.reference or None,
        "pair": None,
    }
    if pair is not None:
        data["pair"] = {
            "conclusive": not pair.abstained,
            "reasons": list(pair.reasons),
            "electronic_fraction": pair.mean,
            "electronic_fraction_lower": pair.lower,
            "electronic_fraction_upper": pair.upper,
            "p_soft_or_hard": pair.p_soft_or_hard,
            "p_hard": pair.p_hard,
            "growth": pair.growth,
            "temperature_change_kelvin": pair.temperature_kelvin,
            "delta_admittance_flatness": pair.delta_flatness,
            "method": pair.method,
        }
    return data


def _distribution(one: SpectrumReading) -> dict[str, float]:
    parts = np.concatenate([one.check.residual.real, one.check.residual.imag])
    return {
        "residual_median": float(np.median(parts)),
        "residual_5_percent": float(np.quantile(parts, 0.05)),
        "residual_95_percent": float(np.quantile(parts, 0.95)),
        "residual_largest": float(np.abs(parts).max()),
    }


def _circuit_data(one: SpectrumReading) -> dict[str, Any] | None:
    if one.fit is None:
        return None
    fit = one.fit
    return {
        "name": fit.circuit.name,
        "residual_noise": fit.noise,
        "values": {
            name: float(value)
            for name, value in zip(fit.circuit.parameters, fit.values, strict=True)
        },
        "relative_sd": {
            name: float(sd)
            for name, sd in zip(fit.circuit.parameters, fit.relative_sd, strict=True)
        },
    }


def _plus_minus(value: float, sd: float, scale: Scale) -> str:
    return f"{number(scale.factor * value, 4)} ± {number(scale.factor * sd, 2)}"


def _spread(count: int, most: int) -> list[int]:
    if count <= most:
        return list(range(count))
    return sorted({round(place) for place in np.linspace(0, count - 1, most)})
