"""The features of many cells as one file, a cell in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from softbreak.archive.inputs.copies import without_copies
from softbreak.archive.inputs.file_names import perhaps_not_data
from softbreak.archive.inputs.grouping import Group, parts_of
from softbreak.archive.inputs.manifest_nearby import manifest_of
from softbreak.archive.inputs.read import history_of
from softbreak.archive.inputs.scan import Scan, scan
from softbreak.archive.inputs.witnesses import several
from softbreak.archive.tables import Failure, failure_of, printable, written_whole
from softbreak.boundary import Boundary
from softbreak.data.history import CellHistory
from softbreak.data.readers import registry
from softbreak.data.record import Cell, Record
from softbreak.errors import ReadError, SoftbreakError, UnknownFormatError
from softbreak.features.catalog import CATALOGUE
from softbreak.features.table import KEYS, features_of
from softbreak.plain_text import spreadsheet_text

SUFFIXES: Final = (".parquet", ".csv")
_TYPES: Final = {
    "cell_id": pa.string(),
    "unit": pa.string(),
    "half_cycle_index": pa.int64(),
    "cycle_index": pa.int64(),
    "sign": pa.int64(),
}
SCHEMA: Final = pa.schema(
    [(name, _TYPES.get(name, pa.float64())) for name in KEYS]
    + [(feature.name, pa.float64()) for feature in CATALOGUE]
)
"""Columns of the file; missing evidence is null."""


class FeatureRun(NamedTuple):
    """What was written.

    Attributes
    ----------
    path : Path
    cells, rows : int
    failures : list of Failure
        Files that could not be read, cells that could not be measured.
    """

    path: Path
    cells: int
    rows: int
    failures: list[Failure]


def write_features(
    root: Path,
    out: Path,
    *,
    facts: Mapping[str, Any] | None = None,
    pair_fits: bool = True,
    progress: Callable[[int, int, str], None] | None = None,
) -> FeatureRun:
    """Measure every cell of an archive and write one table.

    Parameters
    ----------
    root : Path
        A folder of cells (with or without a manifest), or one file.
    out : Path
        Ends in ``.parquet`` (a row group a cell) or ``.csv``. It is there whole or not at all.
    facts : mapping, optional
        What is known of every cell, as :class:`softbreak.Cell` names it; outweighs the manifest.
    pair_fits : bool
        See :func:`softbreak.features.table.features_of`.
    progress : callable, optional
        Called with cells done, cells in all and the name of the cell that was just done.

    Returns
    -------
    FeatureRun

    Raises
    ------
    SoftbreakError
        If the name of ``out`` says neither format.
    ReadError
        If there is no such archive, or it holds no file.
    """
    _checked_name(out)
    found = scanned(root, out)
    failures, sizes = list(found.failures), []
    moved = progress or (lambda *_: None)

    def write(part: Path) -> None:
        with closing(_Sink(part)) as sink:
            for done, group in enumerate(found.groups, start=1):
                for table in _tables(found.root, group, (facts or {}, pair_fits), failures):
                    sink.add(table)
                    sizes.append(len(table))
                moved(done, len(found.groups), group.cell_id)

    written_whole(out, write)
    return FeatureRun(out, len(sizes), sum(sizes), failures)


def write_table(table: pd.DataFrame, out: Path) -> Path:
    """Write one cell's table into a file.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`softbreak.features.table.features_of` gives it.
    out : Path
        As in :func:`write_features`.
    """
    _checked_name(out)

    def write(part: Path) -> None:
        with closing(_Sink(part)) as sink:
            sink.add(table)

    written_whole(out, write)
    return out


def _checked_name(out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise SoftbreakError(f"{out}: a table's name ends in {' or '.join(SUFFIXES)}")


def scanned(root: Path, out: Path) -> Scan:
    """List an archive's cells, without what an earlier run wrote into it.

    Raises
    ------
    ReadError
        If there is no data file.
    """
    found = scan(root, manifest_of(root))
    groups = (_without(found.root, group, out.resolve()) for group in found.groups)
    found = replace(found, groups=tuple(group for group in groups if group.files))
    if not found.groups:
        raise ReadError(
            root,
            found="no data file",
            expected="at least one file of a supported format",
            remedy="Check the path.",
        )
    return found


def _without(root: Path, group: Group, out: Path) -> Group:
    """Leave out what an earlier run wrote into the archive."""
    kept = tuple(path for path in group.files if (root / path).resolve() != out)
    return group if len(kept) == len(group.files) else replace(group, files=kept)


def _tables(
    root: Path, group: Group, options: tuple[Mapping[str, Any], bool], failures: list[Failure]
) -> Iterator[pd.DataFrame]:
    facts, pair_fits = options
    for history in histories_of(root, group, facts, failures):
        with Boundary(str(group.files[0])) as boundary:
            table = features_of(history, pair_fits=pair_fits)
        if boundary.error is None:
            yield table
        else:
            failures.append(failure_of(str(group.files[0]), "diagnose", boundary.error))


def histories_of(
    root: Path, group: Group, facts: Mapping[str, Any], failures: list[Failure]
) -> Iterator[CellHistory]:
    """Yield the cell of a group; its files apart where they are really several cells'.

    Parameters
    ----------
    root : Path
    group : Group
    facts : mapping
        What is known of every cell.
    failures : list of Failure
        Grows by the files that cannot be read.
    """
    yield from _apart(root, group, _records(root, group, failures), facts)


def _apart(
    root: Path, group: Group, records: list[Record], facts: Mapping[str, Any]
) -> Iterator[CellHistory]:
    kept = [record for record in without_copies(records)[0] if isinstance(record, Record)]
    reason = "" if group.named else several(kept, group.by)
    for part in parts_of(group, reason) if reason else ():
        yield from _apart(root, part, [r for r in records if _of(root, part, r)], facts)
    if not reason:
        yield from _assembled(group, records, facts)


def _of(root: Path, group: Group, record: Record) -> bool:
    return Path(record.source.path) in {root / path for path in group.every}


def _assembled(
    group: Group, records: list[Record], facts: Mapping[str, Any]
) -> Iterator[CellHistory]:
    names = {field.name for field in fields(Cell)}
    known = {k: v for k, v in facts.items() if k in names and v is not None}
    if records:
        cell = replace(group.cell, cell_id=group.cell_id, **known)
        yield history_of(cell, records, group.by)


def _records(root: Path, group: Group, failures: list[Failure]) -> list[Record]:
    """Records of a group's files; where a native file cannot be read, those of its export."""
    records: list[Record] = []
    for path in group.files:
        for candidate in (str(path), *group.spares.get(str(path), ())):
            found = _read(root, candidate, group, failures)
            records += found
            if found:
                break
    return records


def _read(root: Path, path: str, group: Group, failures: list[Failure]) -> list[Record]:
    found: list[Record] = []
    with Boundary(path) as boundary:
        found = registry.read(root / path, group.columns or None)
    error = boundary.error
    no_data = isinstance(error, UnknownFormatError) and perhaps_not_data(PurePosixPath(path))
    if error is not None and not no_data:
        failures.append(failure_of(path, "read", error))
    return found


class _Sink:
    """A file that grows by a cell at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parquet: pq.ParquetWriter | None = None
        if path.suffix.lower() == ".parquet":
            self._parquet = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        else:
            pd.DataFrame(columns=SCHEMA.names).to_csv(path, index=False)

    def add(self, table: pd.DataFrame) -> None:
        """Append one cell's rows."""
        table = table.assign(cell_id=[printable(name) for name in table["cell_id"]])
        if self._parquet is None:
            table = table.assign(cell_id=[spreadsheet_text(name) for name in table["cell_id"]])
            table.to_csv(self._path, mode="a", header=False, index=False)
        else:
            whole = pa.Table.from_pandas(table, schema=SCHEMA, preserve_index=False)
            self._parquet.write_table(whole)

    def close(self) -> None:
        """Finish the file."""
        if self._parquet is not None:
            self._parquet.close()
