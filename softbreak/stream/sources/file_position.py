"""How far a growing file has been handed on, and how to know that it is still that file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from softbreak.data.record import Record

_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9))
_SHIFT: Final = np.uint64(31)
_WORD: Final = (1 << 64) - 1
HEAD_BYTES: Final = 4096


def digest(record: Record, start: int, stop: int, first: int | None = None) -> int:
    """Return a fingerprint of rows that can be continued: of [0, a) plus of [a, b) is of [0, b).

    Parameters
    ----------
    record : Record
    start, stop : int
        Rows, as they stand in the record.
    first : int, optional
        The number of the first of them in the whole file, if the record is only its end.
    """
    number = np.arange(stop - start, dtype=np.uint64) + np.uint64(start if first is None else first)
    total = 0
    for name in record.table.columns:
        values = record.array(str(name))[start:stop].astype(np.float64)
        bits = np.where(np.isnan(values), 0.5, values + 0.0).view(np.uint64)
        salt = int.from_bytes(hashlib.blake2b(str(name).encode(), digest_size=8).digest(), "big")
        mixed = (bits ^ (number * _MIX[0] + np.uint64(salt))) * _MIX[1]
        mixed = (mixed ^ (mixed >> _SHIFT)) * _MIX[0]
        total += int(mixed.sum(dtype=np.uint64))
    return total & _WORD


def hashed(data: bytes) -> str:
    """Return a short fingerprint of bytes."""
    return hashlib.blake2b(data, digest_size=12).hexdigest()


@dataclass(slots=True)
class Series:
    """What was handed on of one record of a file.

    Attributes
    ----------
    technique, method : str
    columns : list of str
    started_unix_second : float or None
    rows : int
    digest : int
    """

    technique: str
    method: str
    columns: list[str]
    started_unix_second: float | None
    rows: int = 0
    digest: int = 0

    @classmethod
    def of(cls, record: Record, rows: int) -> Series:
        """Describe the first rows of a record."""
        return cls(
            record.technique.value,
            record.source.method,
            sorted(map(str, record.table.columns)),
            record.source.started_unix_second,
            rows,
            digest(record, 0, rows),
        )

    def begins(self, record: Record) -> bool:
        """Return whether a record still begins with what was handed on of it."""
        if len(record.table) < self.rows:
            return False
        now = Series.of(record, self.rows)
        return now == self or (self.rows == 0 and now.technique == self.technique)


@dataclass(slots=True)
class Tail:
    """What is needed to read on in a text file without its middle.

    Attributes
    ----------
    body : int
        Where the first row of numbers begins: all before it is the header.
    overlap : int
        Where the last rows that were handed on begin; they are read again, to see that they still
        say the same when they stand alone behind the header.
    rows, digest : int
        How many they are, and their fingerprint.
    offset : int
        Where the next row will begin.
    head, last : str
        Fingerprints of the file's first bytes and of those before ``offset``.
    """

    body: int
    overlap: int
    rows: int
    digest: int
    offset: int
    head: str
    last: str


@dataclass(slots=True)
class Mark:
    """A file's token.

    Attributes
    ----------
    size, mtime_ns : int
        As they were when it was read.
    settled : bool
        It has not grown for a while, and was read as a whole since: all that is there was handed
        on.
    ended : bool
        So long that its cell was judged as if nothing followed.
    series : list of Series
    tail : Tail or None
        None where only reading the whole file tells what is new.
    facts : str
        Fingerprint of what was known of the cell.
    """

    size: int = -1
    mtime_ns: int = -1
    settled: bool = False
    ended: bool = False
    series: list[Series] = field(default_factory=list)
    tail: Tail | None = None
    facts: str = ""

    def dump(self) -> str:
        """Return the token."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, token: str) -> Mark:
        """Undo :meth:`dump`."""
        told: dict[str, Any] = json.loads(token)
        told["series"] = [Series(**series) for series in told["series"]]
        told["tail"] = Tail(**told["tail"]) if told["tail"] else None
        return cls(**told)
