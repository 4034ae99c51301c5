"""Rows in the order in which they were recorded, each once.

Exports stand newest first, or twice in one file. Record numbers, dates and times tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from softbreak.data.schema import SERIES_COLUMNS
from softbreak.errors import ReadError

RECORD = "_record"
"""The instrument's number of a row, where there is one."""
_TIME, _DATE = "test_time_second", "unix_time_second"
_LEAST_BLOCK = 10
"""So many rows in a row, equal to the last digit, are no coincidence."""
_NEARLY = 0.9
_MOST_EXPORTS = 5
_LEAST_TURNS = 2
_NO_ORDER = 0.25
"""A clock that steps back in a larger share of the rows says that they are in no order."""
_CLOCKS = {RECORD: "their numbers", _DATE: "their dates", _TIME: "their times"}
_SET_SECOND = 2.0 * 3600.0
"""Clocks are set by less, at the end of summer time say."""
_SHARED = 0.05
_DOUBLED = 0.4
"""Of the steps in time of a table whose rows all stand twice, about half are none."""


@dataclass(frozen=True)
class Arranged:
    """Rows to be taken, in this order; all as they are where it is None."""

    rows: np.ndarray | None = None
    said: dict[str, str] = field(default_factory=dict)


def arranged(
    arrays: Mapping[str, np.ndarray], *, restarts: bool = False, path: Path | str = ""
) -> Arranged:
    """Say in which order rows are to be taken, and which stand twice.

    Parameters
    ----------
    arrays : mapping of str to ndarray, shape (n,)
        By our columns, ``_record`` among them where the instrument numbers its rows.
    restarts : bool
        Whether the test time may begin anew with every step: then it says little of the order.
    path : Path or str
        Of the file, for what is raised.

    Returns
    -------
    Arranged

    Raises
    ------
    ReadError
        If the same hours are told twice, and otherwise: by several cells.
    """
    time = arrays[_TIME]
    if len(time) < 3 or _settled(time, arrays.get(_DATE)):
        return Arranged()
    said: dict[str, str] = {}
    rows = np.arange(len(time))
    if _newest_first(arrays):
        rows = rows[::-1]
        said["newest_first"] = "its rows fall in time; they were turned around"
    elif (sorting := _shuffled(arrays, restarts=restarts)) is not None:
        rows, clock = sorting
        said["rows_sorted"] = f"its rows stand in no order; they were sorted by {clock}"
    again = _again({name: array[rows] for name, array in arrays.items()}, restarts=restarts)
    if again.any():
        said["rows_twice"] = (
            f"{int(again.sum()):,} of {len(rows):,} rows repeat rows above them, with the same "
            "times and values; each was used once"
        )
        rows = _merged(arrays, rows[~again])
    dates = arrays.get(_DATE)
    order = None if dates is None else _by_date(dates[rows], time[rows])
    if order is not None:
        said["exports_in_order"] = (
            "exports that stand one below the other were put in order by date"
        )
        rows = rows[order]
    again_from = None if dates is None else _told_again(dates[rows], time[rows])
    if again_from is not None:
        raise ReadError(
            path,
            place=f"row {int(rows[again_from]) + 1:,}",
            found="the same hours as above, told otherwise: several cells in one table",
            expected="the export of one cell",
            remedy="Export each as a file of its own.",
        )
    return Arranged(rows, said) if said else Arranged()


def _told_again(dates: np.ndarray, time: np.ndarray) -> int | None:
    """Return where a table begins to tell hours again that it told otherwise before.

    Both clocks begin anew there, and no clock was set by so much: another cell was measured in the
    same hours.
    """
    falls = np.flatnonzero(np.diff(dates) < 0) + 1
    if not len(falls) or len(falls) > _MOST_EXPORTS or not np.isfinite(dates).all():
        return None
    for begin, end in pairwise([*falls.tolist(), len(dates)]):
        shared = min(dates[:begin].max(), dates[end - 1]) - max(dates[:begin].min(), dates[begin])
        shorter = min(np.ptp(dates[:begin]), dates[end - 1] - dates[begin])
        anew = time[begin] < time[begin - 1]
        if anew and shared > _SET_SECOND and shared > _SHARED * shorter:
            return begin
    return None


def _by_date(dates: np.ndarray, time: np.ndarray) -> np.ndarray | None:
    """Return the order of whole exports by their dates; None where it is theirs, or in doubt.

    Where they overlap (as at the end of summer time) or the test time goes on, a clock was set:
    rows stay.
    """
    falls = np.flatnonzero(np.diff(dates) < 0) + 1
    if not (np.diff(time)[falls - 1] < 0).all():
        return None
    if not len(falls) or len(falls) > _MOST_EXPORTS or not np.isfinite(dates).all():
        return None
    parts = sorted(np.split(np.arange(len(dates)), falls), key=lambda rows: dates[rows[0]])
    apart = all(dates[a[-1]] <= dates[b[0]] for a, b in pairwise(parts))
    return np.concatenate(parts) if apart else None


def _shuffled(arrays: Mapping[str, np.ndarray], *, restarts: bool) -> tuple[np.ndarray, str] | None:
    """Return the order of rows in none, by a clock that falls all the time, and what it is.

    Numbers, dates and times that are there must agree on it.
    """
    clocks = {_CLOCKS[n]: arrays[n] for n in (RECORD, _DATE) if n in arrays}
    if not restarts:
        clocks[_CLOCKS[_TIME]] = arrays[_TIME]
    for name, clock in clocks.items():
        if not np.isfinite(clock).all() or _fallen(clock) <= _NO_ORDER:
            continue
        order = np.argsort(clock, kind="stable")
        if all(_fallen(other[order]) <= 1.0 - _NEARLY for other in clocks.values()):
            return order, name
    return None


def _fallen(clock: np.ndarray) -> float:
    """Return in which share of the rows a clock steps back."""
    return np.count_nonzero(np.diff(clock) < 0) / max(1, len(clock) - 1)


def _settled(time: np.ndarray, date: np.ndarray | None) -> bool:
    """Whether nothing speaks against the order of rows: neither clock steps back or stands."""
    for clock in (time, date):
        if clock is None:
            continue
        before, after = clock[:-1], clock[1:]
        if (after > before).all():
            continue
        if (after < before).any():
            return False
        if clock is time and np.count_nonzero(after == before) > _DOUBLED * len(after):
            return False
    return True


def _newest_first(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether record numbers and dates fall; without them, whether the time does.

    A few steps the other way are where another export or step begins.
    """
    ways = [_way(arrays[name]) for name in (RECORD, _DATE) if name in arrays]
    known = [way for way in ways if way is not None]
    if known:
        return all(way < 0 for way in known) and _way(arrays[_TIME]) != 1
    return _way(arrays[_TIME]) == -1


def _way(clock: np.ndarray) -> int | None:
    """Return 1 where a clock rises, -1 where it falls, 0 if it does both; None if it stands."""
    steps = np.diff(clock[np.isfinite(clock)])
    rises, falls = np.count_nonzero(steps > 0), np.count_nonzero(steps < 0)
    if not rises and not falls:
        return None
    least = _NEARLY * (rises + falls)
    return 1 if rises > least else -1 if falls > least else 0


def _again(arrays: Mapping[str, np.ndarray], *, restarts: bool) -> np.ndarray:
    """Return which rows repeat an earlier one; boolean, shape (n,)."""
    marks = [n for n in (RECORD, _DATE) if n in arrays and np.isfinite(arrays[n]).all()]
    if any((np.diff(arrays[name]) > 0).all() for name in marks):
        return np.zeros(len(arrays[_TIME]), dtype=bool)
    told = [*marks, *SERIES_COLUMNS]  # a second header may lack the others
    frame = pd.DataFrame({name: _rounded(name, arrays[name]) for name in told})
    again = frame.duplicated(keep="first").to_numpy() & np.isfinite(arrays[_TIME])
    numbered = any(_way(arrays[name]) is not None for name in marks)
    if numbered or not again.any():
        return again
    doubled = np.count_nonzero(again[1:] & (np.diff(arrays[_TIME]) == 0)) > _DOUBLED * len(again)
    if doubled:  # many equal rows are a clock that stands still
        few = len(again) <= _MOST_EXPORTS * np.count_nonzero(~again)
        return again if few else np.zeros_like(again)
    return np.zeros_like(again) if restarts else _exported_again(arrays, again)


def _merged(arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Put rows of exports that overlap in one order: each may lack some of the other's."""
    for name in (RECORD, _DATE, _TIME):
        clock = arrays[name][rows] if name in arrays else None
        if clock is None or not np.isfinite(clock).all() or _way(clock) is None:
            continue
        if name == _DATE or len(np.unique(clock)) == len(clock):  # numbers may begin anew
            return rows[np.argsort(clock, kind="stable")]
    return rows


def _rounded(name: str, array: np.ndarray) -> np.ndarray:
    """Return values such that one that was stored in two units is one."""
    if name in (_TIME, _DATE, RECORD):
        return np.round(array.astype(np.float64), 3)
    with np.errstate(over="ignore"):  # what is beyond it is as far for either
        return array.astype(np.float32)


def _exported_again(arrays: Mapping[str, np.ndarray], again: np.ndarray) -> np.ndarray:
    """Keep only what surely stands twice where nothing but the test time tells.

    A clock that restarts with every cycle, under a steady cell and a coarse voltage, gives equal
    rows too: only a few falls of the clock, over several half-cycles each, are exports.
    """
    falls = np.flatnonzero(np.diff(arrays[_TIME]) < 0) + 1
    time, kept = arrays[_TIME], np.zeros_like(again)
    if len(falls) > _MOST_EXPORTS:
        return kept
    begin, before = 0, 0
    for end in [*falls.tolist(), len(again)]:
        part = again[begin:end]
        signs = np.sign(arrays["current_ampere"][begin:end][part])
        turns = np.count_nonzero(np.diff(signs[signs != 0]))
        most = part.sum() >= max(_LEAST_BLOCK, 0.5 * min(len(part), before))
        kept[begin:end] = part & bool(begin and most and turns >= _LEAST_TURNS)
        if begin and not kept[begin:end].any():
            kept[begin : begin + _overlapped(time, begin, end, again)] = True
        begin, before = end, len(part)
    return kept


def _overlapped(time: np.ndarray, begin: int, end: int, again: np.ndarray) -> int:
    """Return how many first rows of an export repeat the last ones of the exports above it.

    No clock that was reset falls back into the middle and meets every row that was there.
    """
    old = time[begin:end] <= time[:begin].max()
    count = int(np.argmin(old)) if not old.all() else len(old)
    within = time[begin] > time[:begin].min() and not old.all()
    whole = within and count >= _LEAST_BLOCK and again[begin : begin + count].all()
    return count if whole and count >= np.count_nonzero(time[:begin] >= time[begin]) else 0
