"""Messages become chunks: one a cell, however many messages of it came at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from softbreak.data.record import Record
from softbreak.stream.sources.chunk import Chunk
from softbreak.stream.sources.messages import Message


class Sequences:
    """The last number that came of each cell."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def resume(self, tokens: Mapping[str, tuple[str, str]]) -> None:
        """Take up from stored tokens."""
        self.take_up({cell_id: int(token) for cell_id, token in tokens.values()})

    def take_up(self, last: Mapping[str, int]) -> None:
        """Take up from the last number of each cell."""
        self._last = dict(last)

    def forget(self, cell_ids: Iterable[str]) -> None:
        """Take what comes of these cells as news."""
        for name in cell_ids:
            self._last.pop(name, None)

    def last(self, cell_id: str) -> int | None:
        """Return the last number of a cell; None where none is known."""
        return self._last.get(cell_id)

    def is_new(self, message: Message) -> bool:
        """Return whether a message is news, and note that it has come."""
        if message.sequence is None:
            return True
        name = message.cell.cell_id
        if message.sequence <= self._last.get(name, -1) and not message.restart:
            return False
        self._last[name] = message.sequence
        return True

    def tokens(self, messages: Sequence[Message]) -> dict[str, str]:
        """Return the token of messages of one cell."""
        numbers = [m.sequence for m in messages if m.sequence is not None]
        return {messages[0].cell.cell_id: str(numbers[-1])} if numbers else {}


def chunk_of(
    messages: Sequence[Message],
    tokens: Mapping[str, str],
    handle: object = None,
    *,
    restart: bool = False,
    incomplete: str = "",
    alone: bool = False,
) -> Chunk:
    """Return messages of one cell, in their order, as one chunk.

    Parameters
    ----------
    messages : sequence of Message
        At least one.
    tokens, handle
        As in :class:`Chunk`.
    restart : bool
        Whether the cell begins again with them.
    incomplete, alone
        As in :class:`Chunk`.
    """
    return Chunk(
        messages[-1].cell,
        tokens,
        _builder(messages),
        samples=sum(message.samples for message in messages),
        restart=restart or messages[0].restart,
        ended=messages[-1].end,
        handle=handle,
        incomplete=incomplete,
        alone=alone,
    )


def one_by_one(pairs: Iterable[tuple[Message, object]]) -> list[Chunk]:
    """Return messages with their handles, a message a chunk: to find the one that is at fault."""
    chunks = []
    for message, handle in pairs:
        known = message.sequence is not None
        tokens = {message.cell.cell_id: str(message.sequence)} if known else {}
        chunks.append(chunk_of([message], tokens, handle))
    return chunks


def batches(messages: Sequence[Message]) -> list[list[Message]]:
    """Group messages by cell, each cell's in order; a restart begins a new group."""
    groups: list[list[Message]] = []
    open_: dict[str, list[Message]] = {}
    for message in messages:
        name = message.cell.cell_id
        if message.restart or name not in open_:
            open_[name] = []
            groups.append(open_[name])
        open_[name].append(message)
    return groups


def _builder(messages: Sequence[Message]) -> Callable[[], Sequence[Record]]:
    if len(messages) == 1:
        return lambda: [messages[0].record()]
    return lambda: [_joined(list(group)).record() for _, group in groupby(messages, _belongs)]


def _belongs(message: Message) -> tuple[object, ...]:
    return (
        message.cell,
        message.technique,
        message.file,
        message.position,
        message.started_unix_second,
        tuple(message.columns),
    )


def _joined(messages: list[Message]) -> Message:
    if len(messages) == 1:
        return messages[0]
    columns = {
        name: np.concatenate([message.columns[name] for message in messages])
        for name in messages[0].columns
    }
    return replace(messages[0], columns=columns)
