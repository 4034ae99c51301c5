"""The live page: cells, a cell, alarms, a dropped file; and its application."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from softbreak.errors import SoftbreakError
from softbreak.report.figures import cycles as cycles_figure
from softbreak.report.figures import voltammograms
from softbreak.report.number_words import plain
from softbreak.report.nyquist import nyquist
from softbreak.stream.store.transaction import EVERYONE
from softbreak.verdict import cycle_number
from softbreak.web.cells import CellRow, Live, Results
from softbreak.web.dropped import Drop, Judge
from softbreak.web.reviewing import review_routes
from softbreak.web.safety import COOKIE, Door, Guard, Refused
from softbreak.web.site import ASSETS, Site, asset_of, form_of
from softbreak.web.table import ORDERS, choices_of, table_context, view_of

POLL_SECOND: Final = 1.0
MOST_STREAMS: Final = 64
MOST_OVERLAID: Final = 8
SILENCES: Final = {"1 h": 3600.0, "8 h": 28_800.0, "3 d": 259_200.0, "end": 0.0}
_FIRST_PIXELS: Final = 3000


def application(
    cells: Results | Live,
    door: Door,
    judge: Judge | None = None,
    ending: Callable[[], bool] = lambda: False,
) -> Any:
    """Return the page as an ASGI application behind its door.

    Parameters
    ----------
    cells : Results or Live
    door : Door
    judge : Judge, optional
        Of dropped files.
    ending : callable
        Whether the server is about to end.
    """
    site = Site(cells, locked=bool(door.token), ending=ending)
    app = FastAPI(title="softbreak", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_common(site, door))
    app.include_router(_cell_routes(site))
    app.include_router(review_routes(site))
    app.include_router(_alarm_routes(site))
    app.include_router(Drop(site, judge or Judge()).routes())
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(SoftbreakError, _failed)
    app.add_exception_handler(StarletteHTTPException, lambda *told: _wrong(site, *told))
    return Guard(app, door)


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return Response(error.words, error.status, media_type="text/plain; charset=utf-8")


def _wrong(site: Site, request: Request, error: Exception) -> Response:
    """Say what is wrong with a request: a page to somebody who looks, a sentence to a script."""
    assert isinstance(error, StarletteHTTPException)
    words = str(error.detail)
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        answer = site.page("wrong.html", request, title="Not here", words=words)
        answer.status_code = error.status_code
        return answer
    kind = "text/plain; charset=utf-8"
    return Response(words, error.status_code, dict(error.headers or {}), media_type=kind)


def _failed(_: Request, error: Exception) -> Response:
    return Response(plain(error), 500, media_type="text/plain; charset=utf-8")


def _common(site: Site, door: Door) -> APIRouter:
    routes = APIRouter()

    @routes.get("/health")
    def health() -> dict[str, bool]:
        """Say whether the store answers."""
        site.cells.store.check()
        return {"ok": True}

    @routes.get("/assets/{name:path}")
    def asset(name: str) -> Response:
        """Return a style or a script; nothing is loaded from elsewhere."""
        data, kind = asset_of(name)
        return Response(data, media_type=kind, headers={"cache-control": "max-age=3600"})

    @routes.get("/login")
    def ask(request: Request) -> Response:
        """Ask for the token."""
        return site.page("login.html", request, title="Token", wrong=False)

    @routes.post("/login")
    async def login(request: Request) -> Response:
        """Let a browser in that knows the token."""
        if not door.knows((await form_of(request)).get("token", "")):
            answer = site.page("login.html", request, title="Token", wrong=True)
            answer.status_code = 401
            return answer
        answer = Response(status_code=303, headers={"location": "/"})
        answer.set_cookie(COOKIE, door.cookie, httponly=True, samesite="strict")
        return answer

    @routes.get("/events")
    async def events() -> Response:
        """Say when something has changed, as server-sent events."""
        if site.streams >= MOST_STREAMS:
            raise HTTPException(503, "too many pages are open", {"retry-after": "30"})
        return StreamingResponse(changes(site), media_type="text/event-stream")

    return routes


async def changes(site: Site) -> AsyncIterator[str]:
    """Yield an event whenever the cells have changed, until the page is closed."""
    if site.streams >= MOST_STREAMS:  # many came at once
        yield "retry: 30000\n\n"
        return
    site.streams += 1
    try:
        before, beat = await run_in_threadpool(site.cells.mark), time.monotonic()
        yield "retry: 2000\n\n"
        while not site.ending():
            await asyncio.sleep(POLL_SECOND)
            mark = await run_in_threadpool(site.cells.mark)
            if mark != before:
                before = mark
                yield f"event: cells\ndata: {json.dumps(mark)}\n\n"
            elif time.monotonic() - beat > 15.0:
                beat = time.monotonic()
                yield ": here\n\n"
    finally:
        site.streams -= 1


def _cell_routes(site: Site) -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    def index(request: Request) -> Response:
        """Show the cells, the gravest first."""
        view = view_of(request.query_params.multi_items())
        counts: dict[str, int] = {}
        rows = site.cells.rows()
        for row in rows:
            counts[row.state] = counts.get(row.state, 0) + 1
        context = {"view": view, "counts": counts, "choices": choices_of(rows), "orders": ORDERS}
        told = table_context(site.cells, view)
        return site.page("cells.html", request, title="Cells", **context, **told)

    @routes.get("/rows")
    def rows(request: Request) -> Response:
        """Return a page of the table."""
        view = view_of(request.query_params.multi_items())
        context = {"view": view, **table_context(site.cells, view)}
        return site.page("rows.html", request, title="", **context)

    @routes.get("/cell/{key}")
    def cell(request: Request, key: str) -> Response:
        """Show a cell."""
        row = site.row(key)
        if site.samples is not None:
            site.samples.prepare(row.cell_id)  # before anybody zooms
        told = {
            "alarms": site.alarms(row),
            "silence": site.silence(row),
            "silences": [name for name, second in SILENCES.items() if second],
        }
        context = site.cell_context(row, opinion=True)
        return site.page("cell.html", request, title=plain(row.cell_id), **told, **context)

    @routes.get("/cell/{key}/trace")
    def trace(
        key: str, begin: float | None = None, end: float | None = None, pixels: int = 0
    ) -> Response:
        """Return V over t: the stored trace, or of a stretch the extremes of every sample."""
        return _trace(site, site.row(key), begin, end, pixels)

    @routes.get("/cell/{key}/cycles")
    def cycles(key: str, opinion: bool = False) -> Response:
        """Return where cycles begin and end, and their states if those are to be seen."""
        verdicts = site.cells.verdicts(site.row(key).cell_id)
        told = {
            "cycle": [cycle_number(cycle) for cycle in verdicts["cycle_index"]],
            "begin": verdicts["start_time_second"].tolist(),
            "end": verdicts["end_time_second"].tolist(),
            "state": verdicts["state"].tolist() if opinion else [],
        }
        return Response(json.dumps(told), media_type="application/json")

    @routes.get("/cell/{key}/figure/{name}.svg")
    def figure(key: str, name: str) -> Response:
        """Draw a picture of the report."""
        return Response(_drawn(site, site.row(key), name), media_type="image/svg+xml")

    @routes.get("/overlay")
    def overlay(request: Request) -> Response:
        """Show several cells over each other."""
        keys = request.query_params.getlist("cell")[:MOST_OVERLAID]
        rows = [site.row(key) for key in keys]
        told = [{"key": row.key, "name": plain(row.cell_id), "state": row.state} for row in rows]
        return site.page("overlay.html", request, title="Cells overlaid", cells=told)

    return routes


def _trace(
    site: Site, row: CellRow, begin: float | None, end: float | None, pixels: int
) -> Response:
    if begin is None or end is None or site.samples is None:
        time_, volts = site.cells.trace(row.cell_id)
        exact = pending = False
    else:
        window = site.samples.window(row.cell_id, begin, end, pixels or _FIRST_PIXELS)
        time_, volts, exact, pending = window
    told = {
        "time": [round(value, 6) for value in time_.tolist()],
        "volt": [None if value != value else round(value, 7) for value in volts.tolist()],  # noqa: PLR0124
        "exact": exact,
        "pending": pending,
    }
    return Response(json.dumps(told, allow_nan=False), media_type="application/json")


def _drawn(site: Site, row: CellRow, name: str) -> str:
    from softbreak.report.render_static import to_svg

    diagnosis = site.cells.diagnosis(row.cell_id)
    if diagnosis is None or name not in site.figures(row):
        raise HTTPException(404, "there is no such picture of this cell")
    with site.drawing:  # matplotlib's settings are those of the whole process
        if name == "nyquist":
            return to_svg(nyquist(diagnosis)[0])
        return to_svg({"cycles": cycles_figure, "voltammograms": voltammograms}[name](diagnosis))


def _alarm_routes(site: Site) -> APIRouter:
    routes = APIRouter()

    @routes.post("/cell/{key}/acknowledge")
    async def acknowledge(request: Request, key: str) -> Response:
        """Mark the alarms of a cell as seen."""
        row, store = site.row(key), _live(site).store
        who = site.reviewer(request) or "somebody at the page"
        await run_in_threadpool(store.acknowledge, row.cell_id, who)
        return Response(status_code=303, headers={"location": f"/cell/{row.key}"})

    @routes.post("/cell/{key}/silence")
    async def silence(request: Request, key: str) -> Response:
        """Send nothing about a cell for a while."""
        form = await form_of(request)
        row, store = site.row(key), _live(site).store
        seconds = SILENCES.get(form.get("for", ""))
        if seconds is None:
            raise HTTPException(422, f"expected for one of {', '.join(SILENCES)}")
        if row.cell_id == EVERYONE:
            raise HTTPException(422, "this name stands for all cells")
        reason = form.get("reason", "")[:500]
        await run_in_threadpool(store.silence, row.cell_id, time.time() + seconds, reason)
        return Response(status_code=303, headers={"location": f"/cell/{row.key}"})

    return routes


def _live(site: Site) -> Live:
    if not isinstance(site.cells, Live):
        raise HTTPException(409, "the results of a triage have no alarms")
    return site.cells


__all__ = ["ASSETS", "application", "changes"]
