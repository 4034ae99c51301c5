"""From a vendor's columns to a record of a time series: the way that all cyclers share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from softbreak.data.date_orders import stated_order
from softbreak.data.readers.tables.column_map import Field, Match, columns_read, match
from softbreak.data.readers.tables.delimited import Header, Text
from softbreak.data.readers.tables.further_headers import read_sections
from softbreak.data.readers.tables.order import RECORD, arranged
from softbreak.data.readers.tables.unit_witnesses import TIME_WITNESS, corrected, witnesses_in
from softbreak.data.readers.tables.usable_rows import check_ranges, left_out
from softbreak.data.readers.values import mending
from softbreak.data.readers.values.dates import Instants
from softbreak.data.readers.values.file_columns import FileColumns
from softbreak.data.readers.values.mending import DATE_UNIT, by_labels, on_one_clock
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.data.schema import COLUMNS, SERIES_COLUMNS
from softbreak.data.sweeps import sweep_rate
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

ABSOLUTE_ZERO_CELSIUS = -273.15
_NUMBERED: Final = Field(
    RECORD,
    (
        *("data_point", "data point", "datapoint", "rec#", "rec", "record", "record number"),
        *("record index", "record id", "record_index", "record no.", "数据序号", "记录序号"),
    ),
)
_TEMPERATURE = "ambient_temperature_celsius"
_OPTIONAL = frozenset(COLUMNS) - set(SERIES_COLUMNS)


@dataclass(frozen=True)
class Layout:
    """A vendor's table, declared.

    Attributes
    ----------
    reader, instrument : str
        As in the registry.
    fields : tuple of Field
        ``_label`` names the column that says charge, discharge or rest.
    time_formats : tuple of str
        Candidates for absolute times, the vendor's habit first (``strptime`` codes).
    discharge : tuple of str
        How a label of discharge begins, lower case. There an unsigned current turns negative.
    held : tuple of str
        How labels (lower case) begin on rows without a direction of their own, such as a
        suspended one: they keep the label of the row before.
    ignore : tuple of str
        How labels (lower case) begin on rows that hold no sample of the series, such as the
        marker of an impedance measurement.
    restarts : bool
        Whether its time may restart with every step.
    bare_time : bool
        Whether the format itself fixes the unit of a time whose heading states none.
    version : str
    """

    reader: str
    instrument: str
    fields: tuple[Field, ...]
    time_formats: tuple[str, ...] = ()
    discharge: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    restarts: bool = False
    bare_time: bool = False
    version: str = "1"

    def recognises(self, names: Sequence[str]) -> bool:
        """Whether a header holds time, voltage and current as this vendor names them."""
        if len(names) < len(SERIES_COLUMNS):
            return False
        found = match(names, self._series)
        return all(name in found for name in SERIES_COLUMNS)

    @cached_property
    def _series(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.target in SERIES_COLUMNS)


@dataclass(frozen=True)
class Told:
    """What a file says beside its table.

    Attributes
    ----------
    method : str
        The instrument's own name of the technique or procedure.
    started : float or None
        Absolute start (Unix seconds) where the rows themselves have no absolute time.
    stated : mapping
        What it says of the cell, as it says it.
    technique : Technique or None
        Where the file names it; otherwise cycling, or rest where no current ever flows.
    time_unit : str
        What is to be said of the unit of the times unless the wall clock tells it.
    """

    method: str = ""
    started: float | None = None
    stated: Mapping[str, Any] = field(default_factory=dict)
    technique: Technique | None = None
    time_unit: str = ""


def read_table(text: Text, header: Header, layout: Layout, told: Told) -> Record:
    """Parse the rows below a header by a vendor's layout.

    Raises
    ------
    ReadError
        If time, voltage or current are not in the header, or the rows are damaged.
    """
    find = partial(_find, layout=layout)
    missing = [name for name in SERIES_COLUMNS if name not in find(header.names)]
    if missing:
        raise ReadError(
            text.path,
            place=f"line {header.line + 1}",
            found="the columns " + ", ".join(header.names[:20]),
            expected=f"columns of {layout.instrument} for {', '.join(missing)}",
            remedy="Export it with them, or map them in the [columns] section of cells.toml.",
        )
    table = read_sections(text, header, find)
    places, said = dict(table.places), {"columns_read": columns_read(table.places), **table.said}
    beside = {} if "second_header" in said else witnesses_in(header.names)
    if beside:
        places, units = corrected(text, header, places, beside)
        said |= units
    return record_of(
        text.path,
        table.columns,
        layout,
        replace(told, stated={**told.stated, **said}),
        scales=places,
        decimal_comma=table.decimal_comma,
    )


def _find(names: Sequence[str], layout: Layout) -> dict[str, Match]:
    """Return a vendor's columns under headings, with the numbers of the rows if undated."""
    found = match(names, layout.fields)
    return found if "unix_time_second" in found else {**match(names, (_NUMBERED,)), **found}


def _in_order(
    path: Path, arrays: Mapping[str, np.ndarray], layout: Layout, told: Told
) -> tuple[dict[str, np.ndarray], Told]:
    """Put rows in the order of their recording, each once, and say so in ``told.stated``."""
    found = arranged(arrays, restarts=layout.restarts, path=path)
    kept = {name: array for name, array in arrays.items() if name != RECORD}
    if found.rows is not None:
        kept = {name: array[found.rows] for name, array in kept.items()}
    return kept, replace(told, stated={**told.stated, **found.said})


def record_of(
    path: Path,
    columns: Mapping[str, pl.Series],
    layout: Layout,
    told: Told,
    *,
    scales: Mapping[str, float | Match] | None = None,
    decimal_comma: bool = False,
) -> Record:
    """Build the record from a vendor's columns, by our names, in the vendor's units.

    Parameters
    ----------
    path : Path
    columns : mapping of str to polars.Series
    layout : Layout
    told : Told
    scales : mapping, optional
        How many of our units one of the file's is; or the whole match of a column with its field.
    decimal_comma : bool
        Whether a comma is decimal where nothing tells.

    Raises
    ------
    ReadError
        If values are ambiguous, too many rows are unreadable, values are beyond any instrument, or
        no row is left.
    """
    places = {name: _place(name, (scales or {}).get(name, 1.0)) for name in columns}
    headings = {name: place.heading for name, place in places.items() if place.heading}
    file = FileColumns(path, columns, headings, decimal_comma=decimal_comma)
    arrays: dict[str, np.ndarray] = {}
    for name in columns:
        if name == "test_time_second":
            arrays[name] = file.times(name, places[name].scale)
        elif name == RECORD or not (name == "unix_time_second" or name.startswith("_")):
            arrays[name] = places[name].ours(file.numbers(name))
    stated = dict(told.stated)
    if "unix_time_second" in columns:
        time = arrays.get("test_time_second")
        wall = file.instants("unix_time_second", layout.time_formats, time)
        arrays["unix_time_second"] = wall.seconds
        stated |= _said_of(wall)
    if (label := columns.get("_label")) is not None:
        arrays, said = by_labels(arrays, label, layout.discharge, layout.ignore, layout.held)
        stated |= said
    if unread := file.told(_OPTIONAL):
        stated["unread"] = unread
    place, bare, witness = places["test_time_second"], "", str(stated.pop(TIME_WITNESS, ""))
    if not (place.stated or layout.bare_time) and file.is_number("test_time_second"):
        bare = mending.bare_time(place.heading, place.scale, witness)
    told = replace(told, stated=stated, time_unit=bare)
    return build(path, arrays, layout, told, file.told(SERIES_COLUMNS), arrange=True)


def _place(name: str, told: float | Match) -> Match:
    return told if isinstance(told, Match) else Match(name, 0, told)


def _said_of(wall: Instants) -> dict[str, str]:
    """What a file is to say of its wall clock."""
    said = stated_order(wall.order, wall.example, wall.habit)
    return {**said, "date_unit": DATE_UNIT + wall.counted} if wall.counted else said


def build(
    path: Path,
    arrays: Mapping[str, np.ndarray],
    layout: Layout,
    told: Told,
    unread: str = "",
    *,
    arrange: bool = False,
) -> Record:
    """Check arrays in our units and hold them to the schema.

    Rows without a time, a voltage or a current are left out and counted in
    ``stated["left_out"]``; optional columns that say nothing are dropped.

    Parameters
    ----------
    path : Path
    arrays : mapping of str to ndarray, shape (n,)
    layout : Layout
    told : Told
    unread : str
        What was not understood of times, voltages and currents.
    arrange : bool
        Rows may stand in another order than that of their recording, or twice.

    Raises
    ------
    ReadError
        As in :func:`record_of`.
    """
    # What a damaged row says of the time must not shift those behind it.
    arrays, told = _measured(path, arrays, told, unread)
    whole = arrays
    if arrange:
        arrays, told = _in_order(path, arrays, layout, told)
    kept, said = on_one_clock(arrays, restarts=layout.restarts, bare=told.time_unit)
    if any(kept[name] is not whole[name] for name in SERIES_COLUMNS):
        kept, told = _measured(path, kept, told, unread)
    stated = {**told.stated, **said}
    check_ranges(path, kept)
    kept, said = mending.witnessed(path, kept)
    stated |= said
    table = {name: _column(name, array) for name, array in kept.items()}
    columns = {name: table[name] for name in COLUMNS if table.get(name) is not None}
    frame = pd.DataFrame(columns, copy=False)  # a record's table is never written to
    technique, why = (told.technique, "") if told.technique else _technique(frame)
    if why:
        stated["technique"] = why
    return Record(
        cell=Cell(),
        technique=technique,
        table=frame,
        source=Source(
            path=str(path),
            method=told.method,
            instrument=layout.instrument,
            reader=layout.reader,
            reader_version=layout.version,
            started_unix_second=_started(frame, told.started),
            stated=stated,
        ),
    )


def _measured(
    path: Path, arrays: Mapping[str, np.ndarray], told: Told, unread: str
) -> tuple[dict[str, np.ndarray], Told]:
    """Keep the rows that have a time, a voltage and a current."""
    if len(arrays[SERIES_COLUMNS[0]]) and all(_all_finite(arrays[name]) for name in SERIES_COLUMNS):
        return dict(arrays), told
    usable = np.logical_and.reduce([np.isfinite(arrays[name]) for name in SERIES_COLUMNS])
    if not (lost := int(np.count_nonzero(~usable))) and len(usable):
        return dict(arrays), told
    first = int(np.argmin(usable)) if lost else 0
    stated = {**told.stated, "left_out": left_out(path, len(usable), lost, first, unread)}
    return {name: array[usable] for name, array in arrays.items()}, replace(told, stated=stated)


def _all_finite(array: np.ndarray) -> bool:
    """False also where the sum alone is beyond all numbers: quicker than to look at each."""
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.isfinite(array.sum()))


def _column(name: str, array: np.ndarray) -> np.ndarray | None:
    """Give a column its dtype; None where it holds nothing."""
    if name in SERIES_COLUMNS:
        plain = array.dtype == np.float32 and COLUMNS[name].kind == "float"
        return array if plain else array.astype(np.float64, copy=False)
    if name == _TEMPERATURE:
        # Unplugged probes read below absolute zero.
        array = np.where(array > ABSOLUTE_ZERO_CELSIUS, array, np.nan)
        if not np.nan_to_num(array).any():
            return None  # exactly 0 °C throughout is a probe that nobody plugged in
    if not np.isfinite(array).any():
        return None
    if COLUMNS[name].kind == "integer":
        # A vendor's number says nothing on a row without one: it lasts until the next one.
        last = pd.Series(array).ffill().fillna(0)
        return last.clip(-(2**53), 2**53).to_numpy().astype(np.int64)
    return array.astype(np.float64, copy=False) if COLUMNS[name].kind == "double" else array


def _technique(frame: pd.DataFrame) -> tuple[Technique, str]:
    """Return the technique that the samples show, and what is to be said of it."""
    if not frame["current_ampere"].any():
        return Technique.REST, ""
    imposed = frame.get("control_current_ampere")
    time, voltage, current = (frame[name].to_numpy() for name in SERIES_COLUMNS)
    rate = sweep_rate(time, voltage, current, None if imposed is None else imposed.to_numpy())
    if rate is None:
        return Technique.CYCLING, ""
    return (
        Technique.VOLTAMMETRY,
        f"no column names it; the voltage is a triangle at {rate * 1e3:.3g} mV/s and the current "
        "follows, so that it is read as voltammetry",
    )


def _started(frame: pd.DataFrame, told: float | None) -> float | None:
    if "unix_time_second" not in frame:
        return told
    since = frame["unix_time_second"] - frame["test_time_second"]
    first = since.first_valid_index()
    return told if first is None else float(since[first])
