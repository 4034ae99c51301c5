"""Half-cycles of a cell as its samples arrive; batch work feeds whole files to the same code.

Feeding a record sample by sample, or in any chunks, gives bit-equal rows: what a sample does
depends on the samples before it (and up to three after it), never on where a chunk ended.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

import numpy as np

from softbreak.features.intake import BLOCK, FREE, VOLTAGE, Intake, Piece, staged
from softbreak.features.measured import NO_TWIN, CurrentDirections, HalfCycles, Twin

REST_SAMPLES = 5
"""A rest of fewer samples has not settled."""


class RecordStream:
    """One cycling record on its way into half-cycles.

    Parameters
    ----------
    current : CurrentDirections
        Of the cell.

    Attributes
    ----------
    intake : Intake
        The samples of the open half-cycle.
    done : HalfCycles
        The finished ones.
    """

    def __init__(self, current: CurrentDirections) -> None:
        self.intake = Intake()
        self.done = HalfCycles()
        self._current = current
        self._twins: dict[int, Twin] = {1: NO_TWIN, -1: NO_TWIN}

    def feed(self, columns: Mapping[str, np.ndarray]) -> int:
        """Take samples; return how many half-cycles they complete.

        Parameters
        ----------
        columns : mapping of str to numpy.ndarray, shape (n,)
            See :data:`softbreak.features.intake.COLUMNS`.
        """
        before, count = len(self.done), len(columns["voltage_volt"])
        for start in range(0, count, BLOCK):
            part = slice(start, start + BLOCK)
            for piece in self.intake.feed(staged({k: v[part] for k, v in columns.items()})):
                _take(piece, self.intake.buffer, self.done, self._twins, self._current)
            self.intake.trim()
        return len(self.done) - before

    def tail(self) -> HalfCycles:
        """Return the half-cycles that would be left if the record ended here; changes nothing."""
        last, twins, current = HalfCycles(), dict(self._twins), self._current.copy()
        for piece in self.intake.rest_of_it():
            _take(piece, self.intake.buffer, last, twins, current)
        return last

    def ended(self) -> HalfCycles:
        """Return all its half-cycles, as if the record ended here; changes nothing."""
        return self.done.joined(self.tail())


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
