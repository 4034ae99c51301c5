"""Neware: .nda and .ndax through fastnda, and csv exported by BTSDA.

Current is signed (positive charges) or, in some exports, told by the step's type.
Absolute times are local where the instrument writes them so,
and taken as UTC. The cycle number is the one that the file holds, not a recount.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.containers import zip_file as zipped
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.readers.tables.column_map import Field, has, match, split_unit
from softbreak.data.readers.tables.delimited import Header, Text, delimiter_of, read_strings
from softbreak.data.readers.tables.time_series import Layout, Told, read_table, record_of
from softbreak.data.record import Record
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

_LABELS: Final = (
    *("step type", "status", "step name", "step state"),
    *("工步类型", "工步名称", "工步状态", "状态"),
)
_RECORDS: Final = (
    "record index",
    "record id",
    "record number",
    "datapoint",
    "数据序号",
    "记录序号",
)
LAYOUT: Final = Layout(
    reader="neware",
    instrument="Neware BTS",
    fields=(
        Field(
            "test_time_second",
            (
                *("total time", "总时间", "累计时间", "测试时间", "cumulative time"),
                *("time", "relative time", "时间", "相对时间", "工步时间"),
            ),
            "s",
        ),
        Field(
            "unix_time_second",
            (
                *("date", "absolute time", "realtime", "real time"),
                *("绝对时间", "系统时间", "日期时间", "日期"),
            ),
        ),
        Field("voltage_volt", ("voltage", "vol", "电压"), "V"),
        Field("current_ampere", ("current", "cur", "电流"), "A"),
        Field("cycle_count", ("cycle index", "cycle id", "cycle", "循环号", "循环序号", "循环")),
        Field(
            "step_count",
            ("step count", "step index", "step id", "step", "工步号", "工步序号", "工步"),
        ),
        Field("ambient_temperature_celsius", ("t1", "temperature", "温度"), "C"),
        Field("_label", _LABELS),
    ),
    time_formats=("%Y-%m-%d %H:%M:%S%.f", "%m/%d/%Y %H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f"),
    discharge=(
        *("cc dchg", "cccv dchg", "cp dchg", "cr dchg", "cv dchg", "dchg"),
        *("恒流放电", "恒压放电", "恒流恒压放电", "恒功率放电", "恒阻放电", "放电"),
    ),
    restarts=True,
)
_NATIVE: Final = {
    "test_time_second": "total_time_s",
    "unix_time_second": "unix_time_s",
    "voltage_volt": "voltage_V",
    "current_ampere": "current_mA",
    "cycle_count": "cycle_count",
    "step_count": "step_count",
}
_TOLD: Final = {
    *("creator", "remark", "remarks", "barcode", "sn", "stepname", "pn"),
    *("active_mass_mg", "starttime", "start_time", "nda_version"),
}
_REMEDY: Final = "Copy it again from the cycler's computer, or export it from BTSDA as csv."


def is_header(names: list[str]) -> bool:
    """Whether a line heads a BTSDA table of records."""
    return LAYOUT.recognises(names) and any(has(names, name) for name in (*_LABELS, *_RECORDS))


def is_layered(names: list[str]) -> bool:
    """Whether a line heads the records of a layered export, two columns to the right."""
    return LAYOUT.recognises(names) and not any(name.strip(' "') for name in names[:2])


def _recognises_csv(head: Head) -> bool:
    lines = (line.split(delimiter_of(line)) for line in head.lines[:20])
    return any(is_header(names) or is_layered(names) for names in lines)


def _recognises_nda(head: Head) -> bool:
    return head.data.startswith(b"NEWARE")


def _recognises_ndax(head: Head) -> bool:
    inside = (b"data.ndc", b"VersionInfo.xml", b"TestInfo.xml", b"data_runInfo.ndc")
    return zipped.recognises(head) and any(name in head.data for name in inside)


def read_csv(path: Path) -> list[Record]:
    """Read a csv exported by BTSDA; a time that restarts with each step runs on.

    Raises
    ------
    ReadError
    """
    text = Text.of(path)
    header = text.header(
        lambda names: is_header(names) or is_layered(names),
        "Step Type, Time, Current(A), Voltage(V)",
    )
    if is_layered(list(header.names)):
        return [_layered(text, header)]
    return [read_table(text, header, LAYOUT, Told())]


def _layered(text: Text, header: Header) -> Record:
    """Read an export of three layers: rows of cycles, of steps (indented by one), of records.

    The headings of the steps stand in the line above those of the records. A record has the cycle
    and the step in whose rows it stands.
    """
    import polars as pl

    above = text.data[: header.body].decode("utf-8", errors="replace").splitlines()[header.line - 1]
    names = [split_unit(name)[0] for name in above.split(header.delimiter)]
    label = next((place for place, name in enumerate(names) if name in _LABELS), 1)
    found = match(header.names, LAYOUT.fields)
    frame = read_strings(text, header, {0, 1, label, *(m.index for m in found.values())})
    filled = [pl.col(name).fill_null("") != "" for name in ("0", "1")]
    cycle, step = filled[0], ~filled[0] & filled[1]
    layers = {
        "cycle_count": pl.when(cycle).then(pl.col("0")).forward_fill(),
        "step_count": pl.when(step).then(pl.col("1")).forward_fill(),
        "_label": pl.when(step).then(pl.col(str(label))).forward_fill(),
    }
    time = pl.col(str(found["test_time_second"].index))
    rows = frame.with_columns(**layers).filter(~cycle & ~step & (time.fill_null("") != ""))
    columns = {name: rows[str(m.index)] for name, m in found.items()}
    columns |= {name: rows[name] for name in layers}
    scales = {name: m.scale for name, m in found.items()}
    comma = header.delimiter != ","
    return record_of(text.path, columns, LAYOUT, Told(), scales=scales, decimal_comma=comma)


def read_nda(path: Path) -> list[Record]:
    """Read a .nda file (versions 8 to 29 and 130).

    Raises
    ------
    ReadError
    """
    with _named(path, ".nda") as named:
        return [_native(path, named)]


def read_ndax(path: Path) -> list[Record]:
    """Read a .ndax file, a zip whose members are checked for their sizes first.

    Raises
    ------
    ReadError
    """
    names = {info.filename for info in zipped.check_members(path)}
    if "data.ndc" not in names:
        raise ReadError(
            path,
            found="a zip of " + (", ".join(sorted(names)[:5]) or "nothing"),
            expected="a member data.ndc",
            remedy=_REMEDY,
        )
    with _named(path, ".ndax") as named:
        return [_native(path, named)]


@contextmanager
def _named(path: Path, suffix: str) -> Iterator[Path]:
    """Give a file the suffix by which fastnda tells its kind: a copy, where it has another."""
    if path.suffix.lower() == suffix:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
        yield Path(shutil.copyfile(path, Path(folder) / f"file{suffix}"))


def _native(path: Path, named: Path) -> Record:
    with foreign_errors(path, expected="an intact file of Neware BTS", remedy=_REMEDY):
        frame, said = _parse(named)
    stated = _stated(path, named)
    if said:
        stated["warnings"] = "; ".join(said)[:500]
    columns = {ours: frame[theirs] for ours, theirs in _NATIVE.items() if theirs in frame.columns}
    probes = [name for name in frame.columns if name.startswith("aux") and name.endswith("_degC")]
    if probes:
        columns["ambient_temperature_celsius"] = frame[probes[0]]
    missing = {"test_time_second", "voltage_volt", "current_ampere"} - set(columns)
    if missing:
        raise ReadError(
            path,
            found="a table without " + ", ".join(sorted(missing)),
            expected="times, voltages and currents",
            remedy=_REMEDY,
        )
    told = Told(method=str(stated.get("stepname", "")), stated=stated)
    return record_of(path, columns, LAYOUT, told, scales={"current_ampere": 1e-3})


def _parse(path: Path) -> tuple[pl.DataFrame, list[str]]:
    import fastnda

    with warnings.catch_warnings(record=True) as caught, _said_by("fastnda") as said:
        warnings.simplefilter("always")
        frame = fastnda.read(path, cycle_mode="raw")
    return frame, [*(str(warning.message) for warning in caught), *said]


@contextmanager
def _said_by(library: str) -> Iterator[list[str]]:
    """Collect what a library logs: with no handler Python prints it, tracebacks and all."""
    said: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, collector = logging.getLogger(library), Collector(logging.WARNING)
    before = logger.propagate
    logger.addHandler(collector)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(collector)
        logger.propagate = before


def _stated(path: Path, named: Path) -> dict[str, Any]:
    """What the file says of the cell. A file without it is still a measurement."""
    import fastnda

    try:
        with foreign_errors(path, expected="test information", remedy=_REMEDY):
            return dict(_told(fastnda.read_metadata(named)))
    except ReadError as error:
        return {"metadata": f"not readable: {error.found}"}


def _told(metadata: Any) -> Iterator[tuple[str, Any]]:
    """Walk the nested metadata for what people typed in."""
    if not isinstance(metadata, dict):
        return
    for name, value in metadata.items():
        if isinstance(value, dict) and set(value) == {"Value"}:
            value = value["Value"]  # noqa: PLW2901 - Neware wraps single values
        if isinstance(value, dict):
            yield from _told(value)
        elif str(name).lower() in _TOLD and str(value or "").strip():
            yield str(name).lower(), str(value).strip()[:200]


READERS: Final = (
    Reader(
        "neware-nda",
        "Neware BTS",
        (".nda",),
        _recognises_nda,
        read_nda,
        LAYOUT.version,
        by_library=True,
    ),
    Reader(
        "neware-ndax",
        "Neware BTS",
        (".ndax",),
        _recognises_ndax,
        read_ndax,
        LAYOUT.version,
        by_library=True,
    ),
    Reader("neware-csv", "Neware BTS", (".csv",), _recognises_csv, read_csv, LAYOUT.version),
)
