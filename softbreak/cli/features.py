"""``softbreak features``: what is measured of cells, as a table, in words, as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from softbreak.cli.console import (
    DONE,
    FOUND,
    Json,
    Quiet,
    Verbose,
    print_json,
    progress_bar,
    say,
    speak,
    stdout,
)
from softbreak.cli.method import Area
from softbreak.verdict import cycle_number

if TYPE_CHECKING:
    import pandas as pd

    from softbreak.data.history import CellHistory
    from softbreak.features.explain import Reason

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak features my_cells/ --out features.parquet")
def features(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="A cell's files, its folder, or an archive.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the table (.parquet, .csv): a row a half-cycle."),
    ] = None,
    cycle: Annotated[
        int | None,
        typer.Option(min=1, help="Explain this cycle, from 1. [where the cell breaks down]"),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say in what a cycle differs from the first ones.")
    ] = False,
    figure: Annotated[
        str | None, typer.Option(metavar="NAME", help="Draw this feature over the cell's life.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option(help="File of the figure (.png, .svg or .pdf). [NAME.png]")
    ] = None,
    catalogue: Annotated[
        bool, typer.Option("--catalogue", help="Print what every feature is (Markdown).")
    ] = False,
    pair_fits: Annotated[
        bool, typer.Option(help="Fit every spectrum with the first one: 25 ms a spectrum.")
    ] = True,
    area: Area = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Measure every half-cycle: write the table, explain a cycle, draw a feature.

    Without --out and --figure the cycle is explained at which the cell breaks down, else the
    last. Exit code: 0 done; 1 done, but some files failed; 2 could not run.
    """
    from softbreak.errors import SoftbreakError

    speak(quiet, verbose)
    if catalogue:
        from softbreak.features.catalog import catalogue_markdown

        typer.echo(catalogue_markdown(), nl=False)
        raise typer.Exit(DONE)
    if not files:
        raise SoftbreakError("name a cell's files or an archive, or ask for --catalogue")
    told: dict[str, Any] = {}
    if explain or cycle is not None or figure is not None or out is None:
        one = _only(files, area)
        if explain or cycle is not None or (figure is None and out is None):
            told |= _explained(one, cycle)
        if figure is not None:
            told["figure"] = str(_drawn(one, figure, png or Path(f"{figure}.png")))
    if out is not None:
        told |= _written(files, out, area, pair_fits, quiet)
    if as_json:
        print_json(told)
    elif not quiet:
        _say(told)
    raise typer.Exit(FOUND if told.get("failures") else DONE)


def _only(files: list[Path], area: float | None) -> CellHistory:
    from softbreak.cli.method import cells
    from softbreak.errors import SoftbreakError

    found = cells(files, area_cm2=area)
    if len(found) > 1:
        raise SoftbreakError(
            f"{files[0]} holds {len(found)} cells; name the files or the folder of one to explain "
            "or draw it (--out takes them all)"
        )
    return found[0]


def _explained(history: CellHistory, cycle: int | None) -> dict[str, Any]:
    import softbreak
    from softbreak.features.explain import explain

    if cycle is None:
        index = _telling_cycle(softbreak.diagnose(history))
    else:
        index = cycle - cycle_number(0)
    reasons = explain(history, index)
    return {
        "cell_id": history.cell.cell_id,
        "cycle_index": index,
        "reasons": [_as_data(reason) for reason in reasons],
    }


def _telling_cycle(verdicts: pd.DataFrame) -> int:
    """The first cycle that is soft or hard, else the last."""
    from softbreak.errors import SoftbreakError

    if verdicts.empty:
        raise SoftbreakError("this cell has no cycle, voltammogram or spectrum to explain")
    short = verdicts[verdicts["state"].isin(["soft", "hard"])]
    return int(short["cycle_index"].iloc[0] if len(short) else verdicts["cycle_index"].iloc[-1])


def _as_data(reason: Reason) -> dict[str, Any]:
    return {name: getattr(reason, name) for name in type(reason).__dataclass_fields__}


def _drawn(history: CellHistory, name: str, path: Path) -> Path:
    import softbreak
    from softbreak.errors import SoftbreakError
    from softbreak.features.table import features_of
    from softbreak.report.feature_figure import feature_figure

    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise SoftbreakError(f"{path}: a figure's name ends in .png, .svg or .pdf")
    return feature_figure(features_of(history), softbreak.diagnose(history), name).save(path)


def _written(
    files: list[Path], out: Path, area: float | None, pair_fits: bool, quiet: bool
) -> dict[str, Any]:
    import softbreak
    from softbreak.archive.feature_tables import write_features, write_table
    from softbreak.features.table import features_of

    facts = {} if area is None else {"area_cm2": area}
    if len(files) > 1:
        table = features_of(softbreak.read(files, **facts), pair_fits=pair_fits)
        path = write_table(table, out)
        return {"table": str(path), "cells": 1, "rows": len(table), "failures": []}
    with progress_bar(quiet) as bar:
        task = bar.add_task("Measuring cells", total=None)

        def moved(done: int, total: int, _: str) -> None:
            bar.update(task, completed=done, total=total)

        run = write_features(files[0], out, facts=facts, pair_fits=pair_fits, progress=moved)
    return {
        "table": str(run.path),
        "cells": run.cells,
        "rows": run.rows,
        "failures": [failure._asdict() for failure in run.failures],
    }


def _say(told: dict[str, Any]) -> None:
    from rich.text import Text

    console = stdout()
    if "reasons" in told:
        console.print(
            Text(f"{told['cell_id']}, cycle {cycle_number(told['cycle_index'])}"), style="bold"
        )
        for reason in told["reasons"]:
            console.print(Text(f"• {reason['sentence']}"))
        if not told["reasons"]:
            console.print("It is like the cell's first cycles, in everything that was measured.")
    if "table" in told:
        for row in told["failures"]:
            text = f"not used: {row['path']} ({row['stage']}): {row['error']}. {row['remedy']}"
            console.print(Text(text))
        say(f"{told['table']}: {told['rows']:,} rows of {told['cells']:,} cells")
    if "figure" in told:
        say(str(told["figure"]))
