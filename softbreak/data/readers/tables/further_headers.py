"""Rows of a text table, whatever stands between them.

Cyclers and people continue an export into the same file. A line of headings that comes again, in
other units, in another order or with other columns, says what stands under it; a row of units below
the headings says what they leave open; blank lines, a new preamble and words below the table are no
rows. What cannot be told is refused with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from softbreak.data.readers.tables.column_map import Match
from softbreak.data.readers.tables.delimited import Header, Text
from softbreak.data.readers.tables.endings import without_unfinished
from softbreak.data.readers.tables.headings import Find, begun, enough, headings_of, refused
from softbreak.data.readers.tables.rows import Rows, cleaned, parsed
from softbreak.data.readers.values.file_columns import FileColumns

if TYPE_CHECKING:
    import polars as pl

MOST_HEADERS: Final = 1000
_WRAPPED: Final = re.compile(rb'^"([^"\n]*)"', re.MULTILINE)


@dataclass(frozen=True)
class Table:
    """The rows of a text table by our columns.

    Attributes
    ----------
    columns : dict of str to polars.Series
        Text, or numbers in our units where headers differ.
    scales : dict of str to float
        How many of our units one of the column's is.
    decimal_comma : bool
    places : dict of str to Match
        Where the first header has each column, with the scale of ``scales``.
    said : dict of str to str
        What a reader of the results should know of the table, for ``Source.stated``.
    header : Header
        The last one: what follows the text goes by it.
    """

    columns: dict[str, pl.Series]
    scales: dict[str, float]
    decimal_comma: bool
    places: dict[str, Match]
    said: dict[str, str]
    header: Header


@dataclass(frozen=True)
class _Section:
    """What stands under one header.

    Attributes
    ----------
    header : Header
    line : int
        Number of the header's line, from 1.
    found : mapping
    frame : polars.DataFrame
        Its rows.
    below : int
        Lines of words below them.
    """

    header: Header
    line: int
    found: Mapping[str, Match]
    frame: pl.DataFrame
    below: int = 0


def read_sections(
    text: Text, header: Header, find: Find, *, units: bool = True, more: bool = False
) -> Table:
    """Parse the rows below a header, and below all further ones.

    Parameters
    ----------
    text : Text
    header : Header
        The first one.
    find : callable
        Which of our columns stand where under given headings.
    units : bool
        Whether a row of units fills in what headings leave open; else it is passed over.
    more : bool
        The text is not the end of its file.

    Returns
    -------
    Table

    Raises
    ------
    ReadError
        If a further header lacks a column, rows have more fields than there are headings, or the
        table holds several channels. The place is the line.
    """
    said: dict[str, str] = {}
    text = _unwrapped(text, header)
    header = begun(text, header, find, units=units)
    found = find(header.names)
    if not (more or text.data.endswith(b"\n")):
        last = max((place.index for place in found.values()), default=0)
        kept = without_unfinished(text.data[header.body :], header.delimiter, last)
        if kept.unfinished:
            said["unfinished_row"] = kept.unfinished
        text = Text(text.path, text.data[: header.body] + kept.data) if kept.changed else text
    sections = list(_sections(text, header, find, units=units, more=more))
    others = [s for s in sections[1:] if not _alike(s, sections[0])]
    if others:
        lines = ", ".join(f"{s.line:,}" for s in others[:5])
        said["second_header"] = f"what stands below line {lines} goes by the header there"
    if below := sections[-1].below:
        said["below_the_table"] = f"{below} lines of words, which are no rows"
    return _joined(text.path, sections, said)


def _unwrapped(text: Text, header: Header) -> Text:
    """Take off the quotes that a spreadsheet put around whole lines."""
    first = text.data[header.body : header.body + 65_536].split(b"\n", 1)[0].strip()
    one = first[:1] == first[-1:] == b'"' and first.count(b'"') == 2
    if not one or header.delimiter.encode() not in first:
        return text
    body = _WRAPPED.sub(rb"\1", text.data[header.body :])
    return Text(text.path, text.data[: header.body] + body)


def _sections(
    text: Text, header: Header, find: Find, *, units: bool, more: bool
) -> Iterator[_Section]:
    """Yield the sections of a text; the first header is begun already."""
    whole = parsed(text.path, text.data[header.body :], header, find(header.names))
    begins = [(header, -1), *_further(text, whole, find, units=units)]
    ends = [*(row for _, row in begins[1:]), len(whole.frame)]
    for number, ((own, row), end) in enumerate(zip(begins, ends, strict=True), start=1):
        last, line = number == len(begins) and not more, own.line + 1
        stop = len(text.data) if end == ends[-1] else header.body + int(whole.lines.starts[end])
        head = own if own is header else begun(text, own, find, units=units, stop=stop)
        if _same(head, header, find):
            first = row + 1 + head.line - own.line
            part, odd = whole.frame.slice(first, end - first), whole.odd[first:end]
            here = replace(header, line=header.line + first)
            rows = Rows(here, whole.found, part, odd, whole.lines, first, last)
        else:
            piece = text.data[head.body : stop]
            rows = replace(parsed(text.path, piece, head, find(head.names)), last=last)
        frame, below = cleaned(text.path, rows)
        yield _Section(rows.header, line, rows.found, frame, below)


def _further(text: Text, rows: Rows, find: Find, *, units: bool) -> list[tuple[Header, int]]:
    """Return the further headers among rows, and which rows their lines are."""
    found: list[tuple[Header, int]] = []
    for row in np.flatnonzero(rows.odd).tolist():
        named = headings_of(rows.line(row))
        if named is None:
            continue
        end = rows.header.body + int(rows.lines.starts[row + 1])
        header = Header(tuple(named[0]), named[1], end, rows.number(row) - 1)
        if enough(find(header.names)) or (
            units and enough(find(begun(text, header, find).names))  # units may stand below
        ):
            found.append((header, row))
    others = [row for header, row in found if header.names != found[0][0].names]
    if len(others) > MOST_HEADERS:
        raise refused(
            text.path, rows.number(others[0]), f"{len(others):,} other headers", "one, or a few"
        )
    return found


def _same(one: Header, other: Header, find: Find) -> bool:
    return one.delimiter == other.delimiter and find(one.names) == find(other.names)


def _alike(one: _Section, other: _Section) -> bool:
    return one.found == other.found and one.header.delimiter == other.header.delimiter


def _joined(path: Path, sections: Sequence[_Section], said: dict[str, str]) -> Table:
    """Put what stands under several headers one below the other."""
    import polars as pl

    kinds = [set(section.found) for section in sections]
    if any("_label" in kinds[0] and "_label" not in kind for kind in kinds):
        lacking = next(s for s in sections if "_label" not in s.found)
        raise refused(
            path,
            lacking.line,
            "a second header without the column that says charge or discharge",
            "one as the first",
        )
    names = list(dict.fromkeys(name for section in sections for name in section.found))
    columns: dict[str, pl.Series] = {}
    scales: dict[str, float] = {}
    for name in names:
        ways = {
            (s.found[name].scale, s.found[name].offset, s.header.delimiter == ",")
            for s in sections
            if name in s.found
        }
        same = len(ways) == 1 or name.startswith("_") or name == "unix_time_second"
        parts = [_part(path, section, name, same=same) for section in sections]
        columns[name] = parts[0] if len(parts) == 1 else pl.concat(parts)
        scales[name] = next(iter(ways))[0] if same else 1.0
    comma = all(section.header.delimiter != "," for section in sections)
    places = {
        name: _place(next(s.found[name] for s in sections if name in s.found), scales[name])
        for name in names
    }
    return Table(columns, scales, comma, places, said, sections[-1].header)


def _place(first: Match, scale: float) -> Match:
    """Where a column stands; with a scale of 1 where its sections were brought to one unit."""
    return first if first.scale == scale else replace(first, scale=scale, offset=0.0)


def _part(path: Path, section: _Section, name: str, *, same: bool) -> pl.Series:
    """Return a column of a section: as text, or in our unit where sections differ in theirs."""
    import polars as pl

    at = section.found.get(name)
    if at is None:
        kind = pl.String() if same else pl.Float64()
        return pl.Series(name, [None] * len(section.frame), dtype=kind)
    column = section.frame[str(at.index)].alias(name)
    if same:
        return column
    comma = section.header.delimiter != ","
    file = FileColumns(path, {name: column}, {name: at.heading}, decimal_comma=comma)
    if name == "test_time_second":
        return pl.Series(name, file.times(name, at.scale))
    return pl.Series(name, at.ours(file.numbers(name)))
