"""ZPlot / ZView: ``.z`` files, and the ``Z60W`` text that other programs write for ZView.

The header row names ``Z'(a)`` and ``Z''(b)``: b is the true imaginary part. Versions differ in the
first line, in quotes, and in whether "End Comments" closes the header.
"""

from __future__ import annotations

import re
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

_COLUMNS = {"frequency": "freq", "real": "z'(a)", "imaginary": "z''(b)"}
_FACTS = {
    "Date": "date",
    "Time": "time",
    "Experiment Type": "experiment",
    "Open Circuit Potential (V)": "open_circuit_volt",
    "Surface Area": "area_cm2",
    "Data Points": "points_announced",
}
_MOST_HEADER_LINES = 2000
_FIRST = re.compile(r'"?(ZPLOT2? ASCII|Z60W Data File|ZPlotW? Data File)', re.IGNORECASE)
_MOMENT = re.compile(r'\s*"?Date:\s*(\S{1,20})\s+Time:\s*(\S{1,20}?)"?\s*')


def recognises(head: Head) -> bool:
    """Return whether the first line is ZPlot's or ZView's own."""
    first = head.lines[0] if head.is_text and head.lines else ""
    return _FIRST.match(first) is not None


def read(path: Path) -> list[Record]:
    """Read the spectra of the file, mostly one."""
    lines = read_lines(path)
    at = _header_row(path, lines)
    places = _places(path, lines[at], at)
    stated = _stated(lines[:at])
    points = []
    for row, line in enumerate(lines[at + 1 :], start=at + 2):
        if not line.strip() or line.startswith("End Comments"):
            continue
        points.append(_point(path, line, places, row))
    frequency, real, imaginary = zip(*points, strict=True) if points else ((), (), ())
    clock = started(str(stated.get("date", "")), str(stated.get("time", "")))
    origin = Origin(path, READER.name, READER.instrument, "EIS", clock, stated)
    return spectrum_records(origin, frequency, real, imaginary)


def _header_row(path: Path, lines: list[str]) -> int:
    for row, line in enumerate(lines[:_MOST_HEADER_LINES]):
        if all(name in line.lower() for name in _COLUMNS.values()):
            return row
    raise ReadError(
        path,
        found="no row that names Freq(Hz), Z'(a) and Z''(b)",
        expected="the header row of a ZPlot or ZView file",
        remedy="The file was cut off or is damaged: export it again.",
    )


def _places(path: Path, line: str, row: int) -> list[int]:
    names = [name.strip().lower() for name in re.split(r"\t|\s{2,}", line.strip().strip('"'))]
    names = [name for name in names if name]
    places = [
        next((at for at, name in enumerate(names) if name.startswith(wanted)), -1)
        for wanted in _COLUMNS.values()
    ]
    if min(places) < 0:
        raise ReadError(
            path,
            place=f"line {row + 1}",
            found=f"the columns {', '.join(names)[:80]}",
            expected="Freq(Hz), Z'(a) and Z''(b)",
            remedy="Export the file again.",
        )
    return places


def _point(path: Path, line: str, places: list[int], row: int) -> list[float]:
    fields = line.split("\t") if "\t" in line else line.split(",")
    if len(fields) <= max(places):
        raise ReadError(
            path,
            place=f"line {row}",
            found=f"{len(fields)} fields",
            expected=f"at least {max(places) + 1}",
            remedy="The file was cut off or is damaged there: export it again.",
        )
    return [number(path, fields[at], f"line {row}") for at in places]


def _stated(header: list[str]) -> dict[str, object]:
    stated: dict[str, object] = {}
    comments: list[str] = []
    inside = False
    for line in header:
        text = line.strip()
        if text.startswith(("Begin User Comments", "End User Comments")):
            inside = text.startswith("Begin")
        elif inside:
            comments.append(text)
        elif moment := _MOMENT.fullmatch(line):
            stated |= {"date": moment[1], "time": moment[2]}
        else:
            name, _, value = text.strip('"').partition(":")
            if name in _FACTS and value.strip():
                stated.setdefault(_FACTS[name], value.strip())
    return {**stated, "comment": "\n".join(comments).strip()}


READER = Reader(
    name="zplot",
    instrument="Scribner ZPlot / ZView",
    suffixes=(".z",),
    recognises=recognises,
    read=read,
    version=VERSION,
)
READERS = (READER,)
