"""The whole answer about one cell: verdicts, as the rows of ``verdicts.parquet``, and all else."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pandas as pd

from softbreak.data.checks import Finding
from softbreak.data.record import Cell
from softbreak.features.cycles.columns import Columns, columns_of, with_tables
from softbreak.models.verdicts import STATES, Verdicts, plain_floats
from softbreak.verdict import Evidence, Verdict

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
TABLES: Final = (
    "half_cycles",
    "trace",
    "voltammograms",
    "voltammetry",
    "spectra",
    "impedance",
    "sources",
)
"""What stands beside the verdicts."""
UNIT_COLUMNS: Final = VERDICT_COLUMNS[1:4]
"""What a verdict is about."""
_NUMBERS: Final = VERDICT_COLUMNS[5:11]
_STATES: Final = [state.value for state in STATES]


@with_tables("verdicts", *TABLES)
@dataclass(frozen=True, eq=False)
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

    def changed(self, **parts: Any) -> Self:
        """Return it with other parts; :func:`dataclasses.replace` makes a DataFrame of every table.

        Parameters
        ----------
        **parts
            Fields by their names.
        """
        other = copy(self)
        for name, value in parts.items():
            object.__setattr__(other, name, value)
        return other

    def __repr__(self) -> str:
        """One line that says what it is."""
        return (
            f"<Diagnosis {self.cell.cell_id}: {self.summary.get('state')}, "
            f"{len(columns_of(self, 'verdicts'))} cycles>"
        )


__all__ = ["Diagnosis", "Finding"]


class VerdictColumns(Columns):
    """The rows of ``verdicts.parquet``: evidence as :class:`softbreak.models.verdicts.Verdicts`
    have it, and one word for what all share.

    So that nothing is made twice: a store takes them as they are.
    """

    def __len__(self) -> int:
        """Rows there are."""
        return len(self["cycle_index"])

    def _made(self) -> pd.DataFrame:
        columns = dict(self._columns)
        columns["evidence"] = pd.Series(evidence_of_each(columns["evidence"]), dtype=object)
        return pd.DataFrame(columns)


def verdict_table(
    cell_id: str, units: Columns, verdicts: Sequence[Verdict], detector: Detector
) -> VerdictColumns:
    """Return the rows of ``verdicts.parquet``.

    Parameters
    ----------
    cell_id : str
    units : Columns
        ``cycle_index, start_time_second, end_time_second``.
    verdicts : sequence of Verdict
    detector : Detector
    """
    told = Verdicts.of(verdicts)
    return VerdictColumns(
        {
            "cell_id": cell_id,
            "cycle_index": units["cycle_index"].astype(np.int64),
            "start_time_second": units["start_time_second"].astype(np.float64),
            "end_time_second": units["end_time_second"].astype(np.float64),
            "state": list(map(_STATES.__getitem__, told.state.tolist())),
            **{name: np.ascontiguousarray(told.numbers[name]) for name in _NUMBERS},
            "transient_short": told.numbers["transient_short"] != 0,
            "wanted_measurement": told.wanted,
            "basis": told.basis,
            "evidence": told,
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
    numbers = [float(getattr(verdict, name)) for name in _NUMBERS]
    values = [*numbers, verdict.transient_short, verdict.wanted_measurement, str(verdict.basis)]
    told = [cell_id, *unit, verdict.state.value, *values, evidence_rows(verdict.evidence)]
    return dict(zip(VERDICT_COLUMNS, [*told, detector.name, detector.version], strict=True))


def evidence_rows(found: Sequence[Evidence]) -> list[dict[str, object]]:
    """Return the evidence of a verdict as plain dictionaries."""
    return [
        {
            "feature": item.feature,
            "value": float(item.value),
            "baseline": float(item.baseline),
            "sentence": item.sentence,
        }
        for item in found
    ]


def evidence_of_each(verdicts: Verdicts) -> list[list[dict[str, object]]]:
    """Return the evidence of many verdicts as plain dictionaries."""
    found, bounds = verdicts.found, verdicts.bounds.tolist()
    columns = (
        map(verdicts.texts.__getitem__, found["feature"].tolist()),
        plain_floats(found["value"]),
        plain_floats(found["baseline"]),
        verdicts.sentences,
    )
    names = Evidence.__slots__
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return [rows[first:stop] for first, stop in pairwise(bounds)]
