"""The cycle numbers that the files themselves give: shown beside ours, never trusted."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Technique
from softbreak.features.cycles.columns import Columns

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
    middle = 0.5 * (half_cycles["start_time_second"] + half_cycles["end_time_second"])
    found = np.full(len(half_cycles), np.nan)
    for one, clock in history.of(Technique.CYCLING):
        if FILE_CYCLE not in one.table.columns or not len(clock):
            continue
        mine = np.flatnonzero((middle >= clock[0]) & (middle <= clock[-1]))
        place = np.searchsorted(clock, middle[mine], side="right") - 1
        numbers = pd.to_numeric(one.table[FILE_CYCLE], errors="coerce").to_numpy(
            dtype=np.float64, na_value=np.nan
        )
        found[mine] = numbers[np.clip(place, 0, len(clock) - 1)]
    return found
