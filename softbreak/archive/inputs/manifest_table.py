"""The rows of a ``cells.csv``, taken strictly: what does not fit is refused where it stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from softbreak.errors import ManifestError

MOST_CHARACTERS: Final = 10_000
"""Of one field."""
_SHOWN: Final = 40


class Line(NamedTuple):
    """One row.

    Attributes
    ----------
    place : str
        "row 2", counted in lines of the file as an editor shows them.
    values : list of str
    """

    place: str
    values: list[str]


def table_of(path: Path, text: str) -> tuple[list[str], list[Line]]:
    """Take a table apart.

    Parameters
    ----------
    path : Path
        For messages.
    text : str
        Its content.

    Returns
    -------
    names : list of str
        Of the columns.
    lines : list of Line
        As many values as names; empty rows are left out.

    Raises
    ------
    ManifestError
        If a quote is not closed, a row has another number of fields, or a field is no field.
    """
    header, _, _ = text.lstrip("\r\n").partition("\n")
    # A spreadsheet of a country with decimal commas writes semicolons between the columns.
    delimiter = max(",;\t", key=header.count)
    names: list[str] = []
    lines: list[Line] = []
    for line in _lines(path, text, delimiter, names):
        if not any(value.strip() for value in line.values):
            continue
        if not names:
            names += [name.strip() for name in line.values]
            continue
        if len(line.values) != len(names):
            raise ManifestError(
                path,
                place=line.place,
                found=f"{len(line.values)} fields ({_brief(delimiter.join(line.values))})",
                expected=f"{len(names)}, as row 1 has",
                remedy=f"Put a text that holds {delimiter!r} in double quotes, and write the "
                f"{delimiter!r} of empty fields too.",
            )
        for name, value in zip(names, line.values, strict=True):
            _check(path, f"{line.place}, column {name}", value)
            if name != "notes" and any(delimiter in more for more in value.splitlines()[1:]):
                raise ManifestError(
                    path,
                    place=f"{line.place}, column {name}",
                    found=f"{_brief(value)}, which holds the next line",
                    expected="a field that ends in its own row",
                    remedy="Close the quote in the line where it begins.",
                )
        lines.append(line)
    return names, lines


def _lines(path: Path, text: str, delimiter: str, names: list[str]) -> Iterator[Line]:
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    first = 1
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise _broken(path, text, (first, delimiter), names) from error
        if values is None:
            return
        yield Line(f"row {first}", values)
        first = reader.line_num + 1


def _broken(path: Path, text: str, where: tuple[int, str], names: list[str]) -> ManifestError:
    """Say which quote opens a field that does not end, or what else is no row."""
    first, delimiter = where
    line = text.splitlines()[first - 1] if first <= len(text.splitlines()) else ""
    place, begins = 0, 0
    for k, part in enumerate(_parts(line, delimiter)):
        place, begins = k, part
        if line[part:].lstrip().startswith('"'):
            break
    name = names[place] if place < len(names) else f"number {place + 1}"
    return ManifestError(
        path,
        place=f"row {first}, column {name}",
        found=f"{_brief(line[begins:])}: a field that does not end as it begins",
        expected="a closing quote behind every opening one, and the next separator behind it",
        remedy="Close the quote; write a quote inside a text twice. No field is longer than "
        f"{MOST_CHARACTERS:,} characters.",
    )


def _parts(line: str, delimiter: str) -> Iterator[int]:
    """Where the fields of a line begin, up to the first that a quote leaves open."""
    begin, quoted = 0, False
    for k, character in enumerate(line):
        quoted ^= character == '"'
        if character == delimiter and not quoted:
            yield begin
            begin = k + 1
    yield begin


def _check(path: Path, place: str, value: str) -> None:
    if len(value) > MOST_CHARACTERS:
        raise ManifestError(
            path,
            place=place,
            found=f"{_brief(value)}, {len(value):,} characters",
            expected=f"at most {MOST_CHARACTERS:,}",
            remedy="Is a quote missing, or is this a data file by that name?",
        )


def _brief(text: str) -> str:
    return repr(text[:_SHOWN]) + (" …" if len(text) > _SHOWN else "")
