"""A cell's history: all its records on one clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from softbreak.data.clock import forward_clock
from softbreak.data.date_orders import is_open, settled
from softbreak.data.record import Cell, Record, Technique


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CellHistory:
    """What was measured on one cell, in the order in which it happened.

    Attributes
    ----------
    cell : Cell
    records : tuple of Record
        Sorted by the time at which they began.
    clocks : tuple of numpy.ndarray
        For each record the cell-life time of its rows (s): test time that runs on over files and
        never steps back. An impedance spectrum without times holds the moment it began.
    """

    cell: Cell
    records: tuple[Record, ...]
    clocks: tuple[np.ndarray, ...]

    def __repr__(self) -> str:
        """One line that says what it is."""
        counts = {t.value: sum(r.technique is t for r in self.records) for t in Technique}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        return f"<CellHistory {self.cell.cell_id}: {told or 'no records'}>"

    def of(self, technique: Technique) -> list[tuple[Record, np.ndarray]]:
        """Return the records of one technique with their clocks, in order."""
        return [
            (record, clock)
            for record, clock in zip(self.records, self.clocks, strict=True)
            if record.technique is technique
        ]


def natural_key(name: str) -> list[tuple[int, int | str]]:
    """Sort key under which "cell_10" comes after "cell_9"."""
    return [(0, int(p)) if p.isdigit() else (1, p.lower()) for p in re.split(r"(\d+)", name) if p]


def assemble(cell: Cell, records: Sequence[Record]) -> CellHistory:
    """Put a cell's records on one clock.

    Files are ordered by absolute time where every one of them states it, else by name with
    numbers in numerical order. Dates whose day and month one file leaves open are read as the
    others prove (:mod:`softbreak.data.date_orders`). A file whose test time starts again continues
    where the last one ended.

    Parameters
    ----------
    cell : Cell
        What is known of the cell; replaces what each file says.
    records : sequence of Record
        In any order; records of one file carry their ``source.position``.
    """
    records = settled(records, natural_key)
    clocks = [_clock(record) for record in records]
    spans = [_span(record, clock) for record, clock in zip(records, clocks, strict=True)]
    placed = placements(spans)
    return CellHistory(
        cell,
        tuple(records[k].with_cell(_merged(cell, records[k].cell)) for k, _ in placed),
        tuple(clocks[k] + shift if shift else clocks[k] for k, shift in placed),
    )


class Span(NamedTuple):
    """What decides where a record lies in the life of its cell.

    Attributes
    ----------
    path, position, technique
        Of the record.
    started : float or None
        Absolute time of the file's test time zero (s since 1970), None where it is not known.
    first, last : float
        Of the record's own clock (s); zero where it has none.
    rows : int
    """

    path: str
    position: int
    technique: Technique
    started: float | None
    first: float
    last: float
    rows: int


def placements(spans: Sequence[Span]) -> list[tuple[int, float]]:
    """Order records, and say by how much each one's own clock is shifted (s).

    Parameters
    ----------
    spans : sequence of Span
        In the order in which they became known.

    Returns
    -------
    list of (int, float)
        Place in ``spans`` and shift, in the order of the cell's life.
    """
    files: dict[str, list[int]] = {}
    for k, span in enumerate(spans):
        files.setdefault(span.path, []).append(k)
    groups = [sorted(group, key=lambda k: spans[k].position) for group in files.values()]
    starts = [spans[group[0]].started for group in groups]
    absolute = bool(groups) and all(start is not None for start in starts)
    if absolute:
        order = sorted(range(len(groups)), key=lambda g: starts[g] or 0.0)
    else:
        order = sorted(range(len(groups)), key=lambda g: natural_key(spans[groups[g][0]].path))
    placed: list[tuple[float, int, float]] = []
    origin = starts[order[0]] if absolute and order else None
    end = 0.0
    for g in order:
        offset = (starts[g] or 0.0) - origin if origin is not None else None
        for k in groups[g]:
            span = spans[k]
            if not span.rows:
                placed.append((end, k, 0.0))
                continue
            shift = _shift(span, offset, end)
            placed.append((span.first + shift, k, shift))
            if span.technique is not Technique.IMPEDANCE or offset is None:
                end = max(end, span.last + shift)
    placed.sort(key=lambda item: item[0])
    return [(k, shift) for _, k, shift in placed]


def _shift(span: Span, offset: float | None, end: float) -> float:
    """Place a record's own clock on the cell's, not before ``end``."""
    shift = offset or 0.0
    begin = span.first + shift
    if offset is not None and (span.technique is Technique.IMPEDANCE or begin >= end - 1.0):
        return shift
    return shift if begin >= end else shift + (end - begin)


def _span(record: Record, clock: np.ndarray) -> Span:
    first, last = (float(clock[0]), float(clock[-1])) if len(clock) else (0.0, 0.0)
    source = record.source
    began = started(record)
    return Span(source.path, source.position, record.technique, began, first, last, len(clock))


def _merged(cell: Cell, stated: Cell) -> Cell:
    """Fill what the manifest leaves open with what the file says."""
    known = {
        name: getattr(stated, name)
        for name in Cell.__slots__
        if getattr(cell, name) in (None, "") and getattr(stated, name) not in (None, "")
    }
    return replace(cell, **known)


def merged_cell(cell: Cell, records: Iterable[Record]) -> Cell:
    """Return the cell with its gaps filled from what its files say."""
    return joined_cell(cell, (record.cell for record in records))


def joined_cell(cell: Cell, stated: Iterable[Cell]) -> Cell:
    """Return the cell with its gaps filled from what was stated of it; who comes first, wins."""
    for one in stated:
        cell = _merged(cell, one)
    return cell


def started(record: Record) -> float | None:
    """Absolute time (s since 1970) at which a file's test time was zero; None if unknown.

    Parameters
    ----------
    record : Record
        The first one of its file.
    """
    if is_open(record.source):
        return None
    if record.source.started_unix_second is not None:
        return record.source.started_unix_second
    if "unix_time_second" not in record.table.columns or not len(record.table):
        return None
    begin = float(record.table["unix_time_second"].iloc[0])
    if "test_time_second" in record.table.columns:
        begin -= float(record.table["test_time_second"].iloc[0])
    return begin if np.isfinite(begin) else None


def _clock(record: Record) -> np.ndarray:
    """Test time of the rows, with steps back taken out; zeros where there is none."""
    if "test_time_second" not in record.table.columns:
        return np.zeros(len(record.table))
    return forward_clock(record.array("test_time_second"))
