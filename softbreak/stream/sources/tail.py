"""Reading on in a growing text file: its header, its last rows again, and what is new.

A row of a text export means the same wherever it stands, or it does not: some formats restart their
clock with every step, or say the technique in the rows. Nothing is assumed of that. The last rows
that were handed on are parsed again behind the header, and only if they come out as they did when
the whole file was read are the rows behind them believed; else the whole file is read once more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.readers import registry
from softbreak.data.readers.base import Head
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError
from softbreak.stream.sources.file_position import HEAD_BYTES, Series, Tail, digest, hashed

OVERLAP_ROWS: Final = 32
_MOST_HEADER: Final = 1 << 20
_TAIL_BYTES: Final = 1 << 16
_ROW: Final = re.compile(rb"""[ \t"']*[-+]?[.,]?\d""")
_DELIMITERS: Final = (b"\t", b";", b",", b" ")


def part(record: Record, start: int, path: str, position: int | None = None) -> Record:
    """Return the rows of a record from ``start`` on, as a part of the file ``path``."""
    place = record.source.position if position is None else position
    source = replace(record.source, path=path, position=place, content_hash="")
    rows: pd.DataFrame = record.table.iloc[start:].reset_index(drop=True)
    return replace(record, table=rows, source=source)


def ends_within_a_line(path: Path, size: int, last: Record) -> bool:
    """Return whether the last row of a text file has no line end yet, and was read nevertheless.

    While a file grows, such a row may still be written: however whole it looks, it can wait.

    Parameters
    ----------
    path : Path
    size : int
        Bytes that were there when it was read.
    last : Record
        Its last record.
    """
    with path.open("rb") as file:
        begin = file.read(8192)
        file.seek(max(0, size - 1))
        end = file.read(1)
    text = Head(path, begin).is_text and begin[:2] not in (b"\xff\xfe", b"\xfe\xff")
    return text and end != b"\n" and not last.source.stated.get("unfinished_row")


def plan(path: Path, size: int, last: Record, columns: Mapping[str, Any] | None) -> Tail | None:
    """Return how to read on in a file, or None where only the whole file will do.

    Parameters
    ----------
    path : Path
    size : int
        Bytes that were there when it was read.
    last : Record
        The last record of the whole file.
    columns : mapping or None
        As for :func:`softbreak.data.readers.registry.read`.
    """
    with path.open("rb") as file:
        begin = file.read(min(size, _MOST_HEADER))
        if not Head(path, begin[:65_536]).is_text or begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return None
        file.seek(max(0, size - _TAIL_BYTES))
        base, end = file.tell(), file.read(min(size, _TAIL_BYTES))
    offset = base + end.rfind(b"\n") + 1
    body = _body(begin)
    if body is None or offset <= max(body, base):
        return None
    overlap = _overlap(end[: offset - base], base, body)
    if overlap is None:
        return None
    alone = _parsed(path, begin[:body] + end[overlap - base : offset - base], columns)
    if alone is None or matches(Series.of(last, 0), alone) is None:
        return None
    rows, total = len(alone.table), len(last.table)
    mark = digest(alone, 0, rows)
    if not 0 < rows <= total or digest(last, total - rows, total, first=0) != mark:
        return None
    head = hashed(begin[: min(HEAD_BYTES, offset)])
    near = end[: offset - base][-HEAD_BYTES:]
    return Tail(body, overlap, rows, mark, offset, head, f"{len(near)}:{hashed(near)}")


def read_on(
    path: Path, tail: Tail, columns: Mapping[str, Any] | None
) -> tuple[Record, Tail] | None:
    """Return the rows behind a tail, with those of its overlap before them, and the next tail.

    None where the file is no longer the one it was, or its rows cannot stand alone.
    """
    with path.open("rb") as file:
        header = file.read(max(tail.body, min(HEAD_BYTES, tail.offset)))
        if hashed(header[: min(HEAD_BYTES, tail.offset)]) != tail.head:
            return None
        count = int(tail.last.partition(":")[0])
        start = min(tail.overlap, tail.offset - count)
        file.seek(start)
        data = file.read()
    near = data[tail.offset - count - start : tail.offset - start]
    if f"{len(near)}:{hashed(near)}" != tail.last:
        return None
    end = start + data.rfind(b"\n") + 1
    lines = data[tail.overlap - start : end - start]
    record = _parsed(path, header[: tail.body] + lines, columns)
    if record is None or len(record.table) < tail.rows:
        return None
    if digest(record, 0, tail.rows) != tail.digest or _falls(record):
        return None
    overlap = _overlap(lines, tail.overlap, tail.body, whole=True)
    if overlap is None:
        return None
    rows = min(lines[overlap - tail.overlap :].count(b"\n"), len(record.table))
    near = data[: end - start][-HEAD_BYTES:]
    total = len(record.table)
    mark = digest(record, total - rows, total, first=0)
    last = f"{len(near)}:{hashed(near)}"
    return record, Tail(tail.body, overlap, rows, mark, end, _longer(tail, header, end), last)


def _falls(record: Record) -> bool:
    """Whether the clock steps back: rows that were exported again show only in the whole file."""
    return bool((np.diff(record.array("test_time_second")) < 0).any())


def _longer(tail: Tail, header: bytes, offset: int) -> str:
    """Return the fingerprint of the head, which covers more of a file that was short."""
    return hashed(header[: min(HEAD_BYTES, offset)]) if len(header) >= HEAD_BYTES else tail.head


def matches(series: Series, record: Record) -> Record | None:
    """Return rows that were read alone as rows of the series that they continue, if they can be.

    Where a table does not name its technique, it is cycling or, as long as no current has flowed,
    rest; rows of a pause in cycling belong to the cycling.
    """
    resting = record.technique is Technique.REST and series.technique == Technique.CYCLING
    if resting and not record.source.reader.startswith("biologic"):
        record = replace(record, technique=Technique.CYCLING)
    if "unix_time_second" in record.table.columns:  # then the start is only inferred from a row
        started = series.started_unix_second
        record = replace(record, source=replace(record.source, started_unix_second=started))
    now = Series.of(record, 0)
    return record if replace(series, rows=0, digest=now.digest) == now else None


def _parsed(path: Path, data: bytes, columns: Mapping[str, Any] | None) -> Record | None:
    """Parse bytes as the file they are from; None unless they are one series."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
        copy = Path(folder, path.name)
        copy.write_bytes(data)
        try:
            records = registry.read(copy, columns)
        except ReadError:
            return None
    if len(records) != 1 or records[0].technique is Technique.IMPEDANCE:
        return None
    return records[0]


def _body(begin: bytes) -> int | None:
    """Return where the rows begin: at three lines alike that begin with a number."""
    place = 0
    lines = begin.split(b"\n")[:-1]
    for index, line in enumerate(lines):
        following = lines[index : index + 3]
        if _alike(following):
            return place
        place += len(line) + 1
    return None


def _alike(lines: list[bytes]) -> bool:
    if not all(_ROW.match(line) for line in lines):
        return False
    delimiter = max(_DELIMITERS, key=lines[0].count)
    counts = {line.count(delimiter) for line in lines}
    return len(counts) == 1 and counts.pop() >= 2


def _overlap(lines: bytes, base: int, body: int, *, whole: bool = False) -> int | None:
    """Return where the last rows begin: so many as the overlap has, or all there are.

    ``whole`` says that the bytes begin with a row, not within one.
    """
    place = len(lines)
    for _ in range(OVERLAP_ROWS):
        place = lines.rfind(b"\n", 0, max(place - 1, 0)) + 1
        if base + place <= body:
            return body
        if place == 0:
            return base if whole else None
    return base + place
