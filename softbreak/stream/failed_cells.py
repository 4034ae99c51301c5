"""What becomes of a cell that failed, of the message that is at fault, and of the error."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Final, Protocol

from softbreak.boundary import Boundary, in_words
from softbreak.stream.counters import Metrics
from softbreak.stream.faults import fault_of
from softbreak.stream.problems import Problems
from softbreak.stream.sources.chunk import Chunk, Problem, Receipt, Source
from softbreak.stream.store.engine import StoreRefused
from softbreak.stream.store.store import Store


class Ward(Protocol):
    """What can be done with a cell that failed."""

    def feed(self, chunk: Chunk) -> None:
        """Take a chunk in; raises what is wrong."""
        ...

    def try_to_write(self, cell_id: str) -> None:
        """Make what would be stored of a cell; raises what is wrong."""
        ...

    def store_now(self, cell_id: str) -> None:
        """Store a cell's state; raises what is wrong."""
        ...

    def drop(self, cell_id: str) -> None:
        """Forget what is not stored of a cell."""
        ...

    def refuse(self, chunk: Chunk, error: Exception) -> None:
        """See to it that a chunk never comes again."""
        ...


def isolate(ward: Ward, cell_id: str, chunks: Sequence[Chunk], *, storing: bool) -> None:
    """Take chunks of a cell, each of one message, and refuse those that cannot be taken.

    Parameters
    ----------
    ward : Ward
    cell_id : str
        Dropped already.
    chunks : sequence of Chunk
        In their order.
    storing : bool
        Whether it was the store that refused: each is then stored to try it.
    """
    good: list[Chunk] = []
    for chunk in chunks:
        error = _error_of(ward, cell_id, chunk, storing=storing)
        if error is None:
            good.append(chunk)
            continue
        ward.drop(cell_id)
        ward.refuse(chunk, error)
        good = _settled(ward, cell_id, good, storing=storing)
    _settled(ward, cell_id, good, storing=storing, fed=True)


def _error_of(ward: Ward, cell_id: str, chunk: Chunk, *, storing: bool) -> Exception | None:
    with Boundary() as boundary:
        ward.feed(chunk)
        ward.try_to_write(cell_id)
        if storing:
            ward.store_now(cell_id)
    return boundary.error


def _settled(
    ward: Ward, cell_id: str, good: list[Chunk], *, storing: bool, fed: bool = False
) -> list[Chunk]:
    """Store chunks that are known to be good; refuse them if that fails after all."""
    if storing or not good:
        return []
    with Boundary() as boundary:
        for chunk in () if fed else good:
            ward.feed(chunk)
        ward.store_now(cell_id)
    if boundary.error is not None:
        ward.drop(cell_id)
        for chunk in good:
            ward.refuse(chunk, boundary.error)
    return []


FIRST_AGAIN_SECOND: Final = 10.0
LONGEST_AGAIN_SECOND: Final = 3600.0
"""A cell that fails from its beginning is tried again when it grows, less and less often."""

logger = logging.getLogger(__name__)


class FailedCells:
    """Keeps a fault where it is: one message's where the source can tell, else one cell's.

    Parameters
    ----------
    ward : Ward
        The watch.
    source : Source
    store : Store
        Where errors of ours are kept with what they came from.
    problems : Problems
    metrics : Metrics
    """

    def __init__(
        self, ward: Ward, source: Source, store: Store, problems: Problems, metrics: Metrics
    ) -> None:
        self._ward, self._source, self._store = ward, source, store
        self._problems, self._metrics = problems, metrics
        self._aside: dict[str, tuple[float, float]] = {}

    def __contains__(self, cell_id: str) -> bool:
        """Whether a cell is set aside until it can be read from its beginning."""
        return cell_id in self._aside

    def came_back(self, cell_id: str) -> None:
        """Hear that a cell was taken in."""
        self._aside.pop(cell_id, None)

    def clear(self) -> None:
        """Forget which cells are set aside."""
        self._aside.clear()

    def fail(
        self, cell_id: str, error: Exception, lost: Sequence[Receipt], chunk: Chunk | None
    ) -> bool:
        """Take what was not stored of a cell again, one by one; what is at fault is refused.

        Parameters
        ----------
        cell_id : str
            Dropped already.
        error : Exception
        lost : sequence of Receipt
            Of chunks that were taken and not stored.
        chunk : Chunk or None
            The last of them, if the error came with it.

        Returns
        -------
        bool
            False if the source could not be asked: it has to be taken up anew.
        """
        self.fault("engine", cell_id, error, chunk)
        with Boundary() as boundary:
            chunks = self._source.again(lost)
        if boundary.error is not None:
            self.fault("source", cell_id, boundary.error, None)
            return False
        if chunks is None:
            self._set_aside(cell_id)
        else:
            isolate(self._ward, cell_id, chunks, storing=isinstance(error, StoreRefused))
        return True

    def refuse(self, chunk: Chunk, error: Exception) -> None:
        """Have the source put a chunk aside for good."""
        name = chunk.cell.cell_id
        self.fault("message", name, error, chunk)
        self._metrics.refused += 1
        with Boundary() as boundary:
            reason = f"cannot be judged ({in_words(error)}); kept for a report"
            self._source.refuse(chunk.receipt, reason)
        if boundary.error is not None:
            self.fault("source", name, boundary.error, None)

    def try_again(self, cell_id: str) -> None:
        """Have a cell that is set aside read from its beginning, if it is time."""
        due, pause = self._aside[cell_id]
        if self._source.replays and time.monotonic() >= due:
            self._aside[cell_id] = (time.monotonic() + pause, pause)
            self._source.rewind([cell_id])

    def _set_aside(self, cell_id: str) -> None:
        _, pause = self._aside.get(cell_id, (0.0, 0.0))
        longer = min(max(2.0 * pause, FIRST_AGAIN_SECOND), LONGEST_AGAIN_SECOND)
        self._aside[cell_id] = (time.monotonic() + pause, longer)
        if not pause:
            self.try_again(cell_id)

    def fault(self, kind: str, name: str, error: Exception, chunk: Chunk | None) -> None:
        """Count an error of ours, tell it once, and keep what it came from."""
        logger.debug("%s", name, exc_info=error)
        self._problems.tell(kind, Problem(name, f"cannot be judged: {in_words(error)}"))
        with Boundary() as boundary:
            self._store.note(fault_of(name, error, chunk))
        if boundary.error is not None:
            logger.debug("an error could not be kept", exc_info=boundary.error)
