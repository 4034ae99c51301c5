"""A record: one technique's table, on one cell, from one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.configurations import FULL, THREE
from softbreak.data.schema import COLUMNS, SERIES_COLUMNS, SPECTRUM_COLUMNS
from softbreak.errors import SchemaError
from softbreak.plain_text import storable


class Technique(StrEnum):
    """What was done to the cell while the table was recorded."""

    CYCLING = "cycling"
    VOLTAMMETRY = "voltammetry"
    IMPEDANCE = "impedance"
    REST = "rest"


TECHNIQUE: Final = "technique"
STATED: Final = (Technique.CYCLING.value, Technique.VOLTAMMETRY.value, Technique.REST.value)
"""What may be stated of tables, by a manifest's entry of this name: they seldom say it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of a cell. Unknown is None: nothing is guessed.

    Attributes
    ----------
    cell_id : str
    configuration : {"symmetric", "asymmetric", "full", "three-electrode", None}
    electrode, electrolyte : str or None
    area_cm2 : float or None
    electrolyte_thickness_um, lithium_thickness_um : float or None
    ionic_conductivity_s_per_cm : float or None
        At ``temperature_celsius``.
    porosity : float or None
        0 to 1.
    temperature_celsius : float or None
    pressure_mpa : float or None
    notes : str
    """

    cell_id: str = ""
    configuration: str | None = None
    electrode: str | None = None
    electrolyte: str | None = None
    area_cm2: float | None = None
    electrolyte_thickness_um: float | None = None
    ionic_conductivity_s_per_cm: float | None = None
    lithium_thickness_um: float | None = None
    porosity: float | None = None
    temperature_celsius: float | None = None
    pressure_mpa: float | None = None
    notes: str = ""

    @property
    def unlike(self) -> bool:
        """Whether what is stated of it takes it out of the rules for two like electrodes."""
        return self.configuration in (FULL, THREE)

    @property
    def ionic_floor_ohm(self) -> float | None:
        """Resistance of the bare electrolyte L / (σ A): no healthy cell lies below it (Ω)."""
        thickness, sigma, area = (
            self.electrolyte_thickness_um,
            self.ionic_conductivity_s_per_cm,
            self.area_cm2,
        )
        if not (thickness and sigma and area):
            return None
        return thickness * 1e-4 / (sigma * area)


_PLAUSIBLE: dict[str, tuple[float, float]] = {
    "area_cm2": (1e-4, 1e4),
    "electrolyte_thickness_um": (0.01, 1e5),
    "ionic_conductivity_s_per_cm": (1e-15, 10.0),
    "lithium_thickness_um": (1e-3, 1e5),
    "porosity": (0.0, 1.0),
    "temperature_celsius": (-273.15, 1000.0),
    "pressure_mpa": (0.0, 1e5),
}


_TEXTS = ("cell_id", "configuration", "electrode", "electrolyte", "notes")
_MOST_TEXT = 16_384
_MOST_NUMBER = 1e18
"""No number of a cell is so large; one of hundreds of digits has no place in any file either."""


def plain_cell(cell: Cell) -> Cell:
    """Return the cell if all that is said of it can be kept: texts and finite numbers.

    Raises
    ------
    SchemaError
        If something is of another type, not finite, longer than 16,384 characters, or text that no
        file takes.
    """
    for name in _TEXTS:
        if (value := getattr(cell, name)) is not None:
            _check_text(name, value)
    for name in _PLAUSIBLE:
        value = getattr(cell, name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SchemaError(f"{name} is {_shown(value)}; expected a number")
        if not abs(value) < _MOST_NUMBER:
            raise SchemaError(f"{name} is {_shown(value)}; expected a number that a cell can have")
    return cell


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise SchemaError(f"{name} is {_shown(value)}; expected text")
    if len(value) > _MOST_TEXT:
        raise SchemaError(f"{name} has {len(value):,} characters; expected at most {_MOST_TEXT:,}")
    if not storable(value):
        raise SchemaError(f"{name} holds half a character or a zero, which no file takes")


def _shown(value: object) -> str:
    """Return a value as far as it can be shown: it may be endless, or nested without end."""
    if isinstance(value, str | float):
        return repr(value[:40] if isinstance(value, str) else value)
    if type(value) is int and abs(value) < _MOST_NUMBER:
        return repr(value)
    return f"of the type {type(value).__name__}" if type(value) is not int else "beyond all measure"


def checked_cell(cell: Cell) -> Cell:
    """Return the cell if it can be kept (:func:`plain_cell`), and its numbers are a cell's.

    Raises
    ------
    SchemaError
        If something cannot be kept, or is beyond what any cell has.
    """
    plain_cell(cell)
    for name, (low, high) in _PLAUSIBLE.items():
        value = getattr(cell, name)
        if value is not None and not low <= value <= high:
            raise SchemaError(f"{name} is {value:g}; expected {low:g} to {high:g}")
    return cell


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record comes from.

    Attributes
    ----------
    path : str
    method : str
        The instrument's own name of the technique ("MB", "PEIS", "CV").
    instrument : str
    reader, reader_version : str
    content_hash : str
        SHA-256 of the file, hexadecimal; empty until the registry fills it in.
    started_unix_second : float or None
        Absolute time of ``test_time_second == 0`` where the file says it.
    position : int
        The record's place in its file (0-based).
    stated : mapping
        What the file says of the cell, as it says it (comments, mass, placeholders).
    """

    path: str
    method: str = ""
    instrument: str = ""
    reader: str = ""
    reader_version: str = ""
    content_hash: str = ""
    started_unix_second: float | None = None
    position: int = 0
    stated: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __getstate__(self) -> dict[str, Any]:
        """Mapping proxies do not travel between processes; plain dictionaries do."""
        state = {name: getattr(self, name) for name in self.__slots__}
        state["stated"] = dict(self.stated)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Undo :meth:`__getstate__`."""
        for name, value in state.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Record:
    """One technique's table. Columns, units and signs: :mod:`softbreak.data.schema`.

    One impedance record is one spectrum. Cycling, voltammetry and rest hold time series in the
    order in which they were recorded.

    Raises
    ------
    SchemaError
        If a required column is missing, a column is unknown, or a dtype is wrong.
    """

    cell: Cell
    technique: Technique
    table: pd.DataFrame
    source: Source

    def __post_init__(self) -> None:
        """Hold the table to the schema."""
        check_table(self.table, self.technique, self.source.path)

    def __repr__(self) -> str:
        """One line that says what it is."""
        name = self.cell.cell_id or self.source.path
        method = f" ({self.source.method})" if self.source.method else ""
        return f"<Record {name}: {self.technique}{method}, {len(self.table):,} rows>"

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.table)

    def has(self, column: str) -> bool:
        """Return whether there is such a column."""
        return column in self.table.columns

    def array(self, column: str) -> np.ndarray:
        """Return a column as an array (no copy where pandas allows)."""
        return self.table[column].to_numpy()

    def with_cell(self, cell: Cell) -> Record:
        """Return the same record on a better-known cell."""
        return _labelled(self.table, self.technique, cell, self.source)

    def with_source(self, source: Source) -> Record:
        """Return the same record with more said of where it comes from."""
        return _labelled(self.table, self.technique, self.cell, source)


def _labelled(table: pd.DataFrame, technique: Technique, cell: Cell, source: Source) -> Record:
    """Return a record of a table that was held to the schema already."""
    record = object.__new__(Record)
    told = {"cell": cell, "technique": technique, "table": table, "source": source}
    for name, value in told.items():
        object.__setattr__(record, name, value)
    return record


class ArrayRecord(Record):
    """A record of a few rows that becomes a table only if somebody asks for one.

    A table of pandas costs more than a thousand samples of work; a live channel sends one. What
    arrives sample by sample is best fed as this.

    Parameters
    ----------
    cell : Cell
    technique : Technique
    columns : mapping of str to numpy.ndarray
        Of the names and types of :mod:`softbreak.data.schema`, which is not checked here.
    source : Source
    """

    __slots__ = ("_made", "columns")
    columns: Mapping[str, np.ndarray]
    _made: pd.DataFrame | None

    def __init__(
        self,
        cell: Cell,
        technique: Technique,
        columns: Mapping[str, np.ndarray],
        source: Source,
    ) -> None:
        for name, value in (
            ("cell", cell),
            ("technique", technique),
            ("source", source),
            ("columns", columns),
            ("_made", None),
        ):
            object.__setattr__(self, name, value)

    @property
    def table(self) -> pd.DataFrame:
        """The rows as pandas has them."""
        if self._made is None:
            made = pd.DataFrame(dict(self.columns), copy=False)
            object.__setattr__(self, "_made", made)
            return made
        return self._made

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    def has(self, column: str) -> bool:
        """Return whether there is such a column."""
        return column in self.columns

    def array(self, column: str) -> np.ndarray:
        """Return a column."""
        return self.columns[column]

    def with_cell(self, cell: Cell) -> Record:
        """Return the same record on a better-known cell."""
        return ArrayRecord(cell, self.technique, self.columns, self.source)

    def with_source(self, source: Source) -> Record:
        """Return the same record with more said of where it comes from."""
        return ArrayRecord(self.cell, self.technique, self.columns, source)


_KINDS = {"float": ("f4", "f8"), "double": ("f8",), "integer": ("i4", "i8")}


def check_table(table: pd.DataFrame, technique: Technique, path: str) -> None:
    """Raise :class:`SchemaError` where a table breaks the schema."""
    required = SPECTRUM_COLUMNS if technique is Technique.IMPEDANCE else SERIES_COLUMNS
    names = table.columns.tolist()
    missing = [name for name in required if name not in names]
    if missing:
        raise SchemaError(
            f"{path}: a table of {technique} lacks {', '.join(missing)}; "
            f"it has {', '.join(map(str, names))}"
        )
    for name, dtype in zip(names, table.dtypes.tolist(), strict=True):
        column = COLUMNS.get(str(name))
        if column is None:
            raise SchemaError(f"{path}: unknown column {name!r}; known are {', '.join(COLUMNS)}")
        code = dtype.str[1:] if isinstance(dtype, np.dtype) else str(dtype)
        if code not in _KINDS[column.kind]:
            raise SchemaError(f"{path}: column {name} is {dtype}, expected {column.kind}")


@dataclass(frozen=True, slots=True, eq=False)
class LongRecord:
    """A record of a time series whose rows are not held in memory.

    Attributes
    ----------
    cell, technique, source
        As of a :class:`~softbreak.data.record.Record`.
    rows : int
    first, last : float
        On its own clock (s).
    absolute : tuple of float or None
        Unix time of its first and last sample (s), where it is known.
    tables : callable
        Gives its rows anew, piece after piece.
    """

    cell: Cell
    technique: Technique
    source: Source
    rows: int
    first: float
    last: float
    absolute: tuple[float, float] | None
    tables: Callable[[], Iterator[Mapping[str, np.ndarray]]]

    def with_source(self, source: Source) -> LongRecord:
        """Return the same record with more said of where it comes from."""
        return replace(self, source=source)

    def pieces(self) -> Iterator[Record]:
        """Yield the rows as records of the same source, in order."""
        for table in self.tables():
            frame = pd.DataFrame(table, copy=False)
            yield Record(self.cell, self.technique, frame, self.source)
