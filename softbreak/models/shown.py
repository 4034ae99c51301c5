"""Numbers as they are told: rounded as far as their sentence shows them.

Cycles of a cell are alike, and most of their sentences are the same to the letter. With numbers
that are rounded as they are printed, each is made once. A number is left as it is where its
rounding is close to a tie, or would read otherwise: the sentence is always that of the number
itself.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from softbreak.compiled import strict

UNUSED, EXACT, PERCENT, REST, CHANGE, OHM, WHOLE, TENTH, FACT = range(9)
"""How a number is shown: not at all; as it is; in percent; what it leaves of one, in percent;
|e^x − 1| in percent; a resistance; a whole number; with one decimal; as the clause of the input
that the number before it names."""

BARE, IN_PERCENT, SHARE, NUMBER = range(4)
"""What a clause of a :class:`softbreak.features.descriptions.fact.Fact` holds: no number, ``{p}``,
``{s}``, ``{n}``."""
FACTS: Final = np.dtype(
    [("width", "<f8"), ("middle", "<f8"), ("low", "<i8"), ("same", "<i8"), ("high", "<i8")]
)
"""A fact, as far as it says which numbers read alike."""
_CLEAR: Final = 0.4999
"""Distance to the next number shown, in the last digit, up to which rounding is beyond doubt."""


@strict
def rounded(words: Any, told: Any, manner: Any, facts: Any, area: float) -> None:
    """Round numbers in place as far as they are shown.

    Parameters
    ----------
    words : numpy.ndarray of int, shape (n,)
        Negative: texts that have no numbers.
    told : numpy.ndarray, shape (n, m)
    manner : numpy.ndarray of int, shape (number of words, m)
    facts : numpy.ndarray of FACTS
    area : float
        By which resistances are told (cm²); 0 where they are told in Ω.
    """
    for n in range(len(words)):
        for k in range(told.shape[1] if words[n] >= 0 else 0):
            how, value = manner[words[n], k], told[n, k]
            if how == UNUSED:
                value = 0.0
            elif how == PERCENT:
                value = _percent(value)
            elif how == REST:
                value = 1.0 - _percent(1.0 - value)
            elif how == CHANGE:
                value = _change(value)
            elif how == OHM:
                value = _ohm(value, area)
            elif how == WHOLE:
                value = _digits(value, 0)
            elif how == TENTH:
                value = _digits(value, 1)
            elif how == FACT:
                value = _fact(facts[int(abs(told[n, k - 1])) - 1], value) if told[n, k - 1] else 0.0
            told[n, k] = value + 0.0  # without the sign of a zero


@strict
def _digits(value: float, decimals: int) -> float:
    """Round to so many decimals, where that is beyond doubt."""
    if not math.isfinite(value):
        return value
    scaled = value * 10.0**decimals
    whole = np.rint(scaled)
    if abs(scaled - whole) > _CLEAR or (whole == 0.0 and value < 0.0):
        return value
    return float(whole / 10.0**decimals)


@strict
def _regime(size: float) -> int:
    """Decimals of a percentage by :func:`softbreak.models.rules.spoken_numbers.percent`."""
    if 0.995 <= size < 1.0:
        return 2 if size < 0.99995 else 3
    return 0 if size >= 0.095 else 1


@strict
def _percent(value: float) -> float:
    regime = _regime(abs(value))
    shown = _digits(value, 2 + regime) if regime < 3 else math.copysign(0.99999, value)
    return shown if _regime(abs(shown)) == regime else value


@strict
def _change(value: float) -> float:
    size = abs(math.expm1(value))
    shown = _percent(size)
    if shown == size or shown >= 1.0:
        return value
    back = math.log1p(shown if value >= 0.0 else -shown)
    return back if (back >= 0.0) == (value >= 0.0) else value


@strict
def _decade(value: float) -> int:
    return math.floor(math.log10(abs(value)))


@strict
def _ohm(value: float, area: float) -> float:
    """Three digits, and whole numbers above a thousand; in Ω only up to ten thousand."""
    shown = value * area if area else value
    if not math.isfinite(shown) or abs(shown) < 1e-4 or abs(shown) > 1e12:
        return value
    decade = _decade(shown)
    whole = decade >= 3 if area else decade == 3
    near = _digits(shown, 0 if whole else 2 - decade)
    if near == 0.0 or _decade(near) != decade:
        return value
    return near / area if area else near


@strict
def _two_digits(value: float) -> float:
    """Do as :func:`softbreak.features.descriptions.sentence.percent` prints a fraction."""
    shown = 100.0 * abs(value)
    if 0.995 <= abs(value) < 1.0 or not 1e-3 < shown < 1e5 or shown == np.rint(shown):
        return value
    decade = _decade(shown)
    decimals = max(0, 1 - decade)
    near = _digits(shown, decimals)
    if decimals:
        near += 1e-7  # a whole number would be told without its decimals
    if _decade(near) != decade or 99.5 <= near < 100.0:
        return value
    return math.copysign(near / 100.0, value)


@strict
def _which(fact: Any, value: float) -> int:
    away = value - fact.middle
    if abs(away) <= fact.width:
        return 0
    return 1 if away > 0.0 else -1


@strict
def _fact(fact: Any, value: float) -> float:
    which = _which(fact, value)
    holds = fact.same if which == 0 else (fact.high if which > 0 else fact.low)
    shown = value
    if holds == BARE:
        shown = fact.middle + which * (fact.width + 1.0) if which else fact.middle
    elif holds == SHARE:
        shown = _two_digits(value)
    elif holds == IN_PERCENT and fact.middle == 0.0 and 0.0 < abs(value) < 20.0:
        if value > 0.0:
            shown = math.log1p(_two_digits(math.expm1(value)))
        else:
            part = _two_digits(-math.expm1(value))
            shown = math.log1p(-part) if part < 1.0 else value
    return shown if _which(fact, shown) == which else value
