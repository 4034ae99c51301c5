"""What is said of a cycle beside the rule's words, because of what was learned."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from softbreak.features.descriptions.plain_facts import FACTS as FACTS_BY_NAME
from softbreak.features.descriptions.plain_facts import plain_fact, topic_of
from softbreak.models.learned.model_inputs import COLUMNS
from softbreak.models.rules.kernels import codes
from softbreak.models.rules.sentences import RULE_MANNER, lost_creep, manner_of, rule_sentence
from softbreak.models.rules.spoken_numbers import percent
from softbreak.models.shown import (
    BARE,
    EXACT,
    FACT,
    FACTS,
    IN_PERCENT,
    NUMBER,
    PERCENT,
    SHARE,
    TENTH,
)
from softbreak.models.verdicts import STATES, Wording
from softbreak.verdict import State


def hybrid_sentence(area_cm2: float | None, words: int, *told: float) -> str:
    """Put a piece of evidence into words, the rule's among them.

    Parameters
    ----------
    area_cm2 : float or None
    words : int
        See :mod:`softbreak.models.rules.kernels.codes`.
    *told : float
        Its numbers, as they are shown.
    """
    say = _TOLD.get(words)
    return rule_sentence(area_cm2, words, *told) if say is None else say(*told)


def _settled(fault: float, why: float, upper: float, *_: float) -> str:
    """Why a cycle is healthy that the rule alone leaves open."""
    shorted = f"of simulated cycles that look like this only {percent(fault)} were shorted"
    if why == 1.0:
        shorted = (
            "the slow rise of the voltage within a half-cycle bounds η_e to "
            f"{percent(upper)}, and {shorted}"
        )
    elif why == 2.0:
        shorted = f"there is a spectrum to compare with an earlier one, and {shorted}"
    return f"V/I alone leaves this cycle open, but {shorted}."


def _withdrawn(state: float, fault: float, *_: float) -> str:
    said = STATES[int(state)]
    only = "" if said is State.HEALTHY else "only "
    return (
        f"The rule says {said.value}, but of simulated cycles that look like this "
        f"{only}{percent(fault)} were shorted: left open."
    )


def _learned(fault: float, *telling: float) -> str:
    """The score, and what moved it most, as the rule would say it; of one topic one fact."""
    facts: dict[str, str] = {}
    for place, value in zip(telling[::2], telling[1::2], strict=True):
        name = COLUMNS[int(abs(place)) - 1] if place else ""
        topic = topic_of(name)
        if topic not in facts and (fact := plain_fact(name, value)):
            facts[topic] = f"{fact}: speaks {'for' if place > 0.0 else 'against'} a short"
    told = "; ".join(facts.values())
    return (
        f"The learned score gives a short {percent(fault)}, calibrated on simulated cells "
        f"that were held out.{f' {told[0].upper()}{told[1:]}.' if told else ''}"
    )


_TOLD: Final[dict[int, Callable[..., str]]] = {
    codes.MISSTATED: lambda *_: (
        "Either a short was there from the beginning, or area, thickness or conductivity are "
        "misstated: V/I is below L/(σA), but not far, and nothing else speaks for a short."
    ),
    codes.SETTLED: _settled,
    codes.UNBOUNDED: lambda upper, *_: (
        f"Nothing speaks for a short, but up to {percent(upper)} of the current may be "
        "electronic: left open."
    ),
    codes.WITHDRAWN: _withdrawn,
    codes.CREPT_ALONE: lost_creep,
    codes.UNFAMILIAR: lambda novelty, *_: (
        f"The cycle is {novelty:.1f} times as far from what the model learned from as it "
        "may be: the physics rule alone decides."
    ),
    codes.LEARNED: _learned,
}
"""By number of the words."""


def _fact_of(name: str) -> tuple[float, float, int, int, int]:
    """Which values of an input read alike."""
    fact = FACTS_BY_NAME.get(name)
    if fact is None:
        return (math.inf, 0.0, BARE, BARE, BARE)
    holds = [
        next((kind for mark, kind in _HOLDS.items() if mark in clause), BARE)
        for clause in (fact.low, fact.same, fact.high)
    ]
    return (fact.width, fact.middle, holds[0], holds[1], holds[2])


_HOLDS: Final = {"{p}": IN_PERCENT, "{s}": SHARE, "{n}": NUMBER}
_MANNER: Final[dict[int, tuple[int, ...]]] = {
    **RULE_MANNER,
    codes.SETTLED: (PERCENT, EXACT, PERCENT),
    codes.UNBOUNDED: (PERCENT,),
    codes.WITHDRAWN: (EXACT, PERCENT),
    codes.CREPT_ALONE: (PERCENT,),
    codes.UNFAMILIAR: (TENTH,),
    codes.LEARNED: (PERCENT, *(EXACT, FACT) * 3),
}
WORDING: Final = Wording.of(
    hybrid_sentence,
    manner_of(_MANNER, codes.LEARNED + 1),
    np.array([_fact_of(name) for name in COLUMNS], FACTS),
)
"""Of a model; resistances in Ω."""
