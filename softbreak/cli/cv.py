"""``softbreak cv``: cyclic voltammetry."""

from __future__ import annotations

from typing import Annotated

import typer

from softbreak.cli.console import Json, Quiet, Verbose, at_work, speak
from softbreak.cli.method import Area, Files, Png, cells, deliver

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak cv cell7_cv.mpr --area 0.785 --cycled 0.2 --png cv.png")
def cv(
    files: Files,
    area: Area = None,
    cycled: Annotated[
        float | None,
        typer.Option(min=0.0, help="mAh cm⁻² a half-cycle in cycling, if not in the files."),
    ] = None,
    png: Png = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Read voltammograms: ω of every cycle, the paper's words, and the hardened rule.

    Warns where the CV moves more charge than the cycling, so that it can itself make the short.
    Exit code: 0 done; 2 a file could not be used.
    """
    from softbreak.analysis.cv import read_cv

    speak(quiet, verbose)
    with at_work(quiet, "Reading the voltammograms"):
        readings = [read_cv(cell, cycled) for cell in cells(files, area_cm2=area)]
    deliver(readings, png, as_json=as_json, quiet=quiet)
