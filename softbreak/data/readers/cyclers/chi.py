"""CH Instruments: text exports of voltammetry, chronopotentiometry, i-t curves and open circuit.

The second line names the technique, parameters follow ("Scan Rate (V/s) = 0.1"), then a header
("Potential/V, Current/A"), an empty line and the rows; "Segment 2:" may stand between them. What
is not recorded follows from the parameters: the time of a sweep from its rate, the current of a
chronopotentiogram from the times of its phases. The program counts cathodic currents as positive
unless told otherwise; a passive cell takes up energy, and that tells which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.impedance.spectra_text import stated_above
from softbreak.data.readers.impedance.spectrum import read_lines
from softbreak.data.readers.tables.number_columns import numbers_of
from softbreak.data.readers.tables.time_series import Layout, Told, build
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError

LAYOUT: Final = Layout(reader="chi", instrument="CH Instruments", fields=())
_HEADERS: Final = (
    ("potential/v", "current/a"),
    ("time/sec", "potential/v"),
    ("time/sec", "current/a"),
)
_MODEL: Final = "Instrument Model"
_VALUE: Final = re.compile(r"\s*([-+]?[\d.]{1,30}(?:[eE][-+]?\d{1,3})?)\s*")
_SEGMENT: Final = re.compile(r"\s*Segment \d{1,6}:?\s*", re.IGNORECASE)
_REST: Final = ("open circuit", "开路电位")
_LIMIT_VOLT: Final = 1e-3
_MOST_PHASES: Final = 1_000_000
_TURNED: Final = "cathodic currents were written as positive: turned, so that the cell takes energy"


@dataclass(frozen=True)
class _Export:
    """What one file holds."""

    path: Path
    names: tuple[str, str]
    columns: Mapping[str, np.ndarray]
    stated: Mapping[str, object]
    started: float | None
    method: str

    def parameter(self, name: str, expected: str) -> float:
        """Return a parameter's number."""
        match = _VALUE.fullmatch(str(self.stated.get(name, "")))
        try:
            if match is not None:
                return float(match[1])
        except ValueError:
            pass
        raise self.error(f"no parameter {name!r}", expected)

    def error(self, found: str, expected: str) -> ReadError:
        """Return an error about this file."""
        return ReadError(
            self.path,
            found=found,
            expected=expected,
            remedy="Export it again with its parameters ('Convert to Text' writes them).",
        )


def _names(line: str) -> tuple[str, str] | None:
    fields = [field.strip().lower() for field in line.split(",")]
    pair = (fields[0], fields[1]) if len(fields) > 1 else None
    return pair if pair in _HEADERS else None


def _recognises(head: Head) -> bool:
    lines = head.lines[:200]
    named = any(_MODEL in line or "Quiet Time (sec)" in line for line in lines)
    return head.is_text and named and any(_names(line) for line in lines)


def read(path: Path) -> list[Record]:
    """Read the one measurement of the file.

    Raises
    ------
    ReadError
    """
    export = _export(path)
    arrays, technique, said = _MAKERS[export.names](export)
    stated = {**export.stated, **said}
    told = Told(export.method, export.started, stated, technique)
    return [build(path, arrays, LAYOUT, told)]


def _export(path: Path) -> _Export:
    lines = read_lines(path)
    at = next((row for row, line in enumerate(lines[:200]) if _names(line)), None)
    names = _names(lines[at]) if at is not None else None
    if at is None or names is None:
        raise ReadError(
            path,
            found="no header such as 'Potential/V, Current/A'",
            expected="a text export of CH Instruments' program",
            remedy="The file was cut off or is damaged: export it again.",
        )
    rows, numbers = [], []
    for row, line in enumerate(lines[at + 1 :], start=at + 2):
        if not line.strip() or _SEGMENT.fullmatch(line):
            continue
        fields = line.split(",")
        if len(fields) < 2:
            raise ReadError(
                path,
                place=f"line {row}",
                found=f"{line[:40]!r}",
                expected="two numbers and a comma between them",
                remedy="The file was cut off or is damaged there: export it again.",
            )
        rows.append(fields[:2])
        numbers.append(row)
    texts = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    stated, started = stated_above(lines[:at])
    method = lines[1].strip()[:80] if len(lines) > 1 else ""
    found = _Export(path, names, numbers_of(path, texts, numbers), stated, started, method)
    if not rows:
        raise found.error("no data row", "at least one")
    return found


_Made = tuple[dict[str, np.ndarray], Technique | None, dict[str, object]]


def _voltammogram(export: _Export) -> _Made:
    rate = export.parameter("Scan Rate (V/s)", "the scan rate, which gives the time")
    if rate <= 0.0:
        raise export.error(f"a scan rate of {rate} V/s", "a positive scan rate")
    potential, current = (export.columns[name] for name in export.names)
    time = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(potential)))]) / rate
    current, said = _taking_energy(potential, current)
    arrays = {"test_time_second": time, "voltage_volt": potential, "current_ampere": current}
    return arrays, Technique.VOLTAMMETRY, {"time": "from the scan rate", **said}


def _taking_energy(
    potential: np.ndarray, current: np.ndarray
) -> tuple[np.ndarray, dict[str, object]]:
    """Turn currents that a passive cell would give rather than take."""
    known = np.isfinite(potential) & np.isfinite(current)
    swing = potential[known] - float(np.median(potential[known])) if known.any() else potential
    taken = float(np.sum(swing * (current[known] - float(np.mean(current[known])))))
    return (-current, {"current_sign": _TURNED}) if taken < 0.0 else (current, {})


def _chronopotentiogram(export: _Export) -> _Made:
    time, potential = (export.columns[name] for name in export.names)
    lowered = export.method.lower()
    if any(word in lowered for word in _REST):
        current = np.zeros(len(time))
        technique, said = Technique.REST, {}
    else:
        current, technique = _imposed(export, time, potential), None
        said = {"current": "from the times and currents of the phases"}
    arrays = {"test_time_second": time, "voltage_volt": potential, "current_ampere": current}
    return arrays, technique, dict(said)


def _imposed(export: _Export, time: np.ndarray, potential: np.ndarray) -> np.ndarray:
    """Return the current that the parameters impose; cathodic is negative.

    Raises
    ------
    ReadError
        If the potential reached a limit that may have ended a phase early: then nothing in the
        file says when the current turned.
    """
    wanted = "the currents and times of its phases, which give the current"
    sizes = {
        "N": (-abs(export.parameter("Cathodic Current (A)", wanted)), "Cathodic Time"),
        "P": (abs(export.parameter("Anodic Current (A)", wanted)), "Anodic Time"),
    }
    lasts = {}
    for letter, (_, name) in sizes.items():
        key = next((k for k in export.stated if k.startswith(name)), name)
        lasts[letter] = export.parameter(key, wanted)
    first = str(export.stated.get("Init P/N", "N")).strip()[:1].upper()
    order = ("P", "N") if first == "P" else ("N", "P")
    cycle = lasts["N"] + lasts["P"]
    if min(lasts.values()) <= 0.0 or float(np.nanmax(time)) > _MOST_PHASES * cycle:
        raise export.error("phases that last no time", wanted)
    if float(np.nanmax(time)) > lasts[order[0]]:
        _check_limits(export, potential)
    inside = np.mod(time, cycle)
    # at the very moment of a turn the sample still belongs to the phase that ends
    before = (inside <= lasts[order[0]]) & ((inside > 0.0) | (time <= 0.0))
    return np.where(before, sizes[order[0]][0], sizes[order[1]][0])


def _check_limits(export: _Export, potential: np.ndarray) -> None:
    ends = (("High E Limit (V)", 1.0), ("Low E Limit (V)", -1.0))
    for name, way in ends:
        if name not in export.stated:
            continue
        limit = export.parameter(name, "a number")
        if float(np.nanmax(way * potential)) >= way * limit - _LIMIT_VOLT:
            raise export.error(
                f"a potential that reached {name} = {limit:g}, which may have turned the current",
                "phases that end by their time: the file does not record the current",
            )


def _held(export: _Export) -> _Made:
    time, current = (export.columns[name] for name in export.names)
    potential = export.parameter("Init E (V)", "the potential that was held")
    held = np.full(len(time), potential)
    arrays = {
        "test_time_second": time,
        "voltage_volt": held,
        "current_ampere": current,
        "control_voltage_volt": held,
    }
    if potential * float(np.nansum(current)) < 0.0:
        return {**arrays, "current_ampere": -current}, None, {"current_sign": _TURNED}
    return arrays, None, {}


_MAKERS: Final = dict(zip(_HEADERS, (_voltammogram, _chronopotentiogram, _held), strict=True))
READERS: Final = (Reader("chi", LAYOUT.instrument, (".txt", ".csv"), _recognises, read),)
