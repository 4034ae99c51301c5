"""The shape of a half-cycle on a fixed grid: what a network looks at.

Half-cycles differ in length and in sampling. Here each becomes the same number of bins of equal
duration, and each bin holds the time-weighted mean of V/I: a half-cycle of 30 samples and one of
30 000 look alike if the cell does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Record, Technique
from softbreak.features.kernels.waveforms import POINTS, half_cycle_waveforms

if TYPE_CHECKING:
    from softbreak.features.cycles.timeline import Timeline


SHAPE_COLUMNS: Final = tuple(f"ohm_{k:02d}" for k in range(POINTS))
"""V/I in bins of equal duration (Ω, positive along the current)."""


def waveform_table(history: CellHistory, timeline: Timeline) -> pd.DataFrame:
    """Return the shape of every half-cycle of a cell's timeline.

    Parameters
    ----------
    history : CellHistory
    timeline : Timeline
        Of the same history.

    Returns
    -------
    pandas.DataFrame
        ``cycle_index, half_cycle_index, sign`` and, as float32, ``SHAPE_COLUMNS``.
    """
    half = timeline.half_cycles
    shapes = np.full((len(half), POINTS), np.nan, np.float32)
    numbers = half["record"].to_numpy()
    for number, (record, clock) in enumerate(history.of(Technique.CYCLING)):
        mine = np.flatnonzero(numbers == number)
        if len(mine):
            spans = half.iloc[mine]
            starts = np.searchsorted(clock, spans["start_time_second"].to_numpy())
            stops = np.searchsorted(clock, spans["end_time_second"].to_numpy(), side="right")
            curves = _curves(record, unipolar=timeline.unipolar)
            shapes[mine] = half_cycle_waveforms(clock, *curves, starts, stops)
    table = half[["cycle_index", "half_cycle_index", "sign"]].reset_index(drop=True)
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
