"""``softbreak energy``: what a pouch cell attains."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from softbreak.cli.console import Json, Quiet, Verbose, speak
from softbreak.cli.method import Png, deliver

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Convention(StrEnum):
    """What stays when pores come in."""

    FIXED_THICKNESS = "fixed-thickness"
    FIXED_CAPACITY = "fixed-capacity"


@app.command(epilog="Example: softbreak energy --capacity 3 --separator 30 --png figure4.png")
def energy(
    capacity: Annotated[
        float, typer.Option(min=0.01, max=1e3, help="Areal capacity of the dense cell in mAh cm⁻².")
    ] = 3.0,
    separator: Annotated[
        float | None, typer.Option(min=0.0, max=1e5, help="Thickness of the electrolyte in µm.")
    ] = None,
    porosity: Annotated[float, typer.Option(min=0.0, max=0.99, help="A fraction.")] = 0.0,
    convention: Annotated[
        Convention, typer.Option(help="What stays when pores come in.")
    ] = Convention.FIXED_THICKNESS,
    anode: Annotated[
        str | None, typer.Option(help="Metal of the anode: Li, Na, K, Mg, Al, Zn. [the card's: Li]")
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(help="TOML with the pouch cell's parameters.")
    ] = None,
    png: Png = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Say what energy density a solid-state pouch cell with a metal anode attains; draw Figure 4.

    Exit code: 0 done; 2 the parameters could not be used.
    """
    from dataclasses import replace

    from softbreak.analysis.energy import read_card, read_energy
    from softbreak.metals import METALS, metal_named
    from softbreak.physics.energy import Porosity, PouchCard

    speak(quiet, verbose)
    card = read_card(parameters) if parameters is not None else PouchCard()
    card = card if separator is None else replace(card, separator_um=separator)
    if anode is not None:
        metal = metal_named(anode)
        if metal is None:
            raise typer.BadParameter(f"--anode {anode}: known are {', '.join(METALS)}")
        card = replace(card, anode=metal.symbol)
    reading = read_energy(capacity, card, porosity=porosity, convention=Porosity(convention.value))
    deliver([reading], png, as_json=as_json, quiet=quiet)
