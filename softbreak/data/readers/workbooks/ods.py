"""Sheets of an .ods (LibreOffice), read from its XML: the library for workbooks loses its times.

Cells and rows repeat by a count, so that a few bytes can stand for a million rows: what a sheet
spans is bounded while it is read. A time elapsed is an ISO 8601 duration ("PT26H03M00.5S").
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from softbreak.data.readers.containers import zip_file as zipped
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.readers.workbooks.extent import check_cells

if TYPE_CHECKING:
    import polars as pl

MIMETYPE: Final = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_CONTENT: Final = "content.xml"
_CHUNK: Final = 1 << 20
_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_OFFICE: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_TEXT: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_CELLS: Final = (_TABLE + "table-cell", _TABLE + "covered-table-cell")
_VALUES: Final = ("time-value", "date-value", "value", "boolean-value", "string-value")
_DURATION: Final = re.compile(r"(-?)P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)([.,]\d+)?S)?")


def sheets(path: Path) -> dict[str, pl.DataFrame]:
    """Return the sheets of an .ods by their names, every cell as text.

    Raises
    ------
    ReadError
        If it is damaged, or a sheet spans more than it holds.
    """
    info = next((i for i in zipped.check_members(path) if i.filename == _CONTENT), None)
    handler = _Handler(path, info.file_size if info else 0)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.text
    with (
        foreign_errors(path, expected="an intact .ods workbook", remedy="Save it again."),
        zipfile.ZipFile(path) as archive,
        archive.open(_CONTENT) as member,
    ):
        while piece := member.read(_CHUNK):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    return {name: _frame(rows) for name, rows in handler.sheets.items()}


class _Handler:
    """Collects rows of cells; blank cells and rows only once something stands behind them."""

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size
        self.sheets: dict[str, list[list[str]]] = {}
        self._name = ""
        self._rows: list[list[str]] = []
        self._row: list[str] = []
        self._blank_rows = self._blank_cells = self._columns = 0
        self._repeat_row = self._repeat_cell = 1
        self._value: str | None = None
        self._words: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _TABLE + "table":
            self._name = attributes.get(_TABLE + "name", str(len(self.sheets) + 1))
            self._rows, self._blank_rows, self._columns = [], 0, 0
        elif name == _TABLE + "table-row":
            self._repeat_row = int(attributes.get(_TABLE + "number-rows-repeated", "1"))
            self._row, self._blank_cells = [], 0
        elif name in _CELLS:
            self._repeat_cell = int(attributes.get(_TABLE + "number-columns-repeated", "1"))
            values = (attributes.get(_OFFICE + value) for value in _VALUES)
            self._value = next((value for value in values if value is not None), None)
            self._words = []

    def text(self, data: str) -> None:
        if self._words is not None:
            self._words.append(data)

    def end(self, name: str) -> None:
        if name in _CELLS and self._words is not None:
            self._end_cell("".join(self._words) if self._value is None else _plain(self._value))
        elif name == _TEXT + "p" and self._words:
            self._words.append(" ")
        elif name == _TABLE + "table-row":
            self._end_row()
        elif name == _TABLE + "table":
            self.sheets[self._name] = self._rows

    def _end_cell(self, text: str) -> None:
        text, self._words = text.strip(), None
        if not text:
            self._blank_cells += self._repeat_cell
            return
        width = len(self._row) + self._blank_cells + self._repeat_cell
        self._columns = max(self._columns, width)
        self._check(len(self._rows) + self._blank_rows + 1)
        self._row += [""] * self._blank_cells + [text] * self._repeat_cell
        self._blank_cells = 0

    def _end_row(self) -> None:
        if not self._row:
            self._blank_rows += self._repeat_row
            return
        self._check(len(self._rows) + self._blank_rows + self._repeat_row)
        self._rows += [[]] * self._blank_rows + [self._row] * self._repeat_row
        self._blank_rows = 0

    def _check(self, rows: int) -> None:
        check_cells(self.path, f"sheet {self._name!r}", rows, self._columns, self.size)


def _plain(value: str) -> str:
    """Write a duration as hours:minutes:seconds; other values stay as they are."""
    found = _DURATION.fullmatch(value)
    if found is None:
        return value
    sign, days, hours, minutes, seconds, part = found.groups()
    whole = int(days or 0) * 24 + int(hours or 0)
    fraction = (part or "").replace(",", ".")
    return f"{sign}{whole}:{int(minutes or 0):02d}:{int(seconds or 0):02d}{fraction}"


def _frame(rows: list[list[str]]) -> pl.DataFrame:
    import polars as pl

    width = max(map(len, rows), default=0)
    schema = {str(place): pl.String for place in range(width)}
    return pl.DataFrame([row + [""] * (width - len(row)) for row in rows], schema, orient="row")
