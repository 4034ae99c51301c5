"""``softbreak eis``: impedance spectra."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from softbreak.cli.console import DONE, Json, Quiet, Verbose, print_json, say, speak, stdout
from softbreak.cli.method import Area, Png, Thickness, draw

if TYPE_CHECKING:
    from softbreak.data.history import CellHistory

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="Example: softbreak eis fresh.mpt now.mpt --area 0.785 --thickness 700 --png eis.png"
)
def eis(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Spectra of one cell: a file, the fresh one and a later one, or its folder."
        ),
    ],
    area: Area = None,
    thickness: Thickness = None,
    electrolyte: Annotated[
        str | None, typer.Option(help="Its formula or name (Li6PS5Cl, LLZO, PEO): which circuit.")
    ] = None,
    warmer: Annotated[
        float | None,
        typer.Option(help="By how many K the later spectra were warmer, if it was not logged."),
    ] = None,
    png: Png = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Read impedance spectra: Kramers-Kronig, intercepts, bounds on R_e, and η_e of a pair.

    The paper's reading (R_e = low-frequency intercept) stands beside the exact one. The first
    spectrum is the reference of the others. Exit code: 0 done; 2 a file could not be used.
    """
    import softbreak
    from softbreak.analysis.eis import read_eis
    from softbreak.analysis.spectrum_readings import read_spectra
    from softbreak.data.history import merged_cell

    speak(quiet, verbose)
    history = _as_named(softbreak.read(files[0] if len(files) == 1 else files), files)
    told: dict[str, Any] = {
        "area_cm2": area,
        "electrolyte_thickness_um": thickness,
        "electrolyte": electrolyte,
    }
    known = {name: value for name, value in told.items() if value is not None}
    cell = replace(merged_cell(history.cell, history.records), **known)
    reading = read_eis(
        read_spectra(history, cell=cell, warmer_kelvin=warmer), area_cm2=cell.area_cm2
    )
    written = draw([reading], png)
    if as_json:
        print_json(reading.as_data())
    elif not quiet:
        stdout().print(reading)
        for path in written:
            say(str(path))
    raise typer.Exit(DONE)


def _as_named(history: CellHistory, files: list[Path]) -> CellHistory:
    """Put files that no date orders in the order of the command, if a person chose it.

    A list that is sorted by name may come from a shell, and is left as it was read.
    """
    from softbreak.data.history import started

    undated = any(started(record) is None for record in history.records)
    if not undated or files == sorted(files) or any(file.is_dir() for file in files):
        return history
    place = {str(file): number for number, file in enumerate(files)}
    records = history.records
    order = sorted(range(len(records)), key=lambda k: place.get(records[k].source.path, k))
    return replace(
        history,
        records=tuple(records[k] for k in order),
        clocks=tuple(history.clocks[k] for k in order),
        runs=(),
    )
