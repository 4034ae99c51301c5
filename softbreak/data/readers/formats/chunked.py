"""Files too long for the memory: looked through once, then handed out piece by piece.

The first pass finds what only a whole file tells (which technique, which columns say anything, how
many rows cannot be used, when it began and ended); after it, pieces are what the rows of the whole
table would be. Files of the Battery Data Format can be read so, as CSV and as Parquet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from softbreak.compiled import strict
from softbreak.data.clock import clock_peek, clock_step, new_clock
from softbreak.data.readers.formats import bdf, bdf_records
from softbreak.data.readers.formats.bdf_blocks import Blocks, Columns, parquet_blocks, text_blocks
from softbreak.data.readers.tables.time_series import ABSOLUTE_ZERO_CELSIUS, Told
from softbreak.data.readers.tables.usable_rows import check_ranges, left_out
from softbreak.data.readers.values.mending import on_one_clock, witnessed
from softbreak.data.record import Cell, LongRecord, Record, Source, Technique
from softbreak.data.schema import SERIES_COLUMNS
from softbreak.errors import ReadError

LONG_ROWS: Final = 1 << 22
"""Parquet files with more rows are read in pieces (a whole one of that length takes 300 MB)."""
LONG_BYTES: Final = 64 << 20
"""Text files with more bytes are."""
_TEMPERATURE: Final = "ambient_temperature_celsius"


@dataclass(slots=True)
class _Facts:
    """What a first pass finds.

    Attributes
    ----------
    rows, lost, first_lost : int
        All; those without time, voltage or current, and the first of them.
    telling : set of str
        Columns that say anything.
    loaded : bool
        Whether current ever flows.
    started : float or None
    times, moments : numpy.ndarray, shape (2,)
        Least and greatest test time and Unix time (s).
    clock : numpy.ndarray
    rises, falls : bool
        Whether the test time ever does.
    opening : tuple of float or None
        Time, date, voltage and current of the first row, if it is dated.
    opened_again : bool
        Whether that row comes again.
    """

    rows: int = 0
    lost: int = 0
    first_lost: int = 0
    telling: set[str] = field(default_factory=set)
    loaded: bool = False
    started: float | None = None
    first: float = 0.0
    times: np.ndarray = field(default_factory=lambda: np.array([np.inf, -np.inf]))
    moments: np.ndarray = field(default_factory=lambda: np.array([np.inf, -np.inf]))
    clock: np.ndarray = field(default_factory=new_clock)
    rises: bool = False
    falls: bool = False
    opening: tuple[float, ...] | None = None
    opened_again: bool = False

    def take(self, table: Columns) -> None:
        """Take usable rows."""
        time = table["test_time_second"].astype(np.float64, copy=False)
        if not self.clock[0]:
            good = time[np.isfinite(time)]
            self.first = float(good[0]) if len(good) else 0.0
        self._order(time, table)
        _follow(self.clock, time)
        _widen(self.times, time)
        self.loaded = self.loaded or bool(table["current_ampere"].any())
        self.telling |= {name for name, column in table.items() if _says(name, column)}
        moments = table.get("unix_time_second")
        if moments is not None:
            _widen(self.moments, moments)
            if self.started is None:
                since = moments - time
                known = since[np.isfinite(since)]
                self.started = float(known[0]) if len(known) else None

    def _order(self, time: np.ndarray, table: Columns) -> None:
        steps = np.diff(time)
        self.rises |= bool((steps > 0).any())
        self.falls |= bool((steps < 0).any())
        names = ("unix_time_second", "voltage_volt", "current_ampere")
        if not all(name in table for name in names):
            return
        rows = [time, *(table[name] for name in names)]
        opening = self.opening or tuple(float(column[0]) for column in rows)
        same = np.logical_and.reduce([c == o for c, o in zip(rows, opening, strict=True)])
        again = same if self.opening else same[1:]
        self.opening, self.opened_again = opening, self.opened_again or bool(again.any())

    def absolute(self, started: float | None) -> tuple[float, float] | None:
        """Return the Unix time of the first and the last sample."""
        if "unix_time_second" in self.telling:
            return float(self.moments[0]), float(self.moments[1])
        if started is None or not np.isfinite(self.times).all():
            return None
        return float(self.times[0] + started), float(self.times[1] + started)


def long_records(path: Path) -> list[Record | LongRecord] | None:
    """Look through a file that is too long to be read whole.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list or None
        As :func:`softbreak.data.readers.registry.read` gives it, but for the hash of the content;
        None where the file is to be read whole.

    Raises
    ------
    ReadError
        As there.
    OSError
    """
    with path.open("rb") as file:
        packed = file.read(4) == b"PAR1"
    if packed:
        return _of_parquet(path)
    if path.stat().st_size <= LONG_BYTES:
        return None
    said: dict[str, str] = {}
    blocks = text_blocks(path, said)
    if blocks is None or _refuted(path, blocks):
        return None
    return [_surveyed(path, blocks, Told(), said)]


def _of_parquet(path: Path) -> list[Record | LongRecord] | None:
    import pyarrow.parquet as pq

    with bdf.parquet_errors(path):
        told = pq.read_metadata(path)
        if told.num_rows <= LONG_ROWS:
            return None
        said = bdf.said_by(told.metadata)
    if "records" in said:
        return _converted(path, said, told.num_rows)
    blocks = parquet_blocks(path)
    if blocks is None or _refuted(path, blocks):
        return None
    return [_surveyed(path, blocks, bdf.told_by(said))]


def _refuted(path: Path, blocks: Blocks) -> bool:
    """Whether the first rows refute a unit, a clock or a sign: only a whole table is mended."""
    block = next(iter(blocks()), None)
    if block is None:
        return False
    first = _kept(block, _usable(block), set(block))
    if not len(first["voltage_volt"]):
        return False
    check_ranges(path, first)
    _, clocks = on_one_clock(first, restarts=bdf.LAYOUT.restarts)
    _, signs = witnessed(path, first)
    return bool(clocks or signs)


def _surveyed(
    path: Path, blocks: Blocks, told: Told, said: Mapping[str, str] | None = None
) -> LongRecord:
    facts = _Facts()
    for block in blocks():
        usable = _usable(block)
        lost = len(usable) - int(np.count_nonzero(usable))
        if lost and not facts.lost:
            facts.first_lost = facts.rows + int(np.argmin(usable))
        facts.rows += len(usable)
        facts.lost += lost
        table = _kept(block, usable, set(block))
        if len(table["voltage_volt"]):
            check_ranges(path, table)
            facts.take(table)
    _check_order(path, facts)
    stated = {**told.stated, **(said or {})}
    if unused := left_out(path, facts.rows, facts.lost, facts.first_lost):
        stated["left_out"] = unused
    started = told.started if facts.started is None else facts.started
    source = Source(
        path=str(path),
        method=told.method,
        instrument=bdf.LAYOUT.instrument,
        reader=bdf.LAYOUT.reader,
        reader_version=bdf.LAYOUT.version,
        started_unix_second=started,
        stated=stated,
    )
    names = facts.telling | set(SERIES_COLUMNS)

    def tables() -> Iterator[Columns]:
        for block in blocks():
            table = _kept(block, _usable(block), names)
            if len(table["voltage_volt"]):
                yield table

    return LongRecord(
        Cell(),
        told.technique or (Technique.CYCLING if facts.loaded else Technique.REST),
        source,
        facts.rows - facts.lost,
        facts.first,
        clock_peek(facts.clock),
        facts.absolute(started),
        tables,
    )


def _check_order(path: Path, facts: _Facts) -> None:
    """Refuse rows that only a whole table could put right."""
    wrong = "its rows newest first" if facts.falls and not facts.rises else ""
    if facts.opened_again:
        wrong = "its first row, with time, date and values, once more: exported twice into one file"
    if wrong:
        raise ReadError(
            path,
            found=f"{facts.rows:,} rows, {wrong}",
            expected="rows in the order of their recording, each once",
            remedy="It is too long to be put right while it is read: export it again.",
        )


def _converted(path: Path, said: Mapping[str, Any], rows: int) -> list[Record | LongRecord]:
    """Take a table of ``softbreak convert`` apart; its series are long records."""
    found: list[Record | LongRecord] = []
    origin = said.get("source")
    for told, part in bdf_records.parts_of(path, said, rows):
        series = told["technique"] in (Technique.CYCLING, Technique.REST) and len(part)
        blocks = parquet_blocks(path, part, every=not series)
        if blocks is None:
            raise bdf_records.misfit(path, "a table without time, voltage and current")
        tables = partial(_typed, path, told["columns"], blocks)
        nothing = {name: np.empty(0) for name in told["columns"]}
        if series:
            like = bdf_records.record_of(path, told, nothing, origin)
            found.append(_long(like, len(part), tables))
        else:
            pieces = [nothing, *tables()]
            whole = {
                name: np.concatenate([p[name] for p in pieces[1:] or pieces]) for name in nothing
            }
            found.append(bdf_records.record_of(path, told, whole, origin))
    return found


def _typed(path: Path, columns: Mapping[str, str], blocks: Blocks) -> Iterator[Columns]:
    for block in blocks():
        bdf_records.check_ranges(path, block)
        names = {name: dtype for name, dtype in columns.items() if name in block}
        yield bdf_records.typed(path, names, block)


def _long(like: Record, rows: int, tables: Blocks) -> LongRecord:
    facts = _Facts()
    for table in tables():
        facts.take(table)
    return LongRecord(
        like.cell,
        like.technique,
        like.source,
        rows,
        facts.first,
        clock_peek(facts.clock),
        facts.absolute(like.source.started_unix_second),
        tables,
    )


def _usable(block: Columns) -> np.ndarray:
    usable: np.ndarray = np.logical_and.reduce([np.isfinite(block[n]) for n in SERIES_COLUMNS])
    return usable


def _kept(block: Columns, usable: np.ndarray, names: set[str]) -> Columns:
    """Return the rows and columns that a record of the whole file would have."""
    whole = bool(usable.all())
    table = {name: c if whole else c[usable] for name, c in block.items() if name in names}
    if _TEMPERATURE in table:
        warmth = table[_TEMPERATURE]
        table[_TEMPERATURE] = np.where(warmth > ABSOLUTE_ZERO_CELSIUS, warmth, np.nan)
    for name in ("test_time_second", "unix_time_second"):
        if name in table:
            table[name] = table[name].astype(np.float64, copy=False)
    return table


def _says(name: str, column: np.ndarray) -> bool:
    if name == _TEMPERATURE:  # 0 °C throughout is a probe that nobody plugged in
        column = np.nan_to_num(column)
        return bool(column.any())
    return bool(np.isfinite(column).any())


def _widen(ends: np.ndarray, values: np.ndarray) -> None:
    good = values[np.isfinite(values)]
    if len(good):
        ends[0], ends[1] = min(ends[0], good.min()), max(ends[1], good.max())


@strict
def _follow(clock: np.ndarray, time: np.ndarray) -> None:
    for moment in time:
        if np.isfinite(moment):
            clock_step(clock, moment)
