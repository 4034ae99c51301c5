"""``softbreak serve``: the page of an archive's results, or of a running watch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from softbreak.cli.console import Quiet, Verbose, speak
from softbreak.errors import SoftbreakError
from softbreak.installed import missing_module

app = typer.Typer(rich_markup_mode=None, add_completion=False)
TOKEN: Final = "SOFTBREAK_TOKEN"


@app.command(
    epilog="Example: softbreak serve results/    softbreak serve softbreak-watch.db --port 9000"
)
def serve(
    place: Annotated[
        str,
        typer.Argument(help="The folder of a triage, or a watch's store (file or postgresql://…)."),
    ],
    host: Annotated[
        str, typer.Option(help="Others can reach another address, with SOFTBREAK_TOKEN only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8765,
    name: Annotated[
        list[str] | None, typer.Option(help="Another name by which people call this machine.")
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(help="Where the files of a triage lie now, if they were moved.")
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Serve a page: cells ranked, each with its curves and evidence; review, labels, alarms.

    It listens on this machine only; elsewhere the environment variable SOFTBREAK_TOKEN (16
    characters or more) must be set, and people are asked for it. Ends with Ctrl-C.
    """
    speak(quiet, verbose)
    try:
        from softbreak.web.cells import cells_of
        from softbreak.web.serving import Server
    except ModuleNotFoundError as error:
        raise SoftbreakError(missing_module(error, "the page", "web")) from error
    token = os.environ.get(TOKEN, "")
    server = Server(cells_of(place, archive), host, port, token=token, names=tuple(name or ()))
    if not quiet:
        typer.echo(f"Page: {server.address}  (Ctrl-C ends it)", err=True)
    server.run()
