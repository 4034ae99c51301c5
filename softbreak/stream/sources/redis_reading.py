"""Reading on in a partition, and knowing what was trimmed away before it was read.

Redis says of a group how many entries it has read and lags behind, but both skip what was trimmed.
What a stream has ever held (``entries-added``) and what is gone of it are exact, so the group's own
place is counted here, in a hash beside the stream, in one atomic step with the reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from softbreak.stream.sources.redis_address import Address

_READ: Final = """
local function facts(list)
  local told = {}
  for i = 1, #list, 2 do told[list[i]] = list[i + 1] end
  return told
end
local stream = facts(redis.call('XINFO', 'STREAM', KEYS[1]))
local added = stream['entries-added']
local told = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3],
                        'STREAMS', KEYS[1], '>')
local entries = {}
if told then entries = told[1][2] end
if not added then return {0, '', entries} end
local gone = added - stream['length']
local read = tonumber(redis.call('HGET', KEYS[2], KEYS[1]) or gone)
if read > added then read = gone end
local lost = math.max(gone - read, 0)
local first = stream['last-generated-id']
if stream['first-entry'] then first = stream['first-entry'][1] end
local now = math.max(read, gone) + #entries
if now ~= read then redis.call('HSET', KEYS[2], KEYS[1], now) end
if lost > 0 then redis.call('HSET', KEYS[2], KEYS[1] .. ':gap', first) end
return {lost, first, entries}
"""
_JOIN: Final = """
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
redis.call('HSET', KEYS[2], KEYS[1], 0)
return 1
"""


@dataclass(frozen=True, slots=True)
class Page:
    """What a reading has brought.

    Attributes
    ----------
    entries : sequence
        (id, fields) of each.
    lost : int
        So many were gone before this group has read them.
    first : str
        Id of the first entry that is left.
    """

    entries: Sequence[Any]
    lost: int = 0
    first: str = ""


class Reading:
    """A group's place in each partition.

    Parameters
    ----------
    client : redis.Redis
    address : Address
    worker : str
    """

    def __init__(self, client: Any, address: Address, worker: str) -> None:
        self._client, self._address, self._worker = client, address, worker
        self._places = f"{address.stream}:{address.group}:read"
        self._script = client.register_script(_READ)
        self._join = client.register_script(_JOIN)

    def join(self, number: int) -> None:
        """Make the group, unless it is there."""
        from redis.exceptions import ResponseError

        try:
            self._join([self._address.key(number), self._places], [self._address.group])
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def gap(self, number: int) -> str:
        """Return the id of the first entry behind the last gap; empty if there was none."""
        told = self._client.hget(self._places, f"{self._address.key(number)}:gap")
        return told.decode() if told else ""

    def pages(self, numbers: Sequence[int], count: int) -> list[tuple[int, Page]]:
        """Read on in these partitions, in one round trip."""
        self._script_known()
        pipeline = self._client.pipeline(transaction=False)
        for number in numbers:
            keys = [self._address.key(number), self._places]
            pipeline.evalsha(self._script.sha, 2, *keys, self._address.group, self._worker, count)
        found = []
        for number, (lost, first, entries) in zip(numbers, pipeline.execute(), strict=True):
            told = [(entry, dict(zip(f[::2], f[1::2], strict=True))) for entry, f in entries]
            found.append((number, Page(told, int(lost), first.decode() if first else "")))
        return found

    def _script_known(self) -> None:
        if not self._client.script_exists(self._script.sha)[0]:
            self._client.script_load(self._script.script)
