"""Day first or month first: what one file leaves open, the cell's other files decide.

What a file's own rows prove is decided by :mod:`softbreak.data.readers.values.dates`.

One computer writes all its dates in one order. Where a file of the same instrument proves one, it
holds for the others; else the order by which no weeks pass between the files of the cell; else the
one by which they follow each other as their names count; else, where they follow each other alike
by both and otherwise than their names say, the one by which less time passes. What stays open has
no place in absolute time: such files are ordered by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.record import Record, Source

NaturalKey = list[tuple[int, int | str]]
ByName = Callable[[str], NaturalKey]
DAY_FIRST: Final = "day first"
MONTH_FIRST: Final = "month first"
OPEN: Final = "day first or month first"
"""Both are possible."""
ORDER_KEY: Final = "date_order"
"""In ``Source.stated``: the order, or ``OPEN`` and how the dates were read for the time being."""
SENTENCE_KEY: Final = "dates"
"""In ``Source.stated``: what a person is to know of it."""
_READ_AS: Final = f"{OPEN}, read as "
_DAY: Final = 86_400
_OVERLAP: Final = 120.0
_NEAR: Final = 2.0 * _DAY
_FAR: Final = 20.0 * _DAY


def other_order(order: str) -> str:
    """Return the other one of the two orders."""
    return DAY_FIRST if order == MONTH_FIRST else MONTH_FIRST


def is_open(source: Source) -> bool:
    """Whether a file's dates can be read either way."""
    return str(source.stated.get(ORDER_KEY, "")).startswith(OPEN)


def stated_order(order: str, example: str, habit: str) -> dict[str, str]:
    """Return what ``Source.stated`` is to say of an order of dates; empty where there is no choice.

    Parameters
    ----------
    order : str
        ``DAY_FIRST``, ``MONTH_FIRST``, ``OPEN`` or empty.
    example : str
        A date of an open order.
    habit : str
        How an open order was read for the time being.
    """
    if order != OPEN:
        return {ORDER_KEY: order} if order else {}
    return {
        ORDER_KEY: _READ_AS + habit,
        SENTENCE_KEY: f"ambiguous: {example!r} can be day first or month first, and no row of the "
        f"file decides (read as {habit} for the time being); among other files it goes by its name",
    }


def swapped(seconds: np.ndarray) -> np.ndarray | None:
    """Exchange day and month of instants; None where one of them has no month of that number.

    Parameters
    ----------
    seconds : ndarray, shape (n,)
        Since 1970; NaN stays.
    """
    known = np.isfinite(seconds)
    days = np.floor(seconds[known] / _DAY).astype(np.int64)
    if not len(days):
        return np.array(seconds, dtype=np.float64)
    # a run of rows is of one day: many rows, few runs
    new = np.concatenate(([True], days[1:] != days[:-1]))
    some, inverse = days[new], np.cumsum(new) - 1
    dates = some.astype("datetime64[D]")
    months, years = dates.astype("datetime64[M]"), dates.astype("datetime64[Y]")
    day = (dates - months.astype("datetime64[D]")).astype(np.int64)
    if day.max() > 11:
        return None
    month = (months - years.astype("datetime64[M]")).astype(np.int64)
    other = (years.astype("datetime64[M]") + day).astype("datetime64[D]") + month
    out = np.array(seconds, dtype=np.float64)
    out[known] += ((other - dates).astype(np.int64) * _DAY)[inverse]
    return out


def settled(records: Sequence[Record], by_name: ByName) -> list[Record]:
    """Decide open orders of dates by all files of a cell.

    Parameters
    ----------
    records : sequence of Record
    by_name : callable
        Sort key of a file's path: numbers (0, n) and words (1, text).

    Returns
    -------
    list of Record
        In the same order; the very same records where nothing is open, or stays open.
    """
    out = list(records)
    for rule in (_proved, _near, _following, _alike):
        for maker in sorted({_maker(r.source) for r in out if is_open(r.source)}):
            found = rule(out, maker, by_name)
            if found:
                out = [
                    _read_as(r, *found) if _maker(r.source) == maker and is_open(r.source) else r
                    for r in out
                ]
    return out


def _maker(source: Source) -> str:
    """Whose software wrote a file: one computer writes the dates of all its exports alike."""
    return next(iter(source.instrument.split()), source.reader)


def _proved(records: Sequence[Record], maker: str, _: ByName) -> tuple[str, str] | None:
    """Return the one order that some files prove, and by which of them."""
    proofs = {
        str(record.source.stated[ORDER_KEY]): record.source.path
        for record in records
        if record.source.stated.get(ORDER_KEY) in (DAY_FIRST, MONTH_FIRST)
        and _maker(record.source) == maker
    }
    if len(proofs) != 1:
        return None
    ((order, path),) = proofs.items()
    return order, f"as {_file(path)} of the same instrument proves"


class _Readings(NamedTuple):
    """When files began and ended, by both orders of the open ones, shape (n,), in seconds."""

    habit: str
    paths: list[str]
    begins: np.ndarray
    turned: np.ndarray
    length: np.ndarray


def _readings(records: Sequence[Record], maker: str) -> _Readings | None:
    """Return the spans of a maker's open files and of all whose dates are certain."""
    mine = [r for r in records if is_open(r.source) and _maker(r.source) == maker]
    habits = {_habit_of(record.source) for record in mine}
    files: dict[str, list[float]] = {}
    for record in records:
        span = _span(record) if record in mine or not is_open(record.source) else None
        if span is not None:
            files.setdefault(record.source.path, []).extend(span)
    if len(habits) != 1 or len(files) < 2:
        return None
    paths = list(files)
    begins = np.array([min(files[path]) for path in paths])
    moving = np.isin(paths, [record.source.path for record in mine])
    other = swapped(begins[moving])
    if other is None:
        return None
    turned = begins.copy()
    turned[moving] = other
    length = np.array([max(files[path]) for path in paths]) - begins
    return _Readings(habits.pop(), paths, begins, turned, length)


def _near(records: Sequence[Record], maker: str, _: ByName) -> tuple[str, str] | None:
    """Return the one order by which no weeks pass between the files of a cell."""
    found = _readings(records, maker)
    if found is None:
        return None
    longest = _longest_pauses(found)
    near, far = sorted(longest, key=longest.__getitem__)
    if longest[near] < _NEAR and longest[far] > _FAR:
        return near, "as only so no weeks pass between the files of the cell"
    return None


def _longest_pauses(found: _Readings) -> dict[str, float]:
    return {
        found.habit: _longest_pause(found.begins, found.length),
        other_order(found.habit): _longest_pause(found.turned, found.length),
    }


def _longest_pause(begins: np.ndarray, length: np.ndarray) -> float:
    """Return the longest time in which none of the files was measured (s)."""
    order = np.argsort(begins, kind="stable")
    ends = np.maximum.accumulate((begins + length)[order])
    return float((begins[order][1:] - ends[:-1]).max())


def _following(records: Sequence[Record], maker: str, by_name: ByName) -> tuple[str, str] | None:
    """Return the one order by which all files follow each other as their names count."""
    found = _readings(records, maker)
    if found is None:
        return None
    order = sorted(range(len(found.paths)), key=lambda k: by_name(found.paths[k]))
    names = [by_name(found.paths[k]) for k in order]
    if not all(_counts_on(one, other) for one, other in pairwise(names)):
        return None
    length = found.length[order]
    as_read = _follow(found.begins[order], length)
    if as_read == _follow(found.turned[order], length):
        return None
    why = "as only so the files follow each other in the order of their names"
    return (found.habit if as_read else other_order(found.habit)), why


def _alike(records: Sequence[Record], maker: str, by_name: ByName) -> tuple[str, str] | None:
    """Return the nearer order, where all files follow each other alike by both.

    Nothing is decided where their names say the same sequence: eis_after, eis_before do not.
    """
    found = _readings(records, maker)
    if found is None or len(found.paths) < len({record.source.path for record in records}):
        return None
    order = np.argsort(found.begins, kind="stable")
    length = found.length[order]
    if not (_follow(found.begins[order], length) and _follow(found.turned[order], length)):
        return None
    if [found.paths[k] for k in order] == sorted(found.paths, key=by_name):
        return None
    longest = _longest_pauses(found)
    near = min(longest, key=longest.__getitem__)
    return near, "by which less time passes; the files follow each other alike by the other one"


def _follow(begins: np.ndarray, length: np.ndarray) -> bool:
    """Whether each file begins when the one before it has ended."""
    return bool((begins[1:] >= (begins + length)[:-1] - _OVERLAP).all())


def _counts_on(name: NaturalKey, following: NaturalKey) -> bool:
    """Whether two names differ first in a number: words have an order, but count nothing."""
    for one, other in zip(name, following, strict=False):
        if one != other:
            return one[0] == other[0] == 0
    return False


def _habit_of(source: Source) -> str:
    """How open dates were read for the time being; empty where none are open."""
    said = str(source.stated.get(ORDER_KEY, ""))
    return said.removeprefix(_READ_AS) if said.startswith(OPEN) else ""


def _span(record: Record) -> tuple[float, float] | None:
    """When a record began and ended by its own wall clock."""
    if "unix_time_second" in record.table.columns:
        times = record.array("unix_time_second")
        times = times[np.isfinite(times)]
        return (float(times[0]), float(times[-1])) if len(times) else None
    began = record.source.started_unix_second
    if began is None:
        return None
    has_time = "test_time_second" in record.table.columns and record.rows
    time = record.array("test_time_second") if has_time else np.zeros(1)
    return began + float(np.nanmin(time)), began + float(np.nanmax(time))


def _read_as(record: Record, order: str, why: str) -> Record:
    """Return a record with its dates read by an order."""
    source, table = record.source, record.table
    stated = {**source.stated, ORDER_KEY: order, SENTENCE_KEY: f"read as {order}, {why}"}
    if order == _habit_of(source):
        return replace(record, source=replace(source, stated=stated))
    began = source.started_unix_second
    if "unix_time_second" in table.columns:
        before = record.array("unix_time_second")
        after = swapped(before)
        if after is None:
            return record
        table = table.assign(unix_time_second=after)
        moved = (after - before)[np.isfinite(before)]
        # the start is the first of them less its test time
        began = None if began is None or not len(moved) else began + float(moved[0])
    elif began is not None:
        start = swapped(np.array([began]))
        began = None if start is None else float(start[0])
    source = replace(source, stated=stated, started_unix_second=began)
    return replace(record, table=table, source=source)


def _file(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]
