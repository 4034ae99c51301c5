"""Samples that are no measurement: a channel that stood still, a contact that was open."""

from __future__ import annotations

from typing import Final

import numpy as np

from softbreak.compiled import exact
from softbreak.features.kernels.selection import extremes, largest, span, sum_of_sizes

FEWEST_STILL: Final = 6
"""So many identical voltages in a row are no measurement, of a channel that moved before: so many
at least …"""
STILL_CHANCE: Final = 14.0
"""… and so many that they come about once in a million times (−ln of the chance)."""
MOST_ALIKE: Final = 0.5
"""Where more samples than this share are as the one before, the converter hides the noise."""
MANY: Final = 1 << 60
STEADY_SHARE: Final = 0.9
"""Where the current falls below this share meanwhile, the voltage is regulated."""
OPEN_SHARE: Final = 0.05
"""A current below this share of that before and after it did not flow …"""
MOST_OPEN: Final = 2
"""… in so many samples at most: from three on it is a rest …"""
SPIKE: Final = 3.0
"""A sample at more than so many times the voltage of both its neighbours …"""
FIRST_SPIKE: Final = 10.0
"""… so many times at the beginning of a half-cycle, where metal nucleates …"""
SPIKE_VOLT: Final = 0.05
"""… and at more than this is none of the cell's."""
LESS: Final = 1.0 - 1e-6
"""Of a sum, whatever the order of its terms."""
AGAINST_VOLT: Final = 0.01
"""No offset of a cycler that is larger on a dead short than it was before."""
PROBES: Final = 16
"""Samples of a half-cycle that are looked at before all are."""
BEYOND: Final = 2.0
"""… at more than so many times the voltage before."""


@exact
def stood_still(voltage, noise, before) -> bool:
    """Tell whether a channel that moved from sample to sample shows one value all along.

    A dead short has noise too. Where the steps of the converter hid the noise before, one value
    says nothing.

    Parameters
    ----------
    voltage, before : numpy.ndarray
        Of a half-cycle, and of the one before in that direction (V).
    noise : float
        Scatter of its samples (V).
    """
    if noise != 0.0 or len(before) <= FEWEST_STILL:
        return False
    return len(voltage) >= _still_samples(_alike(before), len(before) - 1)


@exact
def _alike(voltage):
    """Count samples that are as the one before."""
    count = 0
    for k in range(1, len(voltage)):
        count += 1 if voltage[k] == voltage[k - 1] else 0
    return count


@exact
def _still_samples(alike, seen):
    """Samples of one value that no channel shows of which so many of those seen were alike."""
    share = (alike + 1.0) / (seen + 1.0)
    if share > MOST_ALIKE:
        return MANY
    return max(FEWEST_STILL, 1 + int(np.ceil(-STILL_CHANCE / np.log(share))))


@exact
def may_stand_still(voltage) -> bool:
    """Tell whether :func:`mark_still` may mark any; seldom."""
    return bool(_alike(voltage) >= FEWEST_STILL - 1)


@exact
def mark_still(voltage, imposed, free, before, frozen) -> bool:
    """Mark stretches in which a channel that moved shows one value; false where there is none.

    How often two samples were alike before says how long a stretch must be. What stands still all
    along is left to :func:`stood_still`, as is a half-cycle of which hardly anything is left. A
    voltage that is imposed, or at which the current falls, is no such stretch.

    Parameters
    ----------
    voltage, imposed, free : numpy.ndarray, shape (n,)
        Of a half-cycle: V, A, and above zero where the voltage is not imposed.
    before : numpy.ndarray
        Voltages of the half-cycle before in that direction (V).
    frozen : numpy.ndarray of bool, shape (n,)
        Is marked.
    """
    n = len(voltage)
    alike = longest = 0
    run = 1
    for k in range(1, n):
        same = voltage[k] == voltage[k - 1]
        run = run + 1 if same else 1
        alike += 1 if same else 0
        longest = run if run > longest else longest
    if longest < FEWEST_STILL or longest == n:
        return False
    alike, seen = alike - longest + 1, n - longest
    if len(before) > FEWEST_STILL:
        alike, seen = _alike(before), len(before) - 1
    if seen < FEWEST_STILL:
        return False
    needed = _still_samples(alike, seen)
    begin = still = 0
    for k in range(1, n + 1):
        if k < n and voltage[k] == voltage[k - 1]:
            continue
        fell = abs(imposed[k - 1]) < STEADY_SHARE * abs(imposed[begin])
        if k - begin >= needed and free[begin] > 0.0 and not fell:
            frozen[begin:k] = True
            still += k - begin
        begin = k
    if n - still < FEWEST_STILL:
        frozen[:] = False
        return False
    return still > 0


@exact
def may_be_open(current) -> bool:
    """Tell whether :func:`open_samples` may find any; hardly ever."""
    least, most = extremes(current)
    return bool(least < OPEN_SHARE * most)


@exact
def open_samples(current, voltage, known):
    """Return samples at which no current flowed between two at which it did: a contact was open.

    One or two of them are no rest, and their voltage is the cycler's limit. A measured current
    alone says so: a lone zero beside a voltage that went on is a fault of the current's channel.

    Parameters
    ----------
    current, voltage, known : numpy.ndarray, shape (n,)
        Of a half-cycle: A as measured, V, and above zero where the current is the instrument's
        word.
    """
    found, count = np.empty(0, dtype=np.int64), 0
    k, n = 1, len(current)
    while k < n - 1:
        before = abs(current[k - 1])
        stop = k
        while stop < min(k + MOST_OPEN, n) and _opened(current, voltage, stop, k - 1):
            stop += 1
        closes = k < stop < n and abs(current[stop]) > (1.0 - OPEN_SHARE) * before
        if closes and not known[k] > 0.0:
            if not count:
                found = np.empty(n, dtype=np.int64)
            for sample in range(k, stop):
                found[count] = sample
                count += 1
        k = max(stop, k + 1)
    return found[:count]


@exact
def _opened(current, voltage, k, before) -> bool:
    flows = abs(current[k]) >= OPEN_SHARE * abs(current[before])
    return not flows and abs(voltage[k]) > BEYOND * abs(voltage[before])


@exact
def may_run_against(voltage, sign) -> bool:
    """Tell whether :func:`mark_against` may mark any; seldom."""
    seen = False
    for k in range(0, len(voltage), max(1, len(voltage) // PROBES)):
        seen = seen or voltage[k] * sign < -AGAINST_VOLT
    return seen


@exact
def mark_against(voltage, sign, plus, minus, frozen) -> bool:
    """Mark stretches whose voltage runs against the current; true if all of a half-cycle does.

    No cell without a voltage of its own does that for long: its channel hangs, or its leads have
    been exchanged. To be asked only where no voltage of the half-cycles before did.

    Parameters
    ----------
    voltage : numpy.ndarray
        Of a half-cycle (V).
    sign : int
        Of its current.
    plus, minus : numpy.ndarray
        Voltages of the half-cycles of both directions before (V): what they have in common is the
        cycler's offset.
    frozen : numpy.ndarray of bool, shape (n,)
        Is marked, unless all of it would be.
    """
    n, side = len(voltage), float(sign)
    if (
        not may_run_against(voltage, sign)
        or len(plus) <= FEWEST_STILL
        or len(minus) <= FEWEST_STILL
    ):
        return False
    (least_plus, most_plus), (least_minus, most_minus) = span(plus), span(minus)
    high, low = most_plus + most_minus, least_plus + least_minus
    offset = 0.5 * max(-side * high, -side * low, 0.0)  # the most that this direction may show
    least = AGAINST_VOLT + offset
    begin = against = 0
    for k in range(n + 1):
        if k < n and voltage[k] * side < -least:
            continue
        if k - begin >= FEWEST_STILL:
            against += k - begin
            frozen[begin:k] = True
        begin = k + 1
    if n - against >= FEWEST_STILL:
        return False
    frozen[:] = False
    return True


@exact
def may_have_spikes(voltage) -> bool:
    """Tell whether :func:`mark_spikes` may mark any; seldom."""
    most = largest(voltage) * len(voltage)
    return not most <= SPIKE * LESS * sum_of_sizes(voltage)


@exact
def mark_spikes(voltage, frozen) -> bool:
    """Mark single samples far beyond both neighbours: a contact that opened, a lost conversion.

    While a current flows, no cell's voltage rises by so much and comes back within one sample. What
    falls and comes back may be a short that passes, and stays.

    Parameters
    ----------
    voltage : numpy.ndarray, shape (n,)
        Of a half-cycle (V).
    frozen : numpy.ndarray of bool, shape (n,)
        Is marked.
    """
    n, total, most = len(voltage), 0.0, largest(voltage)
    for value in voltage:
        total += abs(value)
    if n < FEWEST_STILL or not most * n > SPIKE * total:
        return False
    found = False
    for k in range(n - 1):  # at the end the metal may run out
        before = abs(voltage[k - 1]) if k > 0 else FIRST_SPIKE / SPIKE * abs(voltage[1])
        after = abs(voltage[k + 1])
        if abs(voltage[k]) > max(SPIKE * max(before, after), SPIKE_VOLT):
            frozen[k] = found = True
    return found
