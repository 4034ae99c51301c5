"""Samples as they arrive: put on a clock, mended, and cut into half-cycles, in any chunking.

Behind the last sample that arrived up to three wait: the clock needs one more to tell a lone wrong
time, a measured current two more to tell a lone wrong value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from softbreak.compiled import exact
from softbreak.data.clock import clock_flush, clock_peek, clock_run, clock_step, new_clock
from softbreak.data.segment import Segmenter, advance
from softbreak.features.kernels.sample_columns import (
    CURRENT,
    FREE,
    IMPOSED,
    KNOWN,
    TIME,
    VOLTAGE,
    WARMTH,
)
from softbreak.features.kernels.sample_mending import count_lone, in_order, mend, repeated

TEMPERATURE: Final = "ambient_temperature_celsius"
COLUMNS: Final = (
    "test_time_second",
    "voltage_volt",
    "current_ampere",
    "control_current_ampere",
    "control_voltage_volt",
    TEMPERATURE,
)
"""What a sample is made of; only the first three must be there."""
IN_T, IN_V, IN_C, IN_CONTROL, IN_HELD, IN_WARM = range(6)
"""Rows of a staged chunk."""

_ROWS: Final = 7
REST_ROWS: Final = 8
"""Samples of a rest that are kept; how it ended is all that counts."""
_MARGIN: Final = 8
BLOCK: Final = 16_384
"""Longer chunks are taken in pieces, so that a whole file needs no more memory than a stream, and
that stays in the processor's cache."""
_STRETCH: Final = 1024
"""So many samples at a time are looked at, whether anything is out of order among them."""
_FEWEST: Final = 8

TALLIES: Final = ("missing_times", "missing_voltages", "backward", "repeated")
"""Times and voltages that are no numbers, times that step back, samples told twice in a row."""
_MISSING_TIME, _MISSING_VOLTAGE, _BACKWARD, _REPEATED = range(4)
_FILLED, _SETTLED, _GONE = range(3)


class Piece(NamedTuple):
    """A finished half-cycle or rest: samples ``start`` to ``stop - 1`` of the buffer."""

    start: int
    stop: int
    sign: int
    length: int


def staged(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Bring the columns of a chunk into the form that :class:`Intake` takes.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray, shape (n,)
        Some or all of ``COLUMNS``.

    Returns
    -------
    numpy.ndarray, shape (6, n)
        NaN where a column is not there.
    """
    stage = np.empty((len(COLUMNS), len(columns["voltage_volt"])))
    stage[IN_C + 1 :] = np.nan
    for row, name in enumerate(COLUMNS):
        if name in columns:
            stage[row] = columns[name]
    return stage


class Intake:
    """The samples of one record that have not become a half-cycle yet.

    Attributes
    ----------
    buffer : numpy.ndarray, shape (7, capacity)
        See ``TIME`` … ``KNOWN``: the open half-cycle, and a few samples before it.
    marks : numpy.ndarray of int
        Samples in the buffer, those of them that were cut into segments, samples that left it.
    tallies : numpy.ndarray of int
        See ``TALLIES``.
    rows : int
        Samples ever fed.
    first : float
        First time on the record's own clock (s).
    """

    def __init__(self) -> None:
        self.buffer = np.empty((_ROWS, 256))
        self.marks = np.zeros(3, dtype=np.int64)
        self.tallies = np.zeros(len(TALLIES), dtype=np.int64)
        self.rows = 0
        self.first = 0.0
        self.clock = new_clock()
        self.waiting = np.zeros(len(COLUMNS))
        self.segmenter = Segmenter()

    @property
    def last(self) -> float:
        """Last time on the record's own clock (s), should no other sample follow."""
        return clock_peek(self.clock)

    @property
    def lost_second(self) -> float:
        """What resets of the clock have taken so far (s)."""
        return float(self.clock[5])

    @property
    def open_sign(self) -> int:
        """Sign of the half-cycle under way; zero in a rest."""
        return int(self.segmenter.state[1])

    @property
    def open(self) -> Piece:
        """The segment under way, up to the last sample that was cut."""
        start, stop, sign = self.segmenter.begun
        gone = int(self.marks[_GONE])
        return Piece(max(start - gone, 0), int(self.marks[_SETTLED]), sign, stop - start)

    def feed(self, stage: np.ndarray) -> list[Piece]:
        """Take samples; return the segments that they complete, valid until :meth:`trim`.

        Parameters
        ----------
        stage : numpy.ndarray, shape (6, n)
            From :func:`staged`; at most ``BLOCK`` samples.
        """
        return [Piece(*row) for row in self.take(stage).tolist()]

    def take(self, stage: np.ndarray) -> np.ndarray:
        """Do as :meth:`feed`; return the segments as an array, one row a `Piece`."""
        count = stage.shape[1]
        self._reserve(count + 1)
        if not self.clock[0]:
            good = np.flatnonzero(np.isfinite(stage[IN_T]))
            self.first = float(stage[IN_T, good[0]]) if len(good) else 0.0
        self.rows += count
        cuts = np.empty((count + 4, 3), dtype=np.int64)
        closed = _absorb(
            stage,
            self.clock,
            self.waiting,
            self.segmenter.state,
            self.buffer,
            self.marks,
            self.tallies,
            cuts,
        )
        return self._pieces(cuts[:closed])

    def rest_of_it(self) -> list[Piece]:
        """Return the segments that would be left if the record ended here; changes nothing."""
        return [Piece(*row) for row in self.left().tolist()]

    def left(self) -> np.ndarray:
        """Do as :meth:`rest_of_it`; return an array, one row a `Piece`."""
        self._reserve(1)
        segmenter, marks = self.segmenter.copy(), self.marks.copy()
        cuts = np.empty((8, 3), dtype=np.int64)
        closed = _flush(
            self.clock.copy(),
            self.waiting,
            segmenter.state,
            self.buffer,
            marks,
            self.tallies.copy(),
            cuts,
        )
        last = np.array(segmenter.finish(), dtype=np.int64).reshape(-1, 3)
        return self._pieces(np.concatenate((cuts[:closed], last)))

    def trim(self, *, wholly: bool = False) -> None:
        """Let go of samples before the open half-cycle; ``wholly``: even of a few."""
        filled = int(self.marks[_FILLED])
        if filled < 128 and not wholly:
            return
        settled = int(self.marks[_SETTLED])
        start, _, sign, _ = self.open
        keep = start if sign else max(start, settled - REST_ROWS)
        keep = min(keep, settled - _MARGIN)
        if keep >= (1 if wholly else max(128, filled // 2)):
            self.buffer[:, : filled - keep] = self.buffer[:, keep:filled].copy()
            self.marks += np.array([-keep, -keep, keep])

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers."""
        self.trim(wholly=True)
        return {
            "buffer": self.buffer[:, : self.marks[_FILLED]],
            "marks": self.marks,
            "tallies": self.tallies,
            "rows": self.rows,
            "first": self.first,
            "clock": self.clock,
            "waiting": self.waiting,
            "segmenter": self.segmenter.state,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Intake:
        """Undo :meth:`dump`."""
        intake = cls()
        for name in ("buffer", "marks", "tallies", "rows", "first", "clock", "waiting"):
            setattr(intake, name, stored[name])
        intake.segmenter.state[:] = stored["segmenter"]
        return intake

    def _pieces(self, cuts: np.ndarray) -> np.ndarray:
        """Segments as they lie in the buffer."""
        pieces = np.empty((len(cuts), 4), dtype=np.int64)
        if len(cuts):
            gone = int(self.marks[_GONE])
            pieces[:, 3] = cuts[:, 1] - cuts[:, 0]
            pieces[:, :2] = np.maximum(cuts[:, :2] - gone, 0)
            pieces[:, 2] = cuts[:, 2]
        return pieces

    def _reserve(self, more: int) -> None:
        filled = int(self.marks[_FILLED])
        if filled + more > self.buffer.shape[1]:
            wider = np.empty((_ROWS, max(filled + more, 2 * self.buffer.shape[1])))
            wider[:, :filled] = self.buffer[:, :filled]
            self.buffer = wider


@exact
def _absorb(stage, clock, waiting, segmenter, buffer, marks, tallies, cuts):
    """Take samples up; write the segments that they complete, return their number."""
    count = stage.shape[1]
    for first in range(0, count, _STRETCH):
        stop = min(first + _STRETCH, count)
        k = first
        if stop - first >= _FEWEST and in_order(stage[IN_T, first:stop], stage[IN_V, first:stop]):
            # after two samples the clock and what waits are in order too
            _one(stage, first, clock, waiting, buffer, marks, tallies)
            _one(stage, first + 1, clock, waiting, buffer, marks, tallies)
            tallies[_REPEATED] += repeated(
                stage[IN_T, first + 1 : stop],
                stage[IN_V, first + 1 : stop],
                stage[IN_C, first + 1 : stop],
            )
            clock_run(clock, stage[IN_T, first + 2 : stop])
            _push_all(stage, first + 1, stop - 1, clock[5], buffer, marks)
            for row in range(6):
                waiting[row] = stage[row, stop - 1]
            k = stop
        while k < stop:
            _one(stage, k, clock, waiting, buffer, marks, tallies)
            k += 1
    return _cut(segmenter, buffer, marks, max(marks[_FILLED] - 2, marks[_SETTLED]), cuts)


@exact
def _one(stage, k, clock, waiting, buffer, marks, tallies):
    """Take one sample up, whatever it is."""
    time = stage[IN_T, k]
    if not np.isfinite(time):
        tallies[_MISSING_TIME] += 1
        return
    if clock[0] > 0.0:
        if time < waiting[IN_T]:
            tallies[_BACKWARD] += 1
        elif time == waiting[IN_T]:
            same = stage[IN_V, k] == waiting[IN_V] and stage[IN_C, k] == waiting[IN_C]
            tallies[_REPEATED] += 1 if same else 0
    moment = clock_step(clock, time)
    if clock[0] > 1.0:
        _push(waiting, moment, buffer, marks, tallies)
    for row in range(6):
        waiting[row] = stage[row, k]


@exact
def _push_all(stage, start, stop, lost, buffer, marks):
    """Append samples that are in order; as `_push` for each of them, column by column."""
    n = marks[_FILLED]
    end = n + stop - start
    marks[_FILLED] = end
    time, out = stage[IN_T, start:stop], buffer[TIME, n:end]
    for k in range(len(time)):
        out[k] = time[k] + lost
    buffer[VOLTAGE, n:end] = stage[IN_V, start:stop]
    current, control = stage[IN_C, start:stop], stage[IN_CONTROL, start:stop]
    buffer[CURRENT, n:end] = current
    known, imposed = buffer[KNOWN, n:end], buffer[IMPOSED, n:end]
    for k in range(len(known)):
        known[k] = 1.0 if abs(control[k]) < np.inf else 0.0
    for k in range(len(imposed)):
        value = control[k] if known[k] > 0.0 else current[k]
        imposed[k] = value if abs(value) < np.inf else 0.0
    warmth, warm = stage[IN_WARM, start:stop], buffer[WARMTH, n:end]
    for k in range(len(warm)):
        warm[k] = warmth[k] if (warmth[k] > -100.0) & (warmth[k] < 400.0) else np.nan
    held, free = stage[IN_HELD, start:stop], buffer[FREE, n:end]
    for k in range(len(free)):
        free[k] = 0.0 if (abs(held[k]) < np.inf) & (known[k] == 0.0) else 1.0
    around = max(n - 4, 0)
    if count_lone(buffer[CURRENT, around:end]):
        mend(buffer[CURRENT, around:end], buffer[KNOWN, around:end], buffer[IMPOSED, around:end])


@exact
def _flush(clock, waiting, segmenter, buffer, marks, tallies, cuts):
    """Take up what waits for later samples; on copies of the states."""
    if clock[0] > 0.0:
        _push(waiting, clock_flush(clock), buffer, marks, tallies)
    return _cut(segmenter, buffer, marks, marks[_FILLED], cuts)


@exact
def _cut(segmenter, buffer, marks, stop, cuts):
    start = marks[_SETTLED]
    marks[_SETTLED] = stop
    return advance(
        segmenter,
        buffer[TIME, start:stop],
        buffer[IMPOSED, start:stop],
        buffer[KNOWN, start:stop],
        cuts,
    )


@exact
def _push(sample, moment, buffer, marks, tallies):
    """Append a sample to the buffer; mend the current of the one before last."""
    if not np.isfinite(sample[IN_V]):
        tallies[_MISSING_VOLTAGE] += 1
        return
    n = marks[_FILLED]
    marks[_FILLED] = n + 1
    known = np.isfinite(sample[IN_CONTROL])
    imposed = sample[IN_CONTROL] if known else sample[IN_C]
    buffer[TIME, n] = moment
    buffer[VOLTAGE, n] = sample[IN_V]
    buffer[CURRENT, n] = sample[IN_C]
    buffer[KNOWN, n] = 1.0 if known else 0.0
    buffer[IMPOSED, n] = imposed if np.isfinite(imposed) else 0.0
    warmth = sample[IN_WARM]
    buffer[WARMTH, n] = warmth if -100.0 < warmth < 400.0 else np.nan
    buffer[FREE, n] = 0.0 if np.isfinite(sample[IN_HELD]) and not known else 1.0
    if n + marks[_GONE] < 4 or buffer[KNOWN, n - 2] > 0.0:
        return
    # a lone wrong sample of a measured current, whose neighbours agree
    a, b = buffer[CURRENT, n - 4], buffer[CURRENT, n - 3]
    c, d = buffer[CURRENT, n - 1], buffer[CURRENT, n]
    level = (a + b + c + d) / 4.0
    spread = max(abs(a - level), abs(b - level), abs(c - level), abs(d - level))
    if spread < 0.1 * abs(level) and abs(buffer[CURRENT, n - 2] - level) > 0.5 * abs(level):
        buffer[IMPOSED, n - 2] = level
