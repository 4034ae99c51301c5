"""``softbreak bench``: cells, entrants, scores and a page, from nothing to the table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.cli.console import Json, Quiet, print_json, progress_bar, rows_of
from softbreak.installed import install_line

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="A benchmark that others can enter: make cells, run entrants, score, write the page.",
    epilog="Example: softbreak bench all my-bench --edition laptop",
)
Folder = Annotated[Path, typer.Argument(help="The benchmark's folder.")]
EditionName = Annotated[str, typer.Option(help="full (1,000 cells), laptop (60) or tiny (9).")]
Chosen = Annotated[str, typer.Option(help="Shipped entrants, with commas. [all]")]

_SHOWN = (
    "coverage", "risk", "macro_f1", "wrong_healthy", "false_alarms_1000h", "onset_delay_median",
    "eta_error", "ms_per_cycle",
)  # fmt: skip


@app.command(epilog="Example: softbreak bench make bench --edition laptop")
def make(folder: Folder, edition: EditionName = "laptop", quiet: Quiet = False) -> None:
    """Make the cells: a folder for each of three sets, the truth with two of them.

    Exit code: 0 done; 2 could not run.
    """
    from softbreak.bench.make import edition_named
    from softbreak.bench.make import make as make_cells

    chosen = edition_named(edition)
    with progress_bar(quiet) as bar:
        task = bar.add_task("cells", total=None)
        make_cells(
            folder, chosen, lambda done, total: bar.update(task, completed=done, total=total)
        )
    if not quiet:
        typer.echo(f"{sum(chosen.counts)} cells in {folder}")


@app.command(
    epilog="Example: softbreak bench run bench --entrants threshold-v,cusum    "
    "softbreak bench run bench --command 'python mine.py' --name mine"
)
def run(
    folder: Folder,
    entrants: Chosen = "",
    command: Annotated[
        str,
        typer.Option(help="A program to enter: called with a set's folder and a file to write."),
    ] = "",
    name: Annotated[str, typer.Option(help="What the program's entry is called.")] = "mine",
    quiet: Quiet = False,
) -> None:
    """Let entrants judge: those that are shipped (all, or some), or your program.

    Writes FOLDER/entries/NAME/SET/verdicts.csv. Exit code: 0 done; 2 could not run.
    """
    from softbreak.bench.run import run_program

    if command:
        run_program(folder, name, command)
        return
    _run_shipped(folder, entrants, quiet)


def _run_shipped(folder: Path, entrants: str, quiet: bool) -> None:
    from softbreak.bench.entrants import names
    from softbreak.bench.run import run_shipped

    chosen = [one.strip() for one in entrants.split(",") if one.strip()] or list(names())
    with progress_bar(quiet) as bar:
        task = bar.add_task("entrants", total=len(chosen))

        def told(one: str) -> None:
            bar.update(task, advance=1, description=one)

        left_out = run_shipped(folder, chosen, told)
    for one, why in left_out.items():
        typer.echo(f"{one} is left out: {why} ({install_line('bench')})", err=True)


@app.command(epilog="Example: softbreak bench score bench --json")
def score(folder: Folder, as_json: Json = False, quiet: Quiet = False) -> None:
    """Score every entry against the truth, and write FOLDER/index.html with all side by side.

    Each scoring of the hidden set is noted in FOLDER/scoring-log.jsonl. Exit code: 0 done; 2 could
    not run.
    """
    from softbreak.bench.page import write_page

    page = write_page(folder)
    _tell(folder, page, as_json=as_json, quiet=quiet)


@app.command("all", epilog="Example: softbreak bench all bench --edition laptop")
def everything(
    folder: Folder,
    edition: EditionName = "laptop",
    entrants: Chosen = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Do everything: make the cells, run the shipped entrants, score, write the page.

    Exit code: 0 done; 2 could not run.
    """
    make(folder, edition, quiet=True)
    _run_shipped(folder, entrants, quiet)
    score(folder, as_json, quiet)


def _tell(folder: Path, page: Path, *, as_json: bool, quiet: bool) -> None:
    import pandas as pd

    scores = pd.read_csv(folder / "scores.csv")
    if as_json:
        print_json({"report": str(page), "simulated": True, "scores": rows_of(scores)})
    elif not quiet:
        _show(scores[scores["set"] == "hidden"])
        typer.echo(f"Report: {page.resolve()}")


def _show(scores: pd.DataFrame) -> None:
    from rich.table import Table

    from softbreak.bench.page import HEADS, shown
    from softbreak.cli.console import stdout

    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    table.title = "SIMULATED cells, hidden set"
    table.add_column("entrant", no_wrap=True)
    for column in _SHOWN:
        table.add_column(HEADS[column], justify="right")
    for row in scores.to_dict("records"):
        table.add_row(str(row["entrant"]), *[shown(float(row[c])) for c in _SHOWN])
    stdout().print(table)
