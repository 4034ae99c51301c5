"""One cycle: what the rule says and what was learned, made into a verdict that can be checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from softbreak.features.descriptions.plain_facts import plain_fact, topic_of
from softbreak.models.learned.creep import Creep
from softbreak.models.rules.sentences import lost_creep, percent
from softbreak.models.rules.thresholds import (
    BELOW_FLOOR,
    CREEP,
    GROWTH_LIMIT,
    HEALTHY_UPPER,
    NOT_MEASURED,
    SHORT_ENDED,
    UNFINISHED,
)
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW, Evidence, State, Verdict

HARD_SHARE: Final = 0.5
"""P(hard) from which a short is called hard."""
OVERRULED: Final = 0.93
"""P(soft or hard) from which a cycle that the rule calls healthy is called soft."""
SURE_UNLOGGED: Final = 0.96
"""The same, and where the rule leaves a cycle open, if neither temperature nor spectrum tells
a short from a warmer cell."""
MISSTATED: Final = 0.45
"""R over L/(σA) above which a wrong area or conductivity explains a certificate as well …"""
UNMOVED: Final = 0.10
"""… if P(soft or hard) is below this: no drop, no decline, no spectrum speaks for a short."""
STANDS: Final = 0.85
"""Share of V/I before an abrupt drop below which the drop is held as long as V/I stays there …"""
STANDS_UNLOGGED: Final = 0.65
"""… and where no temperature was logged: 8 K of warming do as much, …"""
COLDEST: Final = 0.35
"""… and 20 K as much as this: …"""
HELD_UNLOGGED: Final = 0.4
"""… between the two, P(soft or hard) below which a warmer cell is the better explanation."""
UNLIKELY: Final = 0.03
"""P(soft or hard) up to which growth is taken for growth though no spectrum tells …"""
OUTGROWN: Final = 0.4
"""… as long as V/I (ln) is not half as large again: what is farther from its beginning than that
may hide any short."""
IMPEDANCE: Final = "impedance_electronic_fraction"
CERTIFICATES: Final = frozenset({"resistance_over_ionic_floor", "area_specific_resistance"})
"""Evidence that no learned score may overrule."""
_WANTED: Final = (
    "Impedance now and compare with a spectrum from the start, or a temperature series "
    "(−20 to 40 °C)."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on P(soft or hard).

    Attributes
    ----------
    healthy_below, fault_from : float
        Where the rule leaves a cycle open: healthy below the one, short above the other.
    healthy_kept, fault_kept : float
        Where it does not: its verdict is withdrawn beyond them.
    fault_kept_unlogged : float
        The same for a short where no temperature was logged: a warmer cell looks like one.
    """

    healthy_below: float = 0.08
    healthy_kept: float = 0.3
    fault_from: float = 0.93
    fault_kept: float = 0.6
    fault_kept_unlogged: float = 0.8


class Scored(NamedTuple):
    """What was learned of a cycle.

    Attributes
    ----------
    chances : tuple of float
        Calibrated probabilities of healthy, soft and hard.
    eta : tuple of float
        Estimate, lower and upper end of the conformal 90 % interval of η_e.
    novelty : float
        Above 1: unlike everything that was learned from.
    pair : bool
        A spectrum could be compared with an earlier one.
    logged : bool
        The temperature was.
    telling : tuple
        Name, value and contribution of the features that moved the score most.
    """

    chances: tuple[float, ...]
    eta: tuple[float, ...]
    novelty: float
    pair: bool
    logged: bool
    telling: tuple[tuple[str, float, float], ...]

    @property
    def fault(self) -> float:
        """P(soft or hard)."""
        return self.chances[1] + self.chances[2]

    @property
    def told_from_warmth(self) -> bool:
        """Whether a short that the rule does not see can be told from a warmer cell."""
        return self.logged or self.pair or self.fault > SURE_UNLOGGED

    @property
    def outgrown(self) -> bool:
        """Whether hardly any cell that grew like this was shorted."""
        return self.fault < UNLIKELY


def combined(
    rule: Verdict,
    scored: Scored,
    growth: float,
    limits: Limits,
    creep: Creep | None = None,
    *,
    grew: bool = True,
) -> Verdict:
    """Return the verdict of a cycle.

    Parameters
    ----------
    rule : Verdict
        What the rule says.
    scored : Scored
    growth : float
        ln of V/I over its base, or of what current and duration explain; NaN where it is not
        known.
    limits : Limits
    creep : Creep
    grew : bool
        It is the ln of V/I over its base: what current and duration explain is no growth, and
        falls as a short makes it fall.
    """
    if math.isnan(growth):
        return rule  # not applicable, or no voltage
    if rule.evidence and rule.evidence[0].feature in (UNFINISHED, NOT_MEASURED):
        return rule  # half a cycle, or none, looks like none that was learned from
    if is_certain(rule):
        return _misstated(rule, scored) if _doubtful(rule, scored) else rule
    if scored.novelty > 1.0:
        return _unfamiliar(rule, scored)
    creep = creep or Creep()
    if rule.state is State.UNDETERMINED:
        outgrown = grew and scored.outgrown and growth < OUTGROWN and not creep.contradicts
        return _settled(rule, scored, growth, limits, creep, outgrown=outgrown)
    if rule.state is State.HEALTHY:
        return _healthy(rule, scored, limits, creep)
    if scored.fault < (limits.fault_kept if scored.logged else limits.fault_kept_unlogged):
        return _held(rule, scored) if _stands(rule, scored) else _withdrawn(rule, scored)
    return _faulty(rule, scored)


def _stands(rule: Verdict, scored: Scored) -> bool:
    """Whether V/I fell so far within one sample, and stays there, that no contact explains it."""
    limit = STANDS
    if not scored.logged:
        limit = STANDS_UNLOGGED if scored.fault > HELD_UNLOGGED else COLDEST
    return any(
        item.feature == "resistance_over_anchor" and item.value < limit for item in rule.evidence
    )


def _held(rule: Verdict, scored: Scored) -> Verdict:
    """An event holds until V/I comes back, whatever the cycles after it look like."""
    return replace(rule, evidence=(*rule.evidence, _learned(scored)))


def is_certain(rule: Verdict) -> bool:
    """Return whether a verdict rests on a certificate that no learned score may overrule."""
    if rule.state is State.HEALTHY or rule.state is State.UNDETERMINED:
        return False
    names = [item.feature for item in rule.evidence]
    wire = rule.state is State.HARD and IMPEDANCE in names
    return wire or any(name in CERTIFICATES for name in names)


def _doubtful(rule: Verdict, scored: Scored) -> bool:
    """True for a certificate that only the stated geometry speaks for, and not clearly."""
    alone = rule.evidence[0].feature == "resistance_over_ionic_floor"
    return alone and rule.evidence[0].value > MISSTATED and scored.fault < UNMOVED


def _misstated(rule: Verdict, scored: Scored) -> Verdict:
    """V/I is low since the first cycle and nothing moved: a short, or wrong numbers of the cell."""
    found = Evidence(
        "misstated",
        scored.fault,
        math.nan,
        "Either a short was there from the beginning, or area, thickness or conductivity are "
        "misstated: V/I is below L/(σA), but not far, and nothing else speaks for a short.",
    )
    told = replace(rule, state=State.UNDETERMINED, evidence=(found, *rule.evidence))
    return replace(
        told,
        wanted_measurement="Check area, thickness and conductivity of the electrolyte; impedance "
        "from 1 MHz to 0.1 Hz shows whether there is an arc.",
        electronic_fraction_lower=0.0,
        p_healthy=0.5,
        p_soft=0.45,
        p_hard=0.05,
    )


def _settled(
    rule: Verdict, scored: Scored, growth: float, limits: Limits, creep: Creep, *, outgrown: bool
) -> Verdict:
    """The rule abstains: two limits, the growth veto, and the temperature veto."""
    if scored.fault > limits.fault_from and scored.told_from_warmth:
        return _faulty(rule, scored)
    below = bool(rule.evidence) and rule.evidence[0].feature == BELOW_FLOOR
    told = scored.pair or creep.clears or outgrown
    hides = growth > GROWTH_LIMIT or creep.contradicts
    vetoed = below or (hides and not told)
    if scored.fault < limits.healthy_below and not vetoed:
        evidence = (_why_settled(scored, growth, creep), *rule.evidence)
        return _with_score(rule, scored, _tight(scored.eta), (State.HEALTHY, ""), evidence)
    upper = max(scored.eta[2], rule.electronic_fraction_upper if vetoed else scored.eta[1])
    eta = (scored.eta[0], scored.eta[1], upper)
    return _with_score(
        rule, scored, eta, (State.UNDETERMINED, rule.wanted_measurement), rule.evidence
    )


def _why_settled(scored: Scored, growth: float, creep: Creep) -> Evidence:
    """Why a cycle is healthy that the rule alone leaves open."""
    shorted = f"of simulated cycles that look like this only {percent(scored.fault)} were shorted"
    if growth > GROWTH_LIMIT and creep.clears:
        shorted = (
            "the slow rise of the voltage within a half-cycle bounds η_e to "
            f"{percent(creep.upper)}, and {shorted}"
        )
    elif growth > GROWTH_LIMIT and scored.pair:
        shorted = f"there is a spectrum to compare with an earlier one, and {shorted}"
    sentence = f"V/I alone leaves this cycle open, but {shorted}."
    return Evidence("growth_ln_resistance", growth, 0.0, sentence)


def _healthy(rule: Verdict, scored: Scored, limits: Limits, creep: Creep) -> Verdict:
    if creep.contradicts and not scored.pair:
        return _crept(rule, scored, creep)
    names = {item.feature for item in rule.evidence}
    if scored.fault < (OVERRULED if SHORT_ENDED in names else limits.healthy_kept):
        # shorted from the first cycle is what simulated cells hardly teach: the rule's bound stays
        estimate, lower, upper = scored.eta
        eta: tuple[float, ...] = (estimate, lower, max(upper, rule.electronic_fraction_upper))
        if names & {SHORT_ENDED, IMPEDANCE}:  # V/I itself is back, or a spectrum bounds it
            upper = rule.electronic_fraction_upper
            eta = (min(estimate, upper), 0.0, upper)
        elif scored.fault < limits.healthy_below:
            eta = _tight(eta)
        if eta[2] > HEALTHY_UPPER:
            return _unbounded(rule, scored, eta)
        return _with_score(
            rule, scored, eta, (State.HEALTHY, rule.wanted_measurement), rule.evidence
        )
    if scored.fault > OVERRULED and scored.told_from_warmth:
        return _faulty(rule, scored)
    return _withdrawn(rule, scored)


def _tight(eta: tuple[float, ...]) -> tuple[float, ...]:
    """Bound η_e as P(short) does: where a short is less probable than 5 %, so is a larger η_e."""
    estimate, lower, upper = eta
    upper = min(upper, HEALTHY_UPPER)
    return min(estimate, upper), min(lower, upper), upper


def _unbounded(rule: Verdict, scored: Scored, eta: tuple[float, ...]) -> Verdict:
    """What may be a short by its interval is not called healthy."""
    found = Evidence(
        "electronic_fraction_upper",
        eta[2],
        HEALTHY_UPPER,
        f"Nothing speaks for a short, but up to {percent(eta[2])} of the current may be "
        "electronic: left open.",
    )
    told = (State.UNDETERMINED, _WANTED)
    return _with_score(rule, scored, eta, told, (found, *rule.evidence))


def _faulty(rule: Verdict, scored: Scored) -> Verdict:
    state = State.HARD if scored.chances[2] > HARD_SHARE else State.SOFT
    estimate, lower, upper = scored.eta
    lower, upper = max(lower, HEALTHY_BELOW), max(upper, HEALTHY_BELOW)  # as the state says
    estimate = max(estimate, lower)
    if rule.state in (State.SOFT, State.HARD) and math.isfinite(rule.electronic_fraction):
        # the fall itself says more exactly how much is missing; the interval is the learned one
        estimate = min(max(rule.electronic_fraction, lower), upper)
    if state is State.HARD:
        estimate = max(estimate, min(HARD_FROM, upper))
    return _with_score(rule, scored, (estimate, lower, upper), (state, ""), rule.evidence)


def _withdrawn(rule: Verdict, scored: Scored) -> Verdict:
    """Rule and score contradict each other: nothing is said."""
    only = "" if rule.state is State.HEALTHY else "only "
    found = Evidence(
        "contradiction",
        scored.fault,
        rule.p_soft + rule.p_hard,
        f"The rule says {rule.state.value}, but of simulated cycles that look like this "
        f"{only}{percent(scored.fault)} were shorted: left open.",
    )
    evidence = (found, *rule.evidence)
    told = (State.UNDETERMINED, _WANTED)
    return _with_score(rule, scored, scored.eta, told, evidence)


def _crept(rule: Verdict, scored: Scored, creep: Creep) -> Verdict:
    """V/I looks healthy, but its slow part is gone: a short behind growth would look like that."""
    found = Evidence(
        CREEP,
        creep.left,
        1.0,
        f"V/I has not fallen. {lost_creep(creep.left, creep.lower)}",
    )
    bounds = (scored.eta[0], scored.eta[1], max(scored.eta[2], creep.upper))
    return _with_score(rule, scored, bounds, (State.UNDETERMINED, _WANTED), (found, *rule.evidence))


def _unfamiliar(rule: Verdict, scored: Scored) -> Verdict:
    """Nothing was learned about such cycles: the rule stands alone, and says so."""
    found = Evidence(
        "novelty",
        scored.novelty,
        1.0,
        f"The cycle is {scored.novelty:.1f} times as far from what the model learned from as it "
        "may be: the physics rule alone decides.",
    )
    return replace(rule, evidence=(*rule.evidence, found))


def _with_score(
    rule: Verdict,
    scored: Scored,
    eta: tuple[float, ...],
    told: tuple[State, str],
    evidence: tuple[Evidence, ...],
) -> Verdict:
    """Return a state and a wish with the probabilities that were learned."""
    state, wanted = told
    healthy, soft, hard = scored.chances
    estimate, lower, upper = eta
    return Verdict(
        state,
        healthy,
        soft,
        hard,
        estimate,
        lower,
        upper,
        rule.transient_short,
        wanted,
        (*evidence, _learned(scored)),
    )


def _learned(scored: Scored) -> Evidence:
    """The score, and what moved it most, in a sentence."""
    fault = scored.fault
    return Evidence(
        "learned_probability_of_short",
        fault,
        math.nan,
        f"The learned score gives a short {percent(fault)}, calibrated on simulated cells "
        f"that were held out.{_telling(scored)}",
    )


def _telling(scored: Scored) -> str:
    """What moved the score most, as the rule would say it; of one topic one fact."""
    facts: dict[str, str] = {}
    for name, value, share in scored.telling:
        topic = topic_of(name)
        if topic not in facts and (fact := plain_fact(name, value)):
            facts[topic] = f"{fact}: speaks {'for' if share > 0 else 'against'} a short"
    if not facts:
        return ""
    told = "; ".join(facts.values())
    return f" {told[0].upper()}{told[1:]}."
