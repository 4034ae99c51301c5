"""Archives as labs have them, with the truth beside them and never inside."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.record import Cell, Record
from softbreak.errors import SoftbreakError
from softbreak.simulate.chemistry import draw_cells
from softbreak.simulate.export import write_cell
from softbreak.simulate.faults import make_plan
from softbreak.simulate.paper import lgps, lpscl, lpscl_voltammetry, paper_cells
from softbreak.simulate.population import Recipe, blocks, make_block
from softbreak.simulate.records import block_records
from softbreak.simulate.specimen import Specimen, perform
from softbreak.simulate.streams import draw_uniform
from softbreak.simulate.techniques import technique_cells

STYLES: Final = ("bdf", "bdf-csv", "neware", "eclab")
SPOILED_STYLE: Final = "comma-csv"
"""Of cells whose recording is bad: their files are, too."""
PRESETS: Final = ("paper", "demo", "techniques", "population")
MANIFEST: Final = (
    "cell_id",
    "files",
    "configuration",
    "electrode",
    "electrolyte",
    "area_cm2",
    "electrolyte_thickness_um",
    "ionic_conductivity_s_per_cm",
    "lithium_thickness_um",
    "porosity",
    "temperature_celsius",
    "pressure_mpa",
    "notes",
)
Progress = Callable[[int, int], None]


class SimulationError(SoftbreakError, ValueError):
    """A simulation that cannot be run as asked."""


@dataclass(frozen=True)
class Made:
    """A cell that was simulated, ready to be written.

    Attributes
    ----------
    records : list of Record
    style : str
    truth, truth_cell : DataFrame
    """

    records: list[Record]
    style: str
    truth: pd.DataFrame
    truth_cell: pd.DataFrame


@dataclass(frozen=True)
class Written:
    """What a preset left on disk.

    Attributes
    ----------
    archive, truth : Path
    n_cells, n_cycles, n_files : int
    """

    archive: Path
    truth: Path
    n_cells: int
    n_cycles: int
    n_files: int


_DEMO: Final = (
    # style, chemistry, family, confounders that it has (and no others)
    ("bdf", "sulfide", "healthy", ()),
    ("neware", "garnet", "healthy", ("temperature_step",)),
    ("bdf-csv", "sulfide", "healthy", ("contact_improvement",)),
    ("eclab", "halide", "healthy", ("growth",)),
    ("bdf", "polymer", "healthy", ("temperature_swing",)),
    ("bdf", "lgps", "healthy", ("voids",)),
    ("neware", "sulfide", "telegraph", ()),
    ("eclab", "garnet", "hard", ()),
    ("bdf", "sodium", "recovery", ()),
)
_SEARCHED: Final = 20_000
DEMO_CYCLES: Final = 40


def _specimens(cells: tuple[Specimen, ...], seed: int) -> Iterator[Made]:
    for identity, specimen in enumerate(cells):
        one = perform(specimen, seed=seed, identity=identity)
        yield Made(one.records, specimen.style, one.truth, one.truth_cell)


def find(recipe: Recipe, family: str, confounders: tuple[str, ...], logged: bool) -> int:
    """Return the first identity whose plan is as wanted: cheap, nothing is run."""
    identities = np.arange(recipe.first, recipe.first + _SEARCHED)
    cells = draw_cells(recipe.chemistries[0], recipe.seed, identities)
    chemistry = np.full(identities.size, recipe.chemistries[0])
    plan = make_plan(
        cells, recipe.seed, identities, chemistry, cycles=recipe.cycles, faulty=recipe.faulty
    )
    good = (plan.family == family) & (plan.half_hours > 0.7) & (plan.half_hours < 1.3)
    if family != "healthy":
        good &= (plan.onset < 0.6 * plan.life) & (plan.target > 0.3) & (plan.target < 0.8)
    if logged:
        good &= plan.logged
    for name, has in plan.confounders.items():
        good &= has if name in confounders else ~has
    if not good.any():
        raise SimulationError(f"no {family} cell among {_SEARCHED:,} with seed {recipe.seed}")
    return int(identities[np.argmax(good)])


def _demo(seed: int) -> Iterator[Made]:
    yield from _specimens((lgps(), lpscl(), lpscl_voltammetry()), seed)
    for number, (style, chemistry, family, confounders) in enumerate(_DEMO):
        recipe = Recipe(
            1,
            seed,
            cycles=DEMO_CYCLES,
            every=20,
            interval=120.0,
            chemistries=(chemistry,),
            first=10**6 * number,
        )
        identity = find(recipe, family, confounders, "temperature_step" in confounders)
        block = make_block(recipe, np.array([identity]))
        name = f"{chemistry}-{number + 1:02d}"
        truth, cell = block.truth(), block.truth_cells()
        truth["cell_id"] = cell["cell_id"] = name
        records = [r.with_cell(replace(r.cell, cell_id=name)) for r in block_records(block, 0)]
        yield Made(records, style, truth, cell)


def _population(recipe: Recipe, workers: int) -> Iterator[Made]:
    for block in blocks(recipe, workers=workers):
        truth, cells = block.truth(), block.truth_cells()
        names = block.names()
        of_cell = dict(tuple(truth.groupby("cell_id", sort=False)))
        u = draw_uniform(recipe.seed, block.plan.identities, "style")
        for i, name in enumerate(names):
            style = STYLES[int(np.searchsorted([0.7, 0.8, 0.9], u[i]))]
            if block.plan.recording[i]:
                style = SPOILED_STYLE
            yield Made(block_records(block, i), style, of_cell[name], cells.iloc[[i]])


def write_preset(
    preset: str,
    out: Path,
    *,
    seed: int = 0,
    recipe: Recipe | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Written:
    """Write an archive of simulated cells, and their truth beside it.

    Parameters
    ----------
    preset : {"paper", "demo", "techniques", "population"}
    out : Path
        Receives ``archive/`` with ``cells.csv``, ``truth.parquet`` and ``truth_cells.parquet``.
    seed : int
    recipe : Recipe, optional
        Of a population; its seed counts.
    workers : int
        Threads for a population. Changes speed, never a number.
    progress : callable, optional
        Called with (cells done, cells in all).

    Returns
    -------
    Written

    Raises
    ------
    SimulationError
        If the preset is unknown or ``out`` already holds an archive.
    """
    if preset == "paper":
        made, total = _specimens(paper_cells(), seed), len(paper_cells())
    elif preset == "techniques":
        made, total = _specimens(technique_cells(), seed), len(technique_cells())
    elif preset == "demo":
        made, total = _demo(seed), 3 + len(_DEMO)
    elif preset == "population":
        recipe = recipe or Recipe(100, seed, every=20)
        made, total = _population(recipe, workers), recipe.count
    else:
        raise SimulationError(f"no preset {preset!r}; there are {', '.join(PRESETS)}")
    archive = out / "archive"
    if archive.exists() and any(archive.iterdir()):
        raise SimulationError(f"{archive} is not empty; choose another folder or remove it first")
    archive.mkdir(parents=True, exist_ok=True)
    written = _write(made, out, total, progress)
    if preset == "demo":
        _spoil(archive)
        written = replace(written, n_files=written.n_files + 1)
    return written


def _write(made: Iterator[Made], out: Path, total: int, progress: Progress | None) -> Written:
    import pyarrow as pa
    import pyarrow.parquet as pq

    archive, truth = out / "archive", out / "truth.parquet"
    n_cells = n_cycles = n_files = 0
    cells: list[pd.DataFrame] = []
    writer = None
    with (archive / "cells.csv").open("w", newline="", encoding="utf-8") as file:
        manifest = csv.DictWriter(file, MANIFEST)
        manifest.writeheader()
        for one in made:
            cell = one.records[0].cell
            files = write_cell(one.records, archive / cell.cell_id, one.style)
            manifest.writerow(_row(cell))
            table = pa.Table.from_pandas(one.truth, preserve_index=False)
            writer = writer or pq.ParquetWriter(truth, table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
            cells.append(one.truth_cell)
            n_cells, n_cycles, n_files = n_cells + 1, n_cycles + len(table), n_files + len(files)
            if progress:
                progress(n_cells, total)
    if writer is not None:
        writer.close()
    pd.concat(cells, ignore_index=True).to_parquet(out / "truth_cells.parquet", index=False)
    return Written(archive, truth, n_cells, n_cycles, n_files)


def _row(cell: Cell) -> dict[str, object]:
    row: dict[str, object] = {"cell_id": cell.cell_id, "files": f"{cell.cell_id}/*"}
    for name in MANIFEST[2:]:
        value = getattr(cell, name)
        row[name] = "" if value is None else f"{value:.6g}" if isinstance(value, float) else value
    return row


def _spoil(archive: Path) -> None:
    """Leave one file as archives have them: an interrupted copy that no reader can read."""
    folder = archive / "interrupted-copy"
    folder.mkdir(exist_ok=True)
    head = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\x00" * 4
    (folder / "01_GCPL.mpr").write_bytes(head + b"MODULEVMP Set   VMP settings")
