"""A finished half-cycle as numbers: statistics, abrupt events, slices, in every reading of V.

Whether a cycler records the voltage without its sign, or with the wrong one, shows only when
several half-cycles are known. Each is therefore measured in three readings when it ends, which
costs next to nothing for the half-cycles of which two readings agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from softbreak.data.segment import CycleBuilder
from softbreak.features.events import MOST_EVENTS, SMALLEST_EVENT, WINDOW, search_half_cycle
from softbreak.features.growing import Growing
from softbreak.features.half_cycle import STATISTICS, half_cycle_statistics, measure
from softbreak.features.intake import IMPOSED, TIME, VOLTAGE, WARMTH, Piece

AS_IT_IS, WITHOUT_SIGN, REVERSED = range(3)
"""Readings of a voltage: as recorded, its magnitude with the current's sign, and −V."""
SHORT_SAMPLES: Final = 10
"""A half-cycle of fewer samples may be a glitch."""
SLICE_SECOND: Final = 1800.0
"""One-way plating is judged in slices of this length, cut at abrupt events too."""
SLICE_SAMPLES: Final = 20
"""… and of at least so many samples."""
ACTIVATION_KELVIN: Final = 0.40 / 8.617333e-5
"""0.40 eV over Boltzmann's constant: the usual activation energy of a solid cell's resistance."""

WIDTH: Final = len(STATISTICS)
NOISE: Final = STATISTICS.index("noise_volt")
SIGN, LOWEST, PLAIN, EXCURSIONS = range(2 * WIDTH, 2 * WIDTH + 4)
"""Columns after the statistics as recorded and without sign: sign of the current, lowest voltage
as recorded (V), 1 where the voltage never ran against the current, and in each reading the abrupt
drops that came back at once."""
ROW_WIDTH: Final = 2 * WIDTH + 6
EVENT_WIDTH: Final = 7
"""Half-cycle, readings (bits), time (s), Δ ln R, Ω before, Ω after, slice."""
SLICE_WIDTH: Final = 2 + WIDTH
"""Half-cycle, readings (bits), statistics."""
_CURRENT: Final = STATISTICS.index("current_ampere")
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


NO_TWIN: Final = Twin(np.empty((3, 0)), True, float("nan"))


class CurrentDirections:
    """Whether the current of a cell has ever reversed, beyond doubt; a half-cycle at a time."""

    def __init__(self) -> None:
        self._builder = CycleBuilder()

    @property
    def reversed(self) -> bool:
        """True from the first half-cycle of the other direction on."""
        return self._builder.reversed

    def take(self, sign: int, samples: int, mean_current: float) -> None:
        """Hear of the next half-cycle; short ones may be glitches and do not count."""
        if samples >= SHORT_SAMPLES:
            self._builder.place(sign, mean_current)

    def copy(self) -> CurrentDirections:
        """Return one that goes on from here by itself."""
        twin = CurrentDirections()
        twin._builder = copy(self._builder)
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
    """

    __slots__ = ("events", "rests", "slices", "table")

    def __init__(self) -> None:
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
        return {name: getattr(self, name).rows for name in self.__slots__}

    @classmethod
    def load(cls, stored: Mapping[str, np.ndarray]) -> HalfCycles:
        """Undo :meth:`dump`."""
        log = cls()
        for name in cls.__slots__:
            setattr(log, name, Growing.of(stored[name]))
        return log

    def joined(self, later: HalfCycles) -> HalfCycles:
        """Return these and later ones together."""
        both, count = HalfCycles(), len(self)
        for name in self.__slots__:
            table, more = getattr(both, name), getattr(later, name).rows.copy()
            if name in ("events", "slices"):
                more[:, 0] += count
            table.extend(getattr(self, name).rows)
            table.extend(more)
        return both

    def add(self, buffer: np.ndarray, piece: Piece, twin: Twin, current: CurrentDirections) -> Twin:
        """Measure one more half-cycle; return what the next one of its sign needs to know of it.

        Parameters
        ----------
        buffer : numpy.ndarray
            Of an :class:`softbreak.features.intake.Intake`.
        piece : Piece
            Where in it the half-cycle lies.
        twin : Twin
        current : CurrentDirections
            Is told of it; slices are measured as long as the current has not reversed.
        """
        start, stop, sign, length = piece
        row = np.full(ROW_WIDTH, np.nan)
        events = np.empty((3 * MOST_EVENTS, EVENT_WIDTH))
        found = _measure(buffer, start, stop, sign, twin.samples, twin.plain, row, events)
        events = events[:found]
        current.take(sign, length, float(row[_CURRENT]))
        if not current.reversed:
            self._slice(buffer, piece, row, events)
        if found:
            if current.reversed:
                events[:, 6] = 0.0
            events[:, 0] = len(self)
            self.events.extend(events)
        self.table.append(row)
        samples = buffer[: IMPOSED + 1, start:stop].copy()
        return Twin(samples, bool(row[PLAIN]), float(row[NOISE]))

    def _slice(self, buffer: np.ndarray, piece: Piece, row: np.ndarray, events: np.ndarray) -> None:
        """Cut a half-cycle at its events and every SLICE_SECOND; tell each event its slice."""
        start, stop, sign, _ = piece
        time, voltage, imposed, warmth = (buffer[k, start:stop] for k in range(4))
        samples, owners = events[:, 6].astype(np.int64), np.zeros(len(events))
        for reading in (AS_IT_IS, WITHOUT_SIGN, REVERSED):
            mine = (events[:, 1].astype(np.int64) & (1 << reading)) > 0
            starts = slice_starts(time, samples[mine])
            owners[mine] = np.searchsorted(starts, samples[mine], side="right") - 1
            whole = _statistics(row[None], reading)
            found = np.empty((len(starts), SLICE_WIDTH))
            found[:, 0], found[:, 1], found[:, 2:] = len(self), 1 << reading, whole
            if len(starts) > 1:
                stops = np.append(starts[1:], len(time))
                signs = np.full(len(starts), sign, dtype=np.int64)
                found[:, 2:] = half_cycle_statistics(
                    time, _read(voltage, imposed, reading), imposed, warmth, starts, stops, signs
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


@njit(cache=True, nogil=True)
def _measure(buffer, start, stop, sign, twin, twin_plain, row, events):
    """Fill ``row`` and ``events``; return the number of events."""
    time, voltage = buffer[TIME, start:stop], buffer[VOLTAGE, start:stop]
    imposed, warmth = buffer[IMPOSED, start:stop], buffer[WARMTH, start:stop]
    twin_time, twin_voltage, twin_imposed = twin[0], twin[1], twin[2]
    n = stop - start
    measure(time, voltage, imposed, warmth, 0, n, sign, row[:WIDTH])
    plain, lowest = True, np.inf
    for k in range(n):
        direction = -1.0 if imposed[k] < 0.0 else 1.0
        same = voltage[k] >= 0.0 if direction > 0.0 else voltage[k] <= 0.0
        plain = plain and same and voltage[k] * sign >= 0.0
        lowest = min(lowest, voltage[k])
    row[SIGN], row[LOWEST], row[PLAIN] = sign, lowest, plain
    row[EXCURSIONS : EXCURSIONS + 3] = 0.0
    found, row[EXCURSIONS] = _events(
        (time, voltage, imposed, warmth),
        sign,
        row[NOISE],
        (twin_time, twin_voltage, twin_imposed),
        events[:MOST_EVENTS],
    )
    for m in range(found):
        events[m, 1] = 1.0
    if plain:
        row[WIDTH : 2 * WIDTH] = row[:WIDTH]
        if twin_plain:
            # the magnitude is the voltage itself; reversed, it lies at the floor all along
            row[EXCURSIONS + 1] = row[EXCURSIONS]
            for m in range(found):
                events[m, 1] = 3.0
            return found
    for reading in (WITHOUT_SIGN, REVERSED):
        if plain and reading == REVERSED:
            continue
        read = _read(voltage, imposed, reading)
        if reading == WITHOUT_SIGN and not plain:
            measure(time, read, imposed, warmth, 0, n, sign, row[WIDTH : 2 * WIDTH])
        noise = row[WIDTH + NOISE] if reading == WITHOUT_SIGN else row[NOISE]
        more, row[EXCURSIONS + reading] = _events(
            (time, read, imposed, warmth),
            sign,
            noise,
            (twin_time, _read(twin_voltage, twin_imposed, reading), twin_imposed),
            events[found : found + MOST_EVENTS],
        )
        for m in range(found, found + more):
            events[m, 1] = 1 << reading
        found += more
    return found


@njit(cache=True, nogil=True)
def _read(voltage, imposed, reading):
    """Return a voltage in a reading."""
    out = voltage.copy()
    if reading == REVERSED:
        for k in range(len(out)):
            out[k] = -out[k]
    elif reading == WITHOUT_SIGN:
        for k in range(len(out)):
            out[k] = -abs(out[k]) if imposed[k] < 0.0 else abs(out[k])
    return out


@njit(cache=True, nogil=True)
def _events(samples, sign, noise, twin, out):
    """Find abrupt events that no step of the temperature explains; count the excursions."""
    time, voltage, imposed, warmth = samples
    place = np.empty(MOST_EVENTS, dtype=np.int64)
    size = np.empty((MOST_EVENTS, 3))
    counts = np.zeros(2, dtype=np.int64)
    found = search_half_cycle(
        time, voltage, imposed, sign, noise, twin[0], twin[1], twin[2], place, size, counts
    )
    kept = 0
    for m in range(found):
        k, change = place[m], size[m, 0]
        left = change - _thermal_change(warmth, k)
        if np.isfinite(left) and (abs(left) <= SMALLEST_EVENT or left / change <= 0.5):
            continue
        out[kept, 2], out[kept, 3] = time[k], change
        out[kept, 4], out[kept, 5], out[kept, 6] = size[m, 1], size[m, 2], k
        kept += 1
    return kept, counts[1]


@njit(cache=True, nogil=True)
def _thermal_change(warmth, k):
    """Change of ln R that the temperature step at a sample explains; NaN where none is known."""
    before = _mean(warmth, max(k - WINDOW, 0), k) + 273.15
    after = _mean(warmth, k, min(k + WINDOW, len(warmth))) + 273.15
    return ACTIVATION_KELVIN * (1.0 / after - 1.0 / before)


@njit(cache=True, nogil=True)
def _mean(values, start, stop):
    total, count = 0.0, 0
    for k in range(start, stop):
        if np.isfinite(values[k]):
            total += values[k]
            count += 1
    return total / count if count else np.nan
