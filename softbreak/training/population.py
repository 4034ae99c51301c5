"""Populations to learn from and to be judged on: simulated, varied widely, built block by block.

A population is a folder of Parquet: ``truth`` (one row a cycle: what is true, and which cell,
family, chemistry, law set and confounders it belongs to), the gathered evidence (see
:mod:`softbreak.training.evidence_tables`), where asked for with the shapes of the half-cycles.
Equal recipes give equal rows, on any number of workers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory, assemble
from softbreak.errors import SoftbreakError
from softbreak.features.evidence.cell_evidence import CellEvidence, gather
from softbreak.models.rules.impedance import ImpedanceReading, read_spectra
from softbreak.simulate.faults import CONFOUNDERS
from softbreak.simulate.guard import require_training
from softbreak.simulate.population import Block, make_block
from softbreak.simulate.records import block_records, describe
from softbreak.training.cyclers import draw_clocks, rewritten
from softbreak.training.evidence_drop import KINDS, left, without_evidence
from softbreak.training.evidence_tables import Gathered, from_tables, to_tables
from softbreak.training.processes import in_processes
from softbreak.training.recipes import FORMAT, PopulationRecipe, recipe_from_json

SPLIT_KEYS: Final = (
    "cell_id",
    "family",
    "chemistry",
    "laws",
    "protocol",
    "recording",
    *CONFOUNDERS,
)
"""What splits go by; none of it is ever a model's input."""
MASKS: Final = tuple(f"has_{kind}" for kind in KINDS)
"""Which evidence a cell has left: bool, one a cell."""

Maker = Callable[[CellEvidence, tuple[ImpedanceReading, ...]], pd.DataFrame]
"""Features of a cell: one row a cycle of its timeline."""


def make_cells(recipe: PopulationRecipe, number: int) -> Iterator[tuple[CellHistory, pd.DataFrame]]:
    """Yield the cells of one block as detectors may see them, with the truth of their cycles.

    Parameters
    ----------
    recipe : PopulationRecipe
    number : int
        Of the block.

    Yields
    ------
    history : CellHistory
    truth : DataFrame
        See :meth:`softbreak.simulate.population.Block.truth`, and one of ``MASKS`` each.
    """
    own = recipe.block_recipe(number)
    identities = np.arange(own.first, own.first + own.count, dtype=np.int64)
    block = make_block(own, identities)
    keeps = left(recipe.kept, recipe.seed, identities)
    clocks = draw_clocks(recipe.seed, identities, block.plan.half_hours, recipe.thinned)
    truths = _truths(block)
    for k in range(identities.size):
        mine = {kind: bool(keeps[kind][k]) for kind in KINDS}
        records = rewritten(block_records(block, k), clocks[k])
        cell, records = without_evidence(describe(block, k), records, mine)
        yield assemble(cell, records), truths[k]


def _truths(block: Block) -> list[pd.DataFrame]:
    table = block.truth()
    by_name = dict(iter(table.groupby("cell_id", sort=False)))
    empty = table.iloc[:0]
    return [by_name.get(name, empty).reset_index(drop=True) for name in block.names()]


def masks_of(evidence: CellEvidence) -> dict[str, bool]:
    """Return which evidence a cell really has: by the names of ``MASKS``."""
    cell = evidence.cell
    return {
        "has_voltammetry": len(evidence.sweeps) > 0,
        "has_impedance": len(evidence.spectra) > 0,
        "has_temperature": evidence.temperature_logged,
        "has_electrolyte": cell.electrolyte_thickness_um is not None
        and cell.ionic_conductivity_s_per_cm is not None,
        "has_area": cell.area_cm2 is not None,
    }


def label_cycles(cycles: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the truth of a cell's measured cycles.

    A cycler that loses rows loses cycles, so that the n-th cycle that it saw need not be the
    n-th that was. Each measured cycle is given the true one with which it shares the most time.

    Parameters
    ----------
    cycles : DataFrame
        ``cycle_index, start_time_second, end_time_second`` as measured.
    truth : DataFrame
        Of one cell.

    Returns
    -------
    DataFrame
        One row a measured cycle, its times and number as measured; cycles that share no time with
        any true one are left out.
    """
    begin, end = cycles["start_time_second"].to_numpy(), cycles["end_time_second"].to_numpy()
    true_begin = truth["start_time_second"].to_numpy()
    true_end = truth["end_time_second"].to_numpy()
    if not len(begin) or not len(true_begin):
        return truth.iloc[:0].reset_index(drop=True)
    shared = np.minimum(end[:, None], true_end) - np.maximum(begin[:, None], true_begin)
    best = shared.argmax(axis=1)
    kept = shared[np.arange(len(best)), best] > 0.0
    found = truth.iloc[best[kept]].reset_index(drop=True)
    for name in ("cycle_index", "start_time_second", "end_time_second"):
        found[name] = cycles[name].to_numpy()[kept].astype(found[name].dtype)
    return found


def make_tables(recipe: PopulationRecipe, number: int) -> dict[str, pd.DataFrame]:
    """Return everything that is stored of one block, by the name of its table.

    Parameters
    ----------
    recipe : PopulationRecipe
    number : int
    """
    cells, truths = [], []
    for history, truth in make_cells(recipe, number):
        evidence = gather(history, waveforms=recipe.waveforms)
        cells.append(Gathered(evidence, tuple(read_spectra(evidence))))
        labelled = label_cycles(evidence.timeline.cycles, truth)
        truths.append(labelled.assign(**masks_of(evidence)))
    return {"truth": pd.concat(truths, ignore_index=True), **to_tables(cells)}


def build(
    recipe: PopulationRecipe,
    folder: Path,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Population:
    """Make a population, or finish one that was begun.

    Parameters
    ----------
    recipe : PopulationRecipe
    folder : Path
        Blocks that lie there already are kept.
    workers : int
        Processes. Changes speed, never a row.
    progress : callable
        Told (blocks done, blocks in all).

    Raises
    ------
    SoftbreakError
        If another population lies there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = json.dumps(recipe.as_json(), indent=2, sort_keys=True)
    stated = folder / "recipe.json"
    if stated.exists() and stated.read_text(encoding="utf-8") != told:
        raise SoftbreakError(
            f"{folder} holds a population of another recipe; give an empty folder, or delete it"
        )
    stated.write_text(told, encoding="utf-8")
    wanted = [k for k in range(recipe.blocks) if not _part(folder, "truth", k).exists()]
    done = recipe.blocks - len(wanted)
    for _ in in_processes(_make_block, [(recipe, k, folder) for k in wanted], workers):
        done += 1
        progress(done, recipe.blocks)
    return Population(folder, recipe)


def _part(folder: Path, table: str, number: int) -> Path:
    return folder / table / f"part-{number:05d}.parquet"


def _make_block(recipe: PopulationRecipe, number: int, folder: Path) -> int:
    tables = make_tables(recipe, number)
    # the truth comes last: where it lies, the block is whole
    for name in sorted(tables, key=lambda name: name == "truth"):
        path = _part(folder, name, number)
        path.parent.mkdir(exist_ok=True)
        half = path.with_suffix(".part")
        tables[name].to_parquet(half, index=False, compression="zstd")
        half.replace(path)
    return number


@dataclass(frozen=True, slots=True)
class Population:
    """A population on disk.

    Attributes
    ----------
    folder : Path
    recipe : PopulationRecipe
    """

    folder: Path
    recipe: PopulationRecipe

    def _read(self, table: str, number: int) -> pd.DataFrame:
        return pd.read_parquet(_part(self.folder, table, number))

    def truth(self) -> pd.DataFrame:
        """Return one row a measured cycle: truth, split keys, masks."""
        parts = [self._read("truth", k) for k in range(self.recipe.blocks)]
        return pd.concat(parts, ignore_index=True)

    def training_truth(self) -> pd.DataFrame:
        """Return the truth, if a detector may learn from it.

        Raises
        ------
        JudgingDataError
            If the cells obey the laws that only judge.
        """
        return require_training(self.truth())

    def cells(self) -> Iterator[Gathered]:
        """Yield the gathered evidence of every cell, in order."""
        for k in range(self.recipe.blocks):
            yield from self.block_cells(k)

    def block_cells(self, number: int) -> Iterator[Gathered]:
        """Yield the gathered evidence of the cells of one block."""
        names = [p.name for p in sorted(self.folder.iterdir()) if p.is_dir()]
        stored = [name for name in names if name != "truth"]
        yield from from_tables({name: self._read(name, number) for name in stored})

    def features(self, maker: Maker, *, workers: int = 1) -> pd.DataFrame:
        """Return the features of every cycle, row by row beside :meth:`truth`.

        Parameters
        ----------
        maker : callable
            A module's function ``(evidence, readings) -> DataFrame``, one row a cycle of the
            timeline.
        workers : int
        """
        jobs = [(self, k, maker) for k in range(self.recipe.blocks)]
        return pd.concat(list(in_processes(_block_features, jobs, workers)), ignore_index=True)


def _block_features(population: Population, number: int, maker: Maker) -> pd.DataFrame:
    truth = population._read("truth", number)
    wanted = {name: part["cycle_index"] for name, part in truth.groupby("cell_id", sort=False)}
    found = []
    for one in population.block_cells(number):
        if one.cell_id not in wanted:
            continue
        table = maker(one.evidence, one.readings)
        index = one.evidence.timeline.cycles["cycle_index"].to_numpy(dtype=np.int64)
        rows = np.searchsorted(index, wanted[one.cell_id].to_numpy())
        found.append(table.iloc[rows])
    return pd.concat(found, ignore_index=True)


def open_population(folder: Path) -> Population:
    """Return a population that :func:`build` wrote.

    Raises
    ------
    SoftbreakError
        If there is none, or it is not whole.
    """
    stated = folder / "recipe.json"
    if not stated.exists():
        raise SoftbreakError(f"{folder} holds no population (no recipe.json)")
    try:
        told = json.loads(stated.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise SoftbreakError(f"{stated} is no JSON: {error}") from error
    if not isinstance(told, dict) or told.pop("format", None) != FORMAT:
        raise SoftbreakError(f"{folder} was written by another version of softbreak; make it anew")
    recipe = recipe_from_json(told)
    missing = [k for k in range(recipe.blocks) if not _part(folder, "truth", k).exists()]
    if missing:
        raise SoftbreakError(
            f"{folder} lacks {len(missing)} of {recipe.blocks} blocks; build it again to go on"
        )
    return Population(folder, recipe)
