"""Constants, noise and sampling of law set "b" for planned cells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softbreak.compiled import strict
from softbreak.simulate.faults import Plan
from softbreak.simulate.guard import require_judging
from softbreak.simulate.instrument import is_lost, quantise, systematic
from softbreak.simulate.laws import LawSet
from softbreak.simulate.laws_b import LAW_B, blank
from softbreak.simulate.streams import NOISE, to_uniform, words

require_judging(__name__)

CRACK_START = 0.1


def draw(plan: Plan, cells: np.ndarray) -> np.ndarray:
    """Return hidden states of law set "b" that bring a plan about.

    Parameters
    ----------
    plan : Plan
    cells : ndarray of CELL

    Returns
    -------
    ndarray of LAW_B
    """
    law = blank(plan.identities.size)
    _contact(plan, law)
    _film(plan, cells, law)
    _front(plan, law)
    _crack(plan, law)
    _others(plan, cells, law)
    _unusual(plan, law)
    return law


def _contact(plan: Plan, law: np.ndarray) -> None:
    improves = plan.confounders["contact_improvement"]
    gap = np.where(improves, plan.between("b.gap", 0.15, 0.6), plan.between("b.gap", 0.0, 0.06))
    law["b_gap"] = gap[:, None]
    law["gap_power"] = plan.between("b.gap_power", 1.5, 4.0)
    law["gap_rate"] = np.where(improves, plan.between("b.gap_rate", 0.02, 2.0, log=True), 1e-3)
    slips = plan.confounders["pressure_jump"]
    law["slip_hour"] = np.where(slips, plan.life * plan.between("b.slip_hour", 0.1, 0.9), 1e9)
    law["slip"] = plan.between("b.slip", -0.3, 0.3)
    capacity = plan.current * 1e3 * plan.half_hours
    law["vacancy_gain"] = plan.between("b.vacancy_gain", 0.2, 1.0)
    law["vacancy_time"] = plan.between("b.vacancy_time", 0.5, 20.0, log=True)
    law["vacancy_hill"] = plan.between("b.hill", 1.0, 3.0)
    tolerance = np.where(
        plan.confounders["voids"],
        plan.between("b.tolerance", 0.15, 1.5, log=True),
        plan.between("b.tolerance", 5.0, 100.0, log=True),
    )
    law["vacancy_half"] = capacity * tolerance


def _film(plan: Plan, cells: np.ndarray, law: np.ndarray) -> None:
    grows = plan.confounders["growth"] | (plan.chemistry == "lgps")
    final = cells["interphase"] * np.where(
        grows, plan.between("b.film", 0.2, 2.5), plan.between("b.film", 0.0, 0.08)
    )
    hidden = 0.5 * plan.resistance * plan.target / (1.0 - plan.target)
    final = np.where(plan.has("hidden"), hidden, final) + 1e-9
    early = plan.between("b.film_early", 3.0, 60.0, log=True)
    law["film_scale"] = final / np.log1p(early)
    law["film_rate"] = law["film_scale"] * early / plan.life
    law["film_charge"] = np.where(grows, 0.1, 0.01) * final / (plan.life * plan.current * 1e3)


def _front(plan: Plan, law: np.ndarray) -> None:
    law["front_current"] = plan.current
    late = np.where(plan.onset < 1e8, plan.onset, plan.life) * plan.between("b.front", 1.1, 1.8)
    law["front_rate"] = 1.0 / late
    law["front_depth"] = plan.between("b.depth", 5.0, 60.0, log=True)
    law["front_energy"] = plan.between("b.front_energy", 0.05, 0.35)
    law["front_g"] = np.where(plan.has("mixed", "hidden"), plan.conductance(), 0.0)


def _crack(plan: Plan, law: np.ndarray) -> None:
    cracks = plan.has("filament", "fuse", "telegraph", "recovery", "prelude", "dynamic")
    m = plan.between("b.paris", 1.2, 2.5)
    # the crack reaches the far side at the planned onset: closed form of dc/dq = A c^m
    path = (CRACK_START ** (1.0 - m) - 1.0) / (m - 1.0)
    law["crack"], law["crack_power"] = CRACK_START, m
    law["crack_rate"] = path / (plan.onset * plan.current * 1e3)
    several = 1.0 + 3.0 * plan.uniform("b.several")
    law["strand_g"] = np.where(cracks, plan.conductance() / several, 0.0)
    law["strand_sd"] = plan.between("b.strand_sd", 0.2, 0.9)
    law["birth"] = plan.between("b.birth", 0.002, 0.2, log=True)
    burns = np.where(plan.has("fuse"), plan.between("b.burn", 0.01, 0.3, log=True), 0.0)
    law["death"] = np.where(plan.has("filament", "prelude"), law["birth"] * 0.2, burns)
    law["death_volt"] = plan.current * plan.resistance * (1.0 - plan.target)
    law["nap"] = np.where(
        plan.has("telegraph"), plan.between("b.nap", 0.05, 1.0, log=True) * plan.half_hours, 0.0
    )
    law["nap_tail"] = plan.between("b.tail", 0.7, 2.0)


def _others(plan: Plan, cells: np.ndarray, law: np.ndarray) -> None:
    law["leaf_volt"] = plan.current * plan.resistance / plan.between("b.bend", 0.3, 2.0)
    law["leaf_hour"] = plan.onset
    law["leaf_end"] = np.where(plan.has("tunnel"), 0.7 * plan.conductance(), 0.0)
    law["leaf"] = law["leaf_end"] / (plan.life * plan.between("b.leaf", 0.02, 0.4))
    stays = plan.life * plan.between("b.stays", 0.05, 0.25)
    law["fade_hour"] = np.where(plan.has("recovery"), plan.onset + stays, 1e9)
    law["fade_time"] = plan.between("b.fade", 0.3, 10.0, log=True)
    law["collapse_hour"] = plan.hard_hour
    sudden = plan.has("hard")
    law["collapse_time"] = np.where(
        sudden,
        plan.between("b.collapse", 0.005, 0.1, log=True),
        plan.between("b.collapse", 0.05, 3.0, log=True),
    )
    law["collapse_g"] = 1.0 / (plan.between("b.hard", 0.2, 10.0, log=True) * cells["area"])


def _unusual(plan: Plan, law: np.ndarray) -> None:
    capacity = plan.current * 1e3 * plan.half_hours
    law["sponge_power"] = np.where(plan.liquid(), plan.between("b.sponge", 0.1, 0.6), 0.0)
    law["sponge_size"] = capacity * plan.between("b.sponge_size", 0.005, 0.2, log=True)
    law["sponge_loss"] = plan.between("b.sponge_loss", 0.01, 0.25)
    # born shorted: a stack that touches, a leaky electrolyte that has reacted, or a strand
    initial, kind = plan.has("initial"), plan.uniform("b.initial")
    law["collapse"] = np.where(initial & (kind < 0.25), law["collapse_g"], law["collapse"])
    leaky = initial & (kind >= 0.25) & (kind < 0.6)
    law["front_g"] = np.where(leaky, plan.conductance(), law["front_g"])
    law["front"] = np.where(leaky, 1.0, law["front"])
    touching = initial & (kind >= 0.6)
    law["strand"][:, 0] = np.where(touching, plan.conductance(), law["strand"][:, 0])
    one_way = plan.has("threshold")
    law["pierce_charge"] = np.where(one_way, plan.bridge_charge(), 1e9)
    law["pierce_spread"] = plan.bridge_charge() * plan.between("b.pierce", 0.02, 0.5, log=True)
    law["pierce_g"] = np.where(one_way, plan.conductance(), 0.0)
    rattles = plan.has("dynamic")
    law["rattle_hertz"] = np.where(rattles, plan.between("b.rattle", 1.0, 100.0, log=True), 0.0)
    law["rattle_chirp"] = plan.between("b.chirp", -0.05, 0.05)
    law["rattle_duty"] = plan.between("b.rattle_duty", 0.05, 0.8)
    law["rattle_gain"] = plan.between("b.rattle_gain", 0.0, 0.5) / plan.life


@strict
def _laplace(u: float) -> float:
    """Double-exponential number of unit variance from a uniform one."""
    c = u - 0.5
    return -math.copysign(math.log(max(1.0 - 2.0 * abs(c), 1e-12)), c) * 0.7071067811865476


@strict
def disturb_coloured(
    rows: np.ndarray,
    offsets: tuple[np.ndarray, np.ndarray],
    instruments: np.ndarray,
    areas: np.ndarray,
    keys: tuple[Any, np.ndarray],
) -> None:
    """Measure rows in place: heavy tails, wandering offset, rare spikes (law set "b")."""
    for i in range(instruments.size):
        one, cell, first = instruments[i], keys[1][i], offsets[0][i]
        wander, last = 0.0, 0.0
        for k in range(offsets[1][i]):
            row = rows[first + k]
            hours = row.time / 3600.0
            w0, w1, w2, w3 = words(keys[0], cell, NOISE, k)
            keep = math.exp(-(hours - last) / 6.0)
            u = to_uniform(w3)
            kick = _laplace(to_uniform(w1)) * 1.5 * one.noise
            wander = wander * keep + kick * math.sqrt(max(1.0 - keep * keep, 0.0))
            last = hours
            noise = 0.8 * one.noise * _laplace(to_uniform(w0)) + wander
            if u > 0.9995:
                noise += 20.0 * one.noise * _laplace(to_uniform(w2))
            row.voltage = quantise(np.float64(row.voltage) + systematic(one, hours) + noise, one)
            row.current += (
                one.current_offset + one.current_noise * _laplace(to_uniform(w2))
            ) / areas[i]
            row.temperature += round(one.temperature_noise * 10.0 * (u - 0.5)) / 2.0
            row.keep = 0 if is_lost(one, hours, u) else 1


def sampling(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return slow clocks that also write a row when the voltage moves."""
    interval = np.round(plan.between("b.interval", 60.0, 600.0, log=True))
    trigger = plan.current * plan.resistance * plan.between("b.trigger", 0.02, 0.2, log=True)
    return interval, np.maximum(trigger, 2e-3)


SET_B = LawSet("b", LAW_B, draw, disturb_coloured, sampling)
