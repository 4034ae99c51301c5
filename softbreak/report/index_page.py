"""What the ranked page says: everything but its markup."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.report.lives import Life
from softbreak.report.number_words import (
    as_float,
    duration,
    hours,
    integer,
    percent,
    plain,
    stands_on,
)
from softbreak.report.states import LOOKS
from softbreak.verdict import BASIS_COUNTS, State

CITATION: Final = (
    "The definitions of soft and hard breakdown, and the CV and impedance rules: C. Wang et al., "
    "Identifying soft breakdown in all-solid-state lithium battery, Joule 2022, "
    "doi 10.1016/j.joule.2022.05.020."
)
MOST_FAILURES: Final = 500
"""Failures that the index lists; all of them stand in ``failures.parquet``."""

_WHOLE: Final = ("healthy", "undetermined")
"""States that do not tell of a short by themselves."""
_UNKNOWN: Final = Life("", math.nan)


def index_context(
    run: Mapping[str, Any],
    cells: pd.DataFrame,
    failures: pd.DataFrame,
    lives: Mapping[str, Life],
    pages: Mapping[str, str],
) -> dict[str, Any]:
    """Return what the index's template needs.

    Parameters
    ----------
    run : mapping
        The content of ``run.json``.
    cells, failures : pandas.DataFrame
    lives : mapping
        By cells' names; a cell without one has no strip.
    pages : mapping
        The cells' pages that are there.
    """
    states = [str(state) for state in (State.HARD, State.SOFT, State.UNDETERMINED, State.HEALTHY)]
    rows = [_row(row, lives, pages) for row in cells.to_dict("records")]
    numbers = [{"name": state, "value": _count(rows, state), "label": state} for state in states]
    cycles = sum(row["cycles"] or 0 for row in rows)
    short = _count(rows, "hard") + _count(rows, "soft")
    passed = sum(bool(row["passed"]) for row in rows)
    told = [
        {"name": "", "value": integer(len(rows)), "label": "cells"},
        {"name": "", "value": integer(cycles), "label": "cycles"},
        *numbers,
        {"name": "", "value": integer(len(failures)), "label": "files not used"},
    ]
    joined = list(run.get("joined") or ())
    fills = {look.letter: look.fill for look in LOOKS.values()}
    return {
        "title": "softbreak report",
        "root": "",
        "crumb": "",
        "headline": _headline(len(rows), short, _count(rows, "undetermined")) + _passing(passed),
        "counts": told,
        "stands_on": _stands_on(cells),
        "looks": states,
        "failures": [
            {name: plain(row.get(name, "")) for name in ("path", "stage", "error", "remedy")}
            for row in failures.head(MOST_FAILURES).to_dict("records")
        ],
        "joined": [
            {"cell": plain(row.get("cell_id", "")), "told": plain(row.get("told", ""))}
            for row in joined[:MOST_FAILURES]
        ],
        "joined_left": max(len(joined) - MOST_FAILURES, 0),
        "failures_left": max(len(failures) - MOST_FAILURES, 0),
        "pages_left": len(rows) - len(pages) if pages else 0,
        "pages": integer(len(pages)),
        "rows": {"rows": rows, "states": states, "fills": fills},
        "facts": _run_facts(run),
        "citations": [CITATION],
    }


def _stands_on(cells: pd.DataFrame) -> str:
    counted = [name for name in BASIS_COUNTS if name in cells]
    return stands_on({name: int(cells[name].sum()) for name in counted})


def _headline(cells: int, short: int, undetermined: int) -> str:
    if not cells:
        return "No cells were found"
    if not short and undetermined:
        return _undecided(cells, undetermined)
    if not short:
        return "No breakdown was found" if cells > 1 else "No breakdown was found in this cell"
    return (
        f"{integer(short)} of {integer(cells)} cells broke down"
        if cells > 1
        else "This cell broke down"
    )


def _passing(cells: int) -> str:
    """A short that came and went is no state of a cell, and is not silent either."""
    if not cells:
        return ""
    which = "one cell" if cells == 1 else f"{integer(cells)} cells"
    return f"; in {which} a short came and passed"


def _undecided(cells: int, undetermined: int) -> str:
    """Silence about cells that were not judged would read as their health."""
    judged, are = cells - undetermined, "is" if undetermined == 1 else "are"
    if not judged:
        told = f"{integer(undetermined)} of {integer(cells)} cells are undetermined"
        return f"Nothing could be decided: {told if cells > 1 else 'this cell is undetermined'}"
    which = f"{integer(judged)} cells" if judged > 1 else "one cell"
    return (
        f"No breakdown in the {which} that could be judged; "
        f"{integer(undetermined)} {are} undetermined"
    )


def onset_hours(row: Mapping[Any, Any]) -> str:
    """Return the onset in hours, without the unit: an interval where cycles before it are open.

    Parameters
    ----------
    row : mapping
        A row of ``cells.parquet``.
    """
    latest, earliest = (
        as_float(row.get(f"onset_{name}second")) for name in ("time_", "earliest_time_")
    )
    end = hours(latest).removesuffix(" h")
    if not earliest < latest:
        return end
    return f"{hours(earliest).removesuffix(' h')} to {end}"


def _count(rows: Sequence[Mapping[str, Any]], state: str) -> int:
    return sum(row["state"] == state for row in rows)


def _row(
    row: Mapping[Any, Any], lives: Mapping[str, Life], pages: Mapping[str, str]
) -> dict[str, Any]:
    identity = str(row["cell_id"])
    life = lives.get(identity, _UNKNOWN)
    onset, eta = as_float(row.get("onset_time_second")), life.electronic_fraction
    return {
        "rank": _or_none(row.get("rank")),
        "cell": plain(identity),
        "page": pages.get(identity),
        "state": str(row["state"]),
        "passed": str(row["state"]) in _WHOLE and row.get("ever_short") in (True, np.True_),
        "strip": life.strip,
        "onset": _or_none(onset),
        "onset_text": onset_hours(row),
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
    versions = run.get("versions") or {}
    told = [f"softbreak {plain(versions.get('softbreak', ''))}".strip()]
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
