"""Excel workbooks (.xlsx) that cyclers' software exports: the sheets with a known table header."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.cyclers import arbin, neware
from softbreak.data.readers.formats import zip_file as zipped
from softbreak.data.readers.formats.column_map import match
from softbreak.data.readers.formats.time_series import Layout, Told, record_of
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.record import Record
from softbreak.errors import UnknownFormatError

if TYPE_CHECKING:
    import polars as pl

HEADER_WITHIN_ROWS = 20
_LAYOUTS: Final = ((neware.LAYOUT, neware.is_header), (arbin.LAYOUT, arbin.is_header))


def _recognises(head: Head) -> bool:
    inside = (b"[Content_Types].xml", b"xl/workbook", b"xl/worksheets")
    return zipped.recognises(head) and any(name in head.data for name in inside)


def read(path: Path) -> list[Record]:
    """Read a workbook; sheets with the same header continue each other.

    Raises
    ------
    ReadError
        If it is damaged, or unpacks to more than a workbook can hold.
    UnknownFormatError
        If no sheet holds a known table: what its sheets hold is in the message.
    """
    zipped.check_members(path)
    with foreign_errors(
        path, expected="an intact .xlsx workbook", remedy="Save it again in Excel."
    ):
        sheets = _sheets(path)
    seen: list[str] = []
    parts: list[pl.DataFrame] = []
    chosen: Layout | None = None
    for name, sheet in sheets.items():
        found = _table(sheet, chosen)
        if found is None:
            seen.append(f"{name!r} with {', '.join(_row(sheet, 0)[:8]) or 'nothing'}")
            continue
        chosen, columns = found
        parts.append(columns)
    if chosen is None:
        known = " or ".join(layout.instrument for layout, _ in _LAYOUTS)
        raise UnknownFormatError(
            path,
            found="a workbook without a table of samples: sheet " + "; ".join(seen[:5]),
            expected=f"a sheet of records as {known} exports it",
            remedy="If it only describes the experiment, leave it out; else export it as csv.",
        )
    return [_record(path, chosen, parts)]


def _record(path: Path, layout: Layout, parts: list[pl.DataFrame]) -> Record:
    import polars as pl

    frame = pl.concat(parts, how="diagonal")
    header = {name: frame[name] for name in frame.columns}
    found = match(list(header), layout.fields)
    scales = {target: place.scale for target, place in found.items()}
    columns = {target: header[frame.columns[place.index]] for target, place in found.items()}
    return record_of(path, columns, layout, Told(), scales=scales, decimal_comma=True)


def _sheets(path: Path) -> dict[str, pl.DataFrame]:
    import fastexcel
    import polars as pl

    book = fastexcel.read_excel(path)
    return {
        name: pl.DataFrame(book.load_sheet(name, header_row=None, dtypes="string").to_arrow())
        for name in book.sheet_names
    }


def _row(sheet: pl.DataFrame, index: int) -> list[str]:
    return [str(value or "").strip() for value in sheet.row(index)] if index < len(sheet) else []


def _table(sheet: pl.DataFrame, only: Layout | None) -> tuple[Layout, pl.DataFrame] | None:
    """Return the layout of a sheet and its rows under their header; None where there is none."""
    for index in range(min(HEADER_WITHIN_ROWS, len(sheet))):
        names = _row(sheet, index)
        for layout, is_header in _LAYOUTS:
            if is_header(names) and only in (None, layout):
                wanted = {m.index: names[m.index] for m in match(names, layout.fields).values()}
                rows = sheet[index + 1 :].select(
                    sheet.to_series(place).slice(index + 1).str.strip_chars().alias(name)
                    for place, name in wanted.items()
                )
                return layout, rows
    return None


READERS: Final = (
    Reader("spreadsheet", "Excel exports of Neware and Arbin", (".xlsx",), _recognises, read),
)
