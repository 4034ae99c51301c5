"""How large a range a workbook's sheets span, found before anything loads them.

What loads a sheet makes room for the whole rectangle between its outermost cells, so that two
cells in opposite corners ask for 17 thousand million. The rectangle, stated or spanned, is
therefore compared with the bytes that describe it: a cell takes some twenty of them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from softbreak.data.readers.containers import zip_file as zipped
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.errors import ReadError

FREE_CELLS: Final = 1 << 20
"""A rectangle of so many cells is believed of any sheet."""
MOST_CELLS: Final = 1 << 26
"""None is larger: 64 columns of the million rows that a sheet can have."""
_CHUNK: Final = 1 << 20
_LONGEST_REFERENCE: Final = 64
_CELL: Final = re.compile(rb"""\br\s?=\s?["']([A-Z]{1,3})([0-9]{1,7})["']""")
_STATED: Final = re.compile(
    rb"""<(?:\w{1,9}:)?dimension\s[^>]{0,99}?["']\$?[A-Z]{1,3}\$?[0-9]{1,7}"""
    rb""":\$?([A-Z]{1,3})\$?([0-9]{1,7})["']"""
)


def check_extent(path: Path) -> None:
    """Refuse an .xlsx one of whose sheets spans far more than it holds.

    Raises
    ------
    ReadError
        Also if its zip is damaged or unpacks to more than a workbook can hold.
    """
    for info in zipped.check_members(path):
        name = info.filename
        if name.startswith("xl/worksheets/") and name.endswith(".bin"):
            raise ReadError(
                path,
                place=name,
                found="a binary workbook (.xlsb)",
                expected="a workbook whose ranges can be checked",
                remedy="Save it as .xlsx in Excel.",
            )
        if not (name.startswith("xl/worksheets/") and name.endswith(".xml")):
            continue
        with (
            foreign_errors(path, expected="an intact workbook", remedy="Save it again."),
            zipfile.ZipFile(path) as archive,
            archive.open(info) as member,
        ):
            rows, columns = _spanned(member)
        check_cells(path, name, rows, columns, info.file_size)


def check_cells(path: Path, place: str, rows: int, columns: int, size: int) -> None:
    """Refuse a sheet that spans more cells than its bytes can describe.

    Parameters
    ----------
    path : Path
    place : str
        The sheet.
    rows, columns : int
    size : int
        Bytes that describe the sheet, unpacked.

    Raises
    ------
    ReadError
    """
    limit = min(max(FREE_CELLS, size), MOST_CELLS)
    if rows * columns > limit:
        raise ReadError(
            path,
            place=place,
            found=f"a sheet that spans {rows:,} rows × {columns:,} columns in {size:,} bytes",
            expected=f"at most {limit:,} cells in a sheet of that size",
            remedy="Copy the table of samples into a new workbook, or save it as csv.",
        )


def _spanned(member: IO[bytes]) -> tuple[int, int]:
    """Return the rows and columns that a sheet of an .xlsx states or spans, the larger of each."""
    rows = columns = 0
    for chunk in _chunks(member):
        for letters, digits in _STATED.findall(chunk):
            rows, columns = max(rows, int(digits)), max(columns, _number(letters))
        found = _CELL.findall(chunk)
        if found:
            rows = max(rows, *map(int, {row for _, row in found}))
            columns = max(columns, *map(_number, {letters for letters, _ in found}))
    return rows, columns


def _chunks(member: IO[bytes]) -> Iterator[bytes]:
    """Yield a member piece by piece, each with the end of the one before: nothing is cut in two."""
    before = b""
    while piece := member.read(_CHUNK):
        yield before + piece
        before = piece[-_LONGEST_REFERENCE:]


def _number(letters: bytes) -> int:
    """Return the number of a column by its letters, from 1: b"AA" is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
