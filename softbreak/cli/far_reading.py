"""The reading at arm's length that verbs use: begun when a file needs it, ended with the verb."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from softbreak.data.readers.elsewhere import reading_ahead, reading_elsewhere

if TYPE_CHECKING:
    from softbreak.archive.jobs.arms_length import ArmsLength, Lanes

Records_co = TypeVar("Records_co", covariant=True)


class _Reader(Protocol[Records_co]):
    def read(self, path: Path, columns: Mapping[str, Any] | None) -> Records_co: ...
    def close(self) -> None: ...


@contextmanager
def reading_far() -> Iterator[None]:
    """Read at arm's length as long as this lasts; costs nothing until such a file is met."""
    with _at_need(_far_reader) as read, reading_elsewhere(read):
        yield


@contextmanager
def reading_in_lanes() -> Iterator[None]:
    """Let a watch come back for such files: one that is slow, or never ends, holds up no others."""
    with _at_need(_lanes) as read, reading_ahead(read):
        yield


def _far_reader() -> ArmsLength:
    from softbreak.archive.jobs.arms_length import ArmsLength

    return ArmsLength()


def _lanes() -> Lanes:
    from softbreak.archive.jobs.arms_length import Lanes

    return Lanes()


@contextmanager
def _at_need(
    begin: Callable[[], _Reader[Records_co]],
) -> Iterator[Callable[[Path, Mapping[str, Any] | None], Records_co]]:
    """Give a function that begins a reader with the first file; end that reader afterwards."""
    begun: list[_Reader[Records_co]] = []

    def read(path: Path, columns: Mapping[str, Any] | None) -> Records_co:
        if not begun:
            begun.append(begin())
        return begun[0].read(path, columns)

    try:
        yield read
    finally:
        for reader in begun:
            reader.close()
