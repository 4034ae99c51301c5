"""When a breakdown is noticed: delay after its onset, lead before a hard one."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

ABRUPT_FAMILIES: Final = ("filament", "fuse", "telegraph", "recovery", "hard", "prelude")
"""Breakdowns that begin with an event; the others creep in."""
PROMPT: Final = 2
"""Cycles within which an onset is found promptly."""


def onsets(judged: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each cell that breaks down.

    A breakdown is found by the first cycle from its onset on that is called soft or hard; an
    alarm before the onset is a false one and finds nothing.

    Parameters
    ----------
    judged : DataFrame
        See :mod:`softbreak.training.metrics`.

    Returns
    -------
    DataFrame
        ``cell_id, family, onset_cycle, delay_cycles`` (NaN: missed), ``delay_hour``,
        ``lead_cycles`` and ``lead_hour`` (from the first true alarm to the first truly hard
        cycle; NaN without a soft prelude or where nothing was found before).
    """
    rows = [
        row
        for name, cell in judged.sort_values("cycle_index").groupby("cell_id", sort=True)
        if (row := _episode(str(name), cell)) is not None
    ]
    names = ("cell_id", "family", "onset_cycle", "delay_cycles", "delay_hour")
    return pd.DataFrame(rows, columns=[*names, "lead_cycles", "lead_hour"])


def _episode(name: str, cell: pd.DataFrame) -> dict[str, object] | None:
    broken = np.flatnonzero((cell["state_true"] != "healthy").to_numpy())
    if not len(broken):
        return None
    begin = int(broken[0])
    index, end = cell["cycle_index"].to_numpy(), cell["end_time_second"].to_numpy()
    alarm = cell["state"].isin(["soft", "hard"]).to_numpy()
    found = np.flatnonzero(alarm[begin:]) + begin
    delay = (np.nan, np.nan)
    if len(found):
        k = int(found[0])
        delay = (float(index[k] - index[begin]), float(end[k] - end[begin]) / 3600.0)
    lead = (np.nan, np.nan)
    hard = np.flatnonzero((cell["state_true"] == "hard").to_numpy())
    if len(hard) and hard[0] > begin and len(found) and found[0] < hard[0]:
        h, k = int(hard[0]), int(found[0])
        start = cell["start_time_second"].to_numpy()
        lead = (float(index[h] - index[k]), float(start[h] - end[k]) / 3600.0)
    return {
        "cell_id": name,
        "family": cell["family"].iloc[0],
        "onset_cycle": int(index[begin]),
        "delay_cycles": delay[0],
        "delay_hour": delay[1],
        "lead_cycles": lead[0],
        "lead_hour": lead[1],
    }


def preludes(judged: pd.DataFrame) -> int:
    """Return how many cells are soft before they are hard: those that could be warned of."""
    broken = judged[judged["state_true"] != "healthy"].sort_values("cycle_index")
    states = broken.groupby("cell_id", sort=True)["state_true"]
    hard = set(broken.loc[broken["state_true"] == "hard", "cell_id"])
    first = states.first()
    return sum(name in hard for name in first.index[first == "soft"])


def onset_scores(judged: pd.DataFrame) -> dict[str, float]:
    """Return delays and leads in a few numbers.

    Returns
    -------
    dict of str to float
        ``onsets, onset_delay_median`` (of those found), ``onset_within_2`` and ``onset_missed``
        (shares of all), the same with ``_abrupt`` for families that begin with an event;
        ``lead_hour_median`` (of preludes that were found) and ``lead_share`` (of all preludes).
    """
    found = onsets(judged)
    out = _delays(found, "")
    out |= _delays(found[found["family"].isin(ABRUPT_FAMILIES)], "_abrupt")
    warned = int(found["lead_hour"].notna().sum())
    possible = preludes(judged)
    out["lead_hour_median"] = float(found["lead_hour"].median()) if warned else np.nan
    out["lead_share"] = warned / possible if possible else np.nan
    return out


def _delays(found: pd.DataFrame, mark: str) -> dict[str, float]:
    delay = found["delay_cycles"].astype(np.float64)
    some = len(delay) > 0
    return {
        f"onsets{mark}": float(len(delay)),
        f"onset_delay_median{mark}": float(delay.median()) if delay.notna().any() else np.nan,
        f"onset_within_2{mark}": float((delay <= PROMPT).mean()) if some else np.nan,
        f"onset_missed{mark}": float(delay.isna().mean()) if some else np.nan,
    }


def delay_curve(judged: pd.DataFrame, longest: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of onsets that were found within so many cycles.

    Parameters
    ----------
    judged : DataFrame
    longest : int

    Returns
    -------
    cycles, share : ndarray
    """
    delay = onsets(judged)["delay_cycles"].astype(np.float64).to_numpy()
    cycles = np.arange(longest + 1)
    if not len(delay):
        return cycles, np.full(len(cycles), np.nan)
    return cycles, np.array([(delay <= k).mean() for k in cycles])
