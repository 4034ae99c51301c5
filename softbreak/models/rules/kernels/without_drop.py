"""Cycles without a drop: healthy, or a slow change that the voltage cannot explain."""

from __future__ import annotations

import math
from typing import Any

from softbreak.compiled import strict
from softbreak.models.rules.kernels import codes
from softbreak.models.rules.kernels.arithmetic import hypot, larger, left_open, say, smaller


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
