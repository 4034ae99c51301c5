"""What softbreak says about a cycle: its state, how sure that is, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from softbreak.state_limits import HARD_FROM, HEALTHY_BELOW

__all__ = [
    "HARD_FROM",
    "HEALTHY_BELOW",
    "Basis",
    "Evidence",
    "State",
    "Verdict",
    "judged",
    "undetermined",
]


def cycle_number(cycle_index: float) -> int:
    """Return a cycle's number for people.

    Tables for machines count cycles from 0 (``cycle_index``, ``onset_cycle``, ``first_cycle``);
    sentences, pages, pictures, alarms and the terminal count them from 1.

    Parameters
    ----------
    cycle_index : float
        A whole number.
    """
    return int(cycle_index) + 1


class State(StrEnum):
    """Healthy carries ions only, soft ions and electrons, hard electrons only."""

    HEALTHY = "healthy"
    SOFT = "soft"
    HARD = "hard"
    UNDETERMINED = "undetermined"

    @property
    def severity(self) -> int:
        """Rank for "the worst confirmed state": undetermined 0, healthy 1, soft 2, hard 3."""
        return _SEVERITY[self]


_SEVERITY = {State.UNDETERMINED: 0, State.HEALTHY: 1, State.SOFT: 2, State.HARD: 3}


class Basis(StrEnum):
    """What a verdict stands on."""

    GEOMETRY = "certified by geometry"
    """V/I is below what the bare electrolyte, or any separator, can have."""
    IMPEDANCE = "settled by impedance"
    """Electrons came since an earlier spectrum, or a spectrum is that of a wire."""
    RELATIVE = "relative to the cell's beginning"
    """Compared with its own first cycles or spectra: a short from before them would not show."""
    NONE = ""
    """Nothing is said."""


BASIS_COUNTS: Final = {
    "n_certified": Basis.GEOMETRY,
    "n_settled": Basis.IMPEDANCE,
    "n_relative": Basis.RELATIVE,
}
"""What cells' tables call the number of verdicts that stand on something."""

CERTIFIES: Final = frozenset(
    {"resistance_over_ionic_floor", "area_specific_resistance", "linearity"}
)
"""Evidence that needs no comparison with the cell's own past."""
SETTLES: Final = "impedance_electronic_fraction"
"""Evidence of a spectrum that was held against an earlier one, or that is a wire's."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding that speaks for or against a state, in numbers and in a sentence.

    Attributes
    ----------
    feature : str
        Name of the quantity, with its unit where it has one.
    value, baseline : float
        What was found, and what it is compared with (NaN where there is nothing to compare).
    sentence : str
        The finding as a colleague would say it, with its numbers.
    """

    feature: str
    value: float
    baseline: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one cycle (or of one slice of one-way plating).

    Attributes
    ----------
    state : State
    p_healthy, p_soft, p_hard : float
        Probabilities; they sum to one.
    electronic_fraction : float
        Estimate of η_e = I_e / I_mixed (NaN where nothing is known), with its 90 % interval
        ``electronic_fraction_lower`` to ``electronic_fraction_upper``.
    transient_short : bool
        Electrons flowed for a part of the cycle although its mean stays below the limit.
    wanted_measurement : str
        What would settle an undetermined state; empty otherwise.
    evidence : tuple of Evidence
        Most telling first.
    """

    state: State
    p_healthy: float
    p_soft: float
    p_hard: float
    electronic_fraction: float
    electronic_fraction_lower: float
    electronic_fraction_upper: float
    transient_short: bool = False
    wanted_measurement: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether a spectrum, held against an earlier one, says so too (or is a wire's)."""
        short = self.state is not State.HEALTHY
        # of a wire there is no estimate: NaN is not below the limit
        return self.state is not State.UNDETERMINED and any(
            item.feature == SETTLES and (item.value < HEALTHY_BELOW) is not short
            for item in self.evidence
        )

    @property
    def basis(self) -> Basis:
        """What the verdict stands on.

        Two spectra of a cell that was shorted when it was built are alike: that it is healthy they
        say relative to its beginning only.
        """
        if self.state is State.UNDETERMINED:
            return Basis.NONE
        if self.state is State.HEALTHY:
            return Basis.RELATIVE
        if any(item.feature in CERTIFIES for item in self.evidence):
            return Basis.GEOMETRY
        return Basis.IMPEDANCE if self.settled else Basis.RELATIVE


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
