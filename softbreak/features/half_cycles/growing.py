"""Rows of numbers that come one after the other, as one array."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


class Growing:
    """Rows of numbers; appending is cheap, and reading is an array.

    Parameters
    ----------
    width : int
        Numbers in a row.

    Examples
    --------
    >>> table = Growing(2)
    >>> table.append((1.0, 2.0))
    >>> table.rows
    array([[1., 2.]])
    """

    __slots__ = ("_table", "count")

    def __init__(self, width: int) -> None:
        self._table = np.empty((4, width))
        self.count = 0

    def __len__(self) -> int:
        """Rows there are."""
        return self.count

    @property
    def rows(self) -> np.ndarray:
        """The rows, shape (count, width): a view, until the next row comes."""
        return self._table[: self.count]

    def append(self, row: ArrayLike) -> None:
        """Add one row."""
        if self.count == len(self._table):
            self.extend(np.empty((0, self._table.shape[1])), room=self.count + 1)
        self._table[self.count] = row
        self.count += 1

    @classmethod
    def of(cls, rows: np.ndarray) -> Growing:
        """Return a table that begins with rows, shape (n, width)."""
        table = cls(rows.shape[1])
        table.extend(rows)
        return table

    def extend(self, rows: np.ndarray, *, room: int = 0) -> None:
        """Add several rows, shape (n, width)."""
        needed = max(self.count + len(rows), room)
        if needed > len(self._table):
            wider = np.empty((max(needed, 2 * len(self._table)), self._table.shape[1]))
            wider[: self.count] = self.rows
            self._table = wider
        self._table[self.count : self.count + len(rows)] = rows
        self.count += len(rows)
