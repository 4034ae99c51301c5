"""A finished half-cycle as numbers: statistics, abrupt events, slices, in every reading of V.

Whether a cycler records the voltage without its sign, or with the wrong one, shows only when
several half-cycles are known. Each is therefore measured in three readings when it ends, which
costs next to nothing for the half-cycles of which two readings agree. Who has the samples still
can do with the voltage as it was recorded, as long as it proves right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.pairing import CycleBuilder
from softbreak.features.half_cycles.growing import Growing
from softbreak.features.half_cycles.samples import Piece
from softbreak.features.kernels.half_cycle import STATISTICS, half_cycle_statistics
from softbreak.features.kernels.sample_columns import IMPOSED, VOLTAGE
from softbreak.features.kernels.voltage_readings import (
    AS_IT_IS,
    EVENT_WIDTH,
    EXCURSIONS,
    FOUND_EVENTS,
    LOWEST,
    NOISE,
    PLAIN,
    REVERSED,
    ROW_WIDTH,
    SIGN,
    WIDTH,
    WITHOUT_SIGN,
    as_read,
    measure_all,
)

SHORT_SAMPLES: Final = 10
"""A half-cycle of fewer samples may be a glitch."""
REST_SAMPLES: Final = 5
"""A rest of fewer samples has not settled."""
SLICE_SECOND: Final = 1800.0
"""One-way plating is judged in slices of this length, cut at abrupt events too."""
SLICE_SAMPLES: Final = 20
"""… and of at least so many samples."""
SLICE_WIDTH: Final = 2 + WIDTH
"""Half-cycle, readings (bits), statistics."""
_CURRENT: Final = STATISTICS.index("current_ampere")
_VOLTAGE: Final = STATISTICS.index("voltage_volt")
_SIGNED: Final = [
    STATISTICS.index(f"{name}voltage_volt") for name in ("", "late_", "first_", "last_")
]


class Twin(NamedTuple):
    """The half-cycle of the same sign before.

    Attributes
    ----------
    samples : numpy.ndarray, shape (3, n)
        Time (s), voltage (V) and imposed current (A).
    plain : bool
        The voltage never ran against the current.
    noise : float
        Scatter of one voltage sample (V).
    """

    samples: np.ndarray
    plain: bool
    noise: float


_YES: Final = np.array([True])
_NO: Final = np.array([False])
NO_TWIN: Final = Twin(np.empty((3, 0)), True, float("nan"))


class CurrentDirections:
    """Whether the current of a cell has ever reversed, beyond doubt; a half-cycle at a time."""

    def __init__(self) -> None:
        self._builder = CycleBuilder()

    @property
    def reversed(self) -> bool:
        """True from the first half-cycle of the other direction on."""
        return self._builder.reversed

    @property
    def state(self) -> np.ndarray:
        """All that it remembers, as compiled code takes it."""
        return self._builder.state

    def take(self, signs: np.ndarray, samples: np.ndarray, mean_currents: np.ndarray) -> np.ndarray:
        """Hear of the next half-cycles; short ones may be glitches and do not count.

        Returns
        -------
        numpy.ndarray of bool
            :attr:`reversed` after each of them.
        """
        if len(signs) > 1:
            return self._builder.place_all(signs, mean_currents, samples >= SHORT_SAMPLES)[1]
        if samples.item() >= SHORT_SAMPLES:
            self._builder.place(signs.item(), mean_currents.item())
        return _YES if self.reversed else _NO

    def copy(self) -> CurrentDirections:
        """Return one that goes on from here by itself."""
        twin = CurrentDirections()
        twin._builder = self._builder.copy()
        return twin

    def dump(self) -> list[float]:
        """Return all that it remembers."""
        return self._builder.dump()

    @classmethod
    def load(cls, stored: Sequence[float]) -> CurrentDirections:
        """Undo :meth:`dump`."""
        current = cls()
        current._builder = CycleBuilder.load(stored)
        return current


class HalfCycles:
    """The finished half-cycles of one record; all that is left of their samples.

    Attributes
    ----------
    table : Growing
        One row a half-cycle: statistics as recorded, statistics without sign, ``SIGN`` …
    events, slices : Growing
        See ``EVENT_WIDTH``, ``SLICE_WIDTH``; half-cycles count from zero.
    rests : Growing
        Voltage at which each rest of some length ended (V).
    as_recorded : bool
        Nothing is measured in the other readings of the voltage.
    """

    __slots__ = ("as_recorded", "events", "rests", "slices", "table")
    _TABLES: Final = ("events", "rests", "slices", "table")

    def __init__(self, *, as_recorded: bool = False) -> None:
        self.as_recorded = as_recorded
        self.table = Growing(ROW_WIDTH)
        self.events = Growing(EVENT_WIDTH)
        self.slices = Growing(SLICE_WIDTH)
        self.rests = Growing(1)

    def __len__(self) -> int:
        """Half-cycles there are."""
        return len(self.table)

    def statistics(self, reading: int) -> np.ndarray:
        """Statistics of every half-cycle in a reading, shape (n, len(STATISTICS))."""
        return _statistics(self.table.rows, reading)

    def read(self, table: Growing, reading: int) -> np.ndarray:
        """Rows of ``events`` or ``slices`` that belong to a reading."""
        rows = table.rows
        return rows[(rows[:, 1].astype(np.int64) & (1 << reading)) > 0]

    def dump(self) -> dict[str, np.ndarray]:
        """Return all that it remembers."""
        return {name: getattr(self, name).rows for name in self._TABLES}

    @classmethod
    def load(cls, stored: Mapping[str, np.ndarray]) -> HalfCycles:
        """Undo :meth:`dump`."""
        log = cls()
        for name in cls._TABLES:
            setattr(log, name, Growing.of(stored[name]))
        return log

    def joined(self, later: HalfCycles) -> HalfCycles:
        """Return these and later ones together."""
        both, count = HalfCycles(as_recorded=self.as_recorded), len(self)
        for name in self._TABLES:
            table, more = getattr(both, name), getattr(later, name).rows
            mine = getattr(self, name).rows
            table.extend(mine, room=len(mine) + len(more))
            if len(more):
                table.extend(more)
                if name in ("events", "slices"):
                    table.rows[-len(more) :, 0] += count
        return both

    def add(
        self,
        buffer: np.ndarray,
        pieces: np.ndarray,
        twins: dict[int, Twin],
        current: CurrentDirections,
    ) -> None:
        """Measure half-cycles, and note how rests ended.

        Parameters
        ----------
        buffer : numpy.ndarray
            Of an :class:`softbreak.features.half_cycles.samples.Intake`.
        pieces : numpy.ndarray of int, shape (m, 4)
            Where in it segments lie that are over: start, stop, sign, length, in order.
        twins : dict
            For each sign the half-cycle before; is brought up to date.
        current : CurrentDirections
            Is told of them; slices are measured as long as the current has not reversed.
        """
        rows = np.empty((len(pieces), ROW_WIDTH))
        events = np.empty((len(pieces) * FOUND_EVENTS, EVENT_WIDTH))
        ends = np.empty((len(pieces), 1))
        frozen = np.zeros(buffer.shape[1], dtype=np.bool_)
        plus, minus = twins[1], twins[-1]
        owners, found, rested, last = measure_all(
            buffer,
            pieces,
            (plus.samples, minus.samples, plus.plain, minus.plain),
            rows,
            events,
            (REST_SAMPLES, ends[:, 0]),
            frozen,
            self.as_recorded,
        )
        if rested:
            self.rests.extend(ends[:rested])
        if not len(owners):
            return
        rows, events, halves = rows[: len(owners)], events[:found], pieces[owners]
        stood = np.count_nonzero(frozen)
        reversed_ = current.take(rows[:, SIGN], halves[:, 3], rows[:, _CURRENT])
        self.slice_up((buffer, frozen), halves, rows, events, reversed_)
        self.keep(rows, events)
        for sign, k in zip((1, -1), last, strict=True):
            if k >= 0:
                start, stop = halves[k, :2].tolist()
                samples, row = buffer[: IMPOSED + 1, start:stop].copy(), rows[k]
                if stood and frozen[start:stop].any():
                    samples = np.ascontiguousarray(samples[:, ~frozen[start:stop]])
                twins[sign] = Twin(samples, bool(row[PLAIN]), float(row[NOISE]))

    def keep(self, rows: np.ndarray, events: np.ndarray) -> None:
        """Take over what was measured of half-cycles; ``events`` count them from zero.

        Parameters
        ----------
        rows, events : numpy.ndarray
            ``events`` is changed.
        """
        if len(events):
            events[:, 0] += len(self)
            self.events.extend(events)
        self.table.extend(rows)

    def slice_up(
        self,
        samples: tuple[np.ndarray, np.ndarray],
        halves: np.ndarray,
        rows: np.ndarray,
        events: np.ndarray,
        reversed_: np.ndarray,
    ) -> None:
        """Measure slices while the current has not reversed; afterwards events need none.

        Parameters
        ----------
        samples : tuple of numpy.ndarray
            The buffer, and which of its samples stood still.
        halves : numpy.ndarray of int, shape (m, 4)
            Where the half-cycles lie in it.
        rows, events : numpy.ndarray
            What was measured of them; each event is told its slice.
        reversed_ : numpy.ndarray of bool, shape (m,)
            Whether the current had reversed after each.
        """
        if reversed_ is _YES or np.count_nonzero(reversed_) == len(halves):
            events[:, 6] = 0.0
            return
        buffer, frozen = samples
        if frozen.any():
            buffer = buffer.copy()
            buffer[VOLTAGE, frozen] = np.nan
        owner = events[:, 0].astype(np.int64)
        events[reversed_[owner], 6] = 0.0
        for k in np.flatnonzero(~reversed_).tolist():
            mine = slice(*np.searchsorted(owner, [k, k + 1]))
            piece = Piece(*halves[k].tolist())
            self._slice(buffer, piece, rows[k], events[mine], len(self) + k)

    def _slice(
        self, buffer: np.ndarray, piece: Piece, row: np.ndarray, events: np.ndarray, number: int
    ) -> None:
        """Cut a half-cycle at its events and every SLICE_SECOND; tell each event its slice."""
        start, stop, sign, _ = piece
        time, voltage, imposed, warmth = (buffer[k, start:stop] for k in range(4))
        samples, owners = events[:, 6].astype(np.int64), np.zeros(len(events))
        for reading in (AS_IT_IS,) if self.as_recorded else (AS_IT_IS, WITHOUT_SIGN, REVERSED):
            mine = (events[:, 1].astype(np.int64) & (1 << reading)) > 0
            starts = slice_starts(time, samples[mine])
            owners[mine] = np.searchsorted(starts, samples[mine], side="right") - 1
            whole = _statistics(row[None], reading)
            measured = not np.isnan(whole[0, _VOLTAGE])
            found = np.empty((len(starts), SLICE_WIDTH))
            found[:, 0], found[:, 1], found[:, 2:] = number, 1 << reading, whole
            if len(starts) > 1 and measured:
                stops = np.append(starts[1:], len(time))
                signs = np.full(len(starts), sign, dtype=np.int64)
                found[:, 2:] = half_cycle_statistics(
                    time, as_read(voltage, imposed, reading), imposed, warmth, starts, stops, signs
                )
                found[:, 2 + NOISE] = whole[0, NOISE]
            self.slices.extend(found)
        events[:, 6] = owners


def _statistics(rows: np.ndarray, reading: int) -> np.ndarray:
    """Return the statistics of rows of a table in a reading."""
    found = rows[:, WIDTH : 2 * WIDTH] if reading == WITHOUT_SIGN else rows[:, :WIDTH]
    found = found.copy()
    if reading == REVERSED:
        found[:, _SIGNED] *= -1.0
    return found


def row_statistics(row: np.ndarray, reading: int) -> np.ndarray:
    """Return the statistics of one row of a table in a reading, shape (len(STATISTICS),)."""
    return row[:WIDTH].copy() if reading == AS_IT_IS else _statistics(row[None], reading)[0]


def slice_starts(time: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Return where the slices of a half-cycle begin: at marks, and every SLICE_SECOND.

    Parameters
    ----------
    time : numpy.ndarray, shape (n,)
        s.
    marks : numpy.ndarray of int
        Samples at which an abrupt event lies.
    """
    starts, count = [0], len(time)
    while True:
        last = starts[-1]
        following = int(np.searchsorted(time, time[last] + SLICE_SECOND))
        following = max(following, last + SLICE_SAMPLES)
        upcoming = marks[(marks > last) & (marks <= following)]
        cut = int(upcoming.min()) if len(upcoming) else following
        if cut >= count or (count - cut < SLICE_SAMPLES and not len(upcoming)):
            return np.array(starts, dtype=np.int64)
        starts.append(cut)


__all__ = [
    "AS_IT_IS",
    "EVENT_WIDTH",
    "EXCURSIONS",
    "LOWEST",
    "NO_TWIN",
    "PLAIN",
    "REVERSED",
    "ROW_WIDTH",
    "SHORT_SAMPLES",
    "SIGN",
    "WIDTH",
    "WITHOUT_SIGN",
    "CurrentDirections",
    "HalfCycles",
    "Twin",
    "row_statistics",
    "slice_starts",
]
