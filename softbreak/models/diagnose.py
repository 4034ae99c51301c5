"""From a cell's history to its diagnosis: every row, every curve, every sentence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from softbreak.data.checks import Finding as Remark
from softbreak.data.checks import check_history
from softbreak.data.history import CellHistory
from softbreak.data.record import Technique
from softbreak.errors import SoftbreakError
from softbreak.features.decimate import min_max_samples
from softbreak.features.evidence import CellEvidence, gather
from softbreak.models.diagnosis import Diagnosis
from softbreak.models.findings import judged_findings
from softbreak.models.registry import DEFAULT, detector_of
from softbreak.models.rules.fused import sweep_views
from softbreak.models.rules.impedance import impedance_table, read_spectra
from softbreak.models.summary import summarise
from softbreak.models.verdict_rows import VERDICT_COLUMNS, units_of, verdict_table
from softbreak.physics.voltammetry import current_increase

TRACE_BUCKETS = 3000
"""A picture's V–t line holds at most twice as many points."""
SWEEP_BUCKETS = 300


def detector_version(name: str) -> str:
    """Return what a stored verdict depends on: the detector's version and the code of all rules."""
    return f"{detector_of(name).version}+{_code()}"


@cache
def _code() -> str:
    """Hash of every module that a verdict passes through, fallbacks and shipped models included."""
    package = Path(__file__).parents[1]
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


def diagnose(history: CellHistory, detector: str = DEFAULT) -> pd.DataFrame:
    """Judge a cell: one row a cycle, the columns of ``verdicts.parquet``.

    Parameters
    ----------
    history : CellHistory
        What :func:`softbreak.read` gives.
    detector : str
        See :func:`examine`.
    """
    return examine(history, detector).verdicts


def examine(history: CellHistory, detector: str = DEFAULT) -> Diagnosis:
    """Judge a cell, and keep every curve and remark that a person needs to check it.

    Parameters
    ----------
    history : CellHistory
    detector : str
        A name from :data:`softbreak.models.registry.DETECTORS`. Where a cell offers no cycling,
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
    return diagnosed(gather(history), history, check_history(history), detector)


def diagnosed(
    evidence: CellEvidence, history: CellHistory, remarks: Sequence[Remark], detector: str
) -> Diagnosis:
    """Judge what was measured already.

    Parameters
    ----------
    evidence : CellEvidence
    history : CellHistory
        What is shown of it: the trace may hold fewer samples than were measured.
    remarks : sequence of softbreak.data.checks.Finding
        On the measurement itself.
    detector : str
        See :func:`examine`.
    """
    readings = read_spectra(evidence)
    chosen, units = units_of(evidence, detector_of(detector))
    found = chosen.judge(evidence, readings)
    verdicts = verdict_table(history.cell.cell_id, units, found, chosen)
    findings = tuple(remarks) + tuple(judged_findings(evidence, readings))
    return Diagnosis(
        cell=evidence.cell,
        summary=summarise(evidence, units, found, history),
        verdicts=verdicts,
        half_cycles=_half_cycle_table(evidence),
        trace=_trace(history),
        voltammograms=_voltammograms(history, evidence),
        voltammetry=_voltammetry_table(evidence),
        spectra=_spectra(evidence),
        impedance=impedance_table(readings),
        findings=findings,
        sources=_sources(history),
    )


def _half_cycle_table(evidence: CellEvidence) -> pd.DataFrame:
    half = evidence.timeline.half_cycles
    return pd.DataFrame(
        {
            "half_cycle_index": half["half_cycle_index"],
            "cycle_index": half["cycle_index"],
            "start_time_second": half["start_time_second"],
            "end_time_second": half["end_time_second"],
            "sign": half["sign"],
            "current_ampere": half["current_ampere"],
            "overpotential_volt": half["voltage_volt"],
            "resistance_ohm": half["resistance_ohm"],
            "charge_ampere_second": half["charge_ampere_second"],
            "temperature_celsius": half["temperature_celsius"],
        }
    )


def _trace(history: CellHistory) -> pd.DataFrame:
    """Voltage and current over the cell's life, decimated for a picture."""
    pieces = history.of(Technique.CYCLING) + history.of(Technique.REST)
    total = sum(len(clock) for _, clock in pieces)
    frames: list[pd.DataFrame] = []
    for record, clock in sorted(pieces, key=lambda item: item[1][0] if len(item[1]) else 0.0):
        buckets = max(20, TRACE_BUCKETS * len(clock) // max(total, 1))
        voltage = np.asarray(record.array("voltage_volt"), dtype=np.float64)
        voltage = np.where(np.isfinite(voltage), voltage, np.nan)
        chosen = min_max_samples(np.nan_to_num(voltage), buckets)
        if frames and len(clock):  # a line between two records would show what nobody measured
            nothing = {"voltage_volt": [np.nan], "current_ampere": [np.nan]}
            frames.append(pd.DataFrame({"time_second": clock[:1], **nothing}))
        frames.append(
            pd.DataFrame(
                {
                    "time_second": clock[chosen],
                    "voltage_volt": voltage[chosen].astype(np.float64),
                    "current_ampere": record.array("current_ampere")[chosen].astype(np.float64),
                }
            )
        )
    columns = ["time_second", "voltage_volt", "current_ampere"]
    if not frames:
        return pd.DataFrame({name: np.empty(0) for name in columns})
    return pd.concat(frames, ignore_index=True)


def _voltammograms(history: CellHistory, evidence: CellEvidence) -> pd.DataFrame:
    frames = []
    series = history.of(Technique.VOLTAMMETRY)
    for view in sweep_views(evidence):
        record, clock = series[view.series]
        first = int(np.searchsorted(clock, view.start_time_second))
        inside = slice(first, int(np.searchsorted(clock, view.end_time_second, side="right")))
        voltage = record.array("voltage_volt")[inside]
        current = record.array("current_ampere")[inside]
        chosen = np.union1d(
            min_max_samples(voltage, SWEEP_BUCKETS), min_max_samples(current, SWEEP_BUCKETS)
        )
        frames.append(
            pd.DataFrame(
                {
                    "series": view.series,
                    "sweep": view.sweep,
                    "time_second": clock[inside][chosen],
                    "voltage_volt": voltage[chosen].astype(np.float64),
                    "current_ampere": current[chosen].astype(np.float64),
                }
            )
        )
    columns = ["series", "sweep", "time_second", "voltage_volt", "current_ampere"]
    if not frames:
        return pd.DataFrame({name: np.empty(0) for name in columns})
    return pd.concat(frames, ignore_index=True)


def _voltammetry_table(evidence: CellEvidence) -> pd.DataFrame:
    sweeps = evidence.sweeps
    chord = sweeps["chord_resistance"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        conductance = 1.0 / chord
    return pd.DataFrame(
        {
            "series": sweeps["series"],
            "sweep": sweeps["sweep"],
            "time_second": sweeps["start_time_second"],
            "peak_current_ampere": sweeps["peak_current"],
            "chord_resistance_ohm": chord,
            "omega_literal": current_increase(sweeps["peak_current"].to_numpy()),
            "omega_chord": conductance / conductance[0] - 1.0 if len(chord) else chord,
            "linearity": sweeps["linearity"],
        }
    )


def _spectra(evidence: CellEvidence) -> pd.DataFrame:
    frames = [
        pd.DataFrame(
            {
                "spectrum": k,
                "time_second": spectrum.time_second,
                "frequency_hertz": spectrum.frequency,
                "real_impedance_ohm": spectrum.impedance.real,
                "imaginary_impedance_ohm": spectrum.impedance.imag,
            }
        )
        for k, spectrum in enumerate(evidence.spectra)
    ]
    columns = [
        "spectrum",
        "time_second",
        "frequency_hertz",
        "real_impedance_ohm",
        "imaginary_impedance_ohm",
    ]
    if not frames:
        return pd.DataFrame({name: np.empty(0) for name in columns})
    return pd.concat(frames, ignore_index=True)


def _sources(history: CellHistory) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "path": record.source.path,
                "technique": record.technique.value,
                "method": record.source.method,
                "reader": record.source.reader,
                "rows": len(record.table),
                "start_time_second": float(clock[0]) if len(clock) else float("nan"),
            }
            for record, clock in zip(history.records, history.clocks, strict=True)
        ],
        columns=["path", "technique", "method", "reader", "rows", "start_time_second"],
    )


__all__ = ["VERDICT_COLUMNS", "detector_version", "diagnose", "examine"]
