"""The contract between a source and the watch: chunks, and how they are acknowledged."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from softbreak.data.record import Cell, Record


class Receipt(NamedTuple):
    """What is left of a chunk that was taken, until its effects are stored.

    Attributes
    ----------
    tokens, handle
        Those of the :class:`Chunk`.
    """

    tokens: Mapping[str, str]
    handle: object


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is new of one cell.

    Attributes
    ----------
    cell : Cell
        What is known of it.
    tokens : mapping of str to str
        How far each part of the source (a file, a partition of a stream) has come with this
        chunk, in the source's own words; stored in the same transaction as its effects.
    build : callable
        Makes the records, which hold new rows only; called at most once.
    samples : int
        Rows in them.
    restart : bool
        What was told of this cell before no longer holds (a file was rewritten): it begins again
        from zero, and this chunk holds all that there is.
    backlog : bool
        These rows are history, not news: only where they end is worth a notification.
    ended : bool
        Nothing has come for long: what there is is judged as if nothing followed. More may.
    handle : object
        The source's own note, for :meth:`Source.ack`.
    incomplete : str
        Why rows before these may be missing for good; empty where none are.
    alone : bool
        To be stored before the next chunk is asked for: what it holds is under suspicion.
    """

    cell: Cell
    tokens: Mapping[str, str]
    build: Callable[[], Sequence[Record]] = field(repr=False)
    samples: int = 0
    restart: bool = False
    backlog: bool = False
    ended: bool = False
    handle: object = None
    incomplete: str = ""
    alone: bool = False

    @property
    def records(self) -> Sequence[Record]:
        """The records of the new rows, made now: to be asked for once."""
        return self.build()

    @property
    def receipt(self) -> Receipt:
        """What :meth:`Source.ack` needs to know of it: no rows."""
        return Receipt(self.tokens, self.handle)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a source could not use; it goes on without.

    Attributes
    ----------
    key : str
        The file, or the place in the stream.
    sentence : str
        What was found, and the remedy.
    """

    key: str
    sentence: str


class Source(ABC):
    """Where chunks come from. A new one (Kafka, MQTT) is one class with ``poll`` and ``ack``.

    Attributes
    ----------
    name : str
        Stable: offsets are stored under it.
    ends : bool
        Whether it is known to come to an end (a pipe).
    exhausted : bool
        It has: nothing will ever come again.
    replays : bool
        Whether :meth:`rewind` can bring a cell's past back.
    stalled : str
        Why it cannot be asked now; empty while it can.
    behind_second : float
        So long the message that was handed on last had waited, where others wait behind it.
    """

    name: str
    ends: bool = False
    exhausted: bool = False
    replays: bool = False
    stalled: str = ""
    behind_second: float = 0.0

    def resume(self, tokens: Mapping[str, tuple[str, str]]) -> None:  # noqa: B027
        """Take up from stored tokens: part of the source to (cell_id, token)."""

    @abstractmethod
    def poll(self) -> Iterable[Chunk]:
        """Yield what is new, without waiting long; order is kept within a cell."""

    @abstractmethod
    def ack(self, receipts: Sequence[Receipt]) -> None:
        """Hear that the effects of the chunks of these receipts are stored and will survive."""

    def rewind(self, cell_ids: Iterable[str]) -> None:  # noqa: B027
        """Hand these cells on once more, from zero, with ``restart`` set (if it replays)."""

    def again(self, receipts: Sequence[Receipt]) -> Sequence[Chunk] | None:  # noqa: ARG002
        """Hand on once more, a message a chunk, what was not stored when its cell failed.

        None where the source cannot: a cell's past is then asked for by :meth:`rewind`.
        """
        return None

    def refuse(self, receipt: Receipt, reason: str) -> None:  # noqa: B027
        """Hear that a chunk can never be used: it is not to come again."""

    @property
    def settling(self) -> bool:
        """Whether more may wait than the last poll could see."""
        return False

    def rebalanced(self) -> bool:
        """Return whether cells came from, or went to, another worker since the last call."""
        return False

    def problems(self) -> Sequence[Problem]:
        """Return what could not be used since the last call."""
        return ()

    def wait(self, second: float) -> None:
        """Wait for news, at most so long (s)."""
        time.sleep(second)

    def close(self) -> None:  # noqa: B027
        """Let go of files and connections."""
