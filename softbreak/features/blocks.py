"""Parquet to voltage features in bounded blocks: no table in between, no file too large.

A file of the Battery Data Format is read a block at a time, cut by the one Segmenter, and each
half-cycle is measured when it is complete; the open one is carried over to the next block. What
comes out does not depend on the size of the blocks, to the bit.

Rows without a time or a voltage are left out, the clock is put in order and a lone wrong current
mended exactly as for a live cell (`softbreak.features.half_cycles.samples`). The leads are taken as
they are: a record whose polarity has to be judged first goes through `softbreak.features`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from softbreak.data.readers.formats.bdf import LAYOUT
from softbreak.data.readers.formats.column_map import Match, match
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.schema import SERIES_COLUMNS
from softbreak.errors import ReadError
from softbreak.features.cutter import LONGEST, HalfCycleCutter, Samples
from softbreak.features.families.voltage import half_cycle_features
from softbreak.features.half_cycles.samples import COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_ROWS: Final = 65_536
"""Rows that are read, cut and measured at a time."""
GROUP_BYTES: Final = 1 << 27
"""A group of rows of that size is held in memory as a whole while it is read."""
_REMEDY: Final = "Write it again, for example with 'softbreak convert'."


class HalfCycleBlock(NamedTuple):
    """Half-cycles that were completed together.

    Attributes
    ----------
    cuts : numpy.ndarray of int, shape (m, 3)
        First sample, one beyond the last, and sign; samples count from the file's beginning,
        rows without a time or voltage left out.
    spans : numpy.ndarray, shape (m, 2)
        Time of the first and of the last sample (s).
    features : numpy.ndarray, shape (m, len(voltage.FEATURES))
        Columns: :data:`softbreak.features.families.voltage.NAMES`.
    """

    cuts: np.ndarray
    spans: np.ndarray
    features: np.ndarray


def measured(samples: Samples) -> HalfCycleBlock:
    """Voltage features of half-cycles that were cut."""
    starts, stops = samples.cuts[:, 0] - samples.first, samples.cuts[:, 1] - samples.first
    features = half_cycle_features(
        samples.time,
        samples.voltage,
        samples.imposed,
        samples.temperature,
        starts,
        stops,
        samples.cuts[:, 2],
    )
    time = samples.time
    spans = np.stack((time[starts], time[stops - 1]), axis=1) if len(starts) else np.empty((0, 2))
    return HalfCycleBlock(samples.cuts, spans, features)


def half_cycle_blocks(
    path: Path, *, rows: int = BLOCK_ROWS, threads: int = 2, longest: int = LONGEST
) -> Iterator[HalfCycleBlock]:
    """Voltage features of every half-cycle of a Parquet file, block after block.

    Memory is bounded whatever the file's length: a few blocks, and the open half-cycle.

    Parameters
    ----------
    path : Path
        A Parquet file with the columns of the Battery Data Format.
    rows : int
        Rows of a block; changes no number.
    threads : int
        Blocks that are worked at, at the same time. While one is read, another is measured.
    longest : int
        See ``LONGEST``.

    Yields
    ------
    HalfCycleBlock

    Raises
    ------
    ReadError
        If the file is no Parquet file, or lacks time, voltage or current.
    """
    work = _Line(parquet_batches(Path(path), rows), HalfCycleCutter(longest))
    with ThreadPoolExecutor(threads) as pool:
        coming: deque[Future[HalfCycleBlock | None]] = deque()
        try:
            for number in range(threads + 1):
                coming.append(pool.submit(work.block, number))
            number = threads + 1
            while (block := coming.popleft().result()) is not None:
                coming.append(pool.submit(work.block, number))
                number += 1
                if len(block.cuts):
                    yield block
        finally:
            for future in coming:
                future.cancel()
            work.stop()


class _Line:
    """Reads and cuts blocks in order, one at a time; measures them at the same time."""

    def __init__(self, batches: Iterator[dict[str, np.ndarray]], cutter: HalfCycleCutter) -> None:
        self._batches, self._cutter = batches, cutter
        self._reading, self._cutting = _Turns(), _Turns()
        self._stopped = self._ended = False

    def stop(self) -> None:
        """Begin no other block."""
        self._stopped = True

    def block(self, number: int) -> HalfCycleBlock | None:
        """Work at a block; None after the last one."""
        columns, failed = None, True
        try:
            with self._reading.turn(number):
                columns = None if self._stopped else next(self._batches, None)
            failed = False
        finally:
            # blocks before this one are still cut, whatever happened to it
            with self._cutting.turn(number):
                self._ended |= failed
                samples = self._cut(columns)
        return None if samples is None else measured(samples)

    def _cut(self, columns: dict[str, np.ndarray] | None) -> Samples | None:
        if self._stopped or self._ended:
            return None
        if columns is None:
            self._ended = True
            return self._cutter.finish()
        return self._cutter.feed(columns)


class _Turns:
    """Lets numbered workers through in the order of their numbers."""

    def __init__(self) -> None:
        self._changed, self._next = Condition(), 0

    @contextmanager
    def turn(self, number: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._next == number)
        try:
            yield
        finally:
            with self._changed:
                self._next += 1
                self._changed.notify_all()


def parquet_batches(path: Path, rows: int) -> Iterator[dict[str, np.ndarray]]:
    """Columns of a Parquet file, some rows at a time.

    Parameters
    ----------
    path : Path
    rows : int

    Yields
    ------
    dict of str to numpy.ndarray
        Those of `softbreak.features.half_cycles.samples.COLUMNS` that the file has.

    Raises
    ------
    ReadError
    """
    import pyarrow.parquet as pq

    with foreign_errors(path, expected="an intact Parquet file", remedy=_REMEDY):
        told = pq.read_metadata(path)
    groups = (told.row_group(k).total_byte_size for k in range(told.num_row_groups))
    # a file may hold all its rows in one group: then a group is no measure of what to hold
    small = max(groups, default=0) <= GROUP_BYTES
    with (
        foreign_errors(path, expected="an intact Parquet file", remedy=_REMEDY),
        # what is buffered ahead would be held until the file is closed
        pq.ParquetFile(path, pre_buffer=False, buffer_size=0 if small else 1 << 20) as file,
    ):
        names = file.schema_arrow.names
        found = _places(path, names)
        wanted = list(dict.fromkeys(names[place.index] for place in found.values()))
        for batch in file.iter_batches(rows, columns=wanted, use_threads=False):
            yield {k: _numbers(batch[names[v.index]], k, v) for k, v in found.items()}


def _places(path: Path, names: list[str]) -> dict[str, Match]:
    """Where the columns that are used stand."""
    found = {k: v for k, v in match(names, LAYOUT.fields).items() if k in COLUMNS}
    missing = [name for name in SERIES_COLUMNS if name not in found]
    if missing:
        raise ReadError(
            path,
            found="no column " + ", ".join(missing),
            expected="the columns of the Battery Data Format",
            remedy="Name its columns test_time_second, voltage_volt, current_ampere.",
        )
    return found


def _numbers(column: pa.Array, name: str, place: Match) -> np.ndarray:
    """A column as float64 (time) or as the float that it is; no value is NaN."""
    import pyarrow as pa

    if name == "test_time_second" or not pa.types.is_floating(column.type):
        column = column.cast(pa.float64())
    elif pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    values: np.ndarray = column.to_numpy(zero_copy_only=False)
    return values if place.scale == 1.0 else values * np.float64(place.scale)
