"""``labels.csv``: what people know of cycles, taken strictly, and written back."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from softbreak.archive.inputs.manifest_table import Line, table_of
from softbreak.archive.tables import printable, write_text
from softbreak.data.expert_labels import (
    COLUMNS,
    CYCLES,
    SOURCES,
    STATES,
    iso,
    moment,
    no_labels,
    on_cycles,
)
from softbreak.data.readers.base import decode
from softbreak.errors import LabelError, SoftbreakError

MOST_BYTES: Final = 64 * 2**20
NEEDED: Final = ("cell_id", "state")
_RANGES: Final = (
    ("first_cycle", "last_cycle"),
    ("start_time_second", "end_time_second"),
    ("start_time", "end_time"),
)
_CHOICES: Final = {"state": STATES, "source": SOURCES}
_USUAL: Final[Mapping[str, Any]] = {"source": "other", "confidence": 1.0}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula."""


def labels(source: str | os.PathLike[str] | pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Return the y that belongs to an X: what people say of each cycle.

    Parameters
    ----------
    source : path-like or DataFrame
        ``labels.csv``, or what :func:`read_labels` made of it.
    table : DataFrame
        From :func:`softbreak.cycle_table`.

    Returns
    -------
    Series of str
        "healthy", "soft" or "hard" beside each row; missing where nobody said so, or reviewers
        are at odds. X knows the times of a cell's life, not of the calendar: those of a label, or
        its cycles, count here.

    Raises
    ------
    SoftbreakError
        If a label has a time of the calendar only, or the table is no X.

    Examples
    --------
    >>> y = softbreak.labels("labels.csv", X)  # doctest: +SKIP
    """
    known = source if isinstance(source, pd.DataFrame) else read_labels(source)
    if tuple(table.index.names) != CYCLES:
        raise SoftbreakError(
            "labels are put on the rows of softbreak.cycle_table(cells), whose index says cell, "
            f"cycle and times; this table's index has {list(table.index.names)}"
        )
    lost = known[["first_cycle", "start_time_second"]].isna().all(axis=1)
    if lost.any():
        raise SoftbreakError(
            f"the label of {known['cell_id'][lost.argmax()]} has start_time and end_time only, and "
            "a table of features knows times of the cell's life; give it first_cycle and "
            "last_cycle, or start_time_second and end_time_second, too"
        )
    cycles = table.index.to_frame(index=False)
    return pd.Series(on_cycles(known, cycles)["state"].to_numpy(), index=table.index, name="state")


def read_labels(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read labels; what does not fit is refused where it stands.

    Parameters
    ----------
    path : path-like
        A table in UTF-8. Its columns: ``cell_id``; ``first_cycle`` and ``last_cycle`` (from 0,
        ends included) or ``start_time_second`` and ``end_time_second`` (of the cell's life);
        or ``start_time`` and ``end_time`` (ISO 8601); ``state``; and, where known, the others of
        ``COLUMNS``.

    Returns
    -------
    DataFrame
        ``COLUMNS``.

    Raises
    ------
    LabelError
        With file, row, column, what was found and what is expected.
    ManifestError
        If it is no table at all.
    """
    path = Path(path)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise LabelError(
            path,
            found=f"{size:,} bytes",
            expected=f"at most {MOST_BYTES:,}",
            remedy="Is it a data file by that name? A label is one short row.",
        )
    names, lines = table_of(path, decode(path.read_bytes()))
    _checked_names(path, names)
    rows = [_row(_Place(path, line), dict(zip(names, line.values, strict=True))) for line in lines]
    found = pd.DataFrame(rows, columns=list(COLUMNS)) if rows else no_labels()
    found = found.astype(no_labels().dtypes.to_dict())
    _agree_with_themselves(path, found, lines)
    return found


class _Place(NamedTuple):
    """A row of a file."""

    path: Path
    line: Line

    def wrong(self, column: str, found: str, expected: str, remedy: str) -> LabelError:
        place = f"{self.line.place}, column {column}"
        return LabelError(self.path, place=place, found=found, expected=expected, remedy=remedy)


def _checked_names(path: Path, names: list[str]) -> None:
    absent = [name for name in NEEDED if name not in names]
    ranges = any(set(pair) <= set(names) for pair in _RANGES)
    twice = sorted({name for name in names if names.count(name) > 1})
    unknown = [name for name in names if name and name not in COLUMNS]
    if absent or not ranges or twice:
        found = (
            f"two columns {twice[0]}" if twice else f"the columns {', '.join(names) or '(none)'}"
        )
        raise LabelError(
            path,
            place="row 1",
            found=found,
            expected="once each cell_id, state, and first_cycle with last_cycle, "
            "start_time_second with end_time_second, or start_time with end_time",
            remedy="Write these names in the first row.",
        )
    if unknown:
        close = get_close_matches(unknown[0], COLUMNS, n=1)
        raise LabelError(
            path,
            place=f"row 1, column {unknown[0]}",
            found=repr(unknown[0]),
            expected=f"one of {', '.join(COLUMNS)}",
            remedy=f"Did you mean {close[0]}?" if close else "Rename it, or leave it out.",
        )


def _row(place: _Place, told: Mapping[str, str]) -> dict[str, Any]:
    given = {name: value.strip() for name, value in told.items() if name}
    row: dict[str, Any] = {name: given.get(name, "") for name in COLUMNS}
    if not row["cell_id"]:
        raise place.wrong("cell_id", "nothing", "a cell's name", "Name the cell.")
    for name, choices in _CHOICES.items():
        row[name] = _chosen(place, name, row[name], choices)
    row |= _range(place, row)
    row["confidence"] = _number(place, "confidence", row["confidence"] or "1", 0.0, 1.0)
    if row["reviewed_at"]:
        row["reviewed_at"] = _moment(place, row["reviewed_at"])
    return row


def _chosen(place: _Place, name: str, value: str, choices: tuple[str, ...]) -> str:
    word = value.casefold().replace(" ", "_").replace("-", "_") or str(_USUAL.get(name, ""))
    if word not in choices:
        close = get_close_matches(word, choices, n=1)
        remedy = f"Did you mean {close[0]}?" if close else "Write one of these words."
        shown = repr(value) if value else "nothing"
        raise place.wrong(name, shown, f"one of {', '.join(choices)}", remedy)
    return word


def _range(place: _Place, row: Mapping[str, str]) -> dict[str, float | str]:
    found: dict[str, float] = {}
    for pair in _RANGES:
        given = [row[name] for name in pair]
        if any(given) and not all(given):
            name = pair[0] if not given[0] else pair[1]
            raise place.wrong(
                name, "nothing", f"a number, as {pair[0]} and {pair[1]} go together",
                "Write both ends, or neither.",
            )  # fmt: skip
        for name, value in zip(pair, given, strict=True):
            found[name] = _end(place, name, value)
            if value and pair is _RANGES[0] and not found[name].is_integer():
                raise place.wrong(name, repr(value), "a whole number", "Cycles count 0, 1, 2, …")
        if found[pair[1]] < found[pair[0]]:
            raise place.wrong(
                pair[1], row[pair[1]], f"at least {pair[0]}, which is {row[pair[0]]}",
                "Exchange the two.",
            )  # fmt: skip
    if not any(math.isfinite(value) for value in found.values()):
        raise place.wrong(
            "first_cycle", "nothing", "a range of cycles or of times",
            "Say which cycles the label speaks of.",
        )  # fmt: skip
    return {**found, **{name: iso(found[name]) for name in _RANGES[2]}}


def _end(place: _Place, name: str, value: str) -> float:
    """An end of a range as a number; NaN where nothing is written."""
    if not value:
        return math.nan
    if name in _RANGES[2]:
        return moment(_moment(place, value, name))
    return _number(place, name, value, 0.0, math.inf)


def _number(place: _Place, name: str, value: str, low: float, high: float) -> float:
    expected = (
        f"a number from {low:g} to {high:g}" if math.isfinite(high) else "a number, 0 or more"
    )
    try:
        number = float(value)
    except ValueError:
        comma = "," in value and "." not in value
        remedy = "Write a decimal point." if comma else "Write digits only."
        raise place.wrong(name, repr(value), expected, remedy) from None
    if not (low <= number <= high and math.isfinite(number)):
        raise place.wrong(name, repr(value), expected, "Mend the number.")
    return number


def _moment(place: _Place, value: str, name: str = "reviewed_at") -> str:
    try:
        return datetime.fromisoformat(value).isoformat()
    except ValueError:
        raise place.wrong(
            name, repr(value), "a moment such as 2026-03-01T12:30:00+00:00",
            "Write it so, or leave it empty.",
        ) from None  # fmt: skip


def _agree_with_themselves(path: Path, found: pd.DataFrame, lines: list[Line]) -> None:
    """Refuse two rows without a moment that say different things of the same cycles."""
    timeless = found[(found["reviewed_at"] == "") & found["first_cycle"].notna()]
    ordered = timeless.sort_values(["cell_id", "reviewer", "first_cycle"], kind="stable")
    for _, part in ordered.groupby(["cell_id", "reviewer"], sort=False):
        before = None
        for number, row in part.iterrows():
            if (
                before is not None
                and row["first_cycle"] <= part.at[before, "last_cycle"]
                and row["state"] != part.at[before, "state"]
            ):
                one, two = lines[int(str(before))].place, lines[int(str(number))].place
                raise LabelError(
                    path,
                    place=f"{two}, column state",
                    found=f"{row['state']!r} for cycles that {one} calls "
                    f"{part.at[before, 'state']!r}",
                    expected="one state for a cycle, from one reviewer",
                    remedy="Mend the ranges; or write reviewed_at, so that the later row counts.",
                )
            if before is None or row["last_cycle"] > part.at[before, "last_cycle"]:
                before = number


def labels_text(known: pd.DataFrame) -> str:
    """Return labels as the text of a ``labels.csv``.

    Parameters
    ----------
    known : DataFrame
        ``COLUMNS``.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in known[list(COLUMNS)].itertuples(index=False):
        writer.writerow([_written(value) for value in row])
    return text.getvalue()


def write_labels(known: pd.DataFrame, path: Path) -> None:
    """Write labels into a file that is there whole or not at all."""
    write_text(labels_text(known), path)


def _written(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    text = printable(str(value))
    # a space keeps a spreadsheet from calculating what a reviewer wrote; reading takes it away
    return f" {text}" if text.startswith(_FORMULA) else text


__all__ = ["labels", "labels_text", "read_labels", "write_labels"]
