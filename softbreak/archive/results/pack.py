"""Results of cells on disk: packs of many cells, Arrow tables and JSON in a zip, no pickle.

A pack is written whole or not at all, by one worker, with the cells of one task: ten thousand
cells are some hundred files. Inside, each cell has a folder of its own, named by its key.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from softbreak.archive.tables import VERDICTS, part_of, plain_table, printable, table_of
from softbreak.data.record import Cell
from softbreak.errors import ReadError
from softbreak.features.cycles.columns import Columns, columns_of
from softbreak.models.diagnosis.result import TABLES, Diagnosis, Finding

FORMAT: Final = 2
"""Raised when the layout of a stored result changes."""

META: Final = "meta.json"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_WRITE: Final = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
"""zstd sets itself up for every column anew, which took longer than all else for a small cell."""

_WRITE_PLAIN: Final = pa.ipc.IpcWriteOptions(use_threads=False)
_WORTH_ROWS: Final = 8
"""Columns of fewer rows are longer when they are compressed."""


class Stored(NamedTuple):
    """Where a cell's result lies.

    Attributes
    ----------
    pack : Path
    key : str
        From :func:`key_of`.
    """

    pack: Path
    key: str


def key_of(cell_id: str) -> str:
    """Return the name under which a cell's result lies in its pack.

    It is readable, short, safe on every file system, and unlike that of any other cell, also
    where letters' case does not count.
    """
    return f"{slug(cell_id, 40) or 'cell'}-{_mark(cell_id)}"


def slug(text: str, most: int) -> str:
    """Return the ASCII letters and digits of a text, joined by hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:most]


def _mark(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


class PackWriter:
    """Write results into a new pack, one cell at a time.

    Nothing is at ``path`` until :meth:`close`; leaving by an error drops what was written.

    Parameters
    ----------
    path : Path
        A pack of that name is replaced.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._part = part_of(path)
        self._archive = zipfile.ZipFile(self._part, "w", zipfile.ZIP_STORED)
        self._cells = 0

    def __enter__(self) -> PackWriter:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the pack its name, or drop it."""
        if error is None:
            self.close()
        else:
            self.drop()

    def put(self, key: str, members: Mapping[str, Any]) -> None:
        """Add a cell's result as :func:`members_of` made it."""
        for name, data in members.items():
            self._write(f"{key}/{name}", data)
        self._cells += 1

    def copy(self, key: str, pack: zipfile.ZipFile) -> None:
        """Add a cell as it lies in another pack."""
        for name in (*(f"{table}.arrow" for table in ("verdicts", *TABLES)), META):
            member = f"{key}/{name}"
            if member in pack.NameToInfo:
                self._write(member, pack.read(member))
        self._cells += 1

    def close(self) -> None:
        """Give the pack its name; an empty one is dropped."""
        try:
            self._archive.close()
            if self._cells:
                self._part.replace(self.path)
        finally:
            self._part.unlink(missing_ok=True)

    def drop(self) -> None:
        """Forget what was written."""
        self._cells = 0
        # Closing the archive would write its directory, which a full disk refuses once more.
        file, self._archive.fp = self._archive.fp, None
        with suppress(OSError):
            if file is not None:
                file.close()
        self._part.unlink(missing_ok=True)

    def _write(self, member: str, data: str | memoryview | bytes) -> None:
        self._archive.writestr(zipfile.ZipInfo(member, _EPOCH), data)


def members_of(meta: Mapping[str, Any], diagnosis: Diagnosis | None) -> dict[str, Any]:
    """Return what is stored of one cell, by names within its folder.

    Parameters
    ----------
    meta : mapping
        Plain JSON: what the result rests on, failures, skipped files.
    diagnosis : Diagnosis or None
        None where no file of the cell could be used.

    Returns
    -------
    dict
        The JSON part comes last: a cell without it was never finished.
    """
    content = dict(meta)
    members: dict[str, Any] = {}
    if diagnosis is not None:
        content["cell"] = {name: getattr(diagnosis.cell, name) for name in Cell.__slots__}
        content["summary"] = diagnosis.summary
        content["findings"] = [
            {"severity": f.severity, "topic": f.topic, "sentence": f.sentence}
            for f in diagnosis.findings
        ]
        verdicts = table_of(columns_of(diagnosis, "verdicts"), VERDICTS)
        members["verdicts.arrow"] = _bytes_of(verdicts) if len(verdicts) else _no_verdicts()
        for name in TABLES:
            members[f"{name}.arrow"] = _serialised(columns_of(diagnosis, name))
    members[META] = json.dumps(_plain(content), ensure_ascii=True, allow_nan=False)
    return members


def _serialised(table: Columns) -> memoryview:
    kinds = [(name, getattr(values, "dtype", None)) for name, values in table.items()]
    if len(table) or not all(kind is None or isinstance(kind, np.dtype) for _, kind in kinds):
        return _bytes_of(plain_table(table))
    return _without_rows(tuple(kinds))


@lru_cache(maxsize=64)
def _without_rows(kinds: tuple[tuple[str, np.dtype[Any] | None], ...]) -> memoryview:
    """Most cells have no voltammogram and no spectrum; lists have no kind."""
    nothing: dict[str, Any] = {
        name: [] if kind is None else np.empty(0, kind) for name, kind in kinds
    }
    return _bytes_of(plain_table(Columns(nothing)))


@cache
def _no_verdicts() -> memoryview:
    return _bytes_of(VERDICTS.empty_table())


def _bytes_of(table: pa.Table) -> memoryview:
    sink = pa.BufferOutputStream()
    how = _WRITE if len(table) >= _WORTH_ROWS else _WRITE_PLAIN
    with pa.ipc.new_file(sink, table.schema, options=how) as writer:
        writer.write_table(table)
    return memoryview(sink.getvalue())


def _plain(value: Any) -> Any:
    """Turn numpy scalars into Python's, and what is no number into null."""
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return str(value)
    return None if value is pd.NA else value


class PackReader:
    """Read results from a pack; whatever is wrong with it is one kind of error.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ReadError
        If the file is missing, damaged or of another layout; also from every method.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _Damage(path):
            self.archive = zipfile.ZipFile(path)

    def __enter__(self) -> PackReader:
        """Begin."""
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.archive.close()

    def keys(self) -> list[str]:
        """Return the keys of the cells inside."""
        end = f"/{META}"
        return [name.removesuffix(end) for name in self.archive.namelist() if name.endswith(end)]

    def meta(self, key: str) -> dict[str, Any]:
        """Return the JSON part of a cell's result."""
        with _Damage(self.path):
            meta = json.loads(self.archive.read(f"{key}/{META}"))
            if meta.get("format") != FORMAT:
                raise _unusable(self.path, f"layout {meta.get('format')}")
            return meta

    def verdicts(self, key: str) -> pa.Table:
        """Return a cell's verdicts as an Arrow table; no rows where there are none."""
        with _Damage(self.path):
            if f"{key}/verdicts.arrow" not in self.archive.NameToInfo:
                return VERDICTS.empty_table()
            return self._table(key, "verdicts")

    def table(self, key: str, name: str) -> pa.Table:
        """Return one of ``TABLES`` of a cell."""
        with _Damage(self.path):
            return self._table(key, name)

    def diagnosis(self, key: str) -> Diagnosis:
        """Return a cell's diagnosis."""
        meta = self.meta(key)
        if "summary" not in meta:
            raise _unusable(self.path, "no diagnosis: none of the cell's files could be used")
        with _Damage(self.path):
            frames = {name: self._table(key, name).to_pandas() for name in TABLES}
            verdicts = self._table(key, "verdicts").to_pandas()
            verdicts["evidence"] = [list(items) for items in verdicts["evidence"]]
            return Diagnosis(
                cell=Cell(**meta["cell"]),
                summary=numbers_again(meta["summary"]),
                verdicts=verdicts,
                findings=tuple(Finding(**finding) for finding in meta["findings"]),
                **frames,
            )

    def _table(self, key: str, name: str) -> pa.Table:
        data = self.archive.read(f"{key}/{name}.arrow")
        return pa.ipc.open_file(pa.BufferReader(data)).read_all()


def read_diagnosis(stored: Stored) -> Diagnosis:
    """Read one cell's stored diagnosis.

    Raises
    ------
    ReadError
        If the pack is missing, damaged, of another layout, or holds failures only.
    """
    with PackReader(stored.pack) as pack:
        return pack.diagnosis(stored.key)


def numbers_again(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary from JSON, which knows no NaN: an unknown number becomes one again."""
    numeric = (
        "onset_time_second",
        "onset_earliest_time_second",
        "onset_areal_capacity_mah_per_cm2",
        "probability",
    )
    return {k: math.nan if v is None and k in numeric else v for k, v in summary.items()}


class _Damage:
    """Turn whatever a damaged pack raises into one error."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        foreign = (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile, pa.ArrowException)
        if isinstance(error, foreign) and not isinstance(error, ReadError):
            raise _unusable(self.path, str(error)) from error


def _unusable(path: Path, found: str) -> ReadError:
    return ReadError(
        path,
        found=printable(found),
        expected=f"stored results of layout {FORMAT}",
        remedy="Delete it and run triage again.",
    )
