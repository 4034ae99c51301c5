"""Any delimited table: by a mapping from the manifest, or three bare columns of numbers.

A table without a header does not say what it holds. One kind is common enough to be read
without a mapping: three columns of numbers, of which the first only ever rises. Time, voltage and
current is the order in which people export a galvanostatic test by hand, in the units of the
field: hours, volts, milliamperes. That reading is taken only if it is plausible (a sample every
0.1 s to 6 min, less than three years, less than 20 V, less than 10 A, a current that stays put
for some of the time, steps of time that do not grow as frequencies would), and it is recorded
in ``Source.stated["assumption"]`` so that a report can show it. A mapping overrules it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.tables.column_map import Match
from softbreak.data.readers.tables.delimited import DELIMITERS, Header, Text, delimiter_of
from softbreak.data.readers.tables.further_headers import Table, read_sections
from softbreak.data.readers.tables.time_series import Layout, Told, record_of
from softbreak.data.readers.unrecognised import did_you_mean
from softbreak.data.readers.values.file_columns import FileColumns
from softbreak.data.record import Record
from softbreak.data.schema import COLUMNS, SERIES_COLUMNS, SPECTRUM_COLUMNS
from softbreak.errors import ReadError

if TYPE_CHECKING:
    pass

LAYOUT: Final = Layout(
    reader="table",
    instrument="text table",
    fields=(),
    time_formats=(
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%m/%d/%Y %H:%M:%S%.f",
        "%d.%m.%Y %H:%M:%S%.f",
    ),
)
ASSUMPTION: Final = (
    "three unnamed columns, taken as time in hours, voltage in volts and current in milliamperes; "
    "if that is wrong, say so in the [columns] section of cells.toml"
)
_NUMBER: Final = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?$")
_BLANKS: Final = re.compile(rb"[ \t]*[ \t][ \t]*")
_APART: Final = re.compile(rb"\t[ \t]*|[ ][ \t]+")
_NEARER: Final = re.compile(rb"(?<! )[ ](?=[\[(/])|(?<=/)[ ](?! )")
_INSIDE: Final = re.compile(rb"[ ]+")
_MOST_ABOVE: Final = 1000
_FEWEST_ROWS: Final = 10
_MAPPING: Final = 'voltage_volt = "U" or 1 or { column = "U", scale = 1e-3 }'


@dataclass(frozen=True)
class Wanted:
    """Where a canonical column stands in a table: a header name or a 0-based position."""

    column: str | int
    scale: float = 1.0


def read_mapped(path: Path, columns: Mapping[str, Any]) -> list[Record]:
    """Read a delimited text table by a mapping.

    Parameters
    ----------
    path : Path
    columns : mapping
        Canonical column to a header name (str), a 0-based position (int), or
        ``{"column": name or position, "scale": ours per theirs}``. Positions need no header.

    Returns
    -------
    list of Record
        One; impedance where the mapping has its three columns.

    Raises
    ------
    ReadError
        If the mapping names a column that is not there, or the rows cannot be read.
    """
    wanted = {name: _wanted(path, name, place) for name, place in columns.items()}
    spectrum = all(name in wanted for name in SPECTRUM_COLUMNS)
    missing = [name for name in SERIES_COLUMNS if name not in wanted]
    if missing and not spectrum:
        raise _mapping_error(path, f"a mapping without {', '.join(missing)}")
    text = tabbed(Text.of(path))
    header = _header(text, wanted)
    places = {name: _position(path, header, want.column) for name, want in wanted.items()}
    find = partial(_places, wanted=wanted, first=_above(text, header), places=places)
    table = read_sections(text, header, find, units=False)
    if spectrum:
        return _spectra(path, table)
    columns, scales, comma = table.columns, table.scales, table.decimal_comma
    told = Told(stated=table.said)
    return [record_of(path, columns, LAYOUT, told, scales=scales, decimal_comma=comma)]


def _places(
    names: Sequence[str],
    *,
    wanted: Mapping[str, Wanted],
    first: Sequence[str],
    places: Mapping[str, int],
) -> dict[str, Match]:
    """Return where the mapped columns stand under headings; positions hold for one header only."""
    plain = [name.strip(' "') for name in names]
    if plain == list(first) or plain == [str(place) for place in range(len(plain))]:
        return {n: Match(n, place, wanted[n].scale) for n, place in places.items()}
    if not all(want.column in plain for want in wanted.values()):
        return {}
    return {n: Match(n, plain.index(str(w.column)), w.scale) for n, w in wanted.items()}


def _above(text: Text, header: Header) -> list[str]:
    """Return the headings of a table; where only positions are wanted, the line above its rows."""
    if header.body and header.names != tuple(str(i) for i in range(len(header.names))):
        return [name.strip(' "') for name in header.names]
    line = text.data[: header.body].rstrip(b"\r\n").rpartition(b"\n")[2]
    return [name.strip(' "') for name in line.decode("utf-8", "replace").split(header.delimiter)]


def fits(head: Head, columns: Mapping[str, Any]) -> bool:
    """Whether a file's beginning has a line with the headings that a mapping names."""
    names = set(names_in(columns))
    lines = tabbed(Text.of_bytes(head.path, head.data)).data.split(b"\n", 1000)[:1000]
    rows = (line.decode("utf-8", errors="replace").strip("\r") for line in lines)
    return any(names <= {name.strip(' "') for name in r.split(delimiter_of(r))} for r in rows)


def names_in(columns: Mapping[str, Any]) -> list[str]:
    """Return the headings that a mapping names; positions are none."""
    places = [c.get("column") if isinstance(c, Mapping) else c for c in columns.values()]
    return [place for place in places if isinstance(place, str)]


def read_bare(path: Path) -> list[Record]:
    """Read three columns of numbers without a header; see the module's text for what is assumed.

    Raises
    ------
    ReadError
        If the columns are not plausibly hours, volts and milliamperes.
    """
    text = tabbed(Text.of(path))
    first = text.data.split(b"\n", 1)[0].decode("utf-8", errors="replace")
    header = Header(("0", "1", "2"), _delimiter(first), 0, 0)
    scales = (3600.0, 1.0, 1e-3)
    bare = {n: Match(n, place, scales[place]) for place, n in enumerate(SERIES_COLUMNS)}
    table = read_sections(text, header, lambda names: bare if names[0] == "0" else {})
    told = Told(stated={"assumption": ASSUMPTION, **table.said})
    comma = table.decimal_comma
    record = record_of(path, table.columns, LAYOUT, told, scales=table.scales, decimal_comma=comma)
    why_not = _implausible(*(record.array(name) for name in SERIES_COLUMNS))
    if why_not:
        raise _mapping_error(path, f"three unnamed columns; as hours, volts and mA, {why_not}")
    return [record]


def _recognises(head: Head) -> bool:
    lines = [line for line in head.lines[:200] if line.strip()]
    if len(lines) < _FEWEST_ROWS or not head.is_text:
        return False
    whole = len(head.data) < 65_536 or len(head.lines) > 200
    rows = [_fields(line) for line in (lines if whole else lines[:-1])]
    if any(len(row) != 3 or not all(_NUMBER.match(field) for field in row) for row in rows):
        return False
    table = np.array([[float(field.replace(",", ".")) for field in row] for row in rows])
    return not _implausible(table[:, 0] * 3600.0, table[:, 1], table[:, 2] * 1e-3)


def _implausible(time: np.ndarray, voltage: np.ndarray, current: np.ndarray) -> str:
    """Say why columns cannot be time (s), voltage (V) and current (A); empty if they can."""
    if len(time) < _FEWEST_ROWS:
        return f"only {len(time)} rows"
    steps = np.diff(time)
    if (steps <= 0).any():
        return "the time does not always rise"
    usual = float(np.median(steps))
    if not 0.1 <= usual <= 360.0:
        return f"there is a sample every {usual:.3g} s"
    if np.median(steps[-len(steps) // 4 :]) > 100 * np.median(steps[: len(steps) // 4 + 1]):
        return "the time grows as frequencies do"
    if time[-1] - time[0] > 3 * 365 * 86400.0:
        return "the test lasts more than three years"
    if np.abs(voltage).max() > 20.0:
        return f"the voltage reaches {np.abs(voltage).max():.3g} V"
    if np.abs(current).max() > 10.0:
        return f"the current reaches {np.abs(current).max():.3g} A"
    steady = np.abs(np.diff(current)) <= 1e-3 * np.abs(current).max()
    return "" if np.mean(steady) > 0.05 else "the current never stays put"


def _wanted(path: Path, name: str, place: Any) -> Wanted:
    if name not in COLUMNS:
        near = ", ".join(did_you_mean([name])) or ", ".join(COLUMNS)
        raise _mapping_error(path, f"a mapping for {name!r} (did you mean {near}?)")
    scale: Any = 1.0
    if isinstance(place, Mapping):
        scale, place = place.get("scale", 1.0), place.get("column")
    plain = isinstance(place, str | int) and not isinstance(place, bool)
    if not plain or (isinstance(place, int) and not 0 <= place < 10_000):
        raise _mapping_error(path, f"{name} = {place!r}")
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not np.isfinite(scale):
        raise _mapping_error(path, f"{name} with scale = {scale!r}")
    return Wanted(place, float(scale))


def _header(text: Text, wanted: Mapping[str, Wanted]) -> Header:
    """Find the line that holds the wanted names, or else the first row of numbers."""
    names = {want.column for want in wanted.values() if isinstance(want.column, str)}
    if names:
        return text.header(
            lambda fields: names <= {field.strip(' "') for field in fields},
            "a header line with " + ", ".join(repr(name) for name in sorted(names)),
        )
    places = [want.column for want in wanted.values() if isinstance(want.column, int)]
    start = 0
    for number, line in enumerate(text.data.split(b"\n", 1000)[:1000]):
        plain = line.decode("utf-8", errors="replace")
        fields = plain.split(_delimiter(plain))
        numeric = sum(p < len(fields) and bool(_NUMBER.match(fields[p].strip())) for p in places)
        if numeric >= min(2, len(places)):
            return Header(
                tuple(str(i) for i in range(len(fields))), _delimiter(plain), start, number - 1
            )
        start += len(line) + 1
    raise _mapping_error(text.path, f"no row with numbers at the positions {places}")


def _position(path: Path, header: Header, column: str | int) -> int:
    if isinstance(column, str):
        return [name.strip(' "') for name in header.names].index(column)
    if column >= len(header.names):
        raise _mapping_error(path, f"{len(header.names)} columns, of which none is number {column}")
    return column


def _spectra(path: Path, table: Table) -> list[Record]:
    """Return the spectra of a mapped table, one record each."""
    from softbreak.data.readers.impedance.spectrum import Origin, spectrum_records

    columns = {name: table.columns[name] for name in SPECTRUM_COLUMNS}
    file = FileColumns(path, columns, decimal_comma=table.decimal_comma)
    arrays = {name: file.numbers(name) * table.scales[name] for name in SPECTRUM_COLUMNS}
    usable = np.logical_and.reduce([np.isfinite(array) for array in arrays.values()])
    usable &= arrays["frequency_hertz"] > 0
    if not usable.any():
        raise _mapping_error(path, "no row with a frequency and an impedance")
    said = dict(table.said)
    if not usable.all():
        lost = np.count_nonzero(~usable)
        why = file.told()
        said["left_out"] = f"{lost} of {len(usable)} rows, without a frequency or an impedance" + (
            f"; {why}" if why else ""
        )
    origin = Origin(path, LAYOUT.reader, LAYOUT.instrument, method="", stated=said)
    return spectrum_records(origin, *(arrays[name][usable] for name in SPECTRUM_COLUMNS))


def tabbed(text: Text) -> Text:
    """Turn columns that only blanks separate into columns that tabs separate."""
    sample = text.data[:4096]
    if any(delimiter.encode() in sample for delimiter in DELIMITERS) and not _by_blanks(sample):
        return text
    lines = [line.strip() for line in text.data.split(b"\n")]
    _head_by_blanks(lines)
    ending = b"\n" if text.data.endswith(b"\n") else b""
    return Text(text.path, _BLANKS.sub(b"\t", b"\n".join(lines).rstrip(b"\n")) + ending)


def _head_by_blanks(lines: list[bytes]) -> None:
    """Join the words of each heading above columns that blanks separate."""
    for row, line in enumerate(lines[1:_MOST_ABOVE], start=1):
        fields = line.split()
        if len(fields) < 2 or not all(_NUMBER.match(f.decode("utf-8", "replace")) for f in fields):
            continue
        above = lines[row - 1].lstrip(b"#% ")
        for names in (_APART.split(above), _NEARER.sub(b"", above).split()):
            if len(names) == len(fields) != len(above.split()):
                lines[row - 1] = b"\t".join(_INSIDE.sub(b"_", name.strip()) for name in names)
                return
        return


def _by_blanks(sample: bytes) -> bool:
    """Whether commas are only decimal marks between numbers that blanks separate."""
    lines = [
        line for line in sample.decode("utf-8", errors="replace").splitlines()[:-1] if line.strip()
    ]
    rows = list(dropwhile(lambda line: not _NUMBER.match(line.split()[0]), lines))
    above = lines[: len(lines) - len(rows)]
    return (
        bool(rows)
        and not any(mark in line for line in above for mark in DELIMITERS)
        and all(
            "\t" not in line
            and len(line.split()) > 1
            and all(_NUMBER.match(f) for f in line.split())
            for line in rows
        )
    )


def _delimiter(line: str) -> str:
    for delimiter in ("\t", ";"):
        if delimiter in line:
            return delimiter
    return ","


def _fields(line: str) -> list[str]:
    fields = [field.strip() for field in line.split(_delimiter(line))]
    return fields if len(fields) > 1 and all(fields) and " " not in line.strip() else line.split()


def _mapping_error(path: Path, found: str) -> ReadError:
    return ReadError(
        path,
        found=found,
        expected="time, voltage and current (or a spectrum) mapped to columns that are there",
        remedy=f"Map them in the [columns] section of cells.toml: {_MAPPING}.",
    )


READERS: Final = (
    Reader("bare-table", "bare text table", (".txt", ".csv", ".dat"), _recognises, read_bare),
)
