"""A file that is dropped on the page: its verdict in seconds, kept nowhere unless asked."""

from __future__ import annotations

import filecmp
import re
import shutil
import threading
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from softbreak.archive.jobs.executor import Crew, Functions, Limits
from softbreak.archive.jobs.process_pool import Pool
from softbreak.archive.results.triage_result import TriageResult
from softbreak.archive.triage import triage
from softbreak.boundary import Boundary
from softbreak.errors import SoftbreakError
from softbreak.report.cell_page import cell_words
from softbreak.report.number_words import plain, safe_name
from softbreak.web.cells import Results

if TYPE_CHECKING:
    from softbreak.web.site import Site

LIMITS: Final = Limits(120.0, 2 * 2**30)
KEPT: Final = "dropped"
_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,8}(?:\.gz)?$")


class Judge:
    """A process that judges one file after the other, and may die of each.

    It is loaded once, so that a verdict takes no longer than reading the file and judging it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: Pool | None = None
        self._closed = False

    def judged(self, path: Path, out: Path) -> TriageResult:
        """Return what a file shows."""
        with self._lock:
            pool = self._pool
            if self._closed:
                raise SoftbreakError("the page is being closed")
            if pool is None:
                pool = self._pool = Pool(1, Functions().warm_up).__enter__()
            return triage(path, out, workers=pool, crew=Crew(LIMITS))

    def warm(self) -> None:
        """Begin to load all that a verdict needs; returns at once."""
        threading.Thread(target=self._warm, daemon=True, name="softbreak-warming").start()

    def close(self) -> None:
        """End the process, whatever it does; nothing is judged any more."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.__exit__(None, None, None)

    def _warm(self) -> None:
        """Let it judge a cell that nobody has measured: libraries, models and kernels are there."""
        with Boundary("a first file, to load what verdicts need"), TemporaryDirectory() as place:
            path = Path(place, "first.csv")
            path.write_text(_first_cell(), encoding="utf-8")
            self.judged(path, Path(place, "out"))


def _first_cell() -> str:
    """Return a few cycles of a resistor as text."""
    rows = ["test_time_second,voltage_volt,current_ampere"]
    for second in range(0, 36_000, 60):
        current = 1e-4 if second // 1800 % 2 == 0 else -1e-4
        rows.append(f"{second},{300.0 * current},{current}")
    return "\n".join(rows) + "\n"


class Drop:
    """Judges files that people drop, one at a time, in a process of its own.

    Parameters
    ----------
    site : Site
    judge : Judge
    """

    def __init__(self, site: Site, judge: Judge) -> None:
        self._site, self._judge = site, judge
        self._busy = threading.Lock()

    def routes(self) -> APIRouter:
        """Return the routes."""
        routes = APIRouter()

        @routes.post("/drop")
        async def drop(request: Request, name: str = "") -> Response:
            """Take a file as the body of the request, and say what it shows."""
            if not self._busy.acquire(blocking=False):
                raise HTTPException(429, "another file is being read", {"retry-after": "5"})
            try:
                with TemporaryDirectory(prefix="softbreak-drop-") as place:
                    path = Path(place, "in", _file_name(name))
                    path.parent.mkdir()
                    await _received(request, path)
                    context = await run_in_threadpool(self._judged, path, Path(place, "out"), name)
                return self._site.page("dropped.html", request, **context)
            finally:
                self._busy.release()

        @routes.post("/keep")
        async def keep(request: Request, name: str = "") -> Response:
            """Keep a file that was judged: the browser sends it once more, on request."""
            if not isinstance(self._site.cells, Results):
                raise HTTPException(409, "a watch keeps no files")
            folder = self._site.cells.out / KEPT
            with TemporaryDirectory(prefix="softbreak-drop-") as place:
                path = Path(place, _file_name(name))
                await _received(request, path)
                try:
                    kept = await run_in_threadpool(_kept, path, folder)
                except OSError as error:
                    raise HTTPException(507, f"not kept: {error.strerror}") from error
            return Response(f"Kept as {KEPT}/{kept}.", media_type="text/plain; charset=utf-8")

        return routes

    def _judged(self, path: Path, out: Path, name: str) -> dict[str, Any]:
        # a process of its own: a file that kills its reader must not kill the page
        result = self._judge.judged(path, out)
        return {"title": plain(name) or "a file", **_words(result)}


def _kept(path: Path, folder: Path) -> str:
    """Copy a file under a name that no other one has; return the name."""
    folder.mkdir(exist_ok=True)
    stem, ending = path.name.split(".", 1) if "." in path.name else (path.name, "")
    for number in count(1):
        name = path.name if number == 1 else f"{stem}-{number}.{ending}".rstrip(".")
        there = folder / name
        try:
            there.touch(exist_ok=False)  # two may keep at once
        except FileExistsError:
            if filecmp.cmp(path, there, shallow=False):
                return name
            continue
        try:
            shutil.copyfile(path, there)
        except OSError:  # half a measurement is none
            there.unlink(missing_ok=True)
            raise
        return name
    raise AssertionError("numbers do not end")


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
    failures += [
        f"Left out ({plain(one['reason'])}). Drop what the instrument wrote or exported."
        for one in result.run["skipped"]
    ]
    cells = [cell_words(diagnosis) for diagnosis in result.diagnoses()]
    return {"cells": cells, "failures": failures}
