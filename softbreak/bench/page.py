"""All entrants side by side: a page, a CSV and a table for the docs."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pandas as pd

import softbreak
from softbreak.bench.editions import PARTS, VERSION
from softbreak.bench.make import edition_of
from softbreak.bench.score import by_group, score_folder, scorings
from softbreak.report.html import copy_assets, environment, write
from softbreak.training import metrics

HEADS: Final = {
    "coverage": "answered",
    "risk": "wrong, of answered",
    "macro_f1": "macro F1",
    "macro_f1_forced": "macro F1, all",
    "wrong_healthy": "wrong “healthy” /1000",
    "false_alarms_1000h": "false alarms /1000 h",
    "onset_delay_median": "onset delay",
    "onset_missed": "onsets missed",
    "eta_error": "η error",
    "eta_interval_coverage": "η in interval",
    "eta_interval_width": "… its width",
    "ece_fault": "ECE",
    "area_under_risk": "AURC",
    "ms_per_cycle": "ms/cycle",
}
SMALLER_IS_BETTER: Final = frozenset(HEADS) - {
    "coverage", "macro_f1", "macro_f1_forced", "eta_interval_coverage",
}  # fmt: skip
_BASELINES: Final = ("always-healthy", "by-chance")
_LOW: Final = 100.0
_GROUPS: Final[dict[str, tuple[str, Callable[[pd.DataFrame], float]]]] = {
    "family": (
        "Wrong “healthy” per 1000 cycles with η above 20 %, by family",
        metrics.wrong_healthy,
    ),
    "level": ("False alarms per 1000 healthy cycles, by difficulty", metrics.false_alarms),
    "chemistry": (
        "Macro F1 of answered cycles, by chemistry",
        lambda judged: float(metrics.macro_f1(metrics.confusion(judged))),
    ),
}


def shown(value: float) -> str:
    """Return a number in three digits; a dash for what is not defined."""
    if math.isnan(value):
        return "–"
    return f"{value:.0f}" if abs(value) >= _LOW else f"{value:.3g}"


def write_page(folder: Path) -> Path:
    """Score every entry and write ``index.html``, ``scores.csv`` and ``scores.md``.

    Parameters
    ----------
    folder : Path
        A benchmark with entries.

    Returns
    -------
    Path
        The page.
    """
    edition, scores = edition_of(folder), score_folder(folder)
    write(folder / "scores.csv", scores.to_csv(index=False, float_format="%.6g"))
    write(folder / "scores.md", markdown(scores))
    copy_assets(folder / "assets")
    known = scorings(folder)
    context = {
        "title": f"{VERSION}, edition {edition.name}",
        "root": "",
        "crumb": "benchmark",
        "facts": [
            ("benchmark", VERSION),
            ("edition", f"{edition.name}: {sum(edition.counts)} cells of {edition.cycles} cycles"),
            ("cells", "simulated"),
            ("softbreak", softbreak.__version__),
        ],
        "heads": list(HEADS.values()),
        "sets": [_set(scores, part.name) for part in reversed(PARTS)],
        "groups": [_group(folder, column) for column in _GROUPS],
        "scorings": known.groupby("entrant", sort=True)["number"].max().items(),
    }
    page = folder / "index.html"
    write(page, environment().get_template("benchmark.html").render(**context))
    return page


def _set(scores: pd.DataFrame, name: str) -> dict[str, Any]:
    part = scores[scores["set"] == name] if len(scores) else scores
    rows = []
    for row in part.to_dict("records"):
        cells = []
        for column in HEADS:
            interval = _interval(row, column)
            best = row[column] == best_of(part, column)
            cells.append({"value": shown(float(row[column])), "interval": interval, "best": best})
        trivial = row["entrant"] in _BASELINES
        rows.append({"name": row["entrant"], "trivial": trivial, "cells": cells})
    return {"name": name, "hidden": name == PARTS[-1].name, "rows": rows}


def _interval(row: dict[Any, Any], column: str) -> str:
    if f"{column}_lower" not in row:
        return ""
    return " to ".join(shown(float(row[f"{column}_{end}"])) for end in ("lower", "upper"))


def best_of(part: pd.DataFrame, column: str) -> float:
    """Return the best value of a column among entrants that are no baselines."""
    values = part.loc[~part["entrant"].isin(_BASELINES), column]
    return float(values.min() if column in SMALLER_IS_BETTER else values.max())


def _group(folder: Path, column: str) -> dict[str, Any]:
    title, score = _GROUPS[column]
    table = by_group(folder, column, score)
    rows = [
        {"name": name, "cells": [shown(float(value)) for value in row]}
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return {"title": title, "heads": list(table.columns), "rows": rows}


def markdown(scores: pd.DataFrame, part: str = PARTS[-1].name) -> str:
    """Return the table of a set for the docs; the best of each column is bold.

    Parameters
    ----------
    scores : DataFrame
        See :func:`softbreak.bench.score.score_folder`.
    part : str
    """
    mine = scores[scores["set"] == part] if len(scores) else scores
    lines = ["| entrant | " + " | ".join(HEADS.values()) + " |", "|---" * (1 + len(HEADS)) + "|"]
    for row in mine.to_dict("records"):
        cells = []
        for column in HEADS:
            text = shown(float(row[column]))
            best = row["entrant"] not in _BASELINES and row[column] == best_of(mine, column)
            cells.append(f"**{text}**" if best else text)
        lines.append(f"| {row['entrant']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
