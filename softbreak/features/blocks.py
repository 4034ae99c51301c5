"""Parquet to voltage features in bounded blocks: no table in between, no file too large.

A file of the Battery Data Format is read a block at a time, cut by the one Segmenter, and each
half-cycle is measured when it is complete; the open one is carried over to the next block. What
comes out does not depend on the size of the blocks, to the bit.

Rows without a time or a voltage are left out, the clock is put in order and a lone wrong current
mended exactly as for a live cell (`softbreak.features.intake`). The leads are taken as they are:
a record whose polarity has to be judged first goes through `softbreak.features`.
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

from softbreak.data.clock import clock_peek
from softbreak.data.readers.bdf import LAYOUT
from softbreak.data.readers.columns import Match, match
from softbreak.data.readers.foreign import foreign_errors
from softbreak.data.schema import SERIES_COLUMNS
from softbreak.errors import ReadError
from softbreak.features import _bulk
from softbreak.features.intake import COLUMNS, IMPOSED, TIME, VOLTAGE, WARMTH, Intake, staged
from softbreak.features.voltage import half_cycle_features

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_ROWS: Final = 32_768
"""Rows that are read, cut and measured at a time."""
LONGEST: Final = 2_000_000
"""Samples of the longest half-cycle that is measured as one (23 days at one a second). A longer
one is measured in pieces of this length, counted from its first sample, the last one shorter."""
_MARGIN: Final = 8
_FILLED, _SETTLED, _GONE = range(3)
_REMEDY: Final = "Write it again, for example with 'softbreak convert'."
_EMPTY: Final = np.empty(0, dtype=np.float32)


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
        Columns: :data:`softbreak.features.voltage.NAMES`.
    """

    cuts: np.ndarray
    spans: np.ndarray
    features: np.ndarray


class _Samples(NamedTuple):
    """Half-cycles to measure: rows TIME, VOLTAGE, IMPOSED, WARMTH, and where they begin."""

    rows: np.ndarray
    first: int
    cuts: np.ndarray


class HalfCycleCutter:
    """Cuts blocks of samples into complete half-cycles.

    Parameters
    ----------
    longest : int
        See ``LONGEST``.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._intake = Intake()
        self._longest = longest
        self._measured = 0

    def feed(self, columns: dict[str, np.ndarray]) -> _Samples:
        """Take samples; return the half-cycles that they complete.

        Parameters
        ----------
        columns : dict of str to numpy.ndarray, shape (n,)
            See `softbreak.features.intake.COLUMNS`.
        """
        cuts = [self._in_bulk(columns)] if self._is_plain(columns) else self._one_by_one(columns)
        whole = self._split(np.concatenate(cuts))
        found = self._samples(np.concatenate((whole, self._long())))
        self._release()
        return found

    def finish(self) -> _Samples:
        """Return what is left when the record has ended."""
        return self._samples(self._split(self._absolute(self._intake.rest_of_it())))

    def _is_plain(self, columns: dict[str, np.ndarray]) -> bool:
        """True where samples can be taken up in bulk."""
        time, intake = columns["test_time_second"], self._intake
        if len(time) < _bulk.FEWEST or intake.rows < 2 or not _bulk.last_step(time):
            return False
        last = intake.waiting[0]
        if clock_peek(intake.clock) != last:  # a clock that was reset, or a lone wrong time
            return False
        return bool(_bulk.in_order(time, columns["voltage_volt"], last))

    def _in_bulk(self, columns: dict[str, np.ndarray]) -> np.ndarray:
        intake, count = self._intake, len(columns["voltage_volt"])
        first = self._absolute(intake.feed(staged({k: v[:1] for k, v in columns.items()})))
        _reserve(intake, count)
        cuts = np.empty((count + 4, 3), dtype=np.int64)
        time, *others = (columns.get(name, _EMPTY) for name in COLUMNS)
        closed, repeated = _bulk.absorb(
            time,
            tuple(others),
            intake.clock,
            intake.buffer,
            intake.marks,
            intake.segmenter.state,
            cuts,
        )
        intake.rows += count - 1
        intake.tallies[-1] += repeated
        intake.waiting[:] = staged({k: v[-1:] for k, v in columns.items()})[:, 0]
        return np.concatenate((first, cuts[:closed]))

    def _one_by_one(self, columns: dict[str, np.ndarray]) -> list[np.ndarray]:
        found = []
        for start in range(0, len(columns["voltage_volt"]), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            found.append(
                self._absolute(self._intake.feed(staged({k: v[part] for k, v in columns.items()})))
            )
        return found or [np.empty((0, 3), dtype=np.int64)]

    def _absolute(self, pieces: list) -> np.ndarray:
        """Segments as first sample, one beyond the last, sign, from the beginning of the record."""
        gone = int(self._intake.marks[_GONE])
        rows = [(p.stop + gone - p.length, p.stop + gone, p.sign) for p in pieces]
        return np.array(rows, dtype=np.int64).reshape(-1, 3)

    def _split(self, cuts: np.ndarray) -> np.ndarray:
        """Cut what is too long, and leave out what was measured while it was open."""
        gone = int(self._intake.marks[_GONE])
        cuts = cuts[: _bulk.moving(self._intake.buffer, cuts, gone)]
        lengths = cuts[:, 1] - np.maximum(cuts[:, 0], self._measured)
        if not len(cuts) or (lengths.max() <= self._longest and self._measured <= cuts[0, 0]):
            return cuts
        rows = []
        for start, stop, sign in cuts.tolist():
            begin = max(start, self._measured)
            rows += [
                (k, min(k + self._longest, stop), sign) for k in range(begin, stop, self._longest)
            ]
        return np.array(rows, dtype=np.int64).reshape(-1, 3)

    def _long(self) -> np.ndarray:
        """Pieces of the open half-cycle that are complete whatever follows."""
        start, _, sign = self._intake.segmenter.begun
        settled = int(self._intake.marks[_SETTLED] + self._intake.marks[_GONE])
        rows = []
        begin = max(start, self._measured)
        while sign and settled - begin > self._longest + _MARGIN:
            rows.append((begin, begin + self._longest, sign))
            begin += self._longest
            self._measured = begin
        cuts = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return cuts[: _bulk.moving(self._intake.buffer, cuts, int(self._intake.marks[_GONE]))]

    def _samples(self, cuts: np.ndarray) -> _Samples:
        """Copy the samples of half-cycles: the buffer goes on to be used."""
        gone = int(self._intake.marks[_GONE])
        if not len(cuts):
            return _Samples(np.empty((4, 0)), 0, cuts)
        first, stop = int(cuts[0, 0]), int(cuts[-1, 1])
        rows = self._intake.buffer[:, first - gone : stop - gone]
        return _Samples(np.stack([rows[k] for k in (TIME, VOLTAGE, IMPOSED, WARMTH)]), first, cuts)

    def _release(self) -> None:
        """Let go of samples that are not needed any more."""
        intake = self._intake
        intake.trim()
        filled, settled, gone = intake.marks.tolist()
        keep = min(self._measured - gone, settled - _MARGIN)
        if keep >= max(128, filled // 2):
            intake.buffer[:, : filled - keep] = intake.buffer[:, keep:filled].copy()
            intake.marks += np.array([-keep, -keep, keep])


def _reserve(intake: Intake, more: int) -> None:
    """Make room in the buffer."""
    filled = int(intake.marks[_FILLED])
    if filled + more > intake.buffer.shape[1]:
        wider = np.empty((len(intake.buffer), max(filled + more, 2 * intake.buffer.shape[1])))
        wider[:, :filled] = intake.buffer[:, :filled]
        intake.buffer = wider


def measured(samples: _Samples) -> HalfCycleBlock:
    """Voltage features of half-cycles that were cut."""
    time, voltage, imposed, celsius = samples.rows
    starts, stops = samples.cuts[:, 0] - samples.first, samples.cuts[:, 1] - samples.first
    warm = celsius if np.isfinite(celsius).any() else np.empty(0)
    features = half_cycle_features(time, voltage, imposed, warm, starts, stops, samples.cuts[:, 2])
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
    work = _Line(_batches(Path(path), rows), HalfCycleCutter(longest))
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
        columns = None
        try:
            with self._reading.turn(number):
                if not self._stopped:
                    columns = next(self._batches, None)
        except BaseException:
            self._stopped = True
            raise
        finally:
            with self._cutting.turn(number):
                samples = self._cut(columns)
        return None if samples is None else measured(samples)

    def _cut(self, columns: dict[str, np.ndarray] | None) -> _Samples | None:
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


def _batches(path: Path, rows: int) -> Iterator[dict[str, np.ndarray]]:
    """Columns of a Parquet file, some rows at a time."""
    import pyarrow.parquet as pq

    # without pre-buffering: a file may hold all its rows in one group
    with (
        foreign_errors(path, expected="an intact Parquet file", remedy=_REMEDY),
        pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file,
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
