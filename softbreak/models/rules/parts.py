"""What the rules see and what they say, in the same form for each of them."""

from __future__ import annotations

import math
from typing import NamedTuple

from softbreak.verdict import Evidence, State, Verdict


class CycleView(NamedTuple):
    """What the rule sees of one cycle.

    Units are those of :data:`softbreak.features.kernels.cycle.CYCLE_COLUMNS`.
    """

    cycle_index: int
    start_time_second: float
    end_time_second: float
    current_ampere: float
    resistance_ohm: float
    late_resistance_ohm: float
    noise: float
    temperature_celsius: float
    directions: int
    excursions: int


class EventView(NamedTuple):
    """An abrupt lasting change of ln R at a moment of the cell's life (s)."""

    time_second: float
    change: float
    before_ohm: float
    after_ohm: float


def judged(
    state: State,
    eta: tuple[float, float, float],
    probabilities: tuple[float, float, float],
    evidence: tuple[Evidence, ...],
    *,
    transient: bool = False,
) -> Verdict:
    """Assemble a verdict.

    Parameters
    ----------
    state : State
    eta : tuple of float
        Estimate, lower and upper bound of η_e.
    probabilities : tuple of float
        Of healthy, soft and hard.
    evidence : tuple of Evidence
    transient : bool
    """
    return Verdict(state, *probabilities, *eta, transient, "", evidence)


def undetermined(
    reason: str,
    wanted: str,
    *,
    upper: float = 1.0,
    soft: float = 0.25,
    transient: bool = False,
) -> Verdict:
    """Abstain.

    Parameters
    ----------
    reason : str
        Why, without the full stop; becomes the evidence.
    wanted : str
        The measurement that would settle it.
    upper : float
        Largest η_e that is compatible with what is known.
    soft : float
        Probability of a soft breakdown.
    transient : bool
    """
    found = Evidence("undetermined", math.nan, math.nan, reason + ".")
    hard = 0.03 if upper > 0.5 else 0.0
    return Verdict(
        State.UNDETERMINED,
        1.0 - soft - hard,
        soft,
        hard,
        math.nan,
        0.0,
        min(upper, 1.0),
        transient,
        wanted,
        (found,),
    )
