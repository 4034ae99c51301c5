"""Impedance as a table of text whose header names its columns, and the table without a header.

CH Instruments, Parstat (VersaStudio), PowerSuite, NOVA, Squidstat, RelaxIS, the P00 layout of
older programs and most spreadsheets write such tables; which column is which, says
:mod:`softbreak.data.readers.impedance.spectrum_columns`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.readers.base import HEAD_BYTES, Head, Reader
from softbreak.data.readers.impedance.complex_columns import in_two_columns
from softbreak.data.readers.impedance.spectrum import (
    VERSION,
    Origin,
    log_spaced,
    read_lines,
    record,
    spectrum_records,
)
from softbreak.data.readers.impedance.spectrum_columns import (
    DELIMITERS,
    SERIES,
    SPECTRUM,
    Header,
    fields_of,
    find_header,
    header_at,
)
from softbreak.data.readers.tables.number_columns import (
    could_be_number,
    not_measured,
    numbers_of,
    plain,
)
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError

_OTHERS = (
    "EC-Lab ASCII FILE",
    "BT-Lab ASCII FILE",
    "EXPLAIN",
    "ZPLOT2",
    "Z60W",
    '"Z60W',
    '"ZPlotW',
)
"""First words of files that have their own readers."""
_MOST_RADIANS: Final = 1.6
"""A phase without a unit that goes farther is in degrees: a passive cell stays within π/2."""
_OF_ADMITTANCE: Final = {"read_as": "admittance, of which the impedance is the inverse"}
_ROWS_TO_KNOW: Final = 5
_WORD: Final = re.compile(r"[^\W\d_]{3}")


def _recognises(head: Head) -> bool:
    if not head.is_text or head.text.startswith(_OTHERS):
        return False
    lines = in_two_columns(head.lines)
    header = find_header(lines)
    return header is not None and any(
        header.is_row(fields_of(line, header.delimiter))
        for line in lines[header.first : header.first + _ROWS_TO_KNOW]
    )


def _read_named(path: Path, reader: Reader) -> list[Record]:
    lines = in_two_columns(read_lines(path))
    first = find_header(lines)
    if first is None:
        raise ReadError(
            path,
            found="no header that names frequency, real and imaginary part",
            expected="a table of impedance",
            remedy="Name the columns, for example: frequency / Hz, Z' / Ohm, Z'' / Ohm.",
        )
    stated, clock = stated_above(lines[: first.row])
    origin = Origin(path, reader.name, reader.instrument, "EIS", clock, stated)
    records: list[Record] = []
    for header, end in _blocks(lines, first):
        last = _last_row(lines, header, end)
        table = _table(path, lines, header, last)
        words = sum(bool(line.strip()) for line in lines[last:end])
        said = dict(_OF_ADMITTANCE) if header.admittance else {}
        said |= {"below_the_table": f"{words} lines of words, which are no rows"} if words else {}
        records += _split(replace(origin, stated={**origin.stated, **said}), table)
    if not any(found.technique is Technique.IMPEDANCE for found in records):
        raise ReadError(
            path,
            found="no row with a positive frequency",
            expected="at least one spectrum",
            remedy="The file was cut off before its spectrum, or it holds none.",
        )
    return records


def _blocks(lines: Sequence[str], header: Header | None) -> Iterator[tuple[Header, int]]:
    """Yield each header with the line (0-based) before which its rows end."""
    while header is not None:
        following, end = None, len(lines)
        for row in range(header.first, len(lines)):
            line = lines[row]
            if not any(map(str.isalpha, line)) or header.fits(fields_of(line, header.delimiter)):
                continue
            following = header_at(lines, row) or _after_words(lines, row, header)
            end = row if following is not None else end
            break  # words without a header behind them: the table below says where they are
        yield header, end
        header = following


def _after_words(lines: Sequence[str], row: int, header: Header) -> Header | None:
    """Return the header that follows words between two tables; None where rows follow them."""
    following = find_header(lines, row)
    if following is None:
        return None
    between = lines[row : following.row]
    rows = any(header.is_row(fields_of(line, header.delimiter)) for line in between)
    return None if rows else following


def _last_row(lines: Sequence[str], header: Header, end: int) -> int:
    """Return the line (0-based) behind the last row, where nothing but words stands below it."""
    last = end
    while last > header.first:
        line = lines[last - 1]
        if header.is_row(fields_of(line, header.delimiter)):
            break
        if line.strip(" \t\r,;") and not _WORD.search(line):
            return end
        last -= 1
    return last if last > header.first else end


def _table(path: Path, lines: Sequence[str], header: Header, end: int) -> pd.DataFrame:
    """Return the numbers below a header in Hz, Ω, s, V and A."""
    if header.area_specific:
        raise ReadError(
            path,
            place=f"line {header.row + 1}",
            found=f"impedance per area ({lines[header.row].strip()[:80]})",
            expected="impedance of the cell in ohm",
            remedy="Divide by the area and name the unit Ohm; give the area with the cell.",
        )
    columns = {name: header.columns[name] for name in header.wanted}
    most = max(column.place for column in columns.values())
    numbers, rows, warmth = [], [], []
    for row, line in enumerate(lines[header.first : end], start=header.first + 1):
        if not line.strip(" \t\r,;"):
            continue
        fields = fields_of(line, header.delimiter)
        if len(fields) <= most:
            raise _cut(path, f"line {row}", f"{len(fields)} fields", f"at least {most + 1}")
        _check_again(path, row, header, fields)
        numbers.append(row)
        rows.append([fields[column.place] for column in columns.values()])
        warmth.append(_warmth(header, fields))
    if header.announced is not None and len(rows) < header.announced:
        told = f"{header.announced} points, as line {header.first} announces"
        raise _cut(path, f"line {end}", f"only {len(rows)} rows", told)
    fields_by_name = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else {}
    texts = {columns[name].label: fields for name, fields in fields_by_name.items()}
    if len(texts) < len(fields_by_name):  # two columns of one name
        texts = {f"{columns[n].place + 1}": fields for n, fields in fields_by_name.items()}
    found = numbers_of(path, texts, numbers)
    values = dict(zip(fields_by_name, found.values(), strict=True))
    table = {name: values[name] * column.factor for name, column in columns.items() if values}
    if "phase" in table:
        turn = _radians(path, header, table["phase"])
        modulus, phase = table.pop("modulus"), table.pop("phase") * turn
        table |= {"real": modulus * np.cos(phase), "imaginary": modulus * np.sin(phase)}
    if header.admittance and table:
        impedance = _inverted(table["real"], table["imaginary"])
        table |= {"real": impedance.real, "imaginary": impedance.imag}
    if header.temperature is not None and table and np.isfinite(warmth).any():
        table["temperature"] = header.temperature.celsius(np.array(warmth))
    empty = {name: np.empty(0) for name in SPECTRUM}
    return pd.DataFrame(table or empty, dtype=np.float64)


def _warmth(header: Header, fields: Sequence[str]) -> float:
    """Return the temperature of a row in the file's unit; NaN where there is none."""
    place = header.temperature.place if header.temperature else len(fields)
    text = fields[place].strip().strip('"') if place < len(fields) else ""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")


def _inverted(real: np.ndarray, imaginary: np.ndarray) -> np.ndarray:
    """Return impedances (Ω) of admittances (S); NaN where nothing passes."""
    admittance = real + 1j * imaginary
    nothing = np.abs(admittance) == 0.0
    return np.where(nothing, np.nan, 1.0 / np.where(nothing, 1.0, admittance))


def _check_again(path: Path, row: int, header: Header, fields: Sequence[str]) -> None:
    """Refuse a second spectrum beside the first; the same one told twice is none."""
    for name, place in header.again.items():
        if place >= len(fields) or not_measured(fields[place]):
            continue
        mine, other = fields[header.columns[name].place], fields[place]
        if plain(mine).lstrip("+-") != plain(other).lstrip("+-"):
            raise ReadError(
                path,
                place=f"line {row}",
                found=f"two spectra beside each other: {mine.strip()!r} and {other.strip()!r} are "
                f"both the {name} part",
                expected="one real and one imaginary part",
                remedy="Give each spectrum a file of its own, or put them one below the other.",
            )


def _radians(path: Path, header: Header, phase: np.ndarray) -> float:
    """Return what turns a phase into radians."""
    column = header.columns["phase"]
    degrees = column.degrees
    if degrees is None:
        farthest = float(np.nanmax(np.abs(phase), initial=0.0))
        if farthest <= _MOST_RADIANS:
            raise ReadError(
                path,
                place=f"line {header.row + 1}, column {column.label}",
                found=f"a phase without a unit that stays within {farthest:.3g}",
                expected="degrees or radians, named in the header",
                remedy=f"Name the unit, for example: {column.label} / deg.",
            )
        degrees = True
    return np.pi / 180.0 if degrees else 1.0


def _cut(path: Path, place: str, found: str, expected: str) -> ReadError:
    return ReadError(
        path,
        place=place,
        found=found,
        expected=expected,
        remedy="The file was cut off or is damaged there: export it again.",
    )


def _split(origin: Origin, table: pd.DataFrame) -> list[Record]:
    """Return records in file order: rows of frequency zero are a time series between spectra."""
    if not set(SERIES) <= set(table.columns):
        return _spectra(origin, table)
    in_series = (table["frequency"] == 0.0).to_numpy()
    edges = np.flatnonzero(np.diff(in_series)) + 1
    records: list[Record] = []
    for part in np.split(np.arange(len(table)), edges):
        block = table.iloc[part]
        if len(part) and in_series[part[0]]:
            series = pd.DataFrame(
                {
                    "test_time_second": block["time"].to_numpy(),
                    "voltage_volt": block["voltage"].to_numpy(),
                    "current_ampere": block["current"].to_numpy(),
                }
            )
            records.append(record(replace(origin, method=""), Technique.CYCLING, series))
        elif len(part):
            records += _spectra(origin, block)
    return records


def _spectra(origin: Origin, table: pd.DataFrame) -> list[Record]:
    frequency, real, imaginary = (table[name].to_numpy() for name in SPECTRUM)
    celsius = table["temperature"].to_numpy() if "temperature" in table else None
    return spectrum_records(origin, frequency, real, imaginary, celsius)


def stated_above(header: Sequence[str]) -> tuple[dict[str, object], float | None]:
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


def _nameless(lines: Sequence[str]) -> tuple[list[list[str]], list[int]] | None:
    """Return fields and numbers of the lines of a table of three columns; None for others.

    An index of the rows in front, which some libraries write, is passed over.
    """
    numbered = [(row, line) for row, line in enumerate(lines, start=1) if line.strip(" \t\r,;")]
    for delimiter in DELIMITERS:
        rows = [fields_of(line.strip(), delimiter) for _, line in numbered]
        width = len(rows[0]) if rows else 0
        if width not in (3, 4) or any(len(fields) != width for fields in rows):
            continue
        if not all(could_be_number(field) for fields in rows for field in fields):
            continue
        if width == 4 and not _is_index([fields[0] for fields in rows]):
            continue
        return [fields[-3:] for fields in rows], [row for row, _ in numbered]
    return None


def _is_index(fields: Sequence[str]) -> bool:
    wanted = range(int(fields[0]), int(fields[0]) + len(fields)) if fields[0] in ("0", "1") else ()
    return len(wanted) > 0 and all(f == str(k) for f, k in zip(fields, wanted, strict=True))


def _recognises_nameless(head: Head) -> bool:
    if not head.is_text:
        return False
    lines = head.lines[:-1] if len(head.data) == HEAD_BYTES else head.lines
    found = _nameless(in_two_columns(lines[:400]))
    if found is None or any(not_measured(fields[0]) for fields in found[0]):
        return False
    try:
        table = numbers_of(head.path, dict(enumerate_columns(found[0])), found[1])
    except ReadError:
        return False
    return log_spaced(table["1"])


def enumerate_columns(rows: Sequence[Sequence[str]]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the columns of rows, called by their numbers."""
    return [(str(at), column) for at, column in enumerate(zip(*rows, strict=True), start=1)]


def _read_nameless(path: Path) -> list[Record]:
    found = _nameless(in_two_columns(read_lines(path)))
    if found is None:
        raise _cut(path, "", "rows of several lengths, or words", "three columns of numbers")
    table = numbers_of(path, dict(enumerate_columns(found[0])), found[1])
    stated = {"columns": "no header: taken as frequency / Hz, Re Z / Ohm, Im Z / Ohm (true sign)"}
    origin = Origin(path, NAMELESS.name, NAMELESS.instrument, stated=stated)
    return spectrum_records(origin, *table.values())


def _dialect(name: str, instrument: str, is_mine: Callable[[Head], bool]) -> Reader:
    """Return a reader of named columns for one instrument's way of writing them."""

    def recognises(head: Head) -> bool:
        return is_mine(head) and _recognises(head)  # the cheaper question first

    def read(path: Path) -> list[Record]:
        return _read_named(path, reader)

    reader = Reader(name, instrument, (".txt", ".csv"), recognises, read, VERSION)
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
    VERSION,
)
READERS = (CH_INSTRUMENTS, PARSTAT, POWERSUITE, NAMED, NAMELESS)
