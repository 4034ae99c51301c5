"""Cycles without a drop: healthy, or a slow change that the voltage cannot explain."""

from __future__ import annotations

import math

from softbreak.models.rules.limits import (
    DECLINE_AFTER_GROWTH,
    DECLINE_LIMIT,
    FIRST_CYCLE_SPREAD,
    GROWTH_LIMIT,
    SHIFT_LIMIT,
    TURN_LIMIT,
    WARMTH_LIMIT,
)
from softbreak.models.rules.memory import Memory
from softbreak.models.rules.parts import CycleView, judged, undetermined
from softbreak.models.rules.words import ohm, percent
from softbreak.verdict import HEALTHY_BELOW, Evidence, State, Verdict


def judge_slow(
    m: Memory, cycle: CycleView, late: float, warmth_spread: float, *, warm: bool
) -> Verdict:
    """Healthy, or a slow change that the voltage cannot explain."""
    growth, decline = late - m.base, late - m.top
    slack = warmth_spread
    transient = cycle.excursions > 0
    if warmth_spread > WARMTH_LIMIT:
        return undetermined(
            f"at {cycle.temperature_celsius:.0f} °C, far from the "
            f"{m.reference_kelvin - 273.15:.0f} °C of its first cycles, V/I cannot be compared",
            "Cycle or take impedance at the temperature of the first cycles; or fit the "
            "temperature series.",
            soft=0.2,
            transient=transient,
        )
    if growth > GROWTH_LIMIT + slack:
        hidden = 1.0 - math.exp(-growth)
        return undetermined(
            f"V/I has grown by {percent(math.exp(growth) - 1)} over its first cycles: a "
            f"growing ionic resistance could hide an electronic fraction of up to "
            f"{percent(hidden)}",
            "Impedance now and compare with a spectrum from the start, or a temperature "
            "series (−20 to 40 °C): either tells ionic growth from a short.",
            upper=max(hidden, 0.1),
            soft=0.12,
            transient=transient,
        )
    turned = m.top - m.base > GROWTH_LIMIT and decline < -(TURN_LIMIT + slack)
    if turned or decline < -(DECLINE_LIMIT + slack):
        return _declined(m, decline, warm=warm, transient=transient)
    if abs(m.shift) > SHIFT_LIMIT:
        return undetermined(
            f"V/I changed by {percent(abs(math.expm1(m.shift)))} when current or duration of "
            "the half-cycles changed: charge transfer does that, and so does a short",
            "Return to the first current: a healthy cell returns to its first V/I.",
            upper=1.0 - math.exp(-abs(m.shift)),
            soft=0.3,
            transient=transient,
        )
    if not math.isnan(m.doubt_level):
        return undetermined(
            m.doubt_reason,
            "Log the temperature, and take an impedance spectrum to compare with an earlier one.",
            upper=1.0 - math.exp(late - m.doubt_level),
            soft=0.4,
            transient=transient,
        )
    deviation = math.hypot(0.05, 0.5 * max(growth, 0.0))
    deviation = math.hypot(deviation, 0.5 * warmth_spread)
    corrected = (
        f" (taken from {cycle.temperature_celsius:.0f} °C to the "
        f"{m.reference_kelvin - 273.15:.0f} °C of the beginning)"
        if warmth_spread > 0.01
        else ""
    )
    sentence = (
        f"V/I is {ohm(cycle.late_resistance_ohm)}, {percent(abs(math.exp(growth) - 1))} "
        f"{'above' if growth >= 0 else 'below'} its first cycles{corrected}, without an abrupt "
        "drop."
    )
    if not m.seen:
        sentence = (
            f"V/I is {ohm(cycle.late_resistance_ohm)} without an abrupt drop; "
            "there is no earlier cycle to compare with."
        )
        deviation = max(deviation, FIRST_CYCLE_SPREAD)
    sure = (
        (0.06 if m.seen else 0.15)
        + 0.5 * max(growth, 0.0)
        + 0.5 * max(-decline, 0.0)
        + (0.04 * transient)
    )
    return judged(
        State.HEALTHY,
        (0.0, 0.0, 1.0 - math.exp(-1.645 * deviation)),
        (1.0 - sure, 0.95 * sure, 0.05 * sure),
        (Evidence("growth_ln_resistance", growth, 0.0, sentence),),
        transient=transient,
    )


def _declined(m: Memory, decline: float, *, warm: bool, transient: bool) -> Verdict:
    rose = m.top - m.base
    fallen = 1.0 - math.exp(decline)
    limit = DECLINE_AFTER_GROWTH + (0.0 if warm else 0.25)
    if rose > GROWTH_LIMIT and decline < -limit:
        sentence = (
            f"V/I first grew by {percent(math.exp(rose) - 1)} and then fell slowly by "
            f"{percent(fallen)} below its maximum: so deep a fall after growth is the mark of "
            "an interphase that turned conducting."
        )
        return judged(
            State.SOFT,
            (fallen, max(1.0 - 1.35 * math.exp(decline), HEALTHY_BELOW), min(fallen + 0.2, 1)),
            (0.2, 0.77, 0.03),
            (Evidence("decline_ln_resistance", decline, 0.0, sentence),),
            transient=transient,
        )
    return undetermined(
        f"V/I fell slowly by {percent(fallen)} below its maximum: a conducting interphase, "
        "better contact or warmth would all look like this",
        "Impedance now and compare with an earlier spectrum (a short shrinks the low-"
        "frequency arc most), or a temperature series; log the temperature.",
        upper=min(fallen + 0.15, 1.0),
        soft=min(0.3 + 0.5 * fallen, 0.7),
        transient=transient,
    )
