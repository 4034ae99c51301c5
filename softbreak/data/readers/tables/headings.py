"""Headings of a text table, and the row of units that may stand below them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from softbreak.data.readers.tables.column_map import SCALE, Match, split_unit
from softbreak.data.readers.tables.delimited import Header, Text, delimiter_of
from softbreak.data.readers.values.numbers import NUMBER
from softbreak.data.schema import SERIES_COLUMNS, SPECTRUM_COLUMNS
from softbreak.errors import ReadError

LOOKED_AT: Final = 20
_LONGEST_LINE: Final = 20_000
_LONGEST_NAME: Final = 200
_LONGEST_UNIT: Final = 30
IS_NUMBER: Final = re.compile(NUMBER)
_FORMAT: Final = re.compile(
    r"(?=.{1,60}\Z)(?:[dhmsyf:.,\-/ 0]*[hms]+:[hms:.,fx0]+|[dmy]{2,4}[-./][dmy]{2,4}.*)"
)
"""How a row of units writes durations and dates: ``h:m:s``, ``yyyy-mm-dd hh:mm:ss``."""
_UNITLESS: Final = frozenset({"", "-", "--", "#", "%", "n/a", "none", "text", "string", "1"})
_OTHERS: Final = frozenset(
    {
        *("ah", "mah", "uah", "as", "mas", "wh", "mwh", "w", "mw", "f", "uf", "k", "pa", "kpa"),
        *("mpa", "bar", "mah/g", "mah/cm2", "mah/cm²", "ma/cm2", "ma/cm²", "a/cm2", "v/s", "mv/s"),
        *("deg", "°", "ohm*cm2", "var", "v/h", "a/h", "i/h", "vs. ref."),
    }
)
"""Units of quantities that are not read."""
_REMEDY: Final = "Export the file again, or give what stands under each header a file of its own."

Find = Callable[[Sequence[str]], Mapping[str, Match]]
"""Says which of our columns stand where under headings; those that are there, perhaps too few."""


def enough(found: Mapping[str, Match]) -> bool:
    """Whether columns make a time series or a spectrum."""
    return set(found) >= set(SERIES_COLUMNS) or set(found) >= set(SPECTRUM_COLUMNS)


def split(line: str, delimiter: str) -> list[str]:
    """Split a line into its fields; quoted ones may hold the delimiter."""
    if '"' not in line:
        return [name.strip() for name in line.split(delimiter)]
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return [name.strip(' "') for name in line.split(delimiter)]


def headings_of(line: str) -> tuple[list[str], str] | None:
    """Return the fields of a line of words and their delimiter; None where it is none."""
    if len(line) > _LONGEST_LINE:
        return None
    delimiter = delimiter_of(line)
    fields = split(line, delimiter)
    words = [name for name in fields if name]
    if len(words) < 2 or any(IS_NUMBER.match(n) or len(n) > _LONGEST_NAME for n in words):
        return None
    return fields, delimiter


def begun(
    text: Text, header: Header, find: Find, *, units: bool = True, stop: int | None = None
) -> Header:
    """Return a header whose body begins with the first row: behind blank lines and units."""
    names = tuple(name.strip().strip('"').strip() for name in header.names)
    header = replace(header, names=names)
    for _ in range(LOOKED_AT):
        end = text.data.find(b"\n", header.body, stop)
        if end < 0:
            break
        line = text.data[header.body : end].decode("utf-8", errors="replace").strip("\r")
        fields = split(line, header.delimiter)
        if any(fields):
            if not _are_units(fields, find(header.names)):
                break
            if units:
                header = _completed(text.path, header, fields, find)
        header = replace(header, body=end + 1, line=header.line + 1)
    return header


def _are_units(fields: Sequence[str], found: Mapping[str, Match]) -> bool:
    """Whether the fields of our columns are units, and nothing in the line is a number."""
    if any(IS_NUMBER.match(name) for name in fields if name != "1"):
        return False
    places = [at.index for at in found.values()] or range(len(fields))
    mine = [_unit(fields[place]) for place in places if place < len(fields)]
    stated = [unit for unit in mine if unit not in _UNITLESS]
    known = [unit in SCALE or bool(_FORMAT.fullmatch(unit)) for unit in stated]
    if found:
        return any(known)
    return any(known) and all(k or u in _OTHERS for k, u in zip(known, stated, strict=True))


def _unit(text: str) -> str:
    """Return a unit as the headings' are written; empty where a text is none."""
    if len(text) > _LONGEST_UNIT:
        return ""
    return split_unit(f"x ({text.strip('()[] ')})")[1] or ""


def _completed(path: Path, header: Header, fields: Sequence[str], find: Find) -> Header:
    """Give headings the units that stand below them."""
    names = list(header.names)
    for place, text in enumerate(fields[: len(names)]):
        unit, stated = _unit(text), split_unit(names[place])[1]
        if unit in _UNITLESS or _FORMAT.fullmatch(unit):
            continue
        if stated is None:
            names[place] = f"{names[place]} ({text.strip('()[] ')})"
        elif SCALE.get(stated) != SCALE.get(unit):
            raise refused(
                path,
                header.line + 2,
                f"the unit {text!r} below the heading {names[place]!r}",
                "one unit a column",
            )
    whole = replace(header, names=tuple(names))
    lost = sorted(set(find(header.names)) & set(SERIES_COLUMNS) - set(find(whole.names)))
    if lost:
        raise refused(
            path,
            header.line + 2,
            f"a row of units of which that of {', '.join(lost)} is not known",
            "units such as s, V, mA",
        )
    return whole


def refused(path: Path, line: int, found: str, expected: str, remedy: str = _REMEDY) -> ReadError:
    """Return the error about a line, counted from 1."""
    return ReadError(path, place=f"line {line:,}", found=found, expected=expected, remedy=remedy)
