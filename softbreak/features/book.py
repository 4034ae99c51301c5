"""All that a cell's records offer, kept as they arrive; batch work feeds whole records."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from softbreak.data.checks import RecordFacts, mixture_of
from softbreak.data.clock import forward_clock
from softbreak.data.history import Span, joined_cell, placements, started
from softbreak.data.record import Cell, Record, Technique
from softbreak.features.cycles.pairing import Arranged, arranged
from softbreak.features.evidence.temperature_log import Thermometer, joined_log, temperature_at
from softbreak.features.half_cycles.measured import Growing, HalfCycles
from softbreak.features.half_cycles.samples import COLUMNS, TEMPERATURE
from softbreak.features.half_cycles.stream import RECORDS_OPEN, CellStream
from softbreak.physics.voltammetry import Voltammetry, analyse

_RAW: Final = {
    Technique.VOLTAMMETRY: ("test_time_second", "voltage_volt", "current_ampere"),
    Technique.IMPEDANCE: ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"),
}
"""Columns of which every row is kept."""
SHORT_ROWS: Final = 4096
Placed = Sequence[tuple[Hashable, float]]
"""Names of records in the order of the cell's life, and how far each clock is shifted (s)."""


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """One impedance spectrum on the cell-life clock.

    Attributes
    ----------
    time_second : float
    frequency : numpy.ndarray
        Hz, descending, without duplicates.
    impedance : numpy.ndarray of complex
        Ω, true sign of the imaginary part.
    temperature_celsius : float
        NaN where it was not logged.
    """

    time_second: float
    frequency: np.ndarray
    impedance: np.ndarray
    temperature_celsius: float


SWEEP_COLUMNS = (
    "series",
    "sweep",
    "start_time_second",
    "end_time_second",
    "peak_current",
    "window",
    "middle",
    "scan_rate",
    "chord_resistance",
    "linearity",
    "largest_jump",
    "charge",
    "temperature_celsius",
    "hysteresis",
    "curvature",
    "common_voltage",
    "asymmetry",
    "peak_before_vertex",
)


class Sweeps(NamedTuple):
    """What one voltammetry record says, on its own clock.

    Attributes
    ----------
    begin : float
        First usable sample (s).
    starts, ends : numpy.ndarray
        Of each sweep (s).
    found : Voltammetry
    """

    begin: float
    starts: np.ndarray
    ends: np.ndarray
    found: Voltammetry


class Entry:
    """What is kept of one record.

    Attributes
    ----------
    technique : Technique
    cell : Cell
        What its file says.
    path, instrument : str
    position : int
    started : float or None
        See :class:`softbreak.data.history.Span`.
    meter : Thermometer
    raw : Growing or None
        Every row, of voltammograms and spectra.
    sweeps : Sweeps or None
        What is left of a voltammogram that is over.
    """

    def __init__(self, record: Record) -> None:
        source = record.source
        self.technique = record.technique
        self.cell = record.cell
        self.path, self.instrument = source.path, source.instrument
        self.position = source.position
        self.started = started(record)
        self.meter = Thermometer()
        self.raw = Growing(3) if record.technique in _RAW else None
        self.sweeps: Sweeps | None = None
        self.over = False

    def feed(self, record: Record, columns: Mapping[str, np.ndarray]) -> None:
        """Take rows; ``columns`` are those of the record that are followed."""
        time, warmth = columns.get("test_time_second"), columns.get(TEMPERATURE)
        self.meter.feed(time, warmth, record.rows)
        if self.raw is not None and record.rows:
            rows = np.empty((record.rows, 3))
            for column, name in zip(rows.T, _RAW[self.technique], strict=True):
                column[:] = record.array(name)
            self.raw.extend(rows)

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers."""
        swept = None
        if self.over and self.sweeps is not None:
            begin, starts, ends, found = self.sweeps
            swept = [begin, starts, ends, list(found)]
        return {
            "technique": self.technique.value,
            "cell": asdict(self.cell),
            "source": [self.path, self.instrument, self.position, self.started],
            "meter": self.meter.dump(),
            "raw": None if self.raw is None else self.raw.rows,
            "swept": swept,
            "over": self.over,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Entry:
        """Undo :meth:`dump`."""
        entry = cls.__new__(cls)
        entry.technique, entry.cell = Technique(stored["technique"]), Cell(**stored["cell"])
        entry.path, entry.instrument, entry.position, entry.started = stored["source"]
        entry.meter = Thermometer.load(stored["meter"])
        entry.raw = None if stored["raw"] is None else Growing.of(stored["raw"])
        entry.sweeps, entry.over = None, stored["over"]
        if stored["swept"] is not None:
            begin, starts, ends, found = stored["swept"]
            entry.sweeps = Sweeps(begin, starts, ends, Voltammetry(*found))
        return entry

    @property
    def span(self) -> Span:
        """Where it lies in the cell's life."""
        meter = self.meter
        last = meter.last if meter.clock[0] else 0.0
        return Span(
            self.path,
            self.position,
            self.technique,
            self.started,
            meter.first,
            last,
            meter.rows,
        )

    def end(self) -> None:
        """Let go of the rows of a voltammogram: no more will come."""
        self.sweeps, self.raw, self.over = self.swept(), None, True

    def swept(self) -> Sweeps | None:
        """Read a voltammogram; None where it has too few usable rows."""
        if self.raw is None:
            return self.sweeps
        rows = self.raw.rows
        time = forward_clock(rows[:, 0])
        good = np.isfinite(rows[:, 1]) & np.isfinite(rows[:, 2])
        if good.sum() < 4:
            return None
        time = time[good]
        found = analyse(time, rows[good, 1], rows[good, 2])
        return Sweeps(float(time[0]), time[found.start], time[found.stop - 1], found)

    def spectrum(self, shift: float, log: np.ndarray) -> Spectrum:
        """Return the spectrum on the cell's clock."""
        rows = np.empty((0, 3)) if self.raw is None else self.raw.rows
        frequency, impedance = rows[:, 0], rows[:, 1] + 1j * rows[:, 2]
        size = np.abs(impedance)  # 0 + 0j is a placeholder of some instruments
        good = np.isfinite(frequency) & (frequency > 0) & (size > 1e-9) & (size < 1e15)
        frequency, impedance = frequency[good], impedance[good]
        _, first = np.unique(-frequency, return_index=True)
        moment = self.meter.first + shift if self.meter.rows else 0.0
        warmth = self.meter.mean
        if self.meter.rows:
            warmth = temperature_at(warmth, moment, log)
        return Spectrum(moment, frequency[first], impedance[first], warmth)


def _followed(record: Record) -> dict[str, np.ndarray]:
    """Columns that are followed; pandas gives those of a short table quicker all at once."""
    if type(record) is not Record or record.rows > SHORT_ROWS:  # arrays already, or worth a look
        return {name: record.array(name) for name in COLUMNS if record.has(name)}
    known = record.table.columns
    names = [name for name in COLUMNS if name in known]
    rows = record.table.to_numpy(dtype=np.float64)
    return {name: rows[:, known.get_loc(name)] for name in names}


class Book:
    """The records of one cell.

    Parameters
    ----------
    watchful : bool
        Also look out for what open half-cycles show.

    Attributes
    ----------
    entries : dict
        Entry of each record, by its name, in the order in which they became known.
    stream : CellStream
        Their cycling.
    """

    def __init__(self, *, watchful: bool = False) -> None:
        self.entries: dict[Hashable, Entry] = {}
        self.stream = CellStream(watchful=watchful)

    def feed(self, key: Hashable, record: Record) -> int:
        """Take rows of one record; return how many half-cycles they complete.

        Parameters
        ----------
        key : hashable
            Names the record; rows of one record come in their order.
        record : Record
            Holds rows that were not fed before.
        """
        entry = self.entries.get(key)
        if entry is None:
            entry = self.entries[key] = Entry(record)
            self._end_of_old()
        columns = _followed(record)
        entry.feed(record, columns)
        if entry.technique is not Technique.CYCLING:
            return 0
        return self.stream.feed(key, columns)

    def _end_of_old(self) -> None:
        """Let go of the rows of voltammograms that were followed by several others."""
        sweeping = [e for e in self.entries.values() if e.technique is Technique.VOLTAMMETRY]
        for entry in sweeping[:-RECORDS_OPEN]:
            if not entry.over:
                entry.end()

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers; the names of records must be words."""
        entries = [[key, entry.dump()] for key, entry in self.entries.items()]
        return {"entries": entries, "stream": self.stream.dump()}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Book:
        """Undo :meth:`dump`."""
        book = cls()
        book.entries = {key: Entry.load(entry) for key, entry in stored["entries"]}
        book.stream = CellStream.load(stored["stream"])
        return book

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
                warmth = temperature_at(entry.meter.mean, swept.begin + shift, log)
                rows += _sweep_rows(series, swept, shift, warmth)
        if not rows:
            return no_sweeps().copy()
        return pd.DataFrame(rows, columns=list(SWEEP_COLUMNS)).astype({"series": int, "sweep": int})


@cache
def no_sweeps() -> pd.DataFrame:
    """Return the table of a cell without voltammetry, to be copied; most cells have none."""
    kinds = {"series": np.int64, "sweep": np.int64}
    return pd.DataFrame({name: np.empty(0, kinds.get(name, object)) for name in SWEEP_COLUMNS})


def _sweep_rows(series: int, swept: Sweeps, shift: float, warmth: float) -> list[tuple[float, ...]]:
    found = swept.found
    return [
        (
            series,
            k,
            swept.starts[k] + shift,
            swept.ends[k] + shift,
            found.peak_current[k],
            found.window[k],
            found.middle[k],
            found.scan_rate[k],
            found.chord_resistance[k],
            found.linearity[k],
            found.largest_jump[k],
            found.charge[k],
            warmth,
            found.hysteresis[k],
            found.curvature[k],
            found.common_voltage,
            found.asymmetry[k],
            found.peak_before_vertex[k],
        )
        for k in range(len(swept.starts))
    ]
