"""The whole answer about one cell: verdicts, and everything a person needs to check them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from softbreak.data.checks import Finding
from softbreak.data.record import Cell


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
        charge_ampere_second, temperature_celsius``.
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
        electronic_fraction_lower, electronic_fraction_upper``.
    findings : tuple of Finding
    sources : pandas.DataFrame
        One row a record: ``path, technique, method, reader, rows, start_time_second``.
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
