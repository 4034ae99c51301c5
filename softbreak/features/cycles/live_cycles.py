"""The next cycles of a cell, paired one half-cycle at a time while nothing else changes.

What is known of a cell as a whole (how its voltage is to be read, which half-cycles are noise)
is kept along; where it changes, everything is paired anew.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from math import isnan
from typing import Final

import numpy as np

from softbreak.data.pairing import CycleBuilder
from softbreak.features.cycles.finished_cycles import Arranged, Cycles, Events
from softbreak.features.half_cycles.measured import (
    EXCURSIONS,
    LOWEST,
    SHORT_SAMPLES,
    SIGN,
    Growing,
    HalfCycles,
    row_statistics,
)
from softbreak.features.half_cycles.polarity import (
    Levels,
    Polarity,
    high_place,
    is_symmetric,
    steady_current,
    two_sided,
)
from softbreak.features.half_cycles.stream import RecordStream
from softbreak.features.kernels.cycle import CYCLE_COLUMNS, cycle_row
from softbreak.features.kernels.half_cycle import STATISTICS
from softbreak.features.kernels.reversals import reversal

_SAMPLES: Final = STATISTICS.index("samples")
_VOLTAGE: Final = STATISTICS.index("voltage_volt")
_CURRENT: Final = STATISTICS.index("current_ampere")
_FIRST: Final = STATISTICS.index("first_voltage_volt")
_LAST: Final = STATISTICS.index("last_voltage_volt")
_SHORTEST: Final = 3
"""Half-cycles of fewer samples do not say how the voltage is to be read."""


_Change = tuple[float, float, float, float]
"""Time (s), Δ ln R, resistance before and after (Ω)."""


_NO_CYCLES: Final = Cycles(
    np.empty(0, np.int64),
    np.empty((0, len(CYCLE_COLUMNS))),
    np.empty((0, 2)),
    np.zeros(1, np.int64),
    np.empty((0, 4)),
    np.zeros(1, np.int64),
)


class PairingRevised(Exception):  # noqa: N818 - no error: everything is paired anew
    """Something changed that concerns the cell as a whole."""


class _Levels:
    """Voltages of a cell, sorted, so that their medians are at hand."""

    def __init__(self, parts: Sequence[HalfCycles]) -> None:
        self.even: list[float] = []
        self.odd: list[float] = []
        self.drifts: dict[float, list[float]] = {1.0: [], -1.0: []}
        self.rests = sorted(value for part in parts for value in part.rests.rows[:, 0].tolist())
        self.lowest = np.inf
        self._last = (0.0, 0.0)  # sign, and half the mean voltage
        for part in parts:
            for row in part.table.rows.tolist():
                self.take(row)

    def take(self, row: list[float]) -> None:
        """Take one more half-cycle."""
        if isnan(row[_VOLTAGE]):
            return  # a voltage that stood still says nothing
        sign = row[SIGN]
        if row[_SAMPLES] >= _SHORTEST:
            before, half_before = self._last
            half = 0.5 * (row[_VOLTAGE] * sign)
            if before == -sign:
                insort(self.even, half + half_before)
                insort(self.odd, (half - half_before) * sign)
            insort(self.drifts[sign], row[_LAST] - row[_FIRST])
            self._last = (sign, half)
        if sign < 0:
            self.lowest = min(self.lowest, row[LOWEST])

    def polarity(self) -> Polarity:
        """As :func:`softbreak.features.half_cycles.polarity.polarity_of`."""
        if not self.even:
            raise PairingRevised
        rest = _median(self.rests) if self.rests else float("nan")
        even, odd = _median(self.even), _median(self.odd)
        plus, minus = _median(self.drifts[1.0]), _median(self.drifts[-1.0])
        high = self.even[high_place(len(self.even))]
        return two_sided(Levels(even, odd, plus, minus, self.lowest, rest, high))


def _median(values: list[float]) -> float:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2.0


class LivePairing:
    """Cycles of a record that goes on, after all else has been arranged.

    Parameters
    ----------
    found : Arranged
        All half-cycles so far, that of the running record's open one left out.
    parts : sequence of HalfCycles
        That ``found`` was arranged from; the running record's is the last.
    stream : RecordStream
        The running record.
    shift : float
        From its clock to the cell's (s).
    complete : int
        Cycles that were complete so far.

    Raises
    ------
    PairingRevised
        If these half-cycles cannot be taken up one by one.
    """

    def __init__(
        self,
        found: Arranged,
        parts: Sequence[HalfCycles],
        stream: RecordStream,
        shift: float,
        complete: int,
    ) -> None:
        if found.one_way or not len(found.cycle) or parts[-1] is not stream.done:
            raise PairingRevised
        self._stream, self._shift, self._complete = stream, shift, complete
        self._levels = _Levels(parts)
        polarity = self._levels.polarity()
        self._reading, self._symmetric = polarity.reading, _symmetric(polarity)
        self._builder = _builder(parts)
        first = int(np.searchsorted(found.cycle, complete))
        start = max(first - 3, 0)  # a reversal is compared with the one before last
        self._statistics = Growing.of(found.statistics[start:])
        self._facts = Growing.of(
            np.column_stack([found.sign, found.record, found.excursions, found.cycle])[start:]
        )
        self._events = _by_half_cycle(found.events, start)
        self._turned = np.empty(4)  # time, Δ ln R, Ω before and after
        for m in range(max(first - start, 3), len(self._statistics)):
            self._reverse(m)
        self._record = len(parts) - 1
        self._rows, self._found = len(stream.done), len(stream.done.events)
        self._rests = len(stream.done.rests)
        self._silent = self._noise()
        self._any_short = bool((stream.done.table.rows[:, _SAMPLES] < SHORT_SAMPLES).any())
        self._first: dict[int, int] = {}
        for place, cycle in enumerate(found.cycle[start:].tolist()):
            self._first.setdefault(cycle, place)

    def advance(self) -> Cycles:
        """Take up what the record has completed since; return the cycles that are complete now.

        Raises
        ------
        PairingRevised
            If something changed that concerns the cell as a whole.
        """
        done = self._stream.done
        if self._rests != done.rests.count:
            for value in done.rests.rows[self._rests :, 0].tolist():
                insort(self._levels.rests, value)
            self._rests = done.rests.count
        for m in range(self._rows, len(done)):
            self._take(m, done.table.rows[m])
        self._rows = len(done)
        polarity = self._levels.polarity()
        if (polarity.reading, _symmetric(polarity)) != (self._reading, self._symmetric):
            raise PairingRevised
        return self._new_cycles()

    def _noise(self) -> np.ndarray:
        """Which of the record's half-cycles are noise or glitches."""
        return np.asarray(steady_current(self._stream.done.table.rows) == 0.0)

    def _take(self, number: int, values: np.ndarray) -> None:
        row = values.tolist()
        self._levels.take(row)
        current = row[_CURRENT]
        self._any_short |= row[_SAMPLES] < SHORT_SAMPLES
        if self._any_short:
            silent = self._noise()
            if (silent[: len(self._silent)] != self._silent[: len(silent)]).any():
                raise PairingRevised
            self._silent = silent
            current = 0.0 if silent[number] else current
        cycle = self._builder.place(int(row[SIGN]), current)
        if cycle < -1 or 0 <= cycle < self._complete:
            raise PairingRevised
        if cycle < 0:
            return
        statistics = row_statistics(values, self._reading)
        for end in (0, 1):
            statistics[end] += self._shift
        self._statistics.append(statistics)
        excursions = row[EXCURSIONS + self._reading]
        self._facts.append((row[SIGN], self._record, excursions, cycle))
        place = self._statistics.count - 1
        self._first.setdefault(cycle, place)
        if place >= 3:
            self._reverse(place)
        self._add_events(number, place)

    def _reverse(self, place: int) -> None:
        facts = self._facts.rows
        if reversal(self._statistics.rows, facts[:, 0], place, self._turned):
            time, change, before, after = self._turned.tolist()
            self._events.setdefault(place, []).insert(0, (time, change, before, after))

    def _add_events(self, number: int, place: int) -> None:
        log = self._stream.done.events
        if self._found == log.count:
            return
        bit = 1 << self._reading
        while self._found < len(log):
            event = log.rows[self._found].tolist()
            if event[0] > number:
                return
            if event[0] == number and int(event[1]) & bit:
                told = (event[2] + self._shift, *event[3:6])
                self._events.setdefault(place, []).append(told)
            self._found += 1

    def _new_cycles(self) -> Cycles:
        facts = self._facts.rows
        last = int(facts[-1, 3])
        if last < self._complete:
            return _NO_CYCLES  # what came since was noise
        signs = facts[self._first[last] :, 0].tolist()
        intake = self._stream.intake
        following = intake.open_sign if intake is not None else 0
        stop = last + int(min(signs) < 0 < max(signs) and following != signs[-1])
        if stop <= self._complete:
            return _NO_CYCLES
        found = self._cycles(np.arange(self._complete, stop))
        self._complete = max(stop, self._complete)
        return found

    def _cycles(self, numbers: np.ndarray) -> Cycles:
        statistics, facts = self._statistics.rows, self._facts.rows
        rows = np.empty((len(numbers), len(CYCLE_COLUMNS)))
        begin, half_cycles, changes, events = self._first[int(numbers[0])], [0], [], [0]
        for row, number in zip(rows, numbers.tolist(), strict=True):
            first, stop = self._first.pop(number), self._first.get(number + 1, len(facts))
            cycle_row(statistics, facts[:, 0], facts[:, 2], first, stop, row)
            half_cycles.append(stop - begin)
            if self._events:
                inside = range(first, stop)
                changes += [change for m in inside for change in self._events.pop(m, ())]
            events.append(len(changes))
        edges = np.empty((half_cycles[-1], 2))
        edges[:, 0] = statistics[begin : begin + len(edges), _FIRST]
        edges[:, 1] = statistics[begin : begin + len(edges), _LAST]
        told = np.array(changes) if changes else _NO_CYCLES.changes
        return Cycles(numbers, rows, edges, np.array(half_cycles), told, np.array(events))


def _symmetric(polarity: Polarity) -> bool:
    _, even, odd, rest = polarity
    return is_symmetric(even, odd, rest)


def _builder(parts: Sequence[HalfCycles]) -> CycleBuilder:
    """A builder that has placed all half-cycles so far."""
    builder = CycleBuilder()
    for part in parts:
        rows = part.table.rows
        for sign, current in zip(rows[:, SIGN], steady_current(rows), strict=True):
            builder.place(int(sign), float(current))
    return builder


def _by_half_cycle(events: Events, start: int) -> dict[int, list[_Change]]:
    found: dict[int, list[_Change]] = {}
    for owner, *event in zip(*(column.tolist() for column in events), strict=True):
        if owner >= start:
            found.setdefault(owner - start, []).append((event[0], event[1], event[2], event[3]))
    return found
