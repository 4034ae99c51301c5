"""What is judged, one row a verdict, and verdicts as the rows of ``verdicts.parquet``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.registry import Detector, fallback_for
from softbreak.verdict import Verdict

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
    "evidence",
    "detector",
    "detector_version",
)
_TOLD: Final = VERDICT_COLUMNS[5:13]


def units_of(evidence: CellEvidence, detector: Detector) -> tuple[Detector, pd.DataFrame]:
    """Return who judges, and what is judged, one row a verdict.

    Parameters
    ----------
    evidence : CellEvidence
    detector : Detector
        Where a cell offers no cycling, another one judges its voltammograms or its spectra.

    Returns
    -------
    detector : Detector
    units : pandas.DataFrame
        ``cycle_index, start_time_second, end_time_second, charge_ampere_second``.
    """
    cycles, sweeps, spectra = evidence.timeline.cycles, evidence.sweeps, evidence.spectra
    if detector.unit == "cycle" and not len(cycles) and (len(sweeps) or len(spectra)):
        detector = fallback_for("sweep" if len(sweeps) else "spectrum")
    if detector.unit == "cycle":
        return detector, cycles[
            ["cycle_index", "start_time_second", "end_time_second", "charge_ampere_second"]
        ]
    if detector.unit == "sweep":
        times = sweeps[["start_time_second", "end_time_second"]]
        charge = 2.0 * sweeps["charge"].to_numpy()
    else:
        at = [spectrum.time_second for spectrum in spectra]
        times = pd.DataFrame({"start_time_second": at, "end_time_second": at})
        charge = np.zeros(len(times))
    return detector, times.assign(cycle_index=np.arange(len(times)), charge_ampere_second=charge)


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
            **{name: [getattr(verdict, name) for verdict in verdicts] for name in _TOLD},
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
    values = [*numbers, verdict.transient_short, verdict.wanted_measurement]
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
