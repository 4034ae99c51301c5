"""Cycle by cycle: what the rule says and what was learned, made into verdicts that can be checked.

Compiled; its words stand in :mod:`softbreak.models.learned.sentences`. In all functions ``rule``
is what the rule says (NUMBERS) and ``mine`` its evidence (FOUND), ``scored`` what was learned
(:data:`softbreak.models.learned.hybrid_scores.SCORED`), ``level`` a record of ``LEVEL``, ``lim``
the limits, and ``out`` the verdict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from softbreak.compiled import strict
from softbreak.models.learned.levels import CREEP_CLEARS
from softbreak.models.rules.kernels import codes
from softbreak.models.rules.kernels.arithmetic import larger, smaller
from softbreak.models.rules.thresholds import (
    CERTIFICATE_UNLOGGED,
    GROWTH_LIMIT,
    HEALTHY_UPPER,
)
from softbreak.models.verdicts import FOUND, Verdicts, Wording
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW

THRESHOLDS: Final = {
    # P(hard) from which a short is called hard
    "HARD_SHARE": 0.5,
    # P(soft or hard) from which a cycle that the rule calls healthy is called soft
    "OVERRULED": 0.93,
    # the same, and where the rule leaves a cycle open, if neither temperature nor spectrum tells a
    # short from a warmer cell; while V/I is on its way, as in an oven, nothing does
    "SURE_UNLOGGED": 0.96,
    # R over L/(σA) above which a wrong area or conductivity explains a certificate as well …
    "MISSTATED": CERTIFICATE_UNLOGGED,
    # … if P(soft or hard) is below this: no drop, no decline, no spectrum speaks for a short
    "UNMOVED": 0.30,
    # share of V/I before an abrupt drop below which the drop is held as long as V/I stays there …
    "STANDS": 0.85,
    # … and where no temperature was logged: 8 K of warming do as much, …
    "STANDS_UNLOGGED": 0.65,
    # … and 20 K as much as this: …
    "COLDEST": 0.35,
    # … between the two, P(soft or hard) below which a warmer cell is the better explanation
    "HELD_UNLOGGED": 0.4,
    # P(soft or hard) up to which growth is taken for growth though no spectrum tells …
    "UNLIKELY": 0.05,
    # … as long as V/I (ln) has not doubled: what is farther from its beginning than that may hide
    # any short
    "OUTGROWN": 0.7,
    "GROWTH_LIMIT": GROWTH_LIMIT,
    "CREEP_CLEARS": CREEP_CLEARS,
    # lower bound of η_e by slow polarisation above which a cell has lost what ions alone show
    "CREEP_CONTRADICTS": HEALTHY_BELOW,
    # certificates stand against any score; 0 lets them fall, to see what they bring
    "CERTIFICATES": 1.0,
}
"""Limits that no model chooses; a study may change them."""

_KEPT, _ONLY_LEARNED = -2, codes.LEARNED


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

    def record(self) -> np.ndarray:
        """Return them, and ``THRESHOLDS``, as compiled code takes them, shape (1,)."""
        own = (getattr(self, name) for name in self.__slots__)
        return _record((*self.__slots__, *THRESHOLDS), (*own, *THRESHOLDS.values()))


@lru_cache(maxsize=64)
def _record(names: tuple[str, ...], values: tuple[float, ...]) -> np.ndarray:
    return np.array([values], np.dtype([(name, "<f8") for name in names]))


def combined(
    rules: Verdicts,
    learned: tuple[np.ndarray, np.ndarray],
    names: np.ndarray,
    limits: np.ndarray,
    wording: Wording,
) -> Verdicts:
    """Return the verdicts of cycles.

    Parameters
    ----------
    rules : Verdicts
        What the rules say; by :data:`softbreak.models.rules.sentences.TEXTS`, or more.
    learned : tuple of numpy.ndarray
        SCORED and LEVEL, shape (n,).
    names : numpy.ndarray of int
        Which input each column of the model is, of
        :data:`softbreak.models.learned.model_inputs.COLUMNS`.
    limits : numpy.ndarray
        :meth:`Limits.record`.
    wording : Wording
    """
    numbers = rules.numbers.copy()
    found = np.empty(len(rules.found) + 2 * len(numbers), FOUND)
    bounds = np.empty_like(rules.bounds)
    told = (rules.numbers, rules.found, rules.bounds)
    count = _combine(told, learned, names, limits, (numbers, found, bounds))
    return Verdicts(numbers, found[:count], bounds, rules.texts, wording)


@strict
def _combine(rules: Any, learned: Any, names: Any, limits: Any, outs: Any) -> int:
    """Decide, and put the evidence together; return how much there is."""
    said, evidence, places = rules
    scores, levels = learned
    numbers, found, bounds = outs
    lim = limits[0]
    m = 0
    bounds[0] = 0
    for n in range(len(said)):
        mine = evidence[places[n] : places[n + 1]]
        scored, level, out = scores[n], levels[n], numbers[n]
        words = _decide(said[n], mine, scored, level, lim, out)
        if words not in (_KEPT, _ONLY_LEARNED, codes.UNFAMILIAR):
            _add_finding(found[m], words, said[n], scored, level, out, lim)
            m += 1
        for k in range(len(mine)):
            found[m] = mine[k]
            m += 1
        if words == codes.UNFAMILIAR:
            _add_finding(found[m], words, said[n], scored, level, out, lim)
            m += 1
        elif words not in (_KEPT, codes.MISSTATED):
            _add_learned(found[m], scored, names)
            m += 1
        bounds[n + 1] = m
    return m


@strict
def _fault(scored: Any) -> float:
    """P(soft or hard)."""
    return float(scored.chances[1] + scored.chances[2])


@strict
def _decide(rule: Any, mine: Any, scored: Any, level: Any, lim: Any, out: Any) -> int:
    """Write the verdict, which is the rule's so far; return which words come before the rule's."""
    first = mine[0].feature if len(mine) else 0
    if math.isnan(level.growth):
        return _KEPT  # not applicable, or no voltage
    if first in (codes.F_UNFINISHED, codes.F_NOT_MEASURED):
        return _KEPT  # half a cycle, or none, looks like none that was learned from
    fault = _fault(scored)
    if lim.CERTIFICATES and _is_certain(rule, mine):
        alone = first == codes.F_FLOOR
        if not (alone and mine[0].value > lim.MISSTATED and fault < lim.UNMOVED):
            return _KEPT
        _misstated(out)
        return codes.MISSTATED
    if scored.novelty > 1.0:
        return codes.UNFAMILIAR  # nothing was learned about such cycles: the rule stands alone
    if rule.state == codes.OPEN:
        return _settled(rule, first, scored, level, lim, out)
    if rule.state == codes.HEALTHY:
        return _healthy(rule, mine, scored, level, lim, out)
    if fault < (lim.fault_kept if level.logged else lim.fault_kept_unlogged):
        if _stands(mine, fault, level, lim):
            return _ONLY_LEARNED  # an event holds until V/I comes back, whatever follows looks like
        return _withdrawn(scored, out)
    return _faulty(rule, scored, lim, out)


@strict
def _told_from_warmth(scored: Any, level: Any, lim: Any) -> bool:
    """Whether a short that the rule does not see can be told from a warmer cell."""
    sure = level.still and _fault(scored) > lim.SURE_UNLOGGED
    return bool(level.logged or scored.kind == 1.0 or sure)


@strict
def _stands(mine: Any, fault: float, level: Any, lim: Any) -> bool:
    """Whether V/I fell so far within one sample, and stays there, that no contact explains it."""
    limit = lim.STANDS
    if not level.logged:
        limit = lim.STANDS_UNLOGGED if fault > lim.HELD_UNLOGGED else lim.COLDEST
    for k in range(len(mine)):
        if mine[k].feature == codes.F_ANCHOR and mine[k].value < limit:
            return True
    return False


@strict
def _is_certain(rule: Any, mine: Any) -> bool:
    """Whether a verdict rests on a certificate that no learned score may overrule."""
    if rule.state in (codes.HEALTHY, codes.OPEN):
        return False
    for k in range(len(mine)):
        feature = mine[k].feature
        metal = feature == codes.F_IMPEDANCE and math.isnan(mine[k].value)  # not fitted: a wire
        wire = metal and rule.state == codes.HARD
        if wire or feature in (codes.F_FLOOR, codes.F_AREAL):
            return True
    return False


@strict
def _misstated(out: Any) -> None:
    """V/I is low since the first cycle and nothing moved: a short, or wrong numbers of the cell."""
    out.state, out.wanted = codes.OPEN, codes.WISH_MISSTATED
    out.electronic_fraction_lower = 0.0
    out.p_healthy, out.p_soft, out.p_hard = 0.5, 0.45, 0.05


@strict
def _settled(rule: Any, first: int, scored: Any, level: Any, lim: Any, out: Any) -> int:
    """The rule abstains: two limits, the growth veto, and the temperature veto."""
    fault = _fault(scored)
    if fault > lim.fault_from and _told_from_warmth(scored, level, lim):
        return _faulty(rule, scored, lim, out)
    contradicts = level.creep_lower > lim.CREEP_CONTRADICTS
    outgrown = level.grew and fault < lim.UNLIKELY and level.growth < lim.OUTGROWN
    told = scored.kind == 1.0 or level.creep_upper < lim.CREEP_CLEARS
    hides = level.growth > lim.GROWTH_LIMIT or contradicts
    vetoed = first == codes.F_BELOW_FLOOR or (
        hides and not (told or (outgrown and not contradicts))
    )
    estimate, lower, upper = scored.eta[0], scored.eta[1], scored.eta[2]
    if fault < lim.healthy_below and not vetoed:
        _score(scored, out, codes.HEALTHY, 0)
        _bound(out, *_tight(estimate, lower, upper))
        return codes.SETTLED
    _score(scored, out, codes.OPEN, rule.wanted)
    most = larger(upper, rule.electronic_fraction_upper if vetoed else lower)
    _bound(out, estimate, lower, most)
    return _ONLY_LEARNED


@strict
def _healthy(rule: Any, mine: Any, scored: Any, level: Any, lim: Any, out: Any) -> int:
    """The rule says healthy: kept, overruled, withdrawn, or left open for what it may hide."""
    estimate, lower, upper = scored.eta[0], scored.eta[1], scored.eta[2]
    if level.creep_lower > lim.CREEP_CONTRADICTS and scored.kind != 1.0:
        _score(scored, out, codes.OPEN, codes.WISH_LEARNED)
        _bound(out, estimate, lower, larger(upper, level.creep_upper))
        return codes.CREPT_ALONE
    ended, bounded = False, False
    for k in range(len(mine)):
        ended |= mine[k].feature == codes.F_ENDED
        bounded |= mine[k].feature in (codes.F_ENDED, codes.F_IMPEDANCE)
    fault = _fault(scored)
    if fault < (lim.OVERRULED if ended else lim.healthy_kept):
        # shorted from the first cycle is what simulated cells hardly teach: the rule's bound stays
        most = rule.electronic_fraction_upper
        upper = larger(upper, most)
        if bounded:  # V/I itself is back, or a spectrum bounds it
            estimate, lower, upper = smaller(estimate, most), 0.0, most
        elif fault < lim.healthy_below:
            estimate, lower, upper = _tight(estimate, lower, upper)
        unbounded = upper > HEALTHY_UPPER  # what may be a short is not called healthy
        state = codes.OPEN if unbounded else codes.HEALTHY
        _score(scored, out, state, codes.WISH_LEARNED if unbounded else rule.wanted)
        _bound(out, estimate, lower, upper)
        return codes.UNBOUNDED if unbounded else _ONLY_LEARNED
    if fault > lim.OVERRULED and _told_from_warmth(scored, level, lim):
        return _faulty(rule, scored, lim, out)
    return _withdrawn(scored, out)


@strict
def _tight(estimate: float, lower: float, upper: float) -> tuple[float, float, float]:
    """Bound η_e as P(short) does: where a short is less probable than 5 %, so is a larger η_e."""
    upper = smaller(upper, HEALTHY_UPPER)
    return smaller(estimate, upper), smaller(lower, upper), upper


@strict
def _faulty(rule: Any, scored: Any, lim: Any, out: Any) -> int:
    state = codes.HARD if scored.chances[2] > lim.HARD_SHARE else codes.SOFT
    estimate, lower, upper = scored.eta[0], scored.eta[1], scored.eta[2]
    lower, upper = larger(lower, HEALTHY_BELOW), larger(upper, HEALTHY_BELOW)  # as the state says
    estimate = larger(estimate, lower)
    short = rule.state in (codes.SOFT, codes.HARD)
    if short and math.isfinite(rule.electronic_fraction):
        # the fall itself says more exactly how much is missing; the interval is the learned one
        estimate = smaller(larger(rule.electronic_fraction, lower), upper)
    if state == codes.HARD:
        estimate = larger(estimate, smaller(HARD_FROM, upper))
    _score(scored, out, state, 0)
    _bound(out, estimate, lower, upper)
    return _ONLY_LEARNED


@strict
def _withdrawn(scored: Any, out: Any) -> int:
    """Rule and score contradict each other: nothing is said."""
    _score(scored, out, codes.OPEN, codes.WISH_LEARNED)
    _bound(out, scored.eta[0], scored.eta[1], scored.eta[2])
    return codes.WITHDRAWN


@strict
def _score(scored: Any, out: Any, state: int, wanted: int) -> None:
    """Write a state and a wish with the probabilities that were learned."""
    out.state, out.wanted = state, wanted
    out.p_healthy, out.p_soft = scored.chances[0], scored.chances[1]
    out.p_hard = scored.chances[2]


@strict
def _bound(out: Any, estimate: float, lower: float, upper: float) -> None:
    out.electronic_fraction = estimate
    out.electronic_fraction_lower, out.electronic_fraction_upper = lower, upper


@strict
def _add_finding(  # noqa: PLR0913, PLR0917  (records)
    one: Any, words: int, rule: Any, scored: Any, level: Any, out: Any, lim: Any
) -> None:
    """Write why the verdict is not the rule's, or why it is the rule's alone."""
    fault, told = _fault(scored), one.told
    told[:] = 0.0
    one.words, one.value, one.baseline = words, fault, math.nan
    if words == codes.MISSTATED:
        one.feature = codes.F_MISSTATED
    elif words == codes.SETTLED:
        one.feature, one.value, one.baseline = codes.F_GROWTH, level.growth, 0.0
        told[0] = fault
        if level.growth > lim.GROWTH_LIMIT and level.creep_upper < lim.CREEP_CLEARS:
            told[1], told[2] = 1.0, level.creep_upper
        elif level.growth > lim.GROWTH_LIMIT and scored.kind == 1.0:
            told[1] = 2.0
    elif words == codes.UNBOUNDED:
        one.feature, one.value = codes.F_UPPER, out.electronic_fraction_upper
        one.baseline, told[0] = HEALTHY_UPPER, out.electronic_fraction_upper
    elif words == codes.WITHDRAWN:
        one.feature, one.baseline = codes.F_CONTRADICTION, rule.p_soft + rule.p_hard
        told[0], told[1] = rule.state, fault
    elif words == codes.CREPT_ALONE:
        one.feature, one.value, one.baseline = codes.F_SLOW, level.creep_left, 1.0
        told[0] = level.creep_left
    else:
        one.feature, one.value, one.baseline = codes.F_NOVELTY, scored.novelty, 1.0
        told[0] = scored.novelty


@strict
def _add_learned(one: Any, scored: Any, names: Any) -> None:
    """Write the score, and what moved it most: which input, from 1, by its sign for or against."""
    fault = _fault(scored)
    one.feature, one.words = codes.F_LEARNED, codes.LEARNED
    one.value, one.baseline = fault, math.nan
    one.told[:] = 0.0
    one.told[0] = fault
    for k in range(len(scored.telling)):
        place = int(scored.telling[k])
        if place >= 0 and math.isfinite(scored.value[k]):
            name = 1.0 + names[place]
            one.told[1 + 2 * k] = name if scored.share[k] > 0.0 else -name
            one.told[2 + 2 * k] = scored.value[k]
