"""From what was measured of cycles to the rows that the fold over cycles takes.

In two compiled steps with the logarithms between them, which stay NumPy's: models were trained on
them, and the mathematical library rounds them otherwise in the last bit. One cycle or many, the
code is the same.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.selection import copied
from softbreak.physics.constants import BOLTZMANN_EV_TRAINED, ELECTROLYTE_EV

CLIP: Final = 5.0
"""Logarithms beyond this say no more than that they are large."""
MEASURED: Final = (
    "start_time_second",
    "end_time_second",
    "current_ampere",
    "resistance_ohm",
    "late_resistance_ohm",
    "noise",
    "asymmetry",
    "temperature_celsius",
    "excursions",
    "interval_second",
)
"""Columns of a cycle that its features are made of."""
_START, _END, _CURRENT, _WHOLE, _LATE, _NOISE, _ASYMMETRY, _CELSIUS, _EXCURSIONS = range(9)
_INTERVAL = 9
EVENT_SUMS: Final = 5


class KnownCell(NamedTuple):
    """What is known of the cell.

    Attributes
    ----------
    logged : bool
        A temperature that can move.
    ln_floor : float
        ln of L/(σA) in Ω; NaN where it is not known.
    stated_celsius : float
        Temperature that the floor holds at; NaN where it is not known.
    """

    logged: bool
    ln_floor: float
    stated_celsius: float


@strict
def tally(owner: np.ndarray, change: np.ndarray, sums: np.ndarray) -> None:
    """Add Δ ln R of events to their cycles.

    Parameters
    ----------
    owner : numpy.ndarray of int64, shape (m,)
        Cycle of each event.
    change : numpy.ndarray, shape (m,)
    sums : numpy.ndarray, shape (n, EVENT_SUMS)
        Drops and rises, the largest of each, and the sum of drops; brought up to date.
    """
    for k in range(len(owner)):
        if not 0 <= owner[k] < len(sums):
            continue
        row = sums[owner[k]]
        if change[k] < 0.0:
            fallen = change[k] if change[k] > -CLIP else -CLIP
            row[0] += 1.0
            row[2] = min(row[2], fallen)
            row[4] += fallen
        else:
            row[1] += 1.0
            risen = CLIP if change[k] > CLIP else change[k]
            row[3] = max(row[3], risen)


@strict
def arguments(measured: np.ndarray, edges: np.ndarray, highest: float, out: np.ndarray) -> float:
    """Write what logarithms are taken of; return the largest resistance so far (Ω).

    Parameters
    ----------
    measured : numpy.ndarray, shape (n, len(MEASURED))
    edges : numpy.ndarray, shape (m, 2)
        First and last voltage of each half-cycle (V).
    highest : float
        Largest resistance of the cycles before (Ω).
    out : numpy.ndarray, shape (4 n + m,)
        Late and whole resistance, current and duration of all cycles, and last over first voltage;
        NaN where there is no logarithm.
    """
    count = len(measured)
    for k in range(count):
        row = measured[k]
        if math.isfinite(row[_WHOLE]):
            highest = max(highest, abs(row[_WHOLE]))
        floor = max(1e-4 * highest, 1e-9)  # a dead short rattles
        known = math.isfinite(row[_LATE]) and math.isfinite(row[_WHOLE])
        out[k] = max(row[_LATE], floor) if known else np.nan
        out[count + k] = max(row[_WHOLE], floor) if known else np.nan
        current, duration = row[_CURRENT], row[_END] - row[_START]
        out[2 * count + k] = 1e-15 if current < 1e-15 else current
        out[3 * count + k] = 1e-3 if duration < 1e-3 else duration
    for k in range(len(edges)):
        first, last = edges[k, 0], edges[k, 1]
        ratio = last / first if first > 0.0 and last > 0.0 else np.nan
        out[4 * count + k] = 1e-300 if ratio == 0.0 else ratio
    return highest


@strict
def _mean_slope(logs: np.ndarray, first: int, last: int) -> float:
    """Mean of ln(last over first voltage) over half-cycles; NaN where none has one."""
    total, known = 0.0, 0
    for k in range(first, last):
        if not np.isnan(logs[k]):
            total += min(max(logs[k], -CLIP), CLIP)
            known += 1
    return total / known if known else np.nan


@strict
def _mean_rise(edges: np.ndarray, first: int, last: int) -> float:
    """Mean of last minus first voltage (V) of a cycle of two half-cycles; NaN for any other."""
    if last - first != 2:
        return np.nan
    rise = 0.0
    for k in range(first, last):
        rise += 0.5 * (edges[k, 1] - edges[k, 0])
    return rise


@strict
def slow_ohms(edges: np.ndarray, bounds: np.ndarray, current: np.ndarray, out: np.ndarray) -> None:
    """Write how far V rises within the half-cycles of each cycle over its current (Ω).

    Parameters
    ----------
    edges : numpy.ndarray, shape (m, 2)
        First and last voltage of each half-cycle (V).
    bounds : numpy.ndarray of int64, shape (n + 1,)
        Where the half-cycles of each cycle begin.
    current, out : numpy.ndarray, shape (n,)
        A; Ω, NaN for a cycle that has not just two half-cycles.
    """
    for k in range(len(out)):
        out[k] = _mean_rise(edges, bounds[k], bounds[k + 1]) / max(current[k], 1e-15)


@strict
def finish(measured, logs, edges, bounds, sums, known, rows) -> None:
    """Write the rows for the fold over cycles.

    Parameters
    ----------
    measured : numpy.ndarray, shape (n, len(MEASURED))
    logs : numpy.ndarray, shape (4 n + m,)
        Logarithms of :func:`arguments`.
    edges : numpy.ndarray, shape (m, 2)
        First and last voltage of each half-cycle (V).
    bounds : numpy.ndarray of int64, shape (n + 1,)
        Where the half-cycles of each cycle begin.
    sums : numpy.ndarray, shape (n, EVENT_SUMS)
        See :func:`tally`.
    known : KnownCell
    rows : numpy.ndarray, shape (n, len(INPUTS))
        Those of spectra and sweeps are set to NaN.
    """
    count = len(measured)
    for k in range(count):
        row, cycle = rows[k], measured[k]
        row[:] = np.nan
        row[0], row[1] = logs[k], logs[count + k]
        if known.logged:
            row[2] = 1.0 / (BOLTZMANN_EV_TRAINED * (cycle[_CELSIUS] + 273.15))
        row[3], row[4] = cycle[_NOISE], cycle[_ASYMMETRY]
        if not np.isnan(row[4]):
            row[4] = min(max(row[4], -CLIP), CLIP)
        row[5] = _mean_slope(logs, 4 * count + bounds[k], 4 * count + bounds[k + 1])
        row[6], row[7] = logs[2 * count + k], logs[3 * count + k]
        copied(row[8:13], sums[k])
        row[13] = cycle[_EXCURSIONS]
        # by how much ln of the floor falls between its own temperature and the cycle's
        inverse = 1.0 / (BOLTZMANN_EV_TRAINED * (known.stated_celsius + 273.15))
        warmth = ELECTROLYTE_EV * (inverse - row[2])
        row[14] = known.ln_floor - (warmth if np.isfinite(warmth) else 0.0)
        row[19] = _mean_rise(edges, bounds[k], bounds[k + 1]) / max(cycle[_CURRENT], 1e-15)
        row[20], row[21], row[22] = cycle[_START], cycle[_END], cycle[_INTERVAL]
