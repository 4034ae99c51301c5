"""Delimited text as cyclers export it: preamble, header, rows of numbers, times and labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from softbreak.data.readers.base import decode
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.readers.values.dates import read_instants
from softbreak.data.readers.values.durations import read_durations
from softbreak.data.readers.values.numbers import AmbiguousNumberError, read_numbers
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

DELIMITERS = ("\t", ";", ",", "|")
HEADER_WITHIN_LINES = 1000
_LINES_OF_TEXT = 5
_BLOCK = 1 << 17
"""Bytes that are quickest to look through together; a multiple of 64."""
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
        if not raw.isascii() or b"\0" in raw[:64]:  # plain letters of UTF-16 are ASCII with zeros
            raw = decode(raw).encode("utf-8", errors="replace")
        if b"\n" not in raw and b"\r" in raw:  # as old Macs end their lines
            raw = raw.replace(b"\r", b"\n")
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
    """Return the delimiter that a line holds most of (tab, semicolon, comma or bar)."""
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
    if not body or body.isspace():
        return pl.DataFrame(schema=dict.fromkeys(map(str, wanted), pl.String()))
    body, quoted, bare = _closed(body, header.delimiter)
    with foreign_errors(text.path, expected="rows like the header", remedy=_REMEDY):
        frame = pl.read_csv(
            body,
            has_header=False,
            separator=header.delimiter,
            quote_char='"' if quoted else None,
            schema=dict.fromkeys(names, pl.String()),
            columns=wanted,
            truncate_ragged_lines=True,
            extra_columns="ignore",
            missing_columns="insert",
            ignore_errors=True,
            infer_schema=False,
            raise_if_empty=False,
        )
        return frame if bare else frame.select(pl.all().str.strip_chars(' \t\r"'))


def numbers(column: pl.Series, *, decimal_comma: bool) -> np.ndarray:
    """Read a column of numbers by itself; NaN where there is none, or where a mark is ambiguous.

    Parameters
    ----------
    column : polars.Series
        Of text or numbers.
    decimal_comma : bool
        Whether a comma is the decimal mark where nothing tells.

    Returns
    -------
    ndarray of float64
    """
    try:
        return read_numbers(column, decimal_comma=decimal_comma)[0]
    except AmbiguousNumberError:
        return np.full(len(column), np.nan)


def durations(column: pl.Series) -> np.ndarray:
    """Read elapsed times, see :func:`softbreak.data.readers.values.durations.read_durations`."""
    return read_durations(column)[0]


def timestamps(column: pl.Series, formats: Sequence[str]) -> np.ndarray:
    """Read absolute times, see :func:`softbreak.data.readers.values.dates.read_instants`."""
    return read_instants(column, formats).seconds


def _whole_lines(body: bytes, delimiter: str, last: int) -> bytes:
    """Cut off a last line that ends before the field behind column ``last`` begins."""
    end = body.rfind(b"\n") + 1
    tail = body[end:]
    return body if tail.count(delimiter.encode()) > last else body[:end]


def _closed(body: bytes, delimiter: str) -> tuple[bytes, bool, bool]:
    """Return rows whose quotes enclose fields, whether there are any, and whether all is bare.

    A quote that nothing closes in its line, nor before the first delimiter of one of the next few,
    is damage and quotes nothing: it would swallow the rows that follow. Where quoted fields may
    hold the delimiter, nobody knows which is which in such a line: it becomes one field.
    """
    if b'"' not in body:
        return body, False, _are_bare(body, delimiter, quoted=False)
    if not _quotes_fields(body, delimiter):
        return body, False, False
    if _are_bare(body, delimiter, quoted=True):
        return body, True, True
    data = np.frombuffer(body, dtype=np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    before = np.cumsum(data == ord('"'), dtype=np.uint8)  # their parity is all that counts
    if not (before[ends] % 2).any() and not before[-1] % 2:
        return body, True, False
    quotes = np.flatnonzero(data == ord('"'))
    line = np.searchsorted(ends, quotes)
    odd = np.bincount(line, minlength=len(ends) + 1) % 2 == 1
    if not odd.any() or _over_lines(body, np.flatnonzero(odd), ends, delimiter):
        return body, True, False
    kept = np.ones(len(data), dtype=bool)
    kept[quotes[odd[line]]] = False
    several = odd & (np.bincount(line, minlength=len(ends) + 1) > 1)
    mark = re.escape(delimiter)
    if several.any() and re.search(rf'(?m)(?:^|{mark})"[^"\n{mark}]*{mark}'.encode(), body):
        marks = np.flatnonzero(data == ord(delimiter))
        kept[marks[several[np.searchsorted(ends, marks)]]] = False
    return data[kept].tobytes(), True, False


def _are_bare(body: bytes, delimiter: str, *, quoted: bool) -> bool:
    """Whether no field begins or ends with a blank, and quotes only enclose fields of one line.

    Then there is nothing to strip once the parser has taken the quotes, as it takes the returns
    before line ends. Judged byte by byte, in blocks that a processor's cache holds.
    """
    returns = b"\r" in body
    blanks = [blank for blank in b" \t" if chr(blank) != delimiter and blank in body]
    if not (blanks or returns or quoted):
        return True
    if body.endswith(b"\r"):
        return False
    data = np.frombuffer(body, dtype=np.uint8)
    within = 0
    for begin in range(0, len(body), _BLOCK):
        around = _around(data, begin)
        ends = around == ord("\n")
        edges = ends | (around == ord(delimiter))
        if returns:
            here = around == ord("\r")
            if (here[:-1] & ~ends[1:]).any():
                return False
            edges |= here
        if quoted:
            quotes = around == ord('"')
            within = _enclosed(quotes, edges, ends, within)
            if within < 0:
                return False
            edges |= quotes
        for blank in blanks:
            if ((around[1:-1] == blank) & (edges[:-2] | edges[2:])).any():
                return False
    return not within


def _around(data: np.ndarray, begin: int) -> np.ndarray:
    """Return a block with one byte more on either side: a line's end beyond those of the text."""
    end = min(begin + _BLOCK, len(data))
    if begin and end < len(data):
        return data[begin - 1 : end + 1]
    beyond = np.array([ord("\n")], dtype=np.uint8)
    before = data[begin - 1 : begin] if begin else beyond
    behind = data[end : end + 1] if end < len(data) else beyond
    return np.concatenate([before, data[begin:end], behind])


def _enclosed(quotes: np.ndarray, edges: np.ndarray, ends: np.ndarray, within: int) -> int:
    """Return 1 where a block ends within quotes, else 0; -1 where quotes do not enclose fields.

    Parameters
    ----------
    quotes, edges, ends : ndarray of bool, shape (n + 2,)
        Where quotes stand, where fields and lines end; with one byte more on either side.
    within : int
        1 where the block begins within quotes, else 0.
    """
    here = _bits(quotes[1:-1])
    inside = here.copy()  # each bit with those before it: their parity
    for shift in (1, 2, 4, 8, 16, 32):
        inside ^= inside << np.uint64(shift)
    odd = np.bitwise_xor.accumulate(inside >> np.uint64(63)) ^ np.uint64(within)
    inside[1:] ^= np.uint64(0) - odd[:-1]
    if within:
        inside[0] = ~inside[0]
    edge = _bits(edges)  # each bit stands one behind its byte
    behind = np.append(edge[1:], np.uint64(0))[: len(here)]
    edge = edge[: len(here)]
    broken = inside & _bits(ends[1:-1])
    broken |= here & inside & ~edge
    broken |= here & ~inside & ~(edge >> np.uint64(2) | behind << np.uint64(62))
    return -1 if broken.any() else int(odd[-1])


def _bits(flags: np.ndarray) -> np.ndarray:
    """Return flags as the bits of uint64, the first one lowest; zeros behind the last."""
    bits = np.packbits(flags, bitorder="little")
    return np.append(bits, np.zeros(-len(bits) % 8, dtype=np.uint8)).view("<u8")


def _over_lines(body: bytes, odd: np.ndarray, ends: np.ndarray, delimiter: str) -> bool:
    """Whether lines with an odd number of quotes are beginnings and ends of quoted texts."""
    if len(odd) % 2 or (odd[1::2] - odd[::2]).max() > _LINES_OF_TEXT:
        return False
    begins = [int(ends[line - 1]) + 1 for line in odd[1::2].tolist()]
    return all(delimiter.encode() not in body[k : body.index(b'"', k)] for k in begins)


def _quotes_fields(body: bytes, delimiter: str) -> bool:
    """Whether the first line with a quote has quoted fields; a line within quotes is no field."""
    at = body.index(b'"')
    begin, end = body.rfind(b"\n", 0, at) + 1, body.find(b"\n", at)
    line = body[begin : len(body) if end < 0 else end].decode("utf-8", "replace").strip()
    if delimiter in line and re.fullmatch('"[^"]*"', line):
        return False
    mark = re.escape(delimiter)
    return re.search(rf'(?:^|{mark}) ?"[^"]*" ?(?={mark}|$)', line) is not None
