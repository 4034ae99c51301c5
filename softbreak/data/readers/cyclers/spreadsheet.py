"""Workbooks (.xlsx, .xls, .ods): each sheet is read as the text table that it would be exported as.

So every reader of text knows its sheets too, with their preambles, units and second headings.
Cells that the spreadsheet shows as a date or a time hold a number of days: more than ten years
of them are a date, fewer a time that has elapsed. (Dates of early 1900 are never made of them:
there the spreadsheet's calendar has a 29 February that never was.)
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.containers import zip_file as zipped
from softbreak.data.readers.parser_errors import foreign_errors, inside
from softbreak.data.readers.tables.headings import IS_NUMBER
from softbreak.data.readers.workbooks import extent, ods
from softbreak.data.readers.workbooks.sheets import Sheet, chosen, only_statistics, saying
from softbreak.data.record import Record
from softbreak.errors import StatisticsError, UnknownFormatError

if TYPE_CHECKING:
    import polars as pl

_INSIDE: Final = (b"[Content_Types].xml", b"xl/workbook", b"xl/worksheets")
_OLD: Final = bytes.fromhex("d0cf11e0a1b11ae1")
"""The container of .xls; its sheets have at most 65,536 rows of 256 columns."""
_LONGEST_ELAPSED_DAYS: Final = 3653
_DATED: Final = r"^\d{4}-\d\d-\d\d[ T]\d\d:"
"""How the library writes a cell that the spreadsheet shows as a date or a time."""
_REMEDY: Final = "Save it again in Excel."
_MOST_ABOVE: Final = 200
_MOST_NAMES: Final = 8
_LONGEST_NAME: Final = 120
_MOST_NOTES: Final = 40
_FEW_NOTES: Final = 0.1


def recognises(head: Head) -> bool:
    """Whether a file begins as a workbook does."""
    if zipped.recognises(head):
        return ods.MIMETYPE in head.data[:200] or any(name in head.data for name in _INSIDE)
    return head.data.startswith(_OLD)


def reader(detect: Callable[[Path], Reader]) -> Reader:
    """Return the reader of workbooks.

    Parameters
    ----------
    detect : callable
        Tells the reader of a text file: each sheet is handed to it as one.
    """
    return Reader(
        name="spreadsheet",
        instrument="workbooks of a known table",
        suffixes=(".xlsx", ".xls", ".ods"),
        recognises=recognises,
        read=lambda path: read(path, detect),
        version="2",
        by_library=True,
    )


def read(path: Path, detect: Callable[[Path], Reader]) -> list[Record]:
    """Read a workbook; sheets of samples that continue each other are one record.

    Raises
    ------
    ReadError
        If it is damaged, spans more than it holds, or holds samples of several cells.
    UnknownFormatError
        If no sheet holds a known table: what its sheets hold is in the message.
    """
    found: list[Sheet] = []
    unknown: list[str] = []
    statistics: list[str] = []
    above: pl.DataFrame | None = None
    with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
        for number, (name, table) in enumerate(_tables(path)):
            if not len(table):
                unknown.append(f"{name!r} with nothing")
                continue
            member = Path(folder) / f"sheet{number}.txt"
            whole = table if above is None else _continued(above, table)
            with inside(path, f"sheet {name!r}"):
                try:
                    records = _read_sheet(whole, member, detect)
                except UnknownFormatError:
                    unknown.append(f"{name!r} with {', '.join(_first_row(table)) or 'nothing'}")
                    continue
                except StatisticsError:
                    statistics.append(name)
                    continue
            above = whole.head(_rows_above(whole))
            found.append(Sheet(name, tuple(zipped.within(r, path, "sheet", name) for r in records)))
    if statistics and not found:
        raise only_statistics(path, statistics)
    if not found:
        raise UnknownFormatError(
            path,
            found="a workbook without a table of samples: sheet " + "; ".join(unknown[:5]),
            expected="a sheet of records as a cycler's software exports it",
            remedy="If it only describes the experiment, leave it out; else export it as csv.",
        )
    others = [*(f"{name!r} (statistics)" for name in statistics), *unknown]
    return [_told(record, others) for record in chosen(path, found)]


def _read_sheet(
    table: pl.DataFrame, member: Path, detect: Callable[[Path], Reader]
) -> list[Record]:
    """Read a sheet; if it is of no known format, without what was noted beside its table."""
    _write(table, member)
    try:
        known = detect(member)
    except UnknownFormatError:
        alone, notes = _without_notes(table)
        if not notes:
            raise
        _write(alone, member)
        said = f"left out: {', '.join(map(repr, notes[:_MOST_NAMES]))} beside the table"
        return [saying(record, said) for record in detect(member).read(member)]
    return known.read(member)


def _write(table: pl.DataFrame, member: Path) -> None:
    table.write_csv(member, separator="\t", include_header=False, quote_style="never")


def _without_notes(table: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Return a table without the columns at its right that are all but empty, and what is there."""
    filled = [sum(map(bool, column.to_list())) for column in table]
    few = min(_MOST_NOTES, _FEW_NOTES * max(filled, default=0))
    kept = max((place + 1 for place, count in enumerate(filled) if count > few), default=0)
    notes = [text for column in table[:, kept:] for text in column.drop_nulls().to_list() if text]
    return table[:, :kept], notes


def _told(record: Record, others: Sequence[str]) -> Record:
    """Let a record say which sheets were not read."""
    if not others:
        return record
    return saying(record, _left_out(others))


def _left_out(others: Sequence[str]) -> str:
    more = f" and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
    names = "; ".join(other[:_LONGEST_NAME] for other in others[:_MOST_NAMES])
    return f"left out, as they hold no samples: {names}{more}"


def _rows_above(table: pl.DataFrame) -> int:
    """Return how many rows stand above the first row of numbers."""
    for row, fields in enumerate(table.head(_MOST_ABOVE).iter_rows()):
        if _is_row(fields):
            return row
    return 0


def _is_row(fields: Sequence[str | None]) -> bool:
    told = [field for field in fields if field]
    return len(told) > 2 and sum(bool(IS_NUMBER.match(field)) for field in told) > len(told) / 2


def _continued(above: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Put the headings of the sheet before on one that begins with rows and has its columns."""
    import polars as pl

    if not len(above) or table.width != above.width or not _is_row(table.row(0)):
        return table
    return pl.concat([above, table.rename(dict(zip(table.columns, above.columns, strict=True)))])


def _tables(path: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each sheet's name and its cells as text, one sheet after the other."""
    import fastexcel

    with path.open("rb") as file:
        head = Head(path, file.read(200))
    if ods.MIMETYPE in head.data:
        yield from ((name, _tidy(table)) for name, table in ods.sheets(path).items())
        return
    if zipped.recognises(head):
        extent.check_extent(path)
    with foreign_errors(path, expected="an intact workbook", remedy=_REMEDY):
        book = fastexcel.read_excel(path.read_bytes())  # by its bytes: suffixes are often wrong
    for number, name in enumerate(book.sheet_names):
        with foreign_errors(path, expected="an intact workbook", remedy=_REMEDY):
            table = _tidy(_table(book, number))
        yield name, table


def _tidy(table: pl.DataFrame) -> pl.DataFrame:
    """Turn the blanks that would break a line of text into spaces."""
    import polars as pl

    return table.with_columns(pl.all().str.replace_all(r"[\t\r\n]+", " ").str.strip_chars())


def _table(book: Any, number: int) -> pl.DataFrame:
    """Return a sheet's cells as text, times elapsed as hours:minutes:seconds."""
    import polars as pl

    def loaded(dtype: str, columns: list[int] | None = None) -> pl.DataFrame:
        sheet = book.load_sheet(number, header_row=None, dtypes=dtype, use_columns=columns)
        frame = pl.DataFrame(sheet.to_arrow())
        return frame.rename(dict(zip(frame.columns, map(str, columns or _all(frame)), strict=True)))

    frame = loaded("string")
    dated = [place for place, column in enumerate(frame) if column.str.contains(_DATED).any()]
    if dated:
        spans = loaded("duration", dated)
        frame = frame.with_columns(_elapsed(frame[name], spans[name]) for name in spans.columns)
    return frame


def _all(frame: pl.DataFrame) -> range:
    return range(len(frame.columns))


def _elapsed(text: pl.Series, span: pl.Series) -> pl.Series:
    """Write the cells of a column that are a time elapsed as hours:minutes:seconds."""
    import polars as pl

    most = span.max()
    if most is None or span.dt.total_days().max() > _LONGEST_ELAPSED_DAYS:  # type: ignore[operator]
        return text
    frame = pl.DataFrame({"text": text, "ms": span.dt.total_milliseconds()})
    ms = pl.col("ms")
    written = pl.format(
        "{}:{}:{}.{}",
        ms // 3_600_000,
        (ms // 60_000 % 60).cast(pl.String).str.zfill(2),
        (ms // 1000 % 60).cast(pl.String).str.zfill(2),
        (ms % 1000).cast(pl.String).str.zfill(3),
    )
    chosen_text = pl.when(ms.is_null()).then("text").otherwise(written)
    return frame.select(chosen_text.alias(text.name)).to_series()


def _first_row(table: pl.DataFrame) -> list[str]:
    return [str(value or "").strip() for value in table.row(0)][:8]
