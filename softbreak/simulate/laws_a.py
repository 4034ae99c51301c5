"""Law set "a": the world to train on.

Contact creeps exponentially, voids grow where stripping outruns repair (their coverage is
exponential in the void capacity), the interphase grows with the root of time, a mixed conductor
percolates with a power law, and filaments grow by threshold, thicken, fuse and flicker.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from softbreak.simulate.cell import LOWEST_CONTACT, SECONDS_PER_HOUR, arrhenius
from softbreak.simulate.laws import register
from softbreak.simulate.streams import EVENTS, TELEGRAPH, uniform

FILAMENTS = 6
MOST_EXCESS = 6.0
"""Excess over the threshold beyond which a filament grows no faster: transport to its tip."""
METAL_COEFFICIENT = 0.0043
"""Relative resistance of lithium metal per kelvin (handbook value)."""

THICKENS_ONLY = 1e-12
"""Speed (1/h) of a filament that never grows towards the other side: it is there already."""

LAW_A = np.dtype(
    [
        ("a_contact", "f8", (2,)),  # share of each interface that touches, without voids
        ("contact_end", "f8"),
        ("creep_time", "f8"),  # h
        ("jump_hour", "f8"),  # h at which the contact is multiplied (pressure, remounting)
        ("jump_factor", "f8"),
        ("void", "f8", (2,)),  # mAh/cm²
        ("void_gain", "f8"),
        ("void_scale", "f8"),  # mAh/cm²
        ("repair", "f8"),  # A/cm²: stripping that creep can follow
        ("refill", "f8"),
        ("fill_rate", "f8"),  # 1/h
        ("growth", "f8"),  # Ω² cm⁴/h
        ("growth_charge", "f8"),  # Ω² cm⁴ per mAh/cm²
        ("growth_energy", "f8"),  # eV
        ("reacted", "f8"),  # mixed-conducting interphase
        ("reacted_end", "f8"),
        ("reacted_threshold", "f8"),
        ("reaction_rate", "f8"),  # 1/h
        ("reaction_charge", "f8"),  # per mAh/cm²
        ("mixed", "f8"),  # S/cm² when all has reacted
        ("mixed_power", "f8"),
        ("mixed_energy", "f8"),  # eV
        ("length", "f8", (FILAMENTS,)),  # 1 bridges the electrolyte
        ("speed", "f8", (FILAMENTS,)),  # 1/h
        ("thread", "f8", (FILAMENTS,)),  # S/cm²
        ("fuse", "f8", (FILAMENTS,)),  # V
        ("bridged", "i8", (FILAMENTS,)),
        ("off", "i8", (FILAMENTS,)),
        ("switch", "f8", (FILAMENTS,)),  # h of the next telegraph event
        ("threshold", "f8"),  # A/cm² above which filaments grow
        ("growth_power", "f8"),
        ("retreat", "f8"),
        ("thicken", "f8"),  # relative per mAh/cm² of ionic charge
        ("rate_on", "f8"),  # 1/h; 0 for steady filaments
        ("rate_off", "f8"),
        ("tunnel", "f8"),  # S/cm² at V -> 0
        ("tunnel_volt", "f8"),
        ("tunnel_hour", "f8"),
        ("tunnel_rise", "f8"),  # h
        ("recover_hour", "f8"),
        ("hard_hour", "f8"),
        ("hard", "f8"),  # S/cm² of the hard path
        ("hazard_rate", "f8"),  # 1/h
        ("hazard_gate", "f8"),
        ("hazard", "f8"),
        ("is_hard", "i8"),
        ("moss", "f8", (2,)),  # mAh/cm² of loose metal that was plated and can be stripped
        ("moss_gain", "f8"),  # relative area that it adds in the end; 0 for flat metal
        ("moss_scale", "f8"),  # mAh/cm²
        ("moss_yield", "f8"),  # share of plated metal that is stripped again as easily
        ("bridge_charge", "f8"),  # mAh/cm² one way at which filament 0 bridges
        ("blink_hertz", "f8"),  # filaments open and close this often; 0 for those that do not
        ("blink_duty", "f8"),  # share of the time for which they are closed
        ("draws", "i8"),
    ],
    align=True,
)


@nb.njit
def _wait(rate: float, law: Any, k: int, keys: tuple[int, int]) -> float:
    law.draws += 1
    u = uniform(keys[0], keys[1], TELEGRAPH, law.draws * FILAMENTS + k)
    return -math.log(u) / rate


@nb.njit
def _strip(v: float, x: float, f: float, law: Any, hours: float) -> float:
    """Void capacity after stripping at x: exact, for w = exp(-v/v_c) obeys a linear law."""
    local = x / f
    if local <= law.repair * math.exp(-v / law.void_scale):
        return v
    w = math.exp(-v / law.void_scale)
    if law.repair > 0.0:
        end = local / law.repair
        w = end + (w - end) * math.exp(law.void_gain * law.repair * 1e3 / law.void_scale * hours)
    else:
        w -= law.void_gain * local * 1e3 / law.void_scale * hours
    return -law.void_scale * math.log(max(w, LOWEST_CONTACT))


@nb.njit
def _voids(state: Any, law: Any, x: float, hours: float) -> None:
    for side in range(2):
        v = law.void[side]
        stripping = x if side == 0 else -x
        if stripping > 0.0:
            v = _strip(v, stripping, law.a_contact[side], law, hours)
        elif stripping < 0.0 and v > 0.0:
            v += law.refill * stripping * 1e3 * hours * v / (v + 0.2)
        law.void[side] = max(v, 0.0) * math.exp(-law.fill_rate * hours)
        state.f[side] = max(
            law.a_contact[side] * math.exp(-law.void[side] / law.void_scale), LOWEST_CONTACT
        )


@nb.njit
def _contact_and_interphase(state: Any, law: Any, x: float, hours: float, ref: float) -> None:
    keep = math.exp(-hours / law.creep_time)
    jump = state.hours >= law.jump_hour
    heat = 1.0 / arrhenius(law.growth_energy, state.temperature, ref)
    for side in range(2):
        c = law.a_contact[side]
        c = law.contact_end + (c - law.contact_end) * keep
        law.a_contact[side] = min(c * law.jump_factor, 1.0) if jump else c
        r = state.interphase[side]
        gain = law.growth * heat * hours + law.growth_charge * abs(x) * 1e3 * hours
        state.interphase[side] = math.sqrt(r * r + gain)
    if jump:
        law.contact_end = min(law.contact_end * law.jump_factor, 1.0)
        law.jump_hour = 1e9


@nb.njit
def _flicker(state: Any, law: Any, k: int, keys: tuple[int, int]) -> None:
    if law.rate_on > 0.0 and state.hours >= law.switch[k]:
        law.off[k] = 1 - law.off[k]
        rate = law.rate_on if law.off[k] else law.rate_off
        law.switch[k] = state.hours + _wait(rate, law, k, keys)


@nb.njit
def _filaments(
    state: Any, law: Any, x: float, v: float, hours: float, keys: tuple[int, int]
) -> None:
    for k in range(FILAMENTS):
        if law.speed[k] <= 0.0:
            continue
        side = k % 2
        if law.bridged[k]:
            law.thread[k] *= math.exp(law.thicken * abs(x) * 1e3 * hours)
            if abs(v) > law.fuse[k] and not law.is_hard:
                law.bridged[k], law.length[k] = 0, 0.5
            else:
                _flicker(state, law, k, keys)
            continue
        plating = -x if side == 0 else x
        local = min(abs(x) / state.f[side] / law.threshold - 1.0, MOST_EXCESS)
        if local <= 0.0:
            continue
        rate = law.speed[k] * local**law.growth_power
        law.length[k] += hours * (rate if plating > 0.0 else -law.retreat * rate)
        law.length[k] = max(law.length[k], 0.0)
        if law.length[k] >= 1.0:
            law.bridged[k], law.off[k] = 1, 0
            law.switch[k] = 1e9
            if law.rate_off > 0.0:
                law.switch[k] = state.hours + _wait(law.rate_off, law, k, keys)


@nb.njit
def _harden(state: Any, law: Any, hours: float, share: float, keys: tuple[int, int]) -> None:
    if law.is_hard:
        return
    law.hazard += law.hazard_rate * max(share - law.hazard_gate, 0.0) * hours
    limit = -math.log(uniform(keys[0], keys[1], EVENTS, 0))
    if state.hours >= law.hard_hour or (law.hazard_rate > 0.0 and law.hazard >= limit):
        law.is_hard = 1
        law.rate_on = law.rate_off = 0.0
        for k in range(FILAMENTS):
            law.off[k] = 0


@nb.njit
def _recover(law: Any) -> None:
    law.recover_hour = 1e9
    law.tunnel = law.mixed = 0.0
    for k in range(FILAMENTS):
        law.bridged[k], law.speed[k] = 0, 0.0


@nb.njit
def _moss(state: Any, law: Any, x: float, hours: float) -> None:
    """Rough metal: what is plated adds area, what is stripped takes the loose part first."""
    for side in range(2):
        plated = (-x if side == 0 else x) * 1e3 * hours
        gained = law.moss_yield * plated if plated > 0.0 else plated
        law.moss[side] = max(law.moss[side] + gained, 0.0)
        grown = 1.0 - math.exp(-law.moss[side] / law.moss_scale)
        state.rough[side] = 1.0 + law.moss_gain * grown


def _install(cell: Any, state: Any, law: Any) -> None:  # noqa: ARG001 (all sets share it)
    for side in range(2):
        state.f[side] = max(law.a_contact[side], LOWEST_CONTACT)


@nb.njit
def _blink(cell: Any, state: Any, law: Any, metal: float) -> None:
    """Filaments that touch and part in a steady beat: rows at a steady clock alias it."""
    warmer = 1.0 + METAL_COEFFICIENT * (state.temperature - cell.reference)
    state.blink, state.duty = metal / warmer, law.blink_duty
    beats = law.blink_hertz * SECONDS_PER_HOUR * state.hours
    state.closed = 1 if beats - math.floor(beats) < law.blink_duty else 0


def _conduct(cell: Any, state: Any, law: Any) -> None:
    metal = 0.0
    for k in range(FILAMENTS):
        if law.bridged[k] and not law.off[k]:
            metal += law.thread[k]
    if law.blink_hertz > 0.0:
        _blink(cell, state, law, metal)
        metal = 0.0
    if law.is_hard:
        metal += law.hard
    g = metal / (1.0 + METAL_COEFFICIENT * (state.temperature - cell.reference))
    if law.mixed > 0.0 and law.reacted > law.reacted_threshold:
        share = (law.reacted - law.reacted_threshold) / (1.0 - law.reacted_threshold)
        heat = arrhenius(law.mixed_energy, state.temperature, cell.reference)
        g += law.mixed / heat * share**law.mixed_power * 0.5 * (state.f[0] + state.f[1])
    state.g = g
    state.g_tunnel, state.v_tunnel = 0.0, law.tunnel_volt
    since = state.hours - law.tunnel_hour
    if law.tunnel > 0.0 and since > 0.0:
        state.g_tunnel = law.tunnel * (1.0 - math.exp(-since / law.tunnel_rise))


def _advance(
    cell: Any, state: Any, law: Any, flow: tuple[float, float, float], keys: tuple[int, int]
) -> None:
    x, v, seconds = flow
    hours = seconds / SECONDS_PER_HOUR
    _contact_and_interphase(state, law, x, hours, cell.reference)
    _voids(state, law, x, hours)
    if law.moss_gain > 0.0:
        _moss(state, law, x, hours)
    if law.mixed > 0.0:
        heat = 1.0 / arrhenius(law.growth_energy, state.temperature, cell.reference)
        rate = (law.reaction_rate + law.reaction_charge * abs(x) * 1e3) * heat
        law.reacted = law.reacted_end + (law.reacted - law.reacted_end) * math.exp(-rate * hours)
    if not law.bridged[0] and abs(state.charge) >= law.bridge_charge:
        law.bridged[0], law.speed[0], law.switch[0] = 1, THICKENS_ONLY, 1e9
    _filaments(state, law, x, v, hours, keys)
    if state.hours >= law.recover_hour:
        _recover(law)
    leak = abs(state.g * v)
    _harden(state, law, hours, leak / (leak + abs(x) + 1e-12), keys)


register("a_contact", _install, _conduct, _advance)


def blank(count: int) -> np.ndarray:
    """Return hidden states of cells that nothing happens to.

    Parameters
    ----------
    count : int

    Returns
    -------
    ndarray of LAW_A, shape (count,)
    """
    law = np.zeros(count, LAW_A)
    law["a_contact"] = law["contact_end"] = law["jump_factor"] = 1.0
    law["creep_time"] = law["void_scale"] = law["tunnel_rise"] = law["tunnel_volt"] = 1.0
    law["repair"] = law["threshold"] = law["fuse"] = 1e9
    law["growth_energy"], law["mixed_power"] = 0.55, 2.0
    law["moss_scale"], law["moss_yield"], law["bridge_charge"] = 1.0, 1.0, 1e9
    for name in ("jump_hour", "tunnel_hour", "recover_hour", "hard_hour", "switch"):
        law[name] = 1e9
    return law
