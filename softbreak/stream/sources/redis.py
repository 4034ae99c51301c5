"""Redis Streams: thousands of channels shared by many workers.

Cells are spread over partitions, one stream each, by the CRC-32 of their name, so that one cell's
messages stay in order. A worker holds a lease on each partition it reads; leases of a worker that
is lost run out, another takes the partition and claims what was delivered but not acknowledged
(XAUTOCLAIM). An entry is acknowledged (XACK) after its effects are stored. Delivery is thus *at
least once*; the stored entry id of each cell makes the effect *exactly once*, and the store refuses
a worker that writes although it has lost its lease. A sender that did not hear whether an entry was
taken adds it again, under another id: the message's ``sequence``, stored beside the id, tells.

What was trimmed before it was read is counted, and the cells whose rows may be among it are told of
it; what can never be used goes to the dead letters.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from softbreak.boundary import Boundary, in_words
from softbreak.stream.sources.chunk import Chunk, Problem, Receipt, Source
from softbreak.stream.sources.merged import Sequences, batches, chunk_of
from softbreak.stream.sources.messages import Message, MessageError, parse
from softbreak.stream.sources.redis_address import FIELD, Address, connect
from softbreak.stream.sources.redis_leases import Leases
from softbreak.stream.sources.redis_pending import Pending
from softbreak.stream.sources.redis_reading import Reading

LEASE_SECOND: Final = 15.0
_PAGE: Final = 1000
_GAP_MILLISECOND: Final = 86_400_000
"""A cell that is first heard of so long after a gap lost nothing in it."""
_TRIES, _TRY_SECOND = 10, 0.2

Id = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Entries:
    """A chunk's handle: the entries that it was made of."""

    key: str
    ids: tuple[bytes, ...]


class RedisSource(Source):
    """One worker of a consumer group.

    Parameters
    ----------
    address : Address
    worker : str, optional
        Of its own for each process.
    lease_second : float
        So long after it was lost, a worker's partitions go to others.
    """

    replays = True

    def __init__(
        self, address: Address, worker: str = "", lease_second: float = LEASE_SECOND
    ) -> None:
        self.name = f"redis:{address.stream}/{address.group}"
        self._address = address
        self._worker = worker or f"{socket.gethostname()}-{os.getpid()}-{time.time_ns():x}"
        self._client = connect(address.url)
        self._leases = Leases(self._client, address, self._worker, lease_second)
        self._reading = Reading(self._client, address, self._worker)
        self._pending = Pending(self._client, address, self._worker, _PAGE)
        self._began, self._lease_second = time.monotonic(), lease_second
        self._gaps: dict[str, Id] = {}
        self._lost = 0
        self._known = Sequences()
        self._claimed: set[int] = set()
        self._open: set[tuple[str, bytes]] = set()
        self._last: dict[str, Id] = {}
        self._again: set[str] = set()
        self._done: list[_Entries] = []
        self._changed = False
        self._problems: list[Problem] = []

    def resume(self, tokens: Mapping[str, tuple[str, str]]) -> None:
        """Take up from stored entry ids; what was delivered and not stored comes again."""
        told = {cell_id: token.partition(" ") for cell_id, token in tokens.values()}
        self._last = {cell_id: _id(entry) for cell_id, (entry, _, _) in told.items()}
        self._known.take_up({cell_id: int(n) for cell_id, (_, _, n) in told.items() if n})
        self._claimed.clear()
        self._open.clear()

    def rewind(self, cell_ids: Iterable[str]) -> None:
        """Hand these cells on once more, as far back as the stream still goes."""
        self._again.update(cell_ids)

    def rebalanced(self) -> bool:
        """Return whether partitions came or went since the last call."""
        changed, self._changed = self._changed, False
        return changed

    def poll(self) -> Iterator[Chunk]:
        """Yield what has come; first what was left by a worker that is lost."""
        from redis.exceptions import ConnectionError as Away
        from redis.exceptions import ResponseError
        from redis.exceptions import TimeoutError as Late

        try:
            self._acknowledge(())
            if self._leases.renew():
                self._changed = True
                return
            for number in sorted(self._leases.held - self._claimed):
                self._join(number)
                yield from self._replayed(number)
                yield from self._left_over(number)
            yield from self._new()
            self.stalled = ""
        except (Away, Late) as error:
            self.stalled = f"Redis cannot be reached ({error})"
            self._problems.append(Problem("redis", f"cannot be reached ({error}); trying again"))
            self._leases.ask_again()
        except ResponseError as error:
            self.stalled = f"Redis: {error}"
            # NOGROUP, LOADING: the broker was restarted, perhaps without its data.
            self._problems.append(Problem("redis", f"{error}; joining the group again"))
            self._claimed.clear()

    def ack(self, receipts: Sequence[Receipt]) -> None:
        """Acknowledge the entries of chunks whose effects are stored."""
        from redis.exceptions import RedisError

        entries = [done.handle for done in receipts if isinstance(done.handle, _Entries)]
        for done in entries:
            self._open.difference_update((done.key, entry) for entry in done.ids)
        try:
            self._acknowledge(entries)
        except RedisError as error:
            # They stay pending, come again, and are known then: nothing is lost or doubled.
            self._problems.append(Problem("redis", f"not acknowledged ({error}); trying again"))

    def problems(self) -> Sequence[Problem]:
        """Return what could not be used since the last call."""
        told, self._problems = self._problems, []
        return told

    def wait(self, second: float) -> None:
        """Wait a little: entries are asked for, not announced."""
        time.sleep(min(second, 0.05))

    def close(self) -> None:
        """Give all partitions away and close the connection."""
        from redis.exceptions import RedisError

        with suppress(RedisError):  # the leases run out by themselves
            self._leases.release()
        self._client.close()

    @property
    def settling(self) -> bool:
        """Whether partitions in which something waits are, or may be, a lost worker's.

        A worker that lives renews its leases; what is not free a lease's time after the beginning
        is read by another.
        """
        from redis.exceptions import RedisError

        others = set(range(self._address.partitions)) - self._leases.held
        if time.monotonic() - self._began > 1.7 * self._lease_second:
            return False
        try:
            return any(self._pending.waits(number) for number in others)
        except RedisError:
            return False  # said by the next poll

    def again(self, receipts: Sequence[Receipt]) -> Sequence[Chunk]:
        """Hand on the messages of a cell that failed, each by itself.

        Raises
        ------
        RedisError
            If the broker is away for longer.
        """
        chunks = []
        for entries in (r.handle for r in receipts if isinstance(r.handle, _Entries)):
            for entry, fields in self._tried(self._pending.fields, entries.key, entries.ids):
                message = parse(fields[FIELD])
                tokens = self._tokens(entries.key, [message], entry)
                chunks.append(chunk_of([message], tokens, _Entries(entries.key, (entry,))))
        return chunks

    def refuse(self, receipt: Receipt, reason: str) -> None:
        """Move entries that can never be used to the dead letters."""
        if isinstance(receipt.handle, _Entries):
            for entry in receipt.handle.ids:
                self._bury(receipt.handle.key, entry, reason)

    def _tried(self, ask: Any, *arguments: Any) -> Any:
        """Ask the broker, again if it is away for a moment."""
        from redis.exceptions import RedisError

        for _ in range(_TRIES):
            try:
                return ask(*arguments)
            except RedisError:
                time.sleep(_TRY_SECOND)
        return ask(*arguments)

    def _bury(self, key: str, entry: bytes, reason: str) -> None:
        from redis.exceptions import RedisError

        self._problems.append(Problem(f"{key}, entry {entry.decode()}", reason))
        try:
            self._pending.bury(key, entry, reason)
        except RedisError as error:  # it stays pending, and comes again
            self._problems.append(Problem("redis", f"not put aside ({error}); trying again"))
            return
        self._open.discard((key, entry))

    def _join(self, number: int) -> None:
        self._reading.join(number)
        if gap := self._reading.gap(number):
            self._gaps[self._address.key(number)] = _id(gap)

    def _left_over(self, number: int) -> Iterator[Chunk]:
        """Claim what was delivered, to anybody, and never acknowledged."""
        key = self._address.key(number)
        for entries, lost, alone in self._pending.claimed(number):
            self._note_lost(key, lost, "")
            yield from self._chunks(key, entries, alone=alone)
            if alone and any((key, entry) in self._open for entry, _ in entries):
                return  # it could not be stored now: the next one has to wait
        self._claimed.add(number)

    def _new(self) -> Iterator[Chunk]:
        numbers = sorted(self._leases.held & self._claimed)
        pages = self._reading.pages(numbers, _PAGE) if numbers else []
        full = [page.entries[-1][0] for _, page in pages if len(page.entries) == _PAGE]
        now = self._client.time()[0] if full else 0  # of the clock that made the ids
        self.behind_second = max((now - _id(entry)[0] / 1e3 for entry in full), default=0.0)
        for number, page in pages:
            key = self._address.key(number)
            self._note_lost(key, page.lost, page.first)
            yield from self._chunks(key, page.entries)

    def _note_lost(self, key: str, lost: int, first: str) -> None:
        if not lost:
            return
        self._lost += lost
        sentence = f"{self._lost} entries were trimmed away before they were read"
        self._problems.append(Problem(key, sentence))
        self._gaps[key] = _id(first) if first else max(self._last.values(), default=(0, 0))

    def _tokens(self, key: str, group: Sequence[Message], entry: bytes) -> dict[str, str]:
        """Return how far a cell has come: the entry, and the number of its last message."""
        name = group[0].cell.cell_id
        numbers = [m.sequence for m in group if m.sequence is not None]
        number = numbers[-1] if numbers else self._known.last(name)
        return {f"{key}/{name}": entry.decode() + ("" if number is None else f" {number}")}

    def _incomplete(
        self, key: str, group: Sequence[Message], was: tuple[Id | None, int | None], at: Id
    ) -> str:
        """Why rows of a cell may have been lost before these; empty if none were."""
        gap, first, (before, known) = self._gaps.get(key), group[0].sequence, was
        if gap is None or at < gap or (before is not None and before >= gap) or group[0].restart:
            return ""
        if before is None and (at[0] - gap[0] > _GAP_MILLISECOND or first in (0, 1)):
            return ""
        if first is not None and known is not None and first == known + 1:
            return ""
        return "entries of its stream were trimmed before they were read: rows may be missing"

    def _replayed(self, number: int) -> Iterator[Chunk]:
        """Hand on the past of cells that are to begin again, each at once."""
        cells = {cell for cell in self._again if self._address.partition(cell) == number}
        self._again -= cells
        self._known.forget(cells)
        key, start = self._address.key(number), "-"
        found: list[tuple[bytes, Message]] = []
        while cells:
            entries = self._client.xrange(key, min=start, count=_PAGE)
            if not entries:
                break
            start = f"({entries[-1][0].decode()}"
            mine = (pair for pair in self._parsed(key, entries) if pair[1].cell.cell_id in cells)
            found += [pair for pair in mine if self._known.is_new(pair[1])]
        ids = {id(message): entry for entry, message in found}
        for group in batches([message for _, message in found]):
            name, newest = group[0].cell.cell_id, ids[id(group[-1])]
            begun = name not in cells
            cells.discard(name)
            self._last[name] = max(_id(newest), self._last.get(name, (0, 0)))
            tokens = self._tokens(key, group, newest)
            yield chunk_of(group, tokens, _Entries(key, ()), restart=not begun)

    def _chunks(self, key: str, entries: Sequence[Any], *, alone: bool = False) -> Iterator[Chunk]:
        news = []
        ids: dict[int, bytes] = {}
        before: dict[str, tuple[Id | None, int | None]] = {}
        for entry, message in self._parsed(key, entries):
            name = message.cell.cell_id
            if (key, entry) in self._open:
                continue  # on its way; acknowledged when it is stored
            if _id(entry) <= self._last.get(name, (0, 0)):
                self._done.append(_Entries(key, (entry,)))
                continue
            before.setdefault(name, (self._last.get(name), self._known.last(name)))
            self._last[name] = _id(entry)
            if not self._known.is_new(message):  # added twice, by a sender that heard nothing
                self._done.append(_Entries(key, (entry,)))
                continue
            ids[id(message)] = entry
            news.append(message)
        self._open.update((key, entry) for entry in ids.values())
        for group in batches(news):
            mine = tuple(ids[id(message)] for message in group)
            name = group[0].cell.cell_id
            tokens = self._tokens(key, group, mine[-1])
            lost = self._incomplete(key, group, before[name], _id(mine[0]))
            handle = _Entries(key, mine)
            yield chunk_of(group, tokens, handle, incomplete=lost, alone=alone)

    def _parsed(self, key: str, entries: Sequence[Any]) -> Iterator[tuple[bytes, Message]]:
        for entry, fields in entries:
            with Boundary() as boundary:
                message = parse(fields[FIELD] if fields else b"")
            if boundary.error is None:
                yield entry, message
            elif isinstance(boundary.error, MessageError):
                self._bury(key, entry, str(boundary.error))
            elif isinstance(boundary.error, KeyError):
                self._bury(key, entry, f"no field {FIELD.decode()!r}, which holds the message")
            else:
                self._bury(key, entry, in_words(boundary.error))

    def _acknowledge(self, entries: Sequence[_Entries]) -> None:
        self._done.extend(entries)
        if not self._done:
            return
        by_key: dict[str, list[bytes]] = {}
        for done in self._done:
            by_key.setdefault(done.key, []).extend(done.ids)
        pipeline = self._client.pipeline(transaction=False)
        for key, ids in by_key.items():
            for first in range(0, len(ids), _PAGE):
                pipeline.xack(key, self._address.group, *ids[first : first + _PAGE])
        pipeline.execute()
        self._done = []


def _id(entry: bytes | str) -> Id:
    text = entry.decode() if isinstance(entry, bytes) else entry
    first, _, second = text.partition("-")
    return int(first), int(second)
