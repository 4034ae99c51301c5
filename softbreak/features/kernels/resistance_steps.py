"""Abrupt changes of the apparent resistance inside a half-cycle.

An ionic resistance cannot fall within one sample: a drop that stays is the mark of an electronic
path (PHYSICS: η_e = 1 − V₊/V₋). What every half-cycle does at the same phase (the transient after
a reversal, say) is subtracted first.
"""

from __future__ import annotations

import math

import numpy as np

from softbreak.compiled import exact
from softbreak.features.kernels.selection import largest

SMALLEST_EVENT = 0.08
"""Smallest change of ln R that counts."""
EVENT_SIGMAS = 6.0
"""… and it stands that many times above the scatter of a sample."""
PERSISTENCE = 0.6
"""Share of the change that must still be there in the median of the next samples."""
OVERSHOOT = 1.8
"""A small change that grows by more than this within the next samples was not abrupt …"""
GRADUAL_BELOW = 0.3
"""… unless it was as large as this at once."""
WINDOW = 4
"""Samples in the medians before and after."""
SETTLED = 3
"""Samples that the level before a change must have, in a half-cycle without an earlier like it:
what current and cycler do at first is no level."""
MOST_EVENTS = 8
"""Events kept per half-cycle (the count goes on)."""

SMALLEST_FLOOR = 1e-290
"""Of V/I (Ω); below it a ratio of two of them has not its full precision."""
_ORDINARY = math.exp(SMALLEST_EVENT) * (1.0 - 1e-6)
"""A smaller ratio of two neighbours is no event, however its logarithms are rounded."""


@exact
def _log_resistance(voltage, imposed, sign, floor, k):
    """Return ln(V/I) along the current, held at a floor where V vanishes or changes sign."""
    size = abs(imposed[k])
    if size <= 0.0:
        return np.log(floor)
    return np.log(max(voltage[k] * sign / size, floor))


@exact
def _resistances(voltage, imposed, sign, out):
    """Fill ``out`` with V/I along the current (zero without any); return the largest size."""
    side = float(sign)
    for k in range(len(out)):
        size = abs(imposed[k])
        value = voltage[k] * side / size
        out[k] = value if size > 0.0 else 0.0
    return largest(out)


@exact
def _moves(resistance, floor):
    """False where no ln R can have moved by SMALLEST_EVENT, from the third sample on."""
    moved = 0
    for k in range(3, len(resistance)):
        last = resistance[k - 1] if resistance[k - 1] > floor else floor
        here = resistance[k] if resistance[k] > floor else floor
        moved += 0 if (here <= last * _ORDINARY) & (last <= here * _ORDINARY) else 1
    return moved > 0


@exact
def _median_level(voltage, imposed, sign, floor, start, stop):
    """Median of ln R over a few samples."""
    values = np.empty(stop - start)
    for k in range(start, stop):
        values[k - start] = _log_resistance(voltage, imposed, sign, floor, k)
    return np.median(values)


@exact
def _usual_change(time, voltage, imposed, sign, floor, after):
    """Largest drop and rise of ln R in a whole half-cycle near one phase (± one sample)."""
    low = high = 0.0
    k = np.searchsorted(time, time[0] + after)
    for j in range(max(k - 2, 1), min(k + 3, len(time))):
        step = _log_resistance(voltage, imposed, sign, floor, j) - _log_resistance(
            voltage, imposed, sign, floor, j - 1
        )
        low = min(low, step)
        high = max(high, step)
    return low, high


@exact
def search_half_cycle(
    time, voltage, imposed, sign, noise, twin_time, twin_voltage, twin_imposed, place, size, counts
) -> int:
    """Search one half-cycle for abrupt changes of V/I; return how many were written.

    Parameters
    ----------
    time, voltage, imposed : numpy.ndarray, shape (n,)
        s, V, A of the half-cycle.
    sign : int
    noise : float
        Scatter of one voltage sample (V).
    twin_time, twin_voltage, twin_imposed : numpy.ndarray, shape (m,)
        The half-cycle of the same sign before; empty where there is none.
    place : numpy.ndarray of int, shape (MOST_EVENTS,)
        Gets the first sample after each change.
    size : numpy.ndarray, shape (MOST_EVENTS, 3)
        Gets Δ ln R (negative is a drop) and the apparent resistance (Ω) before and after, medians
        of up to four samples.
    counts : numpy.ndarray of int, shape (2,)
        Gets the number of lasting drops, and of excursions that came back within a few samples.
    """
    counts[:] = 0
    n = len(time)
    if n < 2 * WINDOW or not np.isfinite(noise):
        return 0
    resistance = np.empty(n)
    ceiling = _resistances(voltage, imposed, sign, resistance)
    if ceiling <= 0.0:
        return 0
    floor = 1e-4 * ceiling
    screened = SMALLEST_FLOOR < floor < np.inf
    if screened and not _moves(resistance, floor):
        return 0
    found = 0
    k = 3
    while k < n:
        if screened and not _moves(resistance[k - 3 : k + 1], floor):
            k += 1
            continue
        here = _log_resistance(voltage, imposed, sign, floor, k)
        step = here - _log_resistance(voltage, imposed, sign, floor, k - 1)
        if abs(step) < SMALLEST_EVENT:
            k += 1
            continue
        head = max(2, k - WINDOW)
        tail = min(n, k + WINDOW)
        before = _median_level(voltage, imposed, sign, floor, head, k)
        level = np.exp(before) * abs(imposed[k - 1])
        # Where the voltage is lost in the scatter (a dead short) ln R only rattles.
        if not len(twin_time) and k - head < SETTLED:
            k += 1
            continue
        scatter = EVENT_SIGMAS * noise / max(level, noise)
        if step > 0.0:
            scatter = EVENT_SIGMAS * noise / max(np.exp(here) * abs(imposed[k]), noise)
        if abs(step) < scatter or tail - k < 2:
            k += 1
            continue
        if len(twin_time):
            low, high = _usual_change(
                twin_time, twin_voltage, twin_imposed, sign, floor, time[k] - time[0]
            )
            step = min(step - low, 0.0) if step < 0.0 else max(step - high, 0.0)
            if abs(step) < max(SMALLEST_EVENT, scatter):
                k += 1
                continue
        after = _median_level(voltage, imposed, sign, floor, k, tail)
        lasting = (after - before) / step
        if lasting > OVERSHOOT and abs(step) < GRADUAL_BELOW:
            k += 1  # it goes on and on: warmth or contact, not a path that closes
            continue
        if lasting < PERSISTENCE:
            if step < 0.0 and abs(step) > 2.0 * scatter:
                counts[1] += 1
            k += 1
            continue
        # Near zero volts ln R only rattles: the change must stand out in volts too.
        moved = abs(np.exp(after) - np.exp(before)) * abs(imposed[k])
        if moved < EVENT_SIGMAS * noise:
            k += 1
            continue
        if step < 0.0:
            counts[0] += 1
        if found < MOST_EVENTS:
            place[found] = k
            size[found, 0], size[found, 1], size[found, 2] = (
                after - before,
                np.exp(before),
                np.exp(after),
            )
            found += 1
        k += WINDOW
    return found
