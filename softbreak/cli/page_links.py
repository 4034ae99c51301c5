"""Links from alarms and reports to the served page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

import typer

from softbreak.errors import SoftbreakError

Link = Callable[[str], str]
"""The address of a cell's page, by the cell's name."""

Page = Annotated[
    str | None,
    typer.Option(
        "--page",
        envvar="SOFTBREAK_PAGE",
        help="Where 'softbreak serve' is reached (http://lab:8765): alarms and reports link there.",
    ),
]


def link_of(page: str | None) -> Link | None:
    """Return what makes links to the cells of a served page; None without one.

    Raises
    ------
    SoftbreakError
        If it is no address of a page.
    """
    if not page:
        return None
    unfit = SoftbreakError(f"--page {page!r} is no address of a page; expected http://HOST:PORT")
    try:
        parts = urlsplit(page)
        whole = parts.hostname and parts.port != 0
    except ValueError as error:  # a port of letters, half an IPv6 address
        raise unfit from error
    if parts.scheme not in ("http", "https") or not whole or parts.username:
        raise unfit
    root = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"

    def link(cell_id: str) -> str:
        from softbreak.archive.results.pack import key_of

        return f"{root}/cell/{key_of(cell_id)}"

    return link
