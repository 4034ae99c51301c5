"""Populations of random cells, streamed in blocks: memory does not grow with their number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from softbreak.simulate.cell import CELL
from softbreak.simulate.chemistry import CHEMISTRIES, draw_cells
from softbreak.simulate.engine import CLIMATE, Run, keys_of, run
from softbreak.simulate.faults import CONFOUNDERS, Plan, confounded, make_plan
from softbreak.simulate.guard import law_set
from softbreak.simulate.instrument import disturb_spectra, draw_instruments
from softbreak.simulate.laws import LawSet
from softbreak.simulate.protocols import (
    CONSTANT_CURRENT,
    REST,
    SPECTRUM,
    SPECTRUM_SECONDS,
    STEP,
    SWEEP,
)
from softbreak.simulate.truth import onset_seconds, per_cycle
from softbreak.simulate.unusual import choose_chemistries, made_unusual

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


FREQUENCIES: Final = np.logspace(6.0, -2.0, 31)
"""Of routine spectra (Hz)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a population is: two equal recipes make the same cells, bit for bit.

    Attributes
    ----------
    count : int
        Cells.
    seed : int
    laws : {"a", "b", "c"}
        Set "b" is for judging only; "c" is published with the benchmark.
    purpose : {"train", "judge"}
    cycles : int
        Of each cell.
    faulty : float
        Share of cells that break down.
    chemistries : tuple of str
    every : int
        Cycles between voltammetry and impedance; 0 for neither.
    interval : float
        Seconds between rows; 0 for what the law set's cyclers do.
    first : int
        Identity of the first cell: recipes that differ in it continue each other.
    block : int
        Cells that are run at once. Changes memory and speed, never a number.
    confounding : float
        Factor on the prevalence of every confounder.
    unusual : float
        Factor on the shares of liquids and further metals, one-way plating, shorts of the first
        moment or of 1 to 100 Hz, and bad recordings; 0 for none of them. Not for set "c".
    """

    count: int
    seed: int = 0
    laws: str = "a"
    purpose: str = "train"
    cycles: int = 80
    faulty: float = 0.5
    chemistries: tuple[str, ...] = CHEMISTRIES
    every: int = 5
    interval: float = 0.0
    first: int = 0
    block: int = 256
    confounding: float = 1.0
    unusual: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what would break the wall between training and judging."""
        law_set(self.laws, self.purpose)
        if self.unusual > 0.0 and self.laws == "c":
            raise ValueError("law set 'c' is as it was published: it knows nothing unusual")


@dataclass(frozen=True)
class Block:
    """Some cells of a population: what they are, what was measured, what is true.

    Attributes
    ----------
    plan : Plan
    cells : ndarray of CELL
    instruments : ndarray of INSTRUMENT
    run : Run
        Its rows and spectra are as the instrument saw them; η and ``done`` are true.
    recipe : Recipe
    """

    plan: Plan
    cells: np.ndarray
    instruments: np.ndarray
    run: Run
    recipe: Recipe

    def names(self) -> np.ndarray:
        """Return identities as they stand in tables: "a0-000017"."""
        prefix = f"{self.recipe.laws}{self.recipe.seed}"
        return np.array([f"{prefix}-{i:06d}" for i in self.plan.identities])

    def truth(self) -> pd.DataFrame:
        """Return the truth of every cycle; see :func:`softbreak.simulate.truth.per_cycle`.

        Further columns: ``cell_id, family, chemistry, laws``, one of bool for each confounder.
        """
        table = per_cycle(self.run, self.cells["area"])
        cell = table.pop("cell").to_numpy()
        table.insert(0, "cell_id", self.names()[cell])
        table["family"], table["chemistry"] = self.plan.family[cell], self.plan.chemistry[cell]
        table["laws"] = self.recipe.laws
        table["protocol"] = self.plan.protocol[cell]
        table["recording"] = self.plan.recording[cell]
        for name in CONFOUNDERS:
            table[name] = self.plan.confounders[name][cell]
        return table

    def truth_cells(self) -> pd.DataFrame:
        """Return one row a cell: identity, family, onset, current, confounders."""
        table = pd.DataFrame(
            {
                "cell_id": self.names(),
                "family": self.plan.family,
                "chemistry": self.plan.chemistry,
                "laws": self.recipe.laws,
                "onset_time_second": onset_seconds(self.run),
                "current_ampere": self.plan.current * self.cells["area"],
                "half_cycle_hour": self.plan.half_hours,
                "area_cm2": self.cells["area"],
                "temperature_logged": self.plan.logged,
                "protocol": self.plan.protocol,
                "recording": self.plan.recording,
            }
        )
        for name in CONFOUNDERS:
            table[name] = self.plan.confounders[name]
        return table


def make_block(recipe: Recipe, identities: np.ndarray) -> Block:
    """Return the cells with the given identities.

    Parameters
    ----------
    recipe : Recipe
    identities : ndarray of int64
        In any order and number; each cell comes out the same.
    """
    laws = law_set(recipe.laws, recipe.purpose)
    seed = recipe.seed
    chemistry = choose_chemistries(seed, identities, recipe.chemistries, recipe.unusual)
    cells = np.zeros(identities.size, CELL)
    for name in np.unique(chemistry):
        mine = chemistry == name
        cells[mine] = draw_cells(name, seed, identities[mine])
    plan = make_plan(cells, seed, identities, chemistry, cycles=recipe.cycles, faulty=recipe.faulty)
    plan = made_unusual(confounded(plan, recipe.confounding), recipe.unusual)
    done = run(
        (cells, laws.draw(plan, cells), _climates(plan)),
        list(programs(plan, cells, laws, every=recipe.every, interval=recipe.interval)),
        identities=identities,
        seed=seed,
        frequency=FREQUENCIES,
    )
    instruments = draw_instruments(plan, cells["area"])
    _measure(done, plan, (cells["area"], instruments), laws.disturb)
    return Block(plan, cells, instruments, done, recipe)


def _climates(plan: Plan) -> np.ndarray:
    out = np.zeros(plan.identities.size, CLIMATE)
    out["swing"] = np.where(
        plan.confounders["temperature_swing"],
        plan.between("swing", 0.5, 3.0),
        plan.between("swing", 0.0, 0.2),
    )
    out["phase"] = plan.between("phase", 0.0, 2.0 * np.pi)
    steps = plan.confounders["temperature_step"]
    out["step_hour"] = np.where(steps, plan.life * plan.between("step_hour", 0.1, 0.9), 1e9)
    sign = np.where(plan.uniform("step_sign") < 0.5, -1.0, 1.0)
    out["step"] = sign * plan.between("step_size", 4.0, 25.0)
    # a coin cell in moved air follows within minutes, one in a steel press within half an hour
    out["lag"] = plan.between("step_lag", 180.0, 1200.0, log=True)
    return out


def _measure(
    done: Run, plan: Plan, with_: tuple[np.ndarray, np.ndarray], disturb: Callable[..., None]
) -> None:
    areas, instruments = with_
    keys = keys_of(plan.seed, plan.identities)
    places = (done.row_offset, done.row_count)
    disturb(done.rows, places, instruments, areas, keys)
    owner = np.repeat(np.arange(areas.size), np.diff(done.step_offset))
    disturb_spectra(done.spectra, owner[done.steps["kind"] == SPECTRUM], instruments, keys)


def blocks(recipe: Recipe, *, workers: int = 1) -> Iterator[Block]:
    """Yield a population, block by block, in order.

    Parameters
    ----------
    recipe : Recipe
    workers : int
        Threads (the kernels release the interpreter). Changes speed, never a number.

    Yields
    ------
    Block
    """
    last = recipe.first + recipe.count
    starts = iter(range(recipe.first, last, recipe.block))
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Block]] = deque()

        def submit() -> None:
            for start in starts:
                identities = np.arange(start, min(start + recipe.block, last), dtype=np.int64)
                waiting.append(pool.submit(make_block, recipe, identities))
                return

        for _ in range(workers + 1):
            submit()
        while waiting:
            block = waiting.popleft().result()
            submit()
            yield block
