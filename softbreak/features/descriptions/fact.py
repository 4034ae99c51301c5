"""A clause about a number: one for low, one for "as it was", one for high."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from softbreak.features.descriptions.sentence import number, percent

SAME: Final = 0.02
"""A logarithm (or a share) nearer to zero than this reads as "the same"."""


class Fact(NamedTuple):
    """Clauses for a value below, about, and above zero (or a limit).

    In a clause, ``{p}`` is |e^value − 1| in percent, ``{s}`` the value in percent, ``{n}`` the
    value. Features of one topic say nearly the same: one of them is told.
    """

    topic: str
    low: str
    same: str
    high: str
    width: float = SAME
    middle: float = 0.0

    def clause(self, value: float) -> str:
        """Return the clause for a finite value, without a full stop."""
        away = value - self.middle
        clause = self.same if abs(away) <= self.width else self.high if away > 0.0 else self.low
        if "{" not in clause:
            return clause
        if "{p}" in clause:
            amount = abs(math.log(value)) if self.middle == 1.0 and value > 0.0 else abs(value)
            factor = math.expm1(min(amount, 20.0)) if away > 0.0 else -math.expm1(-amount)
            return clause.replace("{p}", percent(factor))
        if "{s}" in clause:
            return clause.replace("{s}", percent(value))
        return clause.replace("{n}", number(abs(value)))
