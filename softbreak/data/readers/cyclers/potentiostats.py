"""Potentiostats whose text tables name time, potential and current: NOVA, IviumSoft, Squidstat.

Each is one row of :data:`DIALECTS`. NOVA (Metrohm Autolab) separates by semicolons or tabs, with
decimal commas in many countries; IviumSoft's table follows a line with the number of rows;
Squidstat's (Admiral Instruments) is quoted CSV that numbers its steps. Impedance of all three is
read by :mod:`softbreak.data.readers.impedance.spectra_text`. Layouts by what is published of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.impedance.spectrum_columns import MOST_LINE
from softbreak.data.readers.tables.column_map import Field, has
from softbreak.data.readers.tables.delimited import Text, delimiter_of
from softbreak.data.readers.tables.time_series import Layout, Told, read_table
from softbreak.data.record import Record, Technique

SWEPT: Final = 0.9
"""Share of the steps that have one rate of the potential, from which it was imposed."""
SAME_RATE: Final = 0.2
LEAST_WINDOW_VOLT: Final = 5e-3
_FEWEST: Final = 10
_HEADER_LINES: Final = 200
_BLANKS: Final = re.compile(rb"[ \t]{1,1000}")


@dataclass(frozen=True)
class Dialect:
    """A program's table of time, potential and current.

    Attributes
    ----------
    layout : Layout
    mark : tuple of str
        Names (lower case, without or with their units) one of which no other program writes.
    sweep : tuple of str
        Names that only its voltammograms have.
    blanks : bool
        Its columns may be separated by blanks.
    """

    layout: Layout
    mark: tuple[str, ...]
    sweep: tuple[str, ...] = ()
    blanks: bool = False

    def is_header(self, names: list[str]) -> bool:
        """Whether a line names this program's columns."""
        names = [" ".join(name.split()) for name in names]
        if not self.layout.recognises(names):
            return False
        written = {re.sub(r"[\s\"]", "", name).lower() for name in names}
        return any(has(names, name) or name in written for name in self.mark)


NOVA: Final = Dialect(
    Layout(
        reader="nova",
        instrument="Metrohm Autolab NOVA",
        fields=(
            Field("test_time_second", ("time", "corrected time", "t"), "s"),
            Field("voltage_volt", ("we(1).potential", "potential"), "V"),
            Field("current_ampere", ("we(1).current", "<i>", "i"), "A"),
            Field("cycle_count", ("scan", "cycle")),
        ),
    ),
    mark=("we(1).potential", "we(1).current"),
    sweep=("scan", "potential applied"),
)
IVIUM: Final = Dialect(
    Layout(
        reader="ivium-text",
        instrument="IviumSoft (text)",
        fields=(
            Field("test_time_second", ("time", "t"), "s"),
            Field("voltage_volt", ("e",), "V"),
            Field("current_ampere", ("i",), "A"),
        ),
    ),
    mark=("e/v",),
    blanks=True,
)
SQUIDSTAT: Final = Dialect(
    Layout(
        reader="squidstat",
        instrument="Admiral Instruments Squidstat",
        fields=(
            Field("test_time_second", ("elapsed time", "timestamp"), "s"),
            Field(
                "voltage_volt",
                (
                    "working electrode",
                    "working electrode voltage",
                    "working electrode potential",
                    "working electrode vs. nhe",
                ),
                "V",
            ),
            Field("current_ampere", ("current",), "A"),
            Field("step_count", ("step number",)),
            Field("ambient_temperature_celsius", ("temperature",), "C"),
        ),
    ),
    mark=("step number", "step name", "elapsed time"),
)
DIALECTS: Final = (NOVA, SQUIDSTAT, IVIUM)


def is_swept(time: np.ndarray, voltage: np.ndarray) -> bool:
    """Whether the potential went back and forth at one rate: a voltammogram.

    Under a constant current no real cell's voltage does that.

    Parameters
    ----------
    time, voltage : numpy.ndarray, shape (n,)
        s, V.
    """
    elapsed, moved = np.diff(time), np.diff(voltage)
    known = elapsed > 0.0
    if np.count_nonzero(known) < _FEWEST or np.ptp(voltage) < LEAST_WINDOW_VOLT:
        return False
    rate = np.abs(moved[known] / elapsed[known])
    usual = float(np.median(rate))
    same = np.abs(rate - usual) <= SAME_RATE * usual
    return usual > 0.0 and float(np.mean(same)) >= SWEPT


def _header_line(lines: list[str], dialect: Dialect) -> bool:
    for line in lines[:_HEADER_LINES]:
        if len(line) > MOST_LINE:
            continue
        names = line.split(delimiter_of(line))
        if dialect.is_header(names) or (dialect.blanks and dialect.is_header(line.split())):
            return True
    return False


def _read(path: Path, dialect: Dialect) -> list[Record]:
    text = _tabbed(Text.of(path), dialect)
    expected = "a header with time, potential and current"
    header = text.header(dialect.is_header, expected)
    record = read_table(text, header, dialect.layout, Told())
    by_name = any(has(header.names, name) for name in dialect.sweep)
    if by_name or is_swept(record.array("test_time_second"), record.array("voltage_volt")):
        record = replace(record, technique=Technique.VOLTAMMETRY)
    return [record]


def _tabbed(text: Text, dialect: Dialect) -> Text:
    """Let tabs separate the columns of a table whose header has neither semicolon nor comma."""
    lines = text.data[:65_536].decode("utf-8", errors="replace").splitlines()
    blank = any(
        dialect.is_header(line.split()) and not dialect.is_header(line.split(delimiter_of(line)))
        for line in lines[:_HEADER_LINES]
        if len(line) <= MOST_LINE
    )
    if not (dialect.blanks and blank):
        return text
    rows = (_BLANKS.sub(b"\t", line.strip()) for line in text.data.split(b"\n"))
    return Text(text.path, b"\n".join(rows))


def _reader(dialect: Dialect) -> Reader:
    def recognises(head: Head) -> bool:
        return head.is_text and _header_line(head.lines, dialect)

    def read(path: Path) -> list[Record]:
        return _read(path, dialect)

    layout = dialect.layout
    return Reader(
        layout.reader, layout.instrument, (".txt", ".csv"), recognises, read, layout.version
    )


READERS: Final = tuple(_reader(dialect) for dialect in DIALECTS)
