"""Maccor: text exports with tabs or commas (.txt, .csv, .041 and other channel numbers).

Maccor writes the magnitude of the current and, in ``State`` (or ``MD``), a letter: C charge,
D discharge, R rest, P pause, S suspended, O off. Discharge becomes negative here; a pause or a
suspension has no direction of its own and keeps the one before it. Where an export has no such
column the current is taken as it is written, and ``stated["assumption"]`` says so.
Rows of state FRA mark an impedance measurement whose spectrum is stored elsewhere; they repeat
one record's values and are left out. Times are local and taken as UTC.

What the headings leave open, other columns tell: the unit of a bare ``TestTime`` is what makes it
advance as ``DPT Time`` does, an auxiliary input is a temperature if ``Units`` beside it says so,
and ``Volts`` that are millivolts (an export in milliamperes) contradict charge and energy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.tables.column_map import Field, has, match, split_unit
from softbreak.data.readers.tables.delimited import (
    Header,
    Text,
    delimiter_of,
    numbers,
    read_strings,
    timestamps,
)
from softbreak.data.readers.tables.time_series import Layout, Told, read_table
from softbreak.data.record import Record

if TYPE_CHECKING:
    import polars as pl

_TIME: Final = Field("test_time_second", ("testtime", "test time", "test"), "s")
_VOLTS: Final = Field("voltage_volt", ("volts", "voltage"), "V")
LAYOUT: Final = Layout(
    reader="maccor",
    instrument="Maccor",
    fields=(
        _TIME,
        Field("unix_time_second", ("dpt time", "dpttime")),
        _VOLTS,
        Field("voltage_volt", ("mvolts", "mvolt"), "mV"),
        Field("current_ampere", ("amps", "current"), "A"),
        Field("current_ampere", ("mamps", "mamp"), "mA"),
        Field("current_ampere", ("uamps", "uamp", "µamps", "μamps"), "uA"),
        Field("cycle_count", ("cyc#", "cycle c", "cycle", "cycle p")),
        Field("step_count", ("step", "step#")),
        Field("ambient_temperature_celsius", ("temp 1", "temp1", "temperature"), "C"),
        Field("_label", ("state", "md")),
    ),
    time_formats=("%m/%d/%Y %H:%M:%S", "%d-%b-%y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p"),
    discharge=("d",),
    held=("s", "p"),
    ignore=("fra",),
)
_TOTALS: Final = (
    Field("charge", ("amp-hr", "ahr", "capacity", "cap."), "A"),
    Field("charge", ("mamp-hr",), "mA"),
    Field("energy", ("watt-hr", "whr", "energy", "ener."), "V"),
    Field("energy", ("mwatt-hr",), "mV"),
)
"""Charge and energy passed; a factor of a thousand is all that matters of their units."""
_SAID: Final = {
    "date_of_test": r"Date of Test:[\s,]*([^\t\n]*)",
    "file_name": r"Filename:\s*([^\t\n]*?)(?=\s+Procedure:|\t|\n|$)",
    "procedure": r"Procedure:\s*([^\t\n]*)",
    "comment": r"Comment/Barcode:\s*([^\t\n]*)",
}
_UNSIGNED: Final = (
    "the export has no state column, so that the current's sign is taken as it is written"
)
_MILLIVOLTS: Final = (
    "its {volts} are taken as millivolts: as volts they contradict the charge and the energy "
    "of the same rows"
)
_UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_WITHIN: Final = 1.3
"""By how much a clock may be off before it tells no unit: pauses lengthen it, never sixtyfold."""
_SAMPLE_BYTES: Final = 4 << 20
_BLOCKS: Final = 32
_FEWEST: Final = 5


def _is_header(names: list[str]) -> bool:
    return LAYOUT.recognises(names) and (
        any(has(names, record) for record in ("rec#", "rec", "record#"))
        or any(has(names, state, "es") for state in ("state", "md"))
        or any(has(names, amps, "volts") for amps in ("amps", "mamps"))
    )


def _recognises(head: Head) -> bool:
    return any(_is_header(line.split(delimiter_of(line))) for line in head.lines[:40])


def read(path: Path) -> list[Record]:
    """Read a text export.

    Raises
    ------
    ReadError
    """
    text = Text.of(path)
    header = text.header(_is_header, "Rec#, TestTime, Amps, Volts")
    preamble = text.data[: header.body].decode("utf-8", errors="replace").replace("\r", "")
    preamble = "\n".join(preamble.split("\n")[: header.line]) + "\n"
    stated: dict[str, Any] = {}
    for name, pattern in _SAID.items():
        said = re.search(pattern, preamble)
        if said and said[1].strip():
            stated[name] = said[1].strip()[:200]
    layout, assumed = _settled(text, header)
    if "_label" not in match(header.names, LAYOUT.fields):
        assumed.append(_UNSIGNED)
    if assumed:
        stated["assumption"] = "; ".join(assumed)
    return [read_table(text, header, layout, Told(stated.get("procedure", ""), stated=stated))]


def _settled(text: Text, header: Header) -> tuple[Layout, list[str]]:
    """Return the layout with what the headings leave open filled in, and what that assumes."""
    sample = _Sample(text, header)
    assumed: list[str] = []
    fields = {id(field): field for field in LAYOUT.fields}
    if _bare(header, _TIME) and sample.text(_TIME).str.contains(":").any() is not True:
        fields[id(_TIME)] = replace(_TIME, unit=sample.time_unit() or "s")
    if (name := _bare(header, _VOLTS)) and sample.in_millivolts():
        fields[id(_VOLTS)] = replace(_VOLTS, unit="mV")
        assumed.append(_MILLIVOLTS.format(volts=name))
    probes = [header.names[place].strip().lower() for place in sample.probes()]
    if probes:
        aux = Field("ambient_temperature_celsius", tuple(probes), "C")
        return replace(LAYOUT, fields=(*fields.values(), aux)), assumed
    return replace(LAYOUT, fields=tuple(fields.values())), assumed


def _bare(header: Header, field: Field) -> str:
    """Return a field's heading where it states no unit; empty where it does."""
    found = match(header.names, (field,)).get(field.target)
    if found is None or split_unit(header.names[found.index])[1] is not None:
        return ""
    return header.names[found.index].strip()


class _Sample:
    """The first rows of a file, to find what its headings leave open."""

    def __init__(self, text: Text, header: Header) -> None:
        self.header = header
        body = text.data[header.body : header.body + _SAMPLE_BYTES]
        if header.body + _SAMPLE_BYTES < len(text.data):
            body = body[: body.rfind(b"\n") + 1]
        rows = replace(header, body=0)
        self.frame = read_strings(Text(text.path, body), rows, range(len(header.names)))

    def text(self, field: Field) -> pl.Series:
        return self.frame[str(match(self.header.names, (field,))[field.target].index)]

    def array(self, target: str, fields: Sequence[Field]) -> np.ndarray:
        found = match(self.header.names, fields).get(target)
        if found is None:
            return np.full(len(self.frame), np.nan)
        comma = self.header.delimiter != ","
        return numbers(self.frame[str(found.index)], decimal_comma=comma) * found.scale

    def time_unit(self) -> str:
        """Return the unit in which the test time advances as the wall clock; empty if none."""
        found = match(self.header.names, LAYOUT.fields).get("unix_time_second")
        if found is None:
            return ""
        wall = timestamps(self.frame[str(found.index)], LAYOUT.time_formats)
        test = self.array("test_time_second", (_TIME,))
        known = np.isfinite(wall) & np.isfinite(test)
        ends = np.linspace(0, np.count_nonzero(known) - 1, _BLOCKS + 1).astype(int)
        if ends[-1] < 1:
            return ""
        passed, told = np.diff(wall[known][ends]), np.diff(test[known][ends])
        usable = (told > 0) & (passed >= 1)
        if not usable.any() or passed[usable].sum() < _FEWEST:
            return ""
        ratio = float(np.median(passed[usable] / told[usable]))  # the clock shows whole seconds
        near = min(_UNITS, key=lambda unit: abs(np.log(ratio / _UNITS[unit])))
        return near if abs(np.log(ratio / _UNITS[near])) < np.log(_WITHIN) else ""

    def in_millivolts(self) -> bool:
        """Whether energy per charge is a thousandth of what the voltage column says."""
        voltage = np.abs(self.array("voltage_volt", (_VOLTS,)))
        charge = np.diff(self.array("charge", _TOTALS), prepend=np.nan)
        energy = np.diff(self.array("energy", _TOTALS), prepend=np.nan)
        usable = (charge > 0) & (energy > 0) & (voltage > 0)
        if np.count_nonzero(usable) < _FEWEST:
            return False
        ratio = float(np.median(energy[usable] / charge[usable] / voltage[usable]))
        return bool(0.5e-3 < ratio < 2e-3)

    def probes(self) -> list[int]:
        """Return the auxiliary columns whose unit, beside them or in the heading, is °C."""
        found = []
        for place, heading in enumerate(self.header.names):
            name, unit = split_unit(heading)
            beside = self.header.names[place + 1 : place + 2]
            if not name.startswith("aux"):
                continue
            if unit is None and beside and beside[0].strip().lower() == "units":
                told = self.frame[str(place + 1)].drop_nulls().head(1).to_list()
                unit = str(told[0]).strip().lower() if told else None
            if unit in ("c", "°c", "degc", "deg c", "celsius"):
                found.append(place)
        return found


READERS: Final = (
    Reader("maccor", "Maccor", (".txt", ".csv", ".041"), _recognises, read, version="2"),
)
