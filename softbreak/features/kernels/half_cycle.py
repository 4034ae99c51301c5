"""Time-weighted statistics of every half-cycle, in one pass over flat arrays.

All voltages here are *along the current*: v·sign(I), so that a healthy half-cycle is positive
whichever way the current flows.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.features.kernels.selection import above, largest, median, middle, ranked

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
def measure(time, voltage, imposed, temperature, a, b, sign, row) -> float:
    """Fill the statistics of samples a to b; ``row`` comes filled with NaN.

    Returns the largest change from sample to sample (V), the first ones aside.
    """
    n = b - a
    skip = SKIPPED_SAMPLES if n > 3 * SKIPPED_SAMPLES else 0
    moments, along, current = time[a:b], voltage[a:b], imposed[a:b]
    begin, end = moments[0], moments[n - 1]
    middle = 0.5 * (moments[skip] + end)
    work = np.empty((4, n))  # products first, many at a time; sums keep their order
    weights, passed, squares, volts = work[0], work[1], work[2], work[3]
    longest = _weights(moments, weights, volts)
    for k in range(n):
        volts[k] = along[k] * sign
    highest = largest(volts[skip:])
    if n == 1:
        weights[0] = 1.0
    for k in range(n):
        size = abs(current[k])
        passed[k] = weights[k] * size
        squares[k] = weights[k] * size * size
        volts[k] = weights[k] * volts[k]
    weight = charge = flow = flow2 = potential = 0.0
    late_weight = late_potential = late_flow = 0.0
    for k in range(skip):
        charge += passed[k]
    late = n  # first sample of the second half: time never steps back
    for k in range(skip, n):
        late -= 1 if moments[k] >= middle else 0
    for k in range(skip, late):
        charge += passed[k]
        weight += weights[k]
        flow += passed[k]
        flow2 += squares[k]
        potential += volts[k]
    for k in range(late, n):
        charge += passed[k]
        weight += weights[k]
        flow += passed[k]
        flow2 += squares[k]
        potential += volts[k]
        late_weight += weights[k]
        late_potential += volts[k]
        late_flow += passed[k]
    if n == 1:
        charge = 0.0
    if weight <= 0.0:
        weight = 1.0
        potential = voltage[b - 1] * sign
        flow = abs(imposed[b - 1])
        flow2 = flow * flow
    if late_weight <= 0.0:
        late_weight, late_potential, late_flow = weight, potential, flow
    mean = flow / weight
    row[0], row[1], row[2], row[3] = begin, end, n, charge
    row[4] = mean
    row[5] = np.sqrt(max(flow2 / weight - mean * mean, 0.0))
    row[6] = potential / weight
    row[7] = late_potential / late_weight
    row[8] = late_flow / late_weight
    row[9] = sign * _level(voltage, a + skip, min(a + skip + EDGE_SAMPLES, b))
    row[10] = sign * _level(voltage, max(b - EDGE_SAMPLES, a), b)
    row[11] = highest
    row[13] = longest
    if len(temperature):
        row[14] = _warmth(temperature[a + skip : b], weights[skip:])
    changes = volts[: n - skip - 1]  # is no longer needed
    row[12] = _noise(voltage[a + skip : b], changes)
    return largest(changes)


@exact
def _weights(time, weights, work):
    """Fill the trapezoid's weights (s); return the longest interval."""
    n = len(time)
    steps = work[: n - 1]
    for k in range(n - 1):
        steps[k] = time[k + 1] - time[k]
    weights[0] = weights[n - 1] = 0.0
    if n > 1:
        weights[0], weights[n - 1] = 0.5 * steps[0], 0.5 * steps[n - 2]
    inner, before, after = weights[1 : n - 1], steps[: n - 2], steps[1:]
    for k in range(len(inner)):
        inner[k] = 0.5 * (before[k] + after[k])
    for k in range(len(steps)):
        steps[k] = steps[k] if steps[k] > 0.0 else 0.0
    return largest(steps)


@exact
def _warmth(temperature, weights):
    """Mean of the temperatures that are known; NaN where none is."""
    known = 0
    for k in range(len(temperature)):
        known += 1 if abs(temperature[k]) < np.inf else 0
    if not known:
        return np.nan
    total = weight = 0.0
    for k in range(len(temperature)):
        if np.isfinite(temperature[k]):
            total += weights[k] * temperature[k]
            weight += weights[k]
    return total / weight if weight > 0.0 else np.nan


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
    return _noise(voltage[start:stop], np.empty(stop - start - 1))


@exact
def _noise(voltage, changes):
    """Do as :func:`sample_noise`; fill the sizes of the changes from sample to sample."""
    for k in range(len(changes)):
        changes[k] = abs(float(voltage[k + 1]) - float(voltage[k]))
    if len(changes) < 3:
        return np.nan
    strange = moved = 0
    for k in range(len(changes)):
        strange += 0 if changes[k] < np.inf else 1
        moved += 1 if changes[k] > 0.0 else 0
    smallest = above(changes, 0.0)
    if smallest == np.inf:
        smallest = 0.0
    elif moved <= LONE_CHANGES and smallest > LONE_SIZE * _highest(voltage[:-1]):
        smallest *= LONE_SHARE
    usual = middle(ranked(changes)) if strange else median(changes)
    return max(1.05 * usual, smallest)


@exact
def _highest(voltage):
    highest = 0.0
    for k in range(len(voltage)):
        highest = max(highest, abs(float(voltage[k])))
    return highest
