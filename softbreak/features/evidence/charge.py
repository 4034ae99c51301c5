"""Running integrals over a cell's whole life: charge, and the time integral of the voltage.

Half-cycles of the timeline begin and end at samples, so that what flowed between the last sample
of one and the first of the next belongs to neither. For judging a short that is nothing; a charge
balance of 0.1 % needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Record, Technique
from softbreak.data.segment import GAP_FACTOR, GAP_SECOND
from softbreak.features.cycles.timeline import Timeline
from softbreak.physics.coulombic import (
    coulombic_efficiency,
    fluctuation,
    leak_resistance,
    overcharge,
)


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """Samples of all cycling and rest records on the cell's clock, with running integrals.

    Attributes
    ----------
    time, voltage, current : numpy.ndarray, shape (n,)
        s, V, A; the imposed current where the file has it.
    charge, volt_second : numpy.ndarray, shape (n,)
        ∫I dt (C) and ∫V dt (V s) since the first sample, by the trapezoidal rule; pauses of the
        recording add nothing.
    """

    time: np.ndarray
    voltage: np.ndarray
    current: np.ndarray
    charge: np.ndarray
    volt_second: np.ndarray

    def between(self, begin: float, end: float) -> tuple[float, float]:
        """Return charge (C, signed) and ∫V dt (V s) from one moment (s) to another."""
        moments = [begin, end]
        charge = np.diff(np.interp(moments, self.time, self.charge))
        volt = np.diff(np.interp(moments, self.time, self.volt_second))
        return float(charge[0]), float(volt[0])

    def part(self, begin: float, end: float) -> slice:
        """Return the samples from one moment (s) to another, both ends included."""
        first = int(np.searchsorted(self.time, begin, side="left"))
        return slice(first, int(np.searchsorted(self.time, end, side="right")))


def running(history: CellHistory) -> Running:
    """Integrate charge and voltage over a cell's life.

    Parameters
    ----------
    history : CellHistory
    """
    records = history.of(Technique.CYCLING) + history.of(Technique.REST)
    parts = [_samples(record, clock) for record, clock in records]
    time, voltage, current = (
        np.concatenate([part[k] for part in parts]) if parts else np.empty(0) for k in range(3)
    )
    good = np.isfinite(time) & np.isfinite(voltage) & np.isfinite(current)
    order = np.argsort(time[good], kind="stable")
    time, voltage, current = (values[good][order] for values in (time, voltage, current))
    step = np.diff(time)
    usual = float(np.median(step)) if len(step) else 0.0
    step = np.where((step > GAP_SECOND) & (step > GAP_FACTOR * usual), 0.0, step)
    return Running(time, voltage, current, _integral(current, step), _integral(voltage, step))


def _samples(record: Record, clock: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    current = np.asarray(record.array("current_ampere"), dtype=np.float64)
    if "control_current_ampere" in record.table.columns:
        control = np.asarray(record.array("control_current_ampere"), dtype=np.float64)
        current = np.where(np.isfinite(control), control, current)
    return clock, np.asarray(record.array("voltage_volt"), dtype=np.float64), current


def _integral(values: np.ndarray, step: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.empty(0)
    return np.concatenate(([0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * step)))


SAME_END_VOLT: Final = 0.02
"""A cycle is closed when its discharge ends within this of where the one before ended."""
STEADY_CURRENT: Final = 0.02
"""A change of the current by more than this fraction is another step of the charge."""
RUN_AWAY: Final = 1.8
"""A strip has run out of lithium when the voltage exceeds its usual value by this factor."""
SHORTFALL: Final = 0.95
"""… or when it gives less than this share of what a full strip gives."""

BALANCE_COLUMNS: Final = (
    "cycle_index",
    "charge_ampere_second",
    "discharge_ampere_second",
    "efficiency",
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
    """What was passed through a thin lithium electrode until nothing was left of it.

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


def balance_of(history: CellHistory, timeline: Timeline) -> pd.DataFrame:
    """Balance the charge of every cycle of a full cell.

    A charge is a half-cycle of positive current, a cycle a charge with the discharge after it.
    ``leak_ohm`` is given for closed cycles only: those that end where they began.

    Parameters
    ----------
    history : CellHistory
    timeline : Timeline

    Returns
    -------
    pandas.DataFrame
        ``BALANCE_COLUMNS``; charges in C, ``volt_second`` is ∫V dt from the charge's begin to
        the discharge's end, ``overcharge`` is relative to the discharge *before*.
    """
    table = timeline.half_cycles
    if not len(table):
        return pd.DataFrame({name: np.empty(0) for name in BALANCE_COLUMNS})
    whole = running(history)
    signs = table["sign"].to_list()
    spans = table[["start_time_second", "end_time_second"]].to_numpy(dtype=np.float64)
    rows: list[dict[str, Any]] = []
    ended = before = float("nan")  # of the discharge before: its last voltage and its charge
    for k in np.flatnonzero(table["sign"].to_numpy() < 0).tolist():
        end = -float(table["last_voltage_volt"].iloc[k])
        given = abs(whole.between(*spans[k])[0])
        if k > 0 and signs[k - 1] > 0:
            found = _cycle(spans[k - 1], spans[k], whole)
            found["cycle_index"] = len(rows)
            found["closed"] = abs(end - ended) < SAME_END_VOLT
            found["overcharge"] = float(overcharge(found["charge_ampere_second"], before))
            rows.append(found)
        ended, before = end, given
    frame = pd.DataFrame(rows, columns=list(BALANCE_COLUMNS))
    frame.loc[~frame["closed"].astype(bool), "leak_ohm"] = np.nan
    return frame


def _cycle(into: np.ndarray, out: np.ndarray, whole: Running) -> dict[str, Any]:
    """Balance one charge and the discharge after it; both are (begin, end) in s."""
    charge = abs(whole.between(*into)[0])
    discharge = abs(whole.between(*out)[0])
    volt_second = whole.between(into[0], out[1])[1]
    rising = whole.voltage[whole.part(*into)]
    found = fluctuation(rising[_constant(whole.current[whole.part(*into)])])
    return {
        "charge_ampere_second": charge,
        "discharge_ampere_second": discharge,
        "efficiency": float(coulombic_efficiency(discharge, charge)),
        "volt_second": volt_second,
        "leak_ohm": float(leak_resistance(volt_second, charge, discharge)),
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
    """Find how much charge a thin lithium electrode gave until it was gone.

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
    sign = table["sign"].to_numpy(dtype=np.int64)
    spans = table[["start_time_second", "end_time_second"]].to_numpy(dtype=np.float64)
    level = table["voltage_volt"].to_numpy(dtype=np.float64)
    if timeline.one_way:
        end = _gone(whole, spans[0, 0], spans[-1, 1], int(sign[0]), float(np.median(level)))
        applied = abs(whole.between(spans[0, 0], end or spans[-1, 1])[0])
        return Depletion(end is not None, applied, 0, np.nan, applied, int(sign[0]))
    found = [_strips(whole, spans[sign == side], level[sign == side], side) for side in (1, -1)]
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


def _strips(whole: Running, spans: np.ndarray, level: np.ndarray, side: int) -> Depletion:
    """Count the full strips of one side before one runs away or falls short."""
    if not len(spans):
        return Depletion(False, 0.0, 0, np.nan, np.nan, side)
    usual = float(np.median(level))
    charge = np.array([abs(whole.between(*span)[0]) for span in spans])
    full = float(np.median(charge))
    begin = float(whole.time[0])
    for k, (start, stop) in enumerate(spans.tolist()):
        end = _gone(whole, start, stop, side, usual)
        if end is not None or charge[k] < SHORTFALL * full:
            last = abs(whole.between(start, end or stop)[0])
            net = side * whole.between(begin, end or stop)[0]
            return Depletion(True, net, k, full, last, side)
    return Depletion(False, side * whole.between(begin, stop)[0], len(spans), full, 0.0, side)
