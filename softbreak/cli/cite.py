"""``softbreak cite``: what to cite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from softbreak.cli.console import Json, print_json

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak cite results/")
def cite(
    out: Annotated[
        Path | None, typer.Argument(help="The folder of a triage; without it, what always counts.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print what to cite for a run."""
    from dataclasses import asdict

    from softbreak.citations import CITATIONS

    if out is None:
        told = [asdict(citation) for citation in CITATIONS]
    else:
        from softbreak.archive.results.triage_result import load_result

        told = load_result(out).run["citations"]
    if as_json:
        print_json({"citations": told})
        return
    for citation in told:
        doi = f" https://doi.org/{citation['doi']}" if citation["doi"] else ""
        typer.echo(f"{citation['text']}.{doi}\n    for {citation['used_for']}")
