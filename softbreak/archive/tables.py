"""The tables that an archive's folder holds: their exact columns, and writing them whole."""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from softbreak.errors import ReadError, SoftbreakError
from softbreak.features.cycles.columns import Columns
from softbreak.models.verdicts import Verdicts

STAGES: Final = ("scan", "read", "check", "diagnose", "store")


class Failure(NamedTuple):
    """A row of ``failures.parquet``.

    Attributes
    ----------
    path : str
        Relative to the archive, with forward slashes.
    stage : {"scan", "read", "check", "diagnose", "store"}
    error : str
        What was found, and where in the file.
    remedy : str
        What to do.
    """

    path: str
    stage: str
    error: str
    remedy: str


def failure_of(path: str, stage: str, error: BaseException) -> Failure:
    """Put an exception into a row: ours with its remedy, anyone else's as a fault of ours."""
    if isinstance(error, ReadError):
        place = f"{error.place}: " if error.place else ""
        told = f"{place}{error.found}; expected {error.expected}"
        return Failure(path, stage, told, error.remedy)
    if isinstance(error, SoftbreakError):
        return Failure(path, stage, str(error), "See the message.")
    if isinstance(error, MemoryError):
        return Failure(
            path,
            stage,
            "not enough memory",
            "Raise --memory, or split the file.",
        )
    if isinstance(error, OSError):
        told = error.strerror or str(error)
        return Failure(path, stage, told, "Check the file's permissions and the disk.")
    return Failure(
        path,
        stage,
        f"{type(error).__name__}: {error}",
        "This is a fault of softbreak: please report it, with the file if you may share it.",
    )


EVIDENCE: Final = pa.list_(
    pa.struct(
        [
            ("feature", pa.string()),
            ("value", pa.float64()),
            ("baseline", pa.float64()),
            ("sentence", pa.string()),
        ]
    )
)

_PIECE: Final = list(EVIDENCE.value_type)

VERDICTS: Final = pa.schema(
    [
        ("cell_id", pa.string()),
        ("cycle_index", pa.int64()),
        ("start_time_second", pa.float64()),
        ("end_time_second", pa.float64()),
        ("state", pa.string()),
        ("p_healthy", pa.float64()),
        ("p_soft", pa.float64()),
        ("p_hard", pa.float64()),
        ("electronic_fraction", pa.float64()),
        ("electronic_fraction_lower", pa.float64()),
        ("electronic_fraction_upper", pa.float64()),
        ("transient_short", pa.bool_()),
        ("wanted_measurement", pa.string()),
        ("basis", pa.string()),
        ("evidence", EVIDENCE),
        ("detector", pa.string()),
        ("detector_version", pa.string()),
    ]
)
"""``verdicts.parquet``: one row a cycle. Unknown numbers are null."""

CELLS: Final = pa.schema(
    [
        ("cell_id", pa.string()),
        ("state", pa.string()),
        ("ever_short", pa.bool_()),
        ("onset_cycle", pa.int64()),
        ("onset_time_second", pa.float64()),
        ("onset_earliest_time_second", pa.float64()),
        ("onset_areal_capacity_mah_per_cm2", pa.float64()),
        ("probability", pa.float64()),
        ("rank", pa.int64()),
        ("summary", pa.string()),
        ("wanted_measurement", pa.string()),
        ("n_cycles", pa.int64()),
        ("n_certified", pa.int64()),
        ("n_settled", pa.int64()),
        ("n_relative", pa.int64()),
        ("n_files", pa.int64()),
    ]
)
"""``cells.parquet``: one row a cell, the gravest first.

``n_certified``, ``n_settled`` and ``n_relative`` count the cycles whose verdict is certified by
geometry, settled by impedance, or relative to the cell's beginning only (`softbreak.verdict`).
"""

FAILURES: Final = pa.schema([(name, pa.string()) for name in ("path", "stage", "error", "remedy")])
"""``failures.parquet``: one row a file that could not be used."""


SCHEMA: Final = 2
"""Raised when a column changes its name or meaning; in every file's metadata, under softbreak."""
METADATA_KEY: Final = b"softbreak"
_MANY: Final = 256
ROW_GROUP: Final = 1 << 16
PART: Final = ".part"
"""What names of files that are not yet whole contain; those of a killed run may be removed."""


def printable(text: str) -> str:
    """Return text that any file format takes: names of no valid encoding are escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def table_of(frame: pd.DataFrame | Columns, schema: pa.Schema) -> pa.Table:
    """Turn a table into an Arrow table of exactly these columns.

    Parameters
    ----------
    frame : pandas.DataFrame or Columns
        Has all columns of the schema; others are left out. NaN becomes null.
    schema : pyarrow.Schema

    Raises
    ------
    KeyError
        If a column is missing.
    """
    count = len(frame)
    kinds = _VERDICT_KINDS if schema is VERDICTS else _kinds(schema)
    columns = [_column(frame[name], kind, count) for name, kind in kinds]
    return pa.Table.from_arrays(columns, schema=schema)


class _Kind(NamedTuple):
    """What a column is to be; asked of Arrow once, which takes its time to say it."""

    type: pa.DataType
    evidence: bool
    text: bool
    floating: bool
    boolean: bool


def _kinds(schema: pa.Schema) -> list[tuple[str, _Kind]]:
    """Names of the columns of a schema, and what they are to be."""
    asked = (pa.types.is_string, pa.types.is_floating, pa.types.is_boolean)
    return [
        (field.name, _Kind(field.type, field.type == EVIDENCE, *(is_(field.type) for is_ in asked)))
        for field in schema
    ]


_VERDICT_KINDS: Final = _kinds(VERDICTS)


def plain_table(table: Columns) -> pa.Table:
    """Turn a table into an Arrow table of its own columns; NaN becomes null."""
    names, columns = zip(*table.items(), strict=True)
    return pa.Table.from_arrays(list(map(_plain, columns)), names=list(names))


def _plain(values: Any) -> pa.Array:
    if isinstance(values, pd.api.extensions.ExtensionArray):
        return pa.array(values, from_pandas=True)
    if isinstance(values, list) and values and isinstance(values[0], str):
        return pa.array(values, pa.large_string())  # as of a DataFrame
    values = np.asarray(values)
    return pa.array(values, from_pandas=_may_lack(values))


def _may_lack(values: np.ndarray) -> bool:
    """Whether Arrow is to look for NaN: that of many numbers none is NaN, numpy sees sooner."""
    return len(values) < _MANY or values.dtype.kind != "f" or bool(np.isnan(values).any())


def _column(values: Any, kind: _Kind, count: int) -> pa.Array:
    """One column: of pandas, an array, a list, or one word that all rows share."""
    if kind.evidence:
        return _evidence(values)
    if isinstance(values, str):
        return pa.repeat(pa.scalar(printable(values), kind.type), count)
    if isinstance(values, list):
        return _listed(values, kind.type)
    if kind.text or not isinstance(values, np.ndarray) or values.dtype == object:
        values = pd.Series(values)
    if kind.text:
        return _texts(values, kind.type)
    if kind.floating:
        if values.dtype != np.float64:
            values = pd.to_numeric(values).astype("float64")
        numbers = np.asarray(values)
        return pa.array(numbers, kind.type, from_pandas=_may_lack(numbers))
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "bi":
        return pa.array(np.asarray(values), kind.type)
    cast = bool if kind.boolean else int
    return pa.array([None if _missing(v) else cast(v) for v in values], kind.type)


def _listed(values: list[Any], kind: pa.DataType) -> pa.Array:
    """What softbreak itself said of each row."""
    if pa.types.is_floating(kind):
        return pa.array(np.array(values, dtype=np.float64), kind, from_pandas=True)
    try:
        return pa.array(values, kind)
    except UnicodeError:
        return pa.array([printable(text) for text in values], kind)


def _texts(values: pd.Series, kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values.array, kind, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError):  # other things, or of no valid encoding
        texts = [None if _missing(v) else printable(str(v)) for v in values]
        return pa.array(texts, kind)


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _evidence(values: Verdicts | Iterable[Any]) -> pa.Array:
    """Evidence as a detector found it, or as lists of mappings; column by column."""
    if isinstance(values, Verdicts):
        offsets, found = values.bounds, values.found
        columns = [
            _listed([values.texts[k] for k in found["feature"].tolist()], pa.string()),
            *(pa.array(np.ascontiguousarray(found[name])) for name in ("value", "baseline")),
            _listed(values.sentences, pa.string()),
        ]
    else:
        rows: list[Any] = [[] if items is None or _missing(items) else items for items in values]
        offsets = np.cumsum([0, *map(len, rows)])
        flat = [item for items in rows for item in items]
        columns = [pa.array([item[f.name] for item in flat], f.type) for f in _PIECE]
    items = pa.StructArray.from_arrays(columns, fields=_PIECE)
    places = pa.array(np.asarray(offsets, dtype=np.int32))
    return pa.ListArray.from_arrays(places, items, type=EVIDENCE)


def frame_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pd.DataFrame:
    """Make a pandas table of a schema's columns from plain rows."""
    return pd.DataFrame(list(rows), columns=schema.names)


def write_parquet(table: pa.Table, path: Path, told: Mapping[str, Any] | None = None) -> None:
    """Write a Parquet file that is there whole or not at all.

    Parameters
    ----------
    table : pyarrow.Table
    path : Path
    told : mapping, optional
        Further metadata.
    """
    write_tables([table], table.schema, path, told)


def write_tables(
    tables: Iterable[pa.Table], schema: pa.Schema, path: Path, told: Mapping[str, Any] | None = None
) -> None:
    """Write tables one after the other into a Parquet file; only a few are in memory at a time.

    Row groups are of one size however the rows were cut before, so that the same rows are the same
    bytes.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
    schema : pyarrow.Schema
    path : Path
        There whole or not at all.
    told : mapping, optional
        Further metadata.
    """
    metadata = json.dumps({"schema": SCHEMA, **(told or {})}, sort_keys=True)
    full = schema.with_metadata({METADATA_KEY: metadata.encode()})

    def write(part: Path) -> None:
        with (
            pq.ParquetWriter(part, full, compression="zstd") as writer,
            ThreadPoolExecutor(1) as one,
        ):
            written: Future[None] | None = None
            for group in _groups(tables, full):  # the next is gathered while one is compressed
                if written is not None:
                    written.result()
                written = one.submit(writer.write_table, group, row_group_size=ROW_GROUP)
            if written is not None:
                written.result()

    written_whole(path, write)


def _groups(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table.cast(schema))
        rows += len(table)
        if rows >= ROW_GROUP:
            whole = pa.concat_tables(waiting).combine_chunks()
            for start in range(0, rows - rows % ROW_GROUP, ROW_GROUP):
                yield whole.slice(start, ROW_GROUP)
            waiting = [whole.slice(rows - rows % ROW_GROUP)]
            rows %= ROW_GROUP
    if rows:
        yield pa.concat_tables(waiting).combine_chunks()


def metadata_of(path: Path) -> dict[str, Any]:
    """Return what a Parquet file of ours says of itself; nothing where it is missing or not ours.

    Raises
    ------
    ReadError
        If a newer softbreak wrote it.
    """
    try:
        said = json.loads((pq.read_schema(path).metadata or {}).get(METADATA_KEY, b"{}"))
    except (OSError, ValueError, RecursionError, pa.ArrowException):
        return {}
    if said.get("schema", 0) > SCHEMA:
        raise ReadError(
            path,
            found=f"tables of layout {said['schema']}",
            expected=f"layout {SCHEMA} or older",
            remedy="A newer softbreak wrote them: use that, or triage into another folder.",
        )
    return said


def write_text(text: str, path: Path) -> None:
    """Write a text file (UTF-8) that is there whole or not at all."""
    written_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def written_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file, then give it its name in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def part_of(path: Path) -> Path:
    """Return a name beside a file for what is not yet whole."""
    return path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}{PART}{path.suffix}")
