"""Ivium ``.ids``, Autolab FRA ``.dfr`` and ``.i2b``: spectra without named columns.

Their columns have no header, so order and sign are the formats' own: ``.ids`` holds Z', Z'', f
with the true sign; ``.dfr`` holds f, Z', -Z''; ``.i2b`` holds f, Z', Z'' with the true sign. One
spectrum that was saved in all three and in ZView's format (which names its columns) proves it.
"""

from __future__ import annotations

import re
from pathlib import Path

from softbreak.data.readers.base import Head, Reader, decode
from softbreak.data.readers.impedance.spectrum import (
    VERSION,
    Origin,
    count,
    is_number,
    number,
    read_bytes,
    read_lines,
    spectrum_records,
)
from softbreak.data.record import Record
from softbreak.errors import ReadError

_DFR_FIELDS = 9
_IDS_FACTS = {
    "Title": "title",
    "starttime": "start",
    "serialnumber": "serial_number",
    "Data Options.Area": "area_cm2",
    "Report.Remarks": "comment",
}


def _recognises_ids(head: Head) -> bool:
    return b"\nMethod=" in head.data and b"primary_data" in head.data and b"\x00" in head.data


def _read_ids(path: Path) -> list[Record]:
    """Read every impedance block; blocks of other methods are counted in ``stated``."""
    lines = re.split(r"\r\n|\n|\r", read_bytes(path).decode("cp1252", errors="replace"))
    records, others = [], []
    method = "unnamed"
    facts: dict[str, object] = {}
    for row, line in enumerate(lines):
        name, _, value = line.partition("=")
        if name == "Method":
            method = value.strip()
        elif name in _IDS_FACTS:
            facts[_IDS_FACTS[name]] = value.strip()
        elif line.startswith("primary_data"):
            if method.lower().startswith("impedance"):
                origin = Origin(path, IDS.name, IDS.instrument, method, None, dict(facts))
                records += _ids_block(origin, lines, row)
            else:
                others.append(method)
            facts = {}
    if records:
        return records
    raise ReadError(
        path,
        found="no impedance" + (f", but {', '.join(sorted(set(others)))[:80]}" if others else ""),
        expected="at least one impedance measurement",
        remedy="Export other methods of IviumSoft as text (time, potential, current).",
    )


def _ids_block(origin: Origin, lines: list[str], row: int) -> list[Record]:
    """Read ``primary_data``, the number of columns, the number of points, then the points."""
    path = origin.path
    header = [line.strip() for line in lines[row + 1 : row + 3]]
    if len(header) < 2 or header[0] != "3":
        raise ReadError(
            path,
            place=f"line {row + 2}",
            found=f"{' '.join(header)[:40]!r}",
            expected="an impedance table of 3 columns",
            remedy="The file was cut off or is damaged: export it again.",
        )
    n = count(path, header[1], f"line {row + 3}", most=len(lines) - row - 3)
    points = [_three(path, lines[row + 3 + i], row + 4 + i) for i in range(n)]
    real, imaginary, frequency = zip(*points, strict=True)
    return spectrum_records(origin, frequency, real, imaginary)


def _three(path: Path, line: str, row: int) -> list[float]:
    fields = line.split()
    if len(fields) != 3:
        raise ReadError(
            path,
            place=f"line {row}",
            found=f"{len(fields)} fields",
            expected="3 numbers",
            remedy="The file was cut off or is damaged there: export it again.",
        )
    return [number(path, field, f"line {row}") for field in fields]


def _recognises_dfr(head: Head) -> bool:
    lines = head.lines
    return (
        head.is_text
        and len(lines) > 3 + _DFR_FIELDS
        and re.fullmatch(r"VERSION\d+(\.\d+)?\s*", lines[0]) is not None
        and all(is_number(line) for line in lines[1 : 3 + _DFR_FIELDS])
    )


def _read_dfr(path: Path) -> list[Record]:
    """Read the count in the second line, then nine lines a point: f, Z', -Z'' and six more."""
    lines = read_lines(path)
    second = lines[1] if len(lines) > 1 else ""
    n = count(path, second, "line 2", most=max(0, (len(lines) - 3) // _DFR_FIELDS))
    points = [
        [number(path, lines[at + k], f"line {at + k + 1}") for k in range(3)]
        for at in range(3, 3 + n * _DFR_FIELDS, _DFR_FIELDS)
    ]
    frequency, real, negative = zip(*points, strict=True)
    origin = Origin(path, DFR.name, DFR.instrument, stated={"version": lines[0].strip()})
    return spectrum_records(origin, frequency, real, [-value for value in negative])


def _i2b_start(lines: list[str]) -> int | None:
    """Return the row of the count of points: a lone integer over a row of three numbers."""
    for row, line in enumerate(lines[:200]):
        if re.fullmatch(r"\s*\d{1,6}\s*", line):
            fields = lines[row + 1].split() if row + 1 < len(lines) else []
            return row if len(fields) == 3 and all(map(is_number, fields)) else None
    return None


def _recognises_i2b(head: Head) -> bool:
    return head.is_text and _i2b_start(head.lines) is not None


def _read_i2b(path: Path) -> list[Record]:
    """Read free text, a count, and so many lines of f, Z', Z''."""
    lines = decode(read_bytes(path)).splitlines()
    start = _i2b_start(lines)
    if start is None:
        raise ReadError(
            path,
            found="no count of points over rows of three numbers",
            expected="an .i2b spectrum",
            remedy="The file was cut off or is damaged: export it again.",
        )
    n = count(path, lines[start], f"line {start + 1}", most=len(lines) - start - 1)
    points = [_three(path, lines[start + 1 + i], start + 2 + i) for i in range(n)]
    frequency, real, imaginary = zip(*points, strict=True)
    stated = {"comment": "\n".join(lines[:start]).strip()}
    origin = Origin(path, I2B.name, I2B.instrument, stated=stated)
    return spectrum_records(origin, frequency, real, imaginary)


IDS = Reader("ivium-ids", "IviumSoft", (".ids",), _recognises_ids, _read_ids, VERSION)
DFR = Reader("autolab-dfr", "Autolab FRA", (".dfr",), _recognises_dfr, _read_dfr, VERSION)
I2B = Reader("i2b", "an .i2b spectrum", (".i2b",), _recognises_i2b, _read_i2b, VERSION)
READERS = (IDS, DFR, I2B)
