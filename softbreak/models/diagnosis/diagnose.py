"""From a cell's history to its diagnosis: every row, every curve, every sentence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.checks import Finding as Remark
from softbreak.data.checks import check_history
from softbreak.data.decimation import min_max_samples
from softbreak.data.history import CellHistory, ViewedHistory
from softbreak.data.record import Technique, plain_cell
from softbreak.errors import SoftbreakError
from softbreak.features.cycles.columns import Columns
from softbreak.features.evidence.cell_evidence import CellEvidence, gather
from softbreak.models.diagnosis.findings import judged_findings
from softbreak.models.diagnosis.result import MOMENTS, VERDICT_COLUMNS, Diagnosis, verdict_table
from softbreak.models.diagnosis.summary import summarise
from softbreak.models.registry import DEFAULT, Detector, detector_of, units_of
from softbreak.models.rules.certificates_beside import certificates_of, doubts_of, sweep_views
from softbreak.models.rules.impedance import ImpedanceReading, read_spectra
from softbreak.physics.voltammetry import current_increase

FILE_CYCLE: Final = "cycle_count"
"""The column with the file's own number."""


def file_cycles(history: CellHistory, half_cycles: Columns) -> np.ndarray:
    """Return the number that a half-cycle's own file gives its cycle.

    Parameters
    ----------
    history : CellHistory
    half_cycles : Columns
        Of a :class:`softbreak.features.cycles.timeline.Timeline`: ``start_time_second,
        end_time_second``.

    Returns
    -------
    numpy.ndarray, shape (n,)
        As it stands in the middle of each half-cycle; NaN where the file gives none, and where a
        record was so long that it was read in pieces.
    """
    found = np.full(len(half_cycles), np.nan)
    numbered = [one for one in history.of(Technique.CYCLING) if one[0].has(FILE_CYCLE)]
    if not numbered:
        return found
    middle = 0.5 * (half_cycles["start_time_second"] + half_cycles["end_time_second"])
    for one, clock in numbered:
        if not len(clock):
            continue
        mine = np.flatnonzero((middle >= clock[0]) & (middle <= clock[-1]))
        place = np.searchsorted(clock, middle[mine], side="right") - 1
        numbers = pd.to_numeric(one.table[FILE_CYCLE], errors="coerce").to_numpy(
            dtype=np.float64, na_value=np.nan
        )
        found[mine] = numbers[np.clip(place, 0, len(clock) - 1)]
    return found


IMPEDANCE_COLUMNS: Final = (
    "spectrum",
    "time_second",
    "high_frequency_resistance_ohm",
    "low_frequency_resistance_ohm",
    "kramers_kronig_residual",
    "electronic_fraction",
    "electronic_fraction_lower",
    "electronic_fraction_upper",
    "high_frequency_resolved",
)


def impedance_table(readings: Sequence[ImpedanceReading]) -> Columns:
    """Return the readings as the table that a diagnosis shows.

    Intervals of pairs that failed their gates are left out.
    """
    rows = [
        (
            k,
            reading.time_second,
            reading.high_frequency_ohm,
            reading.low_frequency_ohm,
            reading.kramers_kronig_residual,
            *((reading.eta, reading.lower, reading.upper) if reading.trusted else (np.nan,) * 3),
            reading.high_frequency_resolved,
        )
        for k, reading in enumerate(one.decisive for one in readings)
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(IMPEDANCE_COLUMNS)
    return Columns(dict(zip(IMPEDANCE_COLUMNS, map(list, columns), strict=True)))


TRACE_BUCKETS = 3000
"""A picture's V–t line holds at most twice as many points."""
SWEEP_BUCKETS = 300
_HALF_CYCLES: Final = {
    "half_cycle_index": "half_cycle_index",
    "cycle_index": "cycle_index",
    "start_time_second": "start_time_second",
    "end_time_second": "end_time_second",
    "sign": "sign",
    "current_ampere": "current_ampere",
    "overpotential_volt": "voltage_volt",
    "resistance_ohm": "resistance_ohm",
    "charge_ampere_second": "charge_ampere_second",
    "temperature_celsius": "temperature_celsius",
}
"""Columns of the table of half-cycles, and where they come from."""
_SWEEP: Final = ("series", "sweep")
_SWEPT: Final = (
    "time_second",
    "peak_current_ampere",
    "chord_resistance_ohm",
    "omega_literal",
    "omega_chord",
    "linearity",
)
"""Columns of the table of voltammetry: which sweep, and what is told of it."""
_VOLTAMMOGRAMS: Final = ("series", "sweep", "time_second", "voltage_volt", "current_ampere")
_SPECTRA: Final = (
    "spectrum",
    "time_second",
    "frequency_hertz",
    "real_impedance_ohm",
    "imaginary_impedance_ohm",
)
_GAP: Final = np.array([np.nan])


def detector_version(name: str) -> str:
    """Return what a stored verdict depends on: the detector's version and the code of all rules."""
    return f"{detector_of(name).version}+{_code()}"


@cache
def _code() -> str:
    """Hash of every module that a verdict passes through, fallbacks and shipped models included."""
    package = Path(__file__).parents[2]
    modules = sorted(
        path
        for room in ("data", "features", "physics", "models")
        for path in (package / room).rglob("*")
        if path.suffix in (".py", ".npz", ".json")
    )
    digest = hashlib.sha256()
    for path in modules:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def diagnose(history: CellHistory, detector: str | Detector = DEFAULT) -> pd.DataFrame:
    """Judge a cell: one row a cycle, the columns of ``verdicts.parquet``.

    Parameters
    ----------
    history : CellHistory
        What :func:`softbreak.read` gives.
    detector : str or Detector
        See :func:`examine`.
    """
    return examine(history, detector).verdicts


def examine(history: CellHistory, detector: str | Detector = DEFAULT) -> Diagnosis:
    """Judge a cell, and keep every curve and remark that a person needs to check it.

    Parameters
    ----------
    history : CellHistory
    detector : str or Detector
        See :func:`softbreak.detector`. Where a cell offers no cycling,
        its voltammograms or its spectra are judged instead, by the rule for them.

    Returns
    -------
    Diagnosis
    """
    if not isinstance(history, CellHistory):
        raise SoftbreakError(
            f"examine and diagnose take what softbreak.read gives, not {type(history).__name__}: "
            "softbreak.diagnose(softbreak.read(path))"
        )
    plain_cell(history.cell)
    history = ViewedHistory(history)
    evidence = gather(history, waveforms=detector_of(detector).waveforms)
    return diagnosed(evidence, history, check_history(history), detector)


def diagnosed(
    evidence: CellEvidence,
    history: CellHistory,
    remarks: Sequence[Remark],
    detector: str | Detector,
) -> Diagnosis:
    """Judge what was measured already.

    Parameters
    ----------
    evidence : CellEvidence
    history : CellHistory
        What is shown of it: the trace may hold fewer samples than were measured.
    remarks : sequence of softbreak.data.checks.Finding
        On the measurement itself.
    detector : str or Detector
        See :func:`examine`.
    """
    readings = read_spectra(evidence)
    chosen, units = units_of(evidence, detector_of(detector))
    found = chosen.judge(evidence, readings)
    verdicts = verdict_table(history.cell.cell_id, units, found, chosen)
    findings = tuple(remarks) + tuple(judged_findings(evidence, readings))
    tables: dict[str, Any] = {
        "verdicts": verdicts,
        "half_cycles": _half_cycle_table(evidence, history),
        "trace": _trace(history),
        "voltammograms": _voltammograms(history, evidence),
        "voltammetry": _voltammetry(evidence.sweeps),
        "spectra": _spectra(evidence),
        "impedance": impedance_table(readings),
        "sources": _sources(history),
    }
    beside = [*certificates_of(evidence, readings), *doubts_of(evidence, readings)]
    return Diagnosis(
        cell=evidence.cell,
        summary=summarise(evidence, units, found, history, beside),
        findings=findings,
        **tables,
    )


def _half_cycle_table(evidence: CellEvidence, history: CellHistory) -> Columns:
    half = evidence.timeline.half_cycle_columns
    table = {told: half[name] for told, name in _HALF_CYCLES.items()}
    return Columns({**table, "file_cycle": file_cycles(history, half)})


def _trace(history: CellHistory) -> Columns:
    """Voltage and current over the cell's life, decimated for a picture."""
    pieces = history.of(Technique.CYCLING) + history.of(Technique.REST)
    total = sum(len(clock) for _, clock in pieces)
    found: tuple[list[np.ndarray], ...] = ([], [], [])
    for record, clock in sorted(pieces, key=lambda item: item[1][0] if len(item[1]) else 0.0):
        buckets = max(20, TRACE_BUCKETS * len(clock) // max(total, 1))
        voltage, chosen = _extremes(record.array("voltage_volt"), buckets)
        current = record.array("current_ampere")[chosen].astype(np.float64)
        if found[0] and len(clock):  # a line between two records would show what nobody measured
            for column, gap in zip(found, (clock[:1], _GAP, _GAP), strict=True):
                column.append(gap)
        for column, values in zip(found, (clock[chosen], voltage, current), strict=True):
            column.append(values)
    columns = ("time_second", "voltage_volt", "current_ampere")
    return Columns(
        {
            name: column[0] if len(column) == 1 else np.concatenate(column or [np.empty(0)])
            for name, column in zip(columns, found, strict=True)
        }
    )


def _extremes(voltage: np.ndarray, buckets: int) -> tuple[np.ndarray, np.ndarray]:
    """Voltages to draw, and which samples they are; what is no number is drawn as a gap."""
    chosen = min_max_samples(voltage, buckets)  # what is no number is among them
    if np.isfinite(voltage[chosen]).all():
        return voltage[chosen].astype(np.float64), chosen
    values = np.asarray(voltage, dtype=np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    chosen = min_max_samples(np.nan_to_num(values), buckets)
    return values[chosen], chosen


def _voltammograms(history: CellHistory, evidence: CellEvidence) -> Columns:
    parts = []
    series = history.of(Technique.VOLTAMMETRY)
    for view in sweep_views(evidence) if len(evidence.sweeps) else ():
        record, clock = series[view.series]
        first = int(np.searchsorted(clock, view.start_time_second))
        inside = slice(first, int(np.searchsorted(clock, view.end_time_second, side="right")))
        voltage = record.array("voltage_volt")[inside]
        current = record.array("current_ampere")[inside]
        chosen = np.union1d(
            min_max_samples(voltage, SWEEP_BUCKETS), min_max_samples(current, SWEEP_BUCKETS)
        )
        parts.append(
            (
                np.full(len(chosen), view.series),
                np.full(len(chosen), view.sweep),
                clock[inside][chosen],
                voltage[chosen].astype(np.float64),
                current[chosen].astype(np.float64),
            )
        )
    return _joined(_VOLTAMMOGRAMS, parts)


def _joined(names: tuple[str, ...], parts: Sequence[tuple[np.ndarray, ...]]) -> Columns:
    """Put the columns of several parts below one another."""
    if not parts:
        return Columns(_nothing(*names))
    columns = map(np.concatenate, zip(*parts, strict=True))
    return Columns(dict(zip(names, columns, strict=True)))


def _nothing(*columns: str) -> dict[str, np.ndarray]:
    """Columns without rows."""
    return dict.fromkeys(columns, np.empty(0))


def _voltammetry(sweeps: pd.DataFrame) -> Columns:
    if not len(sweeps):
        return Columns({**dict.fromkeys(_SWEEP, np.empty(0, np.int64)), **_nothing(*_SWEPT)})
    chord = sweeps["chord_resistance"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        conductance = 1.0 / chord
    peak = sweeps["peak_current"].to_numpy()
    told = (
        sweeps["start_time_second"].to_numpy(),
        peak,
        chord,
        current_increase(peak),
        conductance / conductance[0] - 1.0,
        sweeps["linearity"].to_numpy(),
    )
    which = {name: sweeps[name].to_numpy() for name in _SWEEP}
    return Columns(which | dict(zip(_SWEPT, told, strict=True)))


def _spectra(evidence: CellEvidence) -> Columns:
    parts = [
        (
            np.full(len(spectrum.frequency), k),
            np.full(len(spectrum.frequency), spectrum.time_second),
            spectrum.frequency,
            spectrum.impedance.real,
            spectrum.impedance.imag,
        )
        for k, spectrum in enumerate(evidence.spectra)
    ]
    return _joined(_SPECTRA, parts)


def _sources(history: CellHistory) -> Columns:
    columns = ["path", "technique", "method", "reader", "rows", *MOMENTS]
    rows = [
        (
            record.source.path,
            record.technique.value,
            record.source.method,
            record.source.reader,
            record.rows,
            *moment,
        )
        for record, moment in zip(history.records, history.moments().tolist(), strict=True)
    ]
    if not rows:
        return Columns({name: [] for name in columns})
    return Columns(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)))


__all__ = ["VERDICT_COLUMNS", "detector_version", "diagnose", "examine"]
