"""What the compiled parts of the rule share: comparisons, probabilities, ways to speak.

Comparisons are written so that NaN loses them, as it does with Python's ``max`` and ``min``.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.selection import put_in_order
from softbreak.models.rules.kernels import codes

_VELTKAMP: Final = 134217729.0


@strict
def larger(a: float, b: float) -> float:
    """Return the larger; NaN in ``b`` loses, in ``a`` it stays."""
    return b if b > a else a


@strict
def smaller(a: float, b: float) -> float:
    """Return the smaller; NaN in ``b`` loses, in ``a`` it stays."""
    return b if b < a else a


@strict
def _error_of_square(value: float) -> float:
    """Return what rounding takes from a square (Dekker's product)."""
    shifted = _VELTKAMP * value
    high = shifted - (shifted - value)
    low = value - high
    return ((high * high - value * value) + 2.0 * high * low) + low * low


@strict
def hypot(a: float, b: float) -> float:
    """Return √(a² + b²), rounded once, whatever mathematical library is installed."""
    a, b = abs(a), abs(b)
    if a < b:
        a, b = b, a
    if b == 0.0:
        return a
    root = math.sqrt(a * a + b * b)
    rest = (a * a - root * root) + b * b
    rest += _error_of_square(a) + _error_of_square(b) - _error_of_square(root)
    return root + rest / (2.0 * root)


@strict
def upper_median(values: Any, count: int) -> float:
    """Return the median of the first values, the upper one of two."""
    ordered = values[:count].copy()
    put_in_order(ordered)
    return float(ordered[count // 2])


@strict
def chances(said: Any, eta: float, deviation: float, trust: float, lim: Any) -> None:
    """Do as :func:`softbreak.models.rules.sentences.state_probabilities`."""
    deviation = larger(deviation, 1e-3)
    healthy = 0.5 * math.erfc(-((lim.HEALTHY_BELOW - eta) / deviation) / math.sqrt(2.0))
    hard = 0.5 * math.erfc(-((eta - lim.HARD_FROM) / deviation) / math.sqrt(2.0))
    soft = larger(1.0 - healthy - hard, 0.0)
    rest = 1.0 - trust
    healthy = trust * healthy + rest * 2 / 3
    soft = trust * soft + rest / 4
    hard = trust * hard + rest / 12
    total = healthy + soft + hard
    said.p_healthy, said.p_soft, said.p_hard = healthy / total, soft / total, hard / total


@strict
def left_open(said: Any, reason: int, upper: float, soft: float, transient: int) -> None:
    """Abstain; see :func:`softbreak.verdict.undetermined`."""
    hard = 0.03 if upper > 0.5 else 0.0
    said.state, said.reason, said.transient = codes.OPEN, reason, transient
    said.p_healthy, said.p_soft, said.p_hard = 1.0 - soft - hard, soft, hard
    said.eta, said.lower, said.upper = np.nan, 0.0, smaller(upper, 1.0)


@strict
def say(said: Any, state: int, reason: int, eta: float, lower: float, upper: float) -> None:
    """Conclude a state with η_e and its interval; the probabilities are written by others."""
    said.state, said.reason, said.transient = state, reason, 0
    said.eta, said.lower, said.upper = eta, lower, upper
