"""Wall clocks as text: what their rows prove of the order of day and month, and what stays open.

A date such as 02/03/2024 can be either way. All rows of a column are read by every order that its
form allows; an order falls out if a row is no date by it, or if the wall clock does not advance
as the test time does. What is left open is read by the vendor's habit and marked: the other files
of the cell may decide it (:mod:`softbreak.data.date_orders`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from softbreak.data.date_orders import DAY_FIRST, MONTH_FIRST, OPEN, other_order, swapped
from softbreak.data.readers.values.date_words import plainly
from softbreak.data.readers.values.numbers import Unread, read_numbers, unread_of

if TYPE_CHECKING:
    import polars as pl

_YEAR_FIRST: Final = "year first"
_FORM: Final = re.compile(
    r"^(?P<a>\d{1,4}|[A-Za-z]{3,9})\.?(?P<s>[/.\-_ ]) ?(?P<b>\d{1,2}|[A-Za-z]{3,9})\.?"
    r"(?:(?P=s)|, ?) ?(?P<c>\d{4}|\d{2})(?P<gap>,? +|T|,|$)(?P<time>.*)$"
)
_CLOCK: Final = re.compile(
    r"^\d{1,2}:\d{2}(?P<s>:\d{2})?(?P<f>[.,]\d+)?(?P<p> ?[AaPp][Mm])?"
    r"(?P<z> ?(?:Z|[+-]\d\d:?\d\d))?$"
)
_COMPACT: Final = re.compile(r"(?:19|20)\d{12}(?:[.,]\d+)?")
"""``20240228090000``: no count of anything brings it into our years."""
_ORDERS: Final = {
    DAY_FIRST: "%d{s}%m{s}{y}",
    MONTH_FIRST: "%m{s}%d{s}{y}",
    _YEAR_FIRST: "{y}{s}%m{s}%d",
}
_COMMA: Final = "\0"
"""Behind a format: a comma is the decimal mark of its seconds."""
_PLAUSIBLE: Final = (np.datetime64("1985-01-01"), np.datetime64("2100-01-01"))
_PAUSE: Final = 7200.0
"""A wall clock may be set to summer time and back, and a computer's clock be put right."""
_UNIX: Final = (4.73e8, 2.5e9)
"""1985 to 2049, in seconds since 1970; later ones are seconds since 1904."""
_COUNTS: Final = (
    (1.0, 0.0),
    (1e-3, 0.0),
    (1e-6, 0.0),
    (1e-7, 0.0),
    (1e-7, -62_135_596_800.0),
    (1e-9, 0.0),
    (86_400.0, -25_569 * 86_400.0),
    (1e-7, -11_644_473_600.0),
    (1.0, -2_082_844_800.0),
    (86_400.0, -719_529 * 86_400.0),
    (86_400.0, -2_440_587.5 * 86_400.0),
)
"""Seconds a count, and the zero of counts in Unix seconds; the names are those below."""

_COUNT_FROM: Final = 20_000.0
"""Smaller numbers are no date by any count; as seconds since 1970 they at least tell an order."""
_COUNT_NAMES: Final = (
    "milliseconds since 1970",
    "microseconds since 1970",
    "ticks of 100 ns since 1970",
    "ticks of 100 ns since the year 1",
    "nanoseconds since 1970",
    "days of a spreadsheet",
    "ticks of 100 ns since 1601",
    "seconds since 1904",
    "days since the year 0",
    "Julian days",
)


@dataclass(frozen=True, slots=True)
class Instants:
    """A wall clock.

    Attributes
    ----------
    seconds : ndarray of float64, shape (n,)
        Since 1970, local times taken as UTC; NaN where there is none.
    order : str
        ``DAY_FIRST`` or ``MONTH_FIRST`` where rows prove it, ``OPEN`` where both are possible,
        empty where the form leaves no choice.
    unread : Unread or None
    example : str
        A date of an order that is open.
    habit : str
        How it was read for the time being.
    counted : str
        What the unit of plain numbers turned out to be, where it is not seconds.
    """

    seconds: np.ndarray
    order: str = ""
    unread: Unread | None = None
    example: str = ""
    habit: str = ""
    counted: str = ""


def read_instants(
    column: pl.Series, formats: Sequence[str] = (), time: np.ndarray | None = None
) -> Instants:
    """Read a column of absolute times.

    Parameters
    ----------
    column : polars.Series
        Text, or numbers that count from some year on.
    formats : sequence of str
        The vendor's habits (``strptime`` codes): they decide what is open, and read what has no
        usual form.
    time : ndarray, shape (n,), optional
        Test time (s), to tell orders by.
    """
    import polars as pl

    if column.dtype.is_temporal():
        seconds = column.cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Float64)
        return Instants(seconds.fill_null(float("nan")).to_numpy() * 1e-6)
    if column.dtype != pl.String:
        return counted_instants(read_numbers(column)[0], column)
    first = _first(column)
    texts = column.str.strip_chars() if first != first.strip() else column
    first = first.strip()
    if _COMPACT.fullmatch(first):
        texts = plainly(texts)
        first = _first(texts)
    if re.fullmatch(r"[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?", first) and first.count(".") < 2:
        return counted_instants(read_numbers(column)[0], column)
    read = _readings(texts, first, _habit(formats))
    if not read:
        texts = plainly(texts)
        read = _readings(texts, _first(texts), _habit(formats))
    if not read:
        return _by_formats(column.str.strip_chars(), formats)
    return _decided(texts, read, time)


def instant(text: str, *, habit: str = MONTH_FIRST) -> Instants:
    """Read one date of a header, as :func:`read_instants` reads a column of one row."""
    import polars as pl

    if not text.strip():
        return Instants(np.array([np.nan]))
    forms = ("%m/%d",) if habit == MONTH_FIRST else ("%d/%m",)
    return read_instants(pl.Series([text], dtype=pl.String), forms)


def _first(texts: pl.Series) -> str:
    """Return the first text that says anything."""
    few = texts.head(200).to_list()
    return next((text for text in few if text), "") or next(iter(texts.drop_nulls().head(1)), "")


def _habit(formats: Sequence[str]) -> str:
    """Which of two possible orders a vendor writes, by the first format that has one of them."""
    for form in formats:
        if "%m" in form and "%d" in form and not form.startswith("%Y"):
            return MONTH_FIRST if form.index("%m") < form.index("%d") else DAY_FIRST
    return MONTH_FIRST


def _readings(texts: pl.Series, first: str, habit: str) -> dict[str, tuple[np.ndarray, int]]:
    """Read all rows by every order that may be; seconds and what is unread, the likeliest first."""
    found: dict[str, tuple[np.ndarray, int]] = {}
    for order in _orders(first, habit):
        whole = next((seconds for seconds, lost in found.values() if not lost), None)
        if whole is not None and {order, *found} == {DAY_FIRST, MONTH_FIRST}:
            other = swapped(whole)
            if other is not None:
                found[order] = other, 0
            continue
        parsed = _parsed(texts, first, order)
        if parsed is not None:
            found[order] = parsed
    form = _FORM.match(first)
    if form is not None and len(form["a"]) == len(form["c"]) == 2:
        parsed = _parsed(texts, first, _YEAR_FIRST)
        found |= {} if parsed is None else {_YEAR_FIRST: parsed}
    fewest = min((lost for _, lost in found.values()), default=0)
    return {order: one for order, one in found.items() if one[1] == fewest}


def _orders(text: str, habit: str) -> tuple[str, ...]:
    """Orders that a date's form leaves open, by habit; one where convention leaves no choice."""
    form = _FORM.match(text)
    if form is None:
        return ()
    if len(form["a"]) == 4 and form["a"].isdigit():
        return (_YEAR_FIRST,)
    if form["a"].isalpha():
        return (MONTH_FIRST,)
    if form["b"].isalpha() or len(form["a"]) > 2:
        return (DAY_FIRST,)
    if form["s"] == ".":
        return (DAY_FIRST,)
    return habit, other_order(habit)


def _parsed(texts: pl.Series, first: str, order: str) -> tuple[np.ndarray, int] | None:
    """Read all rows by one order, whatever forms their clocks have; None where none is a date."""
    import polars as pl

    moments: pl.Series | None = None
    sample: str | None = first
    for _ in range(4):  # a midnight without its clock, seconds that are left out
        form = _strptime(sample, order) if sample else None
        if form is None:
            break
        some = _times(texts, form)
        moments = some if moments is None else moments.fill_null(some)
        left = texts.filter(moments.is_null() & texts.is_not_null() & (texts != ""))
        sample = left[0] if len(left) else None
    if moments is None or moments.null_count() == len(moments):
        return None
    seconds = moments.cast(pl.Int64).cast(pl.Float64).fill_null(float("nan")).to_numpy() * 1e-6
    unread = unread_of(texts, moments.is_null())
    return seconds, unread.count if unread else 0


def _times(texts: pl.Series, form: str) -> pl.Series:
    """Read by one format; a row that is none of it is null."""
    import polars as pl

    if form.endswith(_COMMA):
        texts = texts.str.replace(r",(\d+)", ".${1}")
        form = form.removesuffix(_COMMA)
    moments = texts.str.to_datetime(form, time_unit="us", strict=False)
    return moments.dt.replace_time_zone(None) if "%#z" in form else moments.cast(pl.Datetime("us"))


def _strptime(text: str, order: str) -> str | None:
    """Return the format of a text by an order; None where it is no date."""
    form = _FORM.match(text)
    if form is None:
        return None
    short = len(form["a"] if order == _YEAR_FIRST else form["c"]) == 2
    year = "%y" if short else "%Y"
    if (form["a"] + form["b"]).isdigit():
        day = _ORDERS[order].format(s=form["s"], y=year)
    else:  # the words between day, month and year stay as they are
        names = ("%B", "%d") if form["a"].isalpha() else ("%d", "%B")
        between = text[form.end("a") : form.start("b")], text[form.end("b") : form.start("c")]
        day = names[0] + between[0] + names[1] + between[1] + year
    if not form["time"]:
        return day
    clock = _CLOCK.match(form["time"])
    if clock is None:
        return None
    hour = "%I" if clock["p"] else "%H"
    parts = [f"{hour}:%M"]
    if clock["s"]:
        parts.append(":%S%.f" if clock["f"] else ":%S")
    parts.append((" " if (clock["p"] or "").startswith(" ") else "") + "%p" if clock["p"] else "")
    parts.append((" " if (clock["z"] or "").startswith(" ") else "") + "%#z" if clock["z"] else "")
    comma = _COMMA if (clock["f"] or "").startswith(",") else ""
    return day + form["gap"] + "".join(parts) + comma


def _decided(
    texts: pl.Series, read: dict[str, tuple[np.ndarray, int]], time: np.ndarray | None
) -> Instants:
    """Drop the orders that the rows refute."""
    orders = {order: seconds for order, (seconds, _) in read.items()}
    likely = orders
    if len(likely) > 1:
        likely = {o: s for o, s in orders.items() if _is_plausible(s)} or orders
    if len(likely) > 1:
        likely = _advancing(likely, time)
        first, *others = likely.values()
        if others and all(np.array_equal(first, other, equal_nan=True) for other in others):
            return Instants(first, unread=_unread(texts, first))
    order, seconds = next(iter(likely.items()))
    unread = _unread(texts, seconds) if read[order][1] else None
    if len(likely) > 1:
        return Instants(seconds, OPEN, unread, _first(texts), order)
    free = len(_orders(_first(texts), order)) > 1
    return Instants(seconds, order if free and order != _YEAR_FIRST else "", unread)


def _unread(texts: pl.Series, seconds: np.ndarray) -> Unread | None:
    import polars as pl

    return unread_of(texts, pl.Series(np.isnan(seconds)))


def _is_plausible(seconds: np.ndarray) -> bool:
    """Whether a wall clock lies in the years in which cyclers have written files."""
    known = seconds[np.isfinite(seconds)]
    early, late = (float(one.astype("datetime64[s]").astype(np.int64)) for one in _PLAUSIBLE)
    return len(known) > 0 and float(known.min()) >= early and float(known.max()) <= late


def _advancing(orders: dict[str, np.ndarray], time: np.ndarray | None) -> dict[str, np.ndarray]:
    """Keep the orders by which the wall clock runs as the test time does, or at least forward."""
    forward = {order: seconds for order, seconds in orders.items() if _runs_forward(seconds)}
    left = forward or orders
    if time is None or len(left) < 2:
        return _without_year_first(left)
    alike = {order: seconds for order, seconds in left.items() if _keeps_pace(seconds, time)}
    return _without_year_first(alike or left)


def _without_year_first(orders: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Drop the year of two digits in front where another order does as well: few write it so."""
    return {order: s for order, s in orders.items() if order != _YEAR_FIRST} or orders


def _runs_forward(seconds: np.ndarray) -> bool:
    known = seconds[np.isfinite(seconds)]
    return bool((np.diff(known) > -_PAUSE).all())


def _keeps_pace(seconds: np.ndarray, time: np.ndarray) -> bool:
    """Whether no day passes on the wall that does not pass in the test."""
    known = np.isfinite(seconds) & np.isfinite(time)
    wall, test = np.diff(seconds[known]), np.diff(time[known])
    jumps = wall > 86_400.0 / 2
    if not jumps.any():
        return True
    pace = wall[~jumps & (test > 0) & (wall > 0)] / test[~jumps & (test > 0) & (wall > 0)]
    unit = float(np.median(pace)) if len(pace) else 1.0  # the test time may be in minutes
    unit = 1.0 if 0.5 < unit < 2.0 else unit
    return bool((wall[jumps] < 1.5 * unit * test[jumps] + _PAUSE).all())


def counted_instants(values: np.ndarray, column: pl.Series | None = None) -> Instants:
    """Read plain numbers: seconds since 1970, or what else brings them into our time.

    Parameters
    ----------
    values : ndarray, shape (n,)
    column : polars.Series, optional
        The same as they stand in the file, with all digits.
    """
    known = values[:: max(1, len(values) // 1000)]
    known = known[np.isfinite(known)]
    if not len(known) or _is_unix(known) or float(np.abs(known).max()) < _COUNT_FROM:
        return Instants(values)
    for (unit, zero), name in zip(_COUNTS[1:], _COUNT_NAMES, strict=True):
        if _is_unix(known * unit + zero):
            return Instants(_exactly(column, values, unit, zero), counted=name)
    there = np.flatnonzero(np.isfinite(values))
    bad = Unread(len(there), int(there[0]), f"{values[there[0]]:.17g}")
    return Instants(np.full(len(values), np.nan), unread=bad)


def _is_unix(seconds: np.ndarray) -> bool:
    return bool(_UNIX[0] <= float(np.median(seconds)) <= _UNIX[1])


def _exactly(column: pl.Series | None, values: np.ndarray, unit: float, zero: float) -> np.ndarray:
    """Turn counts into seconds; whole numbers beyond 2^53 are split before they lose digits."""
    import polars as pl

    if column is None or unit > 1e-6:
        return values * unit + zero
    whole = column.cast(pl.Int64, strict=False)
    if whole.null_count() != column.null_count():
        return values * unit + zero
    per_second = round(1 / unit)
    seconds = (whole // per_second).cast(pl.Float64) + (whole % per_second).cast(pl.Float64) * unit
    return seconds.fill_null(float("nan")).to_numpy() + zero


def _by_formats(texts: pl.Series, formats: Sequence[str]) -> Instants:
    """Read by the first of a vendor's formats that fits; what has no form at all is unread."""
    import polars as pl

    sample = texts.drop_nulls().head(1)
    for form in formats:
        if sample.str.to_datetime(form, time_unit="us", strict=False).null_count() == 0:
            break
    else:
        nothing = np.full(len(texts), np.nan)
        return Instants(
            nothing, unread=unread_of(texts, pl.Series([True]).new_from_index(0, len(texts)))
        )
    parsed = texts.str.to_datetime(form, time_unit="us", strict=False)
    seconds = parsed.cast(pl.Int64).cast(pl.Float64).fill_null(float("nan")).to_numpy() * 1e-6
    return Instants(seconds, unread=unread_of(texts, parsed.is_null()))
