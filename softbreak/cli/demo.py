"""``softbreak demo``: a triage of the example archive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from softbreak.cli.console import Quiet, Verbose, speak

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak demo --out demo-output")
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where results go.")] = Path(
        "demo-output"
    ),
    archive: Annotated[
        Path | None, typer.Option(help="Another archive than the bundled one.")
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Triage the example archive that comes with softbreak, and say where the report is.

    One of its files is broken on purpose, to show what becomes of such files.
    """
    from softbreak.archive.crew import Crew
    from softbreak.archive.examples import example_archive
    from softbreak.cli.triage import run_triage, show, write_pages

    speak(quiet, verbose)
    result = run_triage(archive or example_archive(), out, "fused", None, Crew(), quiet)
    page = write_pages(result, quiet)
    if not quiet:
        show(result, page)
