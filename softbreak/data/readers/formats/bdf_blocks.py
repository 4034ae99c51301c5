"""Tables of the Battery Data Format, some rows at a time, as often as they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from softbreak.data.readers.base import Head
from softbreak.data.readers.formats import bdf
from softbreak.data.readers.tables.column_map import Match, match
from softbreak.data.readers.tables.delimited import Header, Text, delimiter_of
from softbreak.data.readers.tables.further_headers import read_sections
from softbreak.data.schema import COLUMNS, SPECTRUM_COLUMNS

BLOCK_ROWS: Final = 1 << 20
BLOCK_BYTES: Final = 32 << 20
"""Of text."""
USED: Final = (
    "test_time_second",
    "unix_time_second",
    "voltage_volt",
    "current_ampere",
    "control_current_ampere",
    "control_voltage_volt",
    "ambient_temperature_celsius",
)
"""Columns of a time series on which a verdict rests."""

Columns = dict[str, np.ndarray]
Blocks = Callable[[], Iterator[Columns]]


def parquet_blocks(path: Path, part: range | None = None, *, every: bool = False) -> Blocks | None:
    """Return what reads a Parquet file in blocks; None where its rows are no plain series.

    Parameters
    ----------
    path : Path
    part : range, optional
        Rows, of a file that ``softbreak convert`` wrote; all by default.
    every : bool
        Read all columns that we know, not only those of a series.

    Raises
    ------
    ReadError
        If it is no intact Parquet file.
    """
    import pyarrow.parquet as pq

    with bdf.parquet_errors(path):
        names = pq.read_schema(path).names
    if not bdf.is_header(names):
        return None
    found = match(names, bdf.LAYOUT.fields)
    if part is None and all(name in found for name in SPECTRUM_COLUMNS):
        return None
    chosen = COLUMNS if every else USED
    wanted = {n: (names[at.index], at.scale) for n, at in found.items() if n in chosen}
    return partial(_parquet, path, wanted, part)


def _parquet(
    path: Path, wanted: Mapping[str, tuple[str, float]], part: range | None
) -> Iterator[Columns]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with (
        bdf.parquet_errors(path),
        # what is buffered ahead would be held until the file is closed
        pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file,
    ):
        part = range(file.metadata.num_rows) if part is None else part
        groups, place = _groups(file.metadata, part)
        names = list(dict.fromkeys(column for column, _ in wanted.values()))
        batches = file.iter_batches(BLOCK_ROWS, groups, names, use_threads=False)
        for batch in batches:
            begin, end = max(part.start - place, 0), min(part.stop - place, len(batch))
            place += len(batch)
            if begin < end:
                table = pa.Table.from_batches([batch.slice(begin, end - begin)])
                yield {n: bdf.array_of(table[name], scale) for n, (name, scale) in wanted.items()}


def _groups(metadata: Any, part: range) -> tuple[list[int], int]:
    """Return which row groups hold a part, and the number of the first row in them."""
    groups: list[int] = []
    first = place = 0
    for k in range(metadata.num_row_groups):
        rows = metadata.row_group(k).num_rows
        if place < part.stop and place + rows > part.start:
            first = first if groups else place
            groups.append(k)
        place += rows
    return groups, first


def text_blocks(path: Path, said: dict[str, str] | None = None) -> Blocks | None:
    """Return what reads a CSV file in blocks; None where its rows are no plain series.

    Parameters
    ----------
    path : Path
    said : dict, optional
        What is to be known of the table is put here while it is read.

    Raises
    ------
    OSError
    """
    head = Head.of(path)
    body = head.data.find(b"\n") + 1
    if not body or not head.lines or head.data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None
    names = head.lines[0].split(delimiter_of(head.lines[0]))
    if not bdf.is_header(names):
        return None
    found = match(names, bdf.LAYOUT.fields)
    if all(name in found for name in SPECTRUM_COLUMNS):
        return None
    header = Header(tuple(names), delimiter_of(head.lines[0]), 0, 0)
    return partial(_text, path, header, body, {} if said is None else said)


def _text(path: Path, header: Header, body: int, said: dict[str, str]) -> Iterator[Columns]:
    names = list(_used(header.names))
    with path.open("rb") as file:
        file.seek(body)
        begun = b""
        while True:
            read = file.read(BLOCK_BYTES)
            rows = begun + read
            end = rows.rfind(b"\n") + 1 if read else len(rows)
            rows, begun = rows[:end], rows[end:]
            if rows:
                text = Text.of_bytes(path, rows)
                table = read_sections(text, header, _used, more=bool(read))
                said |= table.said
                header = replace(table.header, body=0, line=header.line + rows.count(b"\n"))
                found = bdf.arrays_of(path, table)[0]
                nothing = np.full(len(found["test_time_second"]), np.nan)
                yield {name: found.get(name, nothing) for name in names}
            if not read:
                return


def _used(names: Sequence[str]) -> dict[str, Match]:
    """Return where the columns of a series stand on which a verdict rests."""
    return {name: at for name, at in bdf.find(names).items() if name in USED}
