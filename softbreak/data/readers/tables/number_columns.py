"""Numbers of tables of which every field is one: what is none is refused, with its line.

How they are written, and which mark is decimal, is told by
:mod:`softbreak.data.readers.values.numbers`, from each column and from those beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from pathlib import Path
from typing import Final

import numpy as np

from softbreak.data.readers.values.numbers import (
    MISSING,
    WRITTEN,
    AmbiguousNumberError,
    Evidence,
    evidence_of,
    read_numbers,
)
from softbreak.errors import ReadError

_NUMBER: Final = re.compile(r"[-+]?([\d.,]*\d\.?)([eE][-+]?\d{1,3})?")
_GROUPS: Final = re.compile(r"(?<=\d)[ '’\u00a0\u2009\u202f](?=\d{3}(?!\d))")
"""Thousands that are set apart by a blank or an apostrophe are no decimals."""
_PLAIN: Final = tuple(
    (re.compile(pattern), re.sub(r"\$\{(\d)\}", r"\\g<\1>", plain)) for pattern, plain in WRITTEN
)


def plain(text: str) -> str:
    """Return a field without quotes, blanks around it and groups of digits, its sign in front."""
    text = text.strip().strip('"').strip()
    if _NUMBER.fullmatch(text):
        return text
    for pattern, written in _PLAIN:
        text = pattern.sub(written, text)
    return _GROUPS.sub("", text)


def not_measured(text: str) -> bool:
    """Whether a field says that there is no value (``NaN``, ``OVL``, nothing)."""
    return plain(text).lower() in MISSING


def could_be_number(text: str) -> bool:
    """Whether a field is one number, by whatever habit, or says that there is none."""
    return not_measured(text) or _NUMBER.fullmatch(plain(text)) is not None


def numbers_of(
    path: Path, columns: Mapping[str, Sequence[str]], lines: Sequence[int]
) -> dict[str, np.ndarray]:
    """Turn the columns of a table into numbers; each by its own marks, or those of the others.

    Parameters
    ----------
    path : Path
    columns : mapping of str to sequence of str
        The fields of each column, by what it is called in messages.
    lines : sequence of int
        The number of each row's line.

    Returns
    -------
    dict of str to numpy.ndarray of float64
        NaN where a field says that nothing was measured.

    Raises
    ------
    ReadError
        If a field is no number, or nothing tells a decimal mark from a thousands separator.
    """
    import polars as pl

    texts = {name: pl.Series([text.strip(' \t"') for text in c]) for name, c in columns.items()}

    @cache
    def beside() -> Evidence:
        return reduce(lambda a, b: a | b, map(evidence_of, texts.values()), Evidence())

    found: dict[str, np.ndarray] = {}
    for name, column in texts.items():
        try:
            values, unread = read_numbers(column.cast(pl.String), beside=beside)
        except AmbiguousNumberError as error:
            raise ReadError(
                path,
                place=f"line {lines[error.row]}, column {name}",
                found=f"{error.text!r}, whose mark may be a thousands separator or the decimal "
                "mark",
                expected="numbers that tell which, in this column or in another one of the table",
                remedy="Export it without thousands separators and with a decimal point.",
            ) from error
        if unread is not None:
            raise ReadError(
                path,
                place=f"line {lines[unread.row]}, column {name}",
                found=f"{unread.text[:40]!r}",
                expected="a number",
                remedy="The file is damaged or was cut off there, or marks of thousands and "
                "decimals are mixed: export it again.",
            )
        found[name] = np.where(np.isfinite(values), values, np.nan)
    return found
