"""Figures of a diagnosis: data in, description out; nothing is drawn here.

:func:`figures_of` gives all that a diagnosis can fill. Units are chosen for reading: currents
and resistances per electrode area where the area is known.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report.chosen import left_out_of, spread
from softbreak.report.diagnosed import diagnosis_of
from softbreak.report.drawing import (
    BLUE,
    INK,
    ORANGE,
    QUIET,
    Curve,
    Figure,
    Mark,
    Panel,
    Rule,
    Stripe,
    in_order,
)
from softbreak.report.evidence_table import percent_range
from softbreak.report.number_words import (
    as_float,
    current_scale,
    hours,
    interval,
    percent,
    resistance_scale,
    time_scale,
    voltage_scale,
)
from softbreak.report.nyquist import nyquist
from softbreak.report.overlay import overlay
from softbreak.report.states import Run, coarse_runs, runs_of
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW, State, cycle_number

__all__ = ["cycles", "feature", "figures_of", "nyquist", "overlay", "timeline", "voltammograms"]

MOST_SWEEPS = 16
"""So many voltammograms can be told apart in one figure; the first and the last always stay."""


def figures_of(cell: Diagnosis | CellHistory) -> list[Figure]:
    """Return every figure for which there is data, in reading order.

    Parameters
    ----------
    cell : Diagnosis or CellHistory
    """
    diagnosis = diagnosis_of(cell)
    figures = []
    if not diagnosis.trace.empty:
        figures.append(timeline(diagnosis))
    if not (diagnosis.verdicts.empty and diagnosis.half_cycles.empty):
        figures.append(cycles(diagnosis))
    if not diagnosis.voltammograms.empty:
        figures.append(voltammograms(diagnosis))
    if not diagnosis.spectra.empty:
        figures.extend(nyquist(diagnosis))
    return figures


def feature(cell: CellHistory, name: str) -> Figure:
    """One feature of the catalogue over the cell's life.

    Parameters
    ----------
    cell : CellHistory
    name : str
        A column of :func:`softbreak.features`.
    """
    from softbreak.features.table import features_of
    from softbreak.report.feature_figure import feature_figure

    verdicts = diagnosis_of(cell).verdicts
    return feature_figure(features_of(cell), verdicts, name)


def timeline(cell: Diagnosis | CellHistory, verdicts: pd.DataFrame | None = None) -> Figure:
    """Voltage and current over the cell's life, with its states.

    Parameters
    ----------
    cell : Diagnosis or CellHistory
    verdicts : pandas.DataFrame, optional
        Shown instead of the diagnosis' own, or of those of the default detector.
    """
    diagnosis = diagnosis_of(cell)
    if verdicts is not None:
        diagnosis = replace(diagnosis, verdicts=verdicts)
    trace = diagnosis.trace
    seconds = trace["time_second"].to_numpy(dtype=float)
    time = time_scale(_span(seconds))
    volt = trace["voltage_volt"].to_numpy(dtype=float)
    ampere = trace["current_ampere"].to_numpy(dtype=float)
    voltage = voltage_scale(volt)
    x = seconds * time.factor
    panels = [Panel(f"Voltage / {voltage.unit}", (Curve(x, volt * voltage.factor, width=0.8),))]
    if np.isfinite(ampere).any():
        current = current_scale(ampere, diagnosis.cell.area_cm2)
        line = Curve(x, ampere * current.factor, colour=QUIET, width=0.8)
        panels.append(Panel(f"Current / {current.unit}", (line,), share=0.5))
    return Figure(
        name="timeline",
        title="Voltage over time, with the state of each cycle",
        x_label=f"Time / {time.unit}",
        panels=tuple(panels),
        stripes=_stripes_in_time(diagnosis.verdicts, time.factor),
        marks=_marks(diagnosis, time.factor, _span(seconds) * time.factor),
        caption=(
            "Every peak of the measurement is in the curve (decimated by minima and maxima). "
            "Dotted lines: CV and EIS measurements, and the onset of a breakdown."
        ),
        height=10.5,
    )


def cycles(cell: Diagnosis | CellHistory) -> Figure:
    """Overpotential (or resistance, where the current changed) and ηₑ, cycle by cycle.

    Parameters
    ----------
    cell : Diagnosis or CellHistory
    """
    diagnosis = diagnosis_of(cell)
    panels = []
    half_cycles, verdicts = diagnosis.half_cycles, diagnosis.verdicts
    if not half_cycles.empty:
        panels.append(_response_panel(diagnosis))
        temperature = half_cycles["temperature_celsius"].to_numpy(dtype=float)
        if _span(temperature) > 1.0:
            curve = Curve(_cycle(half_cycles), temperature, colour=QUIET)
            panels.append(Panel("Temperature / °C", (curve,), share=0.6))
    stripes: tuple[Stripe, ...] = ()
    if not verdicts.empty:
        panels.append(_fraction_panel(verdicts))
        stripes = tuple(
            Stripe(run.numbers[0] - 0.5, run.numbers[1] + 0.5, run.state, _note(run, verdicts))
            for run in coarse_runs(runs_of(verdicts))
        )
    return Figure(
        name="cycles",
        title="Cell response and electronic fraction, cycle by cycle",
        x_label="Cycle (counted from 1)",
        panels=tuple(panels),
        stripes=stripes,
        caption=(
            "ηₑ = Iₑ / I is the part of the current that electrons carry, with its 90 % interval: "
            f"below {100 * HEALTHY_BELOW:.0f} % healthy, from {100 * HARD_FROM:.0f} % on hard. "
            "Cycles that are left open show their interval only."
        ),
        whole_numbers=True,
        height=3.5 + 4.0 * sum(panel.share for panel in panels),
    )


def voltammograms(cell: Diagnosis | CellHistory) -> Figure:
    """All CV sweeps upon each other, darkening from the first to the last.

    Parameters
    ----------
    cell : Diagnosis or CellHistory
    """
    diagnosis = diagnosis_of(cell)
    table = diagnosis.voltammograms
    volt = table["voltage_volt"].to_numpy(dtype=float)
    voltage = voltage_scale(volt)
    current = current_scale(table["current_ampere"].to_numpy(dtype=float), diagnosis.cell.area_cm2)
    rises = diagnosis.voltammetry
    omega: dict[Any, float] = dict(
        zip(
            zip(rises["series"], rises["sweep"], strict=True),
            map(as_float, rises["omega_literal"]),
            strict=True,
        )
    )
    groups = sorted(
        table.groupby(["series", "sweep"], sort=False),
        key=lambda item: as_float(item[1]["time_second"].iloc[0]),
    )
    order = {series: place for place, series in enumerate(dict.fromkeys(k[0] for k, _ in groups))}
    chosen = spread(len(groups), MOST_SWEEPS)
    curves = []
    for colour, place in zip(in_order(len(chosen)), chosen, strict=True):
        key, sweep = groups[place]
        began = hours(sweep["time_second"].iloc[0])
        label = f"CV {order[key[0]] + 1}, cycle {cycle_number(as_float(key[1]))} ({began})"
        change = omega.get(key, math.nan)
        label += f": ω {percent(change, signed=True)}" if math.isfinite(change) else ""
        x = sweep["voltage_volt"].to_numpy(dtype=float) * voltage.factor
        y = sweep["current_ampere"].to_numpy(dtype=float) * current.factor
        curves.append(Curve(x, y, label, colour, width=1.3))
    return Figure(
        name="voltammetry",
        title="Cyclic voltammetry, first to last",
        x_label=f"Voltage / {voltage.unit}",
        panels=(Panel(f"Current / {current.unit}", tuple(curves)),),
        caption="First to last: each line stands out more than the one before. ω is the relative "
        "change of the peak current." + left_out_of(len(chosen), len(groups), "sweeps"),
        height=10.5,
    )


def _response_panel(diagnosis: Diagnosis) -> Panel:
    table = diagnosis.half_cycles
    ampere = np.abs(table["current_ampere"].to_numpy(dtype=float))
    values = table["overpotential_volt"].to_numpy(dtype=float)
    scale, name = voltage_scale(values), "Overpotential"
    if _span(ampere) > 0.05 * np.nanmax(ampere, initial=0.0):
        values = table["resistance_ohm"].to_numpy(dtype=float)
        scale, name = resistance_scale(values, diagnosis.cell.area_cm2), "Apparent resistance"
    shown = values * scale.factor
    sign = table["sign"].to_numpy(dtype=float)
    x = _cycle(table)
    few = len(table) <= 240
    curves = []
    for wanted, label, marker, colour in (
        (1, "positive half-cycles", "triangle-up", BLUE),
        (-1, "negative half-cycles", "triangle-down", ORANGE),
    ):
        of_sign = np.sign(sign) == wanted
        if of_sign.any():
            kind = marker if few else ""
            curves.append(Curve(x[of_sign], shown[of_sign], label, colour, 0.9, kind))
    positive = shown[np.isfinite(shown) & (shown > 0)]
    wide = bool(positive.size) and float(positive.max() / positive.min()) > 30.0
    return Panel(f"{name} / {scale.unit}", tuple(curves), logarithmic=wide)


def _fraction_panel(verdicts: pd.DataFrame) -> Panel:
    columns = [
        "electronic_fraction",
        "electronic_fraction_lower",
        "electronic_fraction_upper",
    ]
    middle, lower, upper = (100.0 * verdicts[name].to_numpy(dtype=float) for name in columns)
    notes = tuple(_fraction_notes(verdicts))
    left_open = verdicts["state"].to_numpy(dtype=object) == State.UNDETERMINED

    def curve(mine: np.ndarray, y: np.ndarray, width: float, marker: str) -> Curve:
        # cycles without an estimate stay in, as gaps: no line may run across them
        shown = mine & np.isfinite(y)
        return Curve(
            _cycle(verdicts),
            np.where(shown, y, np.nan),
            colour=INK,
            width=width,
            marker=marker,
            lower=np.where(shown, lower, np.nan),
            upper=np.where(shown, upper, np.nan),
            notes=notes,
        )

    curves = [curve(~left_open, middle, 0.9, "circle" if len(middle) <= 240 else "")]
    if left_open.any():  # what the text withholds the picture does not tell: an interval only
        curves.append(curve(left_open, 0.5 * (lower + upper), 0.0, "none"))
    rules = (Rule(100 * HEALTHY_BELOW, "5 %"), Rule(100 * HARD_FROM, "95 %"))
    return Panel("ηₑ / %", tuple(curves), rules, (-4.0, 104.0))


def _fraction_notes(verdicts: pd.DataFrame) -> list[str]:
    return [
        f"cycle {cycle_number(as_float(row.cycle_index))}: {row.state}, ηₑ {_fraction_words(row)}"
        for row in verdicts.itertuples()
    ]


def _fraction_words(row: Any) -> str:
    ends = (row.electronic_fraction_lower, row.electronic_fraction_upper)
    if row.state == State.UNDETERMINED:
        return percent_range(*map(as_float, ends))
    return interval(row.electronic_fraction, *ends)


def _cycle(table: pd.DataFrame) -> np.ndarray:
    """Cycles as people count them."""
    return table["cycle_index"].to_numpy(dtype=float) + cycle_number(0)


def _stripes_in_time(verdicts: pd.DataFrame, factor: float) -> tuple[Stripe, ...]:
    return tuple(
        Stripe(run.start_second * factor, run.end_second * factor, run.state, _note(run, verdicts))
        for run in coarse_runs(runs_of(verdicts))
        if math.isfinite(run.start_second) and math.isfinite(run.end_second)
    )


def _note(run: Run, verdicts: pd.DataFrame) -> str:
    fractions = verdicts["electronic_fraction"].iloc[run.first_row : run.last_row + 1]
    told = fractions.notna().any() and run.state is not State.UNDETERMINED
    middle = percent(fractions.median()) if told else "left open"
    return f"{run.state}, {run.cycles}: ηₑ {middle}"


def _marks(diagnosis: Diagnosis, factor: float, span: float) -> tuple[Mark, ...]:
    """Gather measurements and the onset into marks that don't stand upon each other."""
    found = [
        (as_float(table["time_second"].iloc[0]), name)
        for name, measurements, key in (
            ("CV", diagnosis.voltammetry, "series"),
            ("EIS", diagnosis.impedance, "spectrum"),
        )
        if not measurements.empty
        for _, table in measurements.groupby(key)
    ]
    found.append((as_float(diagnosis.summary.get("onset_time_second")), "onset"))
    merged: list[tuple[float, list[str]]] = []
    for second, name in sorted(item for item in found if math.isfinite(item[0])):
        place = second * factor
        if merged and place - merged[-1][0] < 0.025 * span:
            merged[-1][1].extend([name] if name not in merged[-1][1] else [])
        else:
            merged.append((place, [name]))
    return tuple(Mark(place, ", ".join(names)) for place, names in merged)


def _span(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max() - finite.min()) if finite.size else 0.0
