"""Columns of equal length: arrays for those who reckon, a DataFrame for those who look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self, TypeVar, overload

import numpy as np
import pandas as pd

Kind = TypeVar("Kind")


class Columns:
    """Named columns of equal length; a DataFrame of them is made when somebody asks for it.

    A column of a DataFrame costs a hundred times what the same array in a dictionary does, and a
    cell of a few cycles is judged by some eighty of them.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray, shape (n,)
        Words, and what else is no number, may be lists. Are not to be changed.

    Examples
    --------
    >>> Columns({"sign": np.array([1, -1])})["sign"]
    array([ 1, -1])
    """

    __slots__ = ("_columns", "_frame")

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = columns
        self._frame: pd.DataFrame | None = None

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Self:
        """Return the columns of a DataFrame."""
        columns = cls(
            {
                str(name): values.to_numpy() if isinstance(values.dtype, np.dtype) else values.array
                for name, values in frame.items()
            }
        )
        columns._frame = frame
        return columns

    def __getitem__(self, name: str) -> np.ndarray:
        """Return one of them."""
        column: np.ndarray = self._columns[name]
        return column

    def __len__(self) -> int:
        """Rows there are."""
        return len(next(iter(self._columns.values())))

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return names and columns: arrays, or lists."""
        return self._columns.items()

    @property
    def frame(self) -> pd.DataFrame:
        """All of them as a DataFrame, made once."""
        if self._frame is None:
            self._frame = self._made()
        return self._frame

    def _made(self) -> pd.DataFrame:
        return pd.DataFrame(self._columns)

    def matrix(self, names: Sequence[str]) -> np.ndarray:
        """Return some of them beside each other as float64, shape (n, names)."""
        found = np.empty((len(self), len(names)))
        for k, name in enumerate(names):
            found[:, k] = self._columns[name]
        return found


class Table:
    """A field of a dataclass: kept as :class:`Columns`, set as these or as a DataFrame, and read
    as a DataFrame.

    The dataclass has no slots, and is decorated by :func:`with_tables`. What was set is in its
    ``__dict__``; see :func:`columns_of`.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, record: None, owner: type) -> Table: ...
    @overload
    def __get__(self, record: object, owner: type) -> pd.DataFrame: ...
    def __get__(self, record: object | None, owner: type) -> pd.DataFrame | Table:
        """Return the DataFrame."""
        if record is None:
            return self
        return columns_of(record, self._name).frame

    def __set__(self, record: object, table: pd.DataFrame | Columns) -> None:
        """Keep a table."""
        columns = table if isinstance(table, Columns) else Columns.of(table)
        record.__dict__[self._name] = columns


def with_tables(*names: str) -> Callable[[type[Kind]], type[Kind]]:
    """Decorate a dataclass of which some fields are a :class:`Table`, annotated as they read.

    Parameters
    ----------
    *names : str
    """

    def decorated(cls: type[Kind]) -> type[Kind]:
        for name in names:
            setattr(cls, name, Table(name))
        return cls

    return decorated


def columns_of(record: object, table: str) -> Columns:
    """Return a :class:`Table` of a dataclass without making a DataFrame of it.

    Parameters
    ----------
    record : object
    table : str
        Name of the field.
    """
    columns: Columns = record.__dict__[table]
    return columns
