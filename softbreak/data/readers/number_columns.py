"""Numbers as people and spreadsheets write them: decimal commas, thousands, signs, gaps.

``4,543`` is four and a half to one and four thousand to another. One number does not tell; its
column mostly does: ``75.7`` beside it makes the comma a thousands separator, ``0,27`` makes it the
decimal mark, and where ``999`` follows ``1,001`` the reading that does not leap is right. What a
column leaves open, the other columns of the table decide; what they leave open too, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from softbreak.errors import ReadError

_NUMBER: Final = re.compile(r"[-+]?([\d.,]*\d\.?)([eE][-+]?\d{1,3})?")
_GROUPS: Final = re.compile(r"(?<=\d)[ '’\u00a0\u2009\u202f](?=\d{3}(?!\d))")
"""Thousands that are set apart by a blank or an apostrophe are no decimals."""
_NOT_MEASURED: Final = frozenset(
    ("", "-", "--", "---", "nan", "inf", "+inf", "-inf", "∞", "-∞", "n/a", "na", "#n/a", "null")
).union(("none", "ovl", "ovld", "ovf", "overload", "overflow", "#div/0!", "#num!", "#value!"))
_OTHER: Final = {".": ",", ",": "."}
_FIRST_GROUP: Final = 3
_SMOOTHER: Final = 0.5
"""A reading whose steps (ln) add up to less than this share of the other's is right."""


@dataclass
class _Marks:
    """What a column says of its marks: for each, the first number (row, text) that says it."""

    smooth: str = ""
    decimal: dict[str, tuple[int, str]] = field(default_factory=dict)
    thousands: dict[str, tuple[int, str]] = field(default_factory=dict)
    unclear: dict[str, tuple[int, str]] = field(default_factory=dict)
    plain_thousands: bool = False


def plain(text: str) -> str:
    """Return a field without quotes, blanks around it, groups of digits and typographic minus."""
    text = text.strip().strip('"').strip().replace("−", "-").replace("–", "-")
    return text if text.isascii() and " " not in text and "'" not in text else _GROUPS.sub("", text)


def not_measured(text: str) -> bool:
    """Whether a field says that there is no value (``NaN``, ``OVL``, nothing)."""
    return plain(text).lower() in _NOT_MEASURED


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
    texts = {name: [plain(text) for text in fields] for name, fields in columns.items()}
    marks = {name: _marks(path, name, fields, lines) for name, fields in texts.items()}
    return {
        name: _parsed(path, name, fields, lines, _decimal(path, name, lines, marks))
        for name, fields in texts.items()
    }


def _marks(path: Path, name: str, texts: Sequence[str], lines: Sequence[int]) -> _Marks:
    found = _Marks()
    for row, text in enumerate(texts):
        match = _NUMBER.fullmatch(text)
        if match is None:
            if text.lower() in _NOT_MEASURED:
                continue
            raise ReadError(
                path,
                place=f"line {lines[row]}, column {name}",
                found=f"{text[:40]!r}",
                expected="a number",
                remedy="The file is damaged or was cut off there: export it again.",
            )
        _note(found, match[1], match[2] is not None, (row, text))
    if len(found.unclear) == 1 and not _told(found):
        found.smooth = _smoother(texts, next(iter(found.unclear)))
    return found


def _smoother(texts: Sequence[str], mark: str) -> str:
    """Return the decimal mark with which the numbers of a column follow each other smoothly."""
    travelled = {}
    for decimal in (mark, _OTHER[mark]):
        read = [text.replace(_OTHER[decimal], "").replace(decimal, ".") for text in texts]
        size = np.abs([float(text) for text in read if text.lower() not in _NOT_MEASURED])
        travelled[decimal] = float(np.abs(np.diff(np.log(size[size > 0.0]))).sum())
    best = min(travelled, key=lambda decimal: travelled[decimal])
    return best if travelled[best] < _SMOOTHER * travelled[_OTHER[best]] else ""


def _note(found: _Marks, digits: str, exponent: bool, where: tuple[int, str]) -> None:
    """Note what one number says of the marks in it."""
    used = [mark for mark in _OTHER if mark in digits]
    if not used:
        found.plain_thousands |= len(digits) > _FIRST_GROUP
    elif len(used) == 2:
        last = max(used, key=digits.rfind)
        found.decimal.setdefault(last, where)
        found.thousands.setdefault(_OTHER[last], where)
    elif digits.count(used[0]) > 1:
        found.thousands.setdefault(used[0], where)
    else:
        before, _, after = digits.partition(used[0])
        grouped = 1 <= len(before) <= _FIRST_GROUP and before[0] != "0" and len(after) == 3
        (found.unclear if grouped and not exponent else found.decimal).setdefault(used[0], where)


def _decimal(path: Path, name: str, lines: Sequence[int], marks: Mapping[str, _Marks]) -> str:
    """Return a column's decimal mark; a point where it has none."""
    own = marks[name]
    for mark, (row, text) in own.thousands.items():
        if mark in own.decimal or len(own.decimal) > 1:
            other = own.decimal.get(mark) or next(iter(own.decimal.values()))
            raise _undecided(path, name, lines[row], f"{other[1]!r} beside {text!r}")
    if len(own.decimal) > 1:
        (_, first), (row, second) = own.decimal.values()
        raise _undecided(path, name, lines[row], f"{first!r} beside {second!r}")
    ungrouped = next(iter(own.unclear)) if own.plain_thousands and len(own.unclear) == 1 else ""
    if ungrouped and own.smooth not in ("", ungrouped):
        row, text = own.unclear[ungrouped]
        raise _undecided(path, name, lines[row], f"{text!r}")
    if told := _told(own) or ungrouped:
        return told
    if not own.unclear:
        return "."
    others = {_told(other) for other in marks.values()} - {""}
    if len(others) == 1:
        return others.pop()
    if own.unclear.keys() == {"."}:
        return "."
    row, text = own.unclear.get(",") or next(iter(own.unclear.values()))
    raise _undecided(path, name, lines[row], f"{text!r}")


def _told(marks: _Marks) -> str:
    """Return the decimal mark that a column tells of; empty where it does not."""
    if marks.decimal:
        return next(iter(marks.decimal))
    return _OTHER[next(iter(marks.thousands))] if marks.thousands else marks.smooth


def _parsed(
    path: Path, name: str, texts: Sequence[str], lines: Sequence[int], decimal: str
) -> np.ndarray:
    grouping = _OTHER[decimal]
    values = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        if text.lower() in _NOT_MEASURED:
            continue
        whole, _, _ = text.lstrip("+-").partition(decimal)
        groups = whole.split(grouping)
        if len(groups) > 1 and not _are_thousands(groups):
            raise _undecided(path, name, lines[row], f"{text!r}")
        values[row] = float(text.replace(grouping, "").replace(decimal, "."))
    return values


def _are_thousands(groups: Sequence[str]) -> bool:
    return 1 <= len(groups[0]) <= _FIRST_GROUP and all(len(g) == _FIRST_GROUP for g in groups[1:])


def _undecided(path: Path, name: str, line: int, found: str) -> ReadError:
    return ReadError(
        path,
        place=f"line {line}, column {name}",
        found=f"{found}, whose mark may be a thousands separator or the decimal mark",
        expected="numbers that tell which, in this column or in another one of the table",
        remedy="Export it without thousands separators and with a decimal point.",
    )
