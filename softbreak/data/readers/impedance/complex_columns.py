"""Impedance as one complex number a row, ``12.3-4.5j``: rewritten as two columns of numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from softbreak.data.readers.impedance.spectrum_columns import (
    DELIMITERS,
    MOST_LINE,
    MOST_NAME,
    fields_of,
)

_MOST_HEADER_LINES: Final = 200
_REAL: Final = r"[-+−]?\s?\d{1,20}(?:[.,]\d{0,20})?(?:[eE][-+]?\d{1,3})?"
_UNSIGNED: Final = r"\d{1,20}(?:[.,]\d{0,20})?(?:[eE][-+]?\d{1,3})?"
_COMPLEX: Final = re.compile(
    rf'"?\(?\s?(?P<re>{_REAL})\s?(?P<sign>[-+−])\s?'
    rf"(?:[ij]\s?\*?\s?(?P<behind>{_UNSIGNED})|(?P<before>{_UNSIGNED})\s?\*?\s?[ij])\s?\)?\"?"
)
_LETTERS: Final = re.compile(r"[^\W\d_]{1,}")


def in_two_columns(lines: Sequence[str]) -> list[str]:
    """Split a column of complex numbers into its real and its imaginary part.

    Parameters
    ----------
    lines : sequence of str
        Of a text table.

    Returns
    -------
    list of str
        As they are where no row below a line of names, nor the first line, holds one complex
        number.
    """
    lines = list(lines)
    first = next((line for line in lines[:_MOST_HEADER_LINES] if line.strip()), "")
    for delimiter in DELIMITERS[:-1]:
        place = _place(first, delimiter)
        if place:  # a frequency stands in front, and no names above
            return [_row(line, place, delimiter) for line in lines]
    for row in range(min(len(lines) - 1, _MOST_HEADER_LINES)):
        name, below = lines[row], lines[row + 1]
        if len(name) > MOST_LINE or not _LETTERS.search(name):
            continue
        for delimiter in DELIMITERS[:-1]:
            if delimiter not in name:
                continue
            names, place = fields_of(name, delimiter), _place(below, delimiter)
            if place is None or place >= len(names):
                continue
            heading = _parts(names[place].strip().strip('"'))
            out = [*lines[:row], _replaced(names, place, heading, delimiter)]
            return out + [_row(line, place, delimiter) for line in lines[row + 1 :]]
    return lines


def _place(line: str, delimiter: str) -> int | None:
    """Return which field of a line is a complex number; None without one, or with several."""
    if len(line) > MOST_LINE:
        return None
    fields = fields_of(line, delimiter)
    found = [k for k, field in enumerate(fields) if _match(field) is not None]
    return found[0] if len(found) == 1 else None


def _match(field: str) -> re.Match[str] | None:
    return _COMPLEX.fullmatch(field.strip()) if len(field) <= MOST_NAME * 2 else None


def _parts(heading: str) -> tuple[str, str]:
    """Return the headings of both parts, of an admittance where the column is one."""
    letter = "Y" if re.match(r"(?i)\W*(?:y\b|admitt)", heading) else "Z"
    unit = re.search(r"[\[(/]\s*([^\[\]()/]{1,20}?)\s*[\])]?\s*$", heading)
    told = f" ({unit[1]})" if unit and unit[1].lower() not in ("z", "y") else ""
    return f"{letter}'{told}", f"{letter}''{told}"


def _row(line: str, place: int, delimiter: str) -> str:
    fields = fields_of(line, delimiter) if len(line) <= MOST_LINE else []
    found = _match(fields[place]) if place < len(fields) else None
    if found is None:
        return line
    sign = "-" if found["sign"] in "-−" else ""
    parts = (found["re"].replace(" ", ""), sign + (found["behind"] or found["before"]))
    return _replaced(fields, place, parts, delimiter)


def _replaced(fields: Sequence[str], place: int, parts: Sequence[str], delimiter: str) -> str:
    whole = [*fields[:place], *parts, *fields[place + 1 :]]
    return delimiter.join(f'"{text}"' if delimiter in text else text for text in whole)
