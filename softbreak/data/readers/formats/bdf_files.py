"""The Battery Data Format as JSON (also by lines) and as Arrow's own files (Feather)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from softbreak.data.readers.base import HEAD_BYTES, Head, Reader, decode
from softbreak.data.readers.formats import bdf
from softbreak.data.readers.formats.bdf_columns import is_header, is_known
from softbreak.data.readers.formats.described import find
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.record import Record
from softbreak.data.schema import SERIES_COLUMNS
from softbreak.errors import ReadError

MOST_JSON_BYTES: Final = 256 << 20
"""Python's objects take some ten times as much."""
_ARROW: Final = b"ARROW1\0\0"
_STREAM: Final = b"\xff\xff\xff\xff"
"""How a stream of Arrow begins; behind it stands the length of its schema."""
_KEY: Final = re.compile(r'"([^"\\\n]{1,60})"\s*[:,\]]')
_REMEDY: Final = "Write it again, or as Parquet or CSV."
_EXPECTED: Final = "a table with the columns of the Battery Data Format"


def _recognises_json(head: Head) -> bool:
    if head.text[:1000].lstrip()[:1] not in ("{", "["):
        return False
    names = set(_KEY.findall(head.text.replace("\\/", "/")))  # pandas writes slashes so
    cut = len(head.data) >= HEAD_BYTES  # then other columns stand farther down
    return _are_columns(sorted(names)) or (
        cut and any(is_known(name) or find([name]) for name in names)
    )


def _recognises_arrow(head: Head) -> bool:
    return head.data.startswith(_ARROW) or _is_stream(head.data)


def _is_stream(data: bytes) -> bool:
    """Whether data are the beginning of Arrow's stream: a mark, and the names of its schema."""
    length = int.from_bytes(data[4:8], "little", signed=True)
    return data.startswith(_STREAM) and 0 < length < MOST_JSON_BYTES and len(data) > 64


def read_json(path: Path) -> list[Record]:
    """Read JSON: rows as objects, columns as lists or by row, or one object a line.

    Raises
    ------
    ReadError
        Also if it is too long to be taken apart in memory.
    """
    import polars as pl

    size = path.stat().st_size
    if size > MOST_JSON_BYTES:
        raise _unfit(path, f"{size:,} bytes of JSON, where {MOST_JSON_BYTES:,} can be read")
    text = decode(path.read_bytes())
    with foreign_errors(path, expected=_EXPECTED, remedy=_REMEDY):
        columns = _columns(_parsed(text))
    names = list(columns)
    found = bdf.find(names) if is_header(names) else find(names)
    if not _are_columns(names):
        raise _unfit(path, "JSON with the names " + ", ".join(names[:20]))
    arrays = {}
    with foreign_errors(path, expected=_EXPECTED, remedy=_REMEDY):
        for name, place in found.items():
            if name.startswith("_"):
                continue
            series = pl.Series(columns[names[place.index]], strict=False)
            arrays[name] = bdf.array_of(series.to_arrow(), place.scale)
    if len({array.shape for array in arrays.values()}) > 1:
        raise _unfit(path, "columns of unequal length")
    if any(array.ndim != 1 for array in arrays.values()):
        raise _unfit(path, "columns that hold lists")
    return bdf.records_of(path, arrays, {})


def _are_columns(names: Iterable[str]) -> bool:
    """Whether names are those of a table's columns."""
    plain = list(map(str, names))
    return is_header(plain) or set(find(plain)) >= set(SERIES_COLUMNS)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _columns(told: Any) -> dict[str, list[Any]]:
    """Return the columns of a table, however it was written out."""
    if isinstance(told, dict) and isinstance(told.get("data"), list | dict):
        if isinstance(told.get("columns"), list):  # pandas, orient="split"
            rows = list(zip(*told["data"], strict=True))
            return {str(n): list(c) for n, c in zip(told["columns"], rows, strict=True)}
        return _columns(told["data"])  # also pandas, orient="table"
    if isinstance(told, dict) and isinstance(told.get("columns"), list):  # polars, as it once was
        return {str(column["name"]): list(column["values"]) for column in told["columns"]}
    rows = list(told.values()) if isinstance(told, dict) else told
    if isinstance(told, dict) and all(isinstance(row, dict) and _are_columns(row) for row in rows):
        return _columns(rows)  # pandas, orient="index"
    if isinstance(told, dict):
        return {
            str(name): list(column.values()) if isinstance(column, dict) else list(column)
            for name, column in told.items()
            if isinstance(column, dict | list)
        }
    names = list(dict.fromkeys(str(name) for row in told for name in row))
    return {name: [row.get(name) for row in told] for name in names}


def read_arrow(path: Path) -> list[Record]:
    """Read an Arrow file (Feather) or a stream of Arrow.

    Raises
    ------
    ReadError
        Also if it declares far more rows than a file of its size can hold.
    """
    import pyarrow as pa

    with path.open("rb") as file:
        opened = pa.ipc.open_stream if _is_stream(file.read(128)) else pa.ipc.open_file
    most = max(bdf.FREE_ROWS, path.stat().st_size)
    with foreign_errors(path, expected="an intact Arrow file", remedy=_REMEDY):
        with pa.OSFile(str(path)) as source, opened(source) as reader:
            names = reader.schema.names
            if not _are_columns(names):
                raise _unfit(path, "an Arrow table with the columns " + ", ".join(names[:20]))
            found = bdf.find(names) if is_header(names) else find(names)
            places = sorted({place.index for place in found.values()})
        options = pa.ipc.IpcReadOptions(included_fields=places)
        with pa.OSFile(str(path)) as source, opened(source, options=options) as reader:
            batches, rows = [], 0
            for batch in _batches(reader):
                batches.append(batch)
                rows += batch.num_rows
                if rows > most:
                    raise _unfit(path, f"{rows:,} rows or more in {path.stat().st_size:,} bytes")
            said = bdf.said_by(reader.schema.metadata)
            table = pa.Table.from_batches(batches, reader.schema)
        arrays = {
            n: bdf.array_of(table[names[at.index]], at.scale)
            for n, at in found.items()
            if not n.startswith("_")
        }
    return bdf.records_of(path, arrays, {}, said)


def _batches(reader: Any) -> Iterator[Any]:
    """Yield the batches of a file or a stream."""
    if not hasattr(reader, "num_record_batches"):
        yield from reader
        return
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)


def _unfit(path: Path, found: str) -> ReadError:
    return ReadError(path, found=found, expected=_EXPECTED, remedy=_REMEDY)


READERS: Final = (
    Reader(
        "bdf-arrow",
        bdf.LAYOUT.instrument,
        (".feather", ".arrow", ".ipc", ".arrows"),
        _recognises_arrow,
        read_arrow,
        by_library=True,
    ),
    Reader(
        "bdf-json",
        bdf.LAYOUT.instrument,
        (".json", ".ndjson"),
        _recognises_json,
        read_json,
        by_library=True,
    ),
)
