"""All that a cell's history offers to a detector, measured once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from softbreak.data.checks import mixture
from softbreak.data.history import CellHistory, merged_cell
from softbreak.data.record import Cell, Record, Technique
from softbreak.features.series import TEMPERATURE, plausible_temperature
from softbreak.features.timeline import Timeline, build_timeline
from softbreak.physics.voltammetry import analyse


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


@dataclass(frozen=True, slots=True, eq=False)
class CellEvidence:
    """What detectors look at.

    Attributes
    ----------
    cell : Cell
        Manifest and files together.
    timeline : Timeline
    sweeps : pandas.DataFrame
        One row a CV cycle: ``series, sweep, start_time_second, end_time_second, peak_current,
        window, middle, scan_rate, chord_resistance, linearity, largest_jump, charge,
        temperature_celsius, hysteresis, curvature, common_voltage, asymmetry,
        peak_before_vertex`` (see :mod:`softbreak.physics.voltammetry`).
    spectra : tuple of Spectrum
    mixture : str
        Why the files are not those of one cell; empty where they may be.
    temperature_logged : bool
        A temperature was logged with the cycling data, and is no mere constant of the software.
    waveforms : pandas.DataFrame or None
        Shapes of the half-cycles (:func:`softbreak.features.waveform.waveform_table`), where
        somebody asked for them.
    """

    cell: Cell
    timeline: Timeline
    sweeps: pd.DataFrame
    spectra: tuple[Spectrum, ...]
    temperature_logged: bool
    mixture: str = ""
    waveforms: pd.DataFrame | None = None


def gather(history: CellHistory) -> CellEvidence:
    """Measure everything that a cell's history offers.

    Parameters
    ----------
    history : CellHistory
    """
    log = _temperature_log(history)
    return CellEvidence(
        merged_cell(history.cell, history.records),
        build_timeline(history),
        _sweeps(history, log),
        tuple(_spectrum(record, clock, log) for record, clock in history.of(Technique.IMPEDANCE)),
        any(_logged(record) for record in history.records),
        mixture(history),
    )


def _logged(record: Record) -> bool:
    """True where a temperature was really measured: software writes 0 or 25 when it is not."""
    if TEMPERATURE not in record.table.columns:
        return False
    values = plausible_temperature(np.asarray(record.array(TEMPERATURE), dtype=np.float64))
    values = values[np.isfinite(values)]
    return bool(len(values)) and bool(np.any(values != values[0]) or values[0] not in (0.0, 25.0))


def temperature_of(record: Record) -> float:
    """Return the mean logged temperature of a record (°C), NaN where there is none."""
    if TEMPERATURE not in record.table.columns:
        return float("nan")
    values = plausible_temperature(np.asarray(record.array(TEMPERATURE), dtype=np.float64))
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")


_Log = tuple[np.ndarray, np.ndarray]
LOG_REACH_SECOND = 3600.0
"""A spectrum without a temperature takes the cycler's, if it is no older than this."""


def _temperature_log(history: CellHistory) -> _Log:
    """Times (s) and temperatures (°C) that were really logged, over all series of the cell."""
    times, values = [], []
    for record, clock in zip(history.records, history.clocks, strict=True):
        if _logged(record) and len(clock):
            warmth = plausible_temperature(np.asarray(record.array(TEMPERATURE), dtype=np.float64))
            # the ends suffice for what is measured between two records, the rest for what overlaps
            step = max(len(clock) // 500, 1)
            chosen = np.unique(np.append(np.arange(0, len(clock), step), len(clock) - 1))
            good = chosen[np.isfinite(warmth[chosen])]
            times.append(clock[good])
            values.append(warmth[good])
    if not times:
        return np.empty(0), np.empty(0)
    time, value = np.concatenate(times), np.concatenate(values)
    order = np.argsort(time, kind="stable")
    return time[order], value[order]


def _temperature_at(record: Record, clock: np.ndarray, log: _Log) -> float:
    """Temperature of a record, or what the log of its neighbours says at its time (°C)."""
    own = temperature_of(record)
    if np.isfinite(own) or not len(log[0]) or not len(clock):
        return own
    nearest = np.abs(log[0] - clock[0]).min()
    return float(np.interp(clock[0], *log)) if nearest < LOG_REACH_SECOND else float("nan")


def _spectrum(record: Record, clock: np.ndarray, log: _Log) -> Spectrum:
    frequency = np.asarray(record.array("frequency_hertz"), dtype=np.float64)
    impedance = record.array("real_impedance_ohm") + 1j * record.array("imaginary_impedance_ohm")
    size = np.abs(impedance)  # 0 + 0j is a placeholder of some instruments
    good = np.isfinite(frequency) & (frequency > 0) & (size > 1e-9) & (size < 1e15)
    frequency, impedance = frequency[good], impedance[good]
    _, first = np.unique(-frequency, return_index=True)
    return Spectrum(
        float(clock[0]) if len(clock) else 0.0,
        frequency[first],
        impedance[first],
        _temperature_at(record, clock, log),
    )


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


def _sweeps(history: CellHistory, log: _Log) -> pd.DataFrame:
    """One row a CV cycle, over all voltammetry records."""
    rows: list[tuple[float, ...]] = []
    for series, (record, clock) in enumerate(history.of(Technique.VOLTAMMETRY)):
        voltage = np.asarray(record.array("voltage_volt"), dtype=np.float64)
        current = np.asarray(record.array("current_ampere"), dtype=np.float64)
        good = np.isfinite(voltage) & np.isfinite(current)
        if good.sum() < 4:
            continue
        moment = clock[good]
        found = analyse(moment, voltage[good], current[good])
        warmth = _temperature_at(record, moment, log)
        rows += [
            (
                series,
                k,
                moment[found.start[k]],
                moment[found.stop[k] - 1],
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
            for k in range(len(found.start))
        ]
    return pd.DataFrame(rows, columns=list(SWEEP_COLUMNS)).astype({"series": int, "sweep": int})
