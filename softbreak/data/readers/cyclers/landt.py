"""Landt: exported csv. Current is signed (positive charges); local time is taken as UTC."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.formats.column_map import Field, has
from softbreak.data.readers.formats.delimited import Text, delimiter_of
from softbreak.data.readers.formats.time_series import Layout, Told, read_table
from softbreak.data.record import Record

LAYOUT: Final = Layout(
    reader="landt",
    instrument="Landt",
    fields=(
        Field("test_time_second", ("test_time_s",), "s"),
        Field("unix_time_second", ("date_time_iso_string", "date_time_iso")),
        Field("voltage_volt", ("voltage_v",), "V"),
        Field("current_ampere", ("current_a",), "A"),
        Field("cycle_count", ("cycle_index",)),
        Field("step_count", ("step_index",)),
        Field("ambient_temperature_celsius", ("temperature_1_c", "temperature_c"), "C"),
        Field("_label", ("step_name",)),
    ),
    time_formats=("%m/%d/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"),
    discharge=("discharge",),
)


def _is_header(names: list[str]) -> bool:
    return LAYOUT.recognises(names) and has(names, "step_index")


def _recognises(head: Head) -> bool:
    return any(_is_header(line.split(delimiter_of(line))) for line in head.lines[:20])


def read(path: Path) -> list[Record]:
    """Read an exported csv.

    Raises
    ------
    ReadError
    """
    text = Text.of(path)
    header = text.header(_is_header, "test_time_s, current_A, voltage_V")
    record = read_table(text, header, LAYOUT, Told(stated=_stated(text, header.body)))
    return [record]


def _stated(text: Text, end: int) -> dict[str, str]:
    """Return the preamble's ``key: value`` lines that have a value."""
    lines = text.data[:end].decode("utf-8", errors="replace").splitlines()[:-1]
    pairs = (line.rstrip(", ").partition(":")[::2] for line in lines)
    return {key.strip(): value.strip()[:200] for key, value in pairs if value.strip()}


READERS: Final = (Reader("landt", "Landt", (".csv",), _recognises, read, LAYOUT.version),)
