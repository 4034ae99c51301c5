"""Time-weighted statistics of every half-cycle, in one pass over flat arrays.

All voltages here are *along the current*: v·sign(I), so that a healthy half-cycle is positive
whichever way the current flows.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.features.kernels.selection import above, median

STATISTICS: Final = (
    "start_time_second",
    "end_time_second",
    "samples",
    "charge_ampere_second",
    "current_ampere",
    "current_deviation_ampere",
    "voltage_volt",
    "late_voltage_volt",
    "late_current_ampere",
    "first_voltage_volt",
    "last_voltage_volt",
    "largest_voltage_volt",
    "noise_volt",
    "longest_interval_second",
    "temperature_celsius",
)
"""Columns of `half_cycle_statistics`. Current is the imposed magnitude; ``late`` is the second
half of the half-cycle's duration; ``noise`` is the scatter of one sample."""

SKIPPED_SAMPLES: Final = 2
"""The first samples after a reversal hold the double layer and the cycler's own settling."""


EDGE_SAMPLES: Final = 3
"""Samples averaged into the first and the last voltage of a half-cycle."""
LONE_CHANGES: Final = 2
"""So few changes, of more than LONE_SIZE of the voltage, are events of a cell without noise …"""
LONE_SIZE: Final = 0.25
LONE_SHARE: Final = 0.1
"""… and no steps of the converter, which are smaller than this share of them."""


@exact
def half_cycle_statistics(
    time: np.ndarray,
    voltage: np.ndarray,
    imposed: np.ndarray,
    temperature: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    signs: np.ndarray,
) -> np.ndarray:
    """Statistics of half-cycles.

    Parameters
    ----------
    time, voltage, imposed, temperature : numpy.ndarray, shape (n,)
        s, V, A, °C; ``temperature`` may have shape (0,) where none was logged.
    starts, stops, signs : numpy.ndarray of int, shape (m,)
        Half-cycles as the Segmenter gives them.

    Returns
    -------
    numpy.ndarray, shape (m, len(STATISTICS))
    """
    out = np.full((len(starts), 15), np.nan)
    for m in range(len(starts)):
        measure(time, voltage, imposed, temperature, starts[m], stops[m], signs[m], out[m])
    return out


@exact
def measure(time, voltage, imposed, temperature, a, b, sign, row) -> None:
    """Fill the statistics of samples a to b; ``row`` comes filled with NaN."""
    skip = SKIPPED_SAMPLES if b - a > 3 * SKIPPED_SAMPLES else 0
    begin, end = time[a], time[b - 1]
    middle = 0.5 * (time[a + skip] + end)
    weight = charge = flow = flow2 = potential = 0.0
    late_weight = late_potential = late_flow = 0.0
    warmth = warm_weight = 0.0
    highest = longest = 0.0
    warm = _any_finite(temperature[a:b]) if len(temperature) else False
    left = 0.0
    for k in range(a, b):
        right = time[k + 1] - time[k] if k + 1 < b else 0.0
        w = 0.5 * (left + right)
        longest = left if left > longest else longest  # quicker than max
        left = right
        passed = w * abs(imposed[k])
        charge += passed
        if k < a + skip:
            continue
        v = voltage[k] * sign
        if b - a == 1:
            w = 1.0
            passed = abs(imposed[k])
        weight += w
        flow += passed
        flow2 += passed * abs(imposed[k])
        potential += w * v
        highest = abs(v) if abs(v) > highest else highest
        if time[k] >= middle:
            late_weight += w
            late_potential += w * v
            late_flow += passed
        if warm and np.isfinite(temperature[k]):
            warmth += w * temperature[k]
            warm_weight += w
    if weight <= 0.0:
        weight = 1.0
        potential = voltage[b - 1] * sign
        flow = abs(imposed[b - 1])
        flow2 = flow * flow
    if late_weight <= 0.0:
        late_weight, late_potential, late_flow = weight, potential, flow
    mean = flow / weight
    row[0], row[1], row[2], row[3] = begin, end, b - a, charge
    row[4] = mean
    row[5] = np.sqrt(max(flow2 / weight - mean * mean, 0.0))
    row[6] = potential / weight
    row[7] = late_potential / late_weight
    row[8] = late_flow / late_weight
    row[9] = sign * _level(voltage, a + skip, min(a + skip + EDGE_SAMPLES, b))
    row[10] = sign * _level(voltage, max(b - EDGE_SAMPLES, a), b)
    row[11] = highest
    row[12] = sample_noise(voltage, a + skip, b)
    row[13] = longest
    if warm_weight > 0.0:
        row[14] = warmth / warm_weight


@exact
def _any_finite(values):
    count = 0
    for k in range(len(values)):
        count += abs(values[k]) < np.inf
    return count > 0


@exact
def _level(voltage, start, stop):
    """Mean voltage of a few samples."""
    total = 0.0
    for k in range(start, stop):
        total += voltage[k]
    return total / (stop - start)


@exact
def sample_noise(voltage: np.ndarray, start: int, stop: int) -> float:
    """Scatter of one sample (V): robust against steps, and never below the converter's step.

    Parameters
    ----------
    voltage : numpy.ndarray
    start, stop : int
        The samples to look at.
    """
    if stop - start < 4:
        return np.nan
    changes = np.empty(stop - start - 1)
    strange = moved = 0
    highest = 0.0
    for k in range(len(changes)):
        changes[k] = abs(float(voltage[start + k + 1]) - float(voltage[start + k]))
        strange += 0 if changes[k] < np.inf else 1
        moved += 1 if changes[k] > 0.0 else 0
        highest = max(highest, abs(float(voltage[start + k])))
    smallest = above(changes, 0.0)
    if smallest == np.inf:
        smallest = 0.0
    elif moved <= LONE_CHANGES and smallest > LONE_SIZE * highest:
        smallest *= LONE_SHARE
    middle = np.median(changes) if strange else median(changes)
    return max(1.05 * middle, smallest)
