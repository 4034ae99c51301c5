"""Constants of law set "a" for planned cells."""

from __future__ import annotations

import numpy as np

from softbreak.simulate.faults import Plan
from softbreak.simulate.instrument import disturb_white
from softbreak.simulate.laws import LawSet
from softbreak.simulate.laws_a import FILAMENTS, LAW_A, THICKENS_ONLY, blank

HARD_FROM_THE_START = 0.3
"""Share of the cells that are shorted when built whose short is complete."""
CLOCKS = (30.0, 60.0, 120.0, 120.0, 300.0)
"""Seconds between rows, all equally likely."""


def draw(plan: Plan, cells: np.ndarray) -> np.ndarray:
    """Return hidden states of law set "a" that bring a plan about.

    Parameters
    ----------
    plan : Plan
    cells : ndarray of CELL

    Returns
    -------
    ndarray of LAW_A
    """
    law = blank(plan.identities.size)
    _contact(plan, law)
    _interphase(plan, cells, law)
    _mixed(plan, law)
    _filaments(plan, law)
    _others(plan, cells, law)
    _unusual(plan, law)
    return law


def _contact(plan: Plan, law: np.ndarray) -> None:
    improves = plan.confounders["contact_improvement"]
    first = np.where(
        improves, plan.between("a.contact", 0.3, 0.8), plan.between("a.contact", 0.85, 1.0)
    )
    gain = np.where(
        improves, plan.between("a.contact_gain", 1.15, 3.0), plan.between("a.contact_gain", 1, 1.03)
    )
    law["a_contact"] = first[:, None]
    law["contact_end"] = np.minimum(first * gain, 1.0)
    law["creep_time"] = plan.between("a.creep_time", 0.5, 60.0, log=True)
    jumps = plan.confounders["pressure_jump"]
    law["jump_hour"] = np.where(jumps, plan.life * plan.between("a.jump_hour", 0.1, 0.9), 1e9)
    law["jump_factor"] = plan.between("a.jump_factor", 0.6, 1.5, log=True)
    voided = plan.confounders["voids"]
    capacity = plan.current * 1e3 * plan.half_hours
    law["void_gain"] = np.where(
        voided, plan.between("a.void_gain", 0.1, 0.8), plan.between("a.void_gain", 0.02, 0.5)
    )
    law["void_scale"] = np.where(
        voided,
        capacity * plan.between("a.void_scale", 0.7, 7.0, log=True),
        plan.between("a.void_scale", 0.2, 3.0, log=True),
    )
    share = np.where(
        voided,
        plan.between("a.repair", 0.4, 0.95),
        plan.between("a.repair", 1.3, 8.0),
    )
    law["repair"] = plan.current * share / first
    law["refill"] = plan.between("a.refill", 0.5, 1.5)
    law["fill_rate"] = plan.between("a.fill_rate", 0.003, 0.1, log=True)


def _interphase(plan: Plan, cells: np.ndarray, law: np.ndarray) -> None:
    grows = plan.confounders["growth"] | (plan.chemistry == "lgps") | plan.has("hidden")
    rate = np.where(
        grows,
        plan.between("a.growth", 1e-3, 3e-2, log=True),
        plan.between("a.growth", 1e-6, 2e-4, log=True),
    )
    law["growth"] = cells["interphase"] ** 2 * rate
    law["growth_charge"] = law["growth"] * plan.between("a.growth_charge", 0.0, 0.3)
    hides = plan.has("hidden")
    # by the end of life the ionic part has grown by as much as the electronic path carries
    wanted = cells["interphase"] + 0.5 * plan.resistance * plan.target / (1.0 - plan.target)
    gain = (wanted**2 - cells["interphase"] ** 2) / plan.life
    law["growth"] = np.where(hides, gain, law["growth"])


def _mixed(plan: Plan, law: np.ndarray) -> None:
    mixed = plan.has("mixed", "hidden")
    end = plan.between("a.reacted_end", 0.4, 0.95)
    threshold = end * plan.between("a.threshold", 0.05, 0.6)
    # the threshold is crossed at the planned onset
    rate = -np.log(1.0 - threshold / end) / plan.onset
    by_charge = plan.uniform("a.by_charge")
    law["reacted_end"], law["reacted_threshold"] = end, threshold
    law["reaction_rate"] = rate * (1.0 - by_charge)
    law["reaction_charge"] = rate * by_charge / (plan.current * 1e3)
    law["mixed_power"] = plan.between("a.power", 1.0, 2.0)
    law["mixed_energy"] = plan.between("a.mixed_energy", 0.1, 0.3)
    # the target is for the end of life, unless that comes too soon after the onset
    late = np.maximum(end * (1.0 - np.exp(-rate * plan.life)) - threshold, 0.3 * (end - threshold))
    full = (late / (1.0 - threshold)) ** law["mixed_power"]
    law["mixed"] = np.where(mixed, plan.conductance() / full, 0.0)


def _filaments(plan: Plan, law: np.ndarray) -> None:
    grow = plan.has("filament", "fuse", "telegraph", "recovery", "prelude", "dynamic")
    number = 1 + np.floor(plan.uniform("a.number") * FILAMENTS).astype(int)
    number = np.where(plan.has("telegraph"), 1, number)
    excess = plan.between("a.excess", 0.2, 3.0, log=True)
    law["threshold"] = plan.current / (1.0 + excess)
    law["growth_power"] = plan.between("a.growth_power", 0.5, 2.0)
    law["retreat"] = plan.between("a.retreat", 0.0, 0.6)
    law["thicken"] = plan.between("a.thicken", 1e-4, 2e-2, log=True)
    # one half-cycle forward at full speed, the other back at `retreat`
    pace = 0.5 * (1.0 - law["retreat"]) * excess ** law["growth_power"]
    later: np.ndarray = np.ones(plan.identities.size)
    for k in range(FILAMENTS):
        later = later * np.exp(-0.3 * plan.uniform(f"a.later{k}")) if k else later
        speed = later / (pace * plan.onset)
        law["speed"][:, k] = np.where(grow & (k < number), speed, 0.0)
        share = np.exp(0.4 * (2.0 * plan.uniform(f"a.share{k}") - 1.0))
        law["thread"][:, k] = plan.conductance() / number * share
    law["fuse"] = np.where(
        plan.has("fuse"), 0.2 * np.exp(0.4 * plan.between("a.fuse", -2.0, 2.0)), 1e9
    )[:, None]
    flickers = plan.has("telegraph")
    on = plan.between("a.rate_on", 0.2, 20.0, log=True) / np.maximum(plan.half_hours, 1.0)
    law["rate_on"] = np.where(flickers, on, 0.0)
    law["rate_off"] = np.where(flickers, on * plan.between("a.ratio", 0.2, 5.0, log=True), 0.0)


def _others(plan: Plan, cells: np.ndarray, law: np.ndarray) -> None:
    law["tunnel_volt"] = plan.current * plan.resistance / plan.between("a.bend", 0.5, 3.0)
    law["tunnel"] = np.where(plan.has("tunnel"), 0.6 * plan.conductance(), 0.0)
    law["tunnel_hour"] = plan.onset
    law["tunnel_rise"] = plan.life * plan.between("a.rise", 0.01, 0.3, log=True)
    stays = plan.life * plan.between("a.stays", 0.05, 0.3)
    law["recover_hour"] = np.where(plan.has("recovery"), plan.onset + stays, 1e9)
    law["hard_hour"] = plan.hard_hour
    law["hard"] = 1.0 / (plan.between("a.hard", 0.3, 15.0, log=True) * cells["area"])
    law["hazard_rate"] = np.where(
        plan.has("filament"), plan.between("a.hazard", 1e-4, 3e-2, log=True), 0.0
    )
    law["hazard_gate"] = 0.5


def _unusual(plan: Plan, law: np.ndarray) -> None:
    """Rough metal in liquids; shorts of the first moment, one-way, and faster than sampling."""
    wet = plan.liquid()
    capacity = plan.current * 1e3 * plan.half_hours
    law["moss_gain"] = np.where(wet, plan.between("a.moss", 0.3, 6.0, log=True), 0.0)
    law["moss_scale"] = capacity * plan.between("a.moss_scale", 0.03, 0.5, log=True)
    law["moss_yield"] = plan.between("a.moss_yield", 0.7, 0.99)
    initial = plan.has("initial")
    hard = initial & (plan.uniform("a.initial_hard") < HARD_FROM_THE_START)
    law["is_hard"] = np.where(hard, 1, law["is_hard"])
    first = initial & ~hard
    law["bridged"][:, 0] = np.where(first, 1, law["bridged"][:, 0])
    law["bridge_charge"] = np.where(plan.has("threshold"), plan.bridge_charge(), 1e9)
    path = first | plan.has("threshold")
    law["thread"][:, 0] = np.where(path, plan.conductance(), law["thread"][:, 0])
    law["speed"][:, 0] = np.where(first, THICKENS_ONLY, law["speed"][:, 0])
    blinks = plan.has("dynamic")
    law["blink_hertz"] = np.where(blinks, plan.between("a.blink", 1.0, 100.0, log=True), 0.0)
    law["blink_duty"] = plan.between("a.blink_duty", 0.1, 0.9)


def sampling(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return steady clocks: a row every 30 to 300 s, whatever happens."""
    choice = (plan.uniform("a.interval") * len(CLOCKS)).astype(int)
    return np.array(CLOCKS)[choice], np.full(choice.size, 1e9)


SET_A = LawSet("a", LAW_A, draw, disturb_white, sampling)
