"""Where a stream is, and how messages get there."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

from softbreak.errors import SoftbreakError
from softbreak.installed import missing_module

PARTITIONS: Final = 16
FIELD: Final = b"m"
"""An entry has one field, which holds the message."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a stream is.

    Attributes
    ----------
    url : str
        For the client.
    stream, group : str
    partitions : int
        Must be the same for all workers and senders.
    """

    url: str
    stream: str = "softbreak"
    group: str = "watch"
    partitions: int = PARTITIONS

    @classmethod
    def of(cls, url: str) -> Address:
        """Read ``redis://HOST:PORT/DB?stream=NAME&group=NAME&partitions=16``."""
        parts = urlsplit(url)
        told = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := set(told) - {"stream", "group", "partitions"}:
            raise SoftbreakError(
                f"{', '.join(sorted(unknown))} in the address of Redis; "
                "expected stream, group, partitions"
            )
        count = told.pop("partitions", str(PARTITIONS))
        if not count.isdigit() or not 0 < int(count) <= 4096:
            raise SoftbreakError(f"partitions={count}; expected a number from 1 to 4096")
        return cls(urlunsplit(parts._replace(query="")), partitions=int(count), **told)

    def key(self, partition: int) -> str:
        """Return the name of a partition's stream."""
        return f"{self.stream}:{partition}"

    def partition(self, cell_id: str) -> int:
        """Return where a cell's messages belong."""
        return zlib.crc32(cell_id.encode()) % self.partitions


def connect(url: str) -> Any:
    """Return a client."""
    try:
        import redis
    except ModuleNotFoundError as error:
        raise SoftbreakError(missing_module(error, "a queue in Redis", "redis")) from error
    return redis.Redis.from_url(url, socket_timeout=10.0, socket_connect_timeout=5.0)


class RedisSink:
    """Sends messages where :class:`softbreak.stream.sources.redis.RedisSource` finds them.

    Parameters
    ----------
    address : Address
    most : int or None
        About so many entries are kept in each partition; the oldest go, read or not.

    Raises
    ------
    SoftbreakError
        If there is no server.
    """

    def __init__(self, address: Address, most: int | None = None) -> None:
        self._address, self._most = address, most
        self._client = connect(address.url)
        self._greet()

    def _greet(self) -> None:
        """Make sure that somebody listens, before any work is done for it."""
        from redis.exceptions import RedisError

        try:
            self._client.ping()
        except RedisError as error:
            raise SoftbreakError(  # without the address, which may hold a password
                f"Redis cannot be reached ({error}): start a server there (redis-server "
                "--appendonly yes), or check the address"
            ) from error

    def send(self, messages: Iterable[tuple[str, str]]) -> None:
        """Send (cell_id, message) pairs, in one round trip."""
        pipeline = self._client.pipeline(transaction=False)
        for cell_id, message in messages:
            key = self._address.key(self._address.partition(cell_id))
            pipeline.xadd(key, {FIELD: message}, maxlen=self._most, approximate=True)
        pipeline.execute()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
