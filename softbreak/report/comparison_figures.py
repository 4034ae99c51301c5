"""Figures of a comparison of detectors: calibration, risk against coverage, delay of the onset."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Final

import numpy as np
import pandas as pd

from softbreak.report.drawing import QUIET, Curve, Figure, Panel

COLOURS: Final = (
    "#0b5c94",
    "#d55e00",
    "#009e73",
    "#8f4fa8",
    "#b8860b",
    "#56b4e9",
    "#8f2412",
    "#1c2733",
)
MARKERS: Final = ("circle", "square", "triangle-up", "triangle-down", "circle-open")
BASELINES: Final = ("always healthy", "always soft")
FEWEST_CYCLES: Final = 20
"""A frequency of fewer cycles is not drawn."""


def comparison_figures(tables: Mapping[str, pd.DataFrame], suffix: str = "") -> list[Figure]:
    """Return the figures of one law set and setting.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        ``reliability, risk_coverage, onset_delay`` of it, each with ``detector``.
    suffix : str
        Of the figures' names.
    """
    end = f"-{suffix}" if suffix else ""
    return [
        reliability(tables["reliability"], end),
        risk_coverage(tables["risk_coverage"], end),
        onset_delay(tables["onset_delay"], end),
    ]


def _styles(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame, str, str]]:
    """Detectors with their rows, colour and marker: the same in every figure."""
    names = [name for name in dict.fromkeys(table["detector"]) if name not in BASELINES]
    looks = zip(cycle(COLOURS), cycle(MARKERS), strict=False)
    return [
        (str(name), table[table["detector"] == name], colour, marker)
        for name, (colour, marker) in zip(names, looks, strict=False)
    ]


def reliability(table: pd.DataFrame, end: str = "") -> Figure:
    """Return how often cycles are short that were given a probability of being so."""
    line = np.array([0.0, 1.0])
    curves = [Curve(line, line, "perfectly calibrated", QUIET, 1.0)]
    for name, part, colour, marker in _styles(table):
        kept = part[part["count"] >= FEWEST_CYCLES]
        notes = tuple(
            f"{name}: said {row.said:.2f}, happened {row.happened:.2f} ({row.count:,} cycles)"
            for row in kept[["said", "happened", "count"]]
            .set_axis(["said", "happened", "number"], axis=1)
            .rename(columns={"number": "count"})
            .itertuples(index=False, name="Bin")
        )
        curves.append(
            Curve(
                kept["said"].to_numpy(dtype=float),
                kept["happened"].to_numpy(dtype=float),
                name,
                colour,
                1.2,
                marker,
                notes=notes,
            )
        )
    return Figure(
        f"reliability{end}",
        "Calibration",
        "stated probability of a soft or hard breakdown",
        (Panel("share of cycles that are so", tuple(curves), limits=(-0.02, 1.02)),),
        caption="Ten bins of equal width; those of fewer than 20 cycles are left out. Points below "
        "the line: too many alarms; above it: too few. All cycles, undetermined ones too.",
        height=11.0,
    )


def risk_coverage(table: pd.DataFrame, end: str = "") -> Figure:
    """Return the share of errors as more cycles are answered, the surest first."""
    curves = [
        Curve(
            100.0 * part["coverage"].to_numpy(dtype=float),
            100.0 * part["risk"].to_numpy(dtype=float),
            name,
            colour,
            1.4,
        )
        for name, part, colour, _ in _styles(table)
    ]
    return Figure(
        f"risk-coverage{end}",
        "Risk against coverage",
        "cycles answered, the surest first / %",
        (Panel("answers that are wrong / %", tuple(curves)),),
        caption="The most probable class is taken for the answer, also where the detector itself "
        "abstained. A useful probability rises slowly and late. Carried-forward rules end where "
        "cycles have no earlier measurement.",
        height=10.0,
    )


def onset_delay(table: pd.DataFrame, end: str = "") -> Figure:
    """Return the share of breakdowns that were found within so many cycles."""
    curves = [
        Curve(
            part["cycles"].to_numpy(dtype=float),
            100.0 * part["share"].to_numpy(dtype=float),
            name,
            colour,
            1.4,
            marker,
        )
        for name, part, colour, marker in _styles(table)
    ]
    return Figure(
        f"onset-delay{end}",
        "How soon breakdowns are found",
        "cycles after the onset",
        (Panel("breakdowns found / %", tuple(curves), limits=(0.0, 102.0)),),
        caption="The onset is the first cycle with η above 5 %. Alarms before it find nothing. "
        "Slow breakdowns are found late by anyone: at η of 5 % nothing shows them.",
        whole_numbers=True,
        height=10.0,
    )
