"""Copies among the growing files of one cell: what tells nothing that another file does not.

A file whose bytes are those with which another begins is a copy of it, or an earlier export beside
the one that goes on. What was measured once is never later life of a cell. Of two that are alike
the one of the plainest name is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from softbreak.data.names import natural_key

_PIECE: Final = 1 << 20
_LEAST_BYTES: Final = 512
"""What is shorter is hardly more than a header, which many files share."""


class Twins:
    """Remembers which files are copies: bytes that were compared once are not compared again.

    Parameters
    ----------
    root : Path
        The folder that is watched.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._copies: dict[str, tuple[str, int]] = {}
        self._differ: set[tuple[str, str]] = set()

    def without(self, paths: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
        """Leave out copies among a cell's files.

        Parameters
        ----------
        paths : sequence of str
            Relative to the root.

        Returns
        -------
        kept : list of str
        copies : list of (str, str)
            A file that is left out, and the one that it repeats; each is told once.
        """
        if len(paths) < 2:
            return list(paths), []
        sizes = {path: self._size(path) for path in paths}
        kept, told = [], []
        for path in paths:
            known = self._copies.get(path)
            if known is not None and known[0] in sizes and known[1] == sizes[path]:
                continue
            whole = next((p for p in paths if self._repeats(path, p, sizes)), None)
            if whole is None:
                self._copies.pop(path, None)
                kept.append(path)
            else:
                self._copies[path] = whole, sizes[path]
                told.append((path, whole))
        return kept, told

    def _size(self, path: str) -> int:
        try:
            return (self._root / path).stat().st_size
        except OSError:
            return 0  # who reads it will say why

    def _repeats(self, path: str, other: str, sizes: dict[str, int]) -> bool:
        """Whether a file holds nothing but the beginning of another, or all of it."""
        mine, theirs = sizes[path], sizes[other]
        if path == other or mine < _LEAST_BYTES or mine > theirs or (path, other) in self._differ:
            return False
        if mine == theirs and _plainness(path) < _plainness(other):
            return False
        try:
            alike = _begins_alike(self._root / path, self._root / other, mine)
        except OSError:
            return False
        if not alike:  # what is appended changes nothing of it
            self._differ |= {(path, other), (other, path)}
        return alike


def _begins_alike(path: Path, other: Path, size: int) -> bool:
    with path.open("rb") as one, other.open("rb") as two:
        piece = min(4096, _PIECE)
        while size > 0:
            mine = one.read(min(piece, size))
            if not mine or mine != two.read(len(mine)):
                return False
            size, piece = size - len(mine), _PIECE
    return True


def _plainness(path: str) -> tuple[int, list[tuple[int, int | str]]]:
    return len(PurePosixPath(path).name), natural_key(path)
