"""Cycles after a drop: how much of the current is electronic, and whether the short ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from softbreak.models.rules.limits import (
    ABRUPT_RETURN,
    FAINT_DROP,
    FAINT_FRACTION,
    GROWTH_A_CYCLE,
    GROWTH_MOST,
    RECOVERED,
    SMALLEST_RISE,
    SPREAD,
    SPREAD_A_CYCLE,
    SPREAD_MOST,
)
from softbreak.models.rules.memory import Memory
from softbreak.models.rules.parts import CycleView, EventView, judged, undetermined
from softbreak.models.rules.words import hours, percent, state_probabilities
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW, Evidence, State, Verdict

_EIS_WANTED: Final = (
    "Impedance now and compare with a spectrum from before the drop: a healed short restores "
    "the low-frequency arc."
)


def judge_short(
    m: Memory,
    cycle: CycleView,
    events: Sequence[EventView],
    level: tuple[float, float],
    warmth_spread: float,
    found: Evidence | None = None,
) -> Verdict:
    """Judge a cycle against the level before the drop.

    Parameters
    ----------
    m : Memory
        Is brought up to date.
    cycle : CycleView
    events : sequence of EventView
    level : tuple of float
        ln R of the second halves and of the whole cycle, at the reference temperature.
    warmth_spread : float
        Uncertainty of both (ln).
    found : Evidence, optional
        The drop itself, in the cycle in which it happened.
    """
    late, whole = level
    age = max(cycle.cycle_index - m.anchor_cycle, 0)
    spread = math.sqrt(SPREAD**2 + min(SPREAD_A_CYCLE**2 * age, SPREAD_MOST**2) + warmth_spread**2)
    # R_i grows far oftener than it shrinks: what it grew by since the drop is electronic too
    growth = math.sqrt(spread**2 + min(GROWTH_A_CYCLE**2 * (1 + age), GROWTH_MOST**2))
    share = math.exp(min(whole - m.anchor_whole, 0.0))
    eta = 1.0 - share
    lower = max(1.0 - share * math.exp(1.645 * spread), 0.0)
    upper = 1.0 - share * math.exp(-1.645 * growth)
    evidence = [found] if found is not None else []
    evidence.append(
        Evidence(
            "resistance_over_anchor",
            share,
            1.0,
            f"V/I is {percent(1 - share)} below its level before the drop at "
            f"{hours(m.anchor_time)}.",
        )
    )
    rise = sum(e.change for e in events if e.change > 0)
    if found is None:
        # half of a return may lie in the cycle before
        rise, m.risen = max(rise + m.risen, late - m.late), rise
    else:
        m.lowest, m.risen = math.inf, rise
    largest = min((event.change for event in events), default=0.0)
    fallen = max(m.anchor_late - min(m.lowest, late), -largest)
    m.lowest = min(m.lowest, late)
    back = late > m.anchor_late - min(RECOVERED, 0.5 * fallen)
    if back:
        abrupt = rise > max(SMALLEST_RISE, ABRUPT_RETURN * fallen)
        before = m.anchor_late
        m.anchor_late = m.anchor_whole = math.nan
        if not abrupt:
            m.doubt_level = max(before, late) + 1.0
            m.doubt_reason = (
                "V/I crept back to its level before the drop: the short may have healed, or "
                "a growing interphase hides it"
            )
    if found is not None:
        m.deepest = 0.0
    m.deepest = max(m.deepest, fallen)
    faint = m.deepest < FAINT_DROP or (found is None and not back and eta < FAINT_FRACTION)
    if eta < HEALTHY_BELOW or faint:
        if back and not math.isnan(m.doubt_level):
            return undetermined(m.doubt_reason, _EIS_WANTED, upper=0.6, soft=0.4)
        if back and eta < HEALTHY_BELOW:
            return judged(
                State.HEALTHY,
                (max(eta, 0.0), 0.0, max(upper, 0.05)),
                (0.85, 0.14, 0.01),
                tuple(evidence),
                transient=True,
            )
        said = undetermined(
            f"V/I stands {percent(max(eta, 0.0))} below its level before the drop at "
            f"{hours(m.anchor_time)}: too little to tell a short from better contact",
            _EIS_WANTED,
            upper=max(upper, 0.15),
            soft=0.4,
        )
        return said if found is None else replace(said, evidence=(*said.evidence, found))
    state = State.HARD if eta >= HARD_FROM else State.SOFT
    return judged(
        state,
        (eta, lower, min(upper, 1.0)),
        state_probabilities(eta, spread * (1.0 - eta), 0.9),
        tuple(evidence),
    )
