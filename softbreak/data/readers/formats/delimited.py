"""Delimited text as cyclers export it: preamble, header, rows of numbers, times and labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from softbreak.data.readers.base import decode
from softbreak.data.readers.epochs import unix_seconds
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

DELIMITERS = ("\t", ";", ",")
HEADER_WITHIN_LINES = 1000
_DURATION = r"^(?:(\d+)\s*(?:d|-)\s*)?(\d+):(\d+):(\d+(?:[.,]\d*)?)$"
_REMEDY = "It may be damaged or edited: export it again from the instrument's software."


@dataclass(frozen=True)
class Text:
    """A text file in memory, as UTF-8 with its mark removed."""

    path: Path
    data: bytes

    @classmethod
    def of(cls, path: Path) -> Text:
        """Read a file of any encoding that :func:`softbreak.data.readers.base.decode` knows."""
        return cls.of_bytes(path, path.read_bytes())

    @classmethod
    def of_bytes(cls, path: Path, raw: bytes) -> Text:
        """Take a file's bytes, or some of its lines."""
        if not raw.isascii():
            raw = decode(raw).encode("utf-8", errors="replace")
        return cls(path, raw)

    def header(self, is_header: Callable[[list[str]], bool], expected: str) -> Header:
        """Find the header line.

        Parameters
        ----------
        is_header : callable
            Judges a line's fields.
        expected : str
            For the error: what the header would have looked like.

        Raises
        ------
        ReadError
            If none of the first thousand lines is one.
        """
        start, first = 0, ""
        for number in range(HEADER_WITHIN_LINES):
            if start >= len(self.data):
                break
            end = self.data.find(b"\n", start)
            end = len(self.data) if end < 0 else end
            line = self.data[start:end].decode("utf-8", errors="replace").rstrip("\r")
            first = first or line[:80]
            delimiter = delimiter_of(line)
            names = line.split(delimiter)
            if is_header(names):
                return Header(tuple(names), delimiter, end + 1, number)
            start = end + 1
        raise ReadError(
            self.path,
            found=f"no header line; it begins {first!r}",
            expected=expected,
            remedy=_REMEDY,
        )


@dataclass(frozen=True)
class Header:
    """The names above a table, and where its rows begin.

    Attributes
    ----------
    names : tuple of str
    delimiter : str
    body : int
        Byte offset of the first row.
    line : int
        Number of the header line, 0-based.
    """

    names: tuple[str, ...]
    delimiter: str
    body: int
    line: int


def delimiter_of(line: str) -> str:
    """Return the delimiter that a line holds most of (tab, semicolon or comma)."""
    return max(DELIMITERS, key=line.count)


def read_strings(text: Text, header: Header, columns: Iterable[int]) -> pl.DataFrame:
    """Parse the rows below a header; every field as text.

    A last line without its end is a row that is still being written: it is left out unless it
    goes beyond the last column that is asked for.

    Parameters
    ----------
    text : Text
    header : Header
    columns : iterable of int
        Positions to parse.

    Returns
    -------
    polars.DataFrame
        Columns named by their positions ("0", "3"), surrounding blanks and quotes removed.

    Raises
    ------
    ReadError
        If the rows cannot be parsed.
    """
    import polars as pl

    wanted = sorted(set(columns))
    body = _whole_lines(text.data[header.body :], header.delimiter, wanted[-1])
    names = [str(index) for index in range(max(len(header.names), wanted[-1] + 1))]
    if not body.strip():
        return pl.DataFrame(schema=dict.fromkeys(map(str, wanted), pl.String()))
    with foreign_errors(text.path, expected="rows like the header", remedy=_REMEDY):
        frame = pl.read_csv(
            body,
            has_header=False,
            separator=header.delimiter,
            quote_char='"' if _quoted(body, header.delimiter) else None,
            schema=dict.fromkeys(names, pl.String()),
            columns=wanted,
            truncate_ragged_lines=True,
            extra_columns="ignore",
            missing_columns="insert",
            ignore_errors=True,
            infer_schema=False,
            raise_if_empty=False,
        )
        return frame.select(pl.all().str.strip_chars(' \t\r"'))


def numbers(column: pl.Series, *, decimal_comma: bool) -> np.ndarray:
    """Parse a column of numbers; NaN where there is none.

    Parameters
    ----------
    column : polars.Series
        Of text or numbers.
    decimal_comma : bool
        Whether a comma may be the decimal mark (it cannot where it delimits the fields).

    Returns
    -------
    ndarray of float64
    """
    import polars as pl

    if column.dtype == pl.String:
        if decimal_comma and column.str.contains(",", literal=True).any():
            both = column.str.contains(".", literal=True)
            plain = column.to_frame("text").with_columns(both=both)
            column = plain.select(
                pl.when("both")
                .then(pl.col("text").str.replace_all(",", "", literal=True))
                .otherwise(pl.col("text").str.replace(",", ".", literal=True))
            ).to_series()
        column = column.cast(pl.Float64, strict=False)
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def durations(column: pl.Series) -> np.ndarray:
    """Parse ``"144:02:18"``, ``"0d 01:02:03.45"`` or ``"1-02:03:04"`` to seconds.

    Returns
    -------
    ndarray of float64
        NaN where the text is no duration.
    """
    import polars as pl

    parts = column.str.extract_groups(_DURATION).struct.unnest()
    days, hours, minutes, seconds = (
        parts.to_series(i).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
        for i in range(4)
    )
    total = days.fill_null(0.0) * 86400.0 + hours * 3600.0 + minutes * 60.0 + seconds
    return total.fill_null(float("nan")).to_numpy()


def times(column: pl.Series, *, scale: float, decimal_comma: bool) -> np.ndarray:
    """Parse a column of durations or of numbers in units of ``scale`` seconds."""
    first = next((value for value in column.head(100).to_list() if value), "")
    if re.match(_DURATION, str(first)):
        return durations(column)
    return numbers(column, decimal_comma=decimal_comma) * scale


def timestamps(column: pl.Series, formats: Sequence[str]) -> np.ndarray:
    """Parse absolute times to seconds since 1970.

    A naive local time is taken as UTC: files seldom say their zone, and only differences and
    the order of files are ever used.

    Parameters
    ----------
    column : polars.Series
        Text, or numbers that count time (:mod:`~softbreak.data.readers.epochs`).
    formats : sequence of str
        Candidates; the first that parses the first entry is used.

    Returns
    -------
    ndarray of float64
        NaN where an entry does not parse.
    """
    import polars as pl

    if column.dtype != pl.String or _is_number(column):
        return unix_seconds(numbers(column, decimal_comma=False))
    sample = column.drop_nulls().head(1)
    for form in formats:
        if sample.str.to_datetime(form, time_unit="us", strict=False).null_count() == 0:
            parsed = column.str.to_datetime(form, time_unit="us", strict=False)
            return parsed.cast(pl.Int64).cast(pl.Float64).fill_null(float("nan")).to_numpy() * 1e-6
    return np.full(len(column), np.nan)


def _is_number(column: pl.Series) -> bool:
    import polars as pl

    return column.head(1).cast(pl.Float64, strict=False).null_count() == 0


def _whole_lines(body: bytes, delimiter: str, last: int) -> bytes:
    """Cut off a last line that ends before the field behind column ``last`` begins."""
    end = body.rfind(b"\n") + 1
    tail = body[end:]
    return body if tail.count(delimiter.encode()) > last else body[:end]


def _quoted(body: bytes, delimiter: str) -> bool:
    """Whether the first row has quoted fields: a lone quote is damage and quotes nothing."""
    fields = body.split(b"\n", 1)[0].strip().split(delimiter.encode())
    return any(len(field) > 1 and field[:1] == field[-1:] == b'"' for field in fields)
