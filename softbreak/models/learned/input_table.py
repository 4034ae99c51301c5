"""What learned detectors look at: the cell's history, and what the rule concluded from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.families.cycle import COLUMNS as MEASURED
from softbreak.features.families.cycle import Reading, cycle_numbers
from softbreak.models.rules.fused import voltage_run
from softbreak.models.rules.voltage import CONCLUDED

COLUMNS: Final = (*MEASURED, *CONCLUDED)
"""Columns of :func:`detector_table`."""
VOLTAGE_COLUMNS: Final = tuple(
    name
    for name in COLUMNS
    if not name.startswith(("eis_", "cv_"))
    and name
    not in (
        "x_since_spectrum",
        "direct_over_spectrum",
        "x_since_sweep",
        "chord_over_direct",
        "x_over_floor",
        "rule_certificate",
        "temperature_distance",
        "temperature_step",
        "activation_energy",
        "activation_misfit",
    )
)
"""Those that need nothing but voltage and current."""


def detector_table(evidence: CellEvidence, readings: Sequence[Reading]) -> pd.DataFrame:
    """Return the columns that learned detectors take, one row a cycle.

    Causal: a row knows nothing of what was measured after its cycle.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
        One a spectrum, in order.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``, in the order of ``evidence.timeline.cycles``.
    """
    table = detector_rows(evidence, readings, voltage_run(evidence)[1])
    return pd.DataFrame(table, columns=list(COLUMNS))


def detector_rows(
    evidence: CellEvidence, readings: Sequence[Reading], concluded: np.ndarray
) -> np.ndarray:
    """Do as :func:`detector_table` where the voltage rule has judged already; as an array.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
    concluded : numpy.ndarray, shape (n, len(CONCLUDED))
        See :func:`softbreak.models.rules.fused.voltage_run`.
    """
    return np.hstack([cycle_numbers(evidence, readings), concluded])
