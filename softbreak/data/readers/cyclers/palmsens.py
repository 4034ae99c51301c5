"""PalmSens PSTrace ``.pssession``: JSON in UTF-16 that holds any number of measurements.

Each measurement has a data set of arrays with a code for what they hold, a unit class
("PalmSens.Units.MicroAmpere") and points. Voltammograms have a pair of arrays a scan and one array
of times. The curves that are stored besides repeat the same points for plots and are passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from softbreak.data.readers.base import Head, Reader, decode
from softbreak.data.readers.impedance.spectrum import Origin, spectrum_records
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.readers.tables.time_series import Layout, Told, build
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError

LAYOUT: Final = Layout(reader="palmsens", instrument="PalmSens PSTrace", fields=())
MOST_BYTES: Final = 64 * 2**20
"""Parsed, JSON takes some ten times its size of memory."""
_TIME, _POTENTIAL, _CURRENT = 0, 1, 2
_FREQUENCY, _REAL, _IMAGINARY = 5, 7, 8
_PREFIXES: Final = {
    "Pico": 1e-12,
    "Nano": 1e-9,
    "Micro": 1e-6,
    "Milli": 1e-3,
    "Kilo": 1e3,
    "Mega": 1e6,
    "Giga": 1e9,
}
_UNIT: Final = re.compile(r"PalmSens\.Units\.(" + "|".join(_PREFIXES) + ")")
_TICKS_OF_1970: Final = 621_355_968_000_000_000
_TICKS_A_SECOND: Final = 1e7
_SWEEPS: Final = ("cv", "lsv", "acv", "fcv")
_WIDE_BRACE: Final = b"{\0"
_SOUGHT: Final = '"measurements"'
_EXPECTED: Final = "a session of PSTrace with its measurements"
_REMEDY: Final = "Save the session again in PSTrace, or export its curves as CSV."


def _recognises(head: Head) -> bool:
    start = _text(head.data) if head.is_text or head.data[:2] == _WIDE_BRACE else ""
    palmsens = "PalmSens" in start or head.suffix == ".pssession"
    return start.startswith("{") and palmsens and _SOUGHT in start.lower()


def read(path: Path) -> list[Record]:
    """Read every measurement of impedance, and every one of potential and current over time.

    Raises
    ------
    ReadError
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ReadError(
            path,
            found=f"{size:,} bytes",
            expected=f"at most {MOST_BYTES:,} bytes of a session",
            remedy="Save fewer measurements in one session.",
        )
    with foreign_errors(path, expected=_EXPECTED, remedy=_REMEDY):
        session = json.loads(_text(path.read_bytes()), object_pairs_hook=_lowered)
        records = [r for one in session["measurements"] for r in _measurement(path, one)]
    if not records:
        raise ReadError(
            path,
            found="no measurement of impedance, and none of potential and current over time",
            expected=_EXPECTED,
            remedy=_REMEDY,
        )
    return records


def _text(data: bytes) -> str:
    """Return the session's text; its mark of UTF-16 may be missing."""
    wide = data[:2] == _WIDE_BRACE
    text = data.decode("utf-16-le", errors="replace") if wide else decode(data)
    return text.strip("\ufeff\0 \r\n\t")


def _lowered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Versions differ in the case of their keys."""
    return {key.lower(): value for key, value in pairs}


def _measurement(path: Path, measurement: Mapping[str, Any]) -> Iterator[Record]:
    arrays: dict[int, list[np.ndarray]] = {}
    for array in measurement["dataset"]["values"]:
        arrays.setdefault(int(array["arraytype"]), []).append(_values(array))
    stated = {"title": str(measurement.get("title", ""))[:200]}
    method = _method(str(measurement.get("method", "")))
    clock = _clock(measurement.get("utctimestamp") or measurement.get("timestamp"))
    if all(code in arrays for code in (_FREQUENCY, _REAL, _IMAGINARY)):
        origin = Origin(path, LAYOUT.reader, LAYOUT.instrument, method, clock, stated)
        spectrum = (np.concatenate(arrays[c]) for c in (_FREQUENCY, _REAL, _IMAGINARY))
        yield from spectrum_records(origin, *_equally_long(path, *spectrum))
    elif all(code in arrays for code in (_TIME, _POTENTIAL, _CURRENT)):
        series = (np.concatenate(arrays[c]) for c in (_TIME, _POTENTIAL, _CURRENT))
        time, voltage, current = _equally_long(path, *series)
        table = {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
        technique = Technique.VOLTAMMETRY if method.lower() in _SWEEPS else None
        yield build(path, table, LAYOUT, Told(method, clock, stated, technique))


def _values(array: Mapping[str, Any]) -> np.ndarray:
    """Return an array in our units and with its true sign."""
    unit = array.get("unit") or {}
    prefix = _UNIT.search(str(unit.get("type", "")))
    scale = _PREFIXES[prefix[1]] if prefix else 1.0
    if int(array["arraytype"]) == _IMAGINARY:
        name = f"{unit.get('q', '')}{array.get('description', '')}"
        scale *= 1.0 if name and "-" not in name and "Z''" in name else -1.0
    points = [point["v"] for point in array["datavalues"]]
    return np.array(points, dtype=np.float64) * scale


def _equally_long(path: Path, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    lengths = {len(array) for array in arrays}
    if len(lengths) > 1:
        raise ReadError(
            path,
            found=f"arrays of {', '.join(map(str, sorted(lengths)))} points in one measurement",
            expected="arrays of one length",
            remedy=_REMEDY,
        )
    return arrays


def _method(text: str) -> str:
    found = re.search(r"METHOD_ID=(\w{1,20})", text)
    return found[1] if found else ""


def _clock(ticks: Any) -> float | None:
    if not isinstance(ticks, int) or isinstance(ticks, bool) or ticks <= _TICKS_OF_1970:
        return None
    return (ticks - _TICKS_OF_1970) / _TICKS_A_SECOND


READERS: Final = (
    Reader(
        "palmsens-pssession",
        LAYOUT.instrument,
        (".pssession",),
        _recognises,
        read,
        by_library=True,
    ),
)
