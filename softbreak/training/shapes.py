"""The shapes of half-cycles of a population, for models that look at the curves themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Record, Technique
from softbreak.features.evidence import CellEvidence
from softbreak.features.waveform import POINTS, half_cycle_waveforms

SHAPE_COLUMNS = tuple(f"ohm_{k:02d}" for k in range(POINTS))
"""V/I in bins of equal duration (Ω, positive along the current)."""


def half_cycle_shapes(history: CellHistory, evidence: CellEvidence) -> pd.DataFrame:
    """Return the shape of every half-cycle of a cell's timeline.

    Parameters
    ----------
    history : CellHistory
    evidence : CellEvidence
        Gathered from the same history.

    Returns
    -------
    DataFrame
        ``cell_id, cycle_index, half_cycle_index, sign`` and, as float32, ``SHAPE_COLUMNS``.
    """
    half = evidence.timeline.half_cycles
    shapes = np.full((len(half), POINTS), np.nan, np.float32)
    numbers = half["record"].to_numpy()
    for number, (record, clock) in enumerate(history.of(Technique.CYCLING)):
        mine = np.flatnonzero(numbers == number)
        if len(mine):
            spans = half.iloc[mine]
            starts = np.searchsorted(clock, spans["start_time_second"].to_numpy())
            stops = np.searchsorted(clock, spans["end_time_second"].to_numpy(), side="right")
            shapes[mine] = half_cycle_waveforms(
                clock, *_curves(record, unipolar=evidence.timeline.unipolar), starts, stops
            )
    table = half[["cycle_index", "half_cycle_index", "sign"]].reset_index(drop=True)
    table.insert(0, "cell_id", evidence.cell.cell_id)
    return pd.concat([table, pd.DataFrame(shapes, columns=list(SHAPE_COLUMNS))], axis=1)


def _curves(record: Record, *, unipolar: bool) -> tuple[np.ndarray, np.ndarray]:
    voltage = record.array("voltage_volt").astype(np.float64)
    current = record.array("current_ampere").astype(np.float64)
    if "control_current_ampere" in record.table.columns:
        control = record.array("control_current_ampere").astype(np.float64)
        current = np.where(np.isfinite(control), control, current)
    if unipolar:
        voltage = np.abs(voltage) * np.where(current < 0, -1.0, 1.0)
    return voltage, current
