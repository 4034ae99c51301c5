"""What one record offers, kept as its rows arrive; batch work feeds whole records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from softbreak.data.clock import forward_clock
from softbreak.data.history import Span, started
from softbreak.data.record import Cell, Record, Technique
from softbreak.features.evidence.temperature_log import Thermometer, temperature_at
from softbreak.features.half_cycles.growing import Growing
from softbreak.features.half_cycles.samples import COLUMNS as FOLLOWED
from softbreak.features.half_cycles.samples import TEMPERATURE
from softbreak.physics.voltammetry import Voltammetry, analyse

_RAW: Final = {
    Technique.VOLTAMMETRY: ("test_time_second", "voltage_volt", "current_ampere"),
    Technique.IMPEDANCE: ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"),
}
"""Columns of which every row is kept."""


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
    "against_voltage",
    "before_jump",
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


class RecordLog:
    """What is kept of one record.

    Attributes
    ----------
    technique : Technique
    cell : Cell
        What its file says.
    path, instrument, method : str
    position : int
    started : float or None
        See :class:`softbreak.data.history.Span`.
    meter : Thermometer
    raw : Growing or None
        Every row, of voltammograms and spectra.
    sweeps : Sweeps or None
        What is left of a voltammogram that is over.
    rest_volt : float
        Last voltage of a record of rest (V), else NaN.
    """

    def __init__(self, record: Record) -> None:
        source = record.source
        self.technique = record.technique
        self.cell = record.cell
        self.path, self.instrument = source.path, source.instrument
        self.method, self.position = source.method, source.position
        self.started = started(record)
        self.meter = Thermometer()
        self.raw = Growing(3) if record.technique in _RAW else None
        self.sweeps: Sweeps | None = None
        self.rest_volt = float("nan")
        self.over = False
        self._places: tuple[pd.Index, list[tuple[str, int]]] | None = None

    def followed(self, table: pd.DataFrame) -> list[tuple[str, int]]:
        """Return which columns are followed, and where: looked up once for tables cut from one.

        Parameters
        ----------
        table : pandas.DataFrame
        """
        names = table.columns
        if self._places is None or not names.is_(self._places[0]):
            known = list(map(str, names))
            self._places = names, [(name, known.index(name)) for name in FOLLOWED if name in known]
        return self._places[1]

    def feed(self, record: Record, columns: Mapping[str, np.ndarray]) -> None:
        """Take rows; ``columns`` are those of the record that are followed."""
        time, warmth = columns.get("test_time_second"), columns.get(TEMPERATURE)
        self.meter.feed(time, warmth, record.rows)
        if self.raw is not None and record.rows:
            rows = np.empty((record.rows, 3))
            for column, name in zip(rows.T, _RAW[self.technique], strict=True):
                column[:] = record.array(name)
            self.raw.extend(rows)
        if self.technique is Technique.REST and record.rows:
            volts = record.array("voltage_volt")
            known = volts[np.isfinite(volts)]
            self.rest_volt = float(known[-1]) if len(known) else self.rest_volt

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers."""
        swept = None
        if self.over and self.sweeps is not None:
            begin, starts, ends, found = self.sweeps
            swept = [begin, starts, ends, list(found)]
        return {
            "technique": self.technique.value,
            "cell": asdict(self.cell),
            "source": [self.path, self.instrument, self.method, self.position, self.started],
            "meter": self.meter.dump(),
            "raw": None if self.raw is None else self.raw.rows,
            "swept": swept,
            "over": self.over,
            "rest_volt": self.rest_volt,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> RecordLog:
        """Undo :meth:`dump`."""
        entry = cls.__new__(cls)
        entry.technique, entry.cell = Technique(stored["technique"]), Cell(**stored["cell"])
        entry.path, entry.instrument, entry.method, entry.position, entry.started = stored["source"]
        entry.meter = Thermometer.load(stored["meter"])
        entry.raw = None if stored["raw"] is None else Growing.of(stored["raw"])
        entry.sweeps, entry.over, entry._places = None, stored["over"], None
        entry.rest_volt = stored["rest_volt"]
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

    def warmth(self, swept: Sweeps, shift: float, log: np.ndarray) -> list[float]:
        """Temperature (°C) in the middle of each sweep: a cell may warm within its file."""
        middles = 0.5 * (swept.starts + swept.ends)
        own = self.meter.log()
        if len(own):
            return [float(value) for value in np.interp(middles, own[:, 0], own[:, 1])]
        return [temperature_at(self.meter.mean, float(at) + shift, log) for at in middles]

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


@cache
def no_sweeps() -> pd.DataFrame:
    """Return the table that all cells without voltammetry share; most have none."""
    kinds = {"series": np.int64, "sweep": np.int64}
    return pd.DataFrame({name: np.empty(0, kinds.get(name, object)) for name in SWEEP_COLUMNS})


def sweep_rows(
    series: int, swept: Sweeps, shift: float, warmth: list[float]
) -> list[tuple[float, ...]]:
    """Rows of ``SWEEP_COLUMNS``, on the cell's clock.

    Parameters
    ----------
    series : int
        Number of the record among the voltammetry records.
    swept : Sweeps
    shift : float
        From the record's clock to the cell's (s).
    warmth : list of float
        °C, of each sweep.
    """
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
            warmth[k],
            found.hysteresis[k],
            found.curvature[k],
            found.common_voltage,
            found.asymmetry[k],
            found.peak_before_vertex[k],
            found.against_voltage[k],
            found.before_jump[k] if len(found.before_jump) else np.nan,
        )
        for k in range(len(swept.starts))
    ]
