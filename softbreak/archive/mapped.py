"""Tables that no reader recognises, read the way the manifest's ``[columns]`` section says.

In ``cells.toml``, for all cells or in one cell's own ``[cells.columns]``::

    [columns]
    test_time_second = { column = "time/h", factor = 3600 }
    voltage_volt = "U"
    current_ampere = { column = 3, factor = 0.001 }   # the third column, counted from 1

The factor turns the file's unit, and where need be its sign, into ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.readers.delimited import Header, Text, delimiter_of, numbers, read_strings
from softbreak.data.readers.series import Layout, Told, build
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.data.schema import COLUMNS, SERIES_COLUMNS, SPECTRUM_COLUMNS
from softbreak.errors import ManifestError, ReadError

READER: Final = "columns"
_LAYOUT: Final = Layout(READER, "a table mapped by the manifest", ())


def checked_columns(path: Path, place: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ``[columns]`` section with every entry as ``{"column": ..., "factor": ...}``.

    Parameters
    ----------
    path : Path
        The manifest, for messages.
    place : str
    told : mapping
        As the manifest has it.

    Raises
    ------
    ManifestError
        If a name is no column of ours, or an entry is neither a name, a number nor a table.
    """
    return {name: _checked(path, f"{place}, {name}", name, entry) for name, entry in told.items()}


def _checked(path: Path, place: str, name: str, entry: object) -> dict[str, Any]:
    if name not in COLUMNS:
        close = get_close_matches(name, COLUMNS, n=1)
        raise ManifestError(
            path,
            place=place,
            found=f"a column {name!r}",
            expected=", ".join(COLUMNS),
            remedy=f"Did you mean {close[0]!r}?" if close else "Use one of these names.",
        )
    table: dict[str, Any] = entry if isinstance(entry, dict) else {"column": entry}
    column, factor = table.get("column"), table.get("factor", 1.0)
    good = isinstance(column, str) or (type(column) is int and column >= 1)
    if not good or type(factor) not in (int, float) or not set(table) <= {"column", "factor"}:
        raise ManifestError(
            path,
            place=place,
            found=repr(entry),
            expected='"NAME", a number from 1, or { column = "NAME", factor = 0.001 }',
            remedy="Write the column's name as the file's header has it.",
        )
    return {"column": column, "factor": float(factor)}


def read_mapped(path: Path, columns: Mapping[str, Any]) -> list[Record]:
    """Read a delimited text by a mapping from :func:`checked_columns`.

    Parameters
    ----------
    path : Path
    columns : mapping

    Returns
    -------
    list of Record
        One: a time series, or one impedance spectrum where frequencies are mapped.

    Raises
    ------
    ReadError
        If a mapped column is not there, or holds no numbers.
    """
    required = SPECTRUM_COLUMNS if "frequency_hertz" in columns else SERIES_COLUMNS
    missing = [name for name in required if name not in columns]
    if missing:
        raise ReadError(
            path,
            found=f"no mapping for {', '.join(missing)}",
            expected="one for each of " + ", ".join(required),
            remedy="Add it to the manifest's [columns].",
        )
    text = Text.of(path)
    header = _header(text, columns)
    places = {name: _place(path, header, told["column"]) for name, told in columns.items()}
    frame = read_strings(text, header, places.values())
    arrays = {
        name: numbers(frame[str(place)], decimal_comma=header.delimiter != ",")
        * columns[name]["factor"]
        for name, place in places.items()
    }
    if "frequency_hertz" in columns:
        return [_spectrum(path, arrays)]
    return [build(path, arrays, _LAYOUT, Told())]


def _header(text: Text, columns: Mapping[str, Any]) -> Header:
    """Find the line that bears the mapped names; a table by position may have none."""
    names = {told["column"] for told in columns.values() if isinstance(told["column"], str)}
    if names:
        return text.header(
            lambda fields: names <= {field.strip().strip('"') for field in fields},
            "a header with " + ", ".join(sorted(names)),
        )
    first = text.data[:4096].decode("utf-8", "replace").partition("\n")[0]
    delimiter = delimiter_of(first)
    return Header(tuple(first.split(delimiter)), delimiter, 0, 0)


def _place(path: Path, header: Header, column: str | int) -> int:
    if isinstance(column, str):
        return [name.strip().strip('"') for name in header.names].index(column)
    if column > len(header.names):
        raise ReadError(
            path,
            found=f"{len(header.names)} columns",
            expected=f"a column {column}, as the manifest's [columns] says",
            remedy="Count the columns from 1.",
        )
    return column - 1


def _spectrum(path: Path, arrays: Mapping[str, np.ndarray]) -> Record:
    usable = np.logical_and.reduce([np.isfinite(arrays[name]) for name in SPECTRUM_COLUMNS])
    table = pd.DataFrame({name: arrays[name][usable] for name in SPECTRUM_COLUMNS})
    if table.empty or not (table["frequency_hertz"] > 0).all():
        raise ReadError(
            path,
            found="no point, or a frequency that is not positive",
            expected="frequencies in Hz and impedances in Ω",
            remedy="Check the manifest's [columns].",
        )
    source = Source(path=str(path), reader=READER, instrument=_LAYOUT.instrument)
    return Record(Cell(), Technique.IMPEDANCE, table, source)
