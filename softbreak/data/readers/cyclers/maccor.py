"""Maccor: text exports with tabs or commas (.txt, .csv, .041 and other channel numbers).

Maccor writes the magnitude of the current and, in ``State`` (or ``MD``), a letter: C charge,
D discharge, R rest, P pause, S suspended, O off. Discharge becomes negative here. Where an export
has no such column the current is taken as it is written, and ``stated["assumption"]`` says so.
Rows of state FRA mark an impedance measurement whose spectrum is stored elsewhere; they repeat
one record's values and are left out. Times are local and taken as UTC.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.formats.column_map import Field, has, match
from softbreak.data.readers.formats.delimited import Text, delimiter_of
from softbreak.data.readers.formats.time_series import Layout, Told, read_table
from softbreak.data.record import Record

LAYOUT: Final = Layout(
    reader="maccor",
    instrument="Maccor",
    fields=(
        Field("test_time_second", ("testtime", "test time"), "s"),
        Field("unix_time_second", ("dpt time", "dpttime")),
        Field("voltage_volt", ("volts", "voltage"), "V"),
        Field("current_ampere", ("amps", "current"), "A"),
        Field("cycle_count", ("cyc#", "cycle c", "cycle", "cycle p")),
        Field("step_count", ("step",)),
        Field("ambient_temperature_celsius", ("temp 1", "aux #1"), "C"),
        Field("_label", ("state", "md")),
    ),
    time_formats=("%m/%d/%Y %H:%M:%S", "%d-%b-%y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p"),
    discharge=("d",),
    ignore=("fra",),
)
_SAID: Final = {
    "date_of_test": r"Date of Test:[\s,]*([^\t\n]*)",
    "file_name": r"Filename:\s*([^\t\n]*?)(?=\s+Procedure:|\t|\n|$)",
    "procedure": r"Procedure:\s*([^\t\n]*)",
    "comment": r"Comment/Barcode:\s*([^\t\n]*)",
}
_UNSIGNED: Final = (
    "the export has no state column, so that the current's sign is taken as it is written"
)


def _is_header(names: list[str]) -> bool:
    return LAYOUT.recognises(names) and (has(names, "rec#") or has(names, "rec"))


def _recognises(head: Head) -> bool:
    return any(_is_header(line.split(delimiter_of(line))) for line in head.lines[:20])


def read(path: Path) -> list[Record]:
    """Read a text export.

    Raises
    ------
    ReadError
    """
    text = Text.of(path)
    header = text.header(_is_header, "Rec#, TestTime, Amps, Volts")
    preamble = text.data[: header.body].decode("utf-8", errors="replace").replace("\r", "")
    preamble = "\n".join(preamble.split("\n")[: header.line]) + "\n"
    stated: dict[str, Any] = {}
    for name, pattern in _SAID.items():
        said = re.search(pattern, preamble)
        if said and said[1].strip():
            stated[name] = said[1].strip()[:200]
    if "_label" not in match(header.names, LAYOUT.fields):
        stated["assumption"] = _UNSIGNED
    return [read_table(text, header, LAYOUT, Told(stated.get("procedure", ""), stated=stated))]


READERS: Final = (
    Reader("maccor", "Maccor", (".txt", ".csv", ".041"), _recognises, read, LAYOUT.version),
)
