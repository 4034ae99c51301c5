"""What one cell's page says: everything but its markup."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.record import Cell
from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report.drawing import Figure
from softbreak.report.evidence_table import evidence_table
from softbreak.report.figures import figures_of
from softbreak.report.number_words import (
    Scale,
    as_float,
    current_scale,
    hours,
    integer,
    interval,
    number,
    percent,
    plain,
    resistance_scale,
)
from softbreak.report.render_plotly import PIXELS_A_CM, to_plotly
from softbreak.verdict import cycle_number

MOST_RUNS: Final = 30
MOST_ROWS: Final = 60
_FACTS: Final = (
    ("electrode", "electrode", ""),
    ("electrolyte", "electrolyte", ""),
    ("configuration", "configuration", ""),
    ("area_cm2", "area", "cm²"),
    ("electrolyte_thickness_um", "thickness", "µm"),
    ("ionic_conductivity_s_per_cm", "conductivity", "S/cm"),
    ("lithium_thickness_um", "lithium", "µm"),
    ("porosity", "porosity", ""),
    ("temperature_celsius", "temperature", "°C"),
    ("pressure_mpa", "pressure", "MPa"),
    ("notes", "notes", ""),
)


def cell_context(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return what the cell template needs.

    Parameters
    ----------
    diagnosis : Diagnosis
    """
    figures = [_figure(figure, diagnosis) for figure in figures_of(diagnosis)]
    return {**cell_words(diagnosis), "figures": figures}


def cell_words(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return everything that is said of a cell, without its figures.

    Parameters
    ----------
    diagnosis : Diagnosis
    """
    summary = diagnosis.summary
    name = plain(summary.get("cell_id") or diagnosis.cell.cell_id)
    records = diagnosis.sources
    return {
        "title": f"{name}: {summary.get('state')}",
        "crumb": name,
        "name": name,
        "state": str(summary.get("state")),
        "summary": plain(summary.get("summary", "")),
        "wanted": plain(summary.get("wanted_measurement") or ""),
        "facts": _facts(diagnosis),
        **evidence_words(diagnosis.verdicts, diagnosis.half_cycles),
        "findings": [
            {"severity": finding.severity, "sentence": plain(finding.sentence)}
            for finding in sorted(diagnosis.findings, key=lambda f: _GRAVITY.get(f.severity, 3))
        ],
        "sources": [_source(row) for row in records.head(MOST_ROWS).to_dict("records")],
        "sources_left": max(len(records) - MOST_ROWS, 0),
        "judge": _judge(diagnosis.verdicts),
    }


def evidence_words(
    verdicts: pd.DataFrame, half_cycles: pd.DataFrame | None = None
) -> dict[str, Any]:
    """Return the rows of the table of evidence, and how many runs of states it leaves out.

    Parameters
    ----------
    verdicts : DataFrame
        Of one cell.
    half_cycles : DataFrame, optional
        Of its diagnosis, for the cycles' numbers in the files.
    """
    rows, left = evidence_table(verdicts, half_cycles, most=MOST_RUNS)
    return {"runs": [asdict(row) for row in rows], "runs_left": left}


_GRAVITY: Final = {"error": 0, "warning": 1, "note": 2}


ONSET_FACT: Final = "charge passed before the onset"
"""A fact that only a verdict tells."""


def _facts(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    cell: Cell = diagnosis.cell
    told = []
    for field, word, unit in _FACTS:
        value = getattr(cell, field)
        if value not in (None, ""):
            shown = number(value) if isinstance(value, int | float) else plain(value)
            told.append((word, f"{shown} {unit}".strip()))
    capacity = as_float(diagnosis.summary.get("onset_areal_capacity_mah_per_cm2"))
    if math.isfinite(capacity):
        told.append((ONSET_FACT, f"{number(capacity)} mAh cm⁻²"))
    return told


def _figure(figure: Figure, diagnosis: Diagnosis) -> dict[str, Any]:
    from softbreak.report.html import embedded

    return {
        "title": figure.title,
        "caption": figure.caption,
        "square": figure.equal_aspect,
        "height": round(figure.height * PIXELS_A_CM),
        "json": embedded(to_plotly(figure)),
        "tables": _tables(figure.name, diagnosis),
    }


def _tables(name: str, diagnosis: Diagnosis) -> list[dict[str, Any]]:
    area = diagnosis.cell.area_cm2
    if name == "voltammetry" and len(diagnosis.voltammetry):
        return [_sweep_table(diagnosis.voltammetry, area)]
    if name == "nyquist" and len(diagnosis.impedance):
        return [_spectrum_table(diagnosis.impedance, area)]
    return []


def _sweep_table(table: pd.DataFrame, area: float | None) -> dict[str, Any]:
    current = current_scale(table["peak_current_ampere"].to_numpy(dtype=np.float64), area)
    ohm = resistance_scale(table["chord_resistance_ohm"].to_numpy(dtype=np.float64), area)
    heads = (
        "CV", "cycle", "at / h", f"peak current / {current.unit}", "ω to the cycle before",
        f"V/I at common voltage / {ohm.unit}", "ω there, to the first", "R² of a line",
    )  # fmt: skip
    rows = [
        (
            integer(row["series"] + 1),
            integer(cycle_number(row["sweep"])),
            hours(row["time_second"]).removesuffix(" h"),
            number(current.factor * as_float(row["peak_current_ampere"])),
            percent(row["omega_literal"], signed=True),
            number(ohm.factor * as_float(row["chord_resistance_ohm"])),
            percent(row["omega_chord"], signed=True),
            number(row["linearity"], 5),
        )
        for row in table.head(MOST_ROWS).to_dict("records")
    ]
    return {"title": "The numbers of each CV cycle", "heads": heads, "rows": rows, "open": False}


def _spectrum_table(table: pd.DataFrame, area: float | None) -> dict[str, Any]:
    known = table[["high_frequency_resistance_ohm", "low_frequency_resistance_ohm"]]
    scale = resistance_scale(known.to_numpy(dtype=np.float64), area)
    heads = (
        "EIS", "at / h", f"R_HF / {scale.unit}", f"R_LF / {scale.unit}",
        "Kramers–Kronig residual", "η_e (90 %)",
    )  # fmt: skip
    rows = [
        (
            integer(row["spectrum"] + 1),
            hours(row["time_second"]).removesuffix(" h"),
            _high_end(row, scale),
            number(scale.factor * as_float(row["low_frequency_resistance_ohm"])),
            percent(row["kramers_kronig_residual"]),
            interval(
                row["electronic_fraction"],
                row["electronic_fraction_lower"],
                row["electronic_fraction_upper"],
            ),
        )
        for row in table.head(MOST_ROWS).to_dict("records")
    ]
    title = "The numbers of each spectrum (the electronic resistance is at least R_LF)"
    return {"title": title, "heads": heads, "rows": rows, "open": len(rows) <= 8}


def _high_end(row: dict[Any, Any], scale: Scale) -> str:
    """The high-frequency intercept, where the spectrum reaches it."""
    if not row.get("high_frequency_resolved", True):
        return "not resolved"
    return number(scale.factor * as_float(row["high_frequency_resistance_ohm"]))


def _source(row: dict[Any, Any]) -> tuple[str, ...]:
    return (
        plain(row["path"]),
        plain(row["technique"]),
        plain(row["method"]),
        plain(row["reader"]),
        integer(row["rows"]),
        hours(row["start_time_second"]).removesuffix(" h"),
    )


def _judge(verdicts: pd.DataFrame) -> str:
    if verdicts.empty:
        return ""
    return f"Judged by {verdicts['detector'].iloc[0]} {verdicts['detector_version'].iloc[0]}."
