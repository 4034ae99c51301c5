"""Which partitions of a stream are one worker's: leases that run out unless they are renewed."""

from __future__ import annotations

import time
from typing import Any, Final

from softbreak.stream.sources.redis_address import Address

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
        # of a clock that was set back since: whoever lives says so again
        pipeline.zremrangebyscore(self._key("workers"), now + self._second, "+inf")
        pipeline.zcard(self._key("workers"))
        workers = max(int(pipeline.execute()[-1]), 1)
        return -(-self._address.partitions // workers)

    def _keeps(self, number: int) -> bool:
        key, milliseconds = self._key(f"lease:{number}"), int(self._second * 1000)
        return bool(self._client.eval(_RENEW, 1, key, self._worker, milliseconds))

    def _release(self, number: int) -> None:
        self._client.eval(_RELEASE, 1, self._key(f"lease:{number}"), self._worker)
        self.held.discard(number)

    def _key(self, what: str) -> str:
        return f"{self._address.stream}:{self._address.group}:{what}"
