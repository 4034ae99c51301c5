"""``softbreak coulombic``: full cells and cells with a thin foil."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from softbreak.cli.console import Json, Quiet, Verbose, speak
from softbreak.cli.method import Area, Electrode, Files, Lithium, Png, cells, deliver

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Configuration(StrEnum):
    """What kind of cell it is."""

    FULL = "full"
    ASYMMETRIC = "asymmetric"


@app.command(
    epilog="Example: softbreak coulombic thin.mpr --kind asymmetric --area 0.785 --lithium 15"
)
def coulombic(
    files: Files,
    kind: Annotated[
        Configuration | None, typer.Option(help="[what manifest and voltages say]")
    ] = None,
    area: Area = None,
    lithium: Lithium = None,
    electrode: Electrode = None,
    lithium_sd: Annotated[
        float, typer.Option(min=0.0, help="Relative standard deviation of the foil's thickness.")
    ] = 0.05,
    cut_off: Annotated[
        float | None, typer.Option(help="Upper cut-off in V. [the largest voltage seen]")
    ] = None,
    png: Png = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Count charge and metal: Coulombic efficiency, leak resistance, electrons to depletion.

    Exit code: 0 done; 2 a file could not be used.
    """
    from softbreak.analysis.coulombic import read_coulombic

    speak(quiet, verbose)
    found = cells(
        files,
        area_cm2=area,
        lithium_thickness_um=lithium,
        electrode=electrode,
        configuration=None if kind is None else kind.value,
    )
    readings = [read_coulombic(cell, lithium_sd=lithium_sd, cut_off=cut_off) for cell in found]
    deliver(readings, png, as_json=as_json, quiet=quiet)
