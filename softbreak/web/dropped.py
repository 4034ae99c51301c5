"""A file that is dropped on the page: its verdict in seconds, kept nowhere unless asked."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from softbreak.archive.jobs.executor import Crew, Limits
from softbreak.archive.results.triage_result import TriageResult
from softbreak.archive.triage import triage
from softbreak.report.cell_page import cell_words
from softbreak.report.words import plain, safe_name
from softbreak.web.cells import Results

if TYPE_CHECKING:
    from softbreak.web.site import Site

LIMITS: Final = Limits(120.0, 2 * 2**30)
KEPT: Final = "dropped"
_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,8}(?:\.gz)?$")


class Drop:
    """Judges files that people drop, one at a time, each in a process of its own.

    Parameters
    ----------
    site : Site
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._busy = threading.Lock()

    def routes(self) -> APIRouter:
        """Return the route."""
        routes = APIRouter()

        @routes.post("/drop")
        async def drop(request: Request, name: str = "", keep: bool = False) -> Response:
            """Take a file as the body of the request, and say what it shows."""
            if not self._busy.acquire(blocking=False):
                raise HTTPException(429, "another file is being read", {"retry-after": "5"})
            try:
                with tempfile.TemporaryDirectory(prefix="softbreak-drop-") as place:
                    path = Path(place, "in", _file_name(name))
                    path.parent.mkdir()
                    await _received(request, path)
                    context = await run_in_threadpool(self._judged, path, Path(place, "out"), name)
                    if keep:
                        context["kept"] = self._kept(path)
                return self._site.page("dropped.html", request, **context)
            finally:
                self._busy.release()

        return routes

    def _judged(self, path: Path, out: Path, name: str) -> dict[str, Any]:
        # a process of its own: a file that kills its reader must not kill the page
        result = triage(path, out, workers=1, crew=Crew(LIMITS))
        return {"title": plain(name) or "a file", "kept": "", **_words(result)}

    def _kept(self, path: Path) -> str:
        if not isinstance(self._site.cells, Results):
            raise HTTPException(409, "a watch keeps no files")
        folder = self._site.cells.out / KEPT
        folder.mkdir(exist_ok=True)
        shutil.copyfile(path, folder / path.name)
        return f"{KEPT}/{path.name}"


def _file_name(name: str) -> str:
    """Return a harmless file name with the ending, by which readers know formats."""
    ending = _ENDING.search(name)
    stem = name[: ending.start()] if ending else name
    return safe_name(stem.casefold() or "file") + (ending.group().lower() if ending else "")


async def _received(request: Request, path: Path) -> None:
    with path.open("wb") as file:
        async for part in request.stream():
            file.write(part)
    if not path.stat().st_size:
        raise HTTPException(422, "the file is empty")


def _words(result: TriageResult) -> dict[str, Any]:
    failures = [
        f"{plain(row['error'])}. {plain(row['remedy'])}"
        for row in result.failures.to_dict("records")
    ]
    cells = [cell_words(diagnosis) for diagnosis in result.diagnoses()]
    return {"cells": cells, "failures": failures}
