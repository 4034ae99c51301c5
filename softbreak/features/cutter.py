"""Blocks of samples become complete half-cycles: in bulk where nothing is out of order."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from softbreak.data.clock import clock_peek
from softbreak.features import _bulk
from softbreak.features.intake import (
    BLOCK,
    COLUMNS,
    IMPOSED,
    TIME,
    VOLTAGE,
    WARMTH,
    Intake,
    Piece,
    staged,
)

LONGEST: Final = 2_000_000
"""Samples of the longest half-cycle that is measured as one (23 days at one a second). A longer
one is measured in pieces of this length, counted from its first sample, the last one shorter."""
_MARGIN: Final = 8
_FILLED, _SETTLED, _GONE = range(3)
_EMPTY: Final = np.empty(0, dtype=np.float32)


class Samples(NamedTuple):
    """Half-cycles to measure.

    Attributes
    ----------
    rows : numpy.ndarray, shape (4, n)
        s, V, A, °C.
    first : int
        The first sample of ``rows``, counted from the beginning of the record.
    cuts : numpy.ndarray of int, shape (m, 3)
        First sample, one beyond the last, and sign, counted likewise.
    """

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

    def feed(self, columns: dict[str, np.ndarray]) -> Samples:
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

    def finish(self) -> Samples:
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
        for start in range(0, len(columns["voltage_volt"]), BLOCK):
            part = slice(start, start + BLOCK)
            found.append(
                self._absolute(self._intake.feed(staged({k: v[part] for k, v in columns.items()})))
            )
        return found or [np.empty((0, 3), dtype=np.int64)]

    def _absolute(self, pieces: list[Piece]) -> np.ndarray:
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

    def _samples(self, cuts: np.ndarray) -> Samples:
        """Copy the samples of half-cycles: the buffer goes on to be used."""
        gone = int(self._intake.marks[_GONE])
        if not len(cuts):
            return Samples(np.empty((4, 0)), 0, cuts)
        first, stop = int(cuts[0, 0]), int(cuts[-1, 1])
        rows = self._intake.buffer[:, first - gone : stop - gone]
        return Samples(np.stack([rows[k] for k in (TIME, VOLTAGE, IMPOSED, WARMTH)]), first, cuts)

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
