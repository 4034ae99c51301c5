"""What is true of every cycle: the electronic fraction, and states with hysteresis."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.compiled import strict
from softbreak.simulate.engine import Run
from softbreak.simulate.protocols import REST
from softbreak.verdict import State

ENTER_SOFT, LEAVE_SOFT = 0.05, 0.02
ENTER_HARD, LEAVE_HARD = 0.95, 0.90
PATIENCE: Final = 3
"""Cycles in a row that a state must be left for before it is left."""
HARD_OCCUPANCY: Final = 0.9
"""Share of a hard cycle's time in which the electronic fraction exceeds 0.95."""
TRANSIENT_SHARE, TRANSIENT_SECONDS = 0.01, 30.0

STATES: Final = (State.HEALTHY, State.SOFT, State.HARD)


@strict
def _label(eta: np.ndarray, hard_share: np.ndarray, first: np.ndarray, out: np.ndarray) -> None:
    state = below_soft = below_hard = 0
    for i in range(eta.size):
        if first[i]:
            state = below_soft = below_hard = 0
        below_soft = below_soft + 1 if eta[i] < LEAVE_SOFT else 0
        below_hard = below_hard + 1 if eta[i] < LEAVE_HARD else 0
        if state == 2 and below_hard >= PATIENCE:
            state = 1
        if state == 1 and below_soft >= PATIENCE:
            state = 0
        if state == 0 and eta[i] >= ENTER_SOFT:
            state = 1
        if eta[i] >= ENTER_HARD and hard_share[i] >= HARD_OCCUPANCY:
            state = 2
        out[i] = state


def label(eta: Any, hard_share: Any = None, first: Any = None) -> np.ndarray:
    """Return states of consecutive cycles, with hysteresis.

    A soft breakdown begins at η̄ ≥ 0.05 and ends after three cycles below 0.02; a hard one begins
    at η̄ ≥ 0.95 held for 90 % of the cycle and ends (as soft) after three cycles below 0.90.

    Parameters
    ----------
    eta : array_like
        Charge-weighted electronic fraction of each cycle.
    hard_share : array_like, optional
        Share of the cycle's time above 0.95; 1 where not given.
    first : array_like of bool, optional
        Where a new cell begins.

    Returns
    -------
    ndarray of int64
        0 healthy, 1 soft, 2 hard: positions in :data:`STATES`.
    """
    values = np.asarray(eta, float)
    share = np.ones_like(values) if hard_share is None else np.asarray(hard_share, float)
    begins = np.zeros(values.size, bool) if first is None else np.asarray(first, bool)
    out = np.zeros(values.size, np.int64)
    _label(values, share, begins, out)
    return out


def per_cycle(run: Run, areas: np.ndarray) -> pd.DataFrame:
    """Return the truth of every cycle of a run.

    Parameters
    ----------
    run : Run
    areas : ndarray
        cm², of the cells.

    Notes
    -----
    η̄ is the electronic charge over all charge of the cycle. In a symmetric or asymmetric cell it
    is 1 minus ionic over all charge; in a full cell, where the leak follows the whole voltage,
    it is the leaked charge over the throughput.

    Returns
    -------
    DataFrame
        One row a cycle: ``cell`` (position in the run), ``cycle_index``, ``start_time_second``,
        ``end_time_second``, ``eta``, ``eta_max``, ``eta_min``, ``eta_small_signal``,
        ``occupancy`` (share of time with η > 0.05), ``short_events``, ``state``,
        ``transient_short``, ``ever_short``, ``areal_capacity_mah_per_cm2`` (magnitude, both
        half-cycles) and ``current_ampere`` (of the first half-cycle).
    """
    owner = np.repeat(np.arange(run.row_count.size), np.diff(run.step_offset))
    counted = (run.steps["cycle"] >= 0) & (run.done["end"] > run.done["start"])
    counted &= run.steps["kind"] != REST  # what circulates at open circuit is not in the label
    steps, done, owner = run.steps[counted], run.done[counted], owner[counted]
    key = owner * 10_000_000 + steps["cycle"]
    begins = np.flatnonzero(np.diff(key, prepend=-1))

    def total(name: str) -> np.ndarray:
        return np.add.reduceat(done[name], begins) if begins.size else np.zeros(0)

    seconds = np.add.reduceat(done["end"] - done["start"], begins) if begins.size else np.zeros(0)
    charge = total("charge")
    eta = np.clip(total("charge_electronic") / np.maximum(charge, 1e-300), 0.0, 1.0)
    cell = owner[begins]
    occupancy = total("seconds_soft") / seconds
    state = label(eta, total("seconds_hard") / seconds, np.diff(cell, prepend=-1) != 0)
    transient = (eta < ENTER_SOFT) & (
        (occupancy >= TRANSIENT_SHARE) | (total("seconds_soft") >= TRANSIENT_SECONDS)
    )
    table = pd.DataFrame(
        {
            "cell": cell,
            "cycle_index": steps["cycle"][begins].astype(np.int64),
            "start_time_second": done["start"][begins],
            "end_time_second": np.maximum.reduceat(done["end"], begins),
            "eta": eta,
            "eta_max": np.maximum.reduceat(done["eta_max"], begins),
            "eta_min": np.minimum(np.minimum.reduceat(done["eta_min"], begins), 1.0),
            "eta_small_signal": np.maximum.reduceat(done["eta_small"], begins),
            "occupancy": occupancy,
            "short_events": total("events").astype(np.int64),
            "state": np.array(STATES, object)[state],
            "transient_short": transient,
            "areal_capacity_mah_per_cm2": charge,
            "current_ampere": steps["value"][begins] * areas[cell],
        }
    )
    short = pd.Series((state > 0) | transient)
    table["ever_short"] = short.groupby(cell).cummax().to_numpy()
    return table.astype({"state": "str"})


def onset_seconds(run: Run) -> np.ndarray:
    """Return when each cell's current was first electronic by more than 0.05 (s), NaN for never.

    Parameters
    ----------
    run : Run
        Its rows decide, so the answer is sharp to one sampling interval.
    """
    out = np.full(run.row_count.size, np.nan)
    counted = run.steps["cycle"] >= 0
    for i, (first, count) in enumerate(zip(run.row_offset[:-1], run.row_count, strict=True)):
        rows = run.rows[first : first + count]
        short = np.flatnonzero(
            (rows["eta"] > ENTER_SOFT) & counted[run.step_offset[i] + rows["step"]]
        )
        if short.size:
            out[i] = rows["time"][short[0]]
    return out
