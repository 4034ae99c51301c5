"""``triage``: every cell of an archive, labelled, ranked and stored."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from softbreak.archive.citations import citations_for
from softbreak.archive.crew import Batch, Crew, UnwritableError, mark_of
from softbreak.archive.grouping import one_by_one
from softbreak.archive.lock import Lock
from softbreak.archive.manifest import Manifest, load_manifest
from softbreak.archive.packs import Shelf
from softbreak.archive.plan import Plan, Todo, batches, job_of, planned, todo_of
from softbreak.archive.pool import Pool, cores
from softbreak.archive.progress import Meter, Progress
from softbreak.archive.result import TriageResult, packs_of, write_result_tables
from softbreak.archive.scan import Scan, bucket_manifest, scan, scan_bucket
from softbreak.archive.storage import Bucket, is_url
from softbreak.archive.store import slug
from softbreak.archive.tables import printable
from softbreak.archive.work import Outcome
from softbreak.archive.workers import Cluster
from softbreak.errors import ReadError
from softbreak.models.registry import detector_of
from softbreak.version import __version__

_LIBRARIES = ("numpy", "pandas", "pyarrow", "polars", "numba", "fastnda")


def triage(
    archive: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    detector: str = "fused",
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
    detector : str
    workers : int, str or distributed.Client, optional
        Worker processes. 0 does the work in this process: quicker to start, but a file that
        crashes it ends it. By default as many as there are cores, and 0 for a single cell. A Dask
        client, or the address of its scheduler, hands the work to a cluster, all of whose workers
        must see ``archive`` and ``out`` under these names.
    crew : Crew, optional
        ``Crew(Limits(seconds=..., memory_bytes=...))``: what a cell may take.
    progress : callable, optional
        Called with :class:`~softbreak.archive.progress.Progress` after every cell.

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
    model = model_name(detector)
    source = _source(archive, out)
    scanned = time.perf_counter()
    with Lock(out):
        shelf = Shelf(packs_of(out, model))
        shelf.tidy()
        plan = planned(
            source.found.groups, root=source.root, shelf=shelf, detector=detector, crew=crew
        )
        reused = len(plan.standing)
        run = _run_facts(source, detector, workers)
        run |= {"model": model, "started": started.isoformat(timespec="seconds")}
        work = _Work(source.root, detector, shelf, crew, workers)
        run["interrupted"] = True
        try:
            work.do(plan, progress)
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


class _Source(NamedTuple):
    root: str
    name: str
    found: Scan
    manifest: Manifest


def _source(archive: str | os.PathLike[str], out: Path) -> _Source:
    """List an archive's cells."""
    name = os.fspath(archive)
    if is_url(name):
        bucket = Bucket(name)
        manifest = bucket_manifest(bucket)
        found, root = scan_bucket(bucket, manifest), name
    else:
        folder = Path(archive)
        manifest = load_manifest(folder) if folder.is_dir() else Manifest()
        found = scan(folder, manifest, out=out)
        root = str(found.root)
    if not found.groups:
        raise ReadError(
            printable(name),
            found="no data file",
            expected="files of cyclers or impedance analysers",
            remedy="Check the path; documents, pictures and hidden files do not count.",
        )
    return _Source(root, name, found, manifest)


@dataclass(frozen=True, slots=True)
class _Work:
    """Gets the cells of a plan done."""

    root: str
    detector: str
    shelf: Shelf
    crew: Crew
    workers: Any

    def do(self, plan: Plan, tell: Callable[[Progress], None] | None) -> None:
        meter = Meter(
            tell,
            len(plan.standing),
            len(plan.standing) + len(plan.waiting),
            sum(todo.cost for todo in plan.waiting),
        )
        meter.start()
        while plan.waiting:
            todos = {todo.key: todo for todo in plan.waiting}
            plan.waiting = []
            # Closing ends the workers at once, also on the way out of an interrupt.
            with closing(self._outcomes(list(todos.values()))) as outcomes:
                for outcome in outcomes:
                    todo = todos.pop(outcome.key)
                    if outcome.split:
                        parts = [todo_of(part, self.root) for part in one_by_one(todo.group)]
                        plan.waiting += parts
                        meter.more(parts)
                    else:
                        plan.standing[todo.key] = todo.group
                    meter.count(todo, outcome.cycles, split=outcome.split)

    def _outcomes(self, todos: list[Todo]) -> Generator[Outcome, None, None]:
        workers = self.workers
        if workers is not None and not isinstance(workers, int):
            return self._on(Cluster(workers, self.crew.functions.warm_up), todos)
        if workers is None:
            # One cell alone is worth no process, unless it has killed one before.
            died = any(mark_of(self.shelf.folder, todo.key).exists() for todo in todos)
            workers = 0 if len(todos) == 1 and not died else cores()
        if workers == 0:
            return self.crew.here(self._batches(todos, 0))
        return self._in_pool(todos, min(workers, len(todos)))

    def _in_pool(self, todos: list[Todo], workers: int) -> Generator[Outcome, None, None]:
        with Pool(workers, self.crew.functions.warm_up) as pool:
            yield from self.crew.on(pool, self._batches(todos, workers), self.shelf.new_pack)

    def _on(self, cluster: Any, todos: list[Todo]) -> Generator[Outcome, None, None]:
        with cluster:
            batches = self._batches(todos, cluster.workers())
            yield from self.crew.on(cluster, batches, self.shelf.new_pack)

    def _batches(self, todos: list[Todo], workers: int) -> Iterator[Batch]:
        for batch in batches(todos, workers):
            jobs = tuple(job_of(todo, self.root, self.detector) for todo in batch)
            yield Batch(self.shelf.new_pack(), jobs, tuple(todo.size for todo in batch))


def _run_facts(source: _Source, detector: str, workers: Any) -> dict[str, Any]:
    manifest = source.manifest
    where = workers if isinstance(workers, int | None) else "dask"
    return {
        "versions": {
            "softbreak": __version__,
            "python": platform.python_version(),
            **_library_versions(),
        },
        "platform": platform.platform(),
        "arguments": {"archive": printable(source.name), "detector": detector, "workers": where},
        "manifest": manifest.path.name if manifest.path else None,
        "manifest_columns_ignored": list(manifest.ignored),
        "citations": [asdict(citation) for citation in citations_for(detector)],
    }


@cache
def _library_versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def _written(
    out: Path, source: _Source, plan: Plan, shelf: Shelf, run: dict[str, Any]
) -> TriageResult:
    index = shelf.index()
    stored = {group.cell_id: index[key] for key, group in plan.standing.items() if key in index}
    return write_result_tables(out, stored, source.found.failures, source.found.skipped, run)
