"""Numbers as people and programs write them: which mark is decimal is told by whole columns.

"1,234" is one and a bit or more than a thousand. Other numbers of the same column tell ("1,5" has a
decimal comma, "1,234.5" a thousands comma), else those of the other columns, which one program
wrote; where nothing tells, whole numbers below a thousand beside the marked ones do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import polars as pl

MISSING: Final = (
    *("", "nan", "n/a", "na", "#n/a", "null", "none", "-", "--", "---", "—"),
    *("inf", "+inf", "-inf", "∞", "-∞", "ovl", "ovld", "ovf", "overload", "overflow"),
    *("#div/0!", "#num!", "#value!"),
)
"""What stands, in lower case, where there is no number; it is no damage."""
_OTHER: Final = {".": ",", ",": "."}
MINUS: Final = "\u2212\u2012\u2013\ufe63\uff0d\u00ad"
"""What stands for a minus sign, hyphens aside."""
NUMBER: Final = rf"^[\s='\"(]*[-+{MINUS}]?\s?[.,]?\d"
"""How a field begins that is a number."""
BEHIND: Final = r"^(\d.*\d[.,]?)-$"
"""A number with its minus behind it."""
WRITTEN: Final = (
    (r"^=?[\"']+(.*?)\"?$", "${1}"),  # quotes by which a spreadsheet is told that it is text
    (rf"[{MINUS}]", "-"),
    (r"^([+-]) +", "${1}"),
    (r"^\((\d[^()]*)\)$", "-${1}"),  # as accountants write what is negative
    (BEHIND, "-${1}"),  # and as some programs do
    (r"(\d[.,]?) ?[dD]([+-]?\d{1,3})$", "${1}e${2}"),
    (
        # without a mark of the power "x1000" is no ten with an exponent
        r"(\d[.,]?) ?[*x\u00d7\u00b7] ?10"
        r"(?:(?:\^|\*\*)\(?([+-]?\d{1,3})\)?|([+-]\d{1,3}|[1-9]\d?))$",
        "${1}e${2}${3}",
    ),
)
"""Ways of writing a number, and the plain one."""
_SPACES: Final = r"[ \u00a0\u2000-\u200a\u202f\u205f'\u2019\u02bc\u2018`\u00b4]"
_GROUP: Final = "'"
"""What stands for any space or apostrophe between two digits."""
_EXPONENT: Final = r"(?:[eE][+-]?\d+)?"
_FEWEST: Final = 40
"""So many numbers with three digits behind their mark are no accident of dropped zeros."""
_FEWEST_SIZES: Final = 3
_SAMPLE: Final = 512
_CLEARLY: Final = 0.5
"""A reading whose steps (ln) add up to less than this share of the other's is right."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Values of a column that are not understood.

    Attributes
    ----------
    count : int
    row : int
        The first of them, 0-based.
    text : str
        What stands there.
    """

    count: int
    row: int
    text: str


class AmbiguousNumberError(ValueError):
    """A number whose mark may be decimal or a thousands mark, with nothing that decides.

    Attributes
    ----------
    row : int
        0-based.
    text : str
    """

    def __init__(self, row: int, text: str) -> None:
        super().__init__(f"{text!r} in row {row + 1}")
        self.row, self.text = row, text


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the numbers of some columns prove of their marks.

    Attributes
    ----------
    decimal, thousands : frozenset of str
        Marks that are surely decimal, or surely between thousands.
    """

    decimal: frozenset[str] = frozenset()
    thousands: frozenset[str] = frozenset()

    def __or__(self, other: Evidence) -> Evidence:
        """Return both together."""
        return Evidence(self.decimal | other.decimal, self.thousands | other.thousands)

    @property
    def mark(self) -> str | None:
        """The decimal mark; None where nothing, or a contradiction, is known."""
        if len(self.decimal) == 1:
            return next(iter(self.decimal))
        barred = self.thousands - self.decimal
        return _OTHER[next(iter(barred))] if not self.decimal and len(barred) == 1 else None


Beside = Callable[[], Evidence]


def read_numbers(
    column: pl.Series, *, decimal_comma: bool = False, beside: Beside | None = None
) -> tuple[np.ndarray, Unread | None]:
    """Read a column of numbers.

    Parameters
    ----------
    column : polars.Series
        Of text or numbers.
    decimal_comma : bool
        Whether a comma is decimal where nothing tells.
    beside : callable, optional
        What the file's other columns prove; asked where the column itself leaves it open.

    Returns
    -------
    values : ndarray of float64
        NaN where there is no number.
    unread : Unread or None
        What is neither a number nor a word for none.

    Raises
    ------
    AmbiguousNumberError
        If nothing tells whether a mark is decimal.
    """
    import polars as pl

    if column.dtype != pl.String:
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy(), None
    few = _few(column)
    for mark in _likely(few):
        plain = column if mark == "." else column.str.replace(",", ".", literal=True)
        cast = plain.cast(pl.Float64, strict=False)
        if cast.null_count() == column.null_count() or not _words(column, cast).len():
            values = cast.fill_null(float("nan")).to_numpy()
            if _is_proven(column, few, mark):
                return values, None
            if not _perhaps_thousands(column, values, mark) or _fixed(column, mark, beside):
                return values, None
    return _carefully(column, decimal_comma=decimal_comma, beside=beside)


def evidence_of(column: pl.Series) -> Evidence:
    """Return what a column of text proves of the marks in its numbers."""
    texts = _normal(column.drop_nulls())
    own = _proofs(texts.unique())
    if own.mark is not None or own.decimal:
        return own
    for mark in _OTHER:
        marked = texts.str.contains(_open(mark))
        if marked.any() and (decimal := _by_size(texts, marked, mark)):
            there = frozenset((mark,))
            return own | (Evidence(there) if decimal == mark else Evidence(thousands=there))
    return own


def _proofs(texts: pl.Series) -> Evidence:
    decimal, thousands = set(), set()
    for mark, other in _OTHER.items():
        grouped = _grouped(other)
        both = texts.str.contains(f"^[+-]?{grouped}\\{mark}\\d*{_EXPONENT}$").any()
        single = texts.filter(texts.str.contains(f"^[+-]?\\d*\\{mark}\\d*{_EXPONENT}$"))
        plain = not single.str.contains(_open(mark)).all() if len(single) else False
        # a group mark of its own leaves nothing but the decimal mark
        spaced = texts.str.contains(f"^[+-]?{_grouped(_GROUP)}\\{mark}\\d*{_EXPONENT}$").any()
        if both or plain or spaced:
            decimal.add(mark)
        if both:
            thousands.add(other)
        if texts.str.contains(f"^[+-]?{_grouped(mark)}$").any() and _several(texts, mark):
            thousands.add(mark)
    return Evidence(frozenset(decimal), frozenset(thousands))


def _few(column: pl.Series) -> list[str]:
    """Return a few texts of a column, from all of it."""
    texts = column.gather_every(max(1, len(column) // 16)).head(17)
    return [text or "" for text in texts.to_list()]


def _likely(few: Sequence[str]) -> tuple[str, ...]:
    """Marks that the column's numbers may have plainly, judged by a few of them."""
    written = "".join(few)
    return (",",) if "," in written and "." not in written else () if "," in written else (".",)


def _is_proven(column: pl.Series, few: Sequence[str], mark: str) -> bool:
    """Whether one of a few numbers can but have this decimal mark, as "0.5", and none the other.

    All texts of the column are numbers by this mark.
    """
    single = re.compile(rf"[+-]?[0-9]*\{mark}[0-9]*{_EXPONENT}")
    doubtful = re.compile(_open(mark))
    if not any(single.fullmatch(text) and not doubtful.match(text) for text in few):
        return False
    return mark == "." or not column.str.contains(_OTHER[mark], literal=True).any()


def _words(column: pl.Series, cast: pl.Series) -> pl.Series:
    """Return what is no number and no word for none."""
    strange = column.filter(cast.is_null() & column.is_not_null())
    return strange.filter(~strange.str.strip_chars().str.to_lowercase().is_in(list(MISSING)))


def _perhaps_thousands(column: pl.Series, values: np.ndarray, mark: str) -> bool:
    """Whether "1.234" may be more than a thousand: nothing below 1, from 1000 on, or finer."""
    beyond = mark == "," and bool(column.str.contains(_open(mark)).any())
    if not _are_whole_thousandths(values[:: max(1, len(values) // _SAMPLE)], beyond=beyond):
        return False
    if not (column.str.len_bytes() > len("-999")).any():
        return False
    return _are_whole_thousandths(values, beyond=beyond)


def _are_whole_thousandths(values: np.ndarray, *, beyond: bool) -> bool:
    size = np.abs(values[np.isfinite(values)])
    if (
        not len(size)
        or (size.max() >= 1000 and not beyond)
        or np.min(size[size > 0], initial=1.0) < 1.0
    ):
        return False
    return not (np.abs(size * 1000.0 - np.round(size * 1000.0)) > 1e-6).any()


def _fixed(column: pl.Series, mark: str, beside: Beside | None) -> bool:
    """Whether all numbers have the mark, as only decimal marks of a fixed format do."""
    if not column.drop_nulls().str.contains(mark, literal=True).all():
        return False
    told = beside().mark if beside is not None else None
    return told == mark or (told is None and mark == ".")


def _carefully(
    column: pl.Series, *, decimal_comma: bool, beside: Beside | None
) -> tuple[np.ndarray, Unread | None]:
    import polars as pl

    texts = _normal(column)
    mark = _mark(texts, decimal_comma=decimal_comma, beside=beside)
    other = _OTHER[mark]
    parts = f"^[+-]?{{}}(?:\\{mark}\\d*)?{_EXPONENT}$"
    for group in (_GROUP, other):
        proper = texts.str.contains(parts.format(_grouped(group)))
        if proper.any():
            bare = texts.str.replace_all(group, "", literal=True)
            texts = bare.zip_with(proper.fill_null(value=False), texts)
    plain = texts.str.replace(mark, ".", literal=True) if mark == "," else texts
    if mark == ",":  # what still has a point is no number of this column
        plain = plain.set(texts.str.contains(".", literal=True).fill_null(value=False), None)
    cast = plain.cast(pl.Float64, strict=False)
    return cast.fill_null(float("nan")).to_numpy(), unread_of(column, cast.is_null())


def unread_of(column: pl.Series, missing: pl.Series) -> Unread | None:
    """Return what stands where nothing was read, words for "none" aside."""
    import polars as pl

    if not missing.any():
        return None
    words = column.str.strip_chars().str.to_lowercase()
    strange = missing & column.is_not_null() & ~words.is_in(list(MISSING)).fill_null(value=True)
    count = int(strange.sum())
    if not count:
        return None
    row = int(strange.cast(pl.UInt8).arg_max() or 0)
    return Unread(count, row, str(column[row])[:60])


def _mark(texts: pl.Series, *, decimal_comma: bool, beside: Beside | None) -> str:
    """Return the decimal mark of a column."""
    own = _proofs(texts.drop_nulls().unique())
    if own.mark is not None:
        return own.mark
    marked = texts.str.contains(f"{_open('.')}|{_open(',')}").fill_null(value=False)
    if not marked.any():
        return "."
    row = int(marked.arg_max() or 0)
    mark = "," if "," in texts[row] else "."
    if own.decimal:
        raise AmbiguousNumberError(row, texts[row])
    both = texts.filter(marked).str.contains(_OTHER[mark], literal=True).any()
    size = "" if both else _by_size(texts, marked, mark)
    if size is None:
        raise AmbiguousNumberError(row, texts[row])
    told = size or (beside().mark if beside is not None else None)
    if told:
        return told
    if both or (mark == "," and not decimal_comma):
        raise AmbiguousNumberError(row, texts[row])
    return mark


def _by_size(texts: pl.Series, marked: pl.Series, mark: str) -> str | None:
    """Return the decimal mark with which the sizes of a column's numbers agree.

    Empty where they say nothing, None where they contradict each other.
    """
    import polars as pl

    numbers = texts.filter(texts.str.contains(r"^[+-]?[\d.,]+$").fill_null(value=False))
    as_parts, as_groups = (
        numbers.str.replace_all(mark, by, literal=True).cast(pl.Float64, strict=False).drop_nulls()
        for by in (".", "")
    )
    smoother = _smoother(as_parts.to_numpy(), as_groups.to_numpy())
    size = {1: mark, -1: _OTHER[mark], 0: ""}[smoother]
    if numbers.str.contains(r"^[+-]?[1-9]\d{3,}$").any():  # a thousand without a mark
        return mark if size in ("", mark) else None
    if len(numbers) < _FEWEST_SIZES:
        return ""
    return size or (_OTHER[mark] if _are_thousands(texts, marked) else "")


def _smoother(as_parts: np.ndarray, as_groups: np.ndarray) -> int:
    """Return 1 where numbers follow one another only as the first says, -1 as the second; or 0."""
    ways = [_one_way(values) for values in (as_parts, as_groups)]
    if ways[0] != ways[1]:
        return 1 if ways[0] else -1
    travelled = []
    for values in (as_parts, as_groups):
        size = np.abs(values[values != 0.0])
        travelled.append(float(np.abs(np.diff(np.log(size))).sum()))
    if travelled[0] < _CLEARLY * travelled[1]:
        return 1
    return -1 if travelled[1] < _CLEARLY * travelled[0] else 0


def _one_way(values: np.ndarray) -> bool:
    """Whether numbers only rise, or only fall."""
    steps = np.diff(values)
    return len(steps) > 1 and bool((steps >= 0).all() or (steps <= 0).all()) and bool(steps.any())


def _are_thousands(texts: pl.Series, marked: pl.Series) -> bool:
    """Whether whole numbers below 1000 prove the marks of the others to part thousands."""
    whole = texts.filter(texts.str.contains(r"^[+-]?[1-9]\d{0,2}$").fill_null(value=False))
    if whole.n_unique() < 2:
        return False
    long = texts.filter(marked)
    return bool(long.str.ends_with("0").any() or long.n_unique() >= _FEWEST)


def _normal(texts: pl.Series) -> pl.Series:
    """Write digits, signs, exponents and marks between groups in one way."""
    texts = texts.str.normalize("NFKC").str.strip_chars()
    for pattern, plain in WRITTEN:
        if pattern != BEHIND or _is_habit_behind(texts):
            texts = texts.str.replace_all(pattern, plain)
    grouped = rf"(\d){_SPACES}(\d)"
    # twice: a match takes the digit with which the next one would begin
    return reduce(lambda s, _: s.str.replace_all(grouped, f"${{1}}{_GROUP}${{2}}"), range(2), texts)


def _is_habit_behind(texts: pl.Series) -> bool:
    """Whether a column writes its minus behind: one such field among others is damage."""
    behind = texts.str.contains(BEHIND).sum() or 0
    return behind > 1 and not texts.str.contains(r"^-\s?[.,]?\d").any()


def _open(mark: str) -> str:
    """Pattern of a number whose one mark may be decimal or not."""
    return f"^[+-]?[1-9]\\d{{0,2}}\\{mark}\\d{{3}}$"


def _grouped(mark: str) -> str:
    """Pattern of digits in groups: of three, or as in India of two before the last three."""
    mark = "\\" + mark if mark in _OTHER else mark
    return f"(?:[1-9]\\d{{0,2}}(?:{mark}\\d{{3}})+|[1-9]\\d?(?:{mark}\\d\\d)+{mark}\\d{{3}})"


def _several(texts: pl.Series, mark: str) -> bool:
    """Whether some number has the mark more than once: a decimal mark stands but once."""
    grouped = texts.filter(texts.str.contains(f"^[+-]?{_grouped(mark)}$"))
    return bool((grouped.str.count_matches(mark, literal=True) > 1).any())
