"""Cells with files too long for the memory: measured as a live cell is, piece after piece.

What comes out of the measurement, and so every verdict, is the same as from whole files, to the
bit. Only what is shown beside it is found piece by piece: the trace, and remarks on a recording,
which count what the first piece shows that shows anything.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd

from softbreak.archive.inputs.witnesses import any_span
from softbreak.data.checks import Finding, check_history, check_series
from softbreak.data.clock import forward_clock
from softbreak.data.date_orders import settled
from softbreak.data.decimation import min_max_samples
from softbreak.data.history import CellHistory, assemble, placements
from softbreak.data.names import natural_key
from softbreak.data.record import Cell, LongRecord, Record
from softbreak.data.schema import SERIES_COLUMNS
from softbreak.features.evidence.cell_evidence import CellRecords, evidence_of
from softbreak.models.diagnosis.diagnose import TRACE_BUCKETS, diagnosed, examine
from softbreak.models.diagnosis.result import Diagnosis


def examine_records(
    cell: Cell,
    records: Sequence[Record | LongRecord],
    detector: str,
) -> Diagnosis:
    """Judge a cell by its records, some of which may be too long for the memory.

    Parameters
    ----------
    cell : Cell
    records : sequence of Record or LongRecord
    detector : str
        See :func:`softbreak.models.diagnosis.diagnose.examine`.
    """
    whole = [record for record in records if isinstance(record, Record)]
    if len(whole) == len(records):
        return examine(assemble(cell, whole), detector)
    mended = iter(settled(whole, natural_key))
    records = [next(mended) if isinstance(record, Record) else record for record in records]
    book = CellRecords()
    fed = [_fed(book, n, records[k]) for n, k in enumerate(_order(records))]
    names = list(book.entries)
    shifts = {names[k]: shift for k, shift in placements([e.span for e in book.entries.values()])}
    placed = book.placed()
    evidence = evidence_of(book, cell, placed)
    known = [one._replace(record=one.record.with_cell(evidence.cell)) for one in fed]
    ends = [_shifted(one.ends, shifts[one.name]) for one in known]
    picture = CellHistory(
        evidence.cell,
        tuple(one.record for one in known),
        tuple(_shifted(one.clock, shifts[one.name]) for one in known),
        _runs(known),
    )
    # what is checked of each record as a whole is told by its first and its last row
    told = replace(picture, clocks=tuple(ends), runs=())
    found = {id(one.record.table): one.remarks for one in known}
    checked = check_history(told, lambda record: found[id(record.table)])
    diagnosis = diagnosed(evidence, picture, checked, detector)
    rows = [one.rows for one in known]  # of which the picture shows a few
    return diagnosis.changed(sources=diagnosis.sources.assign(rows=rows))


class _Fed(NamedTuple):
    """What is kept of a record besides what was measured in it.

    Attributes
    ----------
    name : hashable
        Under which it went on in the book.
    offset : float
        To the clock of that record (s).
    record : Record
        The samples that a picture needs.
    clock, ends : numpy.ndarray
        Times of these, and the first and the last one of all, on the clock of that record (s).
    rows : int
    remarks : list of Finding
    """

    name: Hashable
    offset: float
    record: Record
    clock: np.ndarray
    ends: np.ndarray
    rows: int
    remarks: list[Finding]


def _order(records: Sequence[Record | LongRecord]) -> list[int]:
    """Return the records' places in the order of the cell's life."""
    return [k for k, _ in placements([any_span(record) for record in records])]


def _shifted(clock: np.ndarray, shift: float) -> np.ndarray:
    return clock + shift if shift else clock


def _runs(fed: Sequence[_Fed]) -> tuple[tuple[tuple[int, float], ...], ...]:
    """Return which records are one run, by their places."""
    runs: dict[Hashable, list[tuple[int, float]]] = {}
    for k, one in enumerate(fed):
        runs.setdefault(one.name, []).append((k, one.offset))
    return tuple(tuple(run) for run in runs.values())


def _fed(book: CellRecords, key: int, record: Record | LongRecord) -> _Fed:
    """Measure a record; return what is to be shown of it."""
    if isinstance(record, Record):
        name, offset = book.name_of(key, record)
        book.feed(name, record, offset)
        remarks = check_series(record) if _is_series(record) else []
        clock = _clock(record, offset)
        return _Fed(name, offset, record, clock, clock, record.rows, remarks)
    pieces = record.pieces()
    first = next(pieces)
    name, offset = book.name_of(key, first)
    line = _Line(record.rows, offset)
    found: dict[str, Finding] = {}
    for piece in chain([first], pieces):
        book.feed(name, piece, offset)
        line.take(piece)
        for remark in check_series(piece):
            found.setdefault(remark.topic, remark)
    shown, times = line.drawn()
    thin = Record(record.cell, record.technique, shown, record.source)
    ends = np.array([record.first, record.last]) + offset
    return _Fed(name, offset, thin, times, ends, record.rows, list(found.values()))


def _clock(record: Record, offset: float) -> np.ndarray:
    if not record.has("test_time_second"):
        return np.zeros(record.rows)
    time = record.array("test_time_second")
    return forward_clock(time + offset if offset else time)


def _is_series(record: Record) -> bool:
    return all(record.has(name) for name in SERIES_COLUMNS)


class _Line:
    """The samples of a long record that a picture of it needs.

    Parameters
    ----------
    rows : int
        Of the whole record.
    shift : float
        From its own clock to the cell's (s).
    """

    def __init__(self, rows: int, shift: float) -> None:
        self._rows, self._shift = rows, shift
        self._lost = 0.0
        self._end = -np.inf
        self._parts: list[pd.DataFrame] = []
        self._clocks: list[np.ndarray] = []

    def take(self, piece: Record) -> None:
        """Take the next rows."""
        clock = forward_clock(piece.array("test_time_second")) + self._lost
        if clock[0] < self._end:  # the clock was reset between two pieces
            self._lost += self._end - clock[0]
            clock += self._end - clock[0]
        self._end = clock[-1]
        voltage = np.nan_to_num(piece.array("voltage_volt").astype(np.float64))
        buckets = max(20, 4 * TRACE_BUCKETS * len(clock) // self._rows)
        chosen = np.union1d(min_max_samples(voltage, buckets), [0, len(clock) - 1])
        self._parts.append(piece.table[list(SERIES_COLUMNS)].iloc[chosen])
        self._clocks.append(clock[chosen] + self._shift)

    def drawn(self) -> tuple[pd.DataFrame, np.ndarray]:
        """Return the samples and their times on the cell's clock (s)."""
        return pd.concat(self._parts, ignore_index=True), np.concatenate(self._clocks)
