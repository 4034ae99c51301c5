"""What the verbs of single measurements share: facts of the cell, and how readings go out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.cli.console import print_json, say, stdout

if TYPE_CHECKING:
    from softbreak.analysis.reading import Reading
    from softbreak.data.history import CellHistory

Files = Annotated[
    list[Path],
    typer.Argument(help="The cell's files, its folder, or an archive with a manifest."),
]
Area = Annotated[float | None, typer.Option(min=1e-6, help="Electrode area in cm².")]
Thickness = Annotated[
    float | None, typer.Option(min=0.01, help="Thickness of the electrolyte in µm.")
]
Lithium = Annotated[float | None, typer.Option(min=0.0, help="Thickness of the foil in µm.")]
Electrode = Annotated[
    str | None,
    typer.Option(help="Metal of the electrode: Li, Na, K, Mg, Al, Zn. [what the manifest says]"),
]
Png = Annotated[
    Path | None, typer.Option(help="Draw the figure into this file (.png, .svg or .pdf).")
]


def cells(paths: list[Path], **facts: float | str | None) -> list[CellHistory]:
    """Read the cells that a command names."""
    from softbreak.archive.inputs.cells import cells_of

    return cells_of(paths, facts)


def deliver(
    readings: Sequence[Reading], png: Path | None, *, as_json: bool, quiet: bool = False
) -> None:
    """Give readings out: as JSON or on the terminal, and their figures as files."""
    written = draw(readings, png)
    if as_json:
        print_json({"readings": [reading.as_data() for reading in readings]})
        return
    for number, reading in enumerate(readings):
        stdout().print(*([""] if number else []), reading)
    for path in written if not quiet else ():
        say(str(path))


def draw(readings: Sequence[Reading], png: Path | None) -> list[Path]:
    """Write the figures of readings, where a file is named for them.

    Raises
    ------
    SoftbreakError
        If a figure cannot be written under that name.
    """
    from softbreak.analysis.reading import save_figures
    from softbreak.errors import SoftbreakError

    if png is None:
        return []
    if png.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise SoftbreakError(f"--png {png}: a figure's name ends in .png, .svg or .pdf")
    if png.is_dir():
        raise SoftbreakError(f"--png {png}: a folder; expected the name of a file to write")
    return save_figures(readings, png)
