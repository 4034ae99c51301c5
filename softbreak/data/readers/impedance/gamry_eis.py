"""Gamry Framework: the impedance tables (``ZCURVE``) of ``.DTA`` files.

``Zimag`` has its true sign. Files with drift correction hold corrected columns beside the
measured ones; the measured ones are read, and ``stated`` says that the others exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.impedance.spectrum import (
    VERSION,
    Origin,
    number,
    read_lines,
    spectrum_records,
    started,
)
from softbreak.data.record import Record
from softbreak.errors import ReadError

_COLUMNS = ("Freq", "Zreal", "Zimag")
_FACTS = {
    "TITLE": "title",
    "DATE": "date",
    "TIME": "time",
    "AREA": "area_cm2",
    "EOC": "open_circuit_volt",
    "VAC": "amplitude_millivolt_rms",
    "PSTAT": "potentiostat",
}
_TABLE = re.compile(r"ZCURVE\d*\tTABLE")


def recognises(head: Head) -> bool:
    """Return whether Gamry's first word stands there and the tag or a table speaks of impedance."""
    if not head.is_text or not head.text.startswith("EXPLAIN"):
        return False
    tag = next((line for line in head.lines[:5] if line.startswith("TAG\t")), "")
    return "EIS" in tag or any(_TABLE.match(line) for line in head.lines)


def read(path: Path) -> list[Record]:
    """Read every impedance table of the file."""
    lines = read_lines(path)
    starts = [row for row, line in enumerate(lines) if _TABLE.match(line)]
    if not starts:
        raise ReadError(
            path,
            found="no ZCURVE table",
            expected="an impedance measurement of Gamry",
            remedy="The measurement was perhaps aborted before its first point.",
        )
    stated = _stated(lines[: starts[0]])
    tag = next((line.split("\t")[1] for line in lines[:5] if line.startswith("TAG\t")), "EIS")
    clock = started(str(stated.get("date", "")), str(stated.get("time", "")))
    origin = Origin(path, READER.name, READER.instrument, tag, clock, stated)
    return [record for row in starts for record in _spectra(origin, lines, row)]


def _spectra(origin: Origin, lines: list[str], start: int) -> list[Record]:
    path = origin.path
    names = lines[start + 1].strip("\t\r ").split("\t") if start + 1 < len(lines) else []
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise ReadError(
            path,
            place=f"line {start + 2}",
            found=f"the columns {', '.join(names)[:80]}",
            expected=", ".join(_COLUMNS),
            remedy="The file was cut off or is damaged: export it again.",
        )
    if "ZrealDrCor" in names:
        stated = {**origin.stated, "drift_correction": "measured columns read, corrected left"}
        origin = replace(origin, stated=stated)
    places = [names.index(name) for name in _COLUMNS]
    points = [
        [_field(path, fields, place, row) for place in places]
        for row, fields in _rows(lines, start + 3)
    ]
    frequency, real, imaginary = zip(*points, strict=True) if points else ((), (), ())
    return spectrum_records(origin, frequency, real, imaginary)


def _rows(lines: list[str], first: int) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields; a table ends at the first line without a leading tab."""
    for row, line in enumerate(lines[first:], start=first + 1):
        if not line.startswith("\t"):
            return
        if line.strip():
            yield row, line.strip("\r\n").split("\t")[1:]


def _field(path: Path, fields: list[str], place: int, row: int) -> float:
    return number(path, fields[place] if place < len(fields) else "", f"line {row}")


def _stated(header: list[str]) -> dict[str, object]:
    stated: dict[str, object] = {}
    notes: list[str] = []
    inside = False
    for line in header:
        fields = line.split("\t")
        if inside and line.startswith("\t"):
            notes.append(line.strip())
            continue
        inside = fields[0] == "NOTES"
        if fields[0] in _FACTS and len(fields) > 2:
            stated.setdefault(_FACTS[fields[0]], fields[2].strip())
    return {**stated, "comment": "\n".join(notes).strip()}


READER = Reader(
    name="gamry-eis",
    instrument="Gamry Framework (impedance)",
    suffixes=(".dta",),
    recognises=recognises,
    read=read,
    version=VERSION,
)
READERS = (READER,)
