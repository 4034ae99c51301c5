"""The columns of one file, read by the one habit of the program that wrote them all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from softbreak.data.readers.values.dates import Instants, read_instants
from softbreak.data.readers.values.durations import (
    LostHoursError,
    are_durations,
    past_midnight,
    read_durations,
)
from softbreak.data.readers.values.numbers import (
    AmbiguousNumberError,
    Evidence,
    Unread,
    evidence_of,
    read_numbers,
)
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

_ROWS: Final = 4096
"""Of the other columns so many rows are asked which mark is decimal."""


class FileColumns:
    """Columns of text, by our names.

    Parameters
    ----------
    path : Path
    columns : mapping of str to polars.Series
    headings : mapping of str to str, optional
        What stands above them in the file.
    decimal_comma : bool
        Whether a comma is decimal where nothing tells.

    Attributes
    ----------
    unread : dict of str to Unread
        By our names: what was not understood so far.
    """

    def __init__(
        self,
        path: Path,
        columns: Mapping[str, pl.Series],
        headings: Mapping[str, str] | None = None,
        *,
        decimal_comma: bool = False,
    ) -> None:
        self._path, self._columns = path, columns
        self._headings = headings or {}
        self._decimal_comma = decimal_comma
        self.unread: dict[str, Unread] = {}

    def heading(self, name: str) -> str:
        """Return what stands above a column, without quotes."""
        return self._headings.get(name, name).strip().strip('"').strip()

    def is_number(self, name: str) -> bool:
        """Whether the first entry of a column is a plain number."""
        import polars as pl

        return self._columns[name].head(1).cast(pl.Float64, strict=False).null_count() == 0

    def numbers(self, name: str) -> np.ndarray:
        """Read numbers; NaN where there are none.

        Raises
        ------
        ReadError
            If nothing tells whether a mark is decimal.
        """
        try:
            values, unread = read_numbers(
                self._columns[name],
                decimal_comma=self._decimal_comma,
                beside=lambda: self._evidence,
            )
        except AmbiguousNumberError as error:
            raise self._error(
                name,
                f"{error} of the column {self.heading(name)!r}: its mark may be decimal or part "
                "thousands, and nothing in the file tells which",
                "numbers of which one at least shows its decimal mark",
                "Export it again without thousands separators.",
            ) from error
        return self._noted(name, values, unread)

    def times(self, name: str, scale: float) -> np.ndarray:
        """Read elapsed times (s): durations, or numbers in units of ``scale`` seconds.

        Raises
        ------
        ReadError
            If the hours of durations were lost, or as :meth:`numbers`.
        """
        import polars as pl

        column = self._columns[name]
        if column.dtype.is_temporal():
            return _elapsed(column)
        texts = column.head(200).to_list() if column.dtype == pl.String else []
        first = next((text for text in texts if text), "")
        if not are_durations(first):
            if first and any(mark in first.strip()[1:] for mark in ":/"):
                return self._since_first(name)
            return self.numbers(name) * scale
        try:
            values, unread = read_durations(column)
        except LostHoursError as error:
            raise self._error(
                name,
                f"{error} of the column {self.heading(name)!r}: minutes and seconds without their "
                "hours, as a spreadsheet program leaves them",
                "times with their hours",
                "Export it again and do not save it in a spreadsheet program.",
            ) from error
        return self._noted(name, past_midnight(values), unread)

    def instants(
        self, name: str, formats: Sequence[str], time: np.ndarray | None = None
    ) -> Instants:
        """Read a wall clock, see :func:`~softbreak.data.readers.values.dates.read_instants`."""
        found = read_instants(self._columns[name], formats, time)
        self._noted(name, found.seconds, found.unread)
        return found

    def told(self, names: Collection[str] | None = None) -> str:
        """Say what was not understood; empty where all was."""
        return "; ".join(
            f"{unread.count:,} values of {self.heading(name)!r} not understood, the first "
            f"{unread.text!r} in row {unread.row + 1:,}"
            for name, unread in self.unread.items()
            if names is None or name in names
        )

    @cached_property
    def _evidence(self) -> Evidence:
        """What the numbers of all columns prove of their marks."""
        import polars as pl

        texts = [column for column in self._columns.values() if column.dtype == pl.String]
        few = (column.gather_every(max(1, len(column) // _ROWS)) for column in texts)
        return reduce(lambda a, b: a | b, map(evidence_of, few), Evidence())

    def _since_first(self, name: str) -> np.ndarray:
        """Read a wall clock that stands where the test time should."""
        seconds = self.instants(name, ()).seconds
        known = seconds[np.isfinite(seconds)]
        return seconds - known[0] if len(known) else seconds

    def _noted(self, name: str, values: np.ndarray, unread: Unread | None) -> np.ndarray:
        if unread is not None:
            self.unread[name] = unread
        return values

    def _error(self, name: str, found: str, expected: str, remedy: str) -> ReadError:
        place = f"column {self.heading(name)!r}"
        return ReadError(self._path, place=place, found=found, expected=expected, remedy=remedy)


def _elapsed(column: pl.Series) -> np.ndarray:
    """Turn what is a duration, a clock or a date by its type into seconds."""
    import polars as pl

    if column.dtype in (pl.Duration, pl.Time):
        unit = {"ms": 1e-3, "us": 1e-6, "ns": 1e-9}[getattr(column.dtype, "time_unit", "ns")]
        counts = column.to_physical().cast(pl.Float64).fill_null(float("nan"))
        return past_midnight(counts.to_numpy() * unit)
    seconds = column.cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Float64)
    array = seconds.fill_null(float("nan")).to_numpy() * 1e-6
    known = array[np.isfinite(array)]
    return array - known[0] if len(known) else array
