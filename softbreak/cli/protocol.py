"""``softbreak protocol``: the standard protocol as a checklist."""

from __future__ import annotations

from typing import Annotated

import typer

from softbreak.cli.console import Json, Quiet, Verbose, speak
from softbreak.cli.method import Area, Electrode, Files, Lithium, Thickness, cells, deliver

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak protocol my_cells/ --json")
def protocol(
    files: Files,
    area: Area = None,
    thickness: Thickness = None,
    lithium: Lithium = None,
    electrode: Electrode = None,
    porosity: Annotated[
        float | None, typer.Option(min=0.0, max=0.99, help="Of the electrolyte, a fraction.")
    ] = None,
    pressure: Annotated[float | None, typer.Option(min=0.0, help="Stack pressure in MPa.")] = None,
    temperature: Annotated[float | None, typer.Option(help="In °C.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Hold tests against the paper's standard protocol: met, not met, not stated, with numbers.

    Of an archive with a manifest, every cell. Exit code: 0 done; 2 a file could not be used.
    """
    from softbreak.analysis.protocol import read_protocol

    speak(quiet, verbose)
    found = cells(
        files,
        area_cm2=area,
        electrolyte_thickness_um=thickness,
        lithium_thickness_um=lithium,
        electrode=electrode,
        porosity=porosity,
        pressure_mpa=pressure,
        temperature_celsius=temperature,
    )
    deliver([read_protocol(cell) for cell in found], None, as_json=as_json, quiet=quiet)
