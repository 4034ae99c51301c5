"""``softbreak plan``: what to measure next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.cli.console import DONE, Json, Quiet, Verbose, print_json, speak, stdout
from softbreak.cli.method import Area

if TYPE_CHECKING:
    from softbreak.physics.plan import Situation

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="Example: softbreak plan cell7/ --area 0.785    "
    "softbreak plan --resistance 100 --bulk 45 --eta 0.15 --capacity 0.2"
)
def plan(
    files: Annotated[
        list[Path] | None, typer.Argument(help="The cell's files or folder; or the options below.")
    ] = None,
    area: Area = None,
    resistance: Annotated[
        float | None, typer.Option(min=0.0, help="Of the cell now, in Ω cm², instead of files.")
    ] = None,
    bulk: Annotated[
        float | None, typer.Option(min=0.0, help="Of the electrolyte alone, L/σ, in Ω cm².")
    ] = None,
    eta: Annotated[
        float | None, typer.Option(min=0.001, max=0.999, help="Electronic fraction suspected.")
    ] = None,
    capacity: Annotated[
        float | None, typer.Option(min=0.0, help="Of a half-cycle, in mAh/cm².")
    ] = None,
    electrolyte: Annotated[str | None, typer.Option(help="Formula or name.")] = None,
    reference: Annotated[
        bool, typer.Option(help="A spectrum of the fresh cell exists (with --resistance).")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Rank the measurements that would settle a cell: settings, harm, and expected error of η_e.

    Exit code: 0 done; 2 could not run.
    """
    from softbreak.analysis.next_measurement import read_plan

    speak(quiet, verbose)
    area_known = True
    if files:
        found, state, area_known = _from_files(files, area)
        found = _changed(found, eta)
    elif resistance:
        found, state = _from_numbers(resistance, bulk, eta, capacity, electrolyte, reference), ""
    else:
        raise typer.BadParameter("give the cell's files, or --resistance")
    reading = read_plan(found, state, area_known=area_known)
    if as_json:
        print_json(reading.as_data())
    elif not quiet:
        stdout().print(reading)
    raise typer.Exit(DONE)


def _from_files(files: list[Path], area: float | None) -> tuple[Situation, str, bool]:
    import softbreak
    from softbreak.analysis.next_measurement import situation_of
    from softbreak.data.history import merged_cell

    facts = {} if area is None else {"area_cm2": area}
    history = softbreak.read(files[0] if len(files) == 1 else files, **facts)
    try:
        known = merged_cell(history.cell, history.records).area_cm2 is not None
        return *situation_of(history), known
    except ValueError as error:
        raise typer.BadParameter(f"{error}; say it with --resistance") from error


def _from_numbers(
    resistance: float,
    bulk: float | None,
    eta: float | None,
    capacity: float | None,
    electrolyte: str | None,
    reference: bool,
) -> Situation:
    from softbreak.analysis.next_measurement import situation
    from softbreak.physics.circuits import chemistry_of

    nan = float("nan")
    return situation(
        resistance,
        bulk_ohm_cm2=bulk or nan,
        eta=eta or nan,
        capacity_mah_per_cm2=capacity or nan,
        chemistry=chemistry_of(electrolyte),
        has_reference=reference,
    )


def _changed(found: Situation, eta: float | None) -> Situation:
    from dataclasses import replace

    if eta is None:
        return found
    return replace(found, cell=replace(found.cell, eta=eta))
