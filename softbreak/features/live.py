"""Half-cycles of a cell as its samples arrive; batch work feeds whole files to the same code.

Feeding a record sample by sample, or in any chunks, gives bit-equal rows: what a sample does
depends on the samples before it (and up to three after it), never on where a chunk ended.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np

from softbreak.features.intake import BLOCK, FREE, VOLTAGE, Intake, Piece, staged
from softbreak.features.measured import NO_TWIN, CurrentDirections, HalfCycles, Twin

REST_SAMPLES = 5
"""A rest of fewer samples has not settled."""

RECORDS_OPEN = 8
"""So many records of a cell can grow at the same time; the one before them is over."""


class RecordStream:
    """One cycling record on its way into half-cycles.

    Parameters
    ----------
    current : CurrentDirections
        Of the cell.

    Attributes
    ----------
    intake : Intake or None
        The samples of the open half-cycle; None when the record is over.
    done : HalfCycles
        The finished ones.
    tallies : numpy.ndarray of int
        See :data:`softbreak.features.intake.TALLIES`.
    first : float
        First time on the record's own clock (s).
    """

    def __init__(self, current: CurrentDirections) -> None:
        self.intake: Intake | None = Intake()
        self.done = HalfCycles()
        self.tallies = self.intake.tallies
        self.first = 0.0
        self._current = current
        self._twins: dict[int, Twin] = {1: NO_TWIN, -1: NO_TWIN}

    def feed(self, columns: Mapping[str, np.ndarray]) -> int:
        """Take samples; return how many half-cycles they complete.

        Parameters
        ----------
        columns : mapping of str to numpy.ndarray, shape (n,)
            See :data:`softbreak.features.intake.COLUMNS`.
        """
        intake, before = self.intake, len(self.done)
        if intake is None:
            return 0
        for start in range(0, len(columns["voltage_volt"]), BLOCK):
            part = slice(start, start + BLOCK)
            for piece in intake.feed(staged({k: v[part] for k, v in columns.items()})):
                _take(piece, intake.buffer, self.done, self._twins, self._current)
            intake.trim()
        self.first = intake.first
        return len(self.done) - before

    def ended(self) -> HalfCycles:
        """Return all its half-cycles, as if the record ended here; changes nothing."""
        if self.intake is None:
            return self.done
        last, twins, current = HalfCycles(), dict(self._twins), self._current.copy()
        for piece in self.intake.rest_of_it():
            _take(piece, self.intake.buffer, last, twins, current)
        return self.done.joined(last)

    def end(self) -> None:
        """Let go of the samples: no more will come."""
        self.done, self.intake = self.ended(), None

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers."""
        return {
            "intake": None if self.intake is None else self.intake.dump(),
            "done": self.done.dump(),
            "tallies": self.tallies,
            "first": self.first,
            "twins": [[sign, twin.samples, twin.plain] for sign, twin in self._twins.items()],
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any], current: CurrentDirections) -> RecordStream:
        """Undo :meth:`dump`."""
        stream = cls(current)
        intake = stored["intake"]
        stream.intake = None if intake is None else Intake.load(intake)
        stream.tallies = stored["tallies"] if stream.intake is None else stream.intake.tallies
        stream.first = stored["first"]
        stream.done = HalfCycles.load(stored["done"])
        stream._twins = {
            sign: Twin(samples, bool(plain)) for sign, samples, plain in stored["twins"]
        }
        return stream


def _take(
    piece: Piece,
    buffer: np.ndarray,
    log: HalfCycles,
    twins: dict[int, Twin],
    current: CurrentDirections,
) -> None:
    """Measure a finished half-cycle, or note how a rest ended."""
    start, stop, sign, length = piece
    if sign and buffer[FREE, start:stop].any():
        twins[sign] = log.add(buffer, piece, twins[sign], current)
    elif length >= REST_SAMPLES:
        # a rest; or a hold at constant voltage, which passes charge but is no half-cycle
        log.rests.append(buffer[VOLTAGE, stop - 1])


class CellStream:
    """All cycling records of one cell, fed in any chunks.

    Examples
    --------
    >>> stream = CellStream()
    >>> stream.feed(
    ...     "cell.csv",
    ...     {
    ...         "test_time_second": np.arange(6.0),
    ...         "voltage_volt": np.array([0.1, 0.1, 0.1, -0.1, -0.1, -0.1]),
    ...         "current_ampere": np.array([1e-3, 1e-3, 1e-3, -1e-3, -1e-3, -1e-3]),
    ...     },
    ... )
    1
    >>> [len(part) for part in stream.parts(["cell.csv"])]
    [2]
    """

    def __init__(self) -> None:
        self.records: dict[Hashable, RecordStream] = {}
        self._current = CurrentDirections()

    @property
    def reversed(self) -> bool:
        """Whether the current has ever reversed, beyond doubt."""
        return self._current.reversed

    def feed(self, key: Hashable, columns: Mapping[str, np.ndarray]) -> int:
        """Take samples of one record; return how many half-cycles they complete.

        Parameters
        ----------
        key : hashable
            Names the record.
        columns : mapping of str to numpy.ndarray, shape (n,)
            See :data:`softbreak.features.intake.COLUMNS`.
        """
        if key not in self.records:
            self.records[key] = RecordStream(self._current)
            if len(self.records) > RECORDS_OPEN:
                self.records[list(self.records)[-RECORDS_OPEN - 1]].end()
        return self.records[key].feed(columns)

    def parts(
        self, order: Iterable[Hashable], *, running: Hashable | None = None
    ) -> list[HalfCycles]:
        """Return the half-cycles of every record.

        Parameters
        ----------
        order : iterable of hashable
            Names of records, in the order of the cell's life.
        running : hashable, optional
            The record that still goes on: its open half-cycle is left out.
        """
        return [
            self.records[key].done if key == running else self.records[key].ended() for key in order
        ]

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers; the names of records must be words."""
        records = [[key, stream.dump()] for key, stream in self.records.items()]
        return {"records": records, "current": self._current.dump()}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> CellStream:
        """Undo :meth:`dump`."""
        stream = cls()
        stream._current = CurrentDirections.load(stored["current"])
        for key, record in stored["records"]:
            stream.records[key] = RecordStream.load(record, stream._current)
        return stream
