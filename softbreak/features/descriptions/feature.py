"""What is said of a feature, once: its name, unit, formula, source, and where it should go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

TECHNIQUES: Final = ("voltage", "voltammetry", "impedance", "rest", "rate", "history")
DIRECTIONS: Final = ("up", "down", "flat", "either", "none")
"""``flat``: it stays; ``either``: it moves, one way or the other; ``none``: it says nothing."""
CONFOUNDERS: Final = (
    "temperature",
    "contact",
    "pressure",
    "growth",
    "voids",
    "current",
    "sampling",
)
"""What moves features without any short: a warmer cell, better contact, more pressure, a growing
interphase, voids, another current, another sampling rule."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One number that is measured of every half-cycle or cycle.

    Attributes
    ----------
    name : str
        Column name; carries the unit where it has one.
    unit : str
        "1" where it is dimensionless.
    technique : str
        One of ``TECHNIQUES``.
    formula : str
        As a colleague would write it on a whiteboard.
    source : str
        DOI, equation or convention.
    healthy, soft, hard : str
        Where it goes under healthy ageing, soft and hard breakdown: one of ``DIRECTIONS``.
    confounders : mapping
        The same for each of ``CONFOUNDERS`` that moves it; those left out leave it where it is.
    transferable : bool
        Means the same on another chemistry, area and current: fit for a model's input.
    """

    name: str
    unit: str
    technique: str
    formula: str
    source: str
    healthy: str
    soft: str
    hard: str
    confounders: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    transferable: bool = True

    def __post_init__(self) -> None:
        """Hold the words to the vocabulary."""
        words = (self.healthy, self.soft, self.hard, *self.confounders.values())
        wrong = [word for word in words if word not in DIRECTIONS]
        wrong += [name for name in self.confounders if name not in CONFOUNDERS]
        if self.technique not in TECHNIQUES:
            wrong.append(self.technique)
        if wrong:
            raise ValueError(f"feature {self.name}: unknown {', '.join(wrong)}")
