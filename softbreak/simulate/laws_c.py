"""Law set "c": a second world with published truth, for entries of the benchmark to tune on.

Contact creeps by a stretched exponential, voids fill and empty linearly and cover area by a
saturating law, the interphase grows linearly before it grows with the root of time, a mixed
conductor nucleates (Avrami) and conducts in proportion, one dendrite bridges when enough charge
has passed, saturates, melts by its power and flickers with two-step dwells, and a hard breakdown
ramps up linearly.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from softbreak.simulate.cell import LOWEST_CONTACT, SECONDS_PER_HOUR, arrhenius
from softbreak.simulate.laws import register
from softbreak.simulate.streams import EVENTS, TELEGRAPH, uniform

WARMTH = 0.0041
"""Relative resistance of the metal per kelvin."""

THIN = 0.7
"""Share of its conductance that a dendrite lacks when it has just bridged."""

LAW_C = np.dtype(
    [
        ("c_start", "f8"),  # share of each interface that touches at first, without voids
        ("c_end", "f8"),
        ("creep_time", "f8"),  # h
        ("creep_stretch", "f8"),
        ("knock_hour", "f8"),  # h at which the stack is knocked
        ("knock", "f8"),  # factor on the contact from then on
        ("hollow", "f8", (2,)),  # mAh/cm² that are missing at each interface
        ("hollow_gain", "f8"),
        ("hollow_scale", "f8"),  # mAh/cm²
        ("hollow_heal", "f8"),  # mAh/cm² per h
        ("layer_rate", "f8"),  # Ω cm²/h at first
        ("layer_slow", "f8"),  # Ω cm² from which on diffusion limits it
        ("layer_energy", "f8"),  # eV
        ("nuclei_rate", "f8"),  # 1/h
        ("nuclei_order", "f8"),
        ("nuclei_hour", "f8"),  # h of warmth-weighted time
        ("nuclei_quiet", "f8"),  # share below which nothing percolates
        ("nuclei_g", "f8"),  # S/cm² when all has reacted
        ("passed", "f8"),  # mAh/cm² since the cell was made
        ("bridge_at", "f8"),  # mAh/cm²
        ("dendrite_g", "f8"),  # S/cm² at the end
        ("dendrite_grow", "f8"),  # mAh/cm² over which it gets there
        ("melt_power", "f8"),  # W/cm² above which it melts
        ("regrow", "f8"),  # mAh/cm² until it is back
        ("open", "i8"),
        ("stage", "i8"),
        ("change_hour", "f8"),
        ("dwell", "f8"),  # h; 0 for a steady dendrite
        ("seep_hour", "f8"),
        ("seep_g", "f8"),  # S/cm² at low voltage
        ("seep_rise", "f8"),  # h
        ("seep_volt", "f8"),
        ("heal_hour", "f8"),
        ("heal_time", "f8"),  # h over which all paths go
        ("healed", "f8"),
        ("ruin_hour", "f8"),
        ("ruin_time", "f8"),  # h
        ("ruin_g", "f8"),  # S/cm²
        ("drawn", "i8"),
    ],
    align=True,
)


@nb.njit
def _draw(law: Any, keys: tuple[int, int], purpose: int) -> float:
    law.drawn += 1
    return uniform(keys[0], keys[1], purpose, law.drawn)


@nb.njit
def _touching(state: Any, law: Any) -> float:
    left = math.exp(-((max(state.hours, 0.0) / law.creep_time) ** law.creep_stretch))
    share = law.c_end + (law.c_start - law.c_end) * left
    return min(share * law.knock, 1.0) if state.hours >= law.knock_hour else share


@nb.njit
def _interfaces(cell: Any, state: Any, law: Any, x: float, hours: float) -> None:
    touching = _touching(state, law)
    heat = 1.0 / arrhenius(law.layer_energy, state.temperature, cell.reference)
    for side in range(2):
        stripped = (x if side == 0 else -x) * 1e3 * hours
        v = law.hollow[side] + (law.hollow_gain * stripped if stripped > 0.0 else stripped)
        law.hollow[side] = max(v - law.hollow_heal * hours, 0.0)
        covered = law.hollow[side] / (law.hollow[side] + law.hollow_scale)
        state.f[side] = max(touching * (1.0 - covered), LOWEST_CONTACT)
        grown = max(state.interphase[side] - cell.interphase, 0.0)
        state.interphase[side] += law.layer_rate * heat * hours / (1.0 + grown / law.layer_slow)


@nb.njit
def _flicker(state: Any, law: Any, keys: tuple[int, int]) -> None:
    if law.dwell <= 0.0 or state.hours < law.change_hour:
        return
    law.stage += 1
    if law.stage % 2 == 0:  # two steps of chance before it opens or closes
        law.open = 1 - law.open
    law.change_hour = state.hours - 0.5 * law.dwell * math.log(_draw(law, keys, TELEGRAPH))


@nb.njit
def _dendrite(state: Any, law: Any, v: float, keys: tuple[int, int]) -> None:
    if law.dendrite_g <= 0.0 or law.passed < law.bridge_at:
        return
    # by what carried during this step: the moment it bridges, v is still that of before
    if v * v * min(_carried(law), state.g) > law.melt_power:
        law.bridge_at = law.passed + law.regrow * (0.5 + _draw(law, keys, EVENTS))
    else:
        _flicker(state, law, keys)


@nb.njit
def _carried(law: Any) -> float:
    """Conductance of the dendrite (S/cm²)."""
    if law.open or law.passed < law.bridge_at:
        return 0.0
    since = (law.passed - law.bridge_at) / law.dendrite_grow
    return law.dendrite_g * (1.0 - THIN * math.exp(-since))


def _install(cell: Any, state: Any, law: Any) -> None:  # noqa: ARG001 (all sets share it)
    for side in range(2):
        state.f[side] = max(law.c_start, LOWEST_CONTACT)


def _conduct(cell: Any, state: Any, law: Any) -> None:
    metal = _carried(law)
    if state.hours >= law.ruin_hour:
        metal += law.ruin_g * min((state.hours - law.ruin_hour) / law.ruin_time, 1.0)
    g = metal / (1.0 + WARMTH * (state.temperature - cell.reference))
    if law.nuclei_g > 0.0:
        reacted = 1.0 - math.exp(-((law.nuclei_rate * law.nuclei_hour) ** law.nuclei_order))
        g += law.nuclei_g * max(reacted - law.nuclei_quiet, 0.0) / (1.0 - law.nuclei_quiet)
    state.g = g * law.healed
    state.g_tunnel, state.v_tunnel = 0.0, law.seep_volt
    since = state.hours - law.seep_hour
    if law.seep_g > 0.0 and since > 0.0:
        state.g_tunnel = law.healed * law.seep_g * min(since / law.seep_rise, 1.0) ** 1.5


def _advance(
    cell: Any, state: Any, law: Any, flow: tuple[float, float, float], keys: tuple[int, int]
) -> None:
    x, v, seconds = flow
    hours = seconds / SECONDS_PER_HOUR
    _interfaces(cell, state, law, x, hours)
    law.nuclei_hour += hours / arrhenius(0.45, state.temperature, cell.reference)
    law.passed += abs(x) * 1e3 * hours
    _dendrite(state, law, v, keys)
    if state.hours >= law.heal_hour:
        law.healed = max(law.healed - hours / law.heal_time, 0.0)


register("c_start", _install, _conduct, _advance)


def blank(count: int) -> np.ndarray:
    """Return hidden states of cells that nothing happens to.

    Parameters
    ----------
    count : int

    Returns
    -------
    ndarray of LAW_C, shape (count,)
    """
    law = np.zeros(count, LAW_C)
    for name in ("c_start", "c_end", "creep_time", "creep_stretch", "knock", "hollow_scale"):
        law[name] = 1.0
    for name in ("layer_slow", "nuclei_order", "dendrite_grow", "regrow", "seep_rise"):
        law[name] = 1.0
    for name in ("seep_volt", "heal_time", "healed", "ruin_time"):
        law[name] = 1.0
    law["layer_energy"] = 0.5
    for name in ("knock_hour", "bridge_at", "melt_power", "seep_hour", "heal_hour", "ruin_hour"):
        law[name] = 1e9
    return law
