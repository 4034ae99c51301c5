"""A cell's history: all its records on one clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.clock import forward_clock
from softbreak.data.date_orders import is_open, settled
from softbreak.data.name_order import life_order
from softbreak.data.names import natural_key
from softbreak.data.record import Cell, Record, Technique
from softbreak.data.runs import head_of, joined, runs_of

MOST_PAUSE: Final = 0.05
"""Test times go on if no more of a file's first one passes between two files."""


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
    runs : tuple of tuple of (int, float)
        Records that follow one another without a gap (:mod:`softbreak.data.runs`): place in
        ``records`` and offset to the clock of the first one (s). Empty: every record is alone.
    remarks : tuple of (str, str, str)
        Severity, topic and sentence: what was left out of the files, and how they were joined.
    doubt : str
        Why the files are probably those of several cells; empty where nothing says so.
    """

    cell: Cell
    records: tuple[Record, ...]
    clocks: tuple[np.ndarray, ...]
    runs: tuple[tuple[tuple[int, float], ...], ...] = ()
    remarks: tuple[tuple[str, str, str], ...] = ()
    doubt: str = ""

    def __repr__(self) -> str:
        """One line that says what it is."""
        counts = {t.value: sum(r.technique is t for r in self.records) for t in Technique}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        return f"<CellHistory {self.cell.cell_id}: {told or 'no records'}>"

    def of(self, technique: Technique) -> list[tuple[Record, np.ndarray]]:
        """Return the records of one technique with their clocks, in order, as :meth:`joined`."""
        return [
            self._run(run) for run in self._runs() if self.records[run[0][0]].technique is technique
        ]

    def moments(self) -> np.ndarray:
        """Return when records began: cell-life time and absolute time (s since 1970).

        Returns
        -------
        ndarray, shape (records, 2)
            NaN where a file does not state it.
        """
        found = np.full((len(self.records), 2), np.nan)
        for k, (record, clock) in enumerate(zip(self.records, self.clocks, strict=True)):
            if not len(clock):
                continue
            found[k, 0] = clock[0]
            began = started(record)
            if began is not None and record.has("unix_time_second"):
                found[k, 1] = record.array("unix_time_second")[0]
            elif began is not None:
                found[k, 1] = began + _clock(record)[0]
        return found

    def joined(self) -> list[tuple[Record, np.ndarray]]:
        """Return all records with their clocks, in order; those of a run as one."""
        return [self._run(run) for run in self._runs()]

    def _runs(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        return self.runs or tuple(((k, 0.0),) for k in range(len(self.records)))

    def _run(self, run: tuple[tuple[int, float], ...]) -> tuple[Record, np.ndarray]:
        if len(run) == 1:
            return self.records[run[0][0]], self.clocks[run[0][0]]
        records, offsets = [self.records[k] for k, _ in run], [offset for _, offset in run]
        return joined(records, offsets), np.concatenate([self.clocks[k] for k, _ in run])


class ViewedRecord(Record):
    """A record whose columns are taken out of its table once, while nobody changes that.

    A column costs pandas as much as a pass over ten thousand of its numbers, and a judge asks for
    each several times.

    Parameters
    ----------
    record : Record
    """

    __slots__ = ("_arrays", "_names")
    _arrays: dict[str, np.ndarray]
    _names: frozenset[str]

    def __init__(self, record: Record) -> None:
        for name, value in (
            ("cell", record.cell),
            ("technique", record.technique),
            ("table", record.table),
            ("source", record.source),
            ("_arrays", {}),
            ("_names", frozenset(record.table.columns.tolist())),
        ):
            object.__setattr__(self, name, value)

    def has(self, column: str) -> bool:
        """Return whether there is such a column."""
        return column in self._names

    def array(self, column: str) -> np.ndarray:
        """Return a column as an array (no copy where pandas allows)."""
        found = self._arrays.get(column)
        if found is None:
            found = self._arrays[column] = self.table[column].to_numpy()
        return found


class ViewedHistory(CellHistory):
    """A history while it is judged: columns are taken out of tables, and runs joined, but once.

    Parameters
    ----------
    history : CellHistory
        Is not to be changed meanwhile.
    """

    __slots__ = ("_wholes",)
    _wholes: dict[tuple[tuple[int, float], ...], tuple[Record, np.ndarray]]

    def __init__(self, history: CellHistory) -> None:
        for name in CellHistory.__slots__:
            object.__setattr__(self, name, getattr(history, name))
        object.__setattr__(self, "records", tuple(map(_viewed, history.records)))
        object.__setattr__(self, "_wholes", {})

    def _run(self, run: tuple[tuple[int, float], ...]) -> tuple[Record, np.ndarray]:
        found = self._wholes.get(run)
        if found is None:
            record, clock = super()._run(run)
            found = self._wholes[run] = _viewed(record), clock
        return found


def _viewed(record: Record) -> Record:
    return ViewedRecord(record) if type(record) is Record else record


def assemble(
    cell: Cell,
    records: Sequence[Record],
    remarks: Sequence[tuple[str, str, str]] = (),
    doubt: str = "",
) -> CellHistory:
    """Put a cell's records on one clock.

    Files are ordered by absolute time where every one of them states it, else by test times that
    go on from one to the next, else by name (:mod:`softbreak.data.name_order`). Dates whose day
    and month one file leaves open are read as the others prove
    (:mod:`softbreak.data.date_orders`). A file whose test time starts again continues where the
    last one ended.

    Parameters
    ----------
    cell : Cell
        What is known of the cell; replaces what each file says.
    records : sequence of Record
        In any order; records of one file carry their ``source.position``.
    remarks : sequence of (str, str, str)
    doubt : str
        See :class:`CellHistory`.
    """
    records = settled(records, natural_key)
    clocks = [_clock(record) for record in records]
    spans = [_span(record, clock) for record, clock in zip(records, clocks, strict=True)]
    order = [k for k, _ in placements(spans)]
    heads = [head_of(records[k], spans[k].started) for k in order]
    together = runs_of([records[k] for k in order], heads, [spans[k].last for k in order])
    runs = [[(order[place], offset) for place, offset in run] for run in together]
    wholes = [_joined_clock([(records[k], clocks[k], offset) for k, offset in run]) for run in runs]
    placed = placements(
        [
            _over(spans[run[0][0]], whole, sum(spans[k].rows for k, _ in run))
            for run, whole in zip(runs, wholes, strict=True)
        ]
    )
    found: list[tuple[tuple[int, float], ...]] = []
    kept: list[Record] = []
    shifted: list[np.ndarray] = []
    for number, shift in placed:
        found.append(tuple((len(kept) + n, offset) for n, (_, offset) in enumerate(runs[number])))
        kept += [records[k] for k, _ in runs[number]]
        whole = wholes[number] + shift if shift else wholes[number]
        ends = np.cumsum([spans[k].rows for k, _ in runs[number]])
        shifted += np.split(whole, ends[:-1])
    return CellHistory(
        cell,
        tuple(record.with_cell(_merged(cell, record.cell)) for record in kept),
        tuple(shifted),
        tuple(found),
        tuple(remarks),
        doubt,
    )


def _joined_clock(parts: Sequence[tuple[Record, np.ndarray, float]]) -> np.ndarray:
    """Clock of the records of a run: that of the first one goes on."""
    if len(parts) == 1:
        return parts[0][1]
    times = [record.array("test_time_second") + offset for record, _, offset in parts]
    return forward_clock(np.concatenate(times))


def _over(first: Span, clock: np.ndarray, rows: int) -> Span:
    """Return the span of a run, given that of its first record."""
    last = float(clock[-1]) if len(clock) else 0.0
    return first._replace(last=last, rows=rows)


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
        # by their first samples: parts of one test whose time runs on all state the same beginning
        begins = [(spans[group[0]].started or 0.0) + spans[group[0]].first for group in groups]
        order = sorted(range(len(groups)), key=begins.__getitem__)
    else:
        order = _by_test_time([[spans[k] for k in group] for group in groups])
        order = order or life_order([spans[group[0]].path for group in groups])
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


def _by_test_time(files: Sequence[Sequence[Span]]) -> list[int]:
    """Order files whose test times go on from one to the next; empty where they do not."""
    if len(files) < 2 or not all(span.rows for spans in files for span in spans):
        return []
    begins = [spans[0].first for spans in files]
    order = sorted(range(len(files)), key=begins.__getitem__)
    for before, after in pairwise(order):
        pause = begins[after] - files[before][-1].last
        if not 0.0 <= pause <= MOST_PAUSE * begins[after] or begins[after] <= 0.0:
            return []
    return order


def _shift(span: Span, offset: float | None, end: float) -> float:
    """Place a record's own clock on the cell's, not before ``end``."""
    shift = offset or 0.0
    begin = span.first + shift
    if offset is not None and (span.technique is Technique.IMPEDANCE or begin >= end - 1.0):
        return shift
    return shift if begin >= end else shift + (end - begin)


def span_of(record: Record) -> Span:
    """Return where a record lies, by its own clock and its file's start."""
    return _span(record, _clock(record))


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
    return replace(cell, **known) if known else cell


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
    if not record.has("unix_time_second") or not record.rows:
        return None
    begin = float(record.array("unix_time_second")[0])
    if record.has("test_time_second"):
        begin -= float(record.array("test_time_second")[0])
    return begin if np.isfinite(begin) else None


def _clock(record: Record) -> np.ndarray:
    """Test time of the rows, with steps back taken out; zeros where there is none."""
    if not record.has("test_time_second"):
        return np.zeros(record.rows)
    return forward_clock(record.array("test_time_second"))
