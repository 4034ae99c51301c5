"""``softbreak models``: detectors with their cards, shipped and registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from softbreak.cli.console import Json, Quiet, Verbose, print_json, rows_of, speak

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="Example: softbreak models    softbreak models --card models:/softbreak@champion"
)
def models(
    card: Annotated[
        str, typer.Option(help="Show one card: a detector's name, or models:/NAME@ALIAS.")
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """List everything that can judge or learn: shipped detectors, learners, registered models.

    Exit code: 0 done; 2 could not run.
    """
    speak(quiet, verbose)
    if card:
        _card(card, as_json=as_json)
        return
    shipped, learners, versions = _shipped(), _learners(), _registered()
    if as_json:
        told = rows_of(versions.astype({"created": str})) if len(versions) else []
        print_json({"detectors": shipped, "learners": learners, "registered": told})
        return
    _show(shipped, learners, versions)


def _shipped() -> list[dict[str, Any]]:
    from softbreak.models.registry import DEFAULT, DETECTORS

    return [
        {
            "name": one.name,
            "version": one.version,
            "judges": one.unit,
            "default": one.name == DEFAULT,
            "about": one.about,
        }
        for one in DETECTORS.values()
    ]


def _learners() -> dict[str, str]:
    from softbreak.models.learned.learners import LEARNERS

    return {one.name: one.about for one in LEARNERS.values()}


def _registered() -> pd.DataFrame:
    """Registered versions; none where MLflow is not installed."""
    from importlib.util import find_spec

    import pandas as pd

    if find_spec("mlflow") is None:
        return pd.DataFrame()
    from softbreak.training.tracking import registered

    return registered()


def _card(name: str, *, as_json: bool) -> None:
    from pathlib import Path

    from softbreak.cli.detectors import local_detector
    from softbreak.errors import SoftbreakError
    from softbreak.models.detector import read_facts
    from softbreak.models.registry import PIN, fingerprint
    from softbreak.plain_text import visible

    folder = Path(local_detector(name))
    if not folder.is_dir():
        folder = _pretrained(name)
    card = read_facts(folder).get("told")
    if not isinstance(card, dict) or "plan" not in card:
        raise SoftbreakError(f"{name} was not made by `softbreak train`: it has no card")
    mark = fingerprint(folder)
    if as_json:
        print_json(card | {"fingerprint": mark})
        return
    from rich.markdown import Markdown

    from softbreak.cli.console import stdout
    from softbreak.training.logged import card_text

    text = f"{card_text(card)}\n\nFingerprint (to pin it: FOLDER{PIN}…): `{mark}`"
    stdout().print(Markdown(visible(text)))


def _pretrained(name: str) -> Path:
    """Return the folder of a shipped model."""
    from importlib.resources import as_file, files

    from softbreak.errors import SoftbreakError

    shipped = files("softbreak.models").joinpath("pretrained", name)
    if not shipped.is_dir():
        raise SoftbreakError(
            f"{name} is no learned model: rules are described in the documentation; "
            "`softbreak models` lists what there is"
        )
    with as_file(shipped) as folder:
        return folder


def _show(shipped: list[dict[str, Any]], learners: dict[str, str], versions: pd.DataFrame) -> None:
    from rich.table import Table

    from softbreak.cli.console import stdout

    console = stdout()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("detector", "version", "judges a", "about"):
        table.add_column(column, overflow="fold", no_wrap=column == "detector")
    for row in shipped:
        star = " (default)" if row["default"] else ""
        table.add_row(row["name"], row["version"], row["judges"], row["about"] + star)
    console.print(table)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("train --model", "learns"):
        table.add_column(column, overflow="fold", no_wrap=column != "learns")
    for name, about in learners.items():
        table.add_row(name, about)
    console.print(table)
    console.print()
    if not len(versions):
        console.print("No registered model (`softbreak train --register softbreak` makes one).")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("registered", "version", "aliases", "made", "use it as"):
        table.add_column(column, overflow="fold")
    for version in versions.to_dict("records"):
        made = f"{version['created']:%Y-%m-%d %H:%M}"
        told = (version["name"], str(version["version"]), version["aliases"], made)
        table.add_row(*told, version["uri"])
    console.print(table)
