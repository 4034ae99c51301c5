"""Landt (LAND, LANHE): exported csv, and the records as the software itself writes them.

Current is signed (positive charges) or told by the state; local time is taken as UTC.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.tables.column_map import Field, has
from softbreak.data.readers.tables.delimited import Text, delimiter_of
from softbreak.data.readers.tables.time_series import Layout, Told, read_table
from softbreak.data.record import Record

LAYOUT: Final = Layout(
    reader="landt",
    instrument="Landt",
    fields=(
        Field("test_time_second", ("test_time_s", "testtime", "test time", "测试时间"), "s"),
        Field("unix_time_second", ("date_time_iso_string", "date_time_iso", "systime", "系统时间")),
        Field("voltage_volt", ("voltage_v", "voltage", "电压"), "V"),
        Field("current_ampere", ("current_a", "current", "电流"), "A"),
        Field("cycle_count", ("cycle_index", "cycle-index", "cycleno", "循环序号")),
        Field("step_count", ("step_index", "step-index", "stepno", "步骤序号", "工步序号")),
        Field("ambient_temperature_celsius", ("temperature_1_c", "temperature_c", "auxtemp"), "C"),
        Field(
            "_label",
            (
                *("step_name", "step-state", "stepstatus", "state", "status"),
                *("步骤状态", "工步状态", "工步类型", "状态"),
            ),
        ),
    ),
    time_formats=("%m/%d/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"),
    discharge=("d", "ccd", "cvd", "cpd", "crd", "恒流放电", "恒压放电", "放电"),
)


def _is_header(names: list[str]) -> bool:
    if not LAYOUT.recognises(names):
        return False
    slashed = any(name.strip(' "').lower().startswith(("current/", "电流/")) for name in names)
    return has(names, "test_time_s", "step_index") or slashed


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
