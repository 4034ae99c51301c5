"""The results as a workbook: cells, verdicts and failures, each a table with units in its head.

Names and sentences come from files: they are written as text, and never as a formula or a link.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.installed import missing_module
from softbreak.report.number_words import as_float
from softbreak.report.states import evidence_of
from softbreak.verdict import cycle_number

MOST_ROWS: Final = 200_000
"""Rows of a sheet: more would neither be read by people nor fit into memory with ease."""
_LONGEST: Final = 32_000
"""Characters of a cell; Excel takes 32,767."""
_HOUR: Final = 3600.0
_BEGINNING: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
"""Of every workbook: the same results give the same file."""


class _Column(NamedTuple):
    """A column of a sheet: its head with the unit, how its value is taken, and how wide it is."""

    head: str
    value: Callable[[Mapping[Any, Any]], object]
    width: int = 11
    form: str = ""


def _text(name: str) -> Callable[[Mapping[Any, Any]], object]:
    return lambda row: str(row.get(name) if row.get(name) is not None else "")


def _scaled(name: str, factor: float = 1.0) -> Callable[[Mapping[Any, Any]], object]:
    return lambda row: as_float(row.get(name)) * factor


def _counted(name: str) -> Callable[[Mapping[Any, Any]], object]:
    """A cycle as people count it."""

    def number(row: Mapping[Any, Any]) -> object:
        index = as_float(row.get(name))
        return cycle_number(index) if math.isfinite(index) else math.nan

    return number


def _yes(name: str) -> Callable[[Mapping[Any, Any]], object]:
    return lambda row: "yes" if as_float(row.get(name)) == 1.0 or row.get(name) is True else "no"


def _why(row: Mapping[Any, Any]) -> object:
    reasons = evidence_of(row.get("evidence"))
    return reasons[0].sentence if reasons else ""


_CELLS: Final = (
    _Column("Rank", _scaled("rank"), 6),
    _Column("Cell", _text("cell_id"), 24),
    _Column("State", _text("state"), 13),
    _Column("Short at some time", _yes("ever_short")),
    _Column("P(short) / %", _scaled("probability", 100.0), form="0.0"),
    _Column("Onset: cycle (from 1)", _counted("onset_cycle")),
    _Column("Onset / h", _scaled("onset_time_second", 1 / _HOUR), form="0.00"),
    _Column("Onset not before / h", _scaled("onset_earliest_time_second", 1 / _HOUR), form="0.00"),
    _Column(
        "Charge before the onset / mAh cm⁻²",
        _scaled("onset_areal_capacity_mah_per_cm2"),
        form="0.00",
    ),
    _Column("Cycles", _scaled("n_cycles"), 8),
    _Column("Files", _scaled("n_files"), 8),
    _Column("In a sentence", _text("summary"), 80),
    _Column("What would settle it", _text("wanted_measurement"), 60),
)
_VERDICTS: Final = (
    _Column("Cell", _text("cell_id"), 24),
    _Column("Cycle (from 1)", _counted("cycle_index"), 8),
    _Column("From / h", _scaled("start_time_second", 1 / _HOUR), form="0.000"),
    _Column("To / h", _scaled("end_time_second", 1 / _HOUR), form="0.000"),
    _Column("State", _text("state"), 13),
    _Column("P(healthy) / %", _scaled("p_healthy", 100.0), form="0.0"),
    _Column("P(soft) / %", _scaled("p_soft", 100.0), form="0.0"),
    _Column("P(hard) / %", _scaled("p_hard", 100.0), form="0.0"),
    _Column("ηₑ / %", _scaled("electronic_fraction", 100.0), form="0.0"),
    _Column("ηₑ at least / %", _scaled("electronic_fraction_lower", 100.0), form="0.0"),
    _Column("ηₑ at most / %", _scaled("electronic_fraction_upper", 100.0), form="0.0"),
    _Column("Transient short", _yes("transient_short")),
    _Column("Stands on", _text("basis"), 24),
    _Column("Why", _why, 80),
    _Column("What would settle it", _text("wanted_measurement"), 60),
    _Column("Judged by", _text("detector"), 12),
)
_FAILURES: Final = (
    _Column("File", _text("path"), 50),
    _Column("Stage", _text("stage"), 10),
    _Column("What was found", _text("error"), 70),
    _Column("What to do", _text("remedy"), 70),
)


def write_workbook(
    path: Path,
    cells: pd.DataFrame,
    verdicts: Iterable[Mapping[Any, Any]],
    failures: pd.DataFrame,
) -> Path:
    """Write cells, verdicts and failures into one workbook.

    Parameters
    ----------
    path : pathlib.Path
        Ends in ``.xlsx``.
    cells, failures : pandas.DataFrame
        The rows of ``cells.parquet`` and ``failures.parquet``.
    verdicts : iterable of mapping
        The rows of ``verdicts.parquet``; those beyond ``MOST_ROWS`` are left out, and a last row
        says so.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    SoftbreakError
        If the name is no workbook's, the library that writes it is missing, or the file cannot be
        written.
    """
    if path.suffix.lower() != ".xlsx":
        raise SoftbreakError(f"{path}: expected a name that ends in .xlsx")
    try:
        from xlsxwriter import Workbook
        from xlsxwriter.exceptions import FileCreateError
    except ModuleNotFoundError as error:
        raise SoftbreakError(missing_module(error, "a workbook")) from error
    path.parent.mkdir(parents=True, exist_ok=True)
    never = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
    try:
        with Workbook(str(path), dict.fromkeys(never, False)) as book:
            book.set_properties({"title": "softbreak", "created": _BEGINNING})
            _sheet(book, "Cells", _CELLS, cells.to_dict("records"))
            _sheet(book, "Verdicts", _VERDICTS, verdicts)
            _sheet(book, "Failures", _FAILURES, failures.to_dict("records"))
    except FileCreateError as error:
        raise SoftbreakError(
            f"{path} cannot be written ({error}); close it where it is open, or give another name"
        ) from error
    return path


def verdict_rows(path: Path) -> Iterator[Mapping[Any, Any]]:
    """Yield the rows of a ``verdicts.parquet``, a part of it in memory at a time.

    Parameters
    ----------
    path : pathlib.Path
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=8192):
            yield from batch.to_pylist()


def _sheet(
    book: Any, name: str, columns: Sequence[_Column], rows: Iterable[Mapping[Any, Any]]
) -> None:
    """Write a sheet that is a table: its head stays in sight, and every column can be filtered."""
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    forms = [book.add_format({"num_format": one.form} if one.form else {}) for one in columns]
    count, source = 0, iter(rows)
    for count, row in enumerate(islice(source, MOST_ROWS), start=1):
        for place, column in enumerate(columns):
            _write(sheet, count, place, column.value(row), forms[place])
    if next(source, None) is not None:
        count += 1
        told = f"Only the first {MOST_ROWS:,} rows are here; the Parquet file has all."
        sheet.write_string(count, 0, told)
    heads = [{"header": one.head, "header_format": head} for one in columns]
    last = max(count, 1)  # a table has one row at least
    look = {"name": name, "columns": heads, "style": "Table Style Light 1"}
    sheet.add_table(0, 0, last, len(columns) - 1, look)
    sheet.freeze_panes(1, 2 if name != "Failures" else 1)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)


def _write(sheet: Any, row: int, place: int, value: object, form: Any) -> None:
    if isinstance(value, str):
        if value:
            sheet.write_string(row, place, value[:_LONGEST])
    elif math.isfinite(as_float(value)):
        sheet.write_number(row, place, as_float(value), form)
