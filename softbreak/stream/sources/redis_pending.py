"""What was delivered and never acknowledged, and what can never be used.

An entry that ends whoever reads it would end one worker after the other. Redis counts deliveries:
what was delivered often is taken by itself, so that only the entry at fault is delivered again, and
what was delivered too often goes to the stream of dead letters, ``STREAM:dead``, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from softbreak.stream.sources.redis_address import FIELD, Address

SUSPECT: Final = 3
"""Delivered so often, an entry is taken by itself."""
MOST_DELIVERIES: Final = 8
"""Delivered so often, it is a dead letter."""
MOST_DEAD: Final = 10_000
"""About so many dead letters are kept."""
_REASON: Final = 500


class Pending:
    """The entries that a group owes an acknowledgement.

    Parameters
    ----------
    client : redis.Redis
    address : Address
    worker : str
    page : int
        So many are claimed at a time.
    """

    def __init__(self, client: Any, address: Address, worker: str, page: int) -> None:
        self._client, self._address, self._worker, self._page = client, address, worker, page

    def claimed(self, number: int) -> Iterator[tuple[Sequence[Any], int, bool]]:
        """Claim what is pending in a partition, in its order.

        Yields
        ------
        entries : sequence
            (id, fields) of each that is still there.
        lost : int
            So many were trimmed away.
        alone : bool
            The one entry is under suspicion: whoever asks for the next says that it did no harm.
        """
        key, start = self._address.key(number), "-"
        while told := self._owed(key, start):
            start = f"({told[-1]['message_id'].decode()}"
            calm: list[bytes] = []
            for each in told:
                if each["times_delivered"] < SUSPECT:
                    calm.append(each["message_id"])
                    continue
                yield *self._claim(key, calm), False
                calm = []
                if each["times_delivered"] >= MOST_DELIVERIES:
                    self.bury(
                        key,
                        each["message_id"],
                        f"delivered {each['times_delivered']} times in vain",
                    )
                    yield (), 0, False
                else:
                    yield *self._claim(key, [each["message_id"]]), True
            yield *self._claim(key, calm), False

    def fields(
        self, key: str, entries: Sequence[bytes]
    ) -> list[tuple[bytes, Mapping[bytes, bytes]]]:
        """Return entries by their ids; what was trimmed away is left out."""
        pipeline = self._client.pipeline(transaction=False)
        for entry in entries:
            pipeline.xrange(key, min=entry, max=entry)
        return [found for page in pipeline.execute() for found in page]

    def bury(self, key: str, entry: bytes, reason: str) -> None:
        """Move an entry to the dead letters, with the reason, and acknowledge it."""
        found = self.fields(key, [entry])
        message = found[0][1].get(FIELD, b"") if found else b""
        pipeline = self._client.pipeline(transaction=True)
        pipeline.xadd(
            f"{self._address.stream}:dead",
            {
                FIELD: message,
                "reason": reason[:_REASON].encode("utf-8", "replace"),
                "stream": key,
                "entry": entry,
                "buried_unix_second": f"{time.time():.3f}",
            },
            maxlen=MOST_DEAD,
            approximate=True,
        )
        pipeline.xack(key, self._address.group, entry)
        pipeline.execute()

    def waits(self, number: int) -> bool:
        """Return whether anything waits in a partition, read or not."""
        from redis.exceptions import ResponseError

        try:
            groups = self._client.xinfo_groups(self._address.key(number))
        except ResponseError:
            return False  # there is no such stream
        mine = [g for g in groups if g["name"].decode() == self._address.group]
        if not mine:
            return bool(self._client.xlen(self._address.key(number)))
        return mine[0]["pending"] > 0 or mine[0].get("lag") != 0

    def _owed(self, key: str, start: str) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self._client.xpending_range(
            key, self._address.group, min=start, max="+", count=self._page
        )
        return told

    def _claim(self, key: str, entries: list[bytes]) -> tuple[Sequence[Any], int]:
        if not entries:
            return (), 0
        group, worker = self._address.group, self._worker
        found = self._client.xclaim(key, group, worker, min_idle_time=0, message_ids=entries)
        found = [pair for pair in found if pair[0] is not None and pair[1]]
        gone = set(entries) - {entry for entry, _ in found}
        if gone:  # their effects will never be stored: nobody need be asked for them again
            self._client.xack(key, group, *gone)
        return found, len(gone)
