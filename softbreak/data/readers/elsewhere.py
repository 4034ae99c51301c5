"""Where files are read that a library takes apart: here, or in a process that may die of them.

Who follows many files may not wait for one: it has them read ahead, and comes back for the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from softbreak.data.record import Record

Elsewhere = Callable[[Path, Mapping[str, Any] | None], list["Record"]]
"""Reads a file as :func:`softbreak.data.readers.registry.read` does."""

Ahead = Callable[[Path, Mapping[str, Any] | None], "Future[list[Record]]"]
"""Begins to read such a file, and comes back at once."""

_in_use: list[Elsewhere] = []
_ahead: list[Ahead] = []


@contextmanager
def reading_elsewhere(read: Elsewhere) -> Iterator[None]:
    """Let ``read`` have the files whose readers rest on a library without bounds.

    Holds for the whole process, whichever thread reads.

    Parameters
    ----------
    read : callable
    """
    _in_use.append(read)
    try:
        yield
    finally:
        _in_use.remove(read)


def elsewhere() -> Elsewhere | None:
    """Return who reads such files; None where this process does."""
    return _in_use[-1] if _in_use else None


@contextmanager
def reading_ahead(begin: Ahead) -> Iterator[None]:
    """Let ``begin`` have files that somebody comes back for.

    Parameters
    ----------
    begin : callable
    """
    _ahead.append(begin)
    try:
        yield
    finally:
        _ahead.remove(begin)


def ahead() -> Ahead | None:
    """Return who reads files ahead; None where everybody waits."""
    return _ahead[-1] if _ahead else None
