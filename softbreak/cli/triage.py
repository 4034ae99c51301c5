"""``softbreak triage``: every cell of an archive."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.archive.jobs.process_start import prepare
from softbreak.cli.console import (
    COMPILING,
    FailOn,
    Json,
    Quiet,
    Verbose,
    compile_first,
    exit_code,
    print_json,
    progress_bar,
    rows_of,
    say,
    speak,
)
from softbreak.cli.detectors import local_detector
from softbreak.cli.page_links import Link, Page, link_of
from softbreak.cli.triage_view import show

if TYPE_CHECKING:
    from softbreak.archive.jobs.executor import Crew
    from softbreak.archive.jobs.progress import Progress
    from softbreak.archive.results.triage_result import TriageResult

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Xlsx = Annotated[
    Path | None, typer.Option(help="Write cells, verdicts and failures into this workbook.")
]
PAGES = 200
"""So many cells get a page of their own at once; the others when they are wanted."""


@app.command(epilog="Example: softbreak triage my_cells/ --out results/ --fail-on hard")
def triage(
    archive: Annotated[
        str, typer.Argument(help="A folder of cells, one file, or an address such as s3://…")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where results go. [softbreak-NAME]")
    ] = None,
    detector: Annotated[
        str, typer.Option(help="Who judges: a name, a model's folder, or models:/NAME@ALIAS.")
    ] = "hybrid",
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes; 0 works in this one. [one a core]")
    ] = None,
    dask: Annotated[
        str | None, typer.Option(help="Work on a Dask cluster: its scheduler's address.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds a cell may take, plus 1 s a megabyte.")
    ] = 900.0,
    memory: Annotated[
        float, typer.Option(min=0.1, help="GiB by which a process may grow on a cell.")
    ] = 1.0,
    pages: Annotated[
        int, typer.Option(min=0, help="So many of the gravest cells get a page at once.")
    ] = PAGES,
    xlsx: Xlsx = None,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="End with exit code 1 if a cell is so, or worse.")
    ] = None,
    as_json: Json = False,
    served: Page = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Label every cycle of every cell in an archive; write tables and a ranked report.

    Writes DIR/report/index.html, verdicts.parquet, cells.parquet, failures.parquet and run.json. A
    second run does only what changed. A file that cannot be read is a row of failures.parquet.
    Exit code: 0 done; 1 done, but some files failed or --fail-on found something; 2 could not run.
    """
    out = out or Path(f"softbreak-{Path(archive.rstrip('/')).resolve().name}")
    if workers != 0 and dask is None and all_to_do(archive, out):
        prepare()  # before what takes long to import here, too
    from softbreak.archive.jobs.executor import Crew, Limits

    speak(quiet, verbose)
    link = link_of(served)
    crew = Crew(Limits(timeout, int(memory * 2**30)))
    try:
        result = run_triage(archive, out, local_detector(detector), dask or workers, crew, quiet)
    except KeyboardInterrupt:
        say(
            f"Stopped. What was done is kept in {out}; the same command goes on from there.",
            err=True,
        )
        raise typer.Exit(130) from None
    page = write_pages(result, quiet, pages, link)
    workbook = [write_xlsx(result, xlsx)] if xlsx is not None else []
    if as_json:
        print_json(
            {
                "report": str(page),
                "run": result.run,
                "cells": rows_of(result.cells),
                "failures": rows_of(result.failures),
            }
        )
    elif not quiet:
        show(result, page)
        for path in workbook:
            say(f"Workbook: {path.resolve()}")
    raise typer.Exit(exit_code(list(result.cells["state"]), len(result.failures), fail_on))


def all_to_do(archive: str, out: Path) -> bool:
    """Whether an archive is a folder of several files of which nothing has been done yet."""
    with suppress(OSError), os.scandir(archive) as entries:
        return not out.exists() and sum(1 for _ in islice(entries, 2)) == 2
    return False


def run_triage(
    archive: Path | str,
    out: Path,
    detector: str,
    workers: int | str | None,
    crew: Crew,
    quiet: bool,
) -> TriageResult:
    """Run a triage under a progress bar."""
    from softbreak.archive.triage import triage as triage_archive

    with progress_bar(quiet) as bar:
        task = bar.add_task("Reading cells", total=None)

        def compiled(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, description=COMPILING)

        def moved(at: Progress) -> None:
            bar.update(task, completed=at.done, total=at.total, description=told(at))

        compile_first(compiled)
        bar.update(task, completed=0, total=None, description="Reading cells")

        return triage_archive(
            archive, out, detector=detector, workers=workers, crew=crew, progress=moved
        )


def told(at: Progress, doing: str = "Reading cells") -> str:
    """Say how fast it goes and how long it will take."""
    if not at.seconds_left > 0:
        return doing
    left = at.seconds_left
    words = f"{left / 3600:.1f} h" if left > 5400 else f"{max(left / 60, 1):.0f} min"
    return f"{doing}, {at.bytes_per_second / 1e6:.3g} MB/s, {words} left"


def write_xlsx(result: TriageResult, path: Path) -> Path:
    """Write cells, verdicts and failures into a workbook."""
    from softbreak.report.workbook import verdict_rows, write_workbook

    rows = verdict_rows(result.out / "verdicts.parquet")
    return write_workbook(path, result.cells, rows, result.failures)


def write_pages(
    result: TriageResult, quiet: bool, pages: int = PAGES, link: Link | None = None
) -> Path:
    """Write the report, with pages of the gravest cells, under a progress bar.

    Returns
    -------
    pathlib.Path
        Its first page.
    """
    from softbreak.report.page import write_report

    wanted = [str(name) for name in result.cells["cell_id"].head(pages)]
    with progress_bar(quiet) as bar:
        diagnoses = bar.track(
            result.diagnoses(wanted), total=len(wanted), description="Writing report"
        )
        return write_report(
            result.out / "report",
            run=result.run,
            cells=result.cells,
            failures=result.failures,
            diagnoses=diagnoses,
            verdicts=result.out / "verdicts.parquet",
            link=link,
        )
