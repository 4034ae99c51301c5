"""PEC: exported csv. Voltage in mV or V, signed current in mA or A; local time is taken as UTC."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.tables.column_map import Field, has, match
from softbreak.data.readers.tables.delimited import Text, delimiter_of, read_strings
from softbreak.data.readers.tables.time_series import Layout, Told, read_table
from softbreak.data.record import Record
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

LAYOUT: Final = Layout(
    reader="pec",
    instrument="PEC",
    fields=(
        Field("test_time_second", ("total time",), "s"),
        Field("unix_time_second", ("real time",)),
        Field("voltage_volt", ("voltage",), "V"),
        Field("current_ampere", ("current",), "A"),
        Field("cycle_count", ("cycle",)),
        Field("step_count", ("step",)),
        Field(
            "ambient_temperature_celsius", ("cell surface temperature", "ambient temperature"), "C"
        ),
    ),
    time_formats=("%m/%d/%Y %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"),
)
_CELL: Final = (
    Field("_cell", ("cell",)),
    Field("_shelf", ("shelf",)),
    Field("_position", ("position",)),
)


def _is_header(names: list[str]) -> bool:
    return LAYOUT.recognises(names) and has(names, "test", "cell", "position")


def _recognises(head: Head) -> bool:
    return any(
        _is_header(line.split(delimiter_of(line)))
        for line in head.lines[:200]
        if "Total Time" in line
    )


def read(path: Path) -> list[Record]:
    """Read an exported csv.

    Raises
    ------
    ReadError
        Also if it holds several cells.
    """
    text = Text.of(path)
    header = text.header(_is_header, "Total Time (Seconds), Voltage (mV), Current (mA)")
    places = [found.index for found in match(header.names, _CELL).values()]
    # lines of words and blank ones, of which sections.py takes care, name no cell
    cells = set(_changes(read_strings(text, header, places).drop_nulls()).iter_rows())
    cells.discard(tuple(header.names[place].strip(' "') for place in sorted(places)))
    if len(cells) > 1:
        raise ReadError(
            path,
            found=f"{len(cells)} cells in one file",
            expected="the export of one cell",
            remedy="Export each cell as a file of its own.",
        )
    lines = text.data[: header.body].decode("utf-8", errors="replace").splitlines()[: header.line]
    pairs = (line.partition(":,")[::2] for line in lines)
    stated = {key.strip(): value.strip()[:200] for key, value in pairs if value.strip()}
    return [
        read_table(text, header, LAYOUT, Told(stated.get("TestRegime Name", ""), stated=stated))
    ]


def _changes(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that differ from the one before."""
    import polars as pl

    return frame.filter(pl.any_horizontal(pl.all().ne_missing(pl.all().shift())))


READERS: Final = (Reader("pec", "PEC", (".csv",), _recognises, read, LAYOUT.version),)
