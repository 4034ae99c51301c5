"""Messages that are handed in from outside (HTTP POST), and an answer when they are safe."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Condition
from typing import Final

from softbreak.stream.sources.chunk import Chunk, Receipt, Source
from softbreak.stream.sources.merged import Sequences, batches, chunk_of
from softbreak.stream.sources.messages import Message

MOST_WAITING: Final = 20_000
Told = Callable[[], None]


class InboxFull(Exception):  # noqa: N818 - it passes
    """The watch is behind; the sender should try again later."""


class InboxSource(Source):
    """Messages wait here until the watch takes them.

    The sender hears of success only when the effects of its message are stored: until then it
    keeps the message, and sends it again if it hears nothing.
    """

    def __init__(self, name: str = "http") -> None:
        self.name = name
        self._waiting: deque[tuple[Message, Told]] = deque()
        self._arrival = Condition()
        self._known = Sequences()
        self._safe: dict[str, int] = {}
        self._doubles: list[tuple[str, int, Told]] = []

    def resume(self, tokens: Mapping[str, tuple[str, str]]) -> None:
        """Take up from stored sequences."""
        self._known.resume(tokens)
        self._safe = {cell_id: int(token) for cell_id, token in tokens.values()}

    def offer(self, messages: Sequence[Message], stored: Told) -> None:
        """Hand messages in; from any thread.

        Parameters
        ----------
        messages : sequence of Message
        stored : callable
            Called from the watch's thread, once for each message, when it is safe.

        Raises
        ------
        InboxFull
        """
        with self._arrival:
            if len(self._waiting) + len(messages) > MOST_WAITING:
                raise InboxFull
            self._waiting.extend((message, stored) for message in messages)
            self._arrival.notify()

    def poll(self) -> Iterator[Chunk]:
        """Yield what has been handed in meanwhile."""
        with self._arrival:
            taken = list(self._waiting)
            self._waiting.clear()
        told: dict[int, Told] = {}
        news = []
        for message, stored in taken:
            if self._known.is_new(message):
                told[id(message)] = stored
                news.append(message)
            else:
                self._doubles.append((message.cell.cell_id, message.sequence or 0, stored))
        self._answer_doubles()
        for group in batches(news):
            handle = [told[id(message)] for message in group]
            yield chunk_of(group, self._known.tokens(group), handle)

    def ack(self, receipts: Sequence[Receipt]) -> None:
        """Answer the senders."""
        for tokens, handle in receipts:
            for stored in handle if isinstance(handle, list) else ():
                stored()
            for cell_id, token in tokens.items():
                self._safe[cell_id] = int(token)
        self._answer_doubles()

    def _answer_doubles(self) -> None:
        """What came twice is answered when the first of it is safe."""
        waiting = []
        for double in self._doubles:
            cell_id, sequence, stored = double
            if sequence <= self._safe.get(cell_id, -1):
                stored()
            else:
                waiting.append(double)
        self._doubles = waiting

    def wait(self, second: float) -> None:
        """Wait for a message."""
        with self._arrival:
            if not self._waiting:
                self._arrival.wait(second)
