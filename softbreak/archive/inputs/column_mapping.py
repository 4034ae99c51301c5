"""The manifest's ``[columns]``: how to read text tables that no vendor's reader claims.

In ``cells.toml``, for all cells or in one cell's own ``[cells.columns]``::

    [columns]
    test_time_second = { column = "time/h", scale = 3600 }
    voltage_volt = "U"
    current_ampere = { column = 2, scale = 0.001 }   # the third column: positions begin at 0

The scale turns the file's unit, and where need be its sign, into ours. ``technique =
"voltammetry"`` beside them (or as a column of cells.csv) says what was measured, where tables do
not name it.
:func:`softbreak.data.readers.formats.plain_table.read_mapped` reads by it.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from softbreak.data.record import STATED, TECHNIQUE
from softbreak.data.schema import COLUMNS
from softbreak.errors import ManifestError


def checked_columns(path: Path, place: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ``[columns]`` section with every entry as ``{"column": ..., "scale": ...}``.

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
    if not isinstance(told, Mapping):
        raise ManifestError(
            path,
            place=place,
            found=f"a {type(told).__name__}",
            expected='a table: voltage_volt = "U"',
            remedy="Write [columns] above it.",
        )
    return {
        name: checked_technique(path, f"{place}, {name}", entry)
        if name == TECHNIQUE
        else _checked(path, f"{place}, {name}", name, entry)
        for name, entry in told.items()
    }


def checked_technique(path: Path, place: str, value: object) -> str:
    """Return a technique that tables may be stated to hold.

    Raises
    ------
    ManifestError
        If there is no such.
    """
    text = str(value).strip().lower()
    if text in STATED:
        return text
    close = get_close_matches(text, STATED, n=1)
    raise ManifestError(
        path,
        place=place,
        found=repr(value),
        expected=", ".join(STATED),
        remedy=f"Did you mean {close[0]!r}?" if close else "Leave it empty if the files say it.",
    )


def shown(value: object) -> str:
    """Return a value as a message shows it; a number of thousands of digits cannot be written."""
    try:
        return reprlib.repr(value)
    except ValueError:
        return "a number of very many digits"


_MOST_COLUMNS, _MOST_SCALE = 1 << 20, 1e12


def _is_scale(scale: object) -> bool:
    """Whether a column can be multiplied by it and tell anything: not 0, not infinite, not NaN."""
    return isinstance(scale, int | float) and 0.0 < abs(scale) <= _MOST_SCALE


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
    column, scale = table.get("column"), table.get("scale", 1.0)
    good = isinstance(column, str) or (type(column) is int and 0 <= column < _MOST_COLUMNS)
    if (
        not good
        or not _is_scale(scale)
        or type(scale) not in (int, float)
        or not set(table) <= {"column", "scale"}
    ):
        raise ManifestError(
            path,
            place=place,
            found=shown(entry),
            expected='"NAME", a position from 0, or { column = "NAME", scale = 0.001 }',
            remedy="Write the column's name as the file's header has it.",
        )
    return {"column": column, "scale": float(scale)}
