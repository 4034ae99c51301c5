"""Messages that are handed in from outside (HTTP POST), and an answer when they are safe.

Nobody can crowd others out. Each sender has a queue of its own, and the queues are emptied in turn;
a sender that is too far behind is told to wait. Cells that nobody has seen yet, of which each costs
memory for good, are admitted at a bounded rate and stand behind all others.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Condition
from typing import Final

from softbreak.stream.sources.chunk import Chunk, Problem, Receipt, Source
from softbreak.stream.sources.merged import Sequences, batches, chunk_of, one_by_one
from softbreak.stream.sources.messages import Message

MOST_WAITING: Final = 20_000
"""Messages of all senders that wait."""
MOST_BYTES_WAITING: Final = 256 << 20
"""And so many bytes of samples."""
MOST_OF_ONE: Final = 5_000
"""Messages of one sender that wait while others send too."""
MOST_NEW: Final = 10_000
"""Messages of new cells that wait."""
NEW_A_SECOND: Final = 200.0
"""So many new cells are admitted."""
NEW_AT_ONCE: Final = 2_000.0
"""So many when none have come for a while: a lab that starts."""
MOST_NEW_OPEN: Final = 100
"""So many new cells are on their way into the store at a time: states are stored in turn, and a
good cell's must not wait behind thousands that nobody knew."""
_AT_ONCE: Final = 2_000
Told = Callable[[str], None]
"""Is told "" when its message is safe, else why it never can be."""


class InboxFull(Exception):  # noqa: N818 - it passes
    """The watch is behind; the sender should try again later."""


@dataclass(frozen=True, slots=True)
class _Letter:
    message: Message
    stored: Told
    at: float


class _Admission:
    """How many new cells may come now: a bucket that fills with time."""

    def __init__(self) -> None:
        self._tokens, self._at = NEW_AT_ONCE, time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._tokens = min(NEW_AT_ONCE, self._tokens + NEW_A_SECOND * (now - self._at))
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class InboxSource(Source):
    """Messages wait here until the watch takes them.

    The sender hears of success only when the effects of its message are stored: until then it
    keeps the message, and sends it again if it hears nothing.
    """

    def __init__(self, name: str = "http") -> None:
        self.name = name
        self._senders: OrderedDict[str, deque[_Letter]] = OrderedDict()
        self._new: OrderedDict[str, deque[_Letter]] = OrderedDict()
        self._waiting = self._waiting_new = self._bytes = 0
        self._cells: set[str] = set()
        self._fresh: set[str] = set()
        self._admission = _Admission()
        self._arrival = Condition()
        self._known = Sequences()
        self._safe: dict[str, int] = {}
        self._doubles: list[tuple[str, int, Told]] = []
        self._refused: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._problems: list[Problem] = []

    def resume(self, tokens: Mapping[str, tuple[str, str]]) -> None:
        """Take up from stored sequences."""
        self._known.resume(tokens)
        self._safe = {cell_id: int(token) for cell_id, token in tokens.values()}
        self._cells.update(self._safe)
        self._fresh.clear()

    def offer(self, messages: Sequence[Message], stored: Sequence[Told], sender: str = "") -> None:
        """Hand messages in; from any thread.

        Parameters
        ----------
        messages : sequence of Message
        stored : sequence of callable
            One for each message, called once, from the watch's thread, when it is safe or refused.
        sender : str
            Who sends: an address, or who it says it is.

        Raises
        ------
        InboxFull
            If too many of this sender, of new cells, or of all wait already. None is taken then.
        """
        now = time.monotonic()
        letters = [_Letter(*pair, now) for pair in zip(messages, stored, strict=True)]
        with self._arrival:
            new = [each for each in letters if each.message.cell.cell_id not in self._cells]
            known = [each for each in letters if each.message.cell.cell_id in self._cells]
            size = sum(_size(message) for message in messages)
            self._refuse_too_much(len(known), len(new), size, sender)
            self._bytes += size
            if known:
                self._senders.setdefault(sender, deque()).extend(known)
            for letter in new:
                self._new.setdefault(letter.message.cell.cell_id, deque()).append(letter)
            self._waiting += len(known)
            self._waiting_new += len(new)
            self._arrival.notify()

    def _refuse_too_much(self, known: int, new: int, size: int, sender: str) -> None:
        """Raise unless there is room; what finds its queue empty has it in any case."""
        of_sender = len(self._senders.get(sender, ()))
        others = any(name != sender for name in self._senders)
        if self._bytes and self._bytes + size > MOST_BYTES_WAITING:
            raise InboxFull("the watch is behind")
        if self._waiting and known and self._waiting + known > MOST_WAITING:
            raise InboxFull("the watch is behind")
        if of_sender and others and of_sender + known > MOST_OF_ONE:
            raise InboxFull(f"{of_sender} messages of this sender wait; the watch is behind")
        if self._waiting_new and new and self._waiting_new + new > MOST_NEW:
            raise InboxFull("too many new cells at once; the watch is behind")

    def poll(self) -> Iterator[Chunk]:
        """Yield what has been handed in meanwhile, the senders in turn."""
        news: list[Message] = []
        told: dict[int, Told] = {}
        for letter in self._taken():
            message = letter.message
            if self._known.is_new(message):
                told[id(message)] = letter.stored
                news.append(message)
            else:
                self._fresh.discard(message.cell.cell_id)
                self._doubles.append((message.cell.cell_id, message.sequence or 0, letter.stored))
        self._answer_doubles()
        for group in batches(news):
            handle = tuple((message, told[id(message)]) for message in group)
            yield chunk_of(group, self._known.tokens(group), handle)

    def _taken(self) -> list[_Letter]:
        """Take letters of known cells, a share a sender, then of new ones as far as admitted."""
        taken: list[_Letter] = []
        with self._arrival:
            share = max(_AT_ONCE // max(len(self._senders), 1), 1)
            for sender, queue in list(self._senders.items()):
                taken += [queue.popleft() for _ in range(min(share, len(queue)))]
                if queue:
                    self._senders.move_to_end(sender)
                else:
                    del self._senders[sender]
            self._waiting -= len(taken)
            left = min((queue[0].at for queue in self._senders.values()), default=None)
            self.behind_second = 0.0 if left is None else time.monotonic() - left
            while self._new and len(self._fresh) < MOST_NEW_OPEN and self._admission.take():
                name, queue = self._new.popitem(last=False)
                self._cells.add(name)
                self._fresh.add(name)
                taken += queue
                self._waiting_new -= len(queue)
            self._bytes -= sum(_size(letter.message) for letter in taken)
        return taken

    def ack(self, receipts: Sequence[Receipt]) -> None:
        """Answer the senders."""
        for receipt in receipts:
            for message, stored in _letters(receipt):
                self._fresh.discard(message.cell.cell_id)
                stored("")
            for cell_id, token in receipt.tokens.items():
                self._safe[cell_id] = int(token)
        self._answer_doubles()

    def again(self, receipts: Sequence[Receipt]) -> Sequence[Chunk]:
        """Hand on the messages of a cell that failed, each by itself."""
        letters = [letter for receipt in receipts for letter in _letters(receipt)]
        return one_by_one((letter[0], (letter,)) for letter in letters)

    def refuse(self, receipt: Receipt, reason: str) -> None:
        """Answer a sender that its message can never be used."""
        for message, stored in _letters(receipt):
            self._fresh.discard(message.cell.cell_id)
            stored(reason or "it cannot be used")
            if message.sequence is not None:  # sent once more, it is answered the same
                self._refused[message.cell.cell_id, message.sequence] = reason
                if len(self._refused) > MOST_WAITING:
                    self._refused.popitem(last=False)

    def _answer_doubles(self) -> None:
        """What came twice is answered when the first of it is safe."""
        waiting = []
        for double in self._doubles:
            cell_id, sequence, stored = double
            if (reason := self._refused.get((cell_id, sequence))) is not None:
                stored(reason or "it cannot be used")
            elif sequence <= self._safe.get(cell_id, -1):
                stored("")
            else:
                waiting.append(double)
        self._doubles = waiting[-MOST_WAITING:]

    def problems(self) -> Sequence[Problem]:
        """Return what was refused since the last call."""
        told, self._problems = self._problems, []
        return told

    def note(self, key: str, sentence: str) -> None:
        """Have something told and counted that happened at the door."""
        self._problems = [*self._problems[-99:], Problem(key, sentence)]

    def wait(self, second: float) -> None:
        """Wait for a message."""
        with self._arrival:
            if self._new and not self._senders:
                self._arrival.wait(min(second, 0.02))  # until more new cells are admitted
            elif not self._senders:
                self._arrival.wait(second)


def _letters(receipt: Receipt) -> tuple[tuple[Message, Told], ...]:
    return receipt.handle if isinstance(receipt.handle, tuple) else ()


def _size(message: Message) -> int:
    return sum(column.nbytes for column in message.columns.values())
