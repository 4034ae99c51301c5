"""Abrupt changes of the apparent resistance inside a half-cycle.

An ionic resistance cannot fall within one sample: a drop that stays is the mark of an electronic
path (PHYSICS: η_e = 1 − V₊/V₋). What every half-cycle does at the same phase (the transient after
a reversal, say) is subtracted first.
"""

from __future__ import annotations

import math

import numpy as np

from softbreak.compiled import exact
from softbreak.features.kernels.half_cycle import sample_noise
from softbreak.features.kernels.selection import copied, extremes, largest, ranked
from softbreak.features.kernels.voltage_passes import median_of_few

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

DENSE = 0.25
"""Samples that lie closer than this share of the mean interval make a record uneven …"""
LASTING = 0.5
"""… and within this share of the usual interval they are one sample: what lasted longest."""
WARMING_RATE = 0.056 / 60.0
"""Change of ln R in a second that warming by 1 K a minute brings about, where it is not logged:
what two samples far from each other show is no abrupt change unless it is larger."""
BOUNCE_SECOND = 10.0
"""A contact that bounces is back within this time …"""
BOUNCED_BACK = 0.25
"""… up to this share of the excursion."""

SMALLEST_FLOOR = 1e-290
"""Of V/I (Ω); below it a ratio of two of them has not its full precision."""
_ORDINARY = math.exp(SMALLEST_EVENT) * (1.0 - 1e-6)
"""A smaller ratio of two neighbours is no event, however its logarithms are rounded."""
_ROUNDED = 1e-9
"""More than logarithms and exponentials are off by."""
_QUIET_VOLT, _QUIET_AMPERE = 0.05, 0.02
"""Relative changes that together make a smaller ratio yet."""
_COMMON = (1e-250, 1e250)
"""Ω, within which none of this over- or underflows."""


@exact
def _log_resistance(voltage, imposed, sign, floor, k):
    """Return ln(V/I) along the current, held at a floor where V vanishes or changes sign."""
    size = abs(imposed[k])
    if size <= 0.0:
        return np.log(floor)
    return np.log(max(voltage[k] * sign / size, floor))


@exact
def nothing_abrupt(time, voltage, imposed, change) -> bool:
    """Tell at a glance that :func:`search_half_cycle` would find nothing, as it nearly always does.

    Parameters
    ----------
    time, voltage, imposed : numpy.ndarray, shape (n,)
        s, V, A of a half-cycle whose voltage never runs against the current.
    change : float
        Largest change of the voltage from sample to sample, the first two aside (V).
    """
    if len(time) < 2 * WINDOW:
        return True
    low, high = extremes(imposed)
    small, top = extremes(voltage[2:])
    if not (high <= (1.0 + _QUIET_AMPERE) * low and change <= _QUIET_VOLT * small):
        return False
    top = max(top, largest(voltage[:2]))
    if not (_COMMON[0] * high < small and top < _COMMON[1] * low):
        return False
    return not _uneven(time)


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
def _moved(resistance, floor, moved):
    """Mark the samples, from the third on, at which ln R may have moved by SMALLEST_EVENT.

    Returns how many there are.
    """
    moved[:3] = 0
    before, after, marks = resistance[2:], resistance[3:], moved[3:]
    count = 0
    if not SMALLEST_FLOOR < floor < np.inf:
        marks[:] = 1
        return len(marks)
    for k in range(len(marks)):
        last = before[k] if before[k] > floor else floor
        here = after[k] if after[k] > floor else floor
        marks[k] = 0 if (here <= last * _ORDINARY) & (last <= here * _ORDINARY) else 1
        count += marks[k]
    return count


@exact
def _median_level(voltage, imposed, sign, floor, start, stop):
    """Median of ln R over a few samples."""
    values = np.empty(WINDOW)
    for k in range(start, stop):
        values[k - start] = _log_resistance(voltage, imposed, sign, floor, k)
    return median_of_few(values, 0, stop - start)


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
def _is_usual(twin, sign, floor, phase, level, near) -> bool:
    """Tell whether ln R is near what the half-cycle before showed at the same phase."""
    time, voltage, imposed = twin
    k = min(np.searchsorted(time, time[0] + phase), len(time) - 1)
    stop = min(k + WINDOW, len(time))
    return abs(level - _median_level(voltage, imposed, sign, floor, k, stop)) < near


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
    twin = (twin_time, twin_voltage, twin_imposed)
    if not _uneven(time):
        found = _search((time, voltage, imposed), sign, noise, twin, place, size, counts)
        return _without_bounces(time, place, size, counts, found)
    rows, firsts = lasting_samples(time, voltage)
    if len(rows) < 2 * WINDOW:
        return 0
    few = (time[firsts], voltage[rows], imposed[rows])
    noise = sample_noise(few[1], 0, len(rows))
    found = _search(few, sign, noise, twin, place, size, counts)
    for m in range(found):
        place[m] = firsts[place[m]]
    return _without_bounces(time, place, size, counts, found)


@exact
def _without_bounces(time, place, size, counts, found):
    """Leave out what came back to its level within seconds; return how many are left."""
    kept = 0
    m = 0
    while m < found:
        if m + 1 < found and time[place[m + 1]] - time[place[m]] <= BOUNCE_SECOND:
            one, other = size[m, 0], size[m + 1, 0]
            if one * other < 0.0 and abs(one + other) < BOUNCED_BACK * max(abs(one), abs(other)):
                counts[0] -= 1
                m += 2
                continue
        place[kept] = place[m]
        copied(size[kept], size[m])
        kept += 1
        m += 1
    return kept


@exact
def _uneven(time) -> bool:
    """Tell whether some samples lie far closer than they do on average: a trigger's, say."""
    n = len(time)
    if n < 3:
        return False
    least = DENSE * (time[n - 1] - time[0]) / (n - 1)
    close = 0
    for k in range(1, n):
        close += 1 if time[k] - time[k - 1] < least else 0
    return close > 0


@exact
def _usual_interval(time):
    """Interval at which half of the time was sampled, or more sparsely (s)."""
    steps = np.empty(len(time) - 1)
    for k in range(len(steps)):
        steps[k] = time[k + 1] - time[k]
    steps = ranked(steps)
    half, passed = 0.5 * (time[len(time) - 1] - time[0]), 0.0
    for k in range(len(steps)):
        passed += steps[k]
        if passed >= half:
            return steps[k]
    return steps[len(steps) - 1]


@exact
def lasting_samples(time, voltage):
    """Choose the sample that lasted among those that lie within a fair share of an interval.

    A cycler that also records every change of the voltage writes hundreds of samples of what
    lasted milliseconds. Each group counts once, with the voltage that stood for half of its time.

    Parameters
    ----------
    time, voltage : numpy.ndarray, shape (n,)
        s, V.

    Returns
    -------
    rows, firsts : numpy.ndarray of int, shape (m,)
        The sample that stands for each group, and the group's first.
    """
    n = len(time)
    usual = _usual_interval(time)
    rows, firsts = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    found = begin = 0
    for k in range(1, n + 1):
        if k < n and time[k] - time[begin] < LASTING * usual:
            continue
        rows[found], firsts[found] = _longest(time, voltage, begin, k, usual), begin
        found += 1
        begin = k
    return rows[:found], firsts[:found]


@exact
def _longest(time, voltage, begin, stop, usual):
    """Sample of a group whose voltage stood, or was exceeded, for half of the group's time."""
    if stop - begin == 1:
        return begin
    weights = np.empty(stop - begin)
    for k in range(begin, stop):
        weights[k - begin] = time[k + 1] - time[k] if k + 1 < len(time) else usual
    order = np.argsort(voltage[begin:stop])
    total = passed = 0.0
    for k in range(len(weights)):
        total += weights[k]
    half = 0.5 * total
    for k in order:
        passed += weights[k]
        if passed >= half:
            return begin + k
    return begin + order[len(order) - 1]


@exact
def _surely_rattles(resistance, imposed, floor, noise, k) -> bool:
    """Tell whether the scatter of a voltage explains a change of ln R, by one logarithm.

    The level before a change is at most the highest of the samples in its median: where even that
    one's share of scatter is larger than the change, nothing else has to be looked at.
    """
    here, last = max(resistance[k], floor), max(resistance[k - 1], floor)
    top = here * abs(imposed[k])
    if not here > last:
        high = last
        for j in range(max(2, k - WINDOW), k):
            if not resistance[j] < np.inf:
                return False
            high = resistance[j] if resistance[j] > high else high
        top = high * abs(imposed[k - 1])
    least = EVENT_SIGMAS * noise / max(top, noise)
    return abs(np.log(here / last)) < least * (1.0 - _ROUNDED) - _ROUNDED


@exact
def _search(samples, sign, noise, twin, place, size, counts):
    """Do as :func:`search_half_cycle` for samples that all lasted."""
    time, voltage, imposed = samples
    n = len(time)
    resistance, marks = np.empty(n), np.empty(n, dtype=np.uint8)
    floor = 1e-4 * _resistances(voltage, imposed, sign, resistance)
    if floor <= 0.0 or not _moved(resistance, floor, marks):
        return 0
    if _uneven(twin[0]):
        rows = lasting_samples(twin[0], twin[1])[0]
        twin = (twin[0][rows], twin[1][rows], twin[2][rows])
    twin_time, twin_voltage, twin_imposed = twin
    found = 0
    k = 3
    while k < n:
        if not marks[k] or _surely_rattles(resistance, imposed, floor, noise, k):
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
        few = k - head < SETTLED and len(twin_time) > 0
        if few and _is_usual(twin, sign, floor, time[k] - time[0], after, 0.5 * abs(step)):
            k += 1  # it is where it always is: what was strange is the sample before
            continue
        lasting = (after - before) / step
        if lasting > OVERSHOOT and abs(step) < GRADUAL_BELOW:
            k += 1  # it goes on and on: warmth or contact, not a path that closes
            continue
        if lasting < PERSISTENCE:
            sank = level - np.exp(here) * abs(imposed[k]) > EVENT_SIGMAS * noise
            if step < 0.0 and abs(step) > 2.0 * scatter and here < before + 0.5 * step and sank:
                counts[1] += 1  # what only comes back from above was no short
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
