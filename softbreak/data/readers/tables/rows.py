"""Rows of a text table: which lines are none, and which cannot be told apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from softbreak.data.readers.tables.column_map import Field, Match, match, split_unit
from softbreak.data.readers.tables.delimited import DELIMITERS, Header, Text, read_strings
from softbreak.data.readers.tables.headings import LOOKED_AT, headings_of, refused, split
from softbreak.data.readers.values.numbers import NUMBER
from softbreak.data.schema import SERIES_COLUMNS, SPECTRUM_COLUMNS
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

MOST_SHIFTED: Final = 0.01
"""A table in which more of the rows have a field without a heading has lost a heading."""
MOST_BELOW: Final = 100
"""More lines of words than this below a table are damage, not a remark."""
_MEASURED: Final = ("voltage_volt", "frequency_hertz")
_LOST: Final = frozenset({"", "nan", "n/a", "na", "null", "none", "-", "--", "inf", "-inf", "#n/a"})
_FIRST_BYTES: Final = 1 << 14
_BLOCK: Final = 1 << 17
"""So many bytes are quickest to look through."""
_MOST_STATISTICS: Final = 12
_STATISTIC: Final = re.compile(
    r"(?:min(?:imum)?|max(?:imum)?|mean|avg|average|std|stdev|std\.? ?dev|sum|total|median|count"
    r"|\d\d %|\d\d%|mittel(?:wert)?|summe|gesamt|standardabweichung|moyenne|somme|media|promedio"
    r"|suma|średnia|среднее|итого|平均值?|最大值?|最小值?|合計|合计|总计|標準偏差|标准差)[.:]?"
)
_REMARKS: Final = ("comment", "note", "remark", "event", "message", "info", "flag")
_DRIVEN: Final = ("voltage_volt", "current_ampere")
_AGAIN: Final = re.compile(r"[._ ]?(?:\(\d{1,3}\)|(?:duplicated_)?\d{1,3})")
"""What programs write behind a heading that they have met before."""
CHANNEL: Final = (
    Field(
        "_channel",
        (
            *("channel", "channel_id", "channel id", "channel index", "channel_index"),
            *("channel number", "channel_number", "channel no", "channel no.", "channel name"),
            *("chan", "chan.", "chan#", "ch", "ch.", "ch#", "kanal", "通道", "通道号", "通道號"),
            *("cell", "cell_id", "cell id", "cell name", "cell_name", "cell number", "zelle"),
            *("canal", "canale", "kanaal", "kanał", "канал", "チャンネル", "채널", "ячейка"),
            *("cellule", "celda", "cella", "célula", "电池", "電池", "电池编号", "셀"),
            *("barcode", "device_channel", "device channel", "chl", "chlid", "chl id", "chl_id"),
            *("unit_chl", "unit chl", "unit-chl", "devid", "dev id", "device", "device id"),
            *("battery", "battery_id", "battery id", "batterie", "akku", "prüfling", "serial"),
            *("serial number", "serial_number", "serial no", "sample", "sample_id", "sample id"),
            *("sample name", "sample_name", "specimen", "pellet", "probe", "échantillon"),
            *("muestra", "campione", "样品", "样品编号", "образец", "試料"),
        ),
    ),
)
"""A table with several of them holds several cells."""


@dataclass(frozen=True)
class Lines:
    """Lines of a table's body, which are its rows."""

    data: bytes = field(repr=False)

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each line begins, and the last one ends; wanted only where a line is odd."""
        ends = np.flatnonzero(np.frombuffer(self.data, np.uint8) == 10) + 1
        rest = [] if self._whole else [len(self.data)]
        return np.concatenate([[0], ends, rest]).astype(np.int64)

    @property
    def _whole(self) -> bool:
        return not self.data or self.data.endswith(b"\n")

    @cached_property
    def _first(self) -> list[bytes]:
        return self.data[:_FIRST_BYTES].split(b"\n")[:-1]

    @cached_property
    def _last(self) -> list[bytes]:
        return self.data[-_FIRST_BYTES:].split(b"\n")[1 : -1 if self._whole else None]

    @cached_property
    def _count(self) -> int:
        data = np.frombuffer(self.data, np.uint8)
        blocks = (data[k : k + _BLOCK] == 10 for k in range(0, len(data), _BLOCK))
        return sum(map(np.count_nonzero, blocks)) + (not self._whole)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> str:
        if row < len(self._first):
            line = self._first[row]
        elif 0 < self._count - row <= len(self._last):
            line = self._last[row - self._count]
        else:
            line = self.data[self.starts[row] : self.starts[row + 1]]
        return line.decode("utf-8", errors="replace").strip("\r\n")


@dataclass(frozen=True)
class Rows:
    """Rows as they were parsed, with the lines that they are.

    Attributes
    ----------
    header : Header
    found : mapping
    frame : polars.DataFrame
    odd : ndarray of bool, shape (n,)
        Rows that hold no number where something was measured.
    lines : Lines
    first : int
        The line of the first row.
    last : bool
        Whether these are the last rows of the text.
    """

    header: Header
    found: Mapping[str, Match]
    frame: pl.DataFrame
    odd: np.ndarray
    lines: Lines
    first: int = 0
    last: bool = True

    def line(self, row: int) -> str:
        """Return a row's text."""
        return self.lines[self.first + row]

    def number(self, row: int) -> int:
        """Return the number of a row's line, from 1."""
        return self.header.line + 2 + row

    def count(self, row: int) -> int:
        """Return how many fields a row has, without the empty ones at its end."""
        return len(_filled(split(self.line(row), self.header.delimiter)))


def parsed(path: Path, body: bytes, header: Header, found: Mapping[str, Match]) -> Rows:
    """Parse our columns, the one behind the last heading, and that of channels; find the lines."""
    places = [at.index for at in found.values()]
    places += [len(header.names), *_channels(header.names)]
    flat = replace(header, body=0)
    frame, lines = read_strings(Text(path, body), flat, places), Lines(body)
    blank = not body or body.isspace()
    if not blank and len(frame) != len(lines):  # a quoted text goes over several lines
        body = re.sub(rb'"[^"]*"', lambda quoted: quoted[0].replace(b"\n", b" "), body)
        frame, lines = read_strings(Text(path, body), flat, places), Lines(body)
    return Rows(header, found, frame, _odd(frame, found), lines)


def _channels(names: Sequence[str]) -> list[int]:
    found = [at.index for at in match(names, CHANNEL).values()]
    return [place for place in found if split_unit(names[place])[1] is None]


def _odd(frame: pl.DataFrame, found: Mapping[str, Match]) -> np.ndarray:
    """Return which rows hold no number where something was measured; boolean, shape (n,)."""
    import polars as pl

    odd = np.ones(len(frame), dtype=bool)
    for name in _MEASURED:
        if name in found:
            column = frame[str(found[name].index)]
            plain = column.cast(pl.Float64, strict=False).is_finite().fill_null(value=False)
            mine = ~plain.to_numpy()
            if mine.any():
                strange = column.filter(~plain)
                mine[mine] = ~strange.str.contains(NUMBER).fill_null(value=False).to_numpy()
            odd &= mine
    return odd


def cleaned(path: Path, rows: Rows) -> tuple[pl.DataFrame, int]:
    """Take out what is no row, and refuse what cannot be one.

    Returns
    -------
    polars.DataFrame
        The rows.
    int
        How many lines of words stand below the last of them.
    """
    import polars as pl

    rows = _without_statistics(rows)
    full = np.flatnonzero(~rows.odd)
    end = int(full[-1]) + 1 if len(full) else 0
    out = np.zeros(len(rows.odd), dtype=bool)
    words = 0
    for row in np.flatnonzero(rows.odd).tolist():
        text = rows.line(row)
        if not text.strip(' \t"' + "".join(DELIMITERS)):
            out[row] = True
        elif row < end:
            _check_words(path, rows, text, row)
        else:
            words += 1
    if end and (words <= MOST_BELOW or not rows.last):
        out[end:] = True
    frame = _checked_fields(path, rows)
    _check_channels(path, rows)
    frame = frame.filter(pl.Series(~out)) if out.any() else frame
    return frame, words if rows.last and end else 0


def _without_statistics(rows: Rows) -> Rows:
    """Take rows that begin with "min" or "mean" at the end of a table for words below it."""
    last = np.flatnonzero(~rows.odd)[-_MOST_STATISTICS:][::-1] if rows.last else ()
    found = list(takewhile(lambda row: _is_statistic(rows, row), map(int, last)))
    if not found:
        return rows
    odd = rows.odd.copy()
    odd[found] = True
    return replace(rows, odd=odd)


def _is_statistic(rows: Rows, row: int) -> bool:
    fields = filter(None, split(rows.line(row), rows.header.delimiter))
    return _STATISTIC.fullmatch(next(fields, "")[:40].lower()) is not None


def _check_words(path: Path, rows: Rows, line: str, row: int) -> None:
    """Refuse a line of other headings between rows: what is under it is not known."""
    named = headings_of(line)
    if named is None:
        return
    fields, found = named[0], rows.found
    places = [found[name].index for name in (*SERIES_COLUMNS, *SPECTRUM_COLUMNS) if name in found]
    texts = [fields[place].lower() for place in places if place < len(fields)]
    worded = len(texts) == len(places) and not set(texts) & _LOST and len(set(texts)) == len(texts)
    known = {split_unit(name)[0] for name in rows.header.names} - {""}
    again = sum(split_unit(name)[0] in known for name in fields)
    if worded or again >= 2:
        raise refused(
            path,
            rows.number(row),
            "a second header with " + ", ".join(repr(name) for name in fields[:12] if name),
            "one that names time, voltage and current as the first does",
        )


def _checked_fields(path: Path, rows: Rows) -> pl.DataFrame:
    """Refuse rows with more or fewer fields than headings: which is which is not known."""
    import polars as pl

    names, frame = rows.header.names, rows.frame
    beyond = frame[str(len(names))]
    if beyond.null_count() == len(beyond):  # mostly there is nothing behind the last heading
        extra = np.zeros(len(beyond), dtype=bool)
    else:
        extra = beyond.fill_null("").str.len_bytes().to_numpy() > 0
    shifted = np.flatnonzero(extra)
    under = f"headings ({', '.join(names[:12])})"
    if len(shifted) > MOST_SHIFTED * len(frame):
        row = int(shifted[0])
        raise refused(
            path,
            rows.number(row),
            f"{rows.count(row)} fields under {len(names)} {under}, so in {len(shifted):,} of "
            f"{len(frame):,} rows",
            "a heading for every column",
            "A heading is missing, or an unquoted decimal comma delimits: export it again.",
        )
    sample = np.flatnonzero(~rows.odd)[:LOOKED_AT].tolist()
    usual = {len(split(rows.line(row), rows.header.delimiter)) for row in sample}
    named = _filled(list(names))
    lacking = named[max(usual, default=len(named)) :]
    if len(usual) == 1 and len(frame) > 2 and lacking and not _are_remarks(lacking):
        raise refused(
            path,
            rows.number(0),
            f"{usual.pop()} fields in every row under {len(named)} {under}",
            "a field for every heading",
            "A column is missing, or there is a heading too many: export it again.",
        )
    if not len(shifted):
        return frame
    name = str(rows.found.get("voltage_volt", next(iter(rows.found.values()))).index)
    lost = pl.when(pl.Series(extra)).then(None).otherwise(pl.col(name)).alias(name)
    return frame.with_columns(lost)


def _filled(fields: list[str]) -> list[str]:
    """Return fields without the empty ones at the end."""
    while fields and not fields[-1]:
        fields = fields[:-1]
    return fields


def _are_remarks(names: Sequence[str]) -> bool:
    return all(any(word in name.lower() for word in _REMARKS) for name in names)


def _repeated(names: Sequence[str], place: int) -> str:
    """Return a heading that is another one again: "U (V).1", "U (V)_2"; empty where none is."""
    plain = names[place].strip(' "')
    again = (name.strip(' "') for k, name in enumerate(names) if k != place)
    found = (
        name for name in again if name.startswith(plain) and _AGAIN.fullmatch(name, len(plain))
    )
    return next(found, "")


def _check_channels(path: Path, rows: Rows) -> None:
    """Refuse a table of several channels, one below or beside the other."""
    names, found = rows.header.names, rows.found
    beside = [_repeated(names, found[name].index) for name in _DRIVEN if name in found]
    if len(beside) > 1 and all(beside):
        raise ReadError(
            path,
            place=f"line {rows.header.line + 1:,}",
            found=f"several cells beside each other, by headings as {' and '.join(beside)}",
            expected="the export of one cell",
            remedy="Export each as a file of its own.",
        )
    for place in _channels(rows.header.names):
        there = rows.frame[str(place)].filter(~rows.odd).drop_nulls()
        cells = [name for name in there.unique(maintain_order=True).to_list() if name]
        if 1 < len(cells) <= max(1, len(rows.frame) // 10):  # more of them are a count of rows
            raise ReadError(
                path,
                found=f"{len(cells)} cells in one table, by its column "
                f"{rows.header.names[place]!r}: {', '.join(cells[:8])}",
                expected="the export of one cell",
                remedy="Export each as a file of its own.",
            )
