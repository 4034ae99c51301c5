"""``softbreak arrhenius``: temperature series."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from softbreak.cli.console import Json, Quiet, Verbose, speak
from softbreak.cli.method import Files, Png, cells, deliver

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="Example: softbreak arrhenius cold/*.mpr --at 25 --at 0 --at -20 --at 25 --png e.png"
)
def arrhenius(
    files: Files,
    at: Annotated[
        list[float] | None,
        typer.Option(
            help="Temperature of a spectrum in °C, once each, if not in the files: in the order of "
            "FILES, then of --before."
        ),
    ] = None,
    before: Annotated[
        list[Path] | None, typer.Option(help="Series of the same cell before cycling.")
    ] = None,
    before_at: Annotated[
        list[float] | None,
        typer.Option(help="Temperature of a spectrum of --before in °C, once each."),
    ] = None,
    bulk: Annotated[float, typer.Option(help="Electrolyte's activation energy in eV.")] = 0.33,
    interface: Annotated[float, typer.Option(help="Interface's, in eV.")] = 0.48,
    energy_sd: Annotated[
        float, typer.Option(min=1e-3, help="Standard deviation of both, in eV.")
    ] = 0.1,
    electronic: Annotated[
        float | None, typer.Option(help="Electronic path's, in eV. [a metal]")
    ] = None,
    png: Png = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Read impedance over temperature: activation energy, electronic fraction, before and after.

    A cell's life that holds two series is cut where the second begins. Exit code: 0 done; 2 a file
    could not be used.
    """
    from softbreak.analysis.arrhenius import Priors, read_arrhenius
    from softbreak.features.evidence.temperature_series import (
        series_of,
        spectra_of,
        split_at_return,
    )

    speak(quiet, verbose)
    known = Priors(bulk, interface, energy_sd, electronic_ev=electronic)
    found, given, earlier = cells(files), at, None
    if before:
        past = cells(before)[0]
        own = spectra_of(found[0])
        if given and not before_at and len(given) == own + spectra_of(past):
            given, before_at = given[:own], given[own:]
        earlier = series_of(past, before_at, before)
    readings = []
    for cell in found:
        parts = split_at_return(series_of(cell, given, files))
        first = earlier or (parts[0] if len(parts) > 1 else None)
        readings.append(read_arrhenius(cell.cell.cell_id, parts[-1], first, known))
    deliver(readings, png, as_json=as_json, quiet=quiet)
