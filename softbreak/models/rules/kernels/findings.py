"""From what the voltage rule concluded to the evidence of each verdict, still in numbers."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from softbreak.compiled import strict
from softbreak.models.rules.kernels import codes
from softbreak.models.rules.thresholds import DEAD_SHORT_OHM_CM2

MOST: Final = 4
"""Pieces of evidence that the rule has for a cycle, at most."""


def _by_reason(told: dict[int, Any], otherwise: Any) -> tuple[Any, ...]:
    return tuple(told.get(reason, otherwise) for reason in codes.REASONS)


_NAMED: Final = _by_reason(
    {
        codes.MISSING: codes.F_NOT_MEASURED,
        codes.ONE_SIDED: codes.F_UNFINISHED,
        codes.BELOW: codes.F_BELOW_FLOOR,
        codes.DEAD: codes.F_AREAL,
        codes.CONDUCTING: codes.F_DECLINE,
        codes.STEADY: codes.F_GROWTH,
        codes.STEADY_CORRECTED: codes.F_GROWTH,
        codes.FIRST: codes.F_GROWTH,
        codes.SHORT: codes.F_ANCHOR,
        codes.ONLY_GREW: codes.F_SLOW,
        codes.CREEP_FELL: codes.F_SLOW,
    },
    codes.F_UNDETERMINED,
)
"""What the evidence of a reason is called; of most abstentions alike."""
_MEASURED: Final = _by_reason(
    {
        codes.DEAD: 1,
        codes.SHORT: 1,
        codes.CONDUCTING: 2,
        codes.STEADY: 2,
        codes.STEADY_CORRECTED: 2,
        codes.FIRST: 2,
        codes.ONLY_GREW: 2,
        codes.CREEP_FELL: 2,
    },
    0,
)
"""Which number of a reason is its value, from 1; 0 for an abstention, which has none, and whose
reason is said first."""
_BASELINE: Final = _by_reason(
    {
        codes.DEAD: DEAD_SHORT_OHM_CM2,
        codes.SHORT: 1.0,
        codes.ONLY_GREW: 1.0,
        codes.CREEP_FELL: 1.0,
    },
    0.0,
)


@strict
def _add(found: Any, m: int, feature: int, words: int, value: float) -> Any:
    one = found[m]
    one.feature, one.words, one.value, one.baseline = feature, words, value, 0.0
    one.told[:] = 0.0
    return one


@strict
def _add_reason(found: Any, m: int, said: Any) -> int:
    reason = said.reason
    place = _MEASURED[reason]
    value = np.nan if place == 0 else (said.a if place == 1 else said.b)
    words = reason
    if reason == codes.STEADY_CORRECTED and math.isnan(said.c):
        words = codes.STEADY  # the probe is silent
    one = _add(found, m, _NAMED[reason], words, value)
    one.baseline = np.nan if place == 0 else _BASELINE[reason]
    one.told[0], one.told[1], one.told[2], one.told[3] = said.a, said.b, said.c, said.d
    return m + 1


@strict
def _add_events(found: Any, m: int, said: Any) -> int:
    """Add the drop, in the cycle in which it happened, and the end of a short before."""
    if said.found != codes.NOTHING:
        drop = said.found == codes.DROP
        feature = codes.F_DROP if drop else codes.F_STEP
        one = _add(found, m, feature, codes.DROPPED if drop else codes.STEPPED, said.change)
        one.told[0], one.told[1] = said.change, said.time
        one.told[2], one.told[3] = said.before, said.after
        m += 1
    if said.state == codes.HEALTHY and said.ended > 0.0:
        one = _add(found, m, codes.F_ENDED, codes.ENDED, said.ended)
        one.baseline, one.told[0] = np.nan, said.ended
        m += 1
    return m


@strict
def findings(said: Any, numbers: Any, found: Any, bounds: Any) -> int:
    """Write verdicts and their evidence, the most telling first; return how much there is.

    Parameters
    ----------
    said : numpy.ndarray of SAID, shape (n,)
    numbers : numpy.ndarray of NUMBERS, shape (n,)
    found : numpy.ndarray of FOUND, shape (MOST * n,)
    bounds : numpy.ndarray of int, shape (n + 1,)
    """
    m = 0
    bounds[0] = 0
    for n in range(len(said)):
        one, out = said[n], numbers[n]
        out.state, out.transient_short = one.state, 1 if one.transient != 0 else 0
        out.p_healthy, out.p_soft, out.p_hard = one.p_healthy, one.p_soft, one.p_hard
        out.electronic_fraction = one.eta
        out.electronic_fraction_lower, out.electronic_fraction_upper = one.lower, one.upper
        out.wanted = codes.WISH[one.reason] if one.state == codes.OPEN else 0
        if one.certified != codes.CERTIFIED:
            abstains = _MEASURED[one.reason] == 0
            if abstains:
                m = _add_reason(found, m, one)
            m = _add_events(found, m, one)
            if not abstains:
                m = _add_reason(found, m, one)
            elif one.state == codes.OPEN and one.creep_left > 0.0:
                piece = _add(found, m, codes.F_SLOW, codes.CREEP_LOST, one.creep_left)
                piece.baseline = 1.0
                piece.told[0] = one.creep_left
                m += 1
        if one.certified != codes.NOT_CERTIFIED:
            piece = _add(found, m, codes.F_FLOOR, codes.CERTIFICATE, one.ratio)
            piece.baseline = 1.0
            piece.told[0], piece.told[1], piece.told[2] = one.ohm, one.floor, one.least
            m += 1
        bounds[n + 1] = m
    return m
