"""Files of any supported format as tables of the Battery Data Format."""

from __future__ import annotations

import csv
import errno
import io
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from softbreak.archive.inputs.manifest import COLUMNS
from softbreak.archive.inputs.scan import source_of
from softbreak.archive.inputs.witnesses import several
from softbreak.archive.jobs.batches import Plan
from softbreak.archive.jobs.cell_job import (
    Boundary,
    Job,
    Outcome,
    meta_of,
    meta_of_failures,
    read_all,
)
from softbreak.archive.jobs.executor import Crew, Functions, UnwritableError
from softbreak.archive.jobs.progress import Progress
from softbreak.archive.jobs.schedule import Schedule
from softbreak.archive.results.cache_key import basis_of_reading
from softbreak.archive.results.pack import PackWriter, Stored, members_of, slug
from softbreak.archive.results.packs import Lock, Readers, Shelf
from softbreak.archive.results.triage_result import failures_frame
from softbreak.archive.tables import (
    FAILURES,
    Failure,
    failure_of,
    table_of,
    write_parquet,
    write_text,
    written_whole,
)
from softbreak.data.date_orders import settled
from softbreak.data.history import assemble
from softbreak.data.names import natural_key
from softbreak.data.readers import registry
from softbreak.data.readers.formats.bdf import write
from softbreak.data.readers.formats.bdf_records import checksums_of, write_records
from softbreak.data.record import Cell, Record
from softbreak.errors import ReadError, SoftbreakError
from softbreak.plain_text import one_line
from softbreak.version import __version__

STATE: Final = ".softbreak"
"""The folder in a converted archive that says what each file was made from; hidden, so that a
triage passes it over."""
DATA: Final = "data"
FUNCTIONS: Final = Functions(cell="softbreak.archive.convert:add_converted")


@dataclass(frozen=True, repr=False, eq=False)
class Converted:
    """A converted archive.

    Attributes
    ----------
    out : Path
    tables : pandas.DataFrame
        One row a table: ``cell_id, path, source, rows, bytes``.
    failures : pandas.DataFrame
        Files that could not be read; also in ``.softbreak/failures.parquet``.
    reused : int
        Cells that were not converted again.
    """

    out: Path
    tables: pd.DataFrame
    failures: pd.DataFrame
    reused: int

    def __repr__(self) -> str:
        """One line that says what it is."""
        return (
            f"<Converted {self.out}: {self.tables['cell_id'].nunique()} cells, "
            f"{len(self.tables)} files, {self.tables['rows'].sum():,} rows; "
            f"{len(self.failures)} files failed>"
        )


def convert_archive(
    archive: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    workers: int | str | Any = None,
    crew: Crew | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Converted:
    """Turn an archive into one of Parquet files in the Battery Data Format.

    Every table is read back after it was written, and compared by its row count and a checksum of
    every column. A second run converts what changed.

    Parameters
    ----------
    archive, workers, crew, progress
        As in :func:`softbreak.triage`.
    out : path-like
        A folder of its own.

    Returns
    -------
    Converted

    Raises
    ------
    ReadError
        If there is no such archive, or it holds no file.
    ManifestError
        If its manifest cannot be used.
    BusyError
        If another run writes into ``out``.
    UnwritableError
        If tables cannot be written; those of before are kept.
    SoftbreakError
        If ``out`` holds other things.
    """
    out = Path(out)
    crew = replace(crew or Crew(), functions=FUNCTIONS)
    source = source_of(archive, out)
    _check_free(out)
    with Lock(out / STATE):
        shelf = Shelf(out / STATE)
        shelf.tidy()
        schedule = Schedule(source.root, basis_of_reading, shelf, crew, workers)
        plan = schedule.planned(source.found.groups)
        _forget_missing(out, plan, schedule)
        reused = len(plan.standing)
        try:
            schedule.do(plan, progress)
        except UnwritableError:
            raise
        except BaseException:
            _finished(out, plan, shelf, source.found.failures, reused)
            raise
        return _finished(out, plan, shelf, source.found.failures, reused)


def _check_free(out: Path) -> None:
    """Refuse a folder with other things in it: what is no longer wanted is removed there."""
    if out.is_dir() and not (out / STATE).is_dir() and any(out.iterdir()):
        raise SoftbreakError(
            f"{out} holds other things; a converted archive needs a folder of its own"
        )


def _forget_missing(out: Path, plan: Plan, schedule: Schedule) -> None:
    """Have cells done again of which a table is gone."""
    index = schedule.shelf.index()
    with Readers() as readers:
        for key in list(plan.standing):
            tables = readers.meta(index[key]).get("tables", [])
            if not all(_size(out / table["path"]) == table["bytes"] for table in tables):
                plan.waiting.append(schedule.todo(plan.standing.pop(key)))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _finished(
    out: Path, plan: Plan, shelf: Shelf, failures: Sequence[Failure], reused: int
) -> Converted:
    shelf.compact()
    index = shelf.index()
    stored = {group.cell_id: index[key] for key, group in plan.standing.items() if key in index}
    rows: list[dict[str, Any]] = []
    failed = list(failures)
    with Readers() as readers:
        entries = [_entry(readers, name, stored[name], rows, failed) for name in sorted(stored)]
    _remove_stale(out / DATA, {row["path"].split("/")[1] for row in rows})
    frame = failures_frame(failed)
    write_parquet(table_of(frame, FAILURES), out / STATE / "failures.parquet")
    write_text(_manifest([entry for entry in entries if entry["files"]]), out / "cells.csv")
    columns = ["cell_id", "path", "source", "rows", "bytes"]
    return Converted(out, pd.DataFrame(rows, columns=columns), frame, reused)


def _entry(
    readers: Readers,
    name: str,
    stored: Stored,
    rows: list[dict[str, Any]],
    failed: list[Failure],
) -> dict[str, Any]:
    meta = readers.meta(stored)
    failed += [Failure(*row) for row in meta["failures"]]
    tables = meta.get("tables", [])
    rows += [{"cell_id": name, **table} for table in tables]
    plain = one_line(name.strip())  # a manifest takes no name that does not show
    return {
        **meta["basis"]["cell"],
        "cell_id": plain if plain == name else f"{plain} {stored.key}",
        "files": f"{DATA}/{stored.key}/*.parquet" if tables else "",
    }


def _manifest(entries: Sequence[Mapping[str, Any]]) -> str:
    """Write what is known of the cells, and which files are whose, as ``cells.csv``."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(entries)
    return text.getvalue()


def _remove_stale(data: Path, kept: set[str]) -> None:
    """Remove tables of cells that the archive no longer has."""
    for folder in data.glob("*"):
        if folder.name not in kept:
            shutil.rmtree(folder)


def add_converted(job: Job, writer: PackWriter) -> Outcome:
    """Convert one cell, and note in a pack what was made of it; the work of a worker.

    Raises
    ------
    OSError
        If the tables or the pack cannot be written; whatever else goes wrong is in the note.
    """
    folder = writer.path.parent.parent / DATA / job.key
    with Boundary(job.basis["files"][0]) as boundary:
        reading = read_all(job)
        split = "" if job.basis["named"] else several(reading.records, job.basis["by"])
        whole = [record for record in reading.records if isinstance(record, Record)]
        records = [] if split or not whole else _in_order(job, whole)
    meta: dict[str, Any]
    if boundary.error is not None:
        failure = failure_of(job.basis["files"][0], "diagnose", boundary.error)
        meta, records = meta_of_failures(job, [failure]), []
    else:
        meta = {**meta_of(job, reading), "split": split}
    meta["tables"] = _write_cell(folder, records)
    writer.put(job.key, members_of(meta, None))
    return Outcome(job.key, str(meta["split"] or ""), 0)


def _in_order(job: Job, records: Sequence[Record]) -> list[list[Record]]:
    """Return a cell's records file by file, in the order in which the files were measured."""
    records = settled(records, natural_key)
    files: dict[str, list[Record]] = {}
    for record in assemble(Cell(**job.basis["cell"]), records).records:
        files.setdefault(record.source.path, [])
    for record in records:
        files[record.source.path].append(record)
    return [sorted(group, key=lambda r: r.source.position) for group in files.values()]


def _write_cell(folder: Path, files: Sequence[Sequence[Record]]) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = []
    for number, records in enumerate(files, start=1):
        source = records[0].source
        stem = slug(Path(source.path).stem, 60) or "file"
        path = folder / f"{number:04d}-{stem}.bdf.parquet"
        told = {
            "path": source.path,
            "sha256": source.content_hash,
            "reader": source.reader,
            "reader_version": source.reader_version,
            "softbreak": __version__,
        }
        written_whole(path, lambda part, r=records, t=told: _verified(r, part, t))  # type: ignore[misc]
        tables.append(
            {
                "path": f"{DATA}/{folder.name}/{path.name}",
                "source": source.path,
                "rows": sum(len(record.table) for record in records),
                "bytes": path.stat().st_size,
            }
        )
    wanted = {table["path"].rpartition("/")[2] for table in tables}
    for stale in folder.glob("*"):
        if stale.name not in wanted:
            stale.unlink()
    if not tables and folder.is_dir():
        folder.rmdir()
    return tables


def _verified(records: Sequence[Record], path: Path, told: Mapping[str, Any]) -> None:
    wanted = write_records(records, path, told)
    if checksums_of(path) != wanted:
        raise OSError(errno.EIO, "what was written does not read back as it was")


def convert_file(path: Path, out: Path, suffix: str) -> list[Path]:
    """Write each record of a file as one table.

    Parameters
    ----------
    path : Path
    out : Path
        Folder for the tables; made where it is missing.
    suffix : {"parquet", "csv"}

    Returns
    -------
    list of Path
        ``NAME.bdf.parquet``, or ``NAME_1_cycling.bdf.parquet`` and so on for several records.

    Raises
    ------
    ReadError
        If the file cannot be read, or a table would take its place.
    """
    records = registry.read(path)
    written = []
    for place, record in enumerate(records, start=1):
        mark = f"_{place}_{record.technique}" if len(records) > 1 else ""
        target = out / f"{path.stem.removesuffix('.bdf')}{mark}.bdf.{suffix}"
        if target.exists() and target.samefile(path):
            raise ReadError(
                path,
                found="a table that would take the place of the file itself",
                expected="another folder",
                remedy="Name one with --out.",
            )
        # The suffix says which kind is written, so the temporary file must bear it too.
        written_whole(target, lambda part, record=record: write(record, part))  # type: ignore[misc]
        written.append(target)
    return written
