"""The review: a queue of cells, answers by range, and the model's opinion after the answer."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from softbreak.archive.inputs.label_file import labels_text, read_labels
from softbreak.data.expert_labels import (
    CYCLES,
    SOURCES,
    STATES,
    absolute,
    by_reviewer,
    in_life_time,
    iso,
)
from softbreak.errors import ReadError
from softbreak.report.number_words import MISSING, integer, number, plain
from softbreak.stream.store.engine import StoreError
from softbreak.stream.store.reviews import Review
from softbreak.stream.store.store import StoreBusy
from softbreak.training.agreement import agreements
from softbreak.verdict import cycle_number
from softbreak.web.cells import CellRow
from softbreak.web.queue import ORDERS, queue
from softbreak.web.site import REVIEWER, Site, form_of

_WORDS: Final = {"opening": "seen on opening", "impedance": "impedance",
                 "post_mortem": "post-mortem", "trace": "judgement of the trace",
                 "other": "other"}  # fmt: skip
_KEYS: Final = {"healthy": "h", "soft": "s", "hard": "x", "not_judgeable": "n", "withdrawn": "w"}


def review_routes(site: Site) -> APIRouter:
    """Return the routes of the review.

    Parameters
    ----------
    site : Site
    """
    routes = APIRouter()

    @routes.get("/review")
    def first(request: Request, order: str = "informative") -> Response:
        """Go to the next cell of the queue; say who is asked first."""
        who = site.reviewer(request)
        if not who:
            return site.page("reviewer.html", request, title="Who reviews?")
        wanted = order if order in ORDERS else "informative"
        left = queue(site.cells, _spoken(site, who), wanted)
        if not left:
            return site.page("reviewer.html", request, title="Every cell is reviewed", done=True)
        row = next(row for row in site.cells.rows() if row.cell_id == left[0])
        return _review_page(site, request, row, wanted, len(left))

    @routes.get("/review/{key}")
    def one(request: Request, key: str, order: str = "informative") -> Response:
        """Review a certain cell."""
        if not site.reviewer(request):
            return site.page("reviewer.html", request, title="Who reviews?")
        return _review_page(site, request, site.row(key), order, None)

    @routes.post("/reviewer")
    async def reviewer(request: Request) -> Response:
        """Remember who reviews, in this browser."""
        name = (await form_of(request)).get("reviewer", "").strip()
        if not name or len(name) > 200 or not name.isprintable():
            raise HTTPException(422, "a reviewer's name has 1 to 200 printable characters")
        answer = Response(status_code=303, headers={"location": "/review"})
        answer.set_cookie(
            REVIEWER, name.encode().hex(), httponly=True, samesite="strict", max_age=31_536_000
        )
        return answer

    @routes.post("/review/{key}")
    async def answer(request: Request, key: str) -> Response:
        """Store an answer, then show what the model says."""
        form, who = await form_of(request), site.reviewer(request)
        if not who:
            raise HTTPException(403, "say who reviews first, at /review")
        return await run_in_threadpool(_store, site, request, key, {**form, "reviewer": who})

    @routes.get("/labels.csv")
    def export() -> Response:
        """Return all reviews as labels.csv."""
        text = labels_text(site.cells.reviews.table())
        told = {"content-disposition": 'attachment; filename="labels.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=told)

    @routes.post("/labels.csv")
    async def imported(request: Request) -> dict[str, int]:
        """Take the rows of a labels.csv; rows that are there already count once."""
        body = await request.body()
        return {"stored": await run_in_threadpool(_import, site, body)}

    @routes.get("/agreement")
    def agreement(request: Request) -> Response:
        """Show how far reviewers agree."""
        return site.page("agreement.html", request, title="Agreement", pairs=_pairs(site))

    return routes


def _spoken(site: Site, who: str) -> set[str]:
    table = site.cells.reviews.table()
    return set(table.loc[table["reviewer"] == who, "cell_id"])


def _review_page(
    site: Site, request: Request, row: CellRow, order: str, left: int | None
) -> Response:
    who = site.reviewer(request)
    mine = site.cells.reviews.table(row.cell_id)
    mine = mine[mine["reviewer"] == who]
    told: dict[str, Any] = {
        "title": f"Review {plain(row.cell_id)}",
        "order": order if order in ORDERS else "informative",
        "left": left,
        "who": plain(who),
        "states": [(state, _KEYS[state], state.replace("_", " ")) for state in STATES],
        "sources_known": [(source, _WORDS[source]) for source in SOURCES],
        "mine": _said(mine),
    }
    shown = bool(len(mine)) or request.query_params.get("opinion") == "show"
    return site.page("review.html", request, **told, **site.cell_context(row, opinion=shown))


def _said(table: Any) -> list[dict[str, str]]:
    return [
        {
            "state": row["state"].replace("_", " "),
            "cycles": " to ".join(_number(row[name]) for name in ("first_cycle", "last_cycle")),
            "source": _WORDS[row["source"]],
            "note": plain(row["note"]),
        }
        for row in table.to_dict("records")
    ]


def _number(cycle: float) -> str:
    """A cycle as people count them; a review may know times only."""
    return integer(cycle_number(cycle)) if math.isfinite(cycle) else MISSING


def _store(site: Site, request: Request, key: str, form: Mapping[str, str]) -> Response:
    row = site.row(key)
    before = site.cells.reviews.table(row.cell_id)
    known = bool((before["reviewer"] == form["reviewer"]).any())
    try:
        review = _review_of(site, row.cell_id, form, seen=known or form.get("opinion") == "show")
        site.cells.reviews.add([review])
    except StoreBusy as error:
        raise HTTPException(503, str(error), {"retry-after": "2"}) from error
    except (StoreError, ValueError) as error:
        raise HTTPException(422, str(error)) from error
    table = site.cells.reviews.table(row.cell_id)
    context = site.cell_context(row, opinion=True)
    mine = _said(table[table["reviewer"] == form["reviewer"]])
    return site.page("reviewed.html", request, title="", mine=mine, **context)


def _review_of(site: Site, cell_id: str, form: Mapping[str, str], *, seen: bool) -> Review:
    """Make a review of a form; its range of cycles becomes one of times, which stay."""
    verdicts = site.cells.verdicts(cell_id)
    first, last = _cycle(form, "first_cycle"), _cycle(form, "last_cycle")
    index = verdicts["cycle_index"].to_numpy()
    mine = verdicts[(index >= first) & (index <= last)]
    if mine.empty:
        raise ValueError(
            f"cycles {cycle_number(first)} to {cycle_number(last)} are none of this cell's"
        )
    confidence = form.get("confidence", "") or "1"
    begin, end = float(mine["start_time_second"].min()), float(mine["end_time_second"].max())
    moments = site.cells.moments(cell_id)
    digest, version = site.cells.seen(cell_id)
    return Review(
        cell_id,
        form.get("state", ""),
        form["reviewer"],
        float(mine["cycle_index"].min()),
        float(mine["cycle_index"].max()),
        begin,
        end,
        iso(absolute(begin, moments)),
        iso(absolute(end, moments)),
        form.get("source", "") or "trace",
        float(confidence) if confidence.replace(".", "", 1).isdigit() else math.nan,
        form.get("note", ""),
        digest,
        version,
        seen,
        key=form.get("key", "")[:64],
    )


def _cycle(form: Mapping[str, str], name: str) -> int:
    told = form.get(name, "").strip()
    if not told.isdecimal() or len(told) > 9 or not int(told):
        raise ValueError(f"{name} is {told!r}; expected a cycle's number, from 1")
    return int(told) - cycle_number(0)


def _import(site: Site, body: bytes) -> int:
    with tempfile.TemporaryDirectory(prefix="softbreak-labels-") as place:
        path = Path(place, "labels.csv")
        path.write_bytes(body)
        try:
            return site.cells.reviews.take(read_labels(path))
        except (ReadError, StoreError) as error:
            raise HTTPException(422, str(error).replace(str(path), "labels.csv")) from error


def _pairs(site: Site) -> list[dict[str, str]]:
    import pandas as pd

    table = site.cells.reviews.table()
    names = set(table["cell_id"])
    known = [row.cell_id for row in site.cells.rows() if row.cell_id in names]
    if not known:
        return []
    frames = [site.cells.verdicts(name).assign(cell_id=name)[list(CYCLES)] for name in known]
    told = [in_life_time(table, name, site.cells.moments(name)) for name in known]
    spoken = by_reviewer(pd.concat(told), pd.concat(frames, ignore_index=True))
    return [
        {
            "who": f"{plain(one.first)} and {plain(one.second)}",
            "cells": str(one.cells),
            "cycles": str(one.cycles),
            "agreed": f"{one.agreed:.0%}",
            "kappa": number(one.kappa),
            "interval": f"{number(one.lower)} to {number(one.upper)}",
        }
        for one in agreements(spoken)
    ]
