"""Tables of published collections: Battery Archive, and the battery-data-toolkit (battdat).

Both are in SI units, with positive current on charge. Battery Archive rounds voltage and current
to three decimals (1 mV, 1 mA), which ``stated["assumption"]`` says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.tables.column_map import Field, has, match
from softbreak.data.readers.tables.delimited import Text, delimiter_of, read_strings
from softbreak.data.readers.tables.summaries import samples
from softbreak.data.readers.tables.time_series import Layout, Told, read_table
from softbreak.data.record import Record
from softbreak.errors import ReadError, StatisticsError

_DATES: Final = ("%Y-%m-%d %H:%M:%S%.f", "%m/%d/%Y %H:%M:%S%.f")
ARCHIVE: Final = Layout(
    reader="battery-archive",
    instrument="Battery Archive",
    fields=(
        Field("test_time_second", ("test_time",), "s"),
        Field("unix_time_second", ("date_time",)),
        Field("voltage_volt", ("voltage", "v"), "V"),
        Field("current_ampere", ("current", "i"), "A"),
        Field("cycle_count", ("cycle_index",)),
        Field(
            "ambient_temperature_celsius",
            ("cell_temperature", "environment_temperature", "env_temperature"),
            "C",
        ),
    ),
    time_formats=_DATES,
)
TOOLKIT: Final = Layout(
    reader="battdat",
    instrument="battery-data-toolkit",
    fields=(
        Field("test_time_second", ("test_time",), "s"),
        Field("unix_time_second", ("time",)),
        Field("voltage_volt", ("voltage",), "V"),
        Field("current_ampere", ("current",), "A"),
        Field("cycle_count", ("cycle_number",)),
        Field("step_count", ("step_index",)),
        Field("ambient_temperature_celsius", ("temperature",), "C"),
    ),
    time_formats=_DATES,
    bare_time=True,
)
_ROUNDED: Final = (
    "Battery Archive rounds to 1 mV and 1 mA: currents of a few milliampere are not resolved"
)
_CELL: Final = (Field("_cell", ("cell_id",)),)
_HDF5: Final = b"\x89HDF\r\n\x1a\n"


def is_archive(names: list[str]) -> bool:
    """Whether a line heads a time series of Battery Archive."""
    warmth = any(has(names, name) for name in ("cell_temperature", "environment_temperature"))
    marked = has(names, "cell_id") or (has(names, "cycle_index") and warmth)
    return ARCHIVE.recognises(names) and marked


def is_toolkit(names: list[str]) -> bool:
    """Whether names are those of battdat's raw data."""
    marks = ("cycle_number", "state", "file_number", "cycle_time", "method")
    return TOOLKIT.recognises(names) and any(has(names, mark) for mark in marks)


def _is_statistics(names: list[str]) -> bool:
    return any(
        has(names, *row)
        for row in (
            ("cycle_index", "min_voltage", "max_voltage"),
            ("cycle_index", "v_min", "v_max"),
            ("cycle_number", "capacity_discharge", "capacity_charge"),
        )
    )


def _recognises(head: Head) -> bool:
    names = head.lines[0].split(delimiter_of(head.lines[0])) if head.lines else []
    return is_archive(names) or is_toolkit(names) or _is_statistics(names)


def read(path: Path) -> list[Record]:
    """Read a csv of either.

    Raises
    ------
    ReadError
        Also if it holds several cells, or one row a cycle.
    """
    text = Text.of(path)
    header = text.header(lambda names: len(names) > 2, "test_time, current, voltage")
    names = list(header.names)
    if _is_statistics(names):
        raise StatisticsError(
            path,
            found="statistics: one row a cycle",
            expected="samples",
            remedy="Read the time series of the cell, and leave this file out.",
        )
    if places := [place.index for place in match(names, _CELL).values()]:
        cells = read_strings(text, header, places).unique()
        if len(cells) > 1:
            raise ReadError(
                path,
                place="column cell_id",
                found=f"{len(cells)} cells in one file",
                expected="the samples of one cell",
                remedy="Write each cell into a file of its own.",
            )
    archive = is_archive(names)
    told = Told(stated={"assumption": _ROUNDED} if archive else {})
    return [samples(read_table(text, header, ARCHIVE if archive else TOOLKIT, told), path)]


def _read_hdf5(path: Path) -> list[Record]:
    raise ReadError(
        path,
        found="an HDF5 file",
        expected="a table of samples as text or Parquet",
        remedy="Write it as Parquet: in Python, battdat's dataset.to_parquet(folder).",
    )


READERS: Final = (
    Reader("published-csv", "Battery Archive and battdat", (".csv",), _recognises, read),
    Reader(
        "hdf5",
        "HDF5 (told how to convert it)",
        (".h5", ".hdf5", ".hdf"),
        lambda head: head.data.startswith(_HDF5),
        _read_hdf5,
    ),
)
