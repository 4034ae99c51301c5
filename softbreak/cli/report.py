"""``softbreak report``: pages of cells, when they are wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from softbreak.cli.console import Quiet, Verbose, progress_bar, say, speak
from softbreak.cli.page_links import Page, link_of
from softbreak.cli.triage import Xlsx, write_xlsx

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak report results/ --cell LLZO-17")
def report(
    results: Annotated[Path, typer.Argument(help="The folder of a triage.")],
    cell: Annotated[
        list[str] | None, typer.Option("--cell", help="A cell's name; may be given several times.")
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="Pages of so many of the gravest cells.")] = 0,
    every: Annotated[bool, typer.Option("--all", help="Pages of all cells.")] = False,
    xlsx: Xlsx = None,
    page: Page = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Make pages of cells in the report of a triage, from the stored results.

    A triage of many cells makes the pages of the gravest only; the ranked page says which command
    makes another. Without options the ranked page is written again. Nothing is judged again.
    """
    from softbreak.archive.results.triage_result import load_result
    from softbreak.report.lives import lives_in
    from softbreak.report.page import page_of, write_cell_pages, write_index

    speak(quiet, verbose)
    link = link_of(page)
    result = load_result(results)
    names = [str(name) for name in result.cells["cell_id"]]
    wanted = list(dict.fromkeys([*(cell or []), *(names if every else names[:first])]))
    with progress_bar(quiet) as bar:
        found = bar.track(result.diagnoses(wanted), total=len(wanted), description="Writing pages")
        write_cell_pages(results / "report", found, link)
        index = write_index(
            results / "report",
            run=result.run,
            cells=result.cells,
            failures=result.failures,
            lives=lives_in(results / "verdicts.parquet", result.cells),
        )
    written = [write_xlsx(result, xlsx)] if xlsx is not None else []
    if not quiet:
        for path in written:
            say(str(path.resolve()))
        for name in cell or []:
            say(str((index.parent / page_of(name)).resolve()))
        say(str(index.resolve()))
