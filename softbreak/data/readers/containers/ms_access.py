"""Just enough of the Access (Jet 4, ACE) database format to read one table of numbers, fast.

A database is pages of 4096 bytes. A table definition (page type 2) lists the columns; each data
page (type 1) names the definition that owns it and lists where its rows begin. Columns of fixed
length stand at the same offset in every row, so that a whole table is a handful of gathers.
Nothing is followed in circles, and no size is believed before the file's own size.

The layout is described in HACKING.md of the mdbtools project. Jet 3 (Access 97) differs and is
refused: there was no file to check it against.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from softbreak.data.readers.base import Head
from softbreak.errors import ReadError

PAGE: Final = 4096
_NAMES: Final = (b"Standard Jet DB", b"Standard ACE DB")
_DATA_PAGE, _DEFINITION = 1, 2
_DTYPES: Final = {2: "u1", 3: "<i2", 4: "<i4", 6: "<f4", 7: "<f8", 8: "<f8"}
"""Type code to dtype: byte, integers, single, double, date (days since 1899-12-30)."""
_TEXT: Final = 10
_COLUMN_BYTES, _INDEX_BYTES, _HEADER_BYTES = 25, 12, 63
_DELETED, _ELSEWHERE, _OFFSET = 0x8000, 0x4000, 0x1FFF
_MOST_COLUMNS = 255


def recognises(head: Head) -> bool:
    """Whether a file begins as an Access database does."""
    return head.data[4:19] in _NAMES


@dataclass(frozen=True)
class Column:
    """A column's place in a row.

    Attributes
    ----------
    name : str
    kind : int
        Type code.
    number : int
        Bit in the row's mask of values that are there.
    offset : int
        Byte offset of a fixed value in the row; number among the variable ones else.
    fixed : bool
    """

    name: str
    kind: int
    number: int
    offset: int
    fixed: bool


@dataclass(frozen=True)
class Table:
    """A table definition: the number of its page, its rows as declared, its columns by name."""

    page: int
    rows: int
    columns: dict[str, Column]


@dataclass(frozen=True)
class Database:
    """An Access database in memory.

    Attributes
    ----------
    path : Path
    data : ndarray of uint8
        Whole pages.
    tables : list of Table
    """

    path: Path
    data: np.ndarray
    tables: list[Table]

    @classmethod
    def of(cls, path: Path) -> Database:
        """Open a database and read its table definitions.

        Raises
        ------
        ReadError
            If it is too short or of an older version.
        """
        data = np.fromfile(path, dtype=np.uint8)
        data = data[: len(data) // PAGE * PAGE]
        if len(data) < 2 * PAGE or data[0x14] == 0:
            raise _damaged(path, "less than two pages of an Access 2000 (or later) database")
        kinds = data.reshape(-1, PAGE)[:, 0]
        pages = np.flatnonzero(kinds == _DEFINITION)
        tables = [t for page in pages if (t := _definition(data, int(page))) is not None]
        return cls(path, data, tables)

    def has_table(self, *names: str) -> bool:
        """Whether a table has all the columns."""
        return any(all(name in table.columns for name in names) for table in self.tables)

    def table_with(self, *names: str) -> Table:
        """Return the table that has all the columns.

        Raises
        ------
        ReadError
            If there is none.
        """
        for table in self.tables:
            if all(name in table.columns for name in names):
                return table
        raise _damaged(self.path, f"no table with the columns {', '.join(names)}")

    def fixed_columns(self, table: Table, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return numeric columns of a table, rows in the order of its pages.

        Parameters
        ----------
        table : Table
        names : sequence of str
            Those that the table lacks are left out.

        Returns
        -------
        dict of ndarray
            A missing value is NaN in a float column and 0 in an integer column.

        Raises
        ------
        ReadError
            If a row is too short for a column.
        """
        begins, ends = self._rows(table)
        found = {}
        for name in names:
            column = table.columns.get(name)
            if column is None or not column.fixed or column.kind not in _DTYPES:
                continue
            dtype = np.dtype(_DTYPES[column.kind])
            start = begins + 2 + column.offset
            if len(start) and (start + dtype.itemsize > ends).any():
                raise _damaged(self.path, f"a row too short for its column {name}")
            raw = self.data[start[:, None] + np.arange(dtype.itemsize)]
            values = raw.view(dtype)[:, 0]
            found[name] = np.where(self._there(table, column, ends), values, _missing(dtype))
        return found

    def first_texts(self, table: Table, names: Sequence[str]) -> dict[str, str]:
        """Return text columns of a table's first row; empty where there is none."""
        begins, ends = self._rows(table)
        if not len(begins):
            return {}
        row = self.data[begins[0] : ends[0]].tobytes()
        found = {name: _text(row, table, table.columns.get(name)) for name in names}
        return {name: text for name, text in found.items() if text}

    def _rows(self, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """Return where a table's rows begin and end in the file."""
        pages = self.data.reshape(-1, PAGE)
        owners = pages[:, 4:8].copy().view("<u4")[:, 0]
        mine = np.flatnonzero((pages[:, 0] == _DATA_PAGE) & (owners == table.page))
        begins, ends = [], []
        shortest = 2 + (len(table.columns) + 7) // 8
        for page in mine:
            base = int(page) * PAGE
            count = int(pages[page, 12]) | int(pages[page, 13]) << 8
            if 14 + 2 * count > PAGE:
                raise _damaged(self.path, f"page {page} lists {count} rows")
            entries = pages[page, 14 : 14 + 2 * count].copy().view("<u2").astype(np.int64)
            first = entries & _OFFSET
            last = np.concatenate([[PAGE], first[:-1]])[: len(first)]
            real = (entries & _DELETED) == 0
            if (entries[real] & _ELSEWHERE).any():
                raise _damaged(self.path, f"page {page} holds rows that were edited and moved")
            if ((last - first)[real] < shortest).any() or (first[real] < 14 + 2 * count).any():
                raise _damaged(self.path, f"page {page} holds rows that overlap")
            begins.append(base + first[real])
            ends.append(base + last[real])
        if not begins:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        return np.concatenate(begins), np.concatenate(ends)

    def _there(self, table: Table, column: Column, ends: np.ndarray) -> np.ndarray:
        mask_bytes = (len(table.columns) + 7) // 8
        place = ends - mask_bytes + column.number // 8
        return (self.data[place] >> (column.number % 8)) & 1 == 1


def _missing(dtype: np.dtype) -> float:
    return float("nan") if dtype.kind == "f" else 0


def _definition(data: np.ndarray, page: int) -> Table | None:
    """Parse a table definition; None where the page is a continuation or damaged."""
    raw = data[page * PAGE : (page + 1) * PAGE].tobytes()
    seen = {page}
    following = int.from_bytes(raw[4:8], "little")
    while following and following not in seen and following < len(data) // PAGE:
        seen.add(following)
        more = data[following * PAGE : (following + 1) * PAGE].tobytes()
        raw += more[8:]
        following = int.from_bytes(more[4:8], "little")
    count, _, indexes = struct.unpack_from("<HII", raw, 45)
    place = _HEADER_BYTES + min(indexes, len(raw)) * _INDEX_BYTES
    if not 0 < count <= _MOST_COLUMNS or place + count * _COLUMN_BYTES > len(raw):
        return None
    shapes = [_shape(raw, place + i * _COLUMN_BYTES) for i in range(count)]
    names = _names(raw, place + count * _COLUMN_BYTES, count)
    if len(names) < count:
        return None
    columns = [Column(name, *shape) for name, shape in zip(names, shapes, strict=True)]
    if any(column.number >= count for column in columns):
        return None
    rows = int.from_bytes(raw[16:20], "little")
    return Table(page, rows, {column.name: column for column in columns})


def _shape(raw: bytes, place: int) -> tuple[int, int, int, bool]:
    kind, number, variable = struct.unpack_from("<B4xHH", raw, place)
    flags, offset = struct.unpack_from("<B5xH", raw, place + 15)
    fixed = bool(flags & 1)
    return kind, number, offset if fixed else variable, fixed


def _names(raw: bytes, place: int, count: int) -> list[str]:
    names = []
    for _ in range(count):
        length = int.from_bytes(raw[place : place + 2], "little")
        name = raw[place + 2 : place + 2 + length]
        if not length or len(name) < length:
            break
        names.append(name.decode("utf-16-le", errors="replace"))
        place += 2 + length
    return names


def _text(row: bytes, table: Table, column: Column | None) -> str:
    """Return a variable-length text of a row; empty where it is missing or damaged.

    Behind the fixed values and the texts stand, backwards from the mask: how many variable
    fields there are, and where each begins; the last entry is where they end.
    """
    if column is None or column.fixed or column.kind != _TEXT:
        return ""
    tail = len(row) - (len(table.columns) + 7) // 8
    place = tail - 4 - 2 * column.offset
    if place - 2 < 0:
        return ""
    start, end = (int.from_bytes(row[at : at + 2], "little") for at in (place, place - 2))
    raw = row[start:end]
    if raw.startswith(b"\xff\xfe"):  # the mark of "compressed" text: one byte a letter
        return raw[2:].decode("latin-1").replace("\0", "")
    return raw.decode("utf-16-le", errors="replace")


def _damaged(path: Path, found: str) -> ReadError:
    return ReadError(
        path,
        found=found,
        expected="an intact result file of MITS Pro (Access 2000 or later)",
        remedy="Copy it again from the cycler's computer, or export the test as csv.",
    )
