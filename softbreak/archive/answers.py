"""Answers of queries as text and files, batch by batch: they may be larger than the memory."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from softbreak.archive.tables import printable, written_whole


def rows_of(answer: pa.RecordBatchReader) -> Iterator[list[Any]]:
    """Yield rows as Python's own values."""
    for batch in answer:
        columns = [column.to_pylist() for column in batch.columns]
        yield from map(list, zip(*columns, strict=True))


def json_lines(answer: pa.RecordBatchReader) -> Iterator[str]:
    """Yield the lines of one JSON array of objects; numbers that are not known are null."""
    yield "["
    names, before = answer.schema.names, ""
    for row in rows_of(answer):
        if before:
            yield f"{before},"
        named = {name: plain(value) for name, value in zip(names, row, strict=True)}
        before = json.dumps(named, ensure_ascii=False, allow_nan=False)
    if before:
        yield before
    yield "]"


def write_csv(answer: pa.RecordBatchReader, file: IO[str]) -> int:
    """Write a header and rows; nested values as JSON. Returns the number of rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.schema.names)
    count = 0
    for row in rows_of(answer):
        writer.writerow([text_of(value) for value in row])
        count += 1
    return count


def save(answer: pa.RecordBatchReader, path: Path) -> int:
    """Write an answer to a file that is there whole or not at all.

    Parameters
    ----------
    answer : pyarrow.RecordBatchReader
    path : Path
        Ends in ``.parquet``, ``.csv`` or ``.json``.

    Returns
    -------
    int
        The number of rows.
    """
    count = 0

    def parquet(part: Path) -> None:
        nonlocal count
        with pq.ParquetWriter(part, answer.schema, compression="zstd") as writer:
            for batch in answer:
                writer.write_batch(batch)
                count += len(batch)

    def text(part: Path) -> None:
        nonlocal count
        with part.open("w", encoding="utf-8", newline="") as file:
            if path.suffix.lower() == ".csv":
                count = write_csv(answer, file)
            else:
                for line in json_lines(answer):
                    file.write(line + "\n")
                    count += line not in "[]"

    written_whole(path, parquet if path.suffix.lower() == ".parquet" else text)
    return count


def plain(value: Any) -> Any:
    """Return a value that JSON knows."""
    if isinstance(value, dict):
        return {printable(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime | time | timedelta | bytes):
        return str(value)
    return value


def text_of(value: Any) -> str:
    """Return a value as a person reads it; nothing where there is none."""
    known = plain(value)
    if known is None:
        return ""
    if isinstance(known, str):
        return known
    if isinstance(known, bool | dict | list):
        return json.dumps(known, ensure_ascii=False)
    return str(known)
