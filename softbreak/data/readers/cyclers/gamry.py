"""Gamry .DTA of everything but impedance: voltammetry, chrono methods, charge and discharge.

A file has a preamble of typed lines (``TAG`` names the experiment) and tables: ``CURVE``,
``CURVE1`` … hold the run, ``OCVCURVE`` the open circuit before it. Typed lines go on between the
tables: after an open circuit most settings stand there. Numbers may have decimal commas.
Voltage is against the reference. ``CONVENTION`` 1 writes anodic currents positive (ours), 0
cathodic ones, which are turned round here. Date and time are local and taken as UTC.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from softbreak.data.date_orders import stated_order
from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.tables.column_map import Field, match
from softbreak.data.readers.tables.delimited import Header, Text, numbers, read_strings
from softbreak.data.readers.tables.time_series import Layout, Told, record_of
from softbreak.data.readers.values.dates import instant
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

LAYOUT: Final = Layout(
    reader="gamry",
    instrument="Gamry",
    fields=(
        Field("test_time_second", ("t",), "s"),
        Field("voltage_volt", ("vf", "vm"), "V"),
        Field("current_ampere", ("im",), "A"),
        Field("control_voltage_volt", ("sig",), "V"),
        Field("cycle_count", ("cycle",)),
        Field("ambient_temperature_celsius", ("temp",), "C"),
    ),
)
_SWEEPS: Final = ("CV", "LSV", "CIV", "RCV", "POTENTIODYNAMIC", "CPP", "POLRES")
_GALVANOSTATIC: Final = ("CHRONOP", "GALV", "GSTAT", "PWR", "GCC", "CHARGE", "DISCHARGE")
"""How tags of experiments begin that impose a current; some stop at a voltage."""
_CURRENT_CONTROLLED: Final = "0"
"""``CTRLMODE`` of a galvanostat."""
_FOLLOWS_VOLT: Final = 0.01
_FOLLOWS: Final = 0.1
"""A voltage follows the one that is imposed to so much, or to this share of it."""
_TABLE: Final = re.compile(rb"\n(CURVE\d*|OCVCURVE)\tTABLE\b[^\n]*(?=\n)")
"""From the line end before it to its own: patterns that begin with a byte are found far faster."""
_UNITS: Final = frozenset(
    ("s", "ms", "min", "h", "hr", "v", "mv", "uv", "a", "ma", "ua", "na", "c", "k", "f")
)
_TYPED: Final = re.compile(rb"\n[A-Z]\w*\t")
"""A typed line: names, units and rows of a table begin with a tab."""
_KEPT: Final = ("TITLE", "PSTAT", "AREA", "SCANRATE", "VLIMIT1", "VLIMIT2", "NOTES")
_T: Final = "test_time_second"
_CONTROL: Final = "control_voltage_volt"
_MOSTLY: Final = 0.5
_TAG: Final = re.compile(r"^TAG\t(\S+)", re.MULTILINE)


def tag_of(head: Head) -> str:
    """Return what experiment a .DTA file holds ("CV", "EISPOT"); empty for any other file."""
    if not head.is_text or not head.data.startswith(b"EXPLAIN"):
        return ""
    found = _TAG.search(head.text[:2000])
    return found[1].upper() if found else ""


def _recognises(head: Head) -> bool:
    tag = tag_of(head)
    return bool(tag) and "EIS" not in tag and "ZCURVE" not in head.text


def read(path: Path) -> list[Record]:
    """Read a .DTA file: the open circuit before the run, if it was recorded, then the run.

    Raises
    ------
    ReadError
    """
    text = Text.of(path)
    tables = list(_TABLE.finditer(text.data))
    if not tables:
        raise ReadError(
            path,
            found="no CURVE table",
            expected="a table of T, Vf and Im",
            remedy="The experiment was perhaps aborted before its first point.",
        )
    ends = [_end(text.data, found.end()) for found in tables]
    starts = [found.start() + 1 for found in tables[1:]] + [len(text.data)]
    between = (text.data[end:start] for end, start in zip(ends, starts, strict=True))
    typed = b"\n".join((text.data[: tables[0].start() + 1], *between))
    said = _preamble(typed.decode("utf-8", errors="replace"))
    rest: list[pl.DataFrame] = []
    run: list[pl.DataFrame] = []
    for found, end in zip(tables, ends, strict=True):
        begin = found.end() + 1
        frame = _frame(Text(path, text.data[begin:end]), begin)
        (rest if found[1] == b"OCVCURVE" else run).append(frame)
    records = [
        _record(path, frames, said, kind) for frames, kind in ((rest, True), (run, False)) if frames
    ]
    return [record for record in records if record is not None] or _empty(path)


def _end(data: bytes, start: int) -> int:
    """Return where the table ends whose names begin behind the line end at byte ``start``."""
    found = _TYPED.search(data, start)
    return found.start() + 1 if found else len(data)


def _with_units(names: Sequence[str], units: Sequence[str]) -> list[str]:
    """Write the units below names behind them: ``Vf`` over ``mV vs. Ref.`` is ``Vf (mV)``."""
    told = [unit.split(" ")[0].lower() for unit in units] + [""] * len(names)
    return [
        f"{name} ({unit})" if unit in _UNITS else name
        for name, unit in zip(names, told, strict=False)
    ]


def _frame(text: Text, start: int) -> pl.DataFrame:
    """Parse one table (names, units, rows) that begins at byte ``start``; columns by our names.

    Numbers in other units than ours are brought to them.
    """
    import polars as pl

    names, units, body = [*text.data.split(b"\n", 2), b"", b""][:3]
    plain = tuple(names.decode("utf-8", errors="replace").strip("\r").split("\t"))
    applied = units.decode("utf-8", errors="replace").strip("\r").split("\t")
    found = match(_with_units(plain, applied), LAYOUT.fields)
    signal = found.get(_CONTROL)
    if signal is not None and (signal.index >= len(applied) or applied[signal.index] != "V"):
        del found[_CONTROL]  # a galvanostat's signal is a current
    missing = {"test_time_second", "voltage_volt"} - set(found)
    if missing:
        raise ReadError(
            text.path,
            place=f"byte {start}",
            found="a table with the columns " + ", ".join(plain[:20]),
            expected="T, Vf and Im",
            remedy="Export the experiment again from the Framework.",
        )
    header = Header(plain, "\t", len(text.data) - len(body), 0)
    frame = read_strings(text, header, [place.index for place in found.values()])
    frame = frame.rename({str(place.index): name for name, place in found.items()}, strict=False)
    others = {name: at for name, at in found.items() if at.scale != 1.0 or at.offset}
    return frame.with_columns(
        pl.Series(name, at.ours(numbers(frame[name], decimal_comma=True))).cast(pl.String)
        for name, at in others.items()
    )


def _record(
    path: Path, frames: list[pl.DataFrame], said: dict[str, Any], resting: bool
) -> Record | None:
    import polars as pl

    frame = pl.concat(_run_on(frames), how="diagonal")
    if not len(frame):
        return None
    if "current_ampere" not in frame:
        # At open circuit nothing is connected that could carry a current.
        frame = frame.with_columns(pl.lit("0").alias("current_ampere"))
    technique = Technique.REST if resting else None
    if said["tag"] in _SWEEPS and not resting:
        technique = Technique.VOLTAMMETRY
    if _CONTROL in frame and (said["galvanostatic"] or not _follows(frame)):
        frame = frame.drop(_CONTROL)
    sign = -1.0 if said["convention"] == "0" else 1.0
    return record_of(
        path,
        {name: frame[name] for name in frame.columns},
        LAYOUT,
        Told(said["tag"], None if resting else said["started"], said["stated"], technique),
        scales={"current_ampere": sign},
        decimal_comma=True,
    )


def _follows(frame: pl.DataFrame) -> bool:
    """Whether the voltage follows the signal: a galvanostat's is a current, whatever its unit."""
    signal, volt, ampere = (
        numbers(frame[name], decimal_comma=True)
        for name in (_CONTROL, "voltage_volt", "current_ampere")
    )
    known = np.isfinite(signal) & np.isfinite(volt) & np.isfinite(ampere)
    if not known.any():
        return False
    signal, volt, ampere = signal[known], volt[known], ampere[known]
    reach = np.maximum(_FOLLOWS_VOLT, _FOLLOWS * np.abs(signal))
    near = np.mean(np.abs(volt - signal) <= reach)
    is_current = np.median(np.abs(signal - ampere) - _FOLLOWS * np.abs(ampere)) <= 0.0
    return bool(near > _MOSTLY and not (is_current and np.any(ampere != 0.0)))


def _run_on(frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Let times run on from table to table, where they begin anew with one."""
    import polars as pl

    frames = [frame for frame in frames if len(frame)] or frames[:1]
    if len(frames) == 1:
        return frames
    times = [numbers(frame[_T], decimal_comma=True) for frame in frames]
    before = [0.0]
    for earlier, later in pairwise(times):
        last, first = (part[np.isfinite(part)] for part in (earlier, later))
        falls = len(last) > 0 and len(first) > 0 and first[0] < last[-1]
        before.append(before[-1] + (float(last[-1]) if falls else 0.0))
    if not any(before):
        return frames
    return [
        frame.with_columns(pl.Series(_T, time + shift))
        for frame, time, shift in zip(frames, times, before, strict=True)
    ]


def _preamble(text: str) -> dict[str, Any]:
    lines = [line.split("\t") for line in text.replace("\r", "").splitlines()]
    said = {fields[0]: fields[2] for fields in lines if len(fields) >= 3}
    tag = next((fields[1] for fields in lines if fields[0] == "TAG" and len(fields) > 1), "")
    stated = {name.lower(): said[name].strip() for name in _KEPT if said.get(name, "").strip()}
    began = instant(f"{said.get('DATE', '')} {said.get('TIME', '')}".strip())
    stated |= stated_order(began.order, began.example, began.habit)
    return {
        "tag": tag.strip().upper(),
        "convention": said.get("CONVENTION", "1").strip(),
        "galvanostatic": tag.strip().upper().startswith(_GALVANOSTATIC)
        or "ISTEP1" in said
        or said.get("CTRLMODE", "").strip() == _CURRENT_CONTROLLED,
        "started": float(began.seconds[0]) if np.isfinite(began.seconds[0]) else None,
        "stated": stated,
    }


def _empty(path: Path) -> list[Record]:
    raise ReadError(
        path,
        found="tables without a row",
        expected="at least one point",
        remedy="The experiment was perhaps aborted before its first point.",
    )


READERS: Final = (Reader("gamry-dta", "Gamry", (".dta",), _recognises, read, LAYOUT.version),)
