"""The whole answer about one cell: verdicts, as the rows of ``verdicts.parquet``, and all else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from softbreak.data.checks import Finding
from softbreak.data.record import Cell
from softbreak.verdict import Verdict

if TYPE_CHECKING:
    from softbreak.models.registry import Detector

VERDICT_COLUMNS: Final = (
    "cell_id",
    "cycle_index",
    "start_time_second",
    "end_time_second",
    "state",
    "p_healthy",
    "p_soft",
    "p_hard",
    "electronic_fraction",
    "electronic_fraction_lower",
    "electronic_fraction_upper",
    "transient_short",
    "wanted_measurement",
    "basis",
    "evidence",
    "detector",
    "detector_version",
)
MOMENTS: Final = ("start_time_second", "start_unix_second")
_TOLD: Final = VERDICT_COLUMNS[5:14]


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """One cell's verdicts with the curves behind them.

    All times are cell-life seconds (test time running on over the cell's files).

    Attributes
    ----------
    cell : Cell
    summary : dict
        The cell's row of ``cells.parquet``, without ``rank``.
    verdicts : pandas.DataFrame
        One row a cycle, the columns of ``verdicts.parquet``.
    half_cycles : pandas.DataFrame
        ``half_cycle_index, cycle_index, start_time_second, end_time_second, sign,
        current_ampere, overpotential_volt`` (mean \\|V\\|), ``resistance_ohm,
        charge_ampere_second, temperature_celsius, file_cycle`` (the cycle's number in its file,
        NaN where it gives none).
    trace : pandas.DataFrame
        ``time_second, voltage_volt, current_ampere``: min-max decimated, so that no spike is lost.
    voltammograms : pandas.DataFrame
        Long: ``series, sweep, time_second, voltage_volt, current_ampere``; a *series* is one CV
        measurement, a *sweep* one of its cycles.
    voltammetry : pandas.DataFrame
        One row a CV cycle: ``series, sweep, time_second, peak_current_ampere,
        chord_resistance_ohm, omega_literal, omega_chord, linearity``.
    spectra : pandas.DataFrame
        Long: ``spectrum, time_second, frequency_hertz, real_impedance_ohm,
        imaginary_impedance_ohm``.
    impedance : pandas.DataFrame
        One row a spectrum: ``spectrum, time_second, high_frequency_resistance_ohm,
        low_frequency_resistance_ohm, kramers_kronig_residual, electronic_fraction,
        electronic_fraction_lower, electronic_fraction_upper, high_frequency_resolved``.
    findings : tuple of Finding
    sources : pandas.DataFrame
        One row a record: ``path, technique, method, reader, rows``, and ``MOMENTS``: its beginning
        in the cell's life and since 1970 (UTC, s; NaN where the file does not state it).
    """

    cell: Cell
    summary: dict[str, object]
    verdicts: pd.DataFrame
    half_cycles: pd.DataFrame
    trace: pd.DataFrame
    voltammograms: pd.DataFrame
    voltammetry: pd.DataFrame
    spectra: pd.DataFrame
    impedance: pd.DataFrame
    findings: tuple[Finding, ...]
    sources: pd.DataFrame

    def __repr__(self) -> str:
        """One line that says what it is."""
        return (
            f"<Diagnosis {self.cell.cell_id}: {self.summary.get('state')}, "
            f"{len(self.verdicts)} cycles>"
        )


__all__ = ["Diagnosis", "Finding"]


def verdict_table(
    cell_id: str, units: pd.DataFrame, verdicts: Sequence[Verdict], detector: Detector
) -> pd.DataFrame:
    """Return the rows of ``verdicts.parquet``.

    Parameters
    ----------
    cell_id : str
    units : pandas.DataFrame
        ``cycle_index, start_time_second, end_time_second``.
    verdicts : sequence of Verdict
    detector : Detector
    """
    return pd.DataFrame(
        {
            "cell_id": cell_id,
            "cycle_index": units["cycle_index"].to_numpy(dtype=np.int64),
            "start_time_second": units["start_time_second"].to_numpy(dtype=np.float64),
            "end_time_second": units["end_time_second"].to_numpy(dtype=np.float64),
            "state": [verdict.state.value for verdict in verdicts],
            **{name: [getattr(verdict, name) for verdict in verdicts] for name in _TOLD[:-1]},
            "basis": [str(verdict.basis) for verdict in verdicts],
            "evidence": pd.Series([evidence_rows(verdict) for verdict in verdicts], dtype=object),
            "detector": detector.name,
            "detector_version": detector.version,
        }
    )


def verdict_row(
    cell_id: str, unit: tuple[int, float, float], verdict: Verdict, detector: Detector
) -> dict[str, Any]:
    """Return one row of ``verdicts.parquet``.

    Parameters
    ----------
    cell_id : str
    unit : tuple
        Cycle index, start and end (s).
    verdict : Verdict
    detector : Detector
    """
    numbers = [float(getattr(verdict, name)) for name in _TOLD[:6]]
    values = [*numbers, verdict.transient_short, verdict.wanted_measurement, str(verdict.basis)]
    told = [cell_id, *unit, verdict.state.value, *values, evidence_rows(verdict)]
    return dict(zip(VERDICT_COLUMNS, [*told, detector.name, detector.version], strict=True))


def evidence_rows(verdict: Verdict) -> list[dict[str, object]]:
    """Return the evidence of a verdict as plain dictionaries."""
    return [
        {
            "feature": item.feature,
            "value": float(item.value),
            "baseline": float(item.baseline),
            "sentence": item.sentence,
        }
        for item in verdict.evidence
    ]
