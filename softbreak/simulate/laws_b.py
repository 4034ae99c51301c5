"""Law set "b": a world to judge in, never to train on.

Gaps at the interface close by power-law creep, vacancies balance and cover area by a Hill law,
the interphase grows with the logarithm of time, a reacting front leaves an insulating remainder
that electrons cross exponentially the easier the thinner it is, cracks lengthen by a Paris law
and carry strands that come and die at random, and a hard breakdown runs away exponentially.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from softbreak.simulate.cell import LOWEST_CONTACT, SECONDS_PER_HOUR, arrhenius
from softbreak.simulate.guard import require_judging
from softbreak.simulate.laws import register
from softbreak.simulate.streams import EVENTS, TELEGRAPH, normals, uniform

require_judging(__name__)

STRANDS = 8
WARMTH = 0.0042
"""Relative resistance of the metal per kelvin."""

LAW_B = np.dtype(
    [
        ("b_gap", "f8", (2,)),  # share of each interface that does not touch
        ("gap_power", "f8"),
        ("gap_rate", "f8"),  # 1/h
        ("slip_hour", "f8"),  # h at which the stack is disturbed
        ("slip", "f8"),  # gap that it then has in addition
        ("vacancy", "f8", (2,)),  # mAh/cm²
        ("vacancy_gain", "f8"),
        ("vacancy_time", "f8"),  # h
        ("vacancy_half", "f8"),  # mAh/cm² at which half the area is covered
        ("vacancy_hill", "f8"),
        ("film_start", "f8"),  # Ω cm² a side
        ("film_scale", "f8"),  # Ω cm²
        ("film_rate", "f8"),  # Ω cm²/h at first
        ("film_charge", "f8"),  # Ω cm² per mAh/cm²
        ("front", "f8"),  # share of the electrolyte that has reacted
        ("front_rate", "f8"),  # 1/h at the usual current
        ("front_current", "f8"),  # A/cm²
        ("front_depth", "f8"),  # decades-like depth of the insulating remainder
        ("front_g", "f8"),  # S/cm² when all has reacted
        ("front_energy", "f8"),  # eV
        ("crack", "f8"),  # length, 1 bridges
        ("crack_rate", "f8"),  # per mAh/cm²
        ("crack_power", "f8"),
        ("strand", "f8", (STRANDS,)),  # S/cm²
        ("asleep", "i8", (STRANDS,)),
        ("wake", "f8", (STRANDS,)),  # h of the next change
        ("strand_g", "f8"),  # S/cm²
        ("strand_sd", "f8"),
        ("birth", "f8"),  # 1/h at the usual current
        ("death", "f8"),  # 1/h at the voltage below
        ("death_volt", "f8"),
        ("nap", "f8"),  # h, shortest dwell asleep or awake; 0 for steady strands
        ("nap_tail", "f8"),  # exponent of the dwell's Pareto tail
        ("leaf", "f8"),  # S/cm² per h, tunnelling
        ("leaf_volt", "f8"),
        ("leaf_hour", "f8"),
        ("leaf_end", "f8"),  # S/cm²
        ("fade_hour", "f8"),
        ("fade_time", "f8"),  # h
        ("fade", "f8"),  # factor on all electronic paths
        ("collapse_hour", "f8"),
        ("collapse_time", "f8"),  # h
        ("collapse_g", "f8"),  # S/cm² at the end
        ("collapse", "f8"),  # S/cm² now
        ("chances", "i8"),
        ("sponge", "f8", (2,)),  # mAh/cm² of porous metal on each electrode
        ("sponge_power", "f8"),  # area goes as (1 + sponge/size)^power; 0 for flat metal
        ("sponge_size", "f8"),  # mAh/cm²
        ("sponge_loss", "f8"),  # share of what is plated that is dead at once
        ("pierce_charge", "f8"),  # mAh/cm² one way at which the first dendrite touches
        ("pierce_spread", "f8"),  # mAh/cm² over which the others follow
        ("pierce_g", "f8"),  # S/cm² of all of them
        ("rattle_hertz", "f8"),  # strands touch this often at first; 0 for steady ones
        ("rattle_chirp", "f8"),  # relative change of that per day
        ("rattle_duty", "f8"),  # share of the time for which they touch, at first
        ("rattle_gain", "f8"),  # that it gains per hour
    ],
    align=True,
)


@nb.njit
def _chance(law: Any, keys: tuple[int, int], purpose: int) -> float:
    law.chances += 1
    return uniform(keys[0], keys[1], purpose, law.chances)


@nb.njit
def _touch(state: Any, law: Any, x: float, hours: float) -> None:
    keep = math.exp(-hours / law.vacancy_time)
    for side in range(2):
        gap = law.b_gap[side]
        if gap > 0.01 and law.gap_rate > 0.0:
            p = law.gap_power - 1.0
            gap = (gap**-p + p * law.gap_rate * hours) ** (-1.0 / p)
        if state.hours >= law.slip_hour:
            gap = min(max(gap + law.slip, 0.0), 0.9)
        law.b_gap[side] = gap
        source = law.vacancy_gain * (x if side == 0 else -x) * 1e3
        target = source * law.vacancy_time
        law.vacancy[side] = max(target + (law.vacancy[side] - target) * keep, 0.0)
        covered = 0.0
        if law.vacancy[side] > 0.0:
            covered = (law.vacancy[side] / law.vacancy_half) ** law.vacancy_hill
        state.f[side] = max((1.0 - gap) / (1.0 + covered), LOWEST_CONTACT)
    if state.hours >= law.slip_hour:
        law.slip_hour = 1e9


@nb.njit
def _film(cell: Any, state: Any, law: Any, x: float, hours: float) -> None:
    heat = 1.0 / arrhenius(0.5, state.temperature, cell.reference)
    for side in range(2):
        r = state.interphase[side]
        if law.film_rate > 0.0:
            thick = math.exp(min((r - law.film_start) / law.film_scale, 200.0))
            gain = law.film_rate * heat * hours / law.film_scale
            r = law.film_start + law.film_scale * math.log(thick + gain)
        state.interphase[side] = r + law.film_charge * abs(x) * 1e3 * hours


@nb.njit
def _sleep(state: Any, law: Any, k: int, keys: tuple[int, int]) -> None:
    if law.nap <= 0.0 or state.hours < law.wake[k]:
        return
    law.asleep[k] = 1 - law.asleep[k]
    u = _chance(law, keys, TELEGRAPH)
    law.wake[k] = state.hours + min(law.nap * u ** (-1.0 / law.nap_tail), 200.0)


@nb.njit
def _strands(state: Any, law: Any, flow: tuple[float, float, float], keys: tuple[int, int]) -> None:
    x, v, seconds = flow
    hours = seconds / SECONDS_PER_HOUR
    drive = abs(x) / law.front_current
    if law.crack < 1.0:
        gain = law.crack_rate * abs(x) * 1e3 * hours
        law.crack = min(law.crack + gain * law.crack**law.crack_power, 1.0)
        if law.crack < 1.0:
            return
        law.wake[0], law.strand[0] = state.hours, law.strand_g
    free = -1
    for k in range(STRANDS):
        if law.strand[k] <= 0.0:
            free = k
            continue
        rate = law.death * (v / law.death_volt) ** 2
        if rate > 0.0 and _chance(law, keys, EVENTS) < rate * hours:
            law.strand[k] = 0.0
        else:
            _sleep(state, law, k, keys)
    if free >= 0 and _chance(law, keys, EVENTS) < law.birth * drive * hours:
        law.chances += 1
        size = normals(keys[0], keys[1], EVENTS, law.chances)[0]
        law.strand[free] = law.strand_g * math.exp(law.strand_sd * size)
        law.asleep[free], law.wake[free] = 0, state.hours


@nb.njit
def _sponge(state: Any, law: Any, x: float, hours: float) -> None:
    """Porous metal: stripping eats it from both ends, so that a share is gone for good."""
    for side in range(2):
        plated = (-x if side == 0 else x) * 1e3 * hours
        gain = (1.0 - law.sponge_loss) * plated if plated > 0.0 else plated
        law.sponge[side] = max(law.sponge[side] + gain, 0.0)
        state.rough[side] = (1.0 + law.sponge[side] / law.sponge_size) ** law.sponge_power


@nb.njit
def _pierced(state: Any, law: Any) -> float:
    """Conductance of dendrites that one-way plating has driven through (S/cm²): a Weibull law."""
    over = (abs(state.charge) - law.pierce_charge) / law.pierce_spread
    return law.pierce_g * (1.0 - math.exp(-over * over)) if over > 0.0 else 0.0


@nb.njit
def _rattle(state: Any, law: Any, metal: float) -> None:
    """Strands that rattle at a drifting pace: rows of any clock catch them at random."""
    seconds = state.hours * SECONDS_PER_HOUR
    beats = law.rattle_hertz * seconds * (1.0 + 0.5 * law.rattle_chirp * state.hours / 24.0)
    state.blink = metal * law.fade
    state.duty = min(law.rattle_duty + law.rattle_gain * state.hours, 0.97)
    state.closed = 1 if beats - math.floor(beats) < state.duty else 0


def _install(cell: Any, state: Any, law: Any) -> None:
    law.film_start = cell.interphase
    for side in range(2):
        state.f[side] = max(1.0 - law.b_gap[side], LOWEST_CONTACT)


def _conduct(cell: Any, state: Any, law: Any) -> None:
    metal = law.collapse
    for k in range(STRANDS):
        if not law.asleep[k]:
            metal += law.strand[k]
    if law.rattle_hertz > 0.0:
        _rattle(state, law, max(metal - law.collapse, 0.0))
        metal = law.collapse
    if law.pierce_g > 0.0:
        metal += _pierced(state, law)
    g = metal / (1.0 + WARMTH * (state.temperature - cell.reference))
    if law.front_g > 0.0:
        heat = arrhenius(law.front_energy, state.temperature, cell.reference)
        g += law.front_g / heat * math.exp(-law.front_depth * (1.0 - law.front) ** 2)
    state.g = g * law.fade
    since = state.hours - law.leaf_hour
    state.g_tunnel = 0.0
    state.v_tunnel = law.leaf_volt * (state.temperature + 273.15) / (cell.reference + 273.15)
    if law.leaf > 0.0 and since > 0.0:
        state.g_tunnel = law.fade * min(law.leaf * since, law.leaf_end)


def _advance(
    cell: Any, state: Any, law: Any, flow: tuple[float, float, float], keys: tuple[int, int]
) -> None:
    x = flow[0]
    hours = flow[2] / SECONDS_PER_HOUR
    _touch(state, law, x, hours)
    _film(cell, state, law, x, hours)
    if law.sponge_power > 0.0:
        _sponge(state, law, x, hours)
    if law.front_g > 0.0:
        heat = 1.0 / arrhenius(0.4, state.temperature, cell.reference)
        pace = law.front_rate * heat * math.sqrt(abs(x) / law.front_current)
        law.front = min(law.front + pace * hours, 1.0)
    if law.strand_g > 0.0:
        _strands(state, law, flow, keys)
    if state.hours >= law.fade_hour:
        law.fade *= math.exp(-hours / law.fade_time)
    if state.hours >= law.collapse_hour:
        start = max(law.collapse, 1e-3 * law.collapse_g)
        law.collapse = min(start * math.exp(hours / law.collapse_time), law.collapse_g)


register("b_gap", _install, _conduct, _advance)


def blank(count: int) -> np.ndarray:
    """Return hidden states of cells that nothing happens to.

    Parameters
    ----------
    count : int

    Returns
    -------
    ndarray of LAW_B, shape (count,)
    """
    law = np.zeros(count, LAW_B)
    for name in ("gap_power", "vacancy_time", "vacancy_half", "vacancy_hill", "film_scale"):
        law[name] = 2.0
    for name in ("front_current", "death_volt", "nap_tail", "leaf_volt", "fade_time"):
        law[name] = 1.0
    law["sponge_size"] = law["pierce_spread"] = 1.0
    law["fade"] = law["collapse_time"] = 1.0
    for name in ("slip_hour", "leaf_hour", "fade_hour", "collapse_hour", "pierce_charge"):
        law[name] = 1e9
    return law
