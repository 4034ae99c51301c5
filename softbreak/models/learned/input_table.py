"""What learned detectors look at: the cell's history, and what the rule concluded from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from softbreak.features.cycles.timeline import cycles_of
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.families.cycle import COLUMNS as MEASURED
from softbreak.features.families.cycle import CycleFeatures, Reading
from softbreak.models.rules.fused import VoltageJudge
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
    cycles, judge = cycles_of(evidence.timeline), VoltageJudge(evidence)
    judge.step(cycles)
    table = np.hstack([CycleFeatures(evidence, readings).step(cycles), judge.concluded])
    return pd.DataFrame(table, columns=list(COLUMNS))
