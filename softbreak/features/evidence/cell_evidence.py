"""All that a cell's records offer to a detector, measured as they arrive.

A finished history feeds whole records, a file longer than the memory and a running cell feed
pieces: one ``feed`` for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory, ViewedRecord, joined_cell, placements
from softbreak.data.mixture import RecordFacts, mixture_of
from softbreak.data.plausible import doubtful_current
from softbreak.data.record import ArrayRecord, Cell, Record, Technique
from softbreak.features.cycles.finished_cycles import Arranged, arranged
from softbreak.features.cycles.timeline import Timeline, tables_of
from softbreak.features.cycles.waveforms import waveform_table
from softbreak.features.evidence.joins import Joins
from softbreak.features.evidence.record_log import (
    SWEEP_COLUMNS,
    RecordLog,
    Spectrum,
    no_sweeps,
    sweep_rows,
)
from softbreak.features.evidence.temperature_log import joined_log
from softbreak.features.half_cycles.measured import AS_IT_IS, HalfCycles
from softbreak.features.half_cycles.samples import COLUMNS
from softbreak.features.half_cycles.stream import RECORDS_OPEN, CellStream

SHORT_ROWS: Final = 4096
Placed = Sequence[tuple[Hashable, float]]
"""Names of records in the order of the cell's life, and how far each clock is shifted (s)."""


@dataclass(frozen=True, slots=True, eq=False)
class CellEvidence:
    """What detectors look at.

    Attributes
    ----------
    cell : Cell
        Manifest and files together.
    timeline : Timeline
    sweeps : pandas.DataFrame
        Not to be changed: cells without voltammetry share one.
        One row a CV cycle: ``series, sweep, start_time_second, end_time_second, peak_current,
        window, middle, scan_rate, chord_resistance, linearity, largest_jump, charge,
        temperature_celsius, hysteresis, curvature, common_voltage, asymmetry,
        peak_before_vertex, against_voltage, before_jump`` (see
        :mod:`softbreak.physics.voltammetry`).
    spectra : tuple of Spectrum
    mixture : str
        Why the files are not those of one cell; empty where they may be.
    temperature_logged : bool
        A temperature was logged with the cycling data, and is no mere constant of the software.
    rest_volt : float
        Median voltage at the ends of records of rest (V), NaN without any; rests between
        half-cycles are the timeline's.
    waveforms : pandas.DataFrame or None
        Shapes of the half-cycles (:func:`softbreak.features.cycles.waveforms.waveform_table`),
        where somebody asked for them.
    """

    cell: Cell
    timeline: Timeline
    sweeps: pd.DataFrame
    spectra: tuple[Spectrum, ...]
    temperature_logged: bool
    mixture: str = ""
    rest_volt: float = math.nan
    waveforms: pd.DataFrame | None = None

    @property
    def current_in_doubt(self) -> str:
        """Why the unit of the current is in doubt; empty where it is not."""
        half_cycles = self.timeline.half_cycle_columns
        volt, ampere = np.abs(half_cycles["voltage_volt"]), np.abs(half_cycles["current_ampere"])
        return doubtful_current(volt, ampere, self.cell.area_cm2)


def gather(history: CellHistory, *, waveforms: bool = False) -> CellEvidence:
    """Measure everything that a cell's history offers.

    Parameters
    ----------
    history : CellHistory
    waveforms : bool
        Also the shapes of the half-cycles.
    """
    pieces = history.joined()
    records, placed = _fed(pieces, as_recorded=True)
    halves = records.arranged(placed)
    if halves.polarity.reading != AS_IT_IS:
        records, placed = _fed(pieces, as_recorded=False)
        halves = records.arranged(placed)
    found = evidence_of(records, history.cell, placed, halves)
    if history.doubt and not found.mixture:
        found = replace(found, mixture=history.doubt)
    if waveforms:
        found = replace(found, waveforms=waveform_table(history, found.timeline))
    return found


def _fed(
    pieces: Sequence[tuple[Record, np.ndarray]], *, as_recorded: bool
) -> tuple[CellRecords, list[tuple[int, float]]]:
    """Measure whole records."""
    records, placed = CellRecords(as_recorded=as_recorded), []
    for key, (record, clock) in enumerate(pieces):
        records.feed(key, record)
        placed.append((key, records.shift(key, clock)))
    return records, placed


def evidence_of(
    records: CellRecords, known: Cell, placed: Placed, found: Arranged | None = None
) -> CellEvidence:
    """Return what a cell's records offer.

    Parameters
    ----------
    records : CellRecords
    known : Cell
        What is known of the cell besides its files.
    placed : sequence of (hashable, float)
        Order and shifts of the records.
    found : Arranged, optional
        Half-cycles of their cycling; without, all that there are.
    """
    log = records.log(placed)
    return CellEvidence(
        records.cell(known, placed),
        tables_of(records.arranged(placed) if found is None else found),
        records.sweeps(placed, log),
        records.spectra(placed, log),
        records.temperature_logged,
        records.mixture(known, placed),
        records.rest_volt(placed),
    )


def _followed(record: Record, entry: RecordLog) -> Mapping[str, np.ndarray]:
    """Columns that are followed; pandas gives those of a short table quicker all at once."""
    if isinstance(record, ArrayRecord):
        return record.columns
    if record.rows > SHORT_ROWS or isinstance(record, ViewedRecord):
        return {name: record.array(name) for name in COLUMNS if record.has(name)}
    rows = record.table.to_numpy(dtype=np.float64)
    return {name: rows[:, place] for name, place in entry.followed(record.table)}


class CellRecords:
    """The records of one cell.

    Parameters
    ----------
    watchful : bool
        Also look out for what open half-cycles show.
    as_recorded : bool
        See :class:`softbreak.features.half_cycles.stream.CellStream`.

    Attributes
    ----------
    entries : dict
        What is kept of each record, by its name, in the order in which they became known.
    stream : CellStream
        Their cycling.
    joins : Joins
    """

    def __init__(self, *, watchful: bool = False, as_recorded: bool = False) -> None:
        self.entries: dict[Hashable, RecordLog] = {}
        self.stream = CellStream(watchful=watchful, as_recorded=as_recorded)
        self.joins = Joins()

    def name_of(self, key: Hashable, record: Record) -> tuple[Hashable, float]:
        """Return under which name a record goes on; see :class:`Joins`."""
        return self.joins.name_of(self.entries, self.stream, key, record)

    def feed(self, key: Hashable, record: Record, offset: float = 0.0) -> int:
        """Take rows of one record; return how many half-cycles they complete.

        Parameters
        ----------
        key : hashable
            Names the record; rows of one record come in their order.
        record : Record
            Holds rows that were not fed before.
        offset : float
            Added to its times (s), see :class:`softbreak.features.evidence.joins.Joins`.
        """
        entry = self.entries.get(key)
        if entry is None:
            entry = self.entries[key] = RecordLog(record)
            self._end_of_old()
        columns = _followed(record, entry)
        if offset:
            columns = {**columns, "test_time_second": columns["test_time_second"] + offset}
        if entry.technique is Technique.CYCLING:
            return self.stream.feed(key, columns, entry.meter.take)
        entry.feed(record, columns)
        return 0

    def _end_of_old(self) -> None:
        """Let go of the rows of voltammograms that were followed by several others."""
        sweeping = [e for e in self.entries.values() if e.technique is Technique.VOLTAMMETRY]
        for entry in sweeping[:-RECORDS_OPEN]:
            if not entry.over:
                entry.end()

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers; the names of records must be words."""
        entries = [[key, entry.dump()] for key, entry in self.entries.items()]
        return {"entries": entries, "stream": self.stream.dump(), "joins": self.joins.dump()}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> CellRecords:
        """Undo :meth:`dump`."""
        records = cls()
        records.entries = {key: RecordLog.load(entry) for key, entry in stored["entries"]}
        records.stream = CellStream.load(stored["stream"])
        records.joins = Joins.load(stored["joins"])
        return records

    def shift(self, key: Hashable, clock: np.ndarray) -> float:
        """Return how far a record's own clock is shifted (s), where its times are known.

        Parameters
        ----------
        key : hashable
        clock : numpy.ndarray
            Times of its rows on the cell's clock (s).
        """
        return float(clock[0]) - self.entries[key].meter.first if len(clock) else 0.0

    def placed(self) -> list[tuple[Hashable, float]]:
        """Order the records, and say how far each one's clock is shifted (s)."""
        keys = list(self.entries)
        spans = [entry.span for entry in self.entries.values()]
        # the shift as it shows in the first time, which is all that a history tells
        return [(keys[k], spans[k].first + s - spans[k].first) for k, s in placements(spans)]

    def arranged(self, placed: Placed, *, running: Hashable | None = None) -> Arranged:
        """Return the half-cycles of all cycling records.

        Parameters
        ----------
        placed : sequence of (hashable, float)
        running : hashable, optional
            The record whose open half-cycle is left out.
        """
        shifts = [shift for _, shift in self.of(placed, Technique.CYCLING)]
        return arranged(self.parts(placed, running=running), shifts)

    def parts(self, placed: Placed, *, running: Hashable | None = None) -> list[HalfCycles]:
        """Return the half-cycles of every cycling record; see :meth:`arranged`."""
        keys = [key for key, _ in self.of(placed, Technique.CYCLING)]
        return self.stream.parts(keys, running=running)

    def of(self, placed: Placed, technique: Technique) -> list[tuple[Hashable, float]]:
        """Return the records of one technique, in order."""
        return [item for item in placed if self.entries[item[0]].technique is technique]

    def log(self, placed: Placed) -> np.ndarray:
        """Temperatures that were really logged: times (s) and °C, shape (n, 2)."""
        return joined_log([(self.entries[key].meter, shift) for key, shift in placed])

    @property
    def temperature_logged(self) -> bool:
        """Whether any record holds a temperature that was really measured."""
        return any(entry.meter.logged for entry in self.entries.values())

    def cell(self, known: Cell, placed: Placed) -> Cell:
        """Fill what is not known of the cell with what its files say."""
        return joined_cell(known, [self.entries[key].cell for key, _ in placed])

    def rest_volt(self, placed: Placed) -> float:
        """Median voltage at the ends of records of rest (V), NaN without any."""
        ends = [self.entries[key].rest_volt for key, _ in self.of(placed, Technique.REST)]
        known = [volt for volt in ends if np.isfinite(volt)]
        return float(np.median(known)) if known else float("nan")

    def mixture(self, known: Cell, placed: Placed) -> str:
        """Say why the files are not those of one cell; empty where they may be."""
        facts = []
        for key, shift in placed:
            entry = self.entries[key]
            span = entry.span
            begin, end = span.first + shift, span.last + shift
            stated = joined_cell(known, [entry.cell]).area_cm2
            facts.append(
                RecordFacts(
                    entry.technique, stated, entry.instrument, entry.path, begin, end, span.rows
                )
            )
        return mixture_of(known, facts)

    def spectra(self, placed: Placed, log: np.ndarray) -> tuple[Spectrum, ...]:
        """Return the spectra, in order."""
        return tuple(
            self.entries[key].spectrum(shift, log)
            for key, shift in self.of(placed, Technique.IMPEDANCE)
        )

    def sweeps(self, placed: Placed, log: np.ndarray) -> pd.DataFrame:
        """One row a CV cycle, over all voltammetry records."""
        rows: list[tuple[float, ...]] = []
        for series, (key, shift) in enumerate(self.of(placed, Technique.VOLTAMMETRY)):
            entry = self.entries[key]
            swept = entry.swept()
            if swept is not None:
                rows += sweep_rows(series, swept, shift, entry.warmth(swept, shift, log))
        if not rows:
            return no_sweeps()
        return pd.DataFrame(rows, columns=list(SWEEP_COLUMNS)).astype({"series": int, "sweep": int})


__all__ = [
    "SWEEP_COLUMNS",
    "CellEvidence",
    "CellRecords",
    "Placed",
    "Spectrum",
    "evidence_of",
    "gather",
    "no_sweeps",
]
