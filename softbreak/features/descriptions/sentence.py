"""How a feature is put into words: what a colleague would say of the number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MISSING: Final = "unknown"


class Kind(StrEnum):
    """How the number is to be read."""

    LOGARITHM = "logarithm"
    """ln(x / reference): "x is 40 % lower than ..."."""
    CHANGE = "change"
    """(x - reference) / reference: the same sentence."""
    RATIO = "ratio"
    """ln of one quantity over another, compared with what it was: "x is 2.2 times y, ..."."""
    SHARE = "share"
    """A fraction, told in percent, compared with what it was."""
    LEVEL = "level"
    """A positive number with its unit, compared with what it was by its ratio."""
    NUMBER = "number"
    """A number with its unit, compared with what it was."""


@dataclass(frozen=True, slots=True)
class Telling:
    """The sentence of one feature.

    Attributes
    ----------
    kind : Kind
    subject : str
        What is measured, as it begins a sentence.
    than : str
        What it is compared with ("the first spectrum"); for a ratio, the other quantity.
    scatter : float
        By how much the feature of a sound cell moves from cycle to cycle (its own unit): the
        least by which two values must differ to be told apart.
    unit : str
        Of a number; empty for none.
    about : str
        Features of one topic say nearly the same, and one of them is told; the subject if empty.
    """

    kind: Kind
    subject: str
    than: str = ""
    scatter: float = 0.05
    unit: str = ""
    about: str = ""

    @property
    def topic(self) -> str:
        """What it is about."""
        return self.about or self.subject.partition(",")[0]

    def sentence(self, value: float, baseline: float, where: str = "") -> str:
        """Put a value into words.

        Parameters
        ----------
        value, baseline : float
            Now, and in the cell's first cycles (NaN where those did not have it).
        where : str
            Time of what is told (" at 41.2 h"), put behind the statement.
        """
        if self.kind in (Kind.LOGARITHM, Kind.CHANGE):
            return f"{self.subject} {self._relative(value)}{where}."
        now, then = self._shown(value), self._shown(baseline)
        if self.kind is Kind.LEVEL and value > 0.0 and baseline > 0.0:
            change = self._changed(value / baseline, "in the cell's first cycles")
            return f"{self.subject} is {now}{where}, {change} ({then})."
        if self.than:
            now = f"{now} {'of ' if self.kind is Kind.SHARE else ''}{self.than}"
        was = f"; in the cell's first cycles it was {then}" if math.isfinite(baseline) else ""
        return f"{self.subject} is {now}{where}{was}."

    def _relative(self, value: float) -> str:
        factor = math.exp(min(value, 300.0)) if self.kind is Kind.LOGARITHM else 1.0 + value
        if 0.995 < factor < 1.005:
            return f"is the same as {self.than}"
        return f"is {self._changed(factor, self.than)}"

    @staticmethod
    def _changed(factor: float, than: str) -> str:
        if factor >= 3.0:
            return f"{number(factor)} times as high as {than}"
        direction = "higher" if factor > 1.0 else "lower"
        return f"{percent(abs(factor - 1.0))} {direction} than {than}"

    def _shown(self, value: float) -> str:
        if not math.isfinite(value):
            return MISSING
        if self.kind is Kind.RATIO:
            return f"{number(math.exp(min(value, 300.0)))} times"
        if self.kind is Kind.SHARE:
            return percent(value)
        return f"{number(value)} {self.unit}".rstrip()


def percent(fraction: float) -> str:
    """Write a fraction in percent: ``31 %``, ``0.4 %``; what is not the whole is not 100 %."""
    if 0.995 <= abs(fraction) < 1.0:
        return f"{100.0 * fraction:.2f} %" if abs(fraction) < 0.99995 else "more than 99.99 %"
    return f"{number(100.0 * fraction, 2)} %"


def number(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits, and no exponent where it can be avoided."""
    if not math.isfinite(value):
        return MISSING
    if value == round(value) and abs(value) < 1e6:
        return f"{value:.0f}".replace("-", "\u2212")
    size = math.floor(math.log10(abs(value)))
    if not -4 <= size < 6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa} × 10^{int(exponent)}".replace("-", "\u2212")
    return f"{value:.{max(0, digits - 1 - size)}f}".replace("-", "\u2212")
