"""``softbreak doctor``: what is installed, cached and reachable."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

import typer

from softbreak.boundary import Boundary, in_words
from softbreak.cli.console import DONE, FOUND, Json, print_json, stdout
from softbreak.plain_text import visible

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(rich_markup_mode=None, add_completion=False)

BASE: Final = ("numpy", "pandas", "polars", "pyarrow", "numba", "fastnda", "fastexcel")
"""Libraries that every verdict needs."""
PORTS: Final = {"redis": 6379, "rediss": 6379, "postgresql": 5432, "http": 80, "https": 443}
PATIENCE_SECOND: Final = 3.0


@app.command(epilog="Example: softbreak doctor redis://localhost:6379/0")
def doctor(
    address: Annotated[
        list[str] | None,
        typer.Argument(
            help="Servers to try: redis://…, postgresql://…, http://…, tcp://HOST:PORT."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what is installed, cached and reachable, and the line that brings what is missing.

    Nothing is contacted but the addresses given and the one that MLFLOW_TRACKING_URI names.

    Exit code: 0 all that a verdict needs is there; 1 some of it, or an address, is not.
    """
    told = {
        "softbreak": _softbreak(),
        "base": [_library(name) for name in BASE],
        "extras": _extras(),
        "cache": _cache(),
        "chart_library": _chart_library(),
        "runs": _runs(),
        "addresses": [_reach(one) for one in address or ()],
    }
    if as_json:
        print_json(told)
    else:
        _show(stdout(), told)
    raise typer.Exit(DONE if _sound(told) else FOUND)


def _softbreak() -> dict[str, Any]:
    import softbreak
    from softbreak.installed import how_installed

    return {
        "version": softbreak.__version__,
        "from": str(Path(softbreak.__file__).parent),
        "installed": how_installed(),
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def _library(name: str) -> dict[str, Any]:
    """Version of a library, or what Python says when it is imported."""
    from importlib import import_module

    with Boundary() as boundary:  # one that was built for another numpy raises whatever it likes
        import_module(name)
    if boundary.error is not None:
        return {"name": name, "version": "", "error": in_words(boundary.error)}
    try:
        return {"name": name, "version": version(name), "error": ""}
    except PackageNotFoundError:
        return {"name": name, "version": "", "error": ""}


def _extras() -> list[dict[str, Any]]:
    from softbreak.installed import EXTRAS, JOBS, install_line

    told = []
    for extra, modules in EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        line = install_line(extra) if missing else ""
        told.append({"extra": extra, "for": JOBS[extra], "missing": missing, "install": line})
    return told


def _cache() -> dict[str, Any]:
    """Where compiled kernels are kept, and how many there are."""
    package = Path(str(find_spec("softbreak").submodule_search_locations[0]))  # type: ignore
    found = package
    with Boundary():  # without a compiler: the libraries above say why
        from softbreak.features.kernels import order_statistics

        kernel: Any = next(
            one for one in vars(order_statistics).values() if hasattr(one, "_cache") and one._cache
        )
        found = Path(str(getattr(kernel._cache, "cache_path", "")) or package)
    place = package if found.is_relative_to(package) else found.parent
    kept = list(place.rglob("*.nbc")) if place.is_dir() else []
    return {
        "place": str(place),
        "writable": os.access(place if place.is_dir() else place.parent, os.W_OK),
        "kernels": len(kept),
        "megabytes": round(sum(file.stat().st_size for file in kept) / 1e6, 1),
        "free_gigabytes": round(shutil.disk_usage(_existing(place)).free / 1e9, 1),
    }


def _existing(place: Path) -> Path:
    return next(one for one in (place, *place.parents) if one.exists())


def _chart_library() -> str:
    from softbreak.errors import SoftbreakError
    from softbreak.report.render_plotly import library_path

    try:
        return str(library_path())
    except SoftbreakError:
        return ""


def _runs() -> dict[str, Any]:
    """Where `train` and `compare` keep their runs, and whether that is there."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    if uri.startswith("sqlite:///"):
        return {"store": uri, "there": Path(uri.removeprefix("sqlite:///")).is_file()}
    return {"store": _without_password(uri), "there": _reach(uri)["reached"]}


def _reach(address: str) -> dict[str, Any]:
    """Open a connection, say nothing, and close it."""
    told: dict[str, Any] = {"address": _without_password(address), "reached": False, "error": ""}
    unfit = told | {"error": "expected SCHEME://HOST:PORT"}
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        port = parts.port or PORTS.get(parts.scheme.partition("+")[0])
    except ValueError:  # whose words may hold a part of a password
        return unfit
    if parts.hostname is None or port is None:
        return unfit
    try:
        with socket.create_connection((parts.hostname, port), timeout=PATIENCE_SECOND):
            told["reached"] = True
    except (OSError, ValueError) as error:
        told["error"] = str(error)
    return told


def _without_password(address: str) -> str:
    plain, query, _ = address.partition("?")  # libpq takes a password behind it, too
    before, at, after = plain.rpartition("@")
    scheme, named, _ = before.partition("://")
    return (f"{scheme if named else 'tcp'}://…@{after}" if at else plain) + ("?…" if query else "")


def _sound(told: dict[str, Any]) -> bool:
    whole = all(not one["error"] for one in told["base"]) and bool(told["chart_library"])
    return whole and all(one["reached"] for one in told["addresses"])


def _show(console: Console, told: dict[str, Any]) -> None:
    from rich.table import Table

    def table(*columns: str) -> Table:
        made = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            made.add_column(column, overflow="fold")
        return made

    about = table("softbreak", told["softbreak"]["version"])
    for name in ("installed", "from", "python", "system"):
        about.add_row(name, told["softbreak"][name])
    cache, runs = told["cache"], told["runs"]
    about.add_row("compiled", _kernels(cache))
    about.add_row("charts", told["chart_library"] or "plotly.min.js is missing: no report")
    about.add_row("runs", f"{runs['store']} ({'there' if runs['there'] else 'none yet'})")
    console.print(about)
    console.print()
    base = table("every verdict needs", "")
    for one in told["base"]:
        base.add_row(one["name"], one["error"] or one["version"])
    console.print(base)
    console.print()
    extras = table("extra", "", "for")
    for one in told["extras"]:
        state = f"without {', '.join(one['missing'])}" if one["missing"] else "ok"
        extras.add_row(one["extra"], state, one["for"])
    console.print(extras)
    missing = [one for one in told["extras"] if one["missing"]]
    if missing:
        console.print("\nWhat brings the missing ones:", style="bold")
        for one in missing:  # printed whole: a line that is copied has no breaks
            typer.echo(f"  {visible(one['install'])}")
    for one in told["addresses"]:
        state = "reached" if one["reached"] else f"not reached: {one['error']}"
        console.print(f"\n{one['address']}: {state}")


def _kernels(cache: dict[str, Any]) -> str:
    """One line on what is compiled already."""
    if not cache["kernels"]:
        kept = "nothing yet: the first run takes about a minute longer"
    else:
        kept = f"{cache['kernels']} kernels, {cache['megabytes']} MB"
    lock = "" if cache["writable"] else "; no writing there: every process compiles anew"
    return f"{kept}, in {cache['place']} ({cache['free_gigabytes']} GB free){lock}"
