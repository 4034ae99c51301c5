"""Text tables whose headings say what they hold: time, voltage and current, each with its unit.

``Time(s)``, ``E/V``, ``I_mA``, ``Spannung [V]``: where a heading is one of the usual words of a
language and states its unit (or a row of units below does, or the values are durations), nothing
is left to ask. Two candidates for one column, a word without a unit or a current without a sign
are doubt: such a table needs the manifest's ``[columns]``, and the error says which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.formats.plain_table import tabbed
from softbreak.data.readers.tables.column_map import SCALE, Match
from softbreak.data.readers.tables.delimited import DELIMITERS, Header, Text
from softbreak.data.readers.tables.further_headers import Table, read_sections
from softbreak.data.readers.tables.headings import begun, headings_of, split
from softbreak.data.readers.tables.time_series import Layout, Told, record_of
from softbreak.data.readers.tables.unit_witnesses import TIME_WITNESS, corrected, witnesses_in
from softbreak.data.readers.values.dates import read_instants
from softbreak.data.readers.values.durations import are_durations
from softbreak.data.readers.values.units import OFFSETS, TIME_UNITS
from softbreak.data.record import Record
from softbreak.data.schema import SERIES_COLUMNS
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

HEADER_WITHIN_LINES: Final = 300
_LONGEST: Final = 80
"""A heading that says what it is takes no more letters."""
_SHORT_UNIT: Final = 3
"""Letters of a unit; longer ones, such as "hours", also stand for the name of the column."""
_SIGNED: Final = 0.1
"""A voltage of either sign in so many samples belongs to a current of either sign."""


class _Words(NamedTuple):
    """What people write above a column.

    Attributes
    ----------
    names : tuple of str
        Lower case, with blanks for underscores; the preferred ones first.
    units : tuple of str
        Those of the quantity, in lower case.
    implied : mapping
        Names that are units themselves.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    implied: Mapping[str, str]


_WORDS: Final[dict[str, _Words]] = {
    "test_time_second": _Words(
        (
            *("total time", "test time", "elapsed time", "time elapsed", "running time"),
            *("run time", "prog time", "program time", "corrected time", "cumulative time"),
            *("gesamtzeit", "testzeit", "laufzeit", "temps total", "总时间", "测试时间"),
            *("time", "t", "zeit", "temps", "tiempo", "tempo", "tijd", "czas", "tid"),
            *("时间", "時間", "経過時間", "время", "시간", "경과시간", "süre", "aika", "idő"),
            *("čas", "zaman", "час", "timp", "χρόνος", "elapsed", "relative time"),
        ),
        tuple(TIME_UNITS),
        {unit: unit for unit in TIME_UNITS if len(unit) > _SHORT_UNIT},
    ),
    "voltage_volt": _Words(
        (
            *("voltage", "cell voltage", "terminal voltage", "test voltage", "potential"),
            *("cell potential", "we(1).potential", "working electrode potential"),
            *("u", "v", "e", "ewe", "<ewe>", "ecell", "e cell", "vcell", "v cell", "ucell"),
            *("u cell", "uzelle", "ewe-ece", "vf", "spannung", "zellspannung", "potentiel"),
            *("tension", "tensión", "voltaje", "potencial", "tensione", "potenziale", "tensão"),
            *("spanning", "napięcie", "spänning", "напряжение", "电压", "電圧", "电位", "電位"),
            *("전압", "電壓", "napětí", "gerilim", "spænding", "jännite", "feszültség"),
            *("напруга", "spenning", "tensiune", "τάση"),
        ),
        (
            *("v", "volt", "volts", "mv", "uv", "в", "мв", "伏", "毫伏"),
            *("millivolt", "millivolts", "microvolt", "microvolts"),
        ),
        {"volts": "v", "volt": "v"},
    ),
    "current_ampere": _Words(
        (
            *("current", "cell current", "test current", "we(1).current", "i", "<i>", "im"),
            *("icell", "i cell", "strom", "stromstärke", "courant", "intensité", "corriente"),
            *("intensidad", "corrente", "stroom", "prąd", "ström", "ток", "电流", "電流"),
            *("전류", "proud", "akım", "strøm", "virta", "áram"),
            *("струм", "curent", "ρεύμα"),
        ),
        (
            *("a", "amp", "amps", "ampere", "amperes", "ma", "ua", "na"),
            *("а", "ма", "мка", "安", "毫安", "微安"),
            *("milliamp", "milliamps", "milliampere", "milliamperes"),
            *("microamp", "microamps", "microampere", "microamperes"),
        ),
        {"amps": "a", "amperes": "a", "ampere": "a"},
    ),
    "ambient_temperature_celsius": _Words(
        ("temperature", "temp", "cell temperature", "temperatur", "température", "t1", "温度"),
        ("c", "°c", "℃", "degc", "deg c", "celsius", *OFFSETS),
        {},
    ),
}
_OF_THE_CELL: Final = frozenset(
    {
        *("cell voltage", "ecell", "e cell", "vcell", "v cell", "ucell", "u cell", "uzelle"),
        *("cell potential", "zellspannung", "ewe-ece"),
    }
)
_PLAIN: Final = {
    "unix_time_second": (
        *("date time", "datetime", "date and time", "absolute time", "timestamp", "time stamp"),
        *("date", "system time", "real time", "zeitstempel", "datum", "unix time"),
        *("unix timestamp", "unix", "epoch", "epoch time", "utc time", "clock time"),
        *("horodatage", "fecha", "fecha y hora", "data e ora", "дата", "日期", "日時", "日付"),
    ),
    "cycle_count": ("cycle", "cycle index", "cycle number", "cycle no", "cycle id", "zyklus"),
    "step_count": ("step", "step index", "step number", "step no", "step id", "schritt", "ns"),
    "_label": ("step type", "status", "state", "mode", "step name", "command", "md", "工步类型"),
    "_record": ("record", "record number", "data point", "datapoint", "rec", "rec#", "index"),
}
_SPECTRAL: Final = re.compile(r"freq|z'|zre|zim|re\(z\)|im\(z\)|impedan")
LAYOUT: Final = Layout(
    reader="described",
    instrument="text table that names its columns",
    fields=(),
    time_formats=(
        *("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f"),
        *("%Y-%m-%dT%H:%M:%S%.fZ",),
    ),
    discharge=("d", "entlad", "cc d", "cccv d", "cc_d", "cccv_d", "cp d", "放电", "恒流放电"),
)


_WALL_UNITS: Final = frozenset({"", "s", "sec", "ms", "us", "ns", "utc", "local"})
_COMMENT: Final = ("#", "%", "//", "*")
"""What begins a line of comment, in which some programs write their headings."""


class _Heading(NamedTuple):
    name: str
    unit: str


def _parts(heading: str) -> _Heading:
    """Take ``"Current(mA)"``, ``"E/V"``, ``"I_mA"`` or ``"U [V]"`` apart."""
    text = " ".join(heading.strip().strip('"').lstrip("~#%* ").split())
    if len(text) > _LONGEST:
        return _Heading("", "")
    name, unit = text, ""
    if text[-1:] in ")]}":
        place = max(text.rfind(mark) for mark in "([{")
        if place > 0:
            name, unit = text[:place], text[place + 1 : -1]
    if ":" in unit:
        unit = ""  # "h:m:s" says how the values are written
    for mark in (" in ", "/", "_", ",", " "):
        if not unit and mark in name:
            head, _, last = name.rpartition(mark)
            if head and _plain_unit(last.strip()) in SCALE and last.strip():
                name, unit = head, last
    if unit in ("MA", "MV") and heading != heading.upper():
        unit = ""  # a mega is nothing that a cycler measures: it is not known what is meant
    name = name.strip(" /_,.:").lower().replace("_", " ")
    return _Heading(name, _plain_unit(unit))


def _plain_unit(unit: str) -> str:
    plain = unit.strip().lower().replace("µ", "u").replace("μ", "u")
    return plain.rstrip(".")


def find(names: Sequence[str], *, strict: bool = True, timed: bool = False) -> dict[str, Match]:
    """Return where our columns stand under headings that leave no doubt.

    Parameters
    ----------
    names : sequence of str
    strict : bool
        Headings must state their units.
    timed : bool
        The times are written as durations, which need no unit.

    Returns
    -------
    dict of str to Match
        Without the columns that are in doubt.
    """
    parts = [_parts(name) for name in names]
    found: dict[str, Match] = {}
    for target, words in _WORDS.items():
        unitless = not strict or (timed and target == "test_time_second")
        match = _only(target, words, parts, unitless=unitless)
        if match is not None:
            found[target] = match
    for target, plain in _PLAIN.items():
        units = _WALL_UNITS if target == "unix_time_second" else {""}
        places = [
            parts.index(p) for name in plain for p in parts if p.name == name and p.unit in units
        ]
        if places and all(places[0] != match.index for match in found.values()):
            found[target] = Match(target, places[0], 1.0)
    if "unix_time_second" in found and "test_time_second" not in found:
        found["test_time_second"] = replace(found["unix_time_second"], target="test_time_second")
    return found


def _only(target: str, words: _Words, parts: Sequence[_Heading], *, unitless: bool) -> Match | None:
    """Return the one column that is meant; None where there are several, or none."""
    ranked: list[tuple[int, int, float]] = []
    for place, (name, stated) in enumerate(parts):
        unit = stated or words.implied.get(name, "")
        known = name in words.names or name in words.implied
        if known and (unit in words.units or (not unit and unitless)):
            rank = words.names.index(name) if name in words.names else len(words.names)
            ranked.append((rank, place, SCALE.get(unit, 1.0) if unit else 1.0))
    if len(ranked) > 1 and target == "voltage_volt":  # beside an electrode's against a reference
        ranked = [one for one in ranked if parts[one[1]].name in _OF_THE_CELL] or ranked
    if not ranked or (len(ranked) > 1 and target in ("voltage_volt", "current_ampere")):
        return None
    ranked.sort()
    if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
        return None
    _, place, scale = ranked[0]
    scale, offset = (
        OFFSETS.get(parts[place].unit, (scale, 0.0)) if _is_warmth(target) else (scale, 0.0)
    )
    return Match(target, place, scale, offset)


def _is_warmth(target: str) -> bool:
    return target.endswith("_celsius")


def header_of(text: Text) -> Header | None:
    """Return the header of a table that says what it is, its units with it; None if there is none.

    Parameters
    ----------
    text : Text
        A file, or its beginning.
    """
    start = 0
    for number in range(HEADER_WITHIN_LINES):
        end = text.data.find(b"\n", start)
        if end < 0:
            return None
        line = text.data[start:end].decode("utf-8", errors="replace").strip("\r")
        if headings_of(line) is not None and not _SPECTRAL.search(line.lower()):
            for delimiter in DELIMITERS:  # "Time, s;Voltage, V" has more commas than semicolons
                names = split(line, delimiter)
                if names[0] in _COMMENT and _fields_below(text, end + 1, delimiter) < len(names):
                    names = names[1:]
                if set(find(names, strict=False)) >= set(SERIES_COLUMNS):
                    return _whole(text, Header(tuple(names), delimiter, end + 1, number))
        start = end + 1
    return None


def _fields_below(text: Text, start: int, delimiter: str) -> int:
    """Return how many fields the next line has."""
    line = text.data[start : start + 65_536].split(b"\n", 1)[0].decode("utf-8", errors="replace")
    return len(split(line.strip("\r"), delimiter))


def _whole(text: Text, header: Header) -> Header | None:
    """Return a header with the units below it, if then nothing is in doubt."""
    try:
        whole = begun(text, header, lambda names: find(names, strict=False))
    except ReadError:
        return None
    known = find(whole.names, timed=_timed(text, whole))
    return whole if set(known) >= set(SERIES_COLUMNS) else None


def _timed(text: Text, header: Header) -> bool:
    """Whether the first time is a duration."""
    place = find(header.names, strict=False)["test_time_second"].index
    line = text.data[header.body : header.body + 65_536].split(b"\n", 1)[0]
    fields = split(line.decode("utf-8", errors="replace").strip("\r"), header.delimiter)
    return place < len(fields) and are_durations(fields[place][:_LONGEST])


def _recognises(head: Head) -> bool:
    return head.is_text and header_of(tabbed(Text.of_bytes(head.path, head.data))) is not None


def read(path: Path) -> list[Record]:
    """Read a table that says what it is; ``stated["read_as"]`` says how it was read.

    Raises
    ------
    ReadError
        Also if its voltage has both signs and its current but one.
    """
    text = tabbed(Text.of(path))
    header = header_of(text)
    if header is None:
        raise ReadError(
            path,
            found="no line of headings with time, voltage and current and their units",
            expected="one, such as Time(s), Voltage(V), Current(mA)",
            remedy="Say which column is which in the [columns] section of cells.toml.",
        )
    timed = _timed(text, header)
    table = read_sections(text, header, lambda names: find(names, timed=timed))
    found = find(header.names, timed=timed)
    said = {"read_as": _said(header, found), **table.said}
    scales = dict(table.scales)
    beside = {} if "second_header" in said else witnesses_in(header.names)
    if beside and not is_wall(found):
        places, units = corrected(text, header, table.places, beside)
        scales |= {name: places[name].scale for name in SERIES_COLUMNS}
        said |= units
    said.pop(TIME_WITNESS, None)
    columns = {n: c for n, c in table.columns.items() if n != "unix_time_second" or _runs(c)}
    if is_wall(found):
        columns["test_time_second"] = since_first(table.columns["unix_time_second"])
    record = record_of(
        path,
        columns,
        LAYOUT,
        Told(stated=said),
        scales=_named(header, table, scales),
        decimal_comma=table.decimal_comma,
    )
    _check_signs(record)
    return [record]


def is_wall(found: Mapping[str, Match]) -> bool:
    """Whether the only clock of a table is that of dates."""
    wall = found.get("unix_time_second")
    return wall is not None and wall.index == found["test_time_second"].index


def _named(header: Header, table: Table, scales: Mapping[str, float]) -> dict[str, Match]:
    """Return where columns stand, with these scales and the headings as the file has them."""
    names = [" ".join(name.split()) for name in header.names]
    return {
        name: replace(at, scale=scales[name], stated=True, heading=names[at.index])
        for name, at in table.places.items()
    }


def _runs(dates: object) -> bool:
    """Whether a column of dates says more than when the file was written."""
    import polars as pl

    return isinstance(dates, pl.Series) and dates.drop_nulls().n_unique() > 1


def since_first(dates: pl.Series) -> pl.Series:
    """Return the time since the first date, where no other clock stands beside (s)."""
    import polars as pl

    if dates.dtype.is_numeric():
        return dates - dates.drop_nulls().first()
    seconds = read_instants(dates, LAYOUT.time_formats).seconds
    known = seconds[np.isfinite(seconds)]
    return pl.Series(seconds - known[0] if len(known) else seconds)


def _said(header: Header, found: Mapping[str, Match]) -> str:
    words = {"test_time_second": "time", "voltage_volt": "voltage", "current_ampere": "current"}
    parts = [f"{word} from {header.names[found[n].index]!r}" for n, word in words.items()]
    return f"{', '.join(parts)}; a [columns] section in cells.toml overrules this"


def _check_signs(record: Record) -> None:
    voltage, current = record.array("voltage_volt"), record.array("current_ampere")
    loaded = np.abs(current) > 0.01 * np.abs(current).max()
    if not loaded.any() or (current[loaded] < 0).any():
        return
    share = float(np.mean(voltage[loaded] < 0))
    if _SIGNED <= share <= 1.0 - _SIGNED:
        raise ReadError(
            record.source.path,
            found=f"a current that is never negative under a voltage that is in {share:.0%} of the "
            "samples",
            expected="a current with its sign",
            remedy="Export it with its sign, or with a column that says charge or discharge.",
        )


READERS: Final = (
    Reader(LAYOUT.reader, LAYOUT.instrument, (".txt", ".csv", ".dat", ".tsv"), _recognises, read),
)
