"""Cycles after a drop, and cycles without one.

After a drop: how much of the current is electronic (``judge_short``: the fraction of
:func:`softbreak.physics.equations.electronic_fraction_from_event`, with its interval), and whether
the short ended. Without: healthy, or a slow change that the voltage cannot explain.

Whether a drop stayed is asked in this order: between samples by
:mod:`softbreak.features.kernels.resistance_steps` (live, before the half-cycle ends, by
:mod:`softbreak.features.kernels.early_warning_scan`), across a reversal by
:mod:`softbreak.features.kernels.reversals`, among the events of a cycle by ``_came_back`` and from
cycle to cycle by ``_returned`` here, after a rise by ``_risen_and_back`` of
:mod:`softbreak.models.rules.kernels.voltage_decision`, against a learned score by
:mod:`softbreak.models.learned.hybrid_decision`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from softbreak.compiled import strict
from softbreak.models.rules.kernels import codes
from softbreak.models.rules.kernels.arithmetic import (
    chances,
    hypot,
    larger,
    left_open,
    say,
    smaller,
)

BACK: Final = 0.10
"""Distance (ln) to the level before a rise within which a drop is its end."""


@strict
def _came_back(events: Any, k: int) -> bool:
    """Tell whether a drop only ends an abrupt rise: a contact that was lost for a while."""
    if k == 0 or not events[k - 1, 1] > 0.0:
        return False
    return abs(math.log(larger(events[k, 3], 1e-9) / larger(events[k - 1, 2], 1e-9))) < BACK


@strict
def deepest_drop(events: Any) -> int:
    """Place of the drop that took most ohms among events; −1 where nothing dropped."""
    best, most = -1, 0.0
    for k in range(len(events)):
        if events[k, 1] < 0.0 and not _came_back(events, k):
            took = events[k, 2] - events[k, 3]
            if best < 0 or took > most:
                best, most = k, took
    return best


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
        abrupt = rise > larger(lim.SMALLEST_RISE, lim.ABRUPT_RETURN * fallen)
        if abrupt and m.shorts == 1:  # what comes and goes may be there again, between samples
            m.ended = cycle.start_time_second
        # a drop that no cycle's level shows was an excursion: nothing can have crept back
        sank = before - m.lowest > lim.SMALLEST_RISE
        if sank and not rise > larger(lim.SMALLEST_RISE, lim.ABRUPT_RETURN * fallen):
            m.doubt_level = larger(before, late) + 1.0
            m.doubt_kind = codes.CREPT
    if found:
        m.deepest = 0.0
    m.deepest = larger(m.deepest, fallen)
    # what the temperature's correction leaves unknown is no short either: the probe may have lagged
    least = larger(lim.FAINT_FRACTION, 1.0 - math.exp(-spread_0))
    faint = m.deepest < lim.FAINT_DROP or (not found and not back and eta < least)
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
        said.transient, said.ended = 1, m.ended
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


@strict
def judge_slow(m: Any, cycle: Any, late: float, spread: float, said: Any, lim: Any) -> None:
    """Healthy, or a slow change that the voltage cannot explain."""
    growth, decline = late - m.base, late - m.top
    transient = 1 if cycle.excursions > 0 else 0
    said.c, said.d = cycle.temperature_celsius, m.reference_kelvin - 273.15
    if spread > lim.WARMTH_LIMIT:
        left_open(said, codes.FAR, 1.0, 0.2, transient)
        return
    if growth > lim.GROWTH_LIMIT + spread:
        hidden = 1.0 - math.exp(-growth)
        left_open(said, codes.GROWN, larger(hidden, 0.1), 0.12, transient)
        said.a, said.b = math.exp(growth) - 1, hidden
        return
    turned = m.top - m.base > lim.GROWTH_LIMIT and decline < -(lim.TURN_LIMIT + spread)
    if turned or decline < -(lim.DECLINE_LIMIT + spread):
        _declined(m, decline, transient, said, lim)
        return
    if abs(m.shift) > lim.SHIFT_LIMIT:
        left_open(said, codes.SHIFTED, 1.0 - math.exp(-abs(m.shift)), 0.3, transient)
        said.a = m.shift
        return
    if not math.isnan(m.doubt_level):
        left_open(said, codes.DOUBTED, 1.0 - math.exp(late - m.doubt_level), 0.4, transient)
        said.a, said.b, said.c = m.doubt_kind, m.doubt_change, m.doubt_time
        return
    deviation = hypot(0.05, 0.5 * larger(growth, 0.0))
    deviation = hypot(deviation, 0.5 * spread)
    reason = codes.STEADY_CORRECTED if spread > 0.01 else codes.STEADY
    if not m.seen:
        reason = codes.FIRST
        deviation = larger(deviation, lim.FIRST_CYCLE_SPREAD)
    sure = (
        (0.06 if m.seen else 0.15)
        + 0.5 * larger(growth, 0.0)
        + 0.5 * larger(-decline, 0.0)
        + (0.04 * transient)
    )
    say(said, codes.HEALTHY, reason, 0.0, 0.0, 1.0 - math.exp(-1.645 * deviation))
    said.p_healthy, said.p_soft, said.p_hard = 1.0 - sure, 0.95 * sure, 0.05 * sure
    said.a, said.b, said.transient = cycle.late_resistance_ohm, growth, transient
    said.ended = m.ended


@strict
def _declined(m: Any, decline: float, transient: int, said: Any, lim: Any) -> None:
    rose = m.top - m.base
    fallen = 1.0 - math.exp(decline)
    limit = lim.DECLINE_AFTER_GROWTH + (0.0 if m.warm_now else 0.25)
    if rose > lim.GROWTH_LIMIT and decline < -limit:
        lower = larger(1.0 - 1.35 * math.exp(decline), lim.HEALTHY_BELOW)
        say(said, codes.SOFT, codes.CONDUCTING, fallen, lower, smaller(fallen + 0.2, 1.0))
        said.p_healthy, said.p_soft, said.p_hard = 0.2, 0.77, 0.03
        said.transient = transient
    else:
        soft = smaller(0.3 + 0.5 * fallen, 0.7)
        left_open(said, codes.FALLEN, smaller(fallen + 0.15, 1.0), soft, transient)
    said.a, said.b, said.c = fallen, decline, rose
