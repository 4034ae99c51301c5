"""JSON lines from a pipe: one message a line, see :mod:`softbreak.stream.sources.messages`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from queue import Empty, Full, Queue
from typing import BinaryIO, Final

from softbreak.stream.sources.chunk import Chunk, Problem, Receipt, Source
from softbreak.stream.sources.merged import Sequences, batches, chunk_of, one_by_one
from softbreak.stream.sources.messages import MOST_BYTES, Message, MessageError, parse

_WAITING: Final = 10_000
_AT_ONCE: Final = 5_000


class LineSource(Source):
    """Reads messages from a stream of bytes, such as standard input.

    A pipe cannot be asked again. Where every message bears a ``sequence``, the sender may simply
    send all of it once more after a crash: what is known is dropped. Without, lines that were
    read but not yet stored are lost with the process.

    Parameters
    ----------
    stream : binary file
    name : str
        Under which sequences are stored.
    """

    ends = True

    def __init__(self, stream: BinaryIO, name: str = "stdin") -> None:
        self.name = name
        self._stream = stream
        self._lines: Queue[bytes | None] = Queue(_WAITING)
        self._waiting: list[bytes] = []
        self._closed = threading.Event()
        self._number = 0
        self._known = Sequences()
        self._problems: list[Problem] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def resume(self, tokens: Mapping[str, tuple[str, str]]) -> None:
        """Take up from stored sequences."""
        self._known.resume(tokens)

    def poll(self) -> Iterator[Chunk]:
        """Yield what has been read meanwhile."""
        messages = [m for line in self._drained() if (m := self._message(line)) is not None]
        for group in batches(messages):
            yield chunk_of(group, self._known.tokens(group), tuple(group))

    def ack(self, receipts: Sequence[Receipt]) -> None:
        """Nothing to do: a pipe does not listen."""

    def again(self, receipts: Sequence[Receipt]) -> Sequence[Chunk]:
        """Hand on the messages of a cell that failed, each by itself."""
        messages = [message for receipt in receipts for message in _messages(receipt)]
        return one_by_one((message, (message,)) for message in messages)

    def problems(self) -> Sequence[Problem]:
        """Return lines that are no messages."""
        told, self._problems = self._problems, []
        return told

    def wait(self, second: float) -> None:
        """Wait for a line."""
        try:
            line = self._lines.get(timeout=second)
        except Empty:
            return
        self._keep(line)

    def close(self) -> None:
        """Stop reading."""
        self._closed.set()

    def _drained(self) -> list[bytes]:
        try:
            while len(self._waiting) < _AT_ONCE:
                self._keep(self._lines.get_nowait())
        except Empty:
            pass  # all that there is
        lines, self._waiting = self._waiting, []
        return lines

    def _keep(self, line: bytes | None) -> None:
        if line is None:
            self.exhausted = True
        else:
            self._waiting.append(line)

    def _message(self, line: bytes) -> Message | None:
        self._number += 1
        if not line.strip():
            return None
        try:
            message = parse(line)
        except MessageError as error:
            self._problems.append(Problem(f"{self.name}, line {self._number}", str(error)))
            return None
        return message if self._known.is_new(message) else None

    def _read(self) -> None:
        within = False
        while line := self._stream.readline(MOST_BYTES + 1):
            cut, within = within, not line.endswith(b"\n")
            if cut:  # the rest of a line that was too long, and refused
                continue
            if not self._put(line):
                return
        self._put(None)

    def _put(self, line: bytes | None) -> bool:
        while not self._closed.is_set():
            try:
                self._lines.put(line, timeout=0.5)
            except Full:
                continue  # the watch is behind: so the sender waits
            return True
        return False


def _messages(receipt: Receipt) -> tuple[Message, ...]:
    return receipt.handle if isinstance(receipt.handle, tuple) else ()
