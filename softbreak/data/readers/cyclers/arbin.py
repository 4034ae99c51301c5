"""Arbin MITS Pro: exported csv, and the result file itself (.res, an Access database).

Current is signed by the instrument (positive charges). ``DateTime`` is local time without a
zone and taken as UTC; exports of the data base hold numbers there (100 ns since 1970).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.containers import ms_access as jet
from softbreak.data.readers.tables.column_map import Field, has, match
from softbreak.data.readers.tables.delimited import Header, Text, delimiter_of, read_strings
from softbreak.data.readers.tables.summaries import samples
from softbreak.data.readers.tables.time_series import Layout, Told, build, read_table
from softbreak.data.record import Record
from softbreak.errors import ReadError

LAYOUT: Final = Layout(
    reader="arbin",
    instrument="Arbin MITS",
    fields=(
        Field("test_time_second", ("test_time", "test time"), "s"),
        Field("unix_time_second", ("datetime", "date_time", "date time")),
        Field("voltage_volt", ("voltage",), "V"),
        Field("current_ampere", ("current",), "A"),
        Field("cycle_count", ("cycle_index", "cycle index", "cycle_id", "cycle id")),
        Field("step_count", ("step_index", "step index", "step_id", "step id")),
        Field(
            "ambient_temperature_celsius",
            (
                *("aux_temperature_1", "aux temperature 1", "temperature", "aux_temperature(℃)_1"),
                *("aux_temperature (c)_1", "aux_temperature(c)_1", "temperature (c)_1"),
            ),
            "C",
        ),
    ),
    time_formats=("%m/%d/%Y %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%d/%m/%Y %H:%M:%S%.f"),
)
_DAY: Final = 86400.0
_ACCESS_EPOCH: Final = -25569 * _DAY
"""1899-12-30, the day zero of Access, in Unix seconds."""
_SERIES: Final = {
    "Test_Time": "test_time_second",
    "DateTime": "unix_time_second",
    "Voltage": "voltage_volt",
    "Current": "current_ampere",
    "Cycle_Index": "cycle_count",
    "Step_Index": "step_count",
}
_TOLD: Final = ("Test_Name", "Item_ID", "Comments", "Creator", "Schedule_File_Name")


_TESTS: Final = (
    Field("_test", ("test_id", "test id")),
    Field("_channel", ("channel_id", "channel id")),
)


def is_header(names: list[str]) -> bool:
    """Whether a line heads an Arbin table of samples."""
    return LAYOUT.recognises(names) and any(
        has(names, name) for name in ("data_point", "data point", "cycle_index", "cycle index")
    )


def _recognises_csv(head: Head) -> bool:
    return any(is_header(line.split(delimiter_of(line))) for line in head.lines[:20])


def read_csv(path: Path) -> list[Record]:
    """Read an exported csv.

    Raises
    ------
    ReadError
        Also if it holds several tests or channels, or statistics.
    """
    text = Text.of(path)
    header = text.header(is_header, "Data_Point, Test_Time, Current, Voltage")
    stated = _test_of(text, header)
    return [samples(read_table(text, header, LAYOUT, Told(stated=stated)), path)]


def _test_of(text: Text, header: Header) -> dict[str, str]:
    """Return which test and channel the rows are of, as an export of its data base says."""
    stated: dict[str, str] = {}
    for name, place in match(header.names, _TESTS).items():
        values = read_strings(text, header, [place.index]).to_series().drop_nulls().unique()
        values = values.filter(values != "")
        if len(values) > 1:
            column = header.names[place.index].strip()
            raise ReadError(
                text.path,
                place=f"column {column}",
                found=f"rows of {len(values)} ({', '.join(sorted(values)[:10])})",
                expected="one test of one channel",
                remedy=f"Export each {column} as a file of its own.",
            )
        if len(values):
            stated[name.strip("_")] = values[0]
    return stated


def read_res(path: Path) -> list[Record]:
    """Read a result file's ``Channel_Normal_Table``, in the order of its data points.

    Raises
    ------
    ReadError
        If the database is damaged or of an old Access version, or holds several tests.
    """
    database = jet.Database.of(path)
    table = database.table_with("Data_Point", "Test_Time", "Current", "Voltage")
    data = database.fixed_columns(table, ["Test_ID", "Data_Point", *_SERIES])
    tests = np.unique(data["Test_ID"]) if "Test_ID" in data else np.zeros(1)
    if len(tests) > 1:
        raise ReadError(
            path,
            found=f"{len(tests)} tests in one file",
            expected="the result file of one channel",
            remedy="Export each test as a file of its own.",
        )
    order = np.argsort(data["Data_Point"], kind="stable")
    arrays = {ours: data[theirs][order] for theirs, ours in _SERIES.items() if theirs in data}
    if "unix_time_second" in arrays:
        arrays["unix_time_second"] = arrays["unix_time_second"] * _DAY + _ACCESS_EPOCH
    stated = _stated(database)
    if len(order) != table.rows:
        stated["rows_missing"] = f"{len(order):,} of the {table.rows:,} rows that it declares"
    told = Told(method=str(stated.get("Schedule_File_Name", "")), stated=stated)
    return [build(path, arrays, LAYOUT, told)]


def _stated(database: jet.Database) -> dict[str, Any]:
    """What ``Global_Table`` says of the test; a file without one is still a measurement."""
    if not database.has_table("Test_Name", "Start_DateTime"):
        return {}
    table = database.table_with("Test_Name", "Start_DateTime")
    return {name: text for name, text in database.first_texts(table, _TOLD).items() if text}


READERS: Final = (
    Reader("arbin-res", "Arbin MITS", (".res",), jet.recognises, read_res, version=LAYOUT.version),
    Reader("arbin-csv", "Arbin MITS", (".csv", ".txt"), _recognises_csv, read_csv, LAYOUT.version),
)
