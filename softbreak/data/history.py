"""A cell's history: all its records on one clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

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
    numbers in numerical order. A file whose test time starts again continues where the last one
    ended.

    Parameters
    ----------
    cell : Cell
        What is known of the cell; replaces what each file says.
    records : sequence of Record
        In any order; records of one file carry their ``source.position``.
    """
    files: dict[str, list[Record]] = {}
    for record in records:
        files.setdefault(record.source.path, []).append(record)
    groups = [sorted(group, key=lambda r: r.source.position) for group in files.values()]
    starts = [_started(group) for group in groups]
    absolute = bool(groups) and all(start is not None for start in starts)
    if absolute:
        order = sorted(range(len(groups)), key=lambda k: starts[k] or 0.0)
    else:
        order = sorted(range(len(groups)), key=lambda k: natural_key(groups[k][0].source.path))
    placed: list[_Placed] = []
    origin = starts[order[0]] if absolute and order else None
    end = 0.0
    for k in order:
        offset = (starts[k] or 0.0) - origin if origin is not None else None
        for record in groups[k]:
            clock = _continued(_clock(record), record.technique, offset, end)
            placed.append(_Placed(float(clock[0]) if len(clock) else end, clock, record))
            if record.technique is not Technique.IMPEDANCE or offset is None:
                end = max(end, float(clock[-1]) if len(clock) else end)
    placed.sort(key=lambda item: item.begin)
    return CellHistory(
        cell,
        tuple(item.record.with_cell(_merged(cell, item.record.cell)) for item in placed),
        tuple(item.clock for item in placed),
    )


class _Placed(NamedTuple):
    begin: float
    clock: np.ndarray
    record: Record


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
    for record in records:
        cell = _merged(cell, record.cell)
    return cell


def _started(group: Sequence[Record]) -> float | None:
    """Absolute time at which the file's test time was zero."""
    first = group[0]
    if first.source.started_unix_second is not None:
        return first.source.started_unix_second
    if "unix_time_second" not in first.table.columns or not len(first.table):
        return None
    begin = float(first.table["unix_time_second"].iloc[0])
    if "test_time_second" in first.table.columns:
        begin -= float(first.table["test_time_second"].iloc[0])
    return begin if np.isfinite(begin) else None


def _clock(record: Record) -> np.ndarray:
    """Test time of the rows, with steps back taken out; zeros where there is none."""
    if "test_time_second" not in record.table.columns:
        return np.zeros(len(record.table))
    return forward_clock(np.asarray(record.array("test_time_second"), dtype=np.float64))


def forward_clock(time: np.ndarray) -> np.ndarray:
    """Return times that never step back: a clock that was reset runs on instead.

    Parameters
    ----------
    time : numpy.ndarray, shape (n,)
        Seconds; may hold resets and NaN.
    """
    if not len(time):
        return time
    if not np.isfinite(time).all():
        index = np.arange(len(time))
        good = np.isfinite(time)
        if not good.any():
            return index.astype(np.float64)
        time = np.interp(index, index[good], time[good])
    step = np.diff(time)
    if not (step < 0).any():
        return time
    time = _without_excursions(time)
    step = np.diff(time)
    usual = float(np.median(step[step > 0])) if (step > 0).any() else 0.0
    lost = np.where(step < 0, usual - step, 0.0)
    return time + np.concatenate(([0.0], np.cumsum(lost)))


def _without_excursions(time: np.ndarray) -> np.ndarray:
    """Put lone samples that jump out and back between their neighbours."""
    before, here, after = time[:-2], time[1:-1], time[2:]
    lone = (after >= before) & ((here > after) | (here < before))
    mended = time.copy()
    mended[1:-1][lone] = 0.5 * (before + after)[lone]
    return mended


def _continued(
    clock: np.ndarray, technique: Technique, offset: float | None, end: float
) -> np.ndarray:
    """Place a record's test time on the cell's clock."""
    if not len(clock):
        return clock
    if offset is not None:
        clock = clock + offset if offset else clock
        if technique is Technique.IMPEDANCE or clock[0] >= end - 1.0:
            return clock
    return clock if clock[0] >= end else clock + (end - clock[0])
