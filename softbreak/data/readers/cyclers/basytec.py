"""BaSyTec: result files converted to text. Lines of the preamble and the header begin with ``~``.

Current is signed (positive charges). Only the start is an absolute time; it is local and taken as
UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.tables.column_map import Field
from softbreak.data.readers.tables.delimited import Text
from softbreak.data.readers.tables.time_series import Layout, Told, read_table
from softbreak.data.record import Record

LAYOUT: Final = Layout(
    reader="basytec",
    instrument="BaSyTec",
    fields=(
        Field("test_time_second", ("~time",), "s"),
        Field("voltage_volt", ("u",), "V"),
        Field("current_ampere", ("i",), "A"),
        Field("cycle_count", ("cyc-count",)),
        Field("step_count", ("line",)),
        Field("ambient_temperature_celsius", ("t1",), "C"),
        Field("_label", ("command",)),
    ),
    discharge=("discharge", "entladen"),
)


def _recognises(head: Head) -> bool:
    return head.is_text and head.text.startswith("~Resultfile from Basytec")


def read(path: Path) -> list[Record]:
    """Read a converted result file.

    Raises
    ------
    ReadError
    """
    text = Text.of(path)
    header = text.header(LAYOUT.recognises, "~Time[s], U[V], I[A]")
    lines = text.data[: header.body].decode("utf-8", errors="replace").splitlines()[:-1]
    pairs = (line.lstrip("~").partition(":")[::2] for line in lines)
    stated = {key.strip(): value.strip()[:200] for key, value in pairs if value.strip()}
    told = Told(
        method=stated.get("Testplan", ""),
        started=_instant(stated.get("Start of Test", "")),
        stated=stated,
    )
    return [read_table(text, header, LAYOUT, told)]


def _instant(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%d.%m.%Y %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


READERS: Final = (Reader("basytec", "BaSyTec", (".txt",), _recognises, read, LAYOUT.version),)
