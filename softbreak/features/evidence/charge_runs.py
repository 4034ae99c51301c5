"""Charges and discharges: all current of one sign between two of the other, whatever interrupts it.

A pause, another rate or rows that are missing divide a charge into several half-cycles. What is
balanced is the charge.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from softbreak.features.evidence.charge import Running

LONG_INTERVAL: Final = 3.0
"""An interval this many times as long as the long ones (90th percentile) of a run is a gap …"""
GAP_CHARGE: Final = 0.005
"""… if the current, had it gone on, would have carried this share of the run's charge in it."""
NEIGHBOURS: Final = 20
"""So many samples on either side of a gap say how fast the voltage moves."""
TELLING_VOLT: Final = 0.02
"""The voltage tells what happened in a gap if it would have moved by this much."""
STOOD, WENT_ON = 0.25, 0.75
"""It moved by less than this share of that: no current flowed. By more than that: it went on."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All current of one sign between two of the other.

    Attributes
    ----------
    sign : int
    rows : slice
        Its half-cycles.
    begin, end : float
        On the cell's clock (s).
    charge : float
        What is known to have flowed (C), positive.
    doubtful : float
        What may have flowed beside it in gaps of the recording (C).
    gaps : tuple of Gap
    last_volt : float
        Voltage at the end (V), as recorded.
    """

    sign: int
    rows: slice
    begin: float
    end: float
    charge: float
    doubtful: float
    gaps: tuple[Gap, ...]
    last_volt: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that are missing within a run, or between it and the next.

    Attributes
    ----------
    begin, seconds : float
        s.
    least, most : float
        What the current carried if it ended within a usual interval, and if it went on (C).
    flowed : bool or None
        Whether it did, by the voltage before and after; None where the voltage does not tell.
    """

    begin: float
    seconds: float
    least: float
    most: float
    flowed: bool | None


def runs_of(half_cycles: pd.DataFrame, whole: Running) -> list[Run]:
    """Join the half-cycles of one sign that follow each other.

    Parameters
    ----------
    half_cycles : pandas.DataFrame
        ``Timeline.half_cycles``.
    whole : Running

    Returns
    -------
    list of Run
        In the order of time; signs alternate.
    """
    sign = half_cycles["sign"].to_numpy(dtype=np.int64)
    spans = half_cycles[["start_time_second", "end_time_second"]].to_numpy(dtype=np.float64)
    last = half_cycles["last_voltage_volt"].to_numpy(dtype=np.float64) * sign
    edges = np.flatnonzero(np.diff(sign, prepend=0, append=0)).tolist()
    begins = [*spans[edges[:-1], 0].tolist(), float("inf")]
    found = []
    for k, (a, b) in enumerate(pairwise(edges)):
        times = (begins[k], float(spans[b - 1, 1]), begins[k + 1])
        charge, doubtful, gaps = _counted(times, whole)
        last_volt = float(last[b - 1])
        found.append(Run(int(sign[a]), slice(a, b), *times[:2], charge, doubtful, gaps, last_volt))
    return found


def _counted(
    times: tuple[float, float, float], whole: Running
) -> tuple[float, float, tuple[Gap, ...]]:
    """Charge (C) of a run from its begin and its end, up to the next one's begin (s)."""
    begin, end, until = times
    counted = abs(whole.between(begin, end)[0])
    charge, doubtful, gaps = counted, 0.0, _gaps(whole, begin, until, counted)
    for gap in gaps:
        # what the integral took for granted is taken out, and put back where it is known
        charge -= abs(whole.between(gap.begin, min(gap.begin + gap.seconds, end))[0])
        charge += gap.most if gap.flowed else gap.least
        doubtful += gap.most - gap.least if gap.flowed is None else 0.0
    return charge, doubtful, gaps


def _gaps(whole: Running, begin: float, end: float, counted: float) -> tuple[Gap, ...]:
    part = whole.part(begin, end)
    time, current = whole.time[part], whole.current[part]
    step, size = np.diff(time), np.abs(current)
    if len(step) < 2:
        return ()
    most = np.maximum(size[1:], size[:-1]) * step
    ending = 0.5 * np.minimum(np.median(step), step)
    least = np.where(current[1:] * current[:-1] < 0.0, size[:-1], size[:-1] + size[1:]) * ending
    long = step > LONG_INTERVAL * np.quantile(step, 0.9)
    return tuple(
        Gap(
            float(time[k]),
            float(step[k]),
            float(least[k]),
            float(most[k]),
            _flowed(time, whole.voltage[part], current, int(k)),
        )
        for k in np.flatnonzero(long & (most > GAP_CHARGE * counted))
    )


def _flowed(time: np.ndarray, voltage: np.ndarray, current: np.ndarray, k: int) -> bool | None:
    """Tell by the voltage whether the current went on between samples ``k`` and ``k + 1``."""
    carried = np.abs(current) > 0.5 * np.abs(current).max()
    if current[k] * current[k + 1] < 0.0:
        return None
    slopes = [
        _slope(time, voltage, part)
        for part, there in (
            (slice(max(k - NEIGHBOURS, 0), k + 1), carried[k]),
            (slice(k + 1, k + 2 + NEIGHBOURS), carried[k + 1]),
        )
        if there and carried[part].sum() > 2
    ]
    if not slopes:
        return None
    expected = float(np.mean(slopes)) * float(time[k + 1] - time[k])
    if abs(expected) < TELLING_VOLT:
        return None
    share = float(voltage[k + 1] - voltage[k]) / expected
    return False if share < STOOD else True if WENT_ON < share < 1.0 / WENT_ON else None


def _slope(time: np.ndarray, voltage: np.ndarray, part: slice) -> float:
    """Median dV/dt (V/s) of neighbouring samples."""
    step = np.diff(time[part])
    return float(np.median(np.diff(voltage[part])[step > 0] / step[step > 0]))
