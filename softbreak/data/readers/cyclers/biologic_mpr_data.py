"""The data module of a ``.mpr``: which columns it lists, and its rows.

Every count is compared with the size of the file before anything is allocated, and the rows must
fill their module exactly, so that a wrong width is an error and never a wrong value.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np

from softbreak.data.readers.cyclers import biologic_columns as bio
from softbreak.data.readers.cyclers.biologic_records import Columns, Header
from softbreak.errors import ReadError

REMEDY_COPY: Final = (
    "Copy the file again from the instrument's computer, where EC-Lab still opens it."
)

_BLOCK_BYTES = 1 << 19
"""Rows are taken apart in blocks that stay in the processor's cache: a row is wider than a
cache line, so that taking one column at a time would fetch the file once for each column."""


@dataclass(frozen=True, slots=True)
class Module:
    """Where a module lies.

    Attributes
    ----------
    name : bytes
        Ten bytes, padded with spaces.
    version : int
    offset, length : int
        Of its content (bytes), as its header says.
    available : int
        Bytes of its content that the file really holds.
    """

    name: bytes
    version: int
    offset: int
    length: int
    available: int

    @property
    def place(self) -> str:
        """For messages."""
        return f"data module at byte {self.offset:,}"


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a version of the data module lists its columns, and where its rows begin."""

    count: str
    number: str
    rows_at: int


_LAYOUTS = {
    0: _Layout("u1", "u1", 100),
    2: _Layout("u1", "<u2", 405),
    3: _Layout("u1", "<u2", 406),
    10: _Layout("<u2", "<u2", 1007),
    11: _Layout("<u2", "<u2", 1007),
}
"""By version: 2 and 3 to EC-Lab 11.4 and BT-Lab, 10 and 11 from EC-Lab 11.5."""
_COUNT_AT = 4
"""The number of columns follows the number of rows (an unsigned 32-bit integer)."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A needed column's type, place in the row, factor, and rank among columns of its meaning."""

    dtype: str
    offset: int
    scale: float
    rank: int


def table(file: BinaryIO, header: Header, module: Module) -> Columns:
    """Return the needed columns of a data module, in the units and signs of their meanings.

    Raises
    ------
    ReadError
        If the module's version or one of its columns is unknown, or its rows do not fill it.
    """
    layout = _LAYOUTS.get(module.version)
    if layout is None:
        raise header.error(
            f"version {module.version} of the data module",
            f"one of the versions {', '.join(map(str, _LAYOUTS))}",
            "Export it as text (.mpt) in EC-Lab and read that; please report the version.",
            module.place,
        )
    file.seek(module.offset)
    start = file.read(min(layout.rows_at, module.available))
    if len(start) < layout.rows_at:
        raise header.error(
            f"{len(start)} bytes", f"a header of {layout.rows_at} bytes", REMEDY_COPY, module.place
        )
    (n_rows,) = struct.unpack_from("<I", start)
    fields, width = _row_layout(_numbers(start, layout, header, module), header, module)
    _check_size(n_rows, width, layout.rows_at, header, module)
    columns = _rows(file, n_rows, fields, width)
    if columns is None:
        raise header.error(
            "a file that grew shorter while it was read", "a file at rest", REMEDY_COPY
        )
    return columns


def _numbers(start: bytes, layout: _Layout, header: Header, module: Module) -> list[int]:
    count_type = np.dtype(layout.count)
    n_columns = int(np.frombuffer(start, count_type, 1, _COUNT_AT)[0])
    first = _COUNT_AT + count_type.itemsize
    most = (layout.rows_at - first) // np.dtype(layout.number).itemsize
    if not 0 < n_columns <= most:
        raise header.error(
            f"a table of {n_columns} columns", f"1 to {most} columns", REMEDY_COPY, module.place
        )
    return np.frombuffer(start, layout.number, n_columns, first).tolist()


def _row_layout(
    numbers: list[int], header: Header, module: Module
) -> tuple[dict[str, _Field], int]:
    """Return the needed columns by their meanings, and the width of a row in bytes."""
    fields: dict[str, _Field] = {}
    offset = 0
    flags_at: int | None = None
    for place, number in enumerate(numbers):
        if number in bio.FLAG_BITS:
            if flags_at is None:
                flags_at = offset
                offset += 1
            if number == bio.MODE_NUMBER:
                fields[bio.MODE] = _Field("u1", flags_at, 1.0, 0)
            continue
        column = bio.by_number(number)
        if column is None:
            raise _unknown_column(numbers, place, header, module)
        rank = bio.RANKS[column.number]
        rival = fields.get(column.meaning)
        if column.meaning and (rival is None or rank < rival.rank):
            fields[column.meaning] = _Field(column.dtype, offset, column.scale, rank)
        offset += np.dtype(column.dtype).itemsize
    wanted = bio.needed(fields)
    return {meaning: field for meaning, field in fields.items() if meaning in wanted}, offset


def _unknown_column(numbers: list[int], place: int, header: Header, module: Module) -> ReadError:
    before = bio.by_number(numbers[place - 1]) if place else None
    after = f", after {before.label}" if before else ""
    return header.error(
        f"the unknown column number {numbers[place]} (column {place + 1} of {len(numbers)}{after})",
        "column numbers whose width is known",
        "Export the file as text (.mpt) in EC-Lab and read that; please report the number together "
        "with the column's heading there.",
        module.place,
    )


def _check_size(n_rows: int, width: int, rows_at: int, header: Header, module: Module) -> None:
    if n_rows == 0:
        raise header.error(
            "no data row",
            "at least one",
            "The measurement was perhaps never started; leave the file out.",
            module.place,
        )
    promised = rows_at + n_rows * width
    if module.available < promised:
        raise header.error(
            f"{(module.available - rows_at) // width:,} whole rows of {width} bytes",
            f"the {n_rows:,} rows that the data module's header promises",
            "The file is cut off: copy it again; while a test runs, copy it once EC-Lab has saved.",
            module.place,
        )
    if module.length != promised:
        raise header.error(
            f"a data module of {module.length:,} bytes",
            f"{promised:,} bytes for {n_rows:,} rows of {width} bytes",
            "A column is perhaps of another width than known: export it as text (.mpt) in EC-Lab "
            "and read that.",
            module.place,
        )


@np.errstate(all="ignore")
def _rows(file: BinaryIO, n_rows: int, fields: dict[str, _Field], width: int) -> Columns | None:
    """Read the rows, block by block, into one array a column; None if the file ends before."""
    row = np.dtype(
        {
            "names": list(fields),
            "formats": [field.dtype for field in fields.values()],
            "offsets": [field.offset for field in fields.values()],
            "itemsize": width,
        }
    )
    columns = {name: np.empty(n_rows, field.dtype) for name, field in fields.items()}
    per_block = max(1, _BLOCK_BYTES // width)
    buffer = np.empty(min(per_block, n_rows), row)
    for first in range(0, n_rows, per_block):
        block = buffer[: min(per_block, n_rows - first)]
        if file.readinto(block.view("u1")) < block.nbytes:  # type: ignore[attr-defined]
            return None
        for name, field in fields.items():
            part = columns[name][first : first + len(block)]
            part[:] = block[name]
            if field.scale != 1.0:
                part *= part.dtype.type(field.scale)
    if bio.MODE in columns:
        columns[bio.MODE] &= bio.FLAG_BITS[bio.MODE_NUMBER]
    return columns
