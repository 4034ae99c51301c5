"""What a model looked at, as a colleague would say it: one clause a feature, and no symbol."""

from __future__ import annotations

import math
from typing import Final

from softbreak.features.descriptions.cycle_facts import CYCLE_FACTS
from softbreak.features.descriptions.fact import Fact
from softbreak.features.descriptions.measurement_facts import MEASUREMENT_FACTS

_FACTS: Final[dict[str, Fact]] = {**CYCLE_FACTS, **MEASUREMENT_FACTS}


def topic_of(name: str) -> str:
    """Return what a feature is about: of two that are about one thing, one is told."""
    fact = _FACTS.get(name)
    return fact.topic if fact else name


def plain_fact(name: str, value: float) -> str:
    """Put the value of a model's input into a clause.

    Parameters
    ----------
    name : str
        One of :data:`softbreak.models.learned.model_inputs.COLUMNS`.
    value : float
        Finite.

    Returns
    -------
    str
        Without a full stop; empty where there is nothing that a person could check.
    """
    fact = _FACTS.get(name)
    if fact is None or not math.isfinite(value):
        return ""
    return fact.clause(value)
