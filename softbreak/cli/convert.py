"""``softbreak convert``: any supported file to the Battery Data Format."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from softbreak.cli.console import DONE, FOUND, Json, Quiet, Verbose, print_json, speak

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Format(StrEnum):
    """How the Battery Data Format is stored."""

    PARQUET = "parquet"
    CSV = "csv"


@app.command(epilog="Example: softbreak convert cell7.mpr cell8.ndax --out bdf/ --format csv")
def convert(
    files: Annotated[list[Path], typer.Argument(help="Files of any supported format.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the tables.")] = Path(),
    table_format: Annotated[
        Format, typer.Option("--format", help="Parquet keeps technique and start too.")
    ] = Format.PARQUET,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Turn any supported file into the Battery Data Format, one table a technique.

    A file of several techniques becomes NAME_1_cycling.bdf.parquet, NAME_2_impedance.bdf.parquet
    and so on. Exit code: 0 done; 1 some files could not be read; 2 could not run.
    """
    from softbreak.archive.convert import convert_file
    from softbreak.errors import ReadError

    speak(quiet, verbose)
    written: list[Path] = []
    failed: list[str] = []
    for path in files:
        try:
            written += convert_file(path, out, table_format.value)
        except ReadError as error:
            failed.append(str(error))
            typer.echo(f"softbreak: {error}", err=True)
    if as_json:
        print_json({"written": [str(path) for path in written], "errors": failed})
    elif not quiet:
        for path in written:
            typer.echo(str(path))
    raise typer.Exit(FOUND if failed else DONE)
