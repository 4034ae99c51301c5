"""Runs: a cell's cycling that goes on from one file into the next without a gap.

The same samples say the same in one file and in seven: where a file follows another without a
gap, half-cycles, changes and cycles are looked for across the boundary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pandas as pd

from softbreak.data.clock import ends_of
from softbreak.data.names import goes_on
from softbreak.data.record import Cell, Record, Technique
from softbreak.data.schema import SERIES_COLUMNS

GAP_INTERVALS: Final = 3.0
"""A file follows without a gap if no more of the usual intervals, and a second, lie between."""
OVERLAP_SECOND: Final = 1.0
"""Starts are told to the second."""
_TIME: Final = "test_time_second"
_FOLLOWED: Final = (
    *SERIES_COLUMNS,
    "control_current_ampere",
    "control_voltage_volt",
    "ambient_temperature_celsius",
)
"""Columns of which a missing value says nothing; others are kept where every file has them."""


class Head(NamedTuple):
    """How a record begins.

    Attributes
    ----------
    path : str
    position : int
        Of the record in its file.
    technique : Technique
    instrument, method : str
    cell : Cell
        As its file states it.
    started : float or None
        See :class:`softbreak.data.history.Span`.
    first : float
        First time on its own clock (s).
    """

    path: str
    position: int
    technique: Technique
    instrument: str
    method: str
    cell: Cell
    started: float | None
    first: float


@dataclass(slots=True)
class Run:
    """Records that follow one another, as far as they are known.

    Attributes
    ----------
    head : Head
        Of the first one.
    place : (str, int)
        Path and position of the last one.
    offset : float
        From the clock of the last one to that of the first (s).
    last : float
        Last time, on the clock of the first (s).
    rows : int
    steady : bool
        The clock was never reset.
    """

    head: Head
    place: tuple[str, int]
    offset: float
    last: float
    rows: int
    steady: bool

    def offset_of(self, head: Head, *, adjacent: bool) -> float | None:
        """Return the offset of a record that follows without a gap; None where it does not.

        Parameters
        ----------
        head : Head
        adjacent : bool
            No other record of any technique lies between.
        """
        if not self._is_alike(head) or not self.steady or not self.rows:
            return None
        if head.path == self.place[0]:
            # a record whose technique shows only now; other records of a file are apart
            return self.offset if head.position == self.place[1] else None
        usual = (self.last - self.head.first) / max(self.rows - 1, 1)
        reach = GAP_INTERVALS * usual + OVERLAP_SECOND
        if self.head.started is not None and head.started is not None:
            offset = head.started - self.head.started
            near = -OVERLAP_SECOND <= head.first + offset - self.last <= reach
            return self._not_before(head.first, offset) if near else None
        if 0.0 <= head.first + self.offset - self.last <= reach:
            return self.offset
        if adjacent and abs(head.first) <= reach and goes_on(self.place[0], head.path):
            return self._not_before(head.first, self.last - head.first)
        return None

    def _not_before(self, first: float, offset: float) -> float:
        """Return an offset, or the least under which no time steps back."""
        offset = max(offset, self.last - first)
        while first + offset < self.last:
            offset = math.nextafter(offset, math.inf)
        return offset

    def _is_alike(self, head: Head) -> bool:
        first = self.head
        return (
            first.technique is Technique.CYCLING
            and head.technique in (Technique.CYCLING, Technique.REST)
            and (first.instrument, first.method) == (head.instrument, head.method)
            and _facts(first.cell) == _facts(head.cell)
        )


def _facts(cell: Cell) -> tuple[object, ...]:
    return tuple(getattr(cell, name) for name in Cell.__slots__ if name not in ("cell_id", "notes"))


def head_of(record: Record, started: float | None) -> Head:
    """Say how a record begins.

    Parameters
    ----------
    record : Record
    started : float or None
        See :func:`softbreak.data.history.started`.
    """
    source = record.source
    first = 0.0
    if record.rows and record.has(_TIME):
        ends = ends_of(record.array(_TIME))
        first = ends[0] if ends else 0.0
    return Head(
        source.path,
        source.position,
        record.technique,
        source.instrument,
        source.method,
        record.cell,
        started,
        first,
    )


def runs_of(
    records: Sequence[Record], heads: Sequence[Head], lasts: Sequence[float]
) -> list[list[tuple[int, float]]]:
    """Say which records follow one another without a gap.

    Parameters
    ----------
    records : sequence of Record
        In the order of the cell's life.
    heads : sequence of Head
    lasts : sequence of float
        Last time of each record on its own clock, made to run on (s).

    Returns
    -------
    list of list of (int, float)
        Place in ``records`` and offset to the clock of the run's first record (s).
    """
    found: list[list[tuple[int, float]]] = []
    current: Run | None = None
    mine: list[tuple[int, float]] = []
    for k, (record, head, last) in enumerate(zip(records, heads, lasts, strict=True)):
        offset = None
        if current is not None and record.rows:
            offset = current.offset_of(head, adjacent=bool(mine) and mine[-1][0] == k - 1)
        if current is not None and offset is not None:
            mine.append((k, offset))
            current.place, current.offset = (head.path, head.position), offset
            current.last, current.rows = last + offset, current.rows + record.rows
        else:
            entry = [(k, 0.0)]
            found.append(entry)
            if head.technique is Technique.CYCLING and record.rows:
                mine = entry
                current = Run(head, (head.path, head.position), 0.0, last, record.rows, steady=True)
        if current is not None and mine[-1][0] == k:
            current.steady &= _runs_through(record, last)
    return found


def _runs_through(record: Record, last: float) -> bool:
    """Whether a record's clock, which was made to run on, was never reset."""
    ends = ends_of(record.array(_TIME))
    return ends is None or ends[1] == last


def joined(records: Sequence[Record], offsets: Sequence[float]) -> Record:
    """Return the records of a run as one.

    Parameters
    ----------
    records : sequence of Record
    offsets : sequence of float
        From the clock of each to that of the first (s).
    """
    if len(records) == 1:
        return records[0]
    names = [
        name
        for name in dict.fromkeys(name for record in records for name in record.table.columns)
        if name in _FOLLOWED or all(record.has(name) for record in records)
    ]
    tables = []
    for record, offset in zip(records, offsets, strict=True):
        table = record.table[[name for name in names if record.has(name)]]
        time = table[_TIME] + offset if offset else table[_TIME]
        tables.append(table.assign(**{_TIME: time}))
    whole = pd.concat(tables, ignore_index=True)[names]
    first = records[0]
    return Record(first.cell, first.technique, whole, first.source)
