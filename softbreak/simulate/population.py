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
from softbreak.simulate.protocols import SPECTRUM
from softbreak.simulate.schedule import programs
from softbreak.simulate.truth import onset_seconds, per_cycle
from softbreak.simulate.unusual import choose_chemistries, made_unusual

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
