"""Blocks of samples become complete half-cycles: in bulk where nothing is out of order.

What comes out is, bit for bit, what an `Intake` gives that is fed sample by sample; where a block
is out of order (a clock that steps back, a missing voltage) it is an `Intake` that takes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.clock import clock_step
from softbreak.data.segment import advance
from softbreak.features.half_cycles.samples import (
    BLOCK,
    COLUMNS,
    CURRENT,
    FREE,
    IMPOSED,
    KNOWN,
    TEMPERATURE,
    TIME,
    VOLTAGE,
    WARMTH,
    Intake,
    Piece,
    staged,
)
from softbreak.features.kernels import sample_mending as _bulk
from softbreak.features.store import DEFAULTS, Store

LONGEST: Final = 2_000_000
"""Samples of the longest half-cycle that is measured as one (23 days at one a second). A longer
one is measured in pieces of this length, counted from its first sample, the last one shorter."""
FEWEST: Final = 64
"""Shorter blocks are taken one sample at a time."""
_MARGIN: Final = 8
_FILLED, _SETTLED, _GONE = range(3)
_ROWS: Final = {
    "time": TIME,
    "voltage": VOLTAGE,
    "current": CURRENT,
    "imposed": IMPOSED,
    "known": KNOWN,
    "free": FREE,
    "warmth": WARMTH,
}


class Samples(NamedTuple):
    """Half-cycles to measure.

    Attributes
    ----------
    time, voltage, imposed, temperature : numpy.ndarray, shape (n,)
        s, V, A, °C (empty where none was logged).
    first : int
        Number of the first of these samples, counted from the beginning of the record.
    cuts : numpy.ndarray of int, shape (m, 3)
        First sample, one beyond the last, and sign, counted likewise.
    """

    time: np.ndarray
    voltage: np.ndarray
    imposed: np.ndarray
    temperature: np.ndarray
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
        self._store: Store | None = None
        self._settled = 0
        self._longest = longest
        self._measured = 0

    def feed(self, columns: Mapping[str, np.ndarray]) -> Samples:
        """Take samples; return the half-cycles that they complete.

        Parameters
        ----------
        columns : mapping of str to numpy.ndarray, shape (n,)
            See `softbreak.features.half_cycles.samples.COLUMNS`.
        """
        if self._is_plain(columns):
            cuts = self._in_bulk(columns)
        else:
            self._to_intake()
            cuts = self._one_by_one(columns)
        found = self._samples(np.concatenate((self._split(cuts), self._long())))
        if self._store is None:
            self._release()
        return found

    def finish(self) -> Samples:
        """Return what is left when the record has ended."""
        self._to_intake()
        return self._samples(self._split(self._absolute(self._intake.rest_of_it())))

    def _is_plain(self, columns: Mapping[str, np.ndarray]) -> bool:
        """True where samples can be taken up in bulk."""
        time, intake = columns["test_time_second"], self._intake
        if len(time) < FEWEST or intake.rows < 2 or not _bulk.last_step(time):
            return False
        if not np.isfinite(intake.waiting[:2]).all() or time[0] < intake.waiting[0]:
            return False
        # a clock that was reset, or a lone wrong time, would place the last sample elsewhere
        if clock_step(intake.clock.copy(), time[0]) != intake.waiting[0]:
            return False
        return bool(_bulk.in_order(time, columns["voltage_volt"]))

    def _in_bulk(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        intake = self._intake
        samples = _prepared(columns)
        store = self._store = self._store or self._from_intake(samples)
        start, _, sign = intake.segmenter.begun
        needed = max(start, self._measured) if sign else self._settled
        store.append(samples, min(needed, self._settled) - _MARGIN)
        settled = max(store.end - 3, self._settled)
        self._mend(store, self._settled, settled)
        cuts = np.empty((settled - self._settled + 4, 3), dtype=np.int64)
        part = (self._settled, settled)
        known = store.view("known", *part)
        closed = advance(
            intake.segmenter.state,
            store.view("time", *part),
            store.view("imposed", *part),
            known if len(known) else np.zeros(settled - self._settled, dtype=bool),
            cuts,
        )
        self._settled = settled
        self._note(columns)
        return cuts[:closed]

    def _note(self, columns: Mapping[str, np.ndarray]) -> None:
        """Bring what the intake remembers of single samples to the end of a block."""
        intake, time = self._intake, columns["test_time_second"]
        _bulk.wind(intake.clock, time)
        last = staged({name: column[-1:] for name, column in columns.items()})[:, 0]
        told = [columns[name] for name in COLUMNS[:3]]
        again = all(x[0] == y for x, y in zip(told, intake.waiting[:3].tolist(), strict=True))
        intake.tallies[-1] += _bulk.repeated(*told) + int(again)
        intake.waiting[:] = last
        intake.rows += len(time)

    def _mend(self, store: Store, start: int, stop: int) -> None:
        """Mend the measured current of samples ``start`` to ``stop - 1``."""
        around = (max(start, 2) - 2, stop + 2)
        current = store.view("current", *around)
        if not _bulk.count_lone(current):
            return
        place = slice(around[0] - store.begin, around[1] - store.begin)
        imposed = store.separate("imposed")[place]
        _bulk.mend(current, store.view("known", *around), imposed)

    def _from_intake(self, like: Mapping[str, np.ndarray]) -> Store:
        """Take over the samples that the intake holds, in the precision of those that follow."""
        intake = self._intake
        filled, settled, gone = intake.marks.tolist()
        waits = _prepared({name: intake.waiting[k : k + 1] for k, name in enumerate(COLUMNS)})
        held = {
            name: np.append(intake.buffer[row, :filled], waits[name]) for name, row in _ROWS.items()
        }
        kinds = {name: column.dtype for name, column in like.items()}
        held = {
            name: _narrow(column, kinds.get(name, column.dtype))
            for name, column in held.items()
            if _tells(name, held)
        }
        store = Store(gone)
        store.append(held, gone)
        self._settled = settled + gone
        return store

    def _to_intake(self) -> None:
        """Hand the samples back: what follows is out of order, or nothing follows."""
        store, intake = self._store, self._intake
        if store is None:
            return
        count = store.count - 1  # the last one waits
        intake.buffer = np.empty((len(_ROWS), 2 * count + BLOCK))
        rows = intake.buffer[:, :count]
        rows[KNOWN], rows[FREE], rows[WARMTH] = 0.0, 1.0, np.nan
        for name, row in _ROWS.items():
            column = store.view(name, store.begin, store.end - 1)
            if len(column):
                rows[row] = column
        intake.marks[:] = (count, self._settled - store.begin, store.begin)
        self._store = None

    def _one_by_one(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        found = [np.empty((0, 3), dtype=np.int64)]
        for start in range(0, len(columns["voltage_volt"]), BLOCK):
            part = slice(start, start + BLOCK)
            pieces = self._intake.feed(staged({k: v[part] for k, v in columns.items()}))
            found.append(self._absolute(pieces))
        return np.concatenate(found)

    def _absolute(self, pieces: list[Piece]) -> np.ndarray:
        """Segments as first sample, one beyond the last, sign, from the beginning of the record."""
        gone = int(self._intake.marks[_GONE])
        rows = [(p.stop + gone - p.length, p.stop + gone, p.sign) for p in pieces]
        return np.array(rows, dtype=np.int64).reshape(-1, 3)

    def _moving(self, cuts: np.ndarray) -> np.ndarray:
        """Leave out rests and holds."""
        store, gone = self._store, int(self._intake.marks[_GONE])
        free = self._intake.buffer[FREE]
        if store is not None:
            free, gone = store.view("free", store.begin, store.end), store.begin
        return cuts[: _bulk.moving(free, cuts, gone)]

    def _split(self, cuts: np.ndarray) -> np.ndarray:
        """Cut what is too long, and leave out what was measured while it was open."""
        cuts = self._moving(cuts)
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
        settled = self._settled
        if self._store is None:
            settled = int(self._intake.marks[_SETTLED] + self._intake.marks[_GONE])
        rows = []
        begin = max(start, self._measured)
        while sign and settled - begin > self._longest + _MARGIN:
            rows.append((begin, begin + self._longest, sign))
            begin += self._longest
            self._measured = begin
        return self._moving(np.array(rows, dtype=np.int64).reshape(-1, 3))

    def _samples(self, cuts: np.ndarray) -> Samples:
        """Return the samples of half-cycles: views, or copies where the buffer is used again."""
        if not len(cuts):
            none = np.empty(0)
            return Samples(none, none, none, none, 0, cuts)
        first, stop = int(cuts[0, 0]), int(cuts[-1, 1])
        names = ("time", "voltage", "imposed", "warmth")
        if self._store is not None:
            views = [self._store.view(name, first, stop) for name in names]
            return Samples(views[0], views[1], views[2], views[3], first, cuts)
        gone = int(self._intake.marks[_GONE])
        rows = [self._intake.buffer[_ROWS[name], first - gone : stop - gone] for name in names]
        time, voltage, imposed, warmth = (row.copy() for row in rows)
        return Samples(time, voltage, imposed, warmth, first, cuts)

    def _release(self) -> None:
        """Let go of samples that are not needed any more."""
        intake = self._intake
        intake.trim()
        filled, settled, gone = intake.marks.tolist()
        keep = min(self._measured - gone, settled - _MARGIN)
        if keep >= max(128, filled // 2):
            intake.buffer[:, : filled - keep] = intake.buffer[:, keep:filled].copy()
            intake.marks += np.array([-keep, -keep, keep])


def _prepared(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns of a block as the store has them: what was imposed, and what was plausible."""
    current = columns["current_ampere"]
    found = {
        "time": np.asarray(columns["test_time_second"], dtype=np.float64),
        "voltage": columns["voltage_volt"],
        "current": current,
    }
    known = np.zeros(1, dtype=bool)
    if "control_current_ampere" in columns:
        control = columns["control_current_ampere"]
        known = np.isfinite(control)
        found["known"] = known.astype(np.float64)
        found["imposed"] = np.where(known, control, current)
    elif not _bulk.all_finite(current):
        found["imposed"] = current
    if "imposed" in found:
        imposed = found["imposed"].astype(np.float64)
        found["imposed"] = np.where(np.isfinite(imposed), imposed, 0.0)
    if "control_voltage_volt" in columns:
        held = np.isfinite(columns["control_voltage_volt"]) & ~known
        found["free"] = np.where(held, 0.0, 1.0)
    if TEMPERATURE in columns:
        celsius = columns[TEMPERATURE]
        found["warmth"] = np.where((celsius > -100.0) & (celsius < 400.0), celsius, np.nan)
    return found


def _tells(name: str, columns: Mapping[str, np.ndarray]) -> bool:
    """False for a column that only says what stands for it anyway."""
    column = columns[name]
    if name == "imposed":
        return not np.array_equal(column, columns["current"])
    if name in DEFAULTS:
        return not np.array_equal(column, np.full(len(column), DEFAULTS[name]), equal_nan=True)
    return True


def _narrow(column: np.ndarray, kind: np.dtype) -> np.ndarray:
    """Return a column in another precision where that changes nothing."""
    narrow = column.astype(kind)
    return narrow if np.array_equal(narrow, column, equal_nan=True) else column
