"""Programs of a population's cells: all at once, for a step at a time would be slow."""

from __future__ import annotations

import numpy as np

from softbreak.simulate.faults import Plan
from softbreak.simulate.laws import LawSet
from softbreak.simulate.protocols import (
    CONSTANT_CURRENT,
    REST,
    SPECTRUM,
    SPECTRUM_SECONDS,
    STEP,
    SWEEP,
)

SWEEP_POINTS = 40
LIMIT = 4.9
"""Voltage that ends a half-cycle (V): just inside the range of a 5 V channel."""


def _template(cycles: int, every: int) -> np.ndarray:
    """Return kinds, signs and cycle numbers of one life."""
    life: list[tuple[int, int, float]] = []
    for cycle in range(cycles):
        if every and cycle % every == 0:
            life += [(REST, -1, 0.0), (SWEEP, -1, 1.0), (SPECTRUM, -1, 1.0)]
        life += [
            (CONSTANT_CURRENT, cycle, 1.0),
            (REST, cycle, 0.0),
            (CONSTANT_CURRENT, cycle, -1.0),
            (REST, cycle, 0.0),
        ]
    out = np.zeros(len(life), STEP)
    out["kind"], out["cycle"], out["value"] = (np.array(c) for c in zip(*life, strict=True))
    return out


def programs(
    plan: Plan, cells: np.ndarray, laws: LawSet, *, every: int, interval: float
) -> np.ndarray:
    """Return the programs of planned cells.

    Parameters
    ----------
    plan : Plan
    cells : ndarray of CELL
    laws : LawSet
    every : int
        Cycles between voltammetry and impedance; 0 for neither.
    interval : float
        Seconds between rows; 0 for what the law set's cyclers do.

    Returns
    -------
    ndarray of STEP, shape (n_cells, n_steps)
        Steps of zero duration are skipped when they run.
    """
    template = _template(plan.cycles, every)
    steps = np.tile(template, (plan.identities.size, 1))
    kind = template["kind"]
    pause, trigger = laws.sampling(plan)
    steps["interval"] = interval or pause[:, None]
    steps["trigger"] = trigger[:, None] if not interval else 1e9
    steps["lower"] = -1e9
    steps["temperature"] = (
        cells["reference"] + np.where(cells["reference"] == 25.0, plan.between("room", -3, 5), 0.0)
    )[:, None]
    current = kind == CONSTANT_CURRENT
    steps["value"][:, current] *= plan.current[:, None]
    steps["duration"][:, current] = plan.half_hours[:, None] * 3600.0
    steps["limit"][:, current] = LIMIT
    _rests(plan, steps, template)
    _sweeps(plan, steps, kind == SWEEP)
    _one_way(plan, steps, template)
    steps["duration"][:, kind == SPECTRUM] = SPECTRUM_SECONDS
    _change_current(plan, steps, template)
    _count_points(steps)
    return steps


def _one_way(plan: Plan, steps: np.ndarray, template: np.ndarray) -> None:
    """One direction for life: no reversal, no rest, and no sweep, which would bring metal back."""
    cells = plan.protocol == "one-way"
    sign = np.where(plan.uniform("one_way.sign") < 0.5, -1.0, 1.0)
    current = template["kind"] == CONSTANT_CURRENT
    there = cells[:, None] & current[None, :]
    steps["value"] = np.where(there, sign[:, None] * np.abs(steps["value"]), steps["value"])
    rest_or_sweep = ((template["kind"] == REST) & (template["cycle"] >= 0)) | (
        template["kind"] == SWEEP
    )
    steps["duration"][cells[:, None] & rest_or_sweep[None, :]] = 0.0


def _rests(plan: Plan, steps: np.ndarray, template: np.ndarray) -> None:
    rests = np.where(plan.uniform("rests") < 0.3, plan.between("rest", 300.0, 1800.0), 0.0)
    before = plan.between("rest_before", 60.0, 7200.0, log=True)
    within = (template["kind"] == REST) & (template["cycle"] >= 0)
    steps["duration"][:, within] = np.round(rests)[:, None]
    steps["duration"][:, (template["kind"] == REST) & ~within] = np.round(before)[:, None]


def _sweeps(plan: Plan, steps: np.ndarray, sweep: np.ndarray) -> None:
    if not sweep.any():
        return
    rate = np.full((plan.identities.size, int(sweep.sum())), 0.2e-3)
    late = (
        np.arange(rate.shape[1])[None, :]
        >= (1 + plan.uniform("changed_at") * (rate.shape[1] - 1)).astype(int)[:, None]
    )
    rate = np.where(late & plan.confounders["rate_change"][:, None], 1e-3, rate)
    # no more charge than a half-cycle brings, so that the sweep itself is not the event
    charge = plan.current * plan.half_hours * 3600.0
    vertex = np.sqrt(charge * 0.2e-3 * plan.resistance) * plan.between("window", 0.4, 1.0)
    vertex = np.clip(vertex, 0.01, 0.5)[:, None] * np.ones_like(rate)
    wider = np.minimum(vertex * plan.between("wider", 2.0, 10.0)[:, None], 0.5)
    vertex = np.where(late & plan.confounders["window_change"][:, None], wider, vertex)
    steps["value"][:, sweep], steps["rate"][:, sweep] = vertex, rate
    steps["duration"][:, sweep] = 4.0 * vertex / rate
    steps["interval"][:, sweep] = 4.0 * vertex / rate / SWEEP_POINTS
    steps["trigger"][:, sweep] = 1e9


def _change_current(plan: Plan, steps: np.ndarray, template: np.ndarray) -> None:
    at = plan.cycles * plan.between("change_at", 0.2, 0.8)
    factor = plan.between("change_by", 0.4, 2.5, log=True)
    late = (template["cycle"][None, :] >= at[:, None]) & plan.confounders["current_change"][:, None]
    current = template["kind"] == CONSTANT_CURRENT
    steps["value"] *= np.where(late & current[None, :], factor[:, None], 1.0)


def _count_points(steps: np.ndarray) -> None:
    interval = np.where(steps["trigger"] > 1e8, steps["interval"], 10.0)
    points = np.ceil(steps["duration"] / interval).astype(int) + 2
    quiet = (steps["kind"] == SPECTRUM) | (steps["duration"] <= 0.0)
    steps["points"] = np.where(quiet, 0, points)
