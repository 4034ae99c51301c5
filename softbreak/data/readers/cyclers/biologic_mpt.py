"""BioLogic's text exports: ``.mpt``, and ``.txt`` of EC-Lab and BT-Lab, with or without a header.

A header in words (its number of lines stands in its second line), a line of headings, then rows,
all separated by tabs. Numbers have decimal points or commas, headers are Latin-1 or UTF-8, times
are seconds or dates, and the last line is often without an end.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np

from softbreak.data.date_orders import DAY_FIRST, MONTH_FIRST, OPEN, stated_order, swapped
from softbreak.data.readers.base import Head, Reader, decode
from softbreak.data.readers.cyclers import biologic_columns as bio
from softbreak.data.readers.cyclers.biologic_records import Columns, Header, records
from softbreak.data.readers.tables.endings import UNFINISHED, without_unfinished
from softbreak.data.readers.values.dates import Instants, instant, read_instants
from softbreak.data.record import Record
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

_MARKS = ("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")
_LINES = re.compile(r"Nb header lines\s*:\s*(\d+)")
_MOST_HEADER_BYTES = 8 << 20
"""The header of a Modulo Bat with hundreds of sequences is some 100 kB."""
_TIME, _UNIX_TIME = "test_time_second", "unix_time_second"
_KEYS = (_TIME, "frequency_hertz")
"""A table has a column of one of these meanings."""
_STATED = (
    "Comments",
    "Electrode material",
    "Initial state",
    "Electrolyte",
    "Reference electrode",
    "Mass of active material",
    "Battery capacity",
    "Electrode surface area",
    "Characteristic mass",
    "Device",
)
_WORDED_LINE = re.compile(rb"\n-?[^-+.,\d\s]")
_BLANK_LINE = re.compile(rb"\n(?:[ \t]*\r?\n)+")
_DATE = re.compile(r"\d{1,4}[/.\-]\d{1,2}[/.\-]\d{2,4}\s+\d{1,2}:\d{2}")
_REMEDY = "Export it again from EC-Lab as text, with its header."


@dataclass(frozen=True, slots=True)
class _Export:
    """The words of an export, where its rows are, and how many lines of the file stand above."""

    path: Path
    lines: tuple[str, ...]
    labels: tuple[str, ...]
    rows_at: int
    above: int = 0

    @property
    def first_row(self) -> int:
        """Number of the first row's line, from 1, as an editor counts."""
        return self.above + len(self.lines) + 2

    def value(self, key: str) -> str:
        """Return what stands behind ``key :``; empty where there is nothing."""
        for line in self.lines:
            name, _, text = line.partition(":")
            if name.strip() == key:
                return text.strip()
        return ""

    def error(self, found: str, expected: str, place: str = "", remedy: str = _REMEDY) -> ReadError:
        return ReadError(self.path, found=found, expected=expected, remedy=remedy, place=place)


def recognises(head: Head) -> bool:
    """Whether a text begins as EC-Lab's exports do, or with their headings."""
    if not head.is_text or not head.lines:
        return False
    first = head.lines[0]
    return first.strip() in _MARKS or _is_headings(first)


def read(path: Path) -> list[Record]:
    """Read a text export of EC-Lab or BT-Lab.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of Record
        Of each export in turn, where several stand one below the other. A last line that was cut
        off (an export of a running test) is left out.

    Raises
    ------
    ReadError
        If the file is damaged or lacks the columns of a technique.
    """
    with path.open("rb") as file:
        export = _export(file, path)
        file.seek(export.rows_at)
        data = file.read()
    try:
        return _records(export, data)
    except ReadError:  # headings among the rows, or blank lines, are no numbers
        parts = [(each, _BLANK_LINE.sub(b"\n", rows)) for each, rows in _exports(export, data)]
        if len(parts) == 1 and parts[0][1] == data:
            raise
    return [record for each, rows in parts for record in _records(each, rows)]


def _exports(export: _Export, data: bytes) -> Iterator[tuple[_Export, bytes]]:
    """Yield the exports that stand one below the other in a file, each with its rows.

    Another one begins with the format's first line, or with headings alone: then what the words
    above say holds on.
    """
    while True:
        place = _begin(data)
        if not place:
            yield export, data
            return
        yield export, data[:place]
        lines = export.first_row - 1 + data.count(b"\n", 0, place)
        own = _export(io.BytesIO(data[place:]), export.path)
        words = own.lines or export.lines
        export = replace(own, lines=words, above=lines + len(own.lines) - len(words))
        data = data[place + own.rows_at :]


def _begin(data: bytes) -> int:
    """Return where a line begins another export; 0 where none does."""
    for found in _WORDED_LINE.finditer(data):
        end = data.find(b"\n", found.end())
        line = decode(data[found.start() + 1 : end if end >= 0 else len(data)]).strip("\r")
        if line.strip() in _MARKS or _is_headings(line):
            return found.start() + 1
    return 0


def _records(export: _Export, data: bytes) -> list[Record]:
    """Return the records of one export."""
    path = export.path
    data, unfinished = _whole_lines(data, len(export.labels))
    if not data:
        raise export.error(
            "no data row",
            "at least one",
            remedy="The measurement was perhaps never started; leave the file out.",
        )
    began = instant(export.value("Acquisition started on"))
    started = float(began.seconds[0]) if np.isfinite(began.seconds[0]) else None
    columns, dates = _columns(export, data)
    if (unix_time := columns.pop(_UNIX_TIME, None)) is not None:
        started, began = _agreed(started, began, unix_time, dates)
        columns[_TIME] = unix_time - started
    title = next((line.strip() for line in export.lines[2:] if line.strip()), "")
    stated = {key.lower().replace(" ", "_"): export.value(key) for key in _STATED}
    header = Header(
        path,
        READER.name,
        bio.method_of(title),
        started,
        {
            **{key: text for key, text in {**stated, "unfinished_row": unfinished}.items() if text},
            **stated_order(began.order, began.example, began.habit),
        },
    )
    return records(header, columns)


def _is_headings(line: str) -> bool:
    labels = [label.strip() for label in line.split("\t")]
    known = [column for label in labels if (column := bio.by_label(label)) is not None]
    return len(known) >= 3 and any(column.meaning in _KEYS for column in known)


def _export(file: BinaryIO, path: Path) -> _Export:
    """Read the words: as many lines as the second line says, or one line of headings."""
    start = file.read(_MOST_HEADER_BYTES)
    if len(start) < _MOST_HEADER_BYTES and not start.endswith(b"\n"):
        start += b"\n"
    first, _, rest = start.partition(b"\n")
    said = _LINES.search(decode(rest[:200]))
    n_lines = 1 if _is_headings(decode(first)) else int(said[1]) if said else 0
    end = 0
    for _ in range(min(n_lines, start.count(b"\n"))):
        end = start.index(b"\n", end) + 1
    lines = [line.rstrip("\r") for line in decode(start[:end]).split("\n")[:-1]]
    if not lines or len(lines) != n_lines or not _is_headings(lines[-1]):
        last = f"that ends {lines[-1][:60]!r}" if lines else "that is not there"
        raise ReadError(
            path,
            found=f"a header of {n_lines:,} lines {last}",
            expected="headings such as time/s or freq/Hz in the header's last line",
            remedy=_REMEDY,
            place=f"line {len(lines) or 2:,}",
        )
    labels = tuple(label.strip() for label in lines[-1].rstrip("\t").split("\t"))
    return _Export(path, tuple(lines[:-1]), labels, end)


def _whole_lines(data: bytes, n_labels: int) -> tuple[bytes, str]:
    """Drop blank lines above, and a last line that was cut off, and say so.

    EC-Lab ends its last line with nothing, so that a missing end proves nothing: a line is cut if
    it has fewer fields than the one before, or a last field unlike those in its fixed format.
    """
    if data[:1] in (b"\r", b"\n"):
        data = data.lstrip(b"\r\n")
    if b"\n" not in data and data.strip():
        fields = data.rstrip(b"\r\t").split(b"\t")
        return (data, "") if len(fields) == n_labels else (b"", UNFINISHED)
    ending = without_unfinished(data.rstrip(b"\t"), "\t", n_labels)
    whole = ending.data
    if re.search(rb"[^\r\n]\r?\n\Z", whole[-3:]):  # one line end does no harm: spare the copy
        return whole, ending.unfinished
    return whole.rstrip(b"\r\n"), ending.unfinished


@np.errstate(all="ignore")
def _columns(export: _Export, data: bytes) -> tuple[Columns, Instants | None]:
    """Parse the needed columns, scaled to the units and signs of their meanings; and dates."""
    chosen = _chosen(export.labels)
    fields = data[: _end_of_line(data)].decode("latin-1").rstrip("\r").split("\t")
    last = max(place for place, _ in chosen.values())
    filled = len(data[: _end_of_line(data)].rstrip(b"\r\t").split(b"\t"))
    if len(fields) <= last or filled > len(export.labels):
        raise export.error(
            f"{filled} fields under {len(export.labels)} headings, so that it is not known "
            f"which column is which: {', '.join(export.labels[:12])}",
            "a field for every heading, so that each column is known",
            _line(export, 0),
        )
    dated = chosen.get(_TIME, (-1, None))[0]
    if dated >= 0 and not _DATE.match(fields[dated]):
        dated = -1
    frame = _parse(export, data, len(fields), {place for place, _ in chosen.values()}, dated)
    columns: Columns = {}
    dates = None
    for meaning, (place, column) in chosen.items():
        series = frame[f"c{place}"]
        if place == dated:
            dates = _dates(export, series)
            columns[_UNIX_TIME] = dates.seconds
            continue
        values = series.to_numpy()
        columns[meaning] = values * column.scale if column.scale != 1.0 else values
    return columns, dates


def _chosen(labels: tuple[str, ...]) -> dict[str, tuple[int, bio.BiologicColumn]]:
    """Return the place and the column of each needed meaning; the preferred one of several."""
    found: dict[str, tuple[int, bio.BiologicColumn]] = {}
    for place, label in enumerate(labels):
        column = bio.by_label(label)
        if column is None or not column.meaning:
            continue
        rival = found.get(column.meaning)
        if rival is None or bio.RANKS[column.number] < bio.RANKS[rival[1].number]:
            found[column.meaning] = (place, column)
    return {meaning: found[meaning] for meaning in bio.needed(found)}


def _parse(
    export: _Export, data: bytes, n_fields: int, places: set[int], dated: int
) -> pl.DataFrame:
    import polars as pl

    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            separator="\t",
            quote_char=None,
            columns=sorted(places),
            schema={
                f"c{place}": pl.String if place == dated else pl.Float64
                for place in range(n_fields)
            },
            decimal_comma=b"," in data[:4096],  # whole numbers may come first
            truncate_ragged_lines=True,
            ignore_errors=True,  # what is no number becomes null, and is reported below
        )
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise export.error(f"rows that cannot be parsed ({reason})", "rows of numbers") from error
    for series in frame:
        if series.null_count():
            row = series.is_null().arg_max() or 0
            label = export.labels[int(series.name[1:])]
            text = data.split(b"\n", row + 1)[row].split(b"\t")[int(series.name[1:]) :][:1]
            found = f"{decode(text[0])[:40]!r}" if text else "nothing"
            raise export.error(f"{found} for {label}", "a number", _line(export, row))
    return frame


def _end_of_line(data: bytes) -> int:
    end = data.find(b"\n")
    return len(data) if end < 0 else end


def _line(export: _Export, row: int) -> str:
    return f"line {export.first_row + row:,}"


def _dates(export: _Export, series: pl.Series) -> Instants:
    """Read a column of dates."""
    found = read_instants(series)
    if found.unread is not None:
        row = found.unread.row
        raise export.error(
            f"{series[row]!r} for a date", f"a date like {series[0]!r}", _line(export, row)
        )
    return found


def _agreed(
    started: float | None, began: Instants, unix_time: np.ndarray, dates: Instants | None
) -> tuple[float, Instants]:
    """Let the header's date and those of the rows, which one computer wrote, decide each other.

    Rows that are open are read by the header's order, and ``unix_time`` is changed accordingly.
    """
    if dates is None or started is None:
        return float(unix_time[0]), dates or began
    if dates.order == OPEN and began.order in (DAY_FIRST, MONTH_FIRST):
        if began.order != dates.habit and (other := swapped(unix_time)) is not None:
            unix_time[:] = other
        return started, began
    if began.order == OPEN and dates.order in (DAY_FIRST, MONTH_FIRST):
        other = swapped(np.array([started])) if dates.order != began.habit else None
        return (started if other is None else float(other[0])), dates
    return started, began


READER: Final = Reader(
    name="biologic-mpt",
    instrument="BioLogic EC-Lab and BT-Lab (.mpt, .txt)",
    suffixes=(".mpt", ".txt"),
    recognises=recognises,
    read=read,
)
