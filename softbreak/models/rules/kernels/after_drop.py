"""Cycles after a drop: how much of the current is electronic, and whether the short ended."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softbreak.compiled import strict
from softbreak.models.rules.kernels import codes
from softbreak.models.rules.kernels.arithmetic import chances, larger, left_open, say, smaller


@strict
def judge_short(m: Any, cycle: Any, events: Any, at: Any, said: Any, lim: Any) -> None:
    """Judge a cycle against the level before the drop; ``said.found`` if it was in this one."""
    late, whole, spread_0 = at
    found = said.found != codes.NOTHING
    age = max(int(cycle.cycle_index) - m.anchor_cycle, 0)
    # squares as the mathematical library rounds them
    fade = smaller(lim.SPREAD_A_CYCLE**lim.SQUARE * age, lim.SPREAD_MOST**lim.SQUARE)
    spread = math.sqrt(lim.SPREAD**lim.SQUARE + fade + spread_0**lim.SQUARE)
    # R_i grows far oftener than it shrinks: what it grew by since the drop is electronic too
    grown = smaller(lim.GROWTH_A_CYCLE**lim.SQUARE * (1 + age), lim.GROWTH_MOST**lim.SQUARE)
    growth = math.sqrt(spread**lim.SQUARE + grown)
    share = math.exp(smaller(whole - m.anchor_whole, 0.0))
    eta = 1.0 - share
    lower = larger(1.0 - share * math.exp(1.645 * spread), 0.0)
    upper = 1.0 - share * math.exp(-1.645 * growth)
    said.a, said.b = share, m.anchor_time
    back, fallen, rise = _returned(m, events, late, lim, found)
    if back:
        before = m.anchor_late
        m.anchor_late = m.anchor_whole = np.nan
        # a drop that no cycle's level shows was an excursion: nothing can have crept back
        sank = before - m.lowest > lim.SMALLEST_RISE
        if sank and not rise > larger(lim.SMALLEST_RISE, lim.ABRUPT_RETURN * fallen):
            m.doubt_level = larger(before, late) + 1.0
            m.doubt_kind = codes.CREPT
    if found:
        m.deepest = 0.0
    m.deepest = larger(m.deepest, fallen)
    faint = m.deepest < lim.FAINT_DROP or (not found and not back and eta < lim.FAINT_FRACTION)
    if not (eta < lim.HEALTHY_BELOW or faint):
        state = codes.HARD if eta >= lim.HARD_FROM else codes.SOFT
        say(said, state, codes.SHORT, eta, lower, smaller(upper, 1.0))
        chances(said, eta, spread * (1.0 - eta), 0.9, lim)
    elif back and not math.isnan(m.doubt_level):
        left_open(said, codes.RETURNED, 0.6, 0.4, 0)
        said.found = codes.NOTHING
        said.a, said.b, said.c = m.doubt_kind, m.doubt_change, m.doubt_time
    elif back and eta < lim.HEALTHY_BELOW:
        say(said, codes.HEALTHY, codes.SHORT, larger(eta, 0.0), 0.0, larger(upper, 0.05))
        said.p_healthy, said.p_soft, said.p_hard = 0.85, 0.14, 0.01
        said.transient = 1
    else:
        left_open(said, codes.FAINT, larger(upper, 0.15), 0.4, 0)
        said.a = eta


@strict
def _returned(m: Any, events: Any, late: float, lim: Any, found: bool) -> tuple[bool, float, float]:
    """Whether V/I is back at the level before the drop, how deep it fell, and its abrupt rise."""
    rise, largest = 0.0, 0.0
    for k in range(len(events)):
        if events[k, 1] > 0.0:
            rise += events[k, 1]
        largest = events[k, 1] if k == 0 else smaller(largest, events[k, 1])
    if found:
        m.lowest, m.risen = np.inf, rise
    else:  # half of a return may lie in the cycle before
        now = rise
        rise = larger(rise + m.risen, late - m.late)
        m.risen = now
    m.lowest = smaller(m.lowest, late)
    fallen = larger(m.anchor_late - m.lowest, -largest)
    back = late > m.anchor_late - smaller(lim.RECOVERED, 0.5 * fallen)
    return back, fallen, rise
