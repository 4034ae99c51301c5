"""A feature over a cell's life, with the cell's states behind it."""

from __future__ import annotations

import math
from difflib import get_close_matches

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.features.catalog import CATALOGUE, feature_of
from softbreak.features.descriptions.feature import Feature
from softbreak.features.explain import BASELINE_CYCLES
from softbreak.features.table import AGES
from softbreak.report.drawing import BLUE, INK, ORANGE, QUIET, Curve, Figure, Panel, Rule, Stripe
from softbreak.report.number_words import number, shortened, time_scale
from softbreak.report.states import coarse_runs, runs_of

FEW = 240
"""Up to so many half-cycles each is a marker; more are a line."""
WIDE = 30.0
"""Positive values that span more than this factor are drawn on a logarithmic axis."""
LONGEST_TITLE = 92
"""Characters; a longer formula is cut in its middle."""
_WORDS = {
    "up": "rises",
    "down": "falls",
    "flat": "stays",
    "either": "moves one way or the other",
    "none": "says nothing",
}


def feature_figure(table: pd.DataFrame, verdicts: pd.DataFrame, name: str) -> Figure:
    """Draw one feature over time.

    Parameters
    ----------
    table : pandas.DataFrame
        Of one cell, as :func:`softbreak.features.table.features_of` gives it.
    verdicts : pandas.DataFrame
        Of that cell, as :func:`softbreak.diagnose` gives them; may be empty.
    name : str
        A column of the table.

    Returns
    -------
    Figure

    Raises
    ------
    SoftbreakError
        If there is no feature of that name, or the cell has no number of it.
    """
    feature = _known(name)
    values = table[name].to_numpy(dtype=np.float64)
    if not np.isfinite(values).any():
        raise SoftbreakError(
            f"this cell has no {name}: nothing was measured that would tell it ({feature.formula})"
        )
    start, end = (
        table[f"{side}_time_second"].to_numpy(dtype=np.float64) for side in ("start", "end")
    )
    time = time_scale(float(np.nanmax(end) - np.nanmin(start)))
    x = 0.5 * (start + end) * time.factor
    finite = values[np.isfinite(values)]
    absolute = feature.unit != "1"  # shares and logarithms are read on a linear axis
    wide = absolute and finite.min() > 0.0 and finite.max() > WIDE * finite.min()
    panel = Panel(
        _label(feature),
        tuple(_curves(feature, table, x, values)),
        _rules(table, values),
        logarithmic=bool(wide),
    )
    return Figure(
        name=f"feature-{name}",
        title=shortened(feature.formula, LONGEST_TITLE),
        x_label=f"Time / {time.unit}",
        panels=(panel,),
        stripes=_stripes(verdicts, time.factor),
        caption=_caption(feature),
        height=9.5,
    )


def _known(name: str) -> Feature:
    try:
        return feature_of(name)
    except KeyError:
        close = get_close_matches(name, [feature.name for feature in CATALOGUE], n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "softbreak features --catalogue"
        raise SoftbreakError(f"there is no feature {name!r}: {hint}") from None


def _label(feature: Feature) -> str:
    return feature.name if feature.unit == "1" else f"{feature.name} / {feature.unit}"


def _curves(
    feature: Feature, table: pd.DataFrame, x: np.ndarray, values: np.ndarray
) -> list[Curve]:
    """A line; one a current direction where a feature is of a single half-cycle."""
    few, sign = len(x) <= FEW, table["sign"].to_numpy()
    age = next((age for start, age in AGES.items() if feature.name.startswith(start)), "")
    if age:  # between two measurements nothing was measured: a marker where it was
        fresh = table[age].to_numpy(dtype=np.float64) == 0.0
        return [
            Curve(x, values, "", QUIET, 1.0),
            Curve(x[fresh], values[fresh], "newly measured", INK, 0.0, "circle"),
        ]
    if feature.technique != "voltage" or not (np.any(sign > 0) and np.any(sign < 0)):
        return [Curve(x, values, "", INK, 1.0, "circle" if few else "")]
    looks = (
        (1, "positive half-cycles", "triangle-up", BLUE),
        (-1, "negative half-cycles", "triangle-down", ORANGE),
    )
    return [
        Curve(x[sign == way], values[sign == way], label, colour, 0.9, marker if few else "")
        for way, label, marker, colour in looks
    ]


def _rules(table: pd.DataFrame, values: np.ndarray) -> tuple[Rule, ...]:
    """The level of the cell's first cycles, where it had one then."""
    cycles = table["cycle_index"].to_numpy()
    early = values[cycles < cycles.min() + BASELINE_CYCLES]
    early = early[np.isfinite(early)]
    if not len(early) or cycles.max() < BASELINE_CYCLES:
        return ()
    level = float(np.median(early))
    return (Rule(level, f"first cycles: {number(level)}"),)


def _stripes(verdicts: pd.DataFrame, factor: float) -> tuple[Stripe, ...]:
    return tuple(
        Stripe(run.start_second * factor, run.end_second * factor, run.state, run.cycles)
        for run in coarse_runs(runs_of(verdicts))
        if math.isfinite(run.start_second) and math.isfinite(run.end_second)
    )


def _caption(feature: Feature) -> str:
    moved = [name for name, way in feature.confounders.items() if way not in ("flat", "none")]
    others = f" Moved without a short by: {', '.join(moved)}." if moved else ""
    return (
        f"{feature.formula}. Expected: healthy ageing: {_WORDS[feature.healthy]}; soft "
        f"breakdown: {_WORDS[feature.soft]}; hard: {_WORDS[feature.hard]}.{others}"
    )
