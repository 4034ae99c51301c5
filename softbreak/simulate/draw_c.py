"""Constants, noise and sampling of law set "c" for planned cells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softbreak.compiled import strict
from softbreak.simulate.faults import Plan
from softbreak.simulate.instrument import is_lost, quantise, systematic
from softbreak.simulate.laws import LawSet
from softbreak.simulate.laws_c import LAW_C, THIN, blank
from softbreak.simulate.streams import NOISE, normals


def draw(plan: Plan, cells: np.ndarray) -> np.ndarray:
    """Return hidden states of law set "c" that bring a plan about.

    Parameters
    ----------
    plan : Plan
    cells : ndarray of CELL

    Returns
    -------
    ndarray of LAW_C
    """
    law = blank(plan.identities.size)
    _interfaces(plan, cells, law)
    _paths(plan, law)
    _ends(plan, cells, law)
    return law


def _interfaces(plan: Plan, cells: np.ndarray, law: np.ndarray) -> None:
    improves = plan.confounders["contact_improvement"]
    law["c_start"] = np.where(
        improves, plan.between("c.start", 0.35, 0.8), plan.between("c.start", 0.9, 1.0)
    )
    gain = np.where(improves, plan.between("c.gain", 1.2, 2.5), 1.0)
    law["c_end"] = np.minimum(law["c_start"] * gain, 1.0)
    law["creep_time"] = plan.life * plan.between("c.creep", 0.02, 0.5, log=True)
    law["creep_stretch"] = plan.between("c.stretch", 0.4, 1.0)
    knocks = plan.confounders["pressure_jump"]
    law["knock_hour"] = np.where(knocks, plan.life * plan.between("c.knock_hour", 0.1, 0.9), 1e9)
    law["knock"] = plan.between("c.knock", 0.65, 1.4, log=True)
    capacity = plan.current * 1e3 * plan.half_hours
    voids = plan.confounders["voids"]
    law["hollow_gain"] = plan.between("c.hollow", 1.0, 1.2)
    law["hollow_scale"] = capacity * np.where(
        voids,
        plan.between("c.scale", 0.8, 4.0, log=True),
        plan.between("c.scale", 15.0, 80.0, log=True),
    )
    law["hollow_heal"] = 0.05 * capacity / plan.half_hours
    grows = plan.confounders["growth"] | (plan.chemistry == "lgps")
    gained = cells["interphase"] * np.where(
        grows, plan.between("c.layer", 0.2, 2.0), plan.between("c.layer", 0.0, 0.06)
    )
    wanted = 0.5 * plan.resistance * plan.target / (1.0 - plan.target)
    gained = np.where(plan.has("hidden"), wanted, gained) + 1e-9
    law["layer_slow"] = gained * plan.between("c.slow", 0.2, 2.0)
    law["layer_rate"] = gained * (1.0 + 0.5 * gained / law["layer_slow"]) / plan.life


def _paths(plan: Plan, law: np.ndarray) -> None:
    mixed = plan.has("mixed", "hidden")
    law["nuclei_order"] = plan.between("c.order", 1.0, 3.0)
    law["nuclei_quiet"] = plan.between("c.quiet", 0.05, 0.4)
    # the quiet share is passed at the planned onset
    law["nuclei_rate"] = (-np.log(1.0 - law["nuclei_quiet"])) ** (
        1.0 / law["nuclei_order"]
    ) / plan.onset
    law["nuclei_g"] = np.where(mixed, plan.conductance() * plan.between("c.full", 1.0, 2.0), 0.0)
    grow = plan.has("filament", "fuse", "telegraph", "recovery", "prelude")
    per_hour = plan.current * 1e3
    law["bridge_at"] = np.where(grow, plan.onset * per_hour, 1e9)
    law["dendrite_g"] = np.where(grow, plan.conductance(), 0.0)
    law["dendrite_grow"] = plan.life * per_hour * plan.between("c.grow", 0.005, 0.2, log=True)
    melts = _melting_power(plan)
    law["melt_power"] = np.where(plan.has("fuse"), melts, 1e9)
    law["regrow"] = plan.half_hours * per_hour * plan.between("c.regrow", 0.3, 6.0, log=True)
    flickers = plan.half_hours * plan.between("c.dwell", 0.03, 3.0, log=True)
    law["dwell"] = np.where(plan.has("telegraph"), flickers, 0.0)
    tunnels = plan.has("tunnel")
    law["seep_hour"] = plan.onset
    law["seep_g"] = np.where(tunnels, 0.65 * plan.conductance(), 0.0)
    law["seep_rise"] = plan.life * plan.between("c.seep", 0.01, 0.3, log=True)
    law["seep_volt"] = plan.current * plan.resistance / plan.between("c.bend", 0.4, 2.5)


def _melting_power(plan: Plan) -> np.ndarray:
    """Return a power that the dendrite reaches while it fills, W cm⁻²: P = j² g/(1/R + g)²."""

    def power(g: np.ndarray) -> np.ndarray:
        return plan.current**2 * g / (1.0 / plan.resistance + g) ** 2

    full = plan.conductance()
    thin = (1.0 - THIN) * full
    hottest = power(np.clip(1.0 / plan.resistance, thin, full))
    reached = power(thin) + (hottest - power(thin)) * plan.between("c.melt", 0.1, 0.9)
    # interfaces lift the voltage above the nominal one
    return reached * plan.between("c.stout", 1.0, 1.8)


def _ends(plan: Plan, cells: np.ndarray, law: np.ndarray) -> None:
    stays = plan.life * plan.between("c.stays", 0.05, 0.3)
    law["heal_hour"] = np.where(plan.has("recovery"), plan.onset + stays, 1e9)
    law["heal_time"] = plan.half_hours * plan.between("c.heal", 0.1, 8.0, log=True)
    law["ruin_hour"] = plan.hard_hour
    law["ruin_time"] = plan.half_hours * plan.between("c.ruin", 0.01, 1.0, log=True)
    law["ruin_g"] = 1.0 / (plan.between("c.hard", 0.25, 12.0, log=True) * cells["area"])


@strict
def disturb_correlated(
    rows: np.ndarray,
    offsets: tuple[np.ndarray, np.ndarray],
    instruments: np.ndarray,
    areas: np.ndarray,
    keys: tuple[Any, np.ndarray],
) -> None:
    """Measure rows in place: noise that remembers its last row, and a room's daily beat."""
    for i in range(instruments.size):
        one, cell, first = instruments[i], keys[1][i], offsets[0][i]
        memory = 0.0
        for k in range(offsets[1][i]):
            row = rows[first + k]
            hours = row.time / 3600.0
            a, b, u = normals(keys[0], cell, NOISE, k)
            memory = 0.7 * memory + 0.714 * a
            beat = 0.5 * one.noise * math.sin(0.2618 * hours)
            added = systematic(one, hours) + one.noise * memory + beat
            row.voltage = quantise(np.float64(row.voltage) + added, one)
            row.current += (one.current_offset + one.current_noise * b) / areas[i]
            row.temperature += one.temperature_noise * 3.46 * (u * 4096.0 % 1.0 - 0.5)
            row.keep = 0 if is_lost(one, hours, u) else 1


def sampling(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return clocks that write 24 to 150 rows a half-cycle, whatever its length."""
    rows = plan.between("c.rows", 24.0, 150.0, log=True)
    interval = np.maximum(np.round(plan.half_hours * 3600.0 / rows), 10.0)
    return interval, np.full(rows.size, 1e9)


SET_C = LawSet("c", LAW_C, draw, disturb_correlated, sampling)
