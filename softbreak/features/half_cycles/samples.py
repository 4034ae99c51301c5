"""Samples as they arrive: put on a clock, mended, and cut into half-cycles, in any chunking.

Behind the last sample that arrived up to three wait: the clock needs one more to tell a lone wrong
time, a measured current two more to tell a lone wrong value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from softbreak.data.clock import clock_peek, ends_of, new_clock
from softbreak.data.segment import Segmenter
from softbreak.features.kernels.sample_columns import IN_C, IN_T
from softbreak.features.kernels.sample_intake import (
    FEW,
    FILLED,
    GONE,
    absorb,
    flush,
    let_go,
)

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

_UNKNOWN: Final = float("nan")
_ROWS: Final = 7
BLOCK: Final = 32_768
"""Longer chunks are taken in pieces, so that a whole file needs no more memory than a stream, and
that stays in the processor's cache."""

TALLIES: Final = ("missing_times", "missing_voltages", "backward", "repeated")
"""Times and voltages that are no numbers, times that step back, samples told twice in a row."""


class Piece(NamedTuple):
    """A finished half-cycle or rest: samples ``start`` to ``stop - 1`` of the buffer."""

    start: int
    stop: int
    sign: int
    length: int


_PIECE: Final = len(Piece._fields)
_NO_PIECES: Final = np.empty((0, _PIECE), dtype=np.int64)


def staged(
    columns: Mapping[str, np.ndarray], used: np.ndarray | None = None, *, whole: bool = True
) -> np.ndarray:
    """Bring the columns of a chunk into the form that :class:`Intake` takes.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray, shape (n,)
        Some or all of ``COLUMNS``.
    used : numpy.ndarray, shape (6 or 3, m), optional
        What was returned for samples of the same columns, and is no longer needed: fresh memory
        costs more than copying.
    whole : bool
        Leave a row to every column, even if there are only the three that must be.

    Returns
    -------
    numpy.ndarray, shape (6, n), or (3, n) of the first three columns
        NaN where a column is not there.
    """
    narrow = not whole and columns.keys().isdisjoint(COLUMNS[IN_C + 1 :])
    shape = (IN_C + 1 if narrow else len(COLUMNS), len(columns["voltage_volt"]))
    if used is not None and used.shape == shape:
        stage = used
    else:
        stage = np.empty(shape)
        stage[IN_C + 1 :] = np.nan
    for row, name in enumerate(COLUMNS):
        if name in columns:
            stage[row] = columns[name]
    return stage


def staged_alone(columns: Mapping[str, np.ndarray], stage: np.ndarray) -> np.ndarray:
    """Bring a single sample into the form of :func:`staged`, in memory of the caller's.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray, shape (1,)
    stage : numpy.ndarray, shape (6, 1)
        Is overwritten and returned.
    """
    places = stage[:, 0]
    for row, name in enumerate(COLUMNS):
        column = columns.get(name)
        places[row] = _UNKNOWN if column is None else column.item()
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
        self._cuts = np.empty((5, _PIECE), dtype=np.int64)  # of a single sample
        self._limits = np.array([FEW], dtype=np.int64)

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

    def feed(self, stage: np.ndarray) -> list[Piece]:
        """Take samples; return the segments that they complete, valid until :meth:`trim`.

        Parameters
        ----------
        stage : numpy.ndarray, shape (6, n) or (3, n)
            From :func:`staged`; at most ``BLOCK`` samples.
        """
        return [Piece(*row) for row in self.take(stage).tolist()]

    def take(self, stage: np.ndarray) -> np.ndarray:
        """Do as :meth:`feed`; return the segments as an array, one row a `Piece`."""
        count = stage.shape[1]
        self.hear_of(stage)
        self.reserve(count + 1)
        cuts = self._cuts if count == 1 else np.empty((count + 4, _PIECE), dtype=np.int64)
        closed = absorb(
            stage,
            0,
            count,
            self.clock,
            self.waiting,
            self.segmenter.state,
            self.buffer,
            self.marks,
            self.tallies,
            cuts,
        )
        return cuts[:closed] if closed else _NO_PIECES

    def hear_of(self, stage: np.ndarray) -> None:
        """Count samples that will be taken up next, and note when the first of all was measured."""
        if not self.clock[0]:
            self.first = (ends_of(stage[IN_T]) or (0.0, 0.0))[0]
        self.rows += stage.shape[1]

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """All that :func:`softbreak.features.kernels.sample_stretches.take_up` works on."""
        state = self.segmenter.state
        known = (self.clock, self.waiting, state, self.buffer, self.marks)
        return (*known, self.tallies, self._limits)

    def rest_of_it(self) -> list[Piece]:
        """Return the segments that would be left if the record ended here; changes nothing."""
        return [Piece(*row) for row in self.left().tolist()]

    def left(self) -> np.ndarray:
        """Do as :meth:`rest_of_it`; return an array, one row a `Piece`."""
        self.reserve(1)
        segmenter, marks = self.segmenter.copy(), self.marks.copy()
        cuts = np.empty((8, 3), dtype=np.int64)
        closed = flush(
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
        if wholly or self.marks[FILLED] >= self._limits[0]:
            let_go(self.buffer, self.marks, self.segmenter.state, self._limits, wholly)

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers."""
        self.trim(wholly=True)
        return {
            "buffer": self.buffer[:, : self.marks[FILLED]],
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
            gone = int(self.marks[GONE])
            pieces[:, 3] = cuts[:, 1] - cuts[:, 0]
            pieces[:, :2] = np.maximum(cuts[:, :2] - gone, 0)
            pieces[:, 2] = cuts[:, 2]
        return pieces

    def reserve(self, more: int) -> None:
        """Make room for so many more samples."""
        filled = int(self.marks[FILLED])
        if filled + more > self.buffer.shape[1]:
            wider = np.empty((_ROWS, max(filled + more, 2 * self.buffer.shape[1])))
            wider[:, :filled] = self.buffer[:, :filled]
            self.buffer = wider
