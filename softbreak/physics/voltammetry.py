"""Cyclic voltammetry of a symmetric cell, as Wang et al. read it and with care.

Wang et al., Joule 2022, doi 10.1016/j.joule.2022.05.020: a current that rises from one cyclic
voltammogram to the next (ω > 0, Equation 3) speaks for a soft breakdown, a straight line for a
hard one. The peak of a symmetric cell is mostly its vertex, so that the chord at a common voltage
compares better than the peak does.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softbreak.physics.constants import ACTIVATION_EV, BOLTZMANN_EV
from softbreak.physics.sweep_faults import largest_jump, only_noise, straight_line, without_bounces
from softbreak.physics.sweep_turns import cycle_bounds, turning_points

CHORD_SHARE: Final = 0.8
"""The common voltage is this share of the smallest window."""


class Voltammetry(NamedTuple):
    """One number per cycle of the measurement, arrays of shape (cycles,).

    Attributes
    ----------
    start, stop : numpy.ndarray of int
        Samples of each cycle.
    peak_current : numpy.ndarray
        Half of the difference between largest and smallest current (A).
    window : numpy.ndarray
        Half of the voltage range (V).
    middle : numpy.ndarray
        Middle of the voltage range (V).
    common_voltage : float
        Voltage of the chord (V).
    chord_resistance : numpy.ndarray
        2 V* / (I(V*) − I(−V*)), mean of both sweep directions (Ω); NaN where the current is noise.
    linearity : numpy.ndarray
        R² of a straight line through I(V).
    hysteresis : numpy.ndarray
        Mean distance of the two sweep directions over the peak current.
    largest_jump : numpy.ndarray
        Largest change of current between samples beyond what noise and the voltage step explain,
        over the peak current; positive where the magnitude rose above what it was before (a contact
        that comes back makes no new path).
    charge : numpy.ndarray
        ∫I dt from one zero of the current to the next (C), the larger one: what a half-cycle moved.
    scan_rate : numpy.ndarray
        Median |dV/dt| (V/s).
    curvature : numpy.ndarray
        I(V*) / 2 I(V*/2): 1 for a straight line, above 1 where charge transfer (asinh) bends the
        current upwards. Electrons beside it pull it back towards 1.
    asymmetry : numpy.ndarray
        (I(V*) + I(−V*)) / (I(V*) − I(−V*)): 0 where both directions carry the same.
    peak_before_vertex : numpy.ndarray
        How far before the vertices the current has its extremes, relative to them: 0 where it
        rises up to the vertex, above where the ionic path gives way (voids, diffusion).
    against_voltage : numpy.ndarray
        Share of the charge that flows against the voltage: 0 of a passive cell, above where
        electrodes have a voltage of their own (a redox couple, a capacitor).
    before_jump : numpy.ndarray
        V/I right before the largest jump (Ω); NaN without one.
    """

    start: np.ndarray
    stop: np.ndarray
    peak_current: np.ndarray
    window: np.ndarray
    middle: np.ndarray
    common_voltage: float
    chord_resistance: np.ndarray
    linearity: np.ndarray
    hysteresis: np.ndarray
    largest_jump: np.ndarray
    charge: np.ndarray
    scan_rate: np.ndarray
    curvature: np.ndarray
    asymmetry: np.ndarray
    peak_before_vertex: np.ndarray
    against_voltage: np.ndarray
    before_jump: np.ndarray = np.empty(0)


def sweep_charge(
    window: ArrayLike, scan_rate: ArrayLike, resistance: ArrayLike
) -> NDArray[np.float64]:
    """Charge that one half of a voltammogram moves (0 to V_m and back): V_m² / (s R).

    Parameters
    ----------
    window : array_like
        V_m (V).
    scan_rate : array_like
        s (V s⁻¹).
    resistance : array_like
        R (Ω or Ω cm²).

    Returns
    -------
    numpy.ndarray
        C (or C cm⁻²); divide by 3.6 for mAh.
    """
    v, s, r = (np.asarray(a, dtype=np.float64) for a in (window, scan_rate, resistance))
    with np.errstate(divide="ignore", invalid="ignore"):
        return v**2 / (s * r)


def harmless_window(
    charge: ArrayLike, scan_rate: ArrayLike, resistance: ArrayLike
) -> NDArray[np.float64]:
    """Widest window in which a voltammogram moves no more than the cell is cycled by: √(Q s R).

    Beyond it the CV itself is the hardest thing that happens to the cell and may make the short
    that it looks for.

    Parameters
    ----------
    charge : array_like
        Q of a half-cycle (C or C cm⁻²).
    scan_rate, resistance : array_like
        s (V s⁻¹) and R (Ω or Ω cm²).

    Returns
    -------
    numpy.ndarray
        V_m (V).
    """
    q, s, r = (np.asarray(a, dtype=np.float64) for a in (charge, scan_rate, resistance))
    with np.errstate(invalid="ignore"):
        return np.sqrt(q * s * r)


def analyse(time: np.ndarray, voltage: np.ndarray, current: np.ndarray) -> Voltammetry:
    """Read a multi-cycle voltammogram.

    Parameters
    ----------
    time, voltage, current : numpy.ndarray, shape (n,)
        s, V, A. What runs against the voltage throughout was counted the other way round: no cell
        gives more than it takes, cycle after cycle.

    Returns
    -------
    Voltammetry

    Raises
    ------
    ValueError
        If fewer than four samples are given.
    """
    if len(voltage) < 4:
        raise ValueError(f"a voltammogram needs at least 4 samples, this one has {len(voltage)}")
    current = -current if straight_line(voltage, current)[0] < 0.0 else current
    bounds = cycle_bounds(voltage)
    current = without_bounces(time, voltage, current)
    start, stop = bounds[:-1], np.minimum(bounds[1:] + 1, len(voltage))
    parts = [slice(a, b) for a, b in zip(start, stop, strict=True)]
    common = CHORD_SHARE * min(_reach(voltage[part]) for part in parts)
    rows = np.array(
        [
            (*_cycle(time[p], voltage[p], current[p], common), *largest_jump(voltage, current, p))
            for p in parts
        ],
        dtype=np.float64,
    ).T
    charge = np.array(_half_cycle_charges(time, current, start, stop))
    peak, window, middle, chord, linearity, hysteresis, *rest, jump, before = rows
    shape = (chord, linearity, hysteresis, jump, charge, *rest)
    found = Voltammetry(start, stop, peak, window, middle, common, *shape)
    return found._replace(before_jump=before)


def _half_cycle_charges(
    time: np.ndarray, current: np.ndarray, start: np.ndarray, stop: np.ndarray
) -> list[float]:
    """Charge (C) of the larger half-cycle of each cycle: from a zero of the current to the next.

    A half-cycle reaches beyond its cycle where that begins between two zeros of the current (at a
    vertex, or at 0 V beside an offset): half a cycle before and after is looked at as well.
    """
    moved = np.concatenate(([0.0], np.cumsum(0.5 * (current[1:] + current[:-1]) * np.diff(time))))
    found = []
    for first, last in zip(start.tolist(), stop.tolist(), strict=True):
        margin = (last - first) // 2
        low, high = max(first - margin, 0), min(last + margin, len(current))
        found.append(_largest_half(moved[low:high], first - low, last - low))
    return found


def _largest_half(moved: np.ndarray, first: int, last: int) -> float:
    """Largest change of a charge between its extremes, of those that lie mostly in a cycle."""
    zeros = np.unique(np.concatenate([[0], turning_points(moved), [len(moved) - 1]]))
    begin, end = zeros[:-1], zeros[1:]
    shared = np.minimum(end, last) - np.maximum(begin, first)
    mine = 2 * shared >= end - begin
    halves = np.abs(np.diff(moved[zeros]))
    return float(halves[mine].max() if mine.any() else halves[np.argmax(shared)])


def _reach(voltage: np.ndarray) -> float:
    """Largest voltage that the cycle reaches on both sides (on one, where it has only one)."""
    high, low = float(voltage.max()), float(-voltage.min())
    return min(high, low) if min(high, low) > 0.2 * max(high, low) else max(high, low)


def _cycle(
    time: np.ndarray, voltage: np.ndarray, current: np.ndarray, common: float
) -> tuple[float, ...]:
    peak = 0.5 * float(np.ptp(current))
    scale = peak or np.nan
    slope, offset = straight_line(voltage, current)
    residual = current - slope * voltage - offset
    total = float(((current - current.mean()) ** 2).sum())
    linearity = 1.0 - float((residual**2).sum()) / total if total > 0 else np.nan
    return (
        peak,
        0.5 * float(np.ptp(voltage)),
        0.5 * float(voltage.max() + voltage.min()),
        np.nan if only_noise(current) else _chord(voltage, current, common),
        linearity,
        _hysteresis(voltage, current) / scale,
        _scan_rate(time, voltage),
        _chord(voltage, current, 0.5 * common) / _chord(voltage, current, common),
        _asymmetry(voltage, current, common),
        _before_vertex(voltage, current),
        _against(time, voltage, current),
    )


def _scan_rate(time: np.ndarray, voltage: np.ndarray) -> float:
    """Median |dV/dt| (V/s) from one step of the voltage to the next: it may stand in between."""
    moved = np.flatnonzero(np.diff(voltage)) + 1
    moved = np.concatenate(([0], moved)) if len(moved) else np.arange(len(voltage))
    interval = np.diff(time[moved])
    known = interval > 0
    if not known.any():
        return float("nan")
    return float(np.median(np.abs(np.diff(voltage[moved]))[known] / interval[known]))


def _chord(voltage: np.ndarray, current: np.ndarray, common: float) -> float:
    """V*/I at the common voltage, over both signs and both sweep directions."""
    plus, minus = _crossing(voltage, current, common), _crossing(voltage, current, -common)
    if np.isfinite(plus) and np.isfinite(minus):
        return 2.0 * common / (plus - minus) if plus != minus else np.nan
    if np.isfinite(plus):
        return common / plus if plus else np.nan
    return -common / minus if np.isfinite(minus) and minus else np.nan


def _asymmetry(voltage: np.ndarray, current: np.ndarray, common: float) -> float:
    plus, minus = _crossing(voltage, current, common), _crossing(voltage, current, -common)
    return (plus + minus) / (plus - minus) if plus != minus else float("nan")


def _before_vertex(voltage: np.ndarray, current: np.ndarray) -> float:
    """Mean over the vertices that the sweep really has of 1 − V(extreme of I) / V(vertex)."""
    high, low = float(voltage.max()), float(voltage.min())
    ends = [(high, int(np.argmax(current)))] if high > 0.2 * -low else []
    ends += [(low, int(np.argmin(current)))] if -low > 0.2 * high else []
    return float(np.mean([1.0 - voltage[k] / vertex for vertex, k in ends])) if ends else np.nan


def _against(time: np.ndarray, voltage: np.ndarray, current: np.ndarray) -> float:
    """Share of the charge that flows against the voltage."""
    moved = np.abs(0.5 * (current[1:] + current[:-1])) * np.diff(time)
    against = (current[1:] + current[:-1]) * (voltage[1:] + voltage[:-1]) < 0.0
    total = float(moved.sum())
    return float(moved[against].sum()) / total if total > 0.0 else float("nan")


def _crossing(voltage: np.ndarray, current: np.ndarray, level: float) -> float:
    """Mean current where the voltage crosses a level (NaN where it does not)."""
    low, high = voltage[:-1] - level, voltage[1:] - level
    k = np.flatnonzero((low * high <= 0) & (low != high))
    if not len(k):
        return float("nan")
    share = low[k] / (low[k] - high[k])
    return float((current[k] + share * (current[k + 1] - current[k])).mean())


def _hysteresis(voltage: np.ndarray, current: np.ndarray) -> float:
    """Mean distance (A) between rising and falling sweep on a common grid."""
    step = np.diff(voltage)
    rising = np.flatnonzero(step > 0)
    falling = np.flatnonzero(step < 0)
    if len(rising) < 3 or len(falling) < 3:
        return float("nan")
    up, down = _sorted_curve(voltage, current, rising), _sorted_curve(voltage, current, falling)
    grid = np.linspace(max(up[0][0], down[0][0]), min(up[0][-1], down[0][-1]), 42)[1:-1]
    return float(np.mean(np.abs(np.interp(grid, *up) - np.interp(grid, *down))))


def _sorted_curve(
    voltage: np.ndarray, current: np.ndarray, samples: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    order = samples[np.argsort(voltage[samples], kind="stable")]
    return voltage[order], current[order]


def current_increase(values: np.ndarray) -> np.ndarray:
    """Equation 3 from each measurement to the next: ω = (I_after − I_before)/I_before.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Currents (A), positive.

    Returns
    -------
    numpy.ndarray, shape (n,)
        The first is NaN.
    """
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate(([np.nan], np.diff(values) / values[:-1]))[: len(values)]


def at_reference_temperature(
    resistance: ArrayLike,
    celsius: ArrayLike,
    reference_celsius: float,
    energy_ev: float = ACTIVATION_EV,
) -> NDArray[np.float64]:
    """Resistance that an ionic path would have at a reference temperature.

    Parameters
    ----------
    resistance : array_like
        Ω or Ω cm², at ``celsius``.
    celsius : array_like
        °C; where it is NaN the resistance stays as it is.
    reference_celsius : float
        °C.
    energy_ev : float
        Activation energy (eV).

    Returns
    -------
    numpy.ndarray
        Same unit. 10 K of warming account for a rise of the current by about 65 %.
    """
    kelvin = np.asarray(celsius, dtype=np.float64) + 273.15
    change = energy_ev / BOLTZMANN_EV * (1.0 / (reference_celsius + 273.15) - 1.0 / kelvin)
    factor = np.where(np.isfinite(change), np.exp(np.nan_to_num(change)), 1.0)
    return np.asarray(resistance, dtype=np.float64) * factor
