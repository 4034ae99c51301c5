"""An error of softbreak's own, with what it came from: what a report needs."""

from __future__ import annotations

import hashlib
import traceback
from dataclasses import dataclass
from typing import Final

from softbreak.boundary import Boundary, in_words
from softbreak.plain_text import visible
from softbreak.stream.sources.chunk import Chunk
from softbreak.stream.sources.messages import dump

MOST_INPUT: Final = 1 << 20
"""Bytes that are kept of an input."""
_MOST_TRACE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Fault:
    """An error, and what it came from.

    Attributes
    ----------
    key : str
        The same for errors of the same kind at the same place: each is kept once, and counted.
    cell_id, sentence, trace : str
    input : bytes
        The messages, one a line; or as much of them as is kept.
    """

    key: str
    cell_id: str
    sentence: str
    trace: str
    input: bytes


def fault_of(cell_id: str, error: Exception, chunk: Chunk | None) -> Fault:
    """Return what is to be kept of an error.

    Parameters
    ----------
    cell_id : str
    error : Exception
    chunk : Chunk or None
        What was being taken.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    key = hashlib.sha256(f"{type(error).__name__} {place}".encode()).hexdigest()[:32]
    trace = "".join(traceback.format_exception(error))[-_MOST_TRACE:]
    safe = trace.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return Fault(key, cell_id, in_words(error), visible(safe), _input(chunk))


def _input(chunk: Chunk | None) -> bytes:
    """Return the messages of a chunk, if they can be written at all."""
    lines: list[bytes] = []
    if chunk is None:
        return b""
    with Boundary():
        for record in chunk.build():
            lines.append(dump(record).encode("utf-8", "backslashreplace"))
    return b"\n".join(lines)[:MOST_INPUT]
