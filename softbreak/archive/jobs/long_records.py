"""Cells with files too long for the memory: measured as a live cell is, piece after piece.

What comes out of the measurement, and so every verdict, is the same as from whole files, to the
bit. Only what is shown beside it is found piece by piece: the trace, and remarks on a recording,
which count what the first piece shows that shows anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from softbreak.data.checks import Finding, check_history, check_series
from softbreak.data.clock import forward_clock
from softbreak.data.date_orders import settled
from softbreak.data.history import CellHistory, assemble, natural_key
from softbreak.data.readers.chunked import LongRecord
from softbreak.data.record import Cell, Record
from softbreak.data.schema import SERIES_COLUMNS
from softbreak.features.evidence.cell_evidence import CellRecords, evidence_of
from softbreak.models.diagnosis.diagnose import TRACE_BUCKETS, diagnosed, examine, min_max_samples
from softbreak.models.diagnosis.result import Diagnosis


def examine_records(cell: Cell, records: Sequence[Record | LongRecord], detector: str) -> Diagnosis:
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
    # Where a record lies in the cell's life is told by its first and its last row.
    ends = settled([r if isinstance(r, Record) else _ends(r) for r in records], natural_key)
    order = assemble(cell, ends)
    places = {id(end.table): record for end, record in zip(ends, records, strict=True)}
    fed = CellRecords()
    shown: list[_Shown] = []
    placed = []
    for key, (end, clock) in enumerate(zip(order.records, order.clocks, strict=True)):
        record = places[id(end.table)]
        shown.append(_fed(fed, key, record, end, clock))
        placed.append((key, fed.shift(key, clock)))
    evidence = evidence_of(fed, order.cell, placed)
    found = {id(end.table): told.remarks for end, told in zip(order.records, shown, strict=True)}
    remarks = check_history(order, lambda record: found[id(record.table)])
    picture = CellHistory(
        order.cell,
        tuple(told.record for told in shown),
        tuple(told.clock for told in shown),
    )
    diagnosis = diagnosed(evidence, picture, remarks, detector)
    diagnosis.sources["rows"] = [told.rows for told in shown]
    return diagnosis


class _Shown(NamedTuple):
    """What is kept of a record besides what was measured in it."""

    record: Record
    clock: np.ndarray
    rows: int
    remarks: list[Finding]


def _ends(record: LongRecord) -> Record:
    table = pd.DataFrame({name: np.zeros(2) for name in SERIES_COLUMNS})
    table["test_time_second"] = [record.first, record.last]
    return Record(record.cell, record.technique, table, record.source)


def _fed(
    fed: CellRecords, key: int, record: Record | LongRecord, end: Record, clock: np.ndarray
) -> _Shown:
    """Measure a record; return what is to be shown of it."""
    if isinstance(record, Record):
        fed.feed(key, end)
        return _Shown(end, clock, record.rows, check_series(end) if _is_series(end) else [])
    line = _Line(record.rows, float(clock[0]) - record.first)
    remarks: dict[str, Finding] = {}
    for piece in record.pieces():
        fed.feed(key, piece)
        line.take(piece)
        for remark in check_series(piece):
            remarks.setdefault(remark.topic, remark)
    shown, times = line.drawn()
    thin = Record(end.cell, end.technique, shown, end.source)
    return _Shown(thin, times, record.rows, list(remarks.values()))


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
