"""Pictures of a model's validation for pages that show files: PNG, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.report.comparison_figures import BASELINES, comparison_figures
from softbreak.report.drawing import BLUE, ORANGE, QUIET
from softbreak.report.render_static import _styled, save

_CM: Final = 1 / 2.54
MOST_FEATURES: Final = 25
"""Features that a picture of importances holds."""
SAID: Final = ("healthy", "soft", "hard", "undetermined")


def evaluation_pictures(
    directory: Path,
    tables: Mapping[str, pd.DataFrame],
    importances: pd.Series,
    *,
    heading: str = "simulated cells",
) -> list[Path]:
    """Draw everything that a validation has tables for.

    Parameters
    ----------
    directory : pathlib.Path
        Is made where it does not exist.
    tables : mapping of str to pandas.DataFrame
        ``reliability, risk_coverage, onset_delay, confusion, false_alarms`` of one law set and
        setting; empty for none of them.
    importances : pandas.Series
        By feature.
    heading : str
        Over each picture: on which cells.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    if tables:
        for figure in comparison_figures(tables):
            written.append(save(figure, directory / f"{figure.name}.png", heading=heading))
        written.append(_confusions(directory / "confusion.png", tables["confusion"], heading))
        written.append(_alarms(directory / "false-alarms.png", tables["false_alarms"], heading))
    if len(importances):
        largest = importances.sort_values(ascending=False).head(MOST_FEATURES)
        title = "What moves the score: mean |SHAP| of a feature"
        written.append(_bars(directory / "importances.png", {"": largest}, title, "mean |SHAP|"))
    return written


def _named(table: pd.DataFrame) -> list[str]:
    return [name for name in dict.fromkeys(table["detector"]) if name not in BASELINES]


def _confusions(path: Path, table: pd.DataFrame, heading: str) -> Path:
    names = _named(table)
    with _styled():
        picture, axes = _picture(len(names), 6.2 * len(names) + 1.5, 6.5)
        for axis, name in zip(axes, names, strict=True):
            part = table[table["detector"] == name]
            counts = part[list(SAID)].to_numpy(dtype=float)
            share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
            axis.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
            for (row, column), value in np.ndenumerate(share):
                axis.text(
                    column,
                    row,
                    f"{value:.0%}\n{counts[row, column]:,.0f}",
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if value > 0.55 else "black",
                )
            axis.set_xticks(range(len(SAID)), ["healthy", "soft", "hard", "undet."])
            axis.set_yticks(range(len(part)), part["true"].tolist())
            axis.set_title(name, loc="left", fontsize=9)
            axis.set_xlabel("said")
        axes[0].set_ylabel("true")
        picture.suptitle(heading, x=0.01, ha="left", fontsize=9.5, fontweight="bold")
        picture.savefig(path, dpi=160)
    return path


def _alarms(path: Path, table: pd.DataFrame, heading: str) -> Path:
    rows = {
        name: table[table["detector"] == name]
        .assign(family=lambda t: t["family"].str.replace("_", " "))
        .set_index("family")["false_alarms"]
        .dropna()
        for name in _named(table)
    }
    title = f"{heading}: false alarms by healthy family"
    return _bars(path, rows, title, "false alarms per 1000 healthy cycles")


def _bars(path: Path, rows: Mapping[str, pd.Series], title: str, label: str) -> Path:
    """Draw groups of horizontal bars, the first on top."""
    first = next(iter(rows.values()))
    height = 0.8 / len(rows)
    colours = (BLUE, ORANGE, QUIET)
    with _styled():
        picture, (axis,) = _picture(1, 18.0, 2.5 + 0.28 * len(first) * (1 + len(rows)))
        for k, (name, values) in enumerate(rows.items()):
            place = np.arange(len(first)) + (k - 0.5 * (len(rows) - 1)) * height
            own = values.reindex(first.index).to_numpy(dtype=float)
            axis.barh(place, own, height, color=colours[k % 3], label=name or None)
        axis.set_yticks(range(len(first)), [str(name) for name in first.index])
        axis.invert_yaxis()
        axis.set_xlabel(label)
        axis.grid(axis="x")
        axis.set_title(title, loc="left", fontsize=9.5, fontweight="bold")
        if len(rows) > 1:
            axis.legend(loc="lower right")
        picture.savefig(path, dpi=160)
    return path


def _picture(columns: int, width: float, height: float) -> tuple[Any, list[Any]]:
    """A figure without global state, and its axes beside each other; sizes in cm."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = Figure(figsize=(width * _CM, height * _CM), layout="constrained")
    FigureCanvasAgg(picture)
    axes = [picture.add_subplot(1, columns, k + 1) for k in range(columns)]
    return picture, axes
