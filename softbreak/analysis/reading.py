"""One measurement, read: numbers in tables, what they do not say, figures, and the same as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from softbreak.report.drawing import Figure
from softbreak.report.number_words import plain
from softbreak.report.terminal_table import terminal_table

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console, ConsoleOptions, RenderResult


@dataclass(frozen=True, slots=True)
class Table:
    """A table of words and numbers that are already written.

    Attributes
    ----------
    title : str
    columns : tuple of str
        Headings, with units.
    rows : tuple of tuple of str
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a method says about one cell (or one set of numbers).

    Attributes
    ----------
    title : str
    tables : tuple of Table
    verdict : str
        The answer in a sentence or two; empty where the method gives none.
    caveats : tuple of str
        What the answer rests on, and what else would look the same.
    data : mapping
        All numbers with their units in their names, for machines.
    figures : tuple of Figure
        Side by side in one picture.
    source : str
        The paper and its equation.
    """

    title: str
    tables: tuple[Table, ...] = ()
    verdict: str = ""
    caveats: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    source: str = "Joule 2022, doi 10.1016/j.joule.2022.05.020"

    def __repr__(self) -> str:
        """One line that says what it is."""
        return f"<Reading {self.title}: {len(self.tables)} tables, {len(self.figures)} figures>"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw on a terminal."""
        from rich.padding import Padding
        from rich.text import Text

        del console
        yield Text(plain(self.title), style="bold")
        for table in self.tables:
            yield ""
            yield from terminal_table(
                table.columns, table.rows, options.max_width, title=table.title
            )
        if self.verdict:
            yield ""
            yield Text(plain(self.verdict))
        if self.caveats:
            yield ""
        for caveat in self.caveats:
            bold = "bold yellow" if caveat.startswith("WARNING") else "dim"
            yield Padding(Text(plain(caveat), style=bold), (0, 0, 0, 2))
        yield Text(plain(self.source), style="dim italic")

    def as_data(self) -> dict[str, Any]:
        """Return everything for machines."""
        return {
            "title": self.title,
            "verdict": self.verdict,
            "caveats": list(self.caveats),
            "source": self.source,
            **self.data,
        }


def save_figures(readings: Sequence[Reading], path: Path) -> list[Path]:
    """Write the figures of readings: one file, or one a reading (NAME-2.png, NAME-3.png …).

    Parameters
    ----------
    readings : sequence of Reading
    path : pathlib.Path
        Ends in ``.png``, ``.svg`` or ``.pdf``.

    Returns
    -------
    list of pathlib.Path
        What was written; empty where no reading has a figure.
    """
    from softbreak.report.render_static import save_side_by_side

    shown = [reading for reading in readings if reading.figures]
    path.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for number, reading in enumerate(shown, start=1):
        name = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        written.append(save_side_by_side(reading.figures, name, heading=reading.title))
    return written


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
