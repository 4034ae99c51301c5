"""Cycles: the half-cycles of a pair joined."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact, strict
from softbreak.features.kernels.half_cycle import STATISTICS

CYCLE_COLUMNS: Final = (
    "start_time_second",
    "end_time_second",
    "samples",
    "charge_ampere_second",
    "current_ampere",
    "resistance_ohm",
    "late_resistance_ohm",
    "noise",
    "asymmetry",
    "interval_second",
    "temperature_celsius",
    "directions",
    "excursions",
)
"""What :func:`cycle_row` measures of a cycle: R = (V₊ − V₋)/(I₊ − I₋) over the whole and over the
second halves, scatter of a sample over \\|V\\|, asymmetry (V₊ + V₋)/(V₊ − V₋), longest interval,
current directions (1 or 2), abrupt drops that came back at once."""
INTEGERS: Final = ("samples", "directions", "excursions")
(
    _BEGIN,
    _END,
    _SAMPLES,
    _CHARGE,
    _CURRENT,
    _VOLTAGE,
    _LATE_V,
    _LATE_I,
    _NOISE,
    _INTERVAL,
    _WARMTH,
) = (
    STATISTICS.index(name)
    for name in (
        "start_time_second",
        "end_time_second",
        "samples",
        "charge_ampere_second",
        "current_ampere",
        "voltage_volt",
        "late_voltage_volt",
        "late_current_ampere",
        "noise_volt",
        "longest_interval_second",
        "temperature_celsius",
    )
)


@exact
def cycle_row(statistics, sign, excursions, first, stop, out) -> None:
    """Join the half-cycles ``first`` to ``stop - 1`` of a cycle.

    The two current directions weigh the same, so that a constant voltage offset of the cycler
    cancels.

    Parameters
    ----------
    statistics : numpy.ndarray, shape (n, len(STATISTICS))
    sign, excursions : numpy.ndarray, shape (n,)
    first, stop : int
    out : numpy.ndarray, shape (len(CYCLE_COLUMNS),)
    """
    sums = np.zeros((2, 6))
    samples = charge = warm = warm_time = seen = longest = 0.0
    for m in range(first, stop):
        row = statistics[m]
        duration = max(row[_END] - row[_BEGIN], 1e-9)
        side = sums[0 if sign[m] > 0 else 1]
        side[0] += duration
        side[1] += row[_VOLTAGE] * duration
        side[2] += row[_LATE_V] * duration
        side[3] += row[_CURRENT] * duration
        side[4] += row[_LATE_I] * duration
        side[5] += row[_NOISE] * duration
        samples += row[_SAMPLES]
        charge += row[_CHARGE]
        seen += excursions[m]
        longest = max(longest, row[_INTERVAL])
        if np.isfinite(row[_WARMTH]):
            warm += row[_WARMTH] * duration
            warm_time += duration
    mean = np.zeros((2, 6))
    directions = 0
    noise = 0.0
    for side in range(2):
        if sums[side, 0] > 0.0:
            mean[side] = sums[side] / sums[side, 0]
            directions += 0 if np.isnan(mean[side, 1]) else 1
            noise = max(noise, mean[side, 5]) if mean[side, 5] > 0.0 else noise
    flow = _both(mean, 3) / ((sums[0, 0] > 0.0) + (sums[1, 0] > 0.0))
    for side in range(2):
        if np.isnan(mean[side, 1]):  # no voltage was measured: its current counts in no V/I
            mean[side] = 0.0
    voltage, late = _both(mean, 1), _both(mean, 2)
    current, late_current = _both(mean, 3), _both(mean, 4)
    out[0], out[1] = statistics[first, _BEGIN], statistics[stop - 1, _END]
    out[2], out[3] = samples, charge
    out[4] = flow
    out[5], out[6] = voltage / current, late / late_current
    out[7] = noise / abs(voltage)
    out[8] = np.nan
    if directions == 2:
        out[8] = (mean[0, 1] - mean[1, 1]) / voltage
    out[9] = longest
    out[10] = warm / warm_time
    out[11], out[12] = directions, seen


@strict
def _both(mean, column):
    """Sum over the current directions; what is not a number does not count."""
    total = 0.0
    for side in range(2):
        if not np.isnan(mean[side, column]):
            total += mean[side, column]
    return total


def cycle_rows(
    statistics: np.ndarray, sign: np.ndarray, excursions: np.ndarray, bounds: np.ndarray
) -> np.ndarray:
    """Join the half-cycles of every cycle.

    Parameters
    ----------
    statistics, sign, excursions : numpy.ndarray
        As :func:`cycle_row`.
    bounds : numpy.ndarray of int, shape (cycles + 1,)
        Half-cycle with which each cycle begins, and the number of half-cycles.

    Returns
    -------
    numpy.ndarray, shape (cycles, len(CYCLE_COLUMNS))
    """
    out = np.empty((len(bounds) - 1, len(CYCLE_COLUMNS)))
    _cycle_rows(statistics, sign, excursions, bounds, out)
    return out


@strict
def _cycle_rows(statistics, sign, excursions, bounds, out):
    for k in range(len(bounds) - 1):
        cycle_row(statistics, sign, excursions, bounds[k], bounds[k + 1], out[k])
