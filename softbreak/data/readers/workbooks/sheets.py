"""Which sheets of a workbook hold one cell's samples: continued, other channels, statistics.

Statistics (one row a cycle or a step) often bear the same headings as the samples beside them;
their rows are no samples. Samples of a second sheet belong to the same measurement only where
they begin after the first one's end: everything else is another cell, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import pandas as pd

from softbreak.data.readers.tables.summaries import one_row_a_count
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError, StatisticsError

_STATISTICS: Final = re.compile(
    r"statis|summary|by[ _-]?(cycle|step)|cycle[ _-]?(data|stat)|统计", re.IGNORECASE
)
_OF_CYCLES: Final = re.compile(
    r"\W*(?:cycles?|zykl(?:en|us)|ciclos?|cicli|cyclus|cykle|циклы?|循环|循環|サイクル|사이클|overview"
    r"|übersicht|zusammenfassung|résumé|resumen|riepilogo|итоги|汇总|概要)\W*",
    re.IGNORECASE,
)
"""Names of sheets that may as well hold the samples of some cycles: their rows must be few."""
_FEW: Final = 8
_CHANNEL: Final = re.compile(r"(?:\b|_)(?:channel|chan|ch|kanal|通道)[ _-]*(\d+)", re.IGNORECASE)
_LEAST_LEVELS: Final = 8
_TOLERANCE_S: Final = 1.0
"""A sheet may begin with the moment at which the one before it ended."""


@dataclass(frozen=True)
class Sheet:
    """A sheet's name and the records that were read from it."""

    name: str
    records: tuple[Record, ...]

    @property
    def series(self) -> Record | None:
        """The first record that is no spectrum."""
        return next((r for r in self.records if r.technique is not Technique.IMPEDANCE), None)


def chosen(path: Path, sheets: Sequence[Sheet]) -> list[Record]:
    """Return the records of a workbook's one cell.

    Parameters
    ----------
    path : Path
    sheets : sequence of Sheet
        Those that hold a table, in the workbook's order.

    Returns
    -------
    list of Record
        Continued samples as one record, spectra as they stand.

    Raises
    ------
    ReadError
        If the sheets are of several cells, or hold statistics only.
    """
    statistics = [sheet for sheet in sheets if _is_statistics(sheet, sheets)]
    kept = [sheet for sheet in sheets if sheet not in statistics]
    if not kept:
        raise only_statistics(path, [sheet.name for sheet in statistics])
    said = ""
    copies = [sheet for place, sheet in enumerate(kept) if _is_copy(sheet, kept[:place])]
    kept = [sheet for sheet in kept if sheet not in copies]
    if statistics or copies:
        names = [f"{s.name!r} (statistics)" for s in statistics]
        names += [f"{s.name!r} (a copy)" for s in copies]
        said = f"left out: {', '.join(names[:20])}"
    series = [sheet for sheet in kept if sheet.series is not None]
    if len(series) < 2:
        return [saying(record, said) for sheet in kept for record in sheet.records]
    channels = {m[1].lstrip("0") for sheet in series if (m := _CHANNEL.search(sheet.name))}
    if len(channels) > 1:
        raise _several(path, series, "channels")
    series.sort(key=lambda sheet: _span(sheet.records)[0])
    joined = series[0].series
    for before, after in pairwise(series):
        if not _continues(_first(before), _first(after)):
            raise _several(path, series, "measurements that do not continue each other")
        joined = _joined(joined or _first(before), _first(after))
    spectra = [r for s in kept for r in s.records if r.technique is Technique.IMPEDANCE]
    told = "; ".join(filter(None, (f"one record from {_names(series)}", said)))
    return [*([saying(joined, told)] if joined is not None else []), *spectra]


def saying(record: Record, more: str) -> Record:
    """Let a record say more of the sheets of its workbook."""
    stated = record.source.stated
    said = "; ".join(filter(None, (stated.get("sheets"), more)))
    told = {**stated, "sheets": said} if said else stated
    return replace(record, source=replace(record.source, stated=told))


def _is_copy(sheet: Sheet, others: Sequence[Sheet]) -> bool:
    """Whether a sheet holds the very samples of one in front of it."""
    record = sheet.series
    tables = [other.series.table for other in others if other.series is not None]
    if record is None or record.table["voltage_volt"].nunique() < _LEAST_LEVELS:
        return False  # unused channels look alike
    return any(record.table.equals(table) for table in tables)


def _first(sheet: Sheet) -> Record:
    record = sheet.series
    if record is None:
        raise ValueError("a sheet without a time series")
    return record


def _is_statistics(sheet: Sheet, sheets: Sequence[Sheet]) -> bool:
    record = sheet.series
    if record is None:
        return False
    others = [s.series for s in sheets if s is not sheet and s.series is not None]
    alike = one_row_a_count(record.table)
    if _STATISTICS.search(sheet.name):
        return alike or bool(others)
    if _OF_CYCLES.fullmatch(sheet.name):
        return any(_sums_up(record, o) and _FEW * record.rows < o.rows for o in others)
    return alike and any(_sums_up(record, other) for other in others)


def _sums_up(few: Record, many: Record) -> bool:
    """Whether few rows lie within the time of many, as statistics do."""
    time, all_times = few.array("test_time_second"), many.array("test_time_second")
    return few.rows < many.rows and all_times.min() <= time.min() and time.min() <= all_times.max()


def _span(records: Sequence[Record]) -> tuple[float, float]:
    """Return when the series of a sheet begins, on the wall clock where it is known (s)."""
    record = next(r for r in records if r.technique is not Technique.IMPEDANCE)
    name = "unix_time_second" if record.has("unix_time_second") else "test_time_second"
    return float(record.table[name].min()), float(record.array("test_time_second")[0])


def _continues(before: Record, after: Record) -> bool:
    """Whether the rows of one sheet follow those of another, judged by the first clock of both."""
    for name in ("unix_time_second", "test_time_second"):
        if before.has(name) and after.has(name):
            if after.table[name].min() >= before.table[name].max() - _TOLERANCE_S:
                return True
            if name == "unix_time_second":
                return False
    # A time that restarts with every step: the vendor's cycles say whether it goes on.
    if before.has("cycle_count") and after.has("cycle_count"):
        return bool(after.table["cycle_count"].min() >= before.table["cycle_count"].max() > 0)
    return False


def _joined(before: Record, after: Record) -> Record:
    """Append the rows of a sheet; a time that began anew there runs on."""
    first, last = after.array("test_time_second")[0], before.array("test_time_second")[-1]
    shift = 0.0
    if first < last - _TOLERANCE_S:
        shift = last - first
        if before.has("unix_time_second") and after.has("unix_time_second"):
            waited = after.array("unix_time_second")[0] - before.array("unix_time_second")[-1]
            shift += max(float(waited), 0.0) if waited == waited else 0.0  # noqa: PLR0124 - NaN
    names = [name for name in before.table.columns if after.has(name)]
    moved = after.table[names].assign(test_time_second=after.table["test_time_second"] + shift)
    table = pd.concat([before.table[names], moved], ignore_index=True)
    technique = before.technique if before.technique is after.technique else Technique.CYCLING
    return replace(before, table=table, technique=technique)


def only_statistics(path: Path, names: Sequence[str]) -> StatisticsError:
    """Return the error for a workbook without a sheet of samples."""
    return StatisticsError(
        path,
        found="only statistics (one row a cycle or a step): sheet "
        + ", ".join(map(repr, names[:20])),
        expected="a sheet of samples",
        remedy="Export the records (raw data) of the test too.",
    )


def _several(path: Path, sheets: Sequence[Sheet], what: str) -> ReadError:
    return ReadError(
        path,
        found=f"sheets of several {what}: {_names(sheets)}",
        expected="one cell in a workbook",
        remedy="Save each of these sheets as a workbook (or csv) of its own.",
    )


def _names(sheets: Sequence[Sheet]) -> str:
    return ", ".join(repr(sheet.name) for sheet in sheets[:20])
