"""The cells of a set, one by one: records, truth, and how its files are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from softbreak.bench.editions import Edition, LawPart, Level, seed_of
from softbreak.bench.files import CUT, dialects_of, spoiled
from softbreak.data.record import Cell, Record
from softbreak.simulate.population import Block, Recipe, make_block
from softbreak.simulate.records import block_records, describe
from softbreak.simulate.streams import draw_uniform
from softbreak.training.cyclers import draw_clocks, rewritten

_DRAWS = ("frozen", "frozen_at", "split", "split_at", "cut")


@dataclass(frozen=True, slots=True, eq=False)
class BenchCell:
    """One cell of a set.

    Attributes
    ----------
    name : str
        Tells nothing: a number in an order of chance.
    about : Cell
        What the manifest says.
    records : list of Record
    dialect : str
    cut : bool
    truth : DataFrame
        One row a cycle; see :func:`truth_columns`.
    """

    name: str
    about: Cell
    records: list[Record]
    dialect: str
    cut: bool
    truth: pd.DataFrame


def names_of(edition: Edition, part: LawPart) -> dict[tuple[int, int], str]:
    """Return the name of each cell by (level, position): numbers in an order of chance."""
    places = [
        (k, i) for k, (_, recipe) in enumerate(edition.recipes(part)) for i in range(recipe.count)
    ]
    order = np.random.default_rng(seed_of(part)).permutation(len(places))
    return {places[int(at)]: f"cell-{n:04d}" for n, at in enumerate(order, start=1)}


def cells_of(edition: Edition, part: LawPart) -> Iterator[BenchCell]:
    """Yield the cells of a set, in no order that tells anything to who sees only names.

    Parameters
    ----------
    edition : Edition
    part : LawPart
    """
    names = names_of(edition, part)
    for number, (level, recipe) in enumerate(edition.recipes(part)):
        for start in range(0, recipe.count, recipe.block):
            inside = range(start, min(start + recipe.block, recipe.count))
            block = make_block(recipe, recipe.first + np.array(inside, dtype=np.int64))
            made = [names[number, i] for i in inside]
            yield from _cells(block, recipe, level, made)


def _cells(block: Block, recipe: Recipe, level: Level, names: list[str]) -> Iterator[BenchCell]:
    identities = block.plan.identities
    clocks = draw_clocks(recipe.seed, identities, block.plan.half_hours, level.thinned)
    dialects = dialects_of(recipe.seed, identities)
    draws = {one: draw_uniform(recipe.seed, identities, f"bench.{one}") for one in _DRAWS}
    truth = dict(iter(block.truth().groupby("cell_id", sort=False)))
    for k, name in enumerate(names):
        about = replace(describe(block, k), cell_id=name)
        own = {one: float(values[k]) for one, values in draws.items()}
        records = [r.with_cell(about) for r in rewritten(block_records(block, k), clocks[k])]
        known = truth[str(block.names()[k])].reset_index(drop=True)
        yield BenchCell(
            name,
            about,
            spoiled(records, own),
            dialects[k],
            own["cut"] < CUT,
            truth_columns(known, name, level),
        )


def truth_columns(truth: pd.DataFrame, name: str, level: Level) -> pd.DataFrame:
    """Return a cell's truth as it is published.

    Parameters
    ----------
    truth : DataFrame
        See :meth:`softbreak.simulate.population.Block.truth`.
    name : str
    level : Level

    Returns
    -------
    DataFrame
        ``cell_id, cycle_index`` (from 1, as in the files), ``start_time_second,
        end_time_second, state_true, eta, transient_short, family, chemistry, laws, level`` and a
        column of bool for each confounder.
    """
    out = truth.rename(columns={"state": "state_true"})
    out = out.assign(cell_id=name, cycle_index=out["cycle_index"] + 1, level=level.name)
    first = ["cell_id", "cycle_index", "start_time_second", "end_time_second", "state_true", "eta"]
    dropped = (
        "eta_max", "eta_min", "eta_small_signal", "occupancy", "short_events", "ever_short",
        "areal_capacity_mah_per_cm2", "current_ampere", "protocol", "recording",
    )  # fmt: skip
    rest = [c for c in out.columns if c not in first and c not in dropped]
    return out[first + rest]
