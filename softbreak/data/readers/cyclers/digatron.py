"""Digatron: text tables of BTS-600 and Battery Manager, in English and in German.

The units stand in a row of their own under the headings, with or without brackets. Current is
signed (positive charges) or told by the status; local time is taken as UTC.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.tables.column_map import Field, has
from softbreak.data.readers.tables.delimited import Header, Text, delimiter_of
from softbreak.data.readers.tables.time_series import Layout, Told, read_table
from softbreak.data.record import Record

LAYOUT: Final = Layout(
    reader="digatron",
    instrument="Digatron",
    fields=(
        Field("test_time_second", ("prog time", "program time", "programmdauer"), "s"),
        Field("unix_time_second", ("timestamp", "time stamp", "zeitstempel", "zeit")),
        Field("voltage_volt", ("voltage", "spannung"), "V"),
        Field("current_ampere", ("current", "strom"), "A"),
        Field("cycle_count", ("cycle", "zyklus")),
        Field("step_count", ("step", "schritt")),
        Field("ambient_temperature_celsius", ("temperature", "temperatur", "temp1", "temp 1"), "C"),
        Field("_label", ("status", "state", "zustand")),
    ),
    time_formats=(
        *("%Y-%m-%d %H:%M:%S%.f", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S%.f"),
        "%d.%m.%Y %H:%M:%S%.f",
    ),
    discharge=("dch", "dis", "ela", "ent"),
)
_TIMES: Final = ("prog time", "program time", "programmdauer")


def _is_header(names: list[str]) -> bool:
    return LAYOUT.recognises(names) and any(has(names, time) for time in _TIMES)


def _recognises(head: Head) -> bool:
    return any(
        _is_header(line.split(delimiter_of(line)))
        for line in head.lines[:100]
        if "prog" in line.lower() or not line.isascii()  # all names of its time begin so
    )


def read(path: Path) -> list[Record]:
    """Read a text table.

    Raises
    ------
    ReadError
    """
    text = Text.of(path)
    header = _with_units(text, text.header(_is_header, "Prog Time, Voltage, Current"))
    lines = text.data[: header.body].decode("utf-8", errors="replace").splitlines()[: header.line]
    pairs = (re.split(r"[:;,\t]", line, maxsplit=1) for line in lines)
    stated = {
        key.strip(' "'): value.strip(' ",;')[:200]
        for key, value in (pair for pair in pairs if len(pair) == 2)
        if value.strip(' ",;\t')
    }
    return [read_table(text, header, LAYOUT, Told(stated=stated))]


def _with_units(text: Text, header: Header) -> Header:
    """Return the header with the units of the row below it, where there is such a row."""
    end = text.data.find(b"\n", header.body)
    if end < 0:
        return header
    line = text.data[header.body : end].decode("utf-8", errors="replace").rstrip("\r")
    units = [field.strip(' "[]') for field in line.split(header.delimiter)]
    if any(any(letter.isdigit() for letter in unit) for unit in units):
        return header  # a row of samples
    units += [""] * (len(header.names) - len(units))
    names = tuple(
        f"{name.strip()} [{unit}]" if unit else name
        for name, unit in zip(header.names, units, strict=False)
    )
    return replace(header, names=names, body=end + 1)


READERS: Final = (Reader("digatron", "Digatron", (".csv", ".txt"), _recognises, read),)
