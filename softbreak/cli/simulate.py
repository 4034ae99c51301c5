"""``softbreak simulate``: cells whose truth is known."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from softbreak.cli.console import FAILED, Json, Quiet, Verbose, print_json, progress_bar, say, speak

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Preset(StrEnum):
    """What is simulated."""

    PAPER = "paper"
    DEMO = "demo"
    TECHNIQUES = "techniques"
    POPULATION = "population"


class Laws(StrEnum):
    """By which laws cells age and break."""

    A = "a"
    B = "b"


@app.command(
    epilog="Example: softbreak simulate --preset demo --seed 1 --out demo-cells    "
    "softbreak simulate --preset population --cells 500 --out cells"
)
def simulate(
    out: Annotated[Path, typer.Option("--out", "-o", help="Receives archive/ and the truth.")],
    preset: Annotated[
        Preset,
        typer.Option(
            help="paper: its cells; demo: a small mixed archive; techniques: one cell a "
            "protocol; population: random cells."
        ),
    ] = Preset.DEMO,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds make equal cells.")] = 0,
    cells: Annotated[int, typer.Option(min=1, help="How many, of a population.")] = 100,
    cycles: Annotated[int, typer.Option(min=1, help="Of each cell of a population.")] = 80,
    laws: Annotated[
        Laws, typer.Option(help="Of a population; b is for judging only, never for training.")
    ] = Laws.A,
    unusual: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=2.0,
            help="Of a population, 1 for the usual share: liquids and further metals, one-way "
            "plating, shorts of the first moment or of 1 to 100 Hz, bad recordings.",
        ),
    ] = 0.0,
    workers: Annotated[int, typer.Option(min=1, help="Threads, for a population.")] = 1,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Make cells with known truth: files as labs have them, and the truth beside them.

    OUT/archive holds the files and cells.csv, OUT/truth.parquet one row a cycle (electronic
    fraction, state), OUT/truth_cells.parquet one row a cell. Exit code: 0 done; 2 could not run.
    """
    from softbreak.errors import SoftbreakError
    from softbreak.simulate.population import Recipe
    from softbreak.simulate.presets import write_preset

    speak(quiet, verbose)
    purpose = "judge" if laws is Laws.B else "train"
    recipe = Recipe(
        cells,
        seed,
        laws=laws.value,
        purpose=purpose,
        cycles=cycles,
        every=20,
        unusual=unusual,
    )
    with progress_bar(quiet) as bar:
        task = bar.add_task("cells", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        try:
            written = write_preset(
                preset.value, out, seed=seed, recipe=recipe, workers=workers, progress=progress
            )
        except SoftbreakError as error:
            say(f"softbreak: {error}", err=True)
            raise typer.Exit(FAILED) from error
    if as_json:
        print_json(
            {
                "archive": str(written.archive),
                "truth": str(written.truth),
                "cells": written.n_cells,
                "cycles": written.n_cycles,
                "files": written.n_files,
            }
        )
    elif not quiet:
        say(
            f"{written.n_cells} cells, {written.n_cycles:,} cycles, {written.n_files} files in "
            f"{written.archive}; truth in {written.truth}"
        )
