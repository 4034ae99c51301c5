"""Abrupt changes of the apparent resistance inside a half-cycle.

An ionic resistance cannot fall within one sample: a drop that stays is the mark of an electronic
path (PHYSICS: η_e = 1 − V₊/V₋). What every half-cycle does at the same phase (the transient after
a reversal, say) is subtracted first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

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
MOST_EVENTS = 8
"""Events kept per half-cycle (the count goes on)."""


class Events(NamedTuple):
    """Abrupt changes, in the order of their samples.

    Attributes
    ----------
    half_cycle : numpy.ndarray of int
        Index into the half-cycles that were searched.
    sample : numpy.ndarray of int
        First sample after the change.
    change : numpy.ndarray
        Δ ln R: negative is a drop.
    before, after : numpy.ndarray
        Apparent resistance (Ω), medians of up to four samples on either side.
    counts : numpy.ndarray of int, shape (half-cycles, 2)
        Lasting drops, and excursions that came back within a few samples.
    """

    half_cycle: np.ndarray
    sample: np.ndarray
    change: np.ndarray
    before: np.ndarray
    after: np.ndarray
    counts: np.ndarray


def find_events(
    time: np.ndarray,
    voltage: np.ndarray,
    imposed: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    signs: np.ndarray,
    noise: np.ndarray,
) -> Events:
    """Search half-cycles for abrupt changes of V/I.

    Parameters
    ----------
    time, voltage, imposed : numpy.ndarray, shape (n,)
        s, V, A.
    starts, stops, signs : numpy.ndarray of int, shape (m,)
    noise : numpy.ndarray, shape (m,)
        Scatter of one voltage sample in each half-cycle (V).
    """
    limit = MOST_EVENTS * max(len(starts), 1)
    place = np.empty((limit, 2), dtype=np.int64)
    size = np.empty((limit, 3))
    counts = np.zeros((len(starts), 2), dtype=np.int64)
    found = _search(time, voltage, imposed, starts, stops, signs, noise, place, size, counts)
    return Events(
        place[:found, 0],
        place[:found, 1],
        size[:found, 0],
        size[:found, 1],
        size[:found, 2],
        counts,
    )


@njit(cache=True, nogil=True)
def _log_resistance(voltage, imposed, sign, floor, k):
    """Return ln(V/I) along the current, held at a floor where V vanishes or changes sign."""
    size = abs(imposed[k])
    if size <= 0.0:
        return np.log(floor)
    return np.log(max(voltage[k] * sign / size, floor))


@njit(cache=True, nogil=True)
def _median_level(voltage, imposed, sign, floor, start, stop):
    """Median of ln R over a few samples."""
    values = np.empty(stop - start)
    for k in range(start, stop):
        values[k - start] = _log_resistance(voltage, imposed, sign, floor, k)
    return np.median(values)


@njit(cache=True, nogil=True)
def _usual_change(time, voltage, imposed, sign, floor, a, b, after):
    """Largest drop and rise of ln R in samples a..b near the same phase (± one sample)."""
    low = high = 0.0
    k = a + np.searchsorted(time[a:b], time[a] + after)
    for j in range(max(k - 2, a + 1), min(k + 3, b)):
        step = _log_resistance(voltage, imposed, sign, floor, j) - _log_resistance(
            voltage, imposed, sign, floor, j - 1
        )
        low = min(low, step)
        high = max(high, step)
    return low, high


@njit(cache=True, nogil=True)
def _search(time, voltage, imposed, starts, stops, signs, noise, place, size, counts):
    """Fill the event arrays; return how many there are."""
    found = 0
    for m in range(len(starts)):
        a, b, sign = starts[m], stops[m], signs[m]
        if b - a < 2 * WINDOW or not np.isfinite(noise[m]):
            continue
        ceiling = 0.0
        for k in range(a, b):
            if imposed[k] != 0.0:
                ceiling = max(ceiling, abs(voltage[k] / imposed[k]))
        if ceiling <= 0.0:
            continue
        floor = 1e-4 * ceiling
        twin = m - 1
        while twin >= 0 and signs[twin] != sign:
            twin -= 1
        kept = 0
        k = a + 3
        while k < b:
            step = _log_resistance(voltage, imposed, sign, floor, k) - _log_resistance(
                voltage, imposed, sign, floor, k - 1
            )
            if abs(step) < SMALLEST_EVENT:
                k += 1
                continue
            head = max(a + 2, k - WINDOW)
            tail = min(b, k + WINDOW)
            before = _median_level(voltage, imposed, sign, floor, head, k)
            level = np.exp(before) * abs(imposed[k - 1])
            # Where the voltage is lost in the scatter (a dead short) ln R only rattles.
            scatter = EVENT_SIGMAS * noise[m] / max(level, noise[m])
            if step > 0.0:
                risen = np.exp(_log_resistance(voltage, imposed, sign, floor, k))
                scatter = EVENT_SIGMAS * noise[m] / max(risen * abs(imposed[k]), noise[m])
            if abs(step) < scatter or tail - k < 2:
                k += 1
                continue
            if twin >= 0:
                low, high = _usual_change(
                    time,
                    voltage,
                    imposed,
                    sign,
                    floor,
                    starts[twin],
                    stops[twin],
                    time[k] - time[a],
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
                    counts[m, 1] += 1
                k += 1
                continue
            # Near zero volts ln R only rattles: the change must stand out in volts too.
            moved = abs(np.exp(after) - np.exp(before)) * abs(imposed[k])
            if moved < EVENT_SIGMAS * noise[m]:
                k += 1
                continue
            if step < 0.0:
                counts[m, 0] += 1
            if kept < MOST_EVENTS:
                place[found, 0], place[found, 1] = m, k
                size[found, 0], size[found, 1], size[found, 2] = (
                    after - before,
                    np.exp(before),
                    np.exp(after),
                )
                found += 1
                kept += 1
            k += WINDOW
    return found
