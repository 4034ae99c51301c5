"""``triage``: every cell of an archive, labelled, ranked and stored."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from softbreak.archive.inputs.scan import Source, source_of
from softbreak.archive.jobs.batches import Plan
from softbreak.archive.jobs.executor import Crew, UnwritableError
from softbreak.archive.jobs.process_pool import Pool
from softbreak.archive.jobs.progress import Progress
from softbreak.archive.jobs.schedule import Schedule
from softbreak.archive.results.cache_key import basis_of
from softbreak.archive.results.pack import slug
from softbreak.archive.results.packs import Lock, Shelf
from softbreak.archive.results.triage_result import TriageResult, packs_of, write_result_tables
from softbreak.archive.tables import printable
from softbreak.citations import citations_for
from softbreak.models.registry import DEFAULT, Detector, detector_of
from softbreak.version import __version__

_LIBRARIES = ("numpy", "pandas", "pyarrow", "polars", "numba", "fastnda")


def triage(
    archive: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    detector: str | Detector = DEFAULT,
    workers: int | str | Any = None,
    crew: Crew | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TriageResult:
    """Label every cycle of every cell in an archive.

    Parameters
    ----------
    archive : path-like
        A folder of cells, or one file. A manifest (``cells.csv``, ``cells.toml``) at its root says
        which files are one cell and what is known of it; without one folders and names do.
        ``s3://bucket/folder``, and whatever else fsspec knows, is an archive too.
    out : path-like
        Where the results go. What is there already and still stands is not done again.
    detector : str or Detector
        See :func:`softbreak.detector`.
    workers : int, str, Pool or distributed.Client, optional
        Worker processes. 0 does the work in this process: quicker to start, but a file that
        crashes it ends it. By default as many as there are cores, and 0 for a single cell. A Dask
        client, or the address of its scheduler, hands the work to a cluster, all of whose workers
        must see ``archive`` and ``out`` under these
        names. A :class:`~softbreak.archive.jobs.process_pool.Pool` that runs already goes on.
    crew : Crew, optional
        ``Crew(Limits(seconds=..., memory_bytes=...))``: what a cell may take.
    progress : callable, optional
        Called with :class:`~softbreak.archive.jobs.progress.Progress` after every cell.

    Returns
    -------
    TriageResult

    Raises
    ------
    ReadError
        If there is no such archive, or it holds no file.
    ManifestError
        If its manifest cannot be used.
    BusyError
        If another triage writes into ``out``.
    UnwritableError
        If results cannot be written; those of before are kept.

    Notes
    -----
    Files that cannot be read are rows of ``failures.parquet``. After Ctrl-C the tables hold what
    was done by then, and the next run goes on from there.
    """
    began, started = time.perf_counter(), datetime.now(UTC)
    out = Path(out)
    crew = crew or Crew()
    detector = detector if isinstance(detector, str) else detector.name
    model = model_name(detector)
    source = source_of(archive, out)
    scanned = time.perf_counter()
    with Lock(out):
        shelf = Shelf(packs_of(out, model))
        shelf.tidy()
        basis = partial(basis_of, detector=detector)
        schedule = Schedule(source.root, basis, shelf, crew, workers)
        plan = schedule.planned(source.found.groups)
        reused = len(plan.standing)
        run = _run_facts(source, detector, workers)
        run |= {"model": model, "started": started.isoformat(timespec="seconds")}
        run["interrupted"] = True
        try:
            schedule.do(plan, progress)
            run["interrupted"] = False
        except UnwritableError:
            run.clear()  # nothing can be written: the tables of before stay
            raise
        finally:
            if run:  # also after Ctrl-C: what was done is worth having
                shelf.compact()
                worked = time.perf_counter()
                run["timings"] = {"scan_second": scanned - began, "work_second": worked - scanned}
                run["counts"] = {
                    "files": sum(len(group.files) for group in plan.standing.values()),
                    "cells_not_done_again": reused,
                }
                result = _written(out, source, plan, shelf, run)
    return result


def model_name(detector: str) -> str:
    """Return under which name the results of a detector stand beside those of others.

    Raises
    ------
    SoftbreakError
        If there is no such detector.
    """
    known = detector_of(detector)
    return f"{slug(known.name, 60) or 'model'}-{slug(known.version, 30) or '0'}"


def _run_facts(source: Source, detector: str, workers: Any) -> dict[str, Any]:
    manifest = source.manifest
    own = 1 if isinstance(workers, Pool) else workers
    where = own if isinstance(own, int | None) else "dask"
    return {
        "versions": {
            "softbreak": __version__,
            "python": platform.python_version(),
            **_library_versions(),
        },
        "platform": platform.platform(),
        "arguments": {"archive": printable(source.name), "detector": detector, "workers": where},
        "manifest": _manifest_name(source),
        "manifest_columns_ignored": list(manifest.ignored),
        "citations": [asdict(citation) for citation in citations_for(detector)],
    }


def _manifest_name(source: Source) -> str | None:
    """The manifest's name, and where it lies if it is not at the archive's root."""
    path = source.manifest.path
    if path is None or not Path(source.root).is_dir():
        return path.name if path else None
    return printable(Path(os.path.relpath(path, source.root)).as_posix())


@cache
def _library_versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def _written(
    out: Path, source: Source, plan: Plan, shelf: Shelf, run: dict[str, Any]
) -> TriageResult:
    index = shelf.index()
    stored = {group.cell_id: index[key] for key, group in plan.standing.items() if key in index}
    return write_result_tables(out, stored, source.found.failures, source.found.skipped, run)
