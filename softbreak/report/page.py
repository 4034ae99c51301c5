"""The offline report: an index of cells and one page a cell, opened from disk.

Names come from files and are untrusted: templates escape everything, file names are rewritten
(:func:`softbreak.report.words.safe_name`), and JSON inside a page cannot end its script.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pandas as pd

from softbreak.models.diagnosis import Diagnosis
from softbreak.report.cell_page import cell_context
from softbreak.report.figures import figures_of
from softbreak.report.states import LOOKS, packed_strip
from softbreak.report.words import as_float, duration, integer, percent, plain, safe_name
from softbreak.verdict import State

CITATION: Final = (
    "The definitions of soft and hard breakdown, and the CV and impedance rules: C. Wang et al., "
    "Identifying soft breakdown in all-solid-state lithium battery, Joule 2022, "
    "doi 10.1016/j.joule.2022.05.020."
)
MOST_FAILURES: Final = 500
"""Failures that the index lists; all of them stand in ``failures.parquet``."""


def write_report(
    directory: Path,
    *,
    run: Mapping[str, Any],
    cells: pd.DataFrame,
    failures: pd.DataFrame,
    diagnoses: Iterable[Diagnosis],
) -> Path:
    """Write the report; return its first page.

    Parameters
    ----------
    directory : pathlib.Path
        Is made where it does not exist; pages of cells that are gone are removed.
    run : mapping
        The content of ``run.json``.
    cells, failures : pandas.DataFrame
        The rows of ``cells.parquet`` and ``failures.parquet``.
    diagnoses : iterable of Diagnosis
        Looked at one at a time.

    Returns
    -------
    pathlib.Path
        ``directory/index.html``
    """
    pages = directory / "cell"
    pages.mkdir(parents=True, exist_ok=True)
    _copy_assets(directory / "assets")
    template = _environment().get_template("cell.html")
    extras: dict[str, dict[str, Any]] = {}
    for diagnosis in diagnoses:
        name = safe_name(_identity(diagnosis))
        _write(pages / f"{name}.html", template.render(root="../", **cell_context(diagnosis)))
        extras[_identity(diagnosis)] = _extras(diagnosis, f"cell/{name}.html")
    kept = {extra["page"].removeprefix("cell/") for extra in extras.values()}
    for stale in pages.glob("*.html"):
        if stale.name not in kept:
            stale.unlink()
    index = directory / "index.html"
    _write(
        index,
        _environment().get_template("index.html").render(**_index(run, cells, failures, extras)),
    )
    return index


def static_figures(
    diagnosis: Diagnosis, directory: Path, formats: Sequence[str] = ("png",)
) -> list[Path]:
    """Draw a cell's pictures into files.

    Parameters
    ----------
    diagnosis : Diagnosis
    directory : pathlib.Path
        Is made where it does not exist.
    formats : sequence of {"png", "svg", "pdf"}

    Returns
    -------
    list of pathlib.Path
    """
    from softbreak.report.render_static import save

    directory.mkdir(parents=True, exist_ok=True)
    stem = safe_name(_identity(diagnosis))
    return [
        save(figure, directory / f"{stem}-{figure.name}.{kind}", heading=_identity(diagnosis))
        for figure in figures_of(diagnosis)
        for kind in formats
    ]


def embedded(value: object) -> Any:
    """Return JSON that can stand inside a script element, marked as safe for the template."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)


def _identity(diagnosis: Diagnosis) -> str:
    return str(diagnosis.summary.get("cell_id") or diagnosis.cell.cell_id)


def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("softbreak.report"), autoescape=True, undefined=StrictUndefined
    )
    made.filters["embedded"] = embedded
    return made


def _write(path: Path, text: str) -> None:
    """Write whole or not at all: a page that somebody has open is never half a page."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _copy_assets(directory: Path) -> None:
    from softbreak.report.render_plotly import library_path

    directory.mkdir(parents=True, exist_ok=True)
    for asset in files("softbreak.report").joinpath("assets").iterdir():
        if asset.is_file():
            (directory / asset.name).write_bytes(asset.read_bytes())
    script, copy = library_path(), directory / "plotly.min.js"
    if not copy.exists() or copy.stat().st_size != script.stat().st_size:
        shutil.copyfile(script, copy)


def _extras(diagnosis: Diagnosis, page: str) -> dict[str, Any]:
    """What the index shows of a cell beyond its row."""
    verdicts = diagnosis.verdicts
    state = str(diagnosis.summary.get("state"))
    of_state = verdicts.loc[verdicts["state"] == state, "electronic_fraction"]
    eta = as_float(of_state.median()) if of_state.notna().any() else math.nan
    return {"page": page, "strip": packed_strip(verdicts), "eta": eta}


def _index(
    run: Mapping[str, Any],
    cells: pd.DataFrame,
    failures: pd.DataFrame,
    extras: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    states = [str(state) for state in (State.HARD, State.SOFT, State.UNDETERMINED, State.HEALTHY)]
    rows = [_row(row, extras) for row in cells.to_dict("records")]
    numbers = [{"name": state, "value": _count(rows, state), "label": state} for state in states]
    cycles = sum(row["cycles"] or 0 for row in rows)
    short = _count(rows, "hard") + _count(rows, "soft")
    told = [
        {"name": "", "value": integer(len(rows)), "label": "cells"},
        {"name": "", "value": integer(cycles), "label": "cycles"},
        *numbers,
        {"name": "", "value": integer(len(failures)), "label": "files not used"},
    ]
    fills = {look.letter: look.fill for look in LOOKS.values()}
    return {
        "title": "softbreak report",
        "root": "",
        "crumb": "",
        "headline": _headline(len(rows), short),
        "counts": told,
        "looks": states,
        "failures": [
            {name: plain(row.get(name, "")) for name in ("path", "stage", "error", "remedy")}
            for row in failures.head(MOST_FAILURES).to_dict("records")
        ],
        "failures_left": max(len(failures) - MOST_FAILURES, 0),
        "rows": embedded({"rows": rows, "states": states, "fills": fills}),
        "facts": _run_facts(run),
        "citations": [CITATION],
    }


def _headline(cells: int, short: int) -> str:
    if not cells:
        return "No cells were found"
    if not short:
        return "No breakdown was found" if cells > 1 else "No breakdown was found in this cell"
    return f"{short} of {cells} cells broke down" if cells > 1 else "This cell broke down"


def _count(rows: Sequence[Mapping[str, Any]], state: str) -> int:
    return sum(row["state"] == state for row in rows)


def _row(row: Mapping[Any, Any], extras: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    identity = str(row["cell_id"])
    extra = extras.get(identity, {})
    onset, eta = as_float(row.get("onset_time_second")), as_float(extra.get("eta"))
    return {
        "rank": _or_none(row.get("rank")),
        "cell": plain(identity),
        "page": extra.get("page"),
        "state": str(row["state"]),
        "strip": extra.get("strip", ""),
        "onset": _or_none(onset),
        "onset_text": duration(onset),
        "eta": _or_none(eta),
        "eta_text": percent(eta),
        "cycles": _or_none(row.get("n_cycles")),
        "words": plain(row.get("summary", "")),
    }


def _or_none(value: object) -> float | int | None:
    number = as_float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _run_facts(run: Mapping[str, Any]) -> str:
    """Say in a line what made this report."""
    arguments = run.get("arguments") or {}
    told = [f"softbreak {plain(run.get('softbreak', ''))}".strip()]
    told += [
        f"{name} {plain(arguments[name])}"
        for name in ("archive", "detector")
        if arguments.get(name)
    ]
    total = as_float((run.get("timings") or {}).get("total_second"))
    if math.isfinite(total):
        told.append(f"took {duration(total)}")
    if run.get("interrupted"):
        told.append("interrupted: not all cells were looked at")
    return ", ".join(told) + "."
