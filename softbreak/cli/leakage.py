"""``softbreak leakage``: holds at constant voltage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from softbreak.cli.console import Json, Quiet, Verbose, speak
from softbreak.cli.method import Area, Files, Png, Thickness, cells, deliver

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="Example: softbreak leakage after.mpr --before fresh.mpr --growth 1.3 --growth-sd 0.1"
)
def leakage(
    files: Files,
    before: Annotated[
        list[Path] | None, typer.Option(help="Hold of the same cell before cycling.")
    ] = None,
    growth: Annotated[
        float, typer.Option(min=1e-6, help="Ionic resistance after over before.")
    ] = 1.0,
    growth_sd: Annotated[
        float, typer.Option(min=0.0, help="Its relative standard deviation.")
    ] = 0.2,
    transference: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="t₊ without a short (polymers: below 1).")
    ] = 1.0,
    transference_sd: Annotated[float, typer.Option(min=0.0, help="Its standard deviation.")] = 0.03,
    offset: Annotated[float, typer.Option(min=0.0, help="Instrument's offset in V.")] = 0.0,
    resolution: Annotated[
        float, typer.Option(min=0.0, help="Smallest current that it can tell from zero, in A.")
    ] = 0.0,
    area: Area = None,
    thickness: Thickness = None,
    png: Png = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Read leakage currents: DC resistance with bounds, before against after, Bruce-Vincent.

    Of several holds in the files, the last is compared with the first. Exit code: 0 done; 2 a file
    could not be used.
    """
    from softbreak.analysis.leakage import Assumptions, read_leakage

    speak(quiet, verbose)
    facts = {"area_cm2": area, "electrolyte_thickness_um": thickness}
    reference = cells(before, **facts)[0] if before else None
    known = Assumptions(growth, growth_sd, transference, transference_sd, offset, resolution)
    readings = [read_leakage(cell, reference, known) for cell in cells(files, **facts)]
    deliver(readings, png, as_json=as_json, quiet=quiet)
