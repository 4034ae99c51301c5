"""Novonix UHPC: exported csv with its sections ``[Summary]``, ``[Protocol]`` and ``[Data]``.

A test that is resumed writes all of them anew, with a run time that begins at zero: each ``[Data]``
is a record.

Current is signed (positive charges); local time is taken as UTC. Mass, capacity and area stand in
the summary even when nobody filled them in (1.000), so that they are kept as ``stated`` and never
believed.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.tables.column_map import Field
from softbreak.data.readers.tables.delimited import Text
from softbreak.data.readers.tables.time_series import Layout, Told, read_table
from softbreak.data.record import Record

LAYOUT: Final = Layout(
    reader="novonix",
    instrument="Novonix UHPC",
    fields=(
        Field("test_time_second", ("run time",), "h"),
        Field("unix_time_second", ("date and time",)),
        Field("voltage_volt", ("potential",), "V"),
        Field("current_ampere", ("current",), "A"),
        Field("cycle_count", ("cycle number",)),
        Field("step_count", ("step number",)),
        Field("ambient_temperature_celsius", ("temperature",), "C"),
    ),
    time_formats=("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S"),
)
_SUMMARY: Final = re.compile(rb"\[Summary\][ \t\r]*$", re.MULTILINE)
"""To be held against the beginning of its line: a pattern that begins with it is ten times slower.
"""
_DATA: Final = re.compile(rb"^\[Data\][ \t\r]*$", re.MULTILINE)


def _recognises(head: Head) -> bool:
    return head.is_text and "[Summary]" in head.text[:64] and "Novonix" in head.text[:400]


def read(path: Path) -> list[Record]:
    """Read an exported csv.

    Raises
    ------
    ReadError
    """
    text = Text.of(path)
    starts = [found.start() for found in _SUMMARY.finditer(text.data)]
    starts = [start for start in starts if text.data[start - 1 : start] in (b"", b"\n")]
    parts = [text.data[a:b] for a, b in pairwise([*starts, len(text.data)])] or [text.data]
    begun = [part for part in parts if len(parts) == 1 or _has_rows(part)]
    return [_part(Text(path, part)) for part in begun or parts[:1]]


def _has_rows(part: bytes) -> bool:
    """Whether anything stands below the headings of a part: a test may end before its first row."""
    return bool(_DATA.split(part, maxsplit=1)[-1].strip().partition(b"\n")[2].strip())


def _part(text: Text) -> Record:
    found = _DATA.search(text.data)  # behind a protocol of thousands of lines
    rows = Text(text.path, text.data[found.start() :]) if found else text
    header = rows.header(LAYOUT.recognises, "Run Time (h), Current (A), Potential (V) under [Data]")
    end = text.data.find(b"[End Summary]")
    summary = text.data[: end if end >= 0 else None].decode("utf-8", "replace")
    pairs = (line.partition(":")[::2] for line in summary.splitlines()[1:])
    stated = {key.strip(): value.strip()[:200] for key, value in pairs if value.strip()}
    return read_table(rows, header, LAYOUT, Told(stated=stated))


READERS: Final = (Reader("novonix", "Novonix UHPC", (".csv",), _recognises, read, LAYOUT.version),)
