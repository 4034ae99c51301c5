"""What changed abruptly while the current reversed, between two half-cycles."""

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
_BEGIN, _END, _SAMPLES, _CURRENT, _VOLTAGE, _FIRST_V, _LAST_V, _NOISE, _WARMTH = (
    STATISTICS.index(name)
    for name in (
        "start_time_second",
        "end_time_second",
        "samples",
        "current_ampere",
        "voltage_volt",
        "first_voltage_volt",
        "last_voltage_volt",
        "noise_volt",
        "temperature_celsius",
    )
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
