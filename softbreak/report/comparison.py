"""The report of a comparison of detectors: one page that opens from disk, and a CSV a table.

Everything on the page is drawn from the tables that lie beside it, so that a reader can check it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.report.comparison_figures import comparison_figures
from softbreak.report.html import copy_assets, embedded, environment, write
from softbreak.report.number_words import MISSING, number, percent
from softbreak.report.render_plotly import to_plotly

LAWS: Final = {
    "b": "law set b: laws of ageing, contact, noise and sampling that no detector was trained or "
    "tuned on",
    "a": "law set a: fresh cells of the laws that detectors were developed on",
}
BASELINES: Final = ("always healthy", "always soft")
Tables = Mapping[str, pd.DataFrame]


def write_comparison(
    directory: Path, tables: Tables, *, facts: Sequence[tuple[str, str]], command: str
) -> Path:
    """Write the page and the tables; return the page.

    Parameters
    ----------
    directory : pathlib.Path
        Is made where it does not exist.
    tables : mapping of str to pandas.DataFrame
        As ``softbreak.training.compare.tables_of`` gives them.
    facts : sequence of (name, value)
        Seeds, versions and whatever else a reader needs to do it again.
    command : str
        That does it again.
    """
    (directory / "tables").mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(directory / "tables" / f"{name}.csv", index=False, float_format="%.6g")
    copy_assets(directory / "assets")
    page = directory / "index.html"
    context = _context(tables) | {"facts": list(facts), "command": command}
    write(page, environment().get_template("comparison.html").render(**context))
    return page


def _context(tables: Tables) -> dict[str, Any]:
    groups = tables["scores"][["laws", "setting"]].drop_duplicates().to_numpy().tolist()
    return {
        "title": "softbreak: detectors compared",
        "root": "",
        "crumb": "comparison of detectors",
        "groups": [_group(tables, laws, setting) for laws, setting in groups],
        "own": _own(tables["own_units"]),
        "csv": sorted(tables),
    }


def _of(table: pd.DataFrame, laws: str, setting: str) -> pd.DataFrame:
    return table[(table["laws"] == laws) & (table["setting"] == setting)]


def _group(tables: Tables, laws: str, setting: str) -> dict[str, Any]:
    """Everything about one law set with one kind of evidence left."""
    own = {name: _of(table, laws, setting) for name, table in tables.items()}
    figures = comparison_figures(own, f"{laws}-{setting.replace(' ', '-')}")
    return {
        "name": f"Law set {laws}, {setting}",
        "key": f"{laws}-{setting.replace(' ', '-')}",
        "about": LAWS.get(laws, ""),
        "prevalence": _prevalence(own["prevalence"].iloc[0]),
        "tables": [_main(own, columns) for columns in (_STATES, _REST)],
        "differences": _differences(own["differences"]),
        "figures": [
            {
                "title": figure.title,
                "caption": figure.caption,
                "square": figure.equal_aspect,
                "height": round(figure.height * 42.0),
                "name": figure.name,
                "json": embedded(to_plotly(figure)),
            }
            for figure in figures
        ],
        "alarms": _pivot(own["false_alarms"], "family", "false_alarms", _heat_alarms),
        "families": _pivot(own["families"], "family", "soft_recall", _heat_recall),
        "missed": _pivot(own["families"], "family", "wrong_healthy", _heat_alarms),
        "chemistries": _pivot(own["chemistries"], "chemistry", "macro_f1", _heat_recall),
        "confusions": _confusions(own["confusion"]),
    }


def _prevalence(row: pd.Series) -> str:
    evidence = {
        "has_voltammetry": "voltammetry",
        "has_impedance": "impedance",
        "has_temperature": "a logged temperature",
        "has_electrolyte": "thickness and conductivity",
        "has_area": "an area",
    }
    has = ", ".join(f"{row[key]:.0%} {name}" for key, name in evidence.items() if key in row)
    return (
        f"{row['cells']:,.0f} simulated cells, {row['cells_broken']:,.0f} of which break down; "
        f"{row['cycles']:,.0f} cycles: {row['share_healthy']:.1%} healthy, "
        f"{row['share_soft']:.1%} soft, {row['share_hard']:.1%} hard. Of the cells have: {has}."
    )


_STATES: Final = (
    ("Answered", "coverage"),
    ("Macro F1, answered", "macro_f1"),
    ("… without guard bands", "macro_f1_clear"),
    ("… undetermined is an error", "macro_f1_forced"),
    ("F1 healthy / soft / hard", "f1"),
    ("Balanced accuracy", "balanced_accuracy"),
    ("Wrong “healthy” per 1000", "wrong_healthy"),
    ("False alarms per 1000", "false_alarms"),
    ("Alarms that are true, at 5 % faulty", "alarm_precision_rare"),
)
_REST: Final = (
    ("ECE", "ece"),
    ("Brier", "brier"),
    ("Error of η", "eta_error"),
    ("Interval of η holds", "eta_interval_coverage"),
    ("… of soft and hard", "eta_interval_coverage_short"),
    ("Onset: median delay", "onset_delay_median"),
    ("… within 2 cycles", "onset_within_2"),
    ("… missed", "onset_missed"),
    ("Abrupt onsets: delay", "onset_delay_median_abrupt"),
    ("… missed", "onset_missed_abrupt"),
    ("Hard ones warned of", "lead_share"),
    ("… by / h", "lead_hour_median"),
    ("Cost / µs a cycle", "cost"),
)


def _main(own: Mapping[str, pd.DataFrame], columns: Sequence[tuple[str, str]]) -> dict[str, Any]:
    intervals = {
        (row["detector"], row["score"]): (row["lower"], row["upper"])
        for row in own["intervals"].to_dict("records")
    }
    costs = own["costs"].set_index("detector")["microsecond_per_cycle"].to_dict()
    rows = []
    for row in own["scores"].to_dict("records"):
        name = row["detector"]
        told = row | {"cost": costs.get(name, math.nan)}
        cells = [_cell(told, key, intervals.get((name, key))) for _, key in columns]
        rows.append({"name": name, "cells": cells, "trivial": name in BASELINES})
    return {"heads": [head for head, _ in columns], "rows": rows}


def _cell(row: Mapping[Any, Any], key: str, ends: tuple[float, float] | None) -> dict[str, str]:
    if key == "f1":
        told = " / ".join(_two(row[f"f1_{state}"]) for state in ("healthy", "soft", "hard"))
        return {"value": told, "interval": ""}
    tell = _tell(key)
    if ends is None:
        return {"value": tell(row[key]), "interval": ""}
    return {"value": tell(row[key]), "interval": f"{tell(ends[0])} – {tell(ends[1])}"}


_SHARES: Final = (
    "coverage",
    "alarm_precision",
    "eta_interval",
    "onset_within",
    "onset_missed",
    "lead_share",
)


def _tell(key: str) -> Callable[[float], str]:
    """How a score is written."""
    if key in ("wrong_healthy", "false_alarms", "cost"):
        return _thousand
    if key in ("ece", "eta_error"):
        return _three
    if key.startswith(("onset_delay", "lead_hour")):
        return number
    return percent if key.startswith(_SHARES) else _two


def _two(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else MISSING


def _three(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else MISSING


def _thousand(value: float) -> str:
    if not math.isfinite(value):
        return MISSING
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _signed(value: float) -> str:
    return f"{value:+.2f}" if math.isfinite(value) else MISSING


def _difference(row: Mapping[Any, Any], name: str) -> dict[str, Any]:
    value, low, high = (
        float(row.get(f"{name}{end}", math.nan)) for end in ("", "_lower", "_upper")
    )
    return {
        "value": _signed(value),
        "interval": f"{_signed(low)} to {_signed(high)}" if math.isfinite(value) else "",
        "beyond": low > 0.0 or high < 0.0,
    }


def _differences(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for row in table.to_dict("records"):
        if row["detector"] in BASELINES:
            continue
        told = {name: _difference(row, name) for name in ("macro_f1", "macro_f1_common")}
        rows.append(
            {
                "detector": row["detector"],
                "reference": row["reference"],
                **told,
                "forced": _difference(row, "macro_f1_forced"),
                "both": percent(row.get("both_answered", math.nan)),
                "cells": f"{row['cells_only_detector_right']} : "
                f"{row['cells_only_reference_right']}",
                "p": _p_value(row["cells_mcnemar_p"]),
                "cycles": f"{row['cycles_only_detector_right']:,} : "
                f"{row['cycles_only_reference_right']:,}",
            }
        )
    return rows


def _p_value(p: float) -> str:
    return "< 0.001" if p < 1e-3 else f"{p:.3f}"


def _heat_alarms(value: float) -> float:
    """0 at no error, 1 from 100 per 1000 on."""
    return min(math.sqrt(max(value, 0.0) / 100.0), 1.0)


def _heat_recall(value: float) -> float:
    """0 at 1, 1 at 0.5 and below."""
    return min(max((1.0 - value) / 0.5, 0.0), 1.0)


def _pivot(
    table: pd.DataFrame, rows: str, value: str, heat: Callable[[float], float]
) -> dict[str, Any]:
    """One row a family (or chemistry), one column a detector, shaded by how bad it is."""
    known = table[~table["detector"].isin(BASELINES)]
    detectors = list(dict.fromkeys(known["detector"]))
    size = known.drop_duplicates(rows).set_index(rows)[["cells", "cycles"]]
    wide = known.pivot_table(index=rows, columns="detector", values=value, sort=False, dropna=False)
    tell = _thousand if heat is _heat_alarms else _two
    out = []
    for name in dict.fromkeys(known[rows]):
        values = [float(wide.loc[name, d]) if name in wide.index else math.nan for d in detectors]
        if not np.isfinite(values).any():
            continue
        cells = [
            {"value": tell(v), "heat": f"{heat(v) if math.isfinite(v) else 0:.2f}"} for v in values
        ]
        told = str(name).replace("_", " ")
        number = f"{size.loc[name, 'cells']:,.0f} / {size.loc[name, 'cycles']:,.0f}"
        out.append({"name": told, "size": number, "cells": cells})
    return {"detectors": detectors, "rows": out}


def _confusions(table: pd.DataFrame) -> list[dict[str, Any]]:
    said = ["healthy", "soft", "hard", "undetermined"]
    out = []
    for name, part in table.groupby("detector", sort=False):
        if name in BASELINES:
            continue
        rows = []
        for row in part.to_dict("records"):
            total = sum(row[column] for column in said)
            cells = [
                {
                    "count": f"{row[column]:,}",
                    "share": f"{row[column] / total:.0%}" if total else MISSING,
                    "heat": f"{row[column] / total if total else 0:.2f}",
                    "right": column == row["true"],
                }
                for column in said
            ]
            rows.append({"true": row["true"], "cells": cells})
        out.append({"name": name, "rows": rows})
    return out


def _own(table: pd.DataFrame) -> list[list[str]]:
    return [
        [
            f"{row['laws']}, {row['setting']}",
            row["detector"],
            row["unit"],
            f"{row['units']:,}",
            percent(row["coverage"]),
            f"{row['cells_without']:,}",
        ]
        for row in table.to_dict("records")
    ]
