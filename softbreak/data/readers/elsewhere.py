"""Where files are read that a library takes apart: here, or in a process that may die of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from softbreak.data.record import Record

Elsewhere = Callable[[Path, Mapping[str, Any] | None], list["Record"]]
"""Reads a file as :func:`softbreak.data.readers.registry.read` does."""

_in_use: list[Elsewhere] = []


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
