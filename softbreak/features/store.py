"""Samples in a row that are only ever added to, so that views of them stay true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

REQUIRED: Final = ("time", "voltage", "current")
DEFAULTS: Final = {"known": 0.0, "free": 1.0, "warmth": np.nan}
"""What a column holds where it was not told; ``imposed`` is then the current."""


class Store:
    """Columns of samples, the oldest of which may be let go.

    What was handed out as a view is never overwritten: samples are let go by moving the others
    to new memory.

    Attributes
    ----------
    columns : dict of str to numpy.ndarray
        ``REQUIRED``, and ``imposed``, ``known``, ``free``, ``warmth`` where they say something.
    begin, count : int
        Number of the first sample, counted from the beginning of the record, and of samples.
    """

    def __init__(self, begin: int = 0) -> None:
        self.columns: dict[str, np.ndarray] = {}
        self.begin, self.count = begin, 0

    @property
    def end(self) -> int:
        """Number of the sample after the last one."""
        return self.begin + self.count

    def view(self, name: str, start: int, stop: int) -> np.ndarray:
        """Return samples ``start`` to ``stop - 1``; an empty array where nothing was told."""
        if name == "imposed" and name not in self.columns:
            name = "current"
        if name not in self.columns:
            return np.empty(0)
        return self.columns[name][start - self.begin : stop - self.begin]

    def append(self, samples: Mapping[str, np.ndarray], keep: int) -> None:
        """Add samples; those before number ``keep`` may be let go.

        Parameters
        ----------
        samples : mapping of str to numpy.ndarray, shape (n,)
        keep : int
        """
        more = len(samples["time"])
        if not self._has_room(samples, more):
            self._move(samples, max(keep, self.begin), more)
        place = slice(self.count, self.count + more)
        for name, column in self.columns.items():
            column[place] = _told(samples, name)
        self.count += more

    def separate(self, name: str) -> np.ndarray:
        """Return a column as float64 memory of its own, to be changed."""
        if name in self.columns and self.columns[name].dtype == np.float64:
            return self.columns[name]
        column = self.view(name, self.begin, self.end).astype(np.float64)
        self.columns[name] = np.empty(len(self.columns["time"]))
        self.columns[name][: self.count] = column
        return self.columns[name]

    def _has_room(self, samples: Mapping[str, np.ndarray], more: int) -> bool:
        return (
            bool(self.columns)
            and self.count + more <= len(self.columns["time"])
            and all(
                name in self.columns and np.can_cast(column.dtype, self.columns[name].dtype)
                for name, column in samples.items()
            )
        )

    def _move(self, samples: Mapping[str, np.ndarray], keep: int, more: int) -> None:
        """Let go of what is old, and make room for more."""
        kept = self.end - keep
        old = {name: self.view(name, keep, self.end) for name in self.columns}
        if "imposed" in old and "imposed" not in samples:
            same = np.array_equal(old["imposed"], old["current"])
            old = {name: column for name, column in old.items() if name != "imposed" or not same}
        if not kept:
            old = {}
        self.columns = {}
        for name in (*REQUIRED, *({*old, *samples} - {*REQUIRED})):
            kinds = [side[name].dtype for side in (old, samples) if name in side]
            column = np.empty(2 * (kept + more), dtype=np.result_type(*kinds))
            if kept:
                column[:kept] = _told(old, name)
            self.columns[name] = column
        self.begin, self.count = keep, kept


def _told(samples: Mapping[str, np.ndarray], name: str) -> np.ndarray | float:
    """Return a column, or what stands for it."""
    if name in samples:
        return samples[name]
    return samples["current"] if name == "imposed" else DEFAULTS[name]
