"""``triage``: every cell of an archive, labelled, ranked and stored."""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from softbreak.archive.citations import citations_for
from softbreak.archive.crew import Crew, mark_of
from softbreak.archive.failures import Failure
from softbreak.archive.fingerprint import basis_of, unchanged
from softbreak.archive.grouping import Group, one_by_one
from softbreak.archive.manifest import Manifest, load_manifest
from softbreak.archive.pool import cores
from softbreak.archive.result import TriageResult, write_result_tables
from softbreak.archive.scan import Scan, scan
from softbreak.archive.store import read_meta, result_path
from softbreak.archive.tables import printable
from softbreak.archive.work import Job
from softbreak.errors import ReadError
from softbreak.version import __version__

_LIBRARIES = ("numpy", "pandas", "pyarrow", "polars", "numba", "fastnda")


class Progress(NamedTuple):
    """How far a triage has come: cells done, cells in all, the cell that was just done."""

    done: int
    total: int
    cell_id: str


@dataclass(frozen=True, slots=True)
class _Cell:
    group: Group
    job: Job

    @property
    def result(self) -> Path:
        return Path(self.job.result)


@dataclass(slots=True)
class _Plan:
    """Cells by what has to be done for them."""

    standing: list[_Cell] = field(default_factory=list)
    waiting: list[_Cell] = field(default_factory=list)


def triage(
    archive: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    detector: str = "fused",
    workers: int | None = None,
    crew: Crew | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TriageResult:
    """Label every cycle of every cell in an archive.

    Parameters
    ----------
    archive : path-like
        A folder of cells, or one file. A manifest (``cells.csv``, ``cells.toml``) at its root says
        which files are one cell and what is known of it; without one folders and names do.
    out : path-like
        Where the results go. What is there already and still stands is not done again.
    detector : str
    workers : int, optional
        Worker processes. 0 does the work in this process: quicker to start, but a file that
        crashes it ends it. By default as many as there are cores, and 0 for a single cell.
    crew : Crew, optional
        ``Crew(Limits(seconds=..., memory_bytes=...))``: what a cell may take.
    progress : callable, optional
        Called with :class:`Progress` after every cell.

    Returns
    -------
    TriageResult

    Raises
    ------
    ReadError
        If there is no such archive, or it holds no file.
    ManifestError
        If its manifest cannot be used.

    Notes
    -----
    Files that cannot be read are rows of ``failures.parquet``. After Ctrl-C the tables hold what
    was done by then, and the next run goes on from there.
    """
    began, started = time.perf_counter(), datetime.now(UTC)
    root, out = Path(archive), Path(out)
    crew = crew or Crew()
    manifest = load_manifest(root) if root.is_dir() else Manifest()
    found = scan(root, manifest, out=out)
    if not found.groups:
        raise ReadError(
            root,
            found="no data file",
            expected="files of cyclers or impedance analysers",
            remedy="Check the path; documents, pictures and hidden files do not count.",
        )
    out.mkdir(parents=True, exist_ok=True)
    scanned = time.perf_counter()
    plan = _planned(found.groups, found.root, out, detector, crew)
    reused = len(plan.standing)
    interrupted = True
    try:
        _work(plan, crew, workers, progress)
        interrupted = False
    finally:
        # Also after Ctrl-C: what was done is worth having.
        worked = time.perf_counter()
        run = _run_facts(root, manifest, detector, workers)
        run["started"] = started.isoformat(timespec="seconds")
        run["interrupted"] = interrupted
        run["timings"] = {"scan_second": scanned - began, "work_second": worked - scanned}
        result = _written(out, found, plan.standing, run, reused)
    return result


def _planned(groups: Sequence[Group], root: Path, out: Path, detector: str, crew: Crew) -> _Plan:
    plan = _Plan()
    pending = list(groups)
    while pending:
        group = pending.pop(0)
        basis = basis_of(group, detector)
        path = result_path(out, group.cell_id)
        cell = _Cell(group, Job(str(root), str(path), basis))
        meta = _stored(path)
        if meta is None or not unchanged(root, meta, basis) or crew.may_now(path):
            plan.waiting.append(cell)
        elif meta["split"]:
            pending = one_by_one(group) + pending
        else:
            plan.standing.append(cell)
    return plan


def _stored(path: Path) -> dict[str, Any] | None:
    """Return what is stored, or None where nothing usable is."""
    if not path.is_file():
        return None
    try:
        return read_meta(path)
    except ReadError:
        return None


def _work(
    plan: _Plan,
    crew: Crew,
    workers: int | None,
    progress: Callable[[Progress], None] | None,
) -> None:
    total = len(plan.standing) + len(plan.waiting)
    if progress is not None:
        progress(Progress(len(plan.standing), total, ""))
    while plan.waiting:
        cells = {cell.job.result: cell for cell in plan.waiting}
        plan.waiting = []
        # Closing ends the workers at once, also on the way out of an interrupt.
        with closing(_done(crew, [cell.job for cell in cells.values()], workers)) as jobs:
            for job in jobs:
                cell = cells[job.result]
                if read_meta(cell.result)["split"]:
                    parts = one_by_one(cell.group)
                    plan.waiting += [_part(part, cell) for part in parts]
                    total += len(parts) - 1
                else:
                    plan.standing.append(cell)
                if progress is not None:
                    progress(Progress(len(plan.standing), total, cell.group.cell_id))


def _part(group: Group, of: _Cell) -> _Cell:
    out = of.result.parent.parent
    basis = basis_of(group, of.job.basis["detector"][0])
    return _Cell(group, Job(of.job.root, str(result_path(out, group.cell_id)), basis))


def _done(crew: Crew, jobs: Sequence[Job], workers: int | None) -> Generator[Job, None, None]:
    if workers is None:
        # One cell alone is worth no process, unless it has killed one before.
        died = any(mark_of(job).exists() for job in jobs)
        workers = 0 if len(jobs) == 1 and not died else cores()
    if workers == 0:
        return crew.here(jobs)
    return crew.in_workers(jobs, min(workers, len(jobs)))


def _run_facts(
    root: Path, manifest: Manifest, detector: str, workers: int | None
) -> dict[str, Any]:
    return {
        "versions": {
            "softbreak": __version__,
            "python": platform.python_version(),
            **_library_versions(),
        },
        "platform": platform.platform(),
        "arguments": {"archive": printable(str(root)), "detector": detector, "workers": workers},
        "manifest": manifest.path.name if manifest.path else None,
        "manifest_columns_ignored": list(manifest.ignored),
        "citations": [asdict(citation) for citation in citations_for(detector)],
    }


@cache
def _library_versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def _written(
    out: Path, found: Scan, cells: Sequence[_Cell], run: dict[str, Any], reused: int
) -> TriageResult:
    began = time.perf_counter()
    order = {cell.result: cell for cell in sorted(cells, key=lambda cell: cell.group.cell_id)}
    metas = {path: read_meta(path) for path in order}
    failures = list(found.failures)
    skipped = [list(map(printable, row)) for row in found.skipped]
    summaries: list[Mapping[str, Any]] = []
    for meta in metas.values():
        failures += [Failure(*row) for row in meta["failures"]]
        skipped += meta["skipped"]
        if "summary" in meta:
            summaries.append(meta["summary"])
    run["counts"] = {
        "cells": len(summaries),
        "states": dict(Counter(str(row["state"]) for row in summaries)),
        "cycles": sum(int(row["n_cycles"]) for row in summaries),
        "files": sum(len(cell.group.files) for cell in cells),
        "failures": len(failures),
        "skipped": len(skipped),
        "cells_not_done_again": reused,
    }
    run["skipped"] = [{"path": path, "reason": reason} for path, reason in skipped]
    timings = run["timings"]
    timings["collect_second"] = time.perf_counter() - began
    timings["total_second"] = sum(timings.values())
    return write_result_tables(out, list(order), summaries, failures, run)
