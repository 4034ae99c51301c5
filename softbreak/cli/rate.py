"""``softbreak rate``: rate tests."""

from __future__ import annotations

import typer

from softbreak.cli.console import Json, Quiet, Verbose, speak
from softbreak.cli.method import Area, Files, Png, cells, deliver

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak rate ccd.ndax --area 0.785 --png ccd.png")
def rate(
    files: Files,
    area: Area = None,
    png: Png = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Read a rate test: does the overpotential rise with the current, and up to which.

    The critical current density comes with the areal capacity and the cycles a step it was
    measured at. Exit code: 0 done; 2 a file could not be used.
    """
    from softbreak.analysis.rate import read_rate

    speak(quiet, verbose)
    readings = [read_rate(cell) for cell in cells(files, area_cm2=area)]
    deliver(readings, png, as_json=as_json, quiet=quiet)
