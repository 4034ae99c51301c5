"""Charge balances: cycles of a full cell, and strips of a thin metal electrode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.features.cycles.columns import Columns
from softbreak.features.cycles.timeline import Timeline
from softbreak.features.evidence.charge import Running, running
from softbreak.features.evidence.charge_runs import Run, runs_of
from softbreak.physics.coulombic import (
    coulombic_efficiency,
    fluctuation,
    leak_resistance,
    overcharge,
)

SAME_END_VOLT: Final = 0.02
"""A cycle is closed when its discharge ends within this of where the one before ended."""
STEADY_CURRENT: Final = 0.02
"""A change of the current by more than this fraction is another step of the charge."""
RUN_AWAY: Final = 1.8
"""A strip has run out of metal when the voltage exceeds its usual value by this factor."""
SHORTFALL: Final = 0.95
"""… or when it gives less than this share of what a full strip gives."""

FALLS_VOLT: Final = 0.05
"""A charge whose voltage falls by more than this was counted as a discharge …"""
MOSTLY: Final = 0.8
"""… if so many half-cycles run the wrong way."""

BALANCE_COLUMNS: Final = (
    "cycle_index",
    "charge_ampere_second",
    "discharge_ampere_second",
    "efficiency",
    "efficiency_lower",
    "efficiency_upper",
    "gap_second",
    "gap_ampere_second",
    "gap_flowed",
    "volt_second",
    "leak_ohm",
    "closed",
    "largest_volt",
    "dips",
    "largest_dip_volt",
    "noise_volt",
    "overcharge",
)


@dataclass(frozen=True, slots=True)
class Depletion:
    """What was passed through a thin metal electrode until nothing was left of it.

    Attributes
    ----------
    depleted : bool
        The voltage ran away, or a strip fell short. If not, everything here is "so far".
    applied_ampere_second : float
        Net charge in the stripping direction until then (C): what the foil seemed to hold.
    full_strips : int
        Strips that gave their full charge before.
    strip_ampere_second : float
        Charge of a full strip (C).
    last_strip_ampere_second : float
        What the strip that fell short still gave (C).
    sign : int
        Current direction that strips the thin electrode.
    """

    depleted: bool
    applied_ampere_second: float
    full_strips: int
    strip_ampere_second: float
    last_strip_ampere_second: float
    sign: int


def charging_sign(half_cycles: Columns) -> int:
    """Sign of the current that charges a cell with a voltage of its own: its voltage rises.

    Parameters
    ----------
    half_cycles : Columns
        ``Timeline.half_cycle_columns``.

    Returns
    -------
    int
        1; -1 where the file counts the current the other way round.
    """
    rise = half_cycles["last_voltage_volt"] - half_cycles["first_voltage_volt"]
    rise = rise[np.isfinite(rise)]  # along the current: positive in either direction
    if len(rise) < 2 or not float(np.median(rise)) < -FALLS_VOLT:
        return 1
    return -1 if float((rise < 0.0).mean()) >= MOSTLY else 1


def balance_of(history: CellHistory, timeline: Timeline) -> pd.DataFrame:
    """Balance the charge of every cycle of a full cell.

    A charge is all current of its sign (see :func:`charging_sign`) between two discharges, pauses
    and rate steps included; a cycle is a charge with the discharge after it.
    ``leak_ohm`` is given for closed cycles only: those that end where they began.

    Parameters
    ----------
    history : CellHistory
    timeline : Timeline

    Returns
    -------
    pandas.DataFrame
        ``BALANCE_COLUMNS``; charges in C, ``efficiency`` is NaN where a gap of the recording may
        hide a part of them (``gap_ampere_second``; its bounds are told), ``volt_second`` is
        ∫V dt from the charge's begin to the discharge's end, ``overcharge`` is relative to the
        discharge *before*.
    """
    table = timeline.half_cycles
    if not len(table):
        return pd.DataFrame({name: np.empty(0) for name in BALANCE_COLUMNS})
    whole = running(history)
    rows: list[dict[str, Any]] = []
    ended = before = float("nan")  # of the discharge before: its last voltage and its charge
    runs = runs_of(table, whole)
    charging = charging_sign(timeline.half_cycle_columns)
    for k, run in enumerate(runs):
        if run.sign == charging:
            continue
        if k > 0:
            found = _cycle(runs[k - 1], run, whole)
            found["cycle_index"] = len(rows)
            found["closed"] = abs(run.last_volt - ended) < SAME_END_VOLT
            found["overcharge"] = float(overcharge(found["charge_ampere_second"], before))
            rows.append(found)
        ended, before = run.last_volt, run.charge
    frame = pd.DataFrame(rows, columns=list(BALANCE_COLUMNS))
    frame.loc[~frame["closed"].astype(bool), "leak_ohm"] = np.nan
    return frame


def _cycle(into: Run, out: Run, whole: Running) -> dict[str, Any]:
    """Balance one charge and the discharge after it."""
    lower = float(coulombic_efficiency(out.charge, into.charge + into.doubtful))
    upper = float(coulombic_efficiency(out.charge + out.doubtful, into.charge))
    known = not into.doubtful and not out.doubtful
    volt_second = whole.between(into.begin, out.end)[1]
    part = whole.part(into.begin, into.end)
    rising = whole.voltage[part]
    found = fluctuation(rising[_constant(whole.current[part])])
    gaps = (*into.gaps, *out.gaps)
    return {
        "charge_ampere_second": into.charge,
        "discharge_ampere_second": out.charge,
        "efficiency": lower if known else float("nan"),
        "efficiency_lower": lower,
        "efficiency_upper": upper,
        "gap_second": sum(gap.seconds for gap in gaps),
        "gap_ampere_second": into.doubtful + out.doubtful,
        "gap_flowed": any(gap.flowed for gap in gaps),
        "volt_second": volt_second,
        "leak_ohm": float(leak_resistance(volt_second, into.charge, out.charge))
        if known
        else float("nan"),
        "largest_volt": float(rising.max()) if len(rising) else float("nan"),
        "dips": found.dips,
        "largest_dip_volt": found.largest_dip_volt,
        "noise_volt": found.noise_volt,
    }


def _constant(current: np.ndarray) -> slice:
    """Longest stretch at one current."""
    if not len(current):
        return slice(0, 0)
    step = np.abs(np.diff(current)) > STEADY_CURRENT * np.abs(current[:-1])
    edges = np.concatenate(([0], np.flatnonzero(step) + 1, [len(current)]))
    longest = int(np.argmax(np.diff(edges)))
    return slice(int(edges[longest]), int(edges[longest + 1]))


def depletion_of(history: CellHistory, timeline: Timeline) -> Depletion | None:
    """Find how much charge a thin metal electrode gave until it was gone.

    The thin side is the one whose stripping runs away (or falls short) first.

    Parameters
    ----------
    history : CellHistory
    timeline : Timeline
        Of an asymmetric cell; one-way stripping, or strips and platings in turn.

    Returns
    -------
    Depletion or None
        None without any half-cycle.
    """
    table = timeline.half_cycles
    if not len(table):
        return None
    whole = running(history)
    runs = runs_of(table, whole)
    level = table["voltage_volt"].to_numpy(dtype=np.float64)
    if timeline.one_way:
        begin, stop, side = runs[0].begin, runs[-1].end, runs[0].sign
        end = _gone(whole, begin, stop, side, float(np.median(level)))
        applied = abs(whole.between(begin, end or stop)[0])
        return Depletion(end is not None, applied, 0, np.nan, applied, side)
    found = [_strips(whole, [r for r in runs if r.sign == side], level, side) for side in (1, -1)]
    gone_first = [d for d in found if d.depleted]
    return min(gone_first or found, key=lambda d: d.full_strips)


def _gone(whole: Running, begin: float, end: float, side: int, level: float) -> float | None:
    """Moment (s) from which on the voltage stays beyond RUN_AWAY times its usual value."""
    part = whole.part(begin, end)
    beyond = whole.voltage[part] * side > RUN_AWAY * level
    if not len(beyond) or not beyond[-1]:
        return None
    within = np.flatnonzero(~beyond)
    first = int(within[-1]) + 1 if len(within) else 0
    return float(whole.time[part][first])


def _strips(whole: Running, strips: list[Run], level: np.ndarray, side: int) -> Depletion:
    """Count the full strips of one side before one runs away or falls short."""
    if not strips:
        return Depletion(False, 0.0, 0, np.nan, np.nan, side)
    usual = float(np.median(np.concatenate([level[strip.rows] for strip in strips])))
    full = float(np.median([strip.charge for strip in strips]))
    begin = float(whole.time[0])
    for k, strip in enumerate(strips):
        end = _gone(whole, strip.begin, strip.end, side, usual)
        if end is not None or strip.charge < SHORTFALL * full:
            stop = end or strip.end
            last = abs(whole.between(strip.begin, stop)[0])
            return Depletion(True, side * whole.between(begin, stop)[0], k, full, last, side)
    net = side * whole.between(begin, strips[-1].end)[0]
    return Depletion(False, net, len(strips), full, 0.0, side)
