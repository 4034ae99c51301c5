"""What a sweep shows beside the cell: noise, contacts that bounce or come back, and jumps."""

from __future__ import annotations

from typing import Final

import numpy as np

BOUNCE_SECOND: Final = 6.0
"""What lasts less, or a single sample, and returns is a contact that bounced."""
SPIKE_SHARE: Final = 0.05
"""A bounce counts from this share of the largest range of the current on …"""
SPIKE_SIGMAS: Final = 6.0
"""… and from this many standard deviations of its noise; so does a jump."""
RETURNED: Final = 1.1
"""A conductance up to this many times what the cycle before showed is no new path."""
NO_CONTACT: Final = 0.1
"""So small a share of the current that follows may be that of a cell without contact …"""
FOLLOWS: Final = 0.5
"""… if a straight line through I(V) leaves more than this of what it varies."""
_MOST_BESIDE, _AT_ONCE = 25, 1 << 15
"""Samples of a running median on either side, and medians taken at once: time and memory."""
_FEW_NOISE, _MOSTLY = 20, 0.5
"""So many samples tell noise from a curve, and so much of their spread is then noise."""
OUTER: Final = 0.2
"""Below this share of the window I/V is mostly offset."""


def straight_line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the least-squares line.

    Parameters
    ----------
    x, y : numpy.ndarray, shape (n,)
    """
    centred = x - x.mean()
    spread = float((centred**2).sum())
    slope = float((centred * y).sum()) / spread if spread > 0 else 0.0
    return slope, float(y.mean() - slope * x.mean())


def _noise(values: np.ndarray) -> float:
    """Standard deviation of white noise, from second differences."""
    bends = np.abs(np.diff(values, 2))
    return float(np.median(bends)) / (0.6745 * np.sqrt(6.0)) if len(bends) else 0.0


def only_noise(current: np.ndarray) -> bool:
    """Return whether a current is noise about a constant: nothing flows through the cell.

    Parameters
    ----------
    current : numpy.ndarray, shape (n,)
        A; of one cycle.
    """
    return len(current) >= _FEW_NOISE and _noise(current) > _MOSTLY * float(np.std(current)) > 0.0


def without_bounces(time: np.ndarray, voltage: np.ndarray, current: np.ndarray) -> np.ndarray:
    """Return the current, with what leaves it for a moment replaced by what lies about it.

    Looked for beside the straight line through I(V), which a vertex does not leave.

    Parameters
    ----------
    time, voltage, current : numpy.ndarray, shape (n,)
        s, V, A; of the whole measurement.

    Returns
    -------
    numpy.ndarray, shape (n,)
        A.
    """
    step = np.diff(time)
    usual = float(np.median(step[step > 0.0])) if (step > 0.0).any() else BOUNCE_SECOND
    half = max(1, min(round(BOUNCE_SECOND / usual), len(current) // 200))
    slope, offset = straight_line(voltage, current)
    beside = current - slope * voltage - offset
    around = _running_median(beside, half)
    away = np.abs(beside - around)
    bounced = away > max(SPIKE_SHARE * float(np.ptp(around)), SPIKE_SIGMAS * _noise(current))
    bounced &= away > SPIKE_SHARE * float(np.ptp(slope * voltage))
    return np.where(bounced, around + slope * voltage + offset, current)


def _running_median(values: np.ndarray, half: int) -> np.ndarray:
    """Median over so many samples on either side; of dense ones over a few in every so many."""
    every = max(1, half // _MOST_BESIDE)
    half //= every
    padded = np.pad(values[::every], half, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    starts = range(0, len(windows), _AT_ONCE)
    found = [np.median(windows[start : start + _AT_ONCE], axis=1) for start in starts]
    return np.repeat(np.concatenate(found), every)[: len(values)]


def largest_jump(voltage: np.ndarray, current: np.ndarray, cycle: slice) -> tuple[float, float]:
    """Return the largest lasting step of the current between samples, over the peak current.

    What the current does over three samples on either side is taken out, and steps of the voltage
    that are not of the sweep (a restart, rows that are missing) don't count. Nor does a rise to a
    conductance that the last cycle has shown already. From nothing at all it is a contact that was
    lost, or late, and counts as broken off.

    Parameters
    ----------
    voltage, current : numpy.ndarray, shape (n,)
        V, A; of the whole measurement.
    cycle : slice
        Samples of one cycle.

    Returns
    -------
    share : float
        1; positive where the magnitude rose.
    before : float
        V/I right before it (Ω); NaN without a step.
    """
    volts, amperes = voltage[cycle], current[cycle]
    scale = 0.5 * float(np.ptp(amperes))
    if len(amperes) < 8 or not scale > 0.0:
        return 0.0, np.nan
    before = _middle(amperes[2:-4], amperes[1:-5], amperes[:-6])
    after = _middle(amperes[3:-3], amperes[4:-2], amperes[5:-1])
    slope = np.abs(amperes[2:-4] - amperes[:-6]) + np.abs(amperes[5:-1] - amperes[3:-3])
    step = np.abs(np.diff(volts))[2:-3]
    steps = np.abs(np.diff(volts))
    usual = float(np.median(steps[steps > 0.0])) if steps.any() else 0.0
    jump = after - before
    lasting = (np.abs(jump) > 3.0 * slope) & (step <= 3.0 * usual)
    lasting &= np.abs(jump) > SPIKE_SIGMAS * _noise(amperes)
    jump = np.where(lasting, jump * np.sign(before + after), 0.0)
    for k in np.argsort(-np.abs(jump), kind="stable")[: len(jump) // 4 + 1]:
        if jump[k] <= 0.0:
            return float(jump[k]) / scale, np.nan
        at = cycle.start + int(k) + 3
        if abs(before[k]) < NO_CONTACT * abs(after[k]) and _had_none(voltage, current, cycle, at):
            return -float(jump[k]) / scale, np.nan
        if not _returned(voltage, current, cycle, at):
            level = float(volts[k + 1] / before[k]) if before[k] else np.nan
            return float(jump[k]) / scale, level if level > 0.0 else np.nan
    return 0.0, np.nan


def _middle(one: np.ndarray, other: np.ndarray, third: np.ndarray) -> np.ndarray:
    """Return the median of three, value by value."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    return np.maximum(low, np.minimum(high, third))


def _had_none(voltage: np.ndarray, current: np.ndarray, cycle: slice, at: int) -> bool:
    """Whether the current before a sample did not even rise with the voltage: leads off."""
    past = slice(max(at - (cycle.stop - cycle.start) // 20 - 4, 0), max(at - 1, 1))
    volts, amperes = voltage[past], current[past]
    slope, offset = straight_line(volts, amperes)
    spread = float(np.var(amperes))
    left = float(np.mean((amperes - slope * volts - offset) ** 2))
    return slope <= 0.0 or not spread or left > FOLLOWS * spread


def _returned(voltage: np.ndarray, current: np.ndarray, cycle: slice, at: int) -> bool:
    """Whether the conductance from a sample on is one that the cycle before it had."""
    length = cycle.stop - cycle.start
    now = slice(at, at + max(length // 20, 4))
    past = slice(max(at - length, 0), max(at - 1, 0))
    least = OUTER * float(np.abs(voltage[cycle]).max())
    shown, had = (_conductance(voltage[part], current[part], least) for part in (now, past))
    if np.isnan(shown).all() or np.isnan(had).all():
        return False
    return bool(np.nanmedian(shown) <= RETURNED * np.nanquantile(had, 0.75))


def _conductance(voltage: np.ndarray, current: np.ndarray, least: float) -> np.ndarray:
    """I/V (S) where the voltage is larger than the least; NaN elsewhere."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(voltage) > least, current / voltage, np.nan)
