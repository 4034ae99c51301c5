"""What one cell's page says: everything but its markup."""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd

from softbreak.data.record import Cell
from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report.drawing import Figure
from softbreak.report.figures import figures_of
from softbreak.report.render_plotly import PIXELS_A_CM, to_plotly
from softbreak.report.states import Run, evidence_of, runs_of, telling_row, telling_runs
from softbreak.report.words import (
    MISSING,
    as_float,
    duration,
    integer,
    interval,
    number,
    percent,
    plain,
)

MOST_RUNS: Final = 30
MOST_SENTENCES: Final = 3
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
        **evidence_words(diagnosis.verdicts),
        "findings": [
            {"severity": finding.severity, "sentence": plain(finding.sentence)}
            for finding in sorted(diagnosis.findings, key=lambda f: _GRAVITY.get(f.severity, 3))
        ],
        "sources": [_source(row) for row in records.head(MOST_ROWS).to_dict("records")],
        "sources_left": max(len(records) - MOST_ROWS, 0),
        "judge": _judge(diagnosis.verdicts),
    }


def evidence_words(verdicts: pd.DataFrame) -> dict[str, Any]:
    """Return the rows of the table of evidence, and how many runs of states it leaves out.

    Parameters
    ----------
    verdicts : DataFrame
        Of one cell.
    """
    runs = runs_of(verdicts)
    return {
        "runs": [_run(run, verdicts) for run in telling_runs(runs, MOST_RUNS)],
        "runs_left": max(len(runs) - MOST_RUNS, 0),
    }


_GRAVITY: Final = {"error": 0, "warning": 1, "note": 2}


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
        told.append(("charge passed before the onset", f"{number(capacity)} mAh cm⁻²"))
    return told


def _run(run: Run, verdicts: pd.DataFrame) -> dict[str, Any]:
    """One row of evidence: neighbouring cycles of one state, with the most telling reasons."""
    rows = verdicts.iloc[run.first_row : run.last_row + 1]
    telling = verdicts.iloc[telling_row(run)]
    middle = rows["electronic_fraction"].median() if len(rows) else math.nan
    lower, upper = (rows[f"electronic_fraction_{end}"].median() for end in ("lower", "upper"))
    transient = int(rows["transient_short"].sum())
    sentences = [plain(item.sentence) for item in evidence_of(telling["evidence"])]
    return {
        "state": str(run.state),
        "cycles": run.cycles.removeprefix("cycles ").removeprefix("cycle "),
        "begin": duration(run.start_second),
        "eta": interval(middle, lower, upper) if math.isfinite(as_float(middle)) else MISSING,
        "sentences": [s for s in sentences if s][:MOST_SENTENCES],
        "basis": _stands_on(rows),
        "transient": f"Short excursions of the voltage in {transient} of these cycles."
        if transient
        else "",
    }


def _stands_on(rows: pd.DataFrame) -> str:
    """What neighbouring verdicts of one state rest on, in words."""
    if "basis" not in rows:
        return ""
    found = [plain(basis) for basis in rows["basis"].dropna().unique() if basis]
    return f"Stands on: {', '.join(found)}." if found else ""


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
    if name == "voltammetry" and len(diagnosis.voltammetry):
        return [_sweep_table(diagnosis.voltammetry)]
    if name == "nyquist" and len(diagnosis.impedance):
        return [_spectrum_table(diagnosis.impedance)]
    return []


def _sweep_table(table: pd.DataFrame) -> dict[str, Any]:
    heads = (
        "CV", "cycle", "at", "peak current / mA", "ω to the cycle before",
        "V/I at common voltage / Ω", "ω there, to the first", "R² of a line",
    )  # fmt: skip
    rows = [
        (
            integer(row["series"] + 1),
            integer(row["sweep"]),
            duration(row["time_second"]),
            number(1e3 * as_float(row["peak_current_ampere"])),
            percent(row["omega_literal"], signed=True),
            number(row["chord_resistance_ohm"]),
            percent(row["omega_chord"], signed=True),
            number(row["linearity"], 5),
        )
        for row in table.head(MOST_ROWS).to_dict("records")
    ]
    return {"title": "The numbers of each CV cycle", "heads": heads, "rows": rows, "open": False}


def _spectrum_table(table: pd.DataFrame) -> dict[str, Any]:
    heads = ("EIS", "at", "R_HF / Ω", "R_LF / Ω", "Kramers–Kronig residual", "η_e (90 %)")
    rows = [
        (
            integer(row["spectrum"] + 1),
            duration(row["time_second"]),
            number(row["high_frequency_resistance_ohm"]),
            number(row["low_frequency_resistance_ohm"]),
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


def _source(row: dict[Any, Any]) -> tuple[str, ...]:
    return (
        plain(row["path"]),
        plain(row["technique"]),
        plain(row["method"]),
        plain(row["reader"]),
        integer(row["rows"]),
        duration(row["start_time_second"]),
    )


def _judge(verdicts: pd.DataFrame) -> str:
    if verdicts.empty:
        return ""
    return f"Judged by {verdicts['detector'].iloc[0]} {verdicts['detector_version'].iloc[0]}."
