"""Files that a library takes apart are read in a process of their own, by every command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from softbreak.data.readers.elsewhere import reading_ahead, reading_elsewhere

if TYPE_CHECKING:
    from concurrent.futures import Future

    from softbreak.archive.jobs.arms_length import ArmsLength, Lanes
    from softbreak.data.record import Record


@contextmanager
def reading_far() -> Iterator[None]:
    """Read at arm's length as long as this lasts; costs nothing until such a file is met."""
    begun: list[ArmsLength] = []

    def read(path: Path, columns: Mapping[str, Any] | None) -> list[Record]:
        if not begun:
            from softbreak.archive.jobs.arms_length import ArmsLength

            begun.append(ArmsLength())
        return begun[0].read(path, columns)

    try:
        with reading_elsewhere(read):
            yield
    finally:
        for reader in begun:
            reader.close()


@contextmanager
def reading_in_lanes() -> Iterator[None]:
    """Let a watch come back for such files: one that is slow, or never ends, holds up no others."""
    begun: list[Lanes] = []

    def read(path: Path, columns: Mapping[str, Any] | None) -> Future[list[Record]]:
        if not begun:
            from softbreak.archive.jobs.arms_length import Lanes

            begun.append(Lanes())
        return begun[0].read(path, columns)

    try:
        with reading_ahead(read):
            yield
    finally:
        for lanes in begun:
            lanes.close()
