"""What every page has in common: its cells, its templates, who looks at it, and forms."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import fields
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request, Response

from softbreak.archive.results.pack import key_of
from softbreak.data.record import Cell
from softbreak.report.cell_page import ONSET_FACT, cell_words, evidence_words
from softbreak.report.html import typeset
from softbreak.report.number_words import duration, plain
from softbreak.verdict import State, cycle_number
from softbreak.web.cells import CellRow, Live, Results
from softbreak.web.samples import Samples
from softbreak.web.table import row_context

REVIEWER: Final = "softbreak_reviewer"
FIGURES: Final = ("voltammograms", "nyquist", "cycles")
OPINION: Final = ("cycles",)
"""Figures that show what the model says."""
MOST_FIELDS: Final = 40
RANKED: Final = (State.HARD, State.SOFT, State.UNDETERMINED, State.HEALTHY)
"""As the table ranks them."""


class Site:
    """The pages' context.

    Parameters
    ----------
    cells : Results or Live
    locked : bool
        Whether a token is asked for.
    ending : callable
        Whether the server is about to end: streams do, then.
    """

    def __init__(
        self,
        cells: Results | Live,
        *,
        locked: bool = False,
        ending: Callable[[], bool] = lambda: False,
    ) -> None:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        self.cells, self.locked, self.ending = cells, locked, ending
        self.samples = Samples(cells) if isinstance(cells, Results) else None
        self.drawing = threading.Lock()
        self.streams = 0
        self.templates = Environment(
            loader=PackageLoader("softbreak.web"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=typeset,
        )
        self.templates.filters["plain"] = plain

    def page(self, name: str, request: Request, *, title: str, **context: Any) -> Response:
        """Render a template."""
        common = {
            "title": title,
            "reviewer": plain(self.reviewer(request)),
            "live": self.cells.live,
            "states_known": [state.value for state in RANKED],
            "path": request.url.path,
            "done": False,
        }
        text = self.templates.get_template(name).render({**common, **context})
        return Response(text, media_type="text/html; charset=utf-8")

    def reviewer(self, request: Request) -> str:
        """Return who said to be reviewing in this browser."""
        try:
            name = bytes.fromhex(request.cookies.get(REVIEWER, "")).decode()
        except ValueError:
            return ""
        return name if name.isprintable() and len(name) <= 200 else ""

    def row(self, key: str) -> CellRow:
        """Return the row of a cell by its key in addresses."""
        for row in self.cells.rows():
            if row.key == key:
                return row
        raise HTTPException(404, "there is no such cell here")

    def cell_context(self, row: CellRow, *, opinion: bool) -> dict[str, Any]:
        """Return what the page of a cell needs; without the model's opinion unless it is shown.

        Parameters
        ----------
        row : CellRow
        opinion : bool
        """
        diagnosis = self.cells.diagnosis(row.cell_id)
        verdicts = self.cells.verdicts(row.cell_id)
        words: dict[str, Any] = {
            "facts": [
                (plain(n), plain(v)) for n, v in row.facts.items() if n not in ("files", "cell_id")
            ],
            "findings": [],
            "sources": [],
            "sources_left": 0,
            "wanted": "",
            "summary": plain(row.sentence),
            "figures": [],
            **evidence_words(verdicts),
        }
        if diagnosis is not None:
            told = cell_words(diagnosis)
            known = {field.name for field in fields(Cell)}
            more = [
                (plain(n), plain(v)) for n, v in row.facts.items() if n not in {*known, "files"}
            ]
            words |= {**told, "facts": [*told["facts"], *more]}
            words["figures"] = [
                name for name in self.figures(row) if opinion or name not in OPINION
            ]
        if not opinion:
            facts = [fact for fact in words["facts"] if fact[0] != ONSET_FACT]
            words |= {"runs": [], "runs_left": 0, "summary": "", "wanted": "", "findings": []}
            words["facts"] = facts
        del_ = ("title", "crumb", "name", "state", "judge")
        words = {name: value for name, value in words.items() if name not in del_}
        return {**words, "cell": self._cell(row, opinion=opinion), "opinion": opinion}

    def _cell(self, row: CellRow, *, opinion: bool) -> dict[str, Any]:
        shown = row_context(self.cells, row)
        if not opinion:
            shown |= {"state": "", "strip": None, "fraction": "", "sentence": "", "alarm": ""}
        verdicts = self.cells.verdicts(row.cell_id)
        ends = (0, 0) if verdicts.empty else (
            cycle_number(verdicts["cycle_index"].min()), cycle_number(verdicts["cycle_index"].max())
        )  # fmt: skip
        return {**shown, "first": ends[0], "last": ends[1]}

    def figures(self, row: CellRow) -> list[str]:
        """Return the names of the pictures that a cell has data for."""
        diagnosis = self.cells.diagnosis(row.cell_id)
        if diagnosis is None:
            return []
        there = {
            "voltammograms": not diagnosis.voltammograms.empty,
            "nyquist": not diagnosis.spectra.empty,
            "cycles": not diagnosis.half_cycles.empty,
        }
        return [name for name in FIGURES if there[name]]

    def silence(self, row: CellRow) -> dict[str, str]:
        """Return how long still nothing is sent about a live cell, and why; empty if it is."""
        if not isinstance(self.cells, Live):
            return {}
        until, reason = self.cells.store.silent_until(row.cell_id)
        return {"left": duration(until - time.time()), "reason": plain(reason)} if until else {}

    def alarms(self, row: CellRow) -> list[dict[str, str]]:
        """Return the alarms of a live cell, the newest first."""
        if not isinstance(self.cells, Live):
            return []
        table = self.cells.store.alarms()
        mine = table[table["cell_id"] == row.cell_id].iloc[::-1].head(50)
        mine = mine.assign(acknowledged=mine["acknowledged_by"].notna())
        return [
            {
                "level": str(one["level"]),
                "at": f"cycle {cycle_number(one['cycle_index'])}, {duration(one['time_second'])}",
                "end": str(one["end"]) or "standing",
                "seen": plain(one["acknowledged_by"]) if one["acknowledged"] else "",
                "sentence": plain(one["sentence"]),
            }
            for one in mine.to_dict("records")
        ]


async def form_of(request: Request) -> dict[str, str]:
    """Read a form of a page; its size is bounded at the door."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "expected application/x-www-form-urlencoded")
    try:
        text = (await request.body()).decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise HTTPException(422, f"this is no form: {error}") from error


def asset_of(name: str) -> tuple[bytes, str]:
    """Return a file that the pages need, and its type.

    Raises
    ------
    HTTPException
        If there is none: only names in this table are ever opened.
    """
    if name not in ASSETS:
        raise HTTPException(404, "there is no such file")
    data = files("softbreak.web").joinpath("assets", *name.split("/")).read_bytes()
    return data, ASSETS[name]


_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
ASSETS: Final = {
    "page.css": _STYLE,
    "page.js": _SCRIPT,
    "trace.js": _SCRIPT,
    "vendor/htmx-2.0.8.min.js": _SCRIPT,
    "vendor/uplot-1.6.32.min.js": _SCRIPT,
    "vendor/uplot-1.6.32.min.css": _STYLE,
    "icon.svg": "image/svg+xml",
}

__all__ = ["ASSETS", "REVIEWER", "Site", "asset_of", "form_of", "key_of"]
