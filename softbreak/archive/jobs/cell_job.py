"""The work on cells: read their files, diagnose, store. Runs in this process or in a worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from softbreak.archive.inputs.copies import without_copies
from softbreak.archive.inputs.file_names import perhaps_not_data
from softbreak.archive.inputs.storage import storage_of
from softbreak.archive.inputs.witnesses import how_joined, several
from softbreak.archive.jobs.long_records import examine_records
from softbreak.archive.jobs.process_main import resolve
from softbreak.archive.results.pack import FORMAT, PackWriter, members_of
from softbreak.archive.tables import Failure, failure_of, printable
from softbreak.boundary import Boundary
from softbreak.compiled import is_kept
from softbreak.data.readers import registry
from softbreak.data.record import Cell, LongRecord, Record, Source, Technique
from softbreak.errors import ReadError, UnknownFormatError
from softbreak.features.cycles.columns import columns_of
from softbreak.models.diagnosis.result import Diagnosis, Finding


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to know of one cell; travels as JSON.

    Attributes
    ----------
    root : str
        The archive's folder, or its address.
    key : str
        The result's name in its pack, :func:`softbreak.archive.results.pack.key_of`.
    basis : mapping
        See :func:`softbreak.archive.results.cache_key.basis_of`: files, cell, detector, versions.
    excluded : tuple of Failure
        Files that are not to be read again: each killed a worker.
    """

    root: str
    key: str
    basis: Mapping[str, Any]
    excluded: tuple[Failure, ...] = ()

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Job:
        """Undo :func:`dataclasses.asdict` and JSON."""
        excluded = tuple(Failure(*row) for row in told["excluded"])
        return cls(told["root"], told["key"], told["basis"], excluded)


@dataclass(slots=True)
class Reading:
    """What became of a cell's files.

    Attributes
    ----------
    records : list of Record or LongRecord
    failures : list of Failure
    skipped : list of (str, str)
        Files that were left out on purpose, and why.
    stamps : list of dict
        What tells whether a file changed.
    held : contextlib.ExitStack
        Lets go of the files of which the rows are still to be read.
    """

    records: list[Record | LongRecord] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    stamps: list[dict[str, Any]] = field(default_factory=list)
    held: ExitStack = field(default_factory=ExitStack)


class Outcome(NamedTuple):
    """What a run has to know of a cell that is done.

    Attributes
    ----------
    key : str
    split : str
        Why its files are those of several cells: nothing was judged. Else empty.
    cycles : int
    """

    key: str
    split: str
    cycles: int


def run_batch(told: Mapping[str, Any]) -> dict[str, Any]:
    """Read, diagnose and store the cells of one pack; the entry point in a worker.

    Parameters
    ----------
    told : mapping
        ``pack``: where the results go; ``cell``: the function that does a cell, such as
        :func:`add_job`; ``jobs``: the cells, each a :class:`Job` as JSON.

    Returns
    -------
    dict
        ``outcomes``; or ``unwritable``, why the pack could not be written.
    """
    writer = None
    try:
        writer = PackWriter(Path(told["pack"]))
        do = resolve(told["cell"])
        outcomes = [do(Job.from_json(job), writer) for job in told["jobs"]]
        writer.close()
    except OSError as error:
        if writer is not None:
            writer.drop()
        return {"unwritable": error.strerror or str(error)}
    return {"outcomes": outcomes}


def add_job(job: Job, writer: PackWriter) -> Outcome:
    """Read and diagnose one cell, add the result to a pack.

    Raises
    ------
    OSError
        If the pack cannot be written; whatever else goes wrong is in the result.
    """
    members: Mapping[str, Any] = {}
    outcome = Outcome(job.key, "", 0)
    with Boundary(job.basis["files"][0]) as boundary:
        meta, diagnosis = _work(job)
        members = members_of(meta, diagnosis)
        cycles = 0 if diagnosis is None else len(columns_of(diagnosis, "verdicts"))
        outcome = Outcome(job.key, meta["split"], cycles)
    if boundary.error is not None:
        failure = failure_of(job.basis["files"][0], "store", boundary.error)
        members = members_of(meta_of_failures(job, [failure]), None)
    writer.put(job.key, members)
    return outcome


def _work(job: Job) -> tuple[dict[str, Any], Diagnosis | None]:
    reading = read_all(job, in_pieces=True)
    with reading.held:
        return _judged(job, reading)


def _judged(job: Job, reading: Reading) -> tuple[dict[str, Any], Diagnosis | None]:
    split = "" if job.basis["named"] else several(reading.records, job.basis["by"])
    diagnosis = None if split else _diagnosed(job, reading)
    return {**meta_of(job, reading), "split": split}, diagnosis


def probe_job(told: Mapping[str, Any]) -> dict[str, Any]:
    """Read one file and forget it: does it kill the worker?"""
    with Boundary(told["path"]), storage_of(told["root"]).local(told["path"]) as path:
        if registry.read_long(path) is None:
            registry.read(path)
    return {}


def warm_up(_: Mapping[str, Any]) -> dict[str, Any]:
    """Judge a made-up cell: compiled code and the shipped model are loaded when a job comes.

    What is not compiled yet is left to the first cell that needs it: then the progress says so.
    """
    from softbreak.features.kernels.cycle_fold import fold

    if is_kept(fold):
        examine_records(Cell("made up"), [_made_up()], "hybrid")
    return {}


def _made_up() -> Record:
    """An hour a half-cycle, noise, and a resistance that falls: most of what cells show."""
    import pandas as pd

    sample = np.arange(20_000)
    half = sample // 300
    ampere = np.where(half % 2, 1e-4, -1e-4)
    ohm = np.where(half < half[-1] // 2, 400.0, 120.0) * (1.0 + 0.002 * np.sin(sample**2))
    columns = {
        "test_time_second": 12.0 * sample,
        "voltage_volt": (ampere * ohm).astype(np.float32),
        "current_ampere": ampere.astype(np.float32),
    }
    return Record(Cell("made up"), Technique.CYCLING, pd.DataFrame(columns), Source("made up"))


def meta_of_failures(job: Job, failures: list[Failure]) -> dict[str, Any]:
    """Return what to store of a cell of which nothing came but failures."""
    reading = Reading(failures=failures)
    reading.stamps += [_stamp(job, path) for path in paths_of_basis(job.basis)]
    return {**meta_of(job, reading), "split": ""}


def meta_of(job: Job, reading: Reading) -> dict[str, Any]:
    """Return what is stored of a cell beside its diagnosis."""
    return {
        "format": FORMAT,
        "basis": job.basis,
        "stamps": reading.stamps,
        "failures": [list(map(printable, row)) for row in (*job.excluded, *reading.failures)],
        "skipped": [list(map(printable, row)) for row in reading.skipped],
        "joined": [printable(sentence) for *_, sentence in _joined(job, reading)],
    }


def _joined(job: Job, reading: Reading) -> Iterator[tuple[str, str, str]]:
    """Say how the files came together, and what stayed apart."""
    yield from how_joined(reading.records, job.basis["by"])
    if job.basis["apart"]:
        told = (
            f"Other files are not joined with these: {job.basis['apart']}. If they are one cell, "
            "say so in cells.csv."
        )
        yield "note", "files-apart", told


def paths_of_basis(basis: Mapping[str, Any]) -> Iterator[str]:
    """Yield a cell's files and their spare twins."""
    yield from basis["files"]
    for twins in basis["spares"].values():
        yield from twins


def _stamp(job: Job, path: str) -> dict[str, Any]:
    storage = storage_of(job.root)
    return {"path": path, **storage.stamp(path), "sha256": storage.content_hash(path)}


def read_all(job: Job, *, in_pieces: bool = False) -> Reading:
    """Read a cell's files; those that cannot be read are failures.

    Parameters
    ----------
    job : Job
    in_pieces : bool
        Only look through files that are too long for the memory: their rows are read when they
        are used, until ``held`` is closed.
    """
    reading = Reading()
    excluded = {row.path for row in job.excluded}
    for path in job.basis["files"]:
        twins = job.basis["spares"].get(path, ())
        if printable(path) not in excluded and _read_one(job, path, reading, in_pieces):
            reading.skipped += [(twin, f"the same as {path}") for twin in twins]
            continue
        any(
            _read_one(job, twin, reading, in_pieces)
            for twin in twins
            if printable(twin) not in excluded
        )
    reading.records, copies = without_copies(reading.records)
    reading.skipped += [copy.left_out for copy in copies]
    return reading


def _read_one(job: Job, path: str, reading: Reading, in_pieces: bool) -> bool:
    """Read a file into ``reading``; return whether it gave records."""
    storage, columns = storage_of(job.root), job.basis["columns"] or None
    told = {"path": path, **storage.stamp(path)}
    with Boundary(path) as boundary, ExitStack() as stack:
        full = stack.enter_context(storage.local(path))
        before = _moment_of(full)
        records = registry.read_long(full) if in_pieces else None
        if records is None:
            records = [*registry.read(full, columns)]
        # replaced meanwhile: nobody knows of which file the hash is, so the result never stands
        same = _moment_of(full) == before
        told["sha256"] = records[0].source.content_hash if same else ""
        reading.stamps.append(told)
        if any(isinstance(record, LongRecord) for record in records):
            reading.held.enter_context(stack.pop_all())
        _keep(path, records, reading)
        return True
    told["sha256"] = storage.content_hash(path)
    reading.stamps.append(told)
    error = boundary.error
    reason = perhaps_not_data(PurePosixPath(path))
    # Where a mapping is to read what no reader knows, it is tried on notes as well.
    unknown = ReadError if columns else UnknownFormatError
    if isinstance(error, unknown) and reason:
        reading.skipped.append((path, f"no data: {reason}"))
    elif error is not None:
        reading.failures.append(failure_of(path, "read", error))
    return False


def _moment_of(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:  # the reader says what is wrong
        return 0, 0, 0
    return status.st_size, status.st_mtime_ns, status.st_ino


def _keep(path: str, records: list[Record | LongRecord], reading: Reading) -> None:
    # Relative to the archive, so that a result says the same wherever the archive lies.
    name = printable(path)
    reading.records += [r.with_source(replace(r.source, path=name)) for r in records]


def _diagnosed(job: Job, reading: Reading) -> Diagnosis | None:
    if not reading.records:
        return None
    cell = Cell(**job.basis["cell"])
    with Boundary(cell.cell_id) as boundary:
        diagnosis = examine_records(cell, reading.records, job.basis["detector"][0])
        return diagnosis.changed(findings=(*diagnosis.findings, *_remarks(job, reading)))
    if boundary.error is not None:
        where = job.basis["files"][0]
        reading.failures.append(failure_of(where, "diagnose", boundary.error))
    return None


def _remarks(job: Job, reading: Reading) -> Iterator[Finding]:
    """Say what the verdicts do not rest on, and how the files came together."""
    for told in _joined(job, reading):
        yield Finding(*told)
    for row in (*job.excluded, *reading.failures):
        yield Finding("warning", "unread-file", f"{row.path} could not be used: {row.error}.")
    for path, reason in reading.skipped:
        yield Finding("note", "file-left-out", f"{path} was left out: {reason}.")


def as_json(job: Job) -> dict[str, Any]:
    """Return a job as plain JSON."""
    return {**asdict(job), "excluded": [list(row) for row in job.excluded]}
