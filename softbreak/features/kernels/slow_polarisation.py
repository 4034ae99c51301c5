"""How far the voltage creeps within a half-cycle: a second witness of what carries the current.

After each reversal V settles slowly (salt, interphase, contact). Ions alone do that: with R_i the
ionic resistance, V/I goes as R_i (1 − η), but the amplitude A of the creep as A_i (1 − η)², for
electrons take their share of the current that drives it and short what it builds up. So R up with
A unchanged is growth; R unchanged with A down is a short behind growth; R down with A unchanged
is contact or warmth. How A_i ages beside R_i is not known: between not at all and as R_i does.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.selection import copied, middle, put_in_order, span

FIRST: Final = 4
"""Values that the reference is the median of."""
LAST: Final = 3
"""… and the newest ones, that of the present."""
SAME_CURRENT: Final = 0.05
SAME_DURATION: Final = 0.05
SAME_GAP: Final = 0.2
"""Relative differences of current, cycle and pause before it within which A can be compared."""
DRIFTED: Final = 0.3
"""Share of A by which a temperature that moves within a half-cycle may falsify it."""
LEAST_SHARE: Final = 0.01
"""A below this share of V/I drowns in drift and offsets."""
OUTPUTS: Final = 4
"""Numbers that :func:`follow_slow` writes."""
_COUNT, _END, _CURRENT, _DURATION, _GAP, _LEVEL_0, _SLOW_0, _SIGMA = range(8)
_A = 8
_X = _A + FIRST
_NEW = _X + FIRST
STATE_SIZE: Final = _NEW + LAST


@strict
def follow_slow(state, timed, known, out) -> None:
    """Fold one cycle in; write the four features of slow polarisation.

    Parameters
    ----------
    state : numpy.ndarray, shape (STATE_SIZE,)
        NaN before the first cycle; is brought up to date.
    timed : numpy.ndarray, shape (4,)
        Rise of V within a half-cycle over the current (Ω); start, end and longest interval of the
        cycle (s).
    known : tuple of float
        ln of the current (A), what takes ln R to the first temperature, ln R there, and by how
        much the temperature moved it since the cycle before.
    out : numpy.ndarray, shape (4,)
        Gets ln A over its reference, the same minus that of V/I, their standard deviation, and
        ln of the reference over V/I then; left alone where they are not known.
    """
    slow, start, end, interval = timed
    current, warmth, level, drift = known
    gap, state[_END] = start - state[_END], end
    if not (np.isfinite(slow) and np.isfinite(gap)):
        return
    duration = end - start
    same = (
        abs(current - state[_CURRENT]) <= SAME_CURRENT
        and abs(duration - state[_DURATION]) <= SAME_DURATION * duration + interval
        and abs(gap - state[_GAP]) <= SAME_GAP * state[_GAP] + interval
    )
    if not same:
        if state[_COUNT] >= FIRST:
            return  # measured otherwise than the reference
        state[_COUNT] = 0.0
        state[_CURRENT], state[_DURATION], state[_GAP] = current, duration, gap
        state[_NEW : _NEW + LAST] = np.nan
    if 0.5 * drift * np.exp(level) > DRIFTED * state[_SLOW_0]:  # also False before there is one
        return
    there = slow * np.exp(warmth)
    count = int(state[_COUNT])
    if count < FIRST:
        state[_A + count], state[_X + count] = there, level
        state[_COUNT] += 1.0
        if count + 1 == FIRST:
            _refer(state)
    for k in range(LAST - 1):
        state[_NEW + k] = state[_NEW + k + 1]
    state[_NEW + LAST - 1] = there
    if state[_COUNT] < FIRST or np.isnan(state[_SLOW_0]):
        return
    newest = _middle_of(state, _NEW, LAST)
    least = 0.02 * state[_SLOW_0]  # a short may leave nothing of it
    change = np.log(max(newest, least) / state[_SLOW_0])
    out[0], out[1] = change, change - (level - state[_LEVEL_0])
    out[2], out[3] = state[_SIGMA], np.log(state[_SLOW_0]) - state[_LEVEL_0]


@strict
def _refer(state) -> None:
    """Take the first values for the reference, if they agree and stand out."""
    slow = _middle_of(state, _A, FIRST)
    state[_LEVEL_0] = _middle_of(state, _X, FIRST)
    if not slow > LEAST_SHARE * np.exp(state[_LEVEL_0]):
        return
    low, high = span(state[_A : _A + FIRST])
    scatter = (high - low) / (2.06 * slow)  # of four normal numbers
    state[_SLOW_0], state[_SIGMA] = slow, 0.5 * scatter + 0.03


@strict
def _middle_of(state, start, count):
    """Median of a part of the state."""
    few = np.empty(count)
    copied(few, state[start:])
    put_in_order(few)
    return middle(few)


@strict
def electronic_bounds(change: float, over_level: float, sigma: float) -> tuple[float, float]:
    """Return the 90 % bounds of η_e that the creep tells, whichever way it aged.

    With A_i the creep of the ionic path, A = A_i (1 − η)² and V/I = R_i (1 − η): so 1 − η is
    √(A/A₀) if A_i did not age, and (A/A₀)/(R/R₀) if it aged as R_i did.

    Parameters
    ----------
    change, over_level, sigma : float
        ln A/A₀, the same minus ln R/R₀, and the standard deviation of both; NaN where not known.
    """
    reach = 1.645 * sigma
    least = min(0.5 * (change - reach), over_level - reach)
    most = max(0.5 * (change + reach), over_level + reach)
    return _electronic_share(most), _electronic_share(least)


@strict
def _electronic_share(ln_rest: float) -> float:
    if math.isnan(ln_rest):
        return math.nan
    return min(max(1.0 - math.exp(min(ln_rest, 0.0)), 0.0), 1.0)
