"""Which message is at fault: those of a cell that failed are taken once more, one by one.

An error can leave a live cell half changed, so the cell begins again from what is stored of it.
A message that fails by itself is refused; those before it are taken again, and stored, so that none
is taken more than three times, however many are at fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from softbreak.boundary import Boundary
from softbreak.stream.sources.chunk import Chunk


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
