"""``cells.csv`` or ``cells.toml``: what a person knows of the cells in an archive."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

from softbreak.archive.inputs.column_mapping import checked_columns, checked_technique, shown
from softbreak.archive.inputs.manifest_table import table_of
from softbreak.archive.inputs.manifest_units import in_own_names, number_in_unit, own_names
from softbreak.data.configurations import CONFIGURATIONS, configuration_named
from softbreak.data.names import MANIFEST_NAMES
from softbreak.data.readers.base import decode
from softbreak.data.record import TECHNIQUE, Cell
from softbreak.errors import ManifestError
from softbreak.plain_text import one_line

logger = logging.getLogger(__name__)

MAX_BYTES: Final = {".csv": 16 * 2**20, ".toml": 2 * 2**20}
"""Larger ones are not opened."""


class Range(NamedTuple):
    """What a number in the manifest may be, and what is meant by it."""

    low: float
    high: float
    meaning: str


RANGES: Final[dict[str, Range]] = {
    "area_cm2": Range(1e-6, 1e4, "electrode area in cm²"),
    "electrolyte_thickness_um": Range(0.01, 1e5, "thickness in µm, not cm or mm"),
    "ionic_conductivity_s_per_cm": Range(1e-12, 10.0, "conductivity in S/cm, not mS/cm"),
    "lithium_thickness_um": Range(0.0, 1e5, "thickness in µm; 0 for a bare current collector"),
    "porosity": Range(0.0, 0.99, "a fraction, not a percentage"),
    "temperature_celsius": Range(-100.0, 250.0, "temperature in °C, not K"),
    "pressure_mpa": Range(0.0, 2000.0, "stack pressure in MPa, not bar or kPa"),
}
"""Plausible numbers: wide enough for any real cell, narrow enough to catch a wrong unit."""

_USUAL: Final[dict[str, tuple[float, float]]] = {
    "area_cm2": (0.005, 50.0),
    "electrolyte_thickness_um": (1.0, 5000.0),
    "ionic_conductivity_s_per_cm": (1e-7, 0.1),
}
"""Possible outside, but a wrong unit there gives a wrong verdict on every cycle."""
_MEANT: Final = {
    "area": "area_cm2",
    "thickness_um": "electrolyte_thickness_um",
    "thickness": "electrolyte_thickness_um",
    "conductivity": "ionic_conductivity_s_per_cm",
}
"""Names whose nearest spelling is another column."""

_TEXTS: Final = ("electrode", "electrolyte", "notes")
COLUMNS: Final = ("cell_id", "files", "configuration", "electrode", "electrolyte", *RANGES, "notes")
_KNOWN: Final = (*COLUMNS, TECHNIQUE)
_MOST_DOTS: Final = 5000
_MOST_NAMES: Final = 500
_LONGEST_NAME: Final = 400
_MOST_WHOLE: Final = 1 << 63
_TYPE: Final = "Write it as text in quotes, or as a plain number."


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the manifest.

    Attributes
    ----------
    cell : Cell
    patterns : tuple of str
        Globs relative to the manifest; empty where the cell's files are found by its name.
    columns : mapping
        How to read tables that no reader recognises; see :mod:`softbreak.archive.inputs.manifest`.
    place : str
        Where in the manifest, for messages.
    """

    cell: Cell
    patterns: tuple[str, ...]
    columns: Mapping[str, Any]
    place: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that a manifest says.

    Attributes
    ----------
    path : Path or None
        None where the archive has no manifest.
    rows : tuple of Row
    columns : mapping
        Default column mapping for tables that no reader recognises.
    ignored : tuple of str
        Columns that mean nothing to softbreak (an operator's name, a date).
    """

    path: Path | None = None
    rows: tuple[Row, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def load_manifest(root: Path) -> Manifest:
    """Read the manifest at an archive's root.

    Parameters
    ----------
    root : Path
        The archive's folder.

    Returns
    -------
    Manifest
        Without rows where there is none.

    Raises
    ------
    ManifestError
        If it cannot be used; the message says row, column, finding and remedy.
    """
    found = [root / name for name in MANIFEST_NAMES if (root / name).is_file()]
    if len(found) > 1:
        raise ManifestError(
            root,
            found="both cells.csv and cells.toml",
            expected="one manifest",
            remedy="Remove or rename one of them.",
        )
    if not found:
        return Manifest()
    path = found[0]
    most = MAX_BYTES[path.suffix]
    if path.stat().st_size > most:
        raise ManifestError(
            path,
            found=f"{path.stat().st_size:,} bytes",
            expected=f"at most {most:,}",
            remedy="A manifest holds one row a cell; is this a data file by that name?",
        )
    manifest = _load_csv(path) if path.suffix == ".csv" else _load_toml(path)
    _check_unique(path, manifest.rows)
    return manifest


def _load_csv(path: Path) -> Manifest:
    names, lines = table_of(path, decode(path.read_bytes()))
    other = own_names(names)
    ignored = _check_names(path, [other.get(name, (name,))[0] for name in names], "row 1")
    if "cell_id" not in names:
        raise ManifestError(
            path,
            place="row 1",
            found=f"the columns {', '.join(names) or '(none)'}",
            expected="a column cell_id",
            remedy="Name the first column cell_id and give every cell a name of its own.",
        )
    cells = []
    for line in lines:
        entry = in_own_names(dict(zip(names, line.values, strict=True)), other)
        cells.append(_row(path, entry, line.place, {}))
    return Manifest(path, tuple(cells), {}, ignored)


def _load_toml(path: Path) -> Manifest:
    text = decode(path.read_bytes())
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > _MOST_DOTS:  # the parser's work grows with their square
            raise _nested(path, f"line {number}", f"a name of {line.count('.'):,} parts")
    try:
        content = tomllib.loads(text)
    except RecursionError as error:
        raise _nested(path, "", "tables or arrays nested hundreds deep") from error
    except ValueError as error:  # also a number of thousands of digits
        raise ManifestError(
            path,
            found=f"no valid TOML: {error}",
            expected="[[cells]] tables and, if need be, a [columns] table",
            remedy="Mend the line that the message names.",
        ) from error
    entries = content.get("cells", [])
    columns = content.get("columns", {})
    if not isinstance(entries, list) or not isinstance(columns, dict):
        raise ManifestError(
            path,
            found="cells or columns of another kind",
            expected="[[cells]] with two brackets, [columns] with one",
            remedy="Write one [[cells]] table for every cell.",
        )
    _check_names(path, [name for name in content if name != "cells"], "top level", ("columns",))
    columns = checked_columns(path, "[columns]", columns)
    ignored: list[str] = []
    rows = []
    for number, entry in enumerate(entries, start=1):
        place = f"[[cells]] number {number}"
        if not isinstance(entry, dict):
            raise _bad(path, place, "cells", entry, "a table", "Write [[cells]] above it.")
        own = checked_columns(path, f"{place}, columns", entry.pop("columns", {}))
        other = own_names(entry)
        ignored += _check_names(path, [other.get(name, (name,))[0] for name in entry], place)
        told = in_own_names(entry, other)
        rows.append(_row(path, told, place, {**columns, **own}))
    return Manifest(path, tuple(rows), columns, tuple(dict.fromkeys(ignored)))


def _nested(path: Path, place: str, found: str) -> ManifestError:
    return ManifestError(
        path,
        place=place,
        found=found,
        expected="[[cells]] tables and, if need be, a [columns] table",
        remedy="Is this a manifest? Remove what it does not need.",
    )


def _check_names(
    path: Path, names: list[str], place: str, known: tuple[str, ...] = _KNOWN
) -> tuple[str, ...]:
    """Refuse misspelt and doubled columns; return those that mean nothing here."""
    if len(names) > _MOST_NAMES:
        raise ManifestError(
            path,
            place=place,
            found=f"{len(names):,} names",
            expected=f"at most {_MOST_NAMES}",
            remedy="Is this a data file by that name?",
        )
    for name in names:
        if names.count(name) > 1 and name:
            raise ManifestError(
                path,
                place=place,
                found=f"the column {name} twice",
                expected="every column once",
                remedy="Remove one of them.",
            )
        meant = _MEANT.get(name.lower())
        close = get_close_matches(name.lower(), known, n=1, cutoff=0.7)
        close = [meant] if meant in known else close
        if name not in known and close:
            raise ManifestError(
                path,
                place=place,
                found=f"a column {name!r}",
                expected=", ".join(known),
                remedy=f"Did you mean {close[0]!r}?",
            )
    return tuple(name for name in names if name and name not in known)


def _row(path: Path, entry: Mapping[str, Any], place: str, columns: Mapping[str, Any]) -> Row:
    for name in _KNOWN:
        _check_plain(path, place, name, entry.get(name))
    cell_id = str(entry.get("cell_id", "")).strip()
    if not cell_id:
        raise _bad(path, place, "cell_id", "", "a name", "Give the cell a name of its own.")
    if len(cell_id) > _LONGEST_NAME or one_line(cell_id) != cell_id:
        raise _bad(
            path,
            place,
            "cell_id",
            cell_id,
            f"a name of at most {_LONGEST_NAME} letters, each of which is seen",
            "Type the name anew; copied text may hold characters that show nothing.",
        )
    files = entry.get("files", "")
    globs = files if isinstance(files, list) else str(files or "").split(";")
    patterns = tuple(str(glob).strip() for glob in globs if str(glob).strip())
    for glob in patterns:
        _check_glob(path, place, glob)
    facts: dict[str, Any] = {n: _number(path, place, n, entry.get(n, "")) for n in RANGES}
    texts = {name: str(entry.get(name, "") or "").strip() for name in _TEXTS}
    facts |= {name: texts[name] or None for name in _TEXTS} | {"notes": texts["notes"]}
    facts["configuration"] = _configuration(path, place, entry.get("configuration", ""))
    if technique := str(entry.get(TECHNIQUE, "") or "").strip():
        told = checked_technique(path, f"{place}, column technique", technique)
        columns = {**columns, TECHNIQUE: told}
    return Row(Cell(cell_id=cell_id, **facts), patterns, columns, place)


def _check_plain(path: Path, place: str, name: str, value: object) -> None:
    """Refuse what is neither text nor number (a table, a date), and what no database takes."""
    values = value if name == "files" and isinstance(value, list) else [value]
    for one in values:
        if isinstance(one, int) and not -_MOST_WHOLE < one < _MOST_WHOLE:
            raise _bad(path, place, name, "a number of very many digits", "text or a number", _TYPE)
        if one is not None and not isinstance(one, str | int | float):
            raise _bad(path, place, name, one, "text or a number", _TYPE)
        if isinstance(one, str) and "\0" in one:
            raise _bad(path, place, name, one, "text without a zero character", _TYPE)


def _configuration(path: Path, place: str, value: object) -> str | None:
    text = str(value or "").strip().lower()
    found = configuration_named(text)
    if text and found is None:
        close = get_close_matches(text, CONFIGURATIONS, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else "Leave it empty if unknown."
        raise _bad(path, place, "configuration", value, ", ".join(CONFIGURATIONS), hint)
    return found


def _number(path: Path, place: str, name: str, value: object) -> float | None:
    text = str(value).strip()
    if not text or text.lower() in ("nan", "na", "n/a", "none", "-", "?", "unknown"):
        return None
    text, factor = number_in_unit(name, text)
    low, high, meaning = RANGES[name]
    expected = f"{low:g} to {high:g} ({meaning})"
    try:
        number = factor * float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        raise _bad(
            path, place, name, value, f"a number, {expected}", "Leave it empty if unknown."
        ) from None
    if isinstance(value, bool) or not low <= number <= high:
        raise _bad(path, place, name, value, expected, "Check its unit, or leave it empty.")
    least, most = _USUAL.get(name, (low, high))
    if not least <= number <= most:
        logger.warning(
            "%s, %s, column %s: found %s; usual is %g to %g (%s): is it in the stated unit? "
            "Check it, for every verdict of this cell rests on it.",
            *(path, place, name, value, least, most, meaning),
        )
    return number


def _check_glob(path: Path, place: str, glob: str) -> None:
    parts = glob.replace("\\", "/").split("/")
    outside = glob.startswith(("/", "\\", "~")) or parts[0][1:2] == ":" or ".." in parts
    if outside or "\0" in glob:
        raise _bad(
            path,
            place,
            "files",
            glob,
            "globs below the manifest's own folder",
            "Write them relative to the manifest, without '..', '~' or a drive.",
        )


def _check_unique(path: Path, rows: tuple[Row, ...]) -> None:
    seen: dict[str, str] = {}
    for row in rows:
        name = row.cell.cell_id
        if name in seen:
            raise _bad(
                path,
                row.place,
                "cell_id",
                name,
                f"a name that {seen[name]} does not bear already",
                "Put all files of one cell in one row, ';' between the globs.",
            )
        seen[name] = row.place


def _bad(
    path: Path, place: str, column: str, value: object, expected: str, remedy: str
) -> ManifestError:
    return ManifestError(
        path,
        place=f"{place}, column {column}",
        found=shown(value) if value != "" else "nothing",
        expected=expected,
        remedy=remedy,
    )
