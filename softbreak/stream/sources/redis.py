"""Redis Streams: thousands of channels shared by many workers.

Cells are spread over partitions, one stream each, by the CRC-32 of their name, so that one cell's
messages stay in order. A worker holds a lease on each partition it reads; leases of a worker that
is lost run out, another takes the partition and claims what was delivered but not acknowledged
(XAUTOCLAIM). An entry is acknowledged (XACK) after its effects are stored. Delivery is thus *at
least once*; the stored entry id of each cell makes the effect *exactly once*, and the store refuses
a worker that writes although it has lost its lease.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from softbreak.stream.sources.chunk import Chunk, Problem, Receipt, Source
from softbreak.stream.sources.merged import batches, chunk_of
from softbreak.stream.sources.messages import Message, MessageError, parse
from softbreak.stream.sources.redis_address import FIELD, Address, connect

_RENEW: Final = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
"""
_RELEASE: Final = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""


class Leases:
    """One worker's partitions.

    Parameters
    ----------
    client : redis.Redis
    address : Address
    worker : str
    second : float
        So long a lease holds.

    Attributes
    ----------
    held : set of int
    """

    def __init__(self, client: Any, address: Address, worker: str, second: float) -> None:
        self._client, self._address, self._worker = client, address, worker
        self._second = second
        self._next = 0.0
        self.held: set[int] = set()

    def renew(self) -> bool:
        """Renew what is held, take what is free up to a fair share; return whether that changed."""
        if time.monotonic() < self._next:
            return False
        before = set(self.held)
        share = self._share()
        self.held = {number for number in before if self._keeps(number)}
        for number in sorted(self.held)[share:]:
            self._release(number)
        for number in range(self._address.partitions):
            if len(self.held) >= share:
                break
            if number not in self.held and self._keeps(number):
                self.held.add(number)
        self._next = time.monotonic() + self._second / 3.0
        return self.held != before

    def ask_again(self) -> None:
        """Renew at the next occasion: the broker was away."""
        self._next = 0.0

    def release(self) -> None:
        """Give everything away."""
        for number in sorted(self.held):
            self._release(number)
        self._client.zrem(self._key("workers"), self._worker)

    def _share(self) -> int:
        now = time.time()
        pipeline = self._client.pipeline(transaction=False)
        pipeline.zadd(self._key("workers"), {self._worker: now})
        pipeline.zremrangebyscore(self._key("workers"), 0, now - self._second)
        pipeline.zcard(self._key("workers"))
        workers = max(int(pipeline.execute()[2]), 1)
        return -(-self._address.partitions // workers)

    def _keeps(self, number: int) -> bool:
        key, milliseconds = self._key(f"lease:{number}"), int(self._second * 1000)
        return bool(self._client.eval(_RENEW, 1, key, self._worker, milliseconds))

    def _release(self, number: int) -> None:
        self._client.eval(_RELEASE, 1, self._key(f"lease:{number}"), self._worker)
        self.held.discard(number)

    def _key(self, what: str) -> str:
        return f"{self._address.stream}:{self._address.group}:{what}"


LEASE_SECOND: Final = 15.0
_PAGE: Final = 1000

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
        self._claimed: set[int] = set()
        self._open: set[tuple[str, bytes]] = set()
        self._last: dict[str, Id] = {}
        self._again: set[str] = set()
        self._done: list[_Entries] = []
        self._changed = False
        self._problems: list[Problem] = []

    def resume(self, tokens: Mapping[str, tuple[str, str]]) -> None:
        """Take up from stored entry ids; what was delivered and not stored comes again."""
        self._last = {cell_id: _id(token) for cell_id, token in tokens.values()}
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
                self._claimed.add(number)
            yield from self._new()
        except (Away, Late) as error:
            self._problems.append(Problem("redis", f"cannot be reached ({error}); trying again"))
            self._leases.ask_again()
        except ResponseError as error:
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

    def _join(self, number: int) -> None:
        from redis.exceptions import ResponseError

        key = self._address.key(number)
        try:
            self._client.xgroup_create(key, self._address.group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):  # it is there already
                raise

    def _left_over(self, number: int) -> Iterator[Chunk]:
        """Claim what was delivered, to anybody, and never acknowledged."""
        key, cursor = self._address.key(number), b"0-0"
        while True:
            cursor, entries, lost = self._client.xautoclaim(
                key,
                self._address.group,
                self._worker,
                min_idle_time=0,
                start_id=cursor,
                count=_PAGE,
            )
            if lost:
                sentence = f"{len(lost)} entries were trimmed away before they were read"
                self._problems.append(Problem(key, sentence))
            yield from self._chunks(key, entries)
            if cursor == b"0-0":
                return

    def _new(self) -> Iterator[Chunk]:
        streams: Any = {self._address.key(n): ">" for n in self._leases.held & self._claimed}
        if not streams:
            return
        told = self._client.xreadgroup(self._address.group, self._worker, streams, count=_PAGE)
        for key, entries in _pairs(told):
            yield from self._chunks(key.decode(), entries)

    def _replayed(self, number: int) -> Iterator[Chunk]:
        """Hand on the past of cells that are to begin again, each at once."""
        cells = {cell for cell in self._again if self._address.partition(cell) == number}
        self._again -= cells
        key, start = self._address.key(number), "-"
        found: list[tuple[bytes, Message]] = []
        while cells:
            entries = self._client.xrange(key, min=start, count=_PAGE)
            if not entries:
                break
            start = f"({entries[-1][0].decode()}"
            found += [pair for pair in self._parsed(key, entries) if pair[1].cell.cell_id in cells]
        ids = {id(message): entry for entry, message in found}
        for group in batches([message for _, message in found]):
            name, newest = group[0].cell.cell_id, ids[id(group[-1])]
            begun = name not in cells
            cells.discard(name)
            self._last[name] = max(_id(newest), self._last.get(name, (0, 0)))
            tokens = {f"{key}/{name}": newest.decode()}
            yield chunk_of(group, tokens, _Entries(key, ()), restart=not begun)

    def _chunks(self, key: str, entries: Sequence[Any]) -> Iterator[Chunk]:
        news = []
        ids: dict[int, bytes] = {}
        for entry, message in self._parsed(key, entries):
            name = message.cell.cell_id
            if (key, entry) in self._open:
                continue  # on its way; acknowledged when it is stored
            if _id(entry) <= self._last.get(name, (0, 0)):
                self._done.append(_Entries(key, (entry,)))
                continue
            self._last[name] = _id(entry)
            ids[id(message)] = entry
            news.append(message)
        self._open.update((key, entry) for entry in ids.values())
        for group in batches(news):
            mine = tuple(ids[id(message)] for message in group)
            tokens = {f"{key}/{group[0].cell.cell_id}": mine[-1].decode()}
            yield chunk_of(group, tokens, _Entries(key, mine))

    def _parsed(self, key: str, entries: Sequence[Any]) -> Iterator[tuple[bytes, Message]]:
        for entry, fields in entries:
            try:
                yield entry, parse(fields[FIELD] if fields else b"")
            except (MessageError, KeyError) as error:
                self._problems.append(Problem(f"{key}, entry {entry.decode()}", f"{error}"))
                self._done.append(_Entries(key, (entry,)))

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


def _pairs(told: Any) -> Iterable[tuple[bytes, Sequence[Any]]]:
    """Entries by stream, as version 2 and 3 of the protocol have them."""
    if isinstance(told, Mapping):
        return [(key, [entry for page in pages for entry in page]) for key, pages in told.items()]
    return told or ()


def _id(entry: bytes | str) -> Id:
    text = entry.decode() if isinstance(entry, bytes) else entry
    first, _, second = text.partition("-")
    return int(first), int(second)
