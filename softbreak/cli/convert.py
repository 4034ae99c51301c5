"""``softbreak convert``: any supported file to the Battery Data Format."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.cli.console import (
    DONE,
    FOUND,
    Json,
    Quiet,
    Verbose,
    print_json,
    progress_bar,
    rows_of,
    say,
    speak,
)
from softbreak.cli.triage import told

if TYPE_CHECKING:
    from softbreak.archive.jobs.progress import Progress

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Format(StrEnum):
    """How the Battery Data Format is stored."""

    PARQUET = "parquet"
    CSV = "csv"


@app.command(
    epilog="Example: softbreak convert cell7.mpr cell8.ndax --out bdf/ --format csv    "
    "softbreak convert my_cells/ --out my_cells_bdf/"
)
def convert(
    files: Annotated[
        list[str], typer.Argument(help="Files of any supported format; or a folder, or s3://…")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the tables. [here; NAME-bdf]")
    ] = None,
    table_format: Annotated[
        Format, typer.Option("--format", help="Parquet keeps technique and start too.")
    ] = Format.PARQUET,
    workers: Annotated[
        int | None, typer.Option(min=0, help="For a folder: processes. [one a core]")
    ] = None,
    dask: Annotated[
        str | None, typer.Option(help="For a folder: a Dask scheduler's address.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Turn any supported file into the Battery Data Format, one table a technique.

    A file of several techniques becomes NAME_1_cycling.bdf.parquet, NAME_2_impedance.bdf.parquet
    and so on. A folder becomes an archive of Parquet files, one a file, with a manifest: it is
    smaller, says the same, and triage reads it many times faster. Every table is read back and
    compared; a second run converts what changed. Exit code: 0 done; 1 some files could not be
    read; 2 could not run.
    """
    speak(quiet, verbose)
    if len(files) == 1 and ("://" in files[0] or Path(files[0]).is_dir()):
        _refuse_csv(table_format)
        folder = out or Path(f"{Path(files[0].rstrip('/')).resolve().name}-bdf")
        raise typer.Exit(_archive(files[0], folder, dask or workers, as_json, quiet))
    raise typer.Exit(_files(files, out or Path(), table_format, as_json, quiet))


def _refuse_csv(table_format: Format) -> None:
    if table_format is not Format.PARQUET:
        raise typer.BadParameter("a folder is converted to Parquet only", param_hint="--format")


def _files(files: list[str], out: Path, table_format: Format, as_json: bool, quiet: bool) -> int:
    from softbreak.archive.convert import convert_file
    from softbreak.errors import ReadError

    written: list[Path] = []
    failed: list[str] = []
    for path in files:
        try:
            written += convert_file(Path(path), out, table_format.value)
        except ReadError as error:
            failed.append(str(error))
            say(f"softbreak: {error}", err=True)
    if as_json:
        print_json({"written": [str(path) for path in written], "errors": failed})
    elif not quiet:
        for made in written:
            say(str(made))
    return FOUND if failed else DONE


def _archive(archive: str, out: Path, workers: int | str | None, as_json: bool, quiet: bool) -> int:
    from softbreak.archive.convert import convert_archive

    try:
        with progress_bar(quiet) as bar:
            task = bar.add_task("Converting cells", total=None)

            def moved(at: Progress) -> None:
                words = told(at, "Converting cells")
                bar.update(task, completed=at.done, total=at.total, description=words)

            made = convert_archive(archive, out, workers=workers, progress=moved)
    except KeyboardInterrupt:
        say(
            f"Stopped. What was done is kept in {out}; the same command goes on from there.",
            err=True,
        )
        return 130
    if as_json:
        rows = {"tables": rows_of(made.tables), "failures": rows_of(made.failures)}
        print_json({"out": str(out), **rows, "cells_not_done_again": made.reused})
    elif not quiet:
        for row in rows_of(made.failures):
            say(f"not used: {row['path']} ({row['stage']}): {row['error']}. {row['remedy']}")
        say(
            f"{made.tables['cell_id'].nunique():,} cells, {len(made.tables):,} files, "
            f"{made.tables['rows'].sum():,} rows, {made.tables['bytes'].sum() / 1e6:,.1f} MB in "
            f"{out}. {len(made.failures):,} files could not be used. "
            f"Not done again: {made.reused:,} cells."
        )
    return FOUND if len(made.failures) else DONE
