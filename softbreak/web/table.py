"""The table of cells: filters, groups, order and pages, by what stands in the address."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from softbreak.data.names import natural_key
from softbreak.report.number_words import chance, duration, interval, percent, plain
from softbreak.report.states import LOOKS
from softbreak.verdict import State
from softbreak.web.cells import CellRow, Cells

PAGE: Final = 50
MOST_CHOICES: Final = 40
"""Values of a column of the manifest that can be chosen among; with more it cannot be filtered."""
ORDERS: Final = ("rank", "name", "fraction", "lag", "cycles")
_STRIP: Final = 120
_LETTERS: Final = {look.letter: state.value for state, look in LOOKS.items()}
_RUN: Final = re.compile(r"([a-zA-Z])(\d{1,9})")


@dataclass(frozen=True, slots=True)
class View:
    """What somebody wants to see.

    Attributes
    ----------
    words : str
        Parts of names or sentences, all of which must occur.
    states : tuple of str
        None for all.
    alarms : bool
        Only cells with an alarm.
    facts : mapping of str to str
        Wanted values of the manifest's columns.
    group : str
        Column by whose values cells stand together.
    order : str
        Of ``ORDERS``.
    page : int
    """

    words: str = ""
    states: tuple[str, ...] = ()
    alarms: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    order: str = "rank"
    page: int = 0

    def address(self, **changed: Any) -> str:
        """Return the query of this view, with some of it changed."""
        told: list[tuple[str, str]] = [("q", self.words), ("group", self.group)]
        told += [("state", state) for state in self.states]
        told += [(f"f.{name}", value) for name, value in self.facts.items()]
        told += [("alarms", "1" if self.alarms else ""), ("order", self.order)]
        told += [(name, str(value)) for name, value in changed.items()]
        return urlencode([pair for pair in told if pair[1]])


def view_of(query: Sequence[tuple[str, str]]) -> View:
    """Read a view from an address; what is not understood is left out."""
    one = dict(query)
    states = tuple(v for k, v in query if k == "state" and v in set(State))
    facts = {k[2:]: v for k, v in query if k.startswith("f.") and v}
    page = one.get("page", "0")
    order = one.get("order", "rank")
    return View(
        one.get("q", "")[:200],
        states,
        one.get("alarms") == "1",
        facts,
        one.get("group", "")[:200],
        order if order in ORDERS else "rank",
        int(page) if page.isdigit() and len(page) < 7 else 0,
    )


def chosen(rows: Sequence[CellRow], view: View) -> list[CellRow]:
    """Return the rows of a view in its order, all pages of them."""
    words = view.words.casefold().split()
    kept = [row for row in rows if _wanted(row, view, words)]
    keys: dict[str, Any] = {
        "name": lambda row: natural_key(row.cell_id),
        "fraction": lambda row: -row.fraction if math.isfinite(row.fraction) else math.inf,
        "lag": lambda row: -row.lag_second if math.isfinite(row.lag_second) else math.inf,
        "cycles": lambda row: -row.cycles,
    }
    if view.order in keys:
        kept.sort(key=keys[view.order])
    if view.group:
        kept.sort(key=lambda row: natural_key(row.facts.get(view.group, "")))
    return kept


def _wanted(row: CellRow, view: View, words: Sequence[str]) -> bool:
    text = f"{row.cell_id} {row.sentence}".casefold()
    return (
        (not view.states or row.state in view.states)
        and (not view.alarms or bool(row.alarm))
        and all(row.facts.get(name) == value for name, value in view.facts.items())
        and all(word in text for word in words)
    )


def table_context(cells: Cells, view: View) -> dict[str, Any]:
    """Return what a page of rows needs.

    Parameters
    ----------
    cells : Cells
    view : View
    """
    every = cells.rows()
    rows = chosen(every, view)
    first = view.page * PAGE
    shown = rows[first : first + PAGE]
    sizes = {
        name: len(list(part)) for name, part in groupby(rows, lambda r: r.facts.get(view.group, ""))
    }
    before = rows[first - 1].facts.get(view.group, "") if first else None
    found = []
    for row in shown:
        value = row.facts.get(view.group, "")
        heading = plain(value or f"no {view.group}") if view.group and value != before else ""
        found.append({**row_context(cells, row), "heading": heading, "size": sizes[value]})
        before = value
    more = view.address(page=view.page + 1) if first + PAGE < len(rows) else ""
    return {"rows": found, "more": more, "count": len(rows), "all": len(every), "live": cells.live}


def row_context(cells: Cells, row: CellRow) -> dict[str, Any]:
    """Return what one row of the table needs: words and shapes, no markup."""
    volts = row.volts if row.volts is not None else cells.volts(row.cell_id)
    return {
        "key": row.key,
        "name": plain(row.cell_id),
        "state": row.state,
        "fraction": interval(row.fraction, row.lower, row.upper),
        "probability": chance(row.probability),
        "strip": strip_of(row.strip),
        "spark": spark_of(volts),
        "lag": duration(row.lag_second),
        "alarm": row.alarm,
        "acknowledged": row.acknowledged,
        "sentence": plain(row.sentence),
        "cycles": row.cycles,
    }


def strip_of(packed: str) -> dict[str, Any]:
    """Return the rectangles of a state strip, and its content in words.

    Parameters
    ----------
    packed : str
        See :func:`softbreak.report.states.packed_strip`.
    """
    runs = [(_LETTERS.get(letter, "undetermined"), int(n)) for letter, n in _RUN.findall(packed)]
    total = sum(count for _, count in runs) or 1
    rectangles, at = [], 0
    counts: dict[str, int] = {}
    for state, count in runs:
        width = _STRIP * count / total
        rectangles.append((round(_STRIP * at / total, 2), round(max(width, 0.6), 2), state))
        counts[state] = counts.get(state, 0) + count
        at += count
    shares = [f"{state} {percent(count / total)}" for state, count in counts.items()]
    return {"rectangles": rectangles, "words": ", ".join(shares) or "no cycles"}


def spark_of(volts: Sequence[float]) -> str:
    """Return the points of a sparkline, 80 wide and 20 high, from the lowest to the highest."""
    known = [value for value in volts if math.isfinite(value)]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    # a steady cell is a flat line: noise is not drawn as large as a fall
    span = max(high - low, 0.2 * abs(high)) or 1.0
    step = 80.0 / (len(known) - 1)
    return " ".join(
        f"{k * step:.1f},{19.0 - 18.0 * (value - low) / span:.1f}" for k, value in enumerate(known)
    )


def choices_of(rows: Sequence[CellRow]) -> dict[str, list[str]]:
    """Return the columns of the manifest that cells can be filtered by, with their values."""
    values: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.facts.items():
            if name not in ("cell_id", "files", "notes"):
                values.setdefault(name, set()).add(value)
    kept = {n: sorted(v, key=natural_key) for n, v in values.items() if len(v) <= MOST_CHOICES}
    return {name: kept[name] for name in sorted(kept)}
