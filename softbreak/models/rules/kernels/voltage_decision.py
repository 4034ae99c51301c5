"""The arithmetic of the voltage rule, compiled: one function a step of the argument.

Every function takes the records of :mod:`softbreak.models.rules.kernels.state`: ``m`` the memory,
``lim`` the thresholds, ``cycle`` what was measured, ``said`` what is concluded. ``late`` and
``whole`` are ln R of the second halves and of the whole cycle at the reference temperature,
``spread`` the uncertainty of both that the temperature leaves. Comparisons are written so that NaN
loses them. ``_judge`` brings R to the temperature of its reference; ``_certify`` finds it below
L/(σA).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softbreak.compiled import strict
from softbreak.features.kernels.selection import put_in_order
from softbreak.models.rules.kernels import codes
from softbreak.models.rules.kernels.arithmetic import (
    chances,
    larger,
    left_open,
    say,
    smaller,
    upper_median,
)
from softbreak.models.rules.kernels.creep import follow_creep, weigh_creep
from softbreak.models.rules.kernels.drops import deepest_drop, judge_short, judge_slow
from softbreak.models.rules.kernels.state import KEPT_STEPS


@strict
def _unusable(m: Any, cycle: Any, events: Any, said: Any, lim: Any) -> bool:
    """Cycles that cannot be compared with the others; they leave no trace in the memory."""
    ohm, late_ohm = cycle.resistance_ohm, cycle.late_resistance_ohm
    if not (math.isfinite(ohm) and math.isfinite(late_ohm)):
        left_open(said, codes.MISSING, 1.0, 0.25, 0)
        return True
    noise = larger(cycle.noise, 0.0) if math.isfinite(cycle.noise) else 0.0
    known = larger(math.exp(m.late) if m.seen else 0.0, m.largest_ohm)
    if noise > lim.LOST_IN_NOISE and not m.seen:
        left_open(said, codes.LOST, 1.0, 0.25, 0)
        said.a = noise
        return True
    negative = -ohm > larger(3.0 * noise * abs(late_ohm), 0.05 * known)
    if negative or (ohm <= 0 and not m.seen):
        left_open(said, codes.NEGATIVE, 1.0, 0.25, 0)
        said.a = ohm
        return True
    one_sided = cycle.directions < m.directions and math.isnan(m.anchor_late)
    if not one_sided or deepest_drop(events) >= 0:
        return False
    if math.log(larger(late_ohm, 1e-9)) > m.late - lim.COLLAPSE:
        left_open(said, codes.ONE_SIDED, 0.5, 0.1, 0)
        return True
    return False


@strict
def _absolute(m: Any, cycle: Any, known: Any, said: Any, lim: Any) -> bool:
    """Resistances that no stack with an ionic path can have, before any history."""
    if m.seen and not math.isnan(m.base):
        return False
    stated = not math.isnan(known.area_cm2)
    areal = abs(cycle.resistance_ohm) * (known.area_cm2 if stated else 1.0)
    said.a, said.b = areal, 1.0 if stated else 0.0
    if areal < lim.DEAD_SHORT_OHM_CM2 * (1.0 if stated else 0.5):
        say(said, codes.HARD, codes.DEAD, 0.98, 0.9, 1.0)
        said.p_healthy, said.p_soft, said.p_hard = 0.02, 0.13, 0.85
        return True
    if areal < lim.DOUBTFUL_OHM_CM2 and math.isnan(known.floor_ohm):
        left_open(said, codes.THIN, 1.0, 0.25, 0)
        return True
    return False


@strict
def _slot(regimes: Any, current: float, duration: float) -> int:
    """Place of a regime in the table, or the free one where it belongs."""
    last = len(regimes) - 1
    place = (int(current) * 73856093 ^ int(duration) * 19349663) & last
    while regimes[place].used:
        if regimes[place].current == current and regimes[place].duration == duration:
            break
        place = (place + 1) & last
    return place


@strict
def rehashed(old: np.ndarray, new: np.ndarray) -> None:
    """Move the regimes of one table to a larger, empty one."""
    for k in range(len(old)):
        if old[k].used:
            new[_slot(new, old[k].current, old[k].duration)] = old[k]


@strict
def _carry_current(m: Any, regimes: Any, cycle: Any, late: float, lim: Any) -> None:
    """Refer ln R to the first current: kinetics make R depend on I, without any short."""
    duration = larger(cycle.end_time_second - cycle.start_time_second, 1e-3)
    current = larger(cycle.current_ampere, 1e-15)
    ratio = math.log(current / larger(m.current, 1e-15))
    stretch = abs(math.log(duration / larger(m.duration, 1e-3)))
    if m.seen and not (abs(ratio) > lim.RATE_STEP or stretch > lim.DURATION_STEP):
        return
    # bins of ln I, 10 % wide, and of the logarithm of the cycle's duration, 35 %
    bin_i = np.rint(math.log(current) / lim.RATE_STEP)
    bin_t = np.rint(math.log(duration) / lim.DURATION_STEP)
    here = regimes[_slot(regimes, bin_i, bin_t)]
    if not here.used:
        here.used, here.current, here.duration = True, bin_i, bin_t
        m.regimes += 1
        if m.seen:
            change = late - m.shift - m.late
            kinetic = -lim.KINETIC_SHARE * ratio
            slack = 0.05 + (lim.POLARISING if stretch > lim.DURATION_STEP else 0.0)
            low, high = smaller(0.0, kinetic) - slack, larger(0.0, kinetic) + slack
            here.shift = m.shift + smaller(larger(change, low), high)
        else:
            here.shift = 0.0
    if m.seen:
        m.shift = here.shift


@strict
def _clear(m: Any, cycle: Any, events: Any, at: Any, said: Any, lim: Any) -> None:
    """No short so far: a drop, a step from the cycle before, or neither."""
    late, whole, warmth, spread = at
    if _risen_and_back(m, late, lim):
        _follow(m, late, lim)
        judge_slow(m, cycle, late, spread, said, lim)
        return
    k = deepest_drop(events)
    if k >= 0:
        m.ended, m.shorts = np.nan, m.shorts + 1
        before = math.log(larger(events[k, 2], 1e-9)) + warmth - m.shift
        m.anchor_late = m.late if m.seen else before
        m.anchor_whole = m.whole if m.seen else before
        m.anchor_cycle, m.anchor_time = int(cycle.cycle_index), events[k, 0]
        said.found, said.time, said.change = codes.DROP, events[k, 0], events[k, 1]
        said.before, said.after = events[k, 2], events[k, 3]
        judge_short(m, cycle, events, (late, whole, spread), said, lim)
        return
    if m.seen >= 1 and _stepped_down(m, cycle, (late, whole, spread), said, lim):
        m.ended, m.shorts = np.nan, m.shorts + 1
        judge_short(m, cycle, events[:0], (late, whole, spread), said, lim)
        return
    if m.seen and late - m.late > lim.RAISED and math.isnan(m.raised):
        m.raised, m.raised_top = m.late, m.top
    _follow(m, late, lim)
    judge_slow(m, cycle, late, spread, said, lim)


@strict
def _risen_and_back(m: Any, late: float, lim: Any) -> bool:
    """V/I rose abruptly before and is now, as abruptly, where it was: a contact was lost for a
    while. Where it falls further, the level before the rise is what it is compared with."""
    if math.isnan(m.raised) or late > m.raised + lim.RECOVERED:
        return False
    abrupt = m.late - late > lim.ABRUPT_RETURN * (m.late - m.raised)
    back = late > m.raised - lim.RECOVERED
    if abrupt:
        m.top = m.raised_top
        if not back:
            m.whole += m.raised - m.late
            m.late = m.raised
    m.raised = np.nan
    return bool(abrupt and back)


@strict
def _stepped_down(m: Any, cycle: Any, at: Any, said: Any, lim: Any) -> bool:
    """A fall from one cycle to the next without a drop inside a half-cycle; true if it is sure."""
    late, whole, spread = at
    change, mean_change = late - m.late, whole - m.whole
    kept = min(m.counted_steps, KEPT_STEPS)
    usual = upper_median(m.steps, kept) if kept else 0.0
    limit = larger(lim.STEP_LIMIT + 2.0 * spread, 5.0 * usual)
    # the scatter beside the level before: beside that of a dead short it is large by itself
    limit = larger(limit, 4.0 * cycle.noise * math.exp(smaller(change, 0.0)))
    if change > -limit or mean_change > -0.8 * limit:
        return False
    moving = m.moved > lim.MOVING
    logged = m.warm_now and m.warm and not moving
    sure = logged or change < -larger(lim.STEP_LIMIT_UNLOGGED, limit)
    early = m.seen < lim.BASELINE_CYCLES - 1
    if not early and sure:
        m.anchor_late, m.anchor_whole = m.late, m.whole
        m.anchor_cycle, m.anchor_time = int(cycle.cycle_index), cycle.start_time_second
        said.found, said.time, said.change = codes.STEP, cycle.start_time_second, change
        said.before = usual
        return True
    m.doubt_level = m.late
    m.doubt_kind = codes.STEPPED_MOVING if moving else codes.STEPPED_UNLOGGED
    if early:
        m.doubt_kind = codes.STEPPED_EARLY
    m.doubt_change, m.doubt_time = change, cycle.start_time_second
    return False


@strict
def _follow(m: Any, late: float, lim: Any) -> None:
    """Move baseline and running maximum along."""
    if m.counted_early < lim.BASELINE_CYCLES:
        m.early[m.counted_early] = late
        m.counted_early += 1
        whole = m.counted_early == lim.BASELINE_CYCLES
        ordered = m.early[: m.counted_early].copy()
        put_in_order(ordered)
        m.base = ordered[m.counted_early // 2 if whole else 0]
        m.top = m.base
    else:
        m.top = larger(m.top, late)
    if not math.isnan(m.doubt_level) and late > m.doubt_level - 0.5 * lim.DECLINE_LIMIT:
        m.doubt_level = np.nan


@strict
def _remember(m: Any, cycle: Any, late: float, whole: float) -> None:
    if m.seen and math.isnan(m.anchor_late):
        m.steps[m.counted_steps % KEPT_STEPS] = abs(late - m.late)
        m.counted_steps += 1
    m.late, m.whole, m.current = late, whole, cycle.current_ampere
    m.duration = cycle.end_time_second - cycle.start_time_second
    m.warm = m.warm_now
    m.directions = max(m.directions, int(cycle.directions))
    m.largest_ohm = larger(m.largest_ohm, cycle.resistance_ohm)
    m.seen += 1


@strict
def _floor(m: Any, cycle: Any, known: Any, lim: Any) -> float:
    """Resistance of the bare electrolyte at this cycle's temperature (Ω); NaN where unknown."""
    floor = known.floor_ohm
    if m.warm_now and not math.isnan(known.stated_celsius):
        kelvin = cycle.temperature_celsius + 273.15
        inverse = 1.0 / kelvin - 1.0 / (known.stated_celsius + 273.15)
        floor *= math.exp(lim.ELECTROLYTE_EV / lim.BOLTZMANN_EV * inverse)
    return float(floor)


@strict
def _certify(m: Any, cycle: Any, known: Any, said: Any, lim: Any) -> None:
    """R below the bare electrolyte's: electrons must flow, whatever else is unknown.

    A drop that was seen besides keeps its estimate and its words.
    """
    floor = _floor(m, cycle, known, lim)
    if math.isnan(floor):
        return
    stated = not math.isnan(known.stated_celsius)
    sure = stated and (not known.logged or m.warm_now)
    ohm = larger(cycle.resistance_ohm, 0.0)
    if ohm >= (lim.CERTIFICATE if sure else lim.CERTIFICATE_UNLOGGED) * floor:
        return
    least = 1.0 - ohm / floor
    said.ratio, said.ohm, said.floor, said.least = ohm / floor, ohm, floor, least
    state = codes.HARD if least >= lim.HARD_FROM else codes.SOFT
    eta = least if state == codes.HARD else 0.5 * (1.0 + least)
    lower = larger(least - 0.1, lim.HEALTHY_BELOW)
    deviation = 0.5 * (1.0 - least) + 0.02
    if said.state not in (codes.SOFT, codes.HARD):
        said.certified = codes.CERTIFIED
        say(said, state, said.reason, eta, lower, 1.0)
        chances(said, eta, deviation, 0.97, lim)
        return
    said.certified = codes.ALSO_CERTIFIED
    if state > said.state:
        said.state, said.transient = state, 0
        chances(said, eta, deviation, 0.97, lim)
    said.eta, said.lower = larger(said.eta, lower), larger(said.lower, lower)
    said.upper = larger(said.upper, lower)


@strict
def _judge(state: Any, known: Any, cycle: Any, events: Any, said: Any, lim: Any) -> None:
    m, regimes = state[0][0], state[1]
    if _unusable(m, cycle, events, said, lim):
        return
    m.warm_now = 1 if known.logged and math.isfinite(cycle.temperature_celsius) else 0
    warmth, spread = 0.0, 0.0
    if m.warm_now:
        kelvin = cycle.temperature_celsius + 273.15
        if math.isnan(m.reference_kelvin):
            m.reference_kelvin = kelvin
        inverse = (1.0 / m.reference_kelvin - 1.0 / kelvin) / lim.BOLTZMANN_EV
        warmth, spread = lim.ACTIVATION_EV * inverse, lim.ACTIVATION_SPREAD_EV * abs(inverse)
    elif not math.isnan(m.reference_kelvin):
        spread = lim.LOST_PROBE
    m.moved = abs(warmth - m.warmth) if m.warm_now else np.nan
    m.warmth = warmth if m.warm_now else np.nan
    late = math.log(larger(cycle.late_resistance_ohm, 1e-9)) + warmth
    whole = math.log(larger(cycle.resistance_ohm, 1e-9)) + warmth
    if not _absolute(m, cycle, known, said, lim):
        _carry_current(m, regimes, cycle, late, lim)
        if m.seen:
            late, whole = late - m.shift, whole - m.shift
        follow_creep(m, cycle, late, warmth)
        if math.isnan(m.anchor_late):
            _clear(m, cycle, events, (late, whole, warmth, spread), said, lim)
        else:
            judge_short(m, cycle, events, (late, whole, spread), said, lim)
    _remember(m, cycle, late, whole)
    _certify(m, cycle, known, said, lim)


@strict
def _doubt_below(m: Any, cycle: Any, known: Any, said: Any, lim: Any) -> None:
    """Between the certificate and the bare electrolyte nothing is proved, nor is it healthy."""
    floor = _floor(m, cycle, known, lim)
    if said.state == codes.HEALTHY and 0.0 < cycle.resistance_ohm < floor:
        left_open(said, codes.BELOW, 1.0, 0.4, said.transient)
        said.a, said.b = cycle.resistance_ohm, floor


@strict
def _agree(said: Any, lim: Any) -> None:
    """Let "healthy" and its upper bound say the same: what is healthy carries no short.

    That nothing changed since the first cycles bounds what they hide; more than growth and warmth
    may explain is no bound at all.
    """
    if said.state != codes.HEALTHY or not said.upper > lim.HEALTHY_UPPER:
        return
    tight = said.reason in (codes.FIRST, codes.SHORT) or said.upper < lim.ABOUT_UPPER
    if tight:
        said.upper = lim.HEALTHY_UPPER
        return
    upper, growth = said.upper, said.b
    warm, reference = said.c, said.d
    if said.reason == codes.STEADY_CORRECTED and math.isfinite(warm):
        left_open(said, codes.FAR, upper, 0.2, said.transient)
        said.c, said.d = warm, reference
        return
    left_open(said, codes.GROWN, upper, 0.12, said.transient)
    said.a, said.b = math.exp(growth) - 1, upper


@strict
def _bounded(value: float) -> float:
    """A logarithm beyond ±5 says no more than that it is large; infinities are not known."""
    return smaller(larger(value, -5.0), 5.0) if math.isfinite(value) else np.nan


@strict
def _conclude(m: Any, said: Any, out: Any) -> None:
    """Write what is said and remembered as numbers: ``CONCLUDED``."""
    out[0], out[1] = said.p_soft + said.p_hard, said.p_hard
    out[2] = 1.0 if said.state == codes.OPEN else 0.0
    out[3], out[4], out[5] = said.eta, said.lower, said.upper
    out[6], out[7] = _bounded(m.late - m.base), _bounded(m.late - m.top)
    out[8], out[9] = _bounded(m.top - m.base), _bounded(m.late - m.anchor_late)
    out[10], out[11] = _bounded(m.deepest), _bounded(m.shift)
    out[12] = 0.0 if math.isnan(m.doubt_level) else 1.0
    out[13] = said.ratio if said.certified != codes.NOT_CERTIFIED else 1.0


@strict
def fold(  # noqa: PLR0913, PLR0917  (flat arrays)
    state: Any, cell: Any, cycles: Any, events: Any, bounds: Any, said: Any, concluded: Any
) -> None:
    """Judge cycles in their order.

    Parameters
    ----------
    state : tuple of numpy.ndarray
        ``MEMORY``, shape (1,), and a table of ``REGIME`` with room; brought up to date.
    cell : tuple of numpy.ndarray
        ``KNOWN`` and the thresholds, shape (1,) each.
    cycles : numpy.ndarray of CYCLE, shape (n,)
    events : numpy.ndarray, shape (m, 4)
        Time (s), Δ ln R, R before and after (Ω), in order.
    bounds : numpy.ndarray of int, shape (n + 1,)
        Where the events of each cycle begin.
    said : numpy.ndarray of SAID, shape (n,)
        Zeros; is filled.
    concluded : numpy.ndarray, shape (n, 14)
        Is filled.
    """
    m = state[0][0]
    known, lim = cell[0][0], cell[1][0]
    for n in range(len(cycles)):
        inside = events[bounds[n] : bounds[n + 1]]
        m.slow[:] = np.nan
        _judge(state, known, cycles[n], inside, said[n], lim)
        _conclude(m, said[n], concluded[n])
        weigh_creep(m, said[n], lim)
        _doubt_below(m, cycles[n], known, said[n], lim)
        _agree(said[n], lim)
