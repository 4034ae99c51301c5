"""Cycles: the half-cycles of a pair joined, and what happened while the current reversed."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact, strict
from softbreak.features.kernels.half_cycle import STATISTICS
from softbreak.features.kernels.resistance_steps import EVENT_SIGMAS, PERSISTENCE, WARMING_RATE

SAME_CURRENT: Final = 0.05
"""Half-cycles whose currents differ by less than this fraction can be compared."""
SAME_DURATION: Final = 0.2
"""… and whose durations differ by less: another duration is another polarisation at its end."""
WARMING_ON: Final = 1.5
"""What grows by more than this, from the first samples on to the whole half-cycle, was not abrupt
where no temperature was logged."""
SMALLEST_REVERSAL: Final = 0.10
"""Smallest change of ln R across a reversal that counts as abrupt."""
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
_BEGIN, _END, _SAMPLES, _CHARGE, _CURRENT = (
    STATISTICS.index(name)
    for name in (
        "start_time_second",
        "end_time_second",
        "samples",
        "charge_ampere_second",
        "current_ampere",
    )
)
_VOLTAGE, _LATE_V, _LATE_I, _FIRST_V, _LAST_V = (
    STATISTICS.index(name)
    for name in (
        "voltage_volt",
        "late_voltage_volt",
        "late_current_ampere",
        "first_voltage_volt",
        "last_voltage_volt",
    )
)
_NOISE, _INTERVAL, _WARMTH = (
    STATISTICS.index(name)
    for name in ("noise_volt", "longest_interval_second", "temperature_celsius")
)


@exact
def reversal(statistics, sign, m, out) -> bool:
    """Tell whether R changed abruptly while the current reversed before half-cycle ``m``.

    What ln R does from the end of one half-cycle to the beginning of the next is compared with
    the reversal before last, which has the same direction.

    Parameters
    ----------
    statistics : numpy.ndarray, shape (n, len(STATISTICS))
    sign : numpy.ndarray, shape (n,)
    m : int
        At least 3.
    out : numpy.ndarray, shape (4,)
        Gets time (s), Δ ln R, and the resistance before and after (Ω).
    """
    for k in range(1, 4):
        if (sign[m - k] == -sign[m]) != (k % 2 == 1):
            return False
        if not abs(statistics[m - k, _CURRENT] / statistics[m, _CURRENT] - 1.0) < SAME_CURRENT:
            return False
    row, last = statistics[m], statistics[m - 1]
    lasted, usually = last[_END] - last[_BEGIN], statistics[m - 3, _END] - statistics[m - 3, _BEGIN]
    if not abs(lasted - usually) <= SAME_DURATION * usually:
        return False
    # the same whether the samples lie in one file or in several
    usual = (row[_END] - row[_BEGIN]) / max(row[_SAMPLES] - 1.0, 1.0)
    usual = max(usual, lasted / max(last[_SAMPLES] - 1.0, 1.0))
    if not 0.0 <= row[_BEGIN] - last[_END] <= 3.0 * usual + 1.0:
        return False
    ended = np.log(last[_LAST_V] / last[_CURRENT])
    change = _jump(statistics, m) - _jump(statistics, m - 2)
    grown = _mean_log(row) - _mean_log(statistics[m - 2])
    scatter = row[_NOISE] / abs(row[_VOLTAGE])
    scatter = 0.0 if np.isnan(scatter) else min(scatter, 1e6)
    if not abs(change) > max(SMALLEST_REVERSAL, EVENT_SIGMAS * scatter):
        return False
    if np.isnan(row[_WARMTH]) and abs(change) <= WARMING_RATE * (row[_BEGIN] - last[_END] + usual):
        return False
    lasting = grown / change
    # what goes on afterwards may be warmth, where that was not logged
    if not PERSISTENCE < lasting < (WARMING_ON if np.isnan(row[_WARMTH]) else 2.0):
        return False
    out[0], out[1] = row[_BEGIN], change
    out[2], out[3] = np.exp(ended), np.exp(ended + change)
    return True


@exact
def _jump(statistics, m):
    """Change of ln R from the end of a half-cycle to the beginning of the next."""
    here, last = statistics[m], statistics[m - 1]
    return np.log(here[_FIRST_V] / here[_CURRENT]) - np.log(last[_LAST_V] / last[_CURRENT])


@exact
def _mean_log(row):
    return np.log(row[_VOLTAGE] / row[_CURRENT])


def reversals(statistics: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Abrupt changes that happened while the current reversed.

    Parameters
    ----------
    statistics, sign : numpy.ndarray
        As :func:`reversal`.

    Returns
    -------
    numpy.ndarray, shape (m, 5)
        Half-cycle that follows, time (s), Δ ln R, resistance before and after (Ω).
    """
    found = np.empty((max(len(sign) - 3, 0), 5))
    return found[: _reversals(statistics, sign, found)]


@strict
def _reversals(statistics, sign, out):
    count = 0
    for m in range(3, len(sign)):
        if reversal(statistics, sign, m, out[count, 1:]):
            out[count, 0] = m
            count += 1
    return count


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
