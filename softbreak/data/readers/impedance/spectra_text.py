"""Impedance as a table of text whose header names its columns, and the nameless three-column table.

CH Instruments, Parstat (VersaStudio), PowerSuite, NOVA and most spreadsheets write such tables.
The *name* of a column decides its sign: ``-Z''`` and ``-Im(Z)`` are turned, ``Z''`` and ``Zimg``
are taken as they stand. Values never decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.impedance.spectrum import (
    Origin,
    is_number,
    log_spaced,
    number,
    read_lines,
    record,
    spectrum_record,
    sweeps,
)
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError

_UNIT = r"(?P<unit>[\[(/_].*)?"
_NAMES = {
    "frequency": rf"(freq|frequency|f|frequency_hertz){_UNIT}",
    "real": rf"(re\(z\)|real\(z\)|zreal|z_real|zre|z_re|z'|z’|z′|real_impedance_ohm){_UNIT}",
    "imaginary": (
        r"(im\(z\)|imag\(z\)|zimag|z_imag|zimg|zim|z_im|z''|z\"|z’’|z″|imaginary_impedance_ohm)"
        rf"{_UNIT}"
    ),
    "time": r"(elapsedtime|time)(?P<unit>[\[(/]s(ec)?\W*)",
    "voltage": r"(potential|voltage)(?P<unit>[\[(/]m?v\W*)",
    "current": r"(current)(?P<unit>[\[(/][mµμu]?a\W*)",
}
_SPECTRUM = ("frequency", "real", "imaginary")
_MINUS = ("-", "−", "–")
_PREFIXES = {"": 1.0, "k": 1e3, "M": 1e6, "m": 1e-3, "µ": 1e-6, "μ": 1e-6, "u": 1e-6, "G": 1e9}
_HEADER_LINES = 200
_OTHERS = ("EC-Lab ASCII FILE", "BT-Lab ASCII FILE", "EXPLAIN", "ZPLOT2", "Z60W", '"Z60W')
"""First words of files that have their own readers."""


@dataclass(frozen=True)
class Header:
    """Which column is which: (place, factor to Hz, Ω, s, V or A with the true sign)."""

    row: int
    delimiter: str | None
    columns: dict[str, tuple[int, float]]
    area_specific: bool


def _find_header(lines: Sequence[str]) -> Header | None:
    for row, line in enumerate(lines[:_HEADER_LINES]):
        lowered = line.lower()
        if "f" not in lowered or "z" not in lowered:
            continue
        for delimiter in ("\t", ";", ",", None):
            header = _columns(row, delimiter, line)
            if header is not None:
                return header
    return None


def _columns(row: int, delimiter: str | None, line: str) -> Header | None:
    columns: dict[str, tuple[int, float]] = {}
    specific = False
    for place, name in enumerate(line.split(delimiter)):
        for quantity, pattern in _NAMES.items():
            sign, bare = _signed(name)
            match = re.fullmatch(pattern, bare, flags=re.IGNORECASE)
            if match and quantity not in columns:
                unit = match["unit"] or ""
                columns[quantity] = (place, sign * _factor(unit))
                specific |= quantity in _SPECTRUM and "cm" in unit.lower()
                break
    if all(quantity in columns for quantity in _SPECTRUM):
        return Header(row, delimiter, columns, specific)
    return None


def _signed(name: str) -> tuple[float, str]:
    bare = re.sub(r"\s+", "", name.strip().removeprefix('"'))
    bare = bare.removesuffix('"') if bare.count('"') % 2 and not bare.endswith('z"') else bare
    return (-1.0, bare[1:]) if bare.startswith(_MINUS) else (1.0, bare)


def _factor(unit: str) -> float:
    match = re.search(r"([kKMmGuµμ]?)(?i:ohm|Ω|Ω|hz|sec|s\b|v\b|a\b)", unit)
    if not match:
        return 1.0
    prefix = "k" if match[1] == "K" else match[1]
    return _PREFIXES[prefix]


def _recognises(head: Head) -> bool:
    if not head.is_text or head.text.startswith(_OTHERS):
        return False
    header = _find_header(head.lines)
    return header is not None and any(
        _is_row(line, header) for line in head.lines[header.row + 1 : header.row + 6]
    )


def _is_row(line: str, header: Header) -> bool:
    fields = line.split(header.delimiter)
    places = [header.columns[name][0] for name in _SPECTRUM]
    return len(fields) > max(places) and all(is_number(fields[place]) for place in places)


def _read_named(path: Path, reader: Reader) -> list[Record]:
    lines = read_lines(path)
    header = _find_header(lines)
    if header is None:
        raise ReadError(
            path,
            found="no header that names frequency, real and imaginary part",
            expected="a table of impedance",
            remedy="Name the columns, for example: frequency / Hz, Z' / Ohm, Z'' / Ohm.",
        )
    if header.area_specific:
        raise ReadError(
            path,
            place=f"line {header.row + 1}",
            found=f"impedance per area ({lines[header.row].strip()[:80]})",
            expected="impedance of the cell in ohm",
            remedy="Divide by the area and name the unit Ohm; give the area with the cell.",
        )
    wanted = [name for name in _NAMES if name in header.columns]
    places = [header.columns[name][0] for name in wanted]
    rows = [
        _fields(path, line.split(header.delimiter), places, row)
        for row, line in enumerate(lines[header.row + 1 :], start=header.row + 2)
        if line.strip(" \t\r,;")
    ]
    factors = np.array([header.columns[name][1] for name in wanted])
    values = np.array(rows, dtype=np.float64).reshape(len(rows), len(wanted)) * factors
    table = pd.DataFrame(values, columns=wanted)
    stated, clock = _stated(lines[: header.row])
    origin = Origin(path, reader.name, reader.instrument, "EIS", clock, stated)
    return _split(origin, table)


def _fields(path: Path, fields: list[str], places: list[int], row: int) -> list[float]:
    if len(fields) <= max(places):
        raise ReadError(
            path,
            place=f"line {row}",
            found=f"{len(fields)} fields",
            expected=f"at least {max(places) + 1}",
            remedy="The file was cut off or is damaged there: export it again.",
        )
    return [number(path, fields[place], f"line {row}") for place in places]


def _split(origin: Origin, table: pd.DataFrame) -> list[Record]:
    """Return records in file order: rows without a frequency are a time series between spectra."""
    is_spectrum = (table["frequency"] > 0.0).to_numpy()
    edges = np.flatnonzero(np.diff(is_spectrum)) + 1
    records: list[Record] = []
    for part in np.split(np.arange(len(table)), edges):
        block = table.iloc[part]
        if len(part) and is_spectrum[part[0]]:
            for piece in sweeps(block["frequency"].to_numpy()):
                frequency, real, imaginary = (block[name].to_numpy()[piece] for name in _SPECTRUM)
                records.append(spectrum_record(origin, frequency, real, imaginary))
        elif {"time", "voltage", "current"} <= set(table.columns) and len(part):
            series = pd.DataFrame(
                {
                    "test_time_second": block["time"].to_numpy(),
                    "voltage_volt": block["voltage"].to_numpy(),
                    "current_ampere": block["current"].to_numpy(),
                }
            )
            records.append(record(replace(origin, method=""), Technique.CYCLING, series))
    if not any(item.technique is Technique.IMPEDANCE for item in records):
        raise ReadError(
            origin.path,
            found="no row with a positive frequency",
            expected="at least one spectrum",
            remedy="The file was cut off before its spectrum, or it holds none.",
        )
    return records


def _stated(header: Sequence[str]) -> tuple[dict[str, object], float | None]:
    """Keep the lines above the table ("name = value", "name: value") and a spelled-out date."""
    stated: dict[str, object] = {}
    clock = None
    for line in header:
        found = re.match(r"\s*([A-Z][a-z]{2})[a-z]*\.? (\d{1,2}), (\d{4})\s+([\d:]{8})\s*$", line)
        name, mark, value = _pair(line)
        if found:
            stated["date"] = line.strip()
            clock = _spelled(" ".join(found.groups()))
        elif mark and value:
            stated[name[:80]] = value[:1000]
    return stated, clock


def _pair(line: str) -> tuple[str, str, str]:
    mark = "=" if "=" in line else ":"
    name, mark, value = line.partition(mark)
    return name.strip(), mark, value.strip()


def _spelled(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%b %d %Y %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _recognises_nameless(head: Head) -> bool:
    if not head.is_text:
        return False
    rows = [re.split(r"[,;\t ]+", line.strip()) for line in head.lines[:400] if line.strip()]
    rows = rows[:-1] if len(head.data) == 65_536 else rows
    if any(len(row) != 3 or not all(map(is_number, row)) for row in rows):
        return False
    return log_spaced(np.array([float(row[0].strip('"').replace(",", ".")) for row in rows]))


def _read_nameless(path: Path) -> list[Record]:
    points = [
        _fields(path, re.split(r"[,;\t ]+", line.strip()), [0, 1, 2], row)
        for row, line in enumerate(read_lines(path), start=1)
        if line.strip()
    ]
    table = pd.DataFrame(np.array(points, dtype=np.float64).reshape(-1, 3), columns=_SPECTRUM)
    stated = {"columns": "no header: taken as frequency / Hz, Re Z / Ohm, Im Z / Ohm (true sign)"}
    origin = Origin(path, NAMELESS.name, NAMELESS.instrument, stated=stated)
    return _split(origin, table)


def _dialect(name: str, instrument: str, is_mine: Callable[[Head], bool]) -> Reader:
    """Return a reader of named columns for one instrument's way of writing them."""

    def recognises(head: Head) -> bool:
        return _recognises(head) and is_mine(head)

    def read(path: Path) -> list[Record]:
        return _read_named(path, reader)

    reader = Reader(name, instrument, (".txt", ".csv"), recognises, read)
    return reader


CH_INSTRUMENTS = _dialect(
    "chi-eis",
    "CH Instruments (impedance)",
    lambda head: any(line.startswith("A.C. Impedance") for line in head.lines[:5]),
)
PARSTAT = _dialect(
    "parstat-eis",
    "Princeton Applied Research Parstat (impedance)",
    lambda head: "Zre (ohms)\tZim (ohms)" in head.text[:4000],
)
POWERSUITE = _dialect(
    "powersuite-eis",
    "Princeton Applied Research PowerSuite (impedance)",
    lambda head: re.match(r"Frequency\tZre\tZimg\s", head.text.replace(" ", "")) is not None,
)
NAMED = _dialect("spectrum-table", "a text table of impedance with named columns", lambda _: True)
NAMELESS = Reader(
    "spectrum-nameless",
    "a text table of frequency, Re Z, Im Z without a header",
    (".csv", ".txt"),
    _recognises_nameless,
    _read_nameless,
)
READERS = (CH_INSTRUMENTS, PARSTAT, POWERSUITE, NAMED, NAMELESS)
