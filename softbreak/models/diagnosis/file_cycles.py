"""The cycle numbers that the files themselves give: shown beside ours, never trusted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Technique

_NUMBER = "cycle_count"


def file_cycles(history: CellHistory, half_cycles: pd.DataFrame) -> np.ndarray:
    """Return the number that a half-cycle's own file gives its cycle.

    Parameters
    ----------
    history : CellHistory
    half_cycles : pandas.DataFrame
        Of a :class:`softbreak.features.cycles.timeline.Timeline`: ``record, start_time_second,
        end_time_second``.

    Returns
    -------
    numpy.ndarray, shape (n,)
        As it stands in the middle of each half-cycle; NaN where the file gives none.
    """
    record = half_cycles["record"].to_numpy()
    ends = [half_cycles[f"{end}_time_second"].to_numpy(np.float64) for end in ("start", "end")]
    middle = 0.5 * (ends[0] + ends[1])
    found = np.full(len(half_cycles), np.nan)
    for key, (one, clock) in enumerate(history.of(Technique.CYCLING)):
        if _NUMBER not in one.table.columns or not len(clock):
            continue
        mine = np.flatnonzero(record == key)
        place = np.searchsorted(clock, middle[mine], side="right") - 1
        numbers = pd.to_numeric(one.table[_NUMBER], errors="coerce").to_numpy(
            dtype=np.float64, na_value=np.nan
        )
        found[mine] = numbers[np.clip(place, 0, len(clock) - 1)]
    return found


def told_by_the_file(history: CellHistory, half_cycles: pd.DataFrame, cycle_index: int) -> str:
    """Return "its file says 17" of a cycle, or nothing where the file counts as we do, or not.

    Parameters
    ----------
    history, half_cycles
        See :func:`file_cycles`.
    cycle_index : int
        From 0.
    """
    mine = half_cycles[half_cycles["cycle_index"].to_numpy() == cycle_index]
    if mine.empty:
        return ""
    number = file_cycles(history, mine.iloc[:1])[0]
    differs = np.isfinite(number) and number != cycle_index + 1
    return f"its file says {number:.0f}" if differs else ""
