"""Tables of statistics, a row a cycle or a step, under the headings of samples."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from softbreak.data.record import Record
from softbreak.errors import StatisticsError

_COUNTS: Final = ("cycle_count", "step_count")
_FEWEST_CYCLES, _FEWEST_STEPS = 3, 12
"""So many rows are too many for a test to have only one of each cycle, or of each step."""

_FIRST: Final = 1000


def one_row_a_count(table: pd.DataFrame) -> bool:
    """Whether every row has its own cycle and step."""
    counts = [name for name in _COUNTS if name in table]
    return bool(counts) and _all_differ(table, counts)


def _all_differ(table: pd.DataFrame, counts: list[str]) -> bool:
    """Whether no two rows have the same counts; of samples, the first few tell."""
    few = table.iloc[:_FIRST]
    return not few.duplicated(counts).any() and not table.duplicated(counts).any()


def samples(record: Record, path: Path) -> Record:
    """Return a record of samples.

    Raises
    ------
    StatisticsError
        If it has a row a cycle, or a row a step.
    """
    table = record.table
    a_cycle = "cycle_count" in table and _all_differ(table, ["cycle_count"])
    if (a_cycle and len(table) >= _FEWEST_CYCLES) or (
        len(table) >= _FEWEST_STEPS and one_row_a_count(table)
    ):
        raise StatisticsError(
            path,
            found=f"statistics: one row a {'cycle' if a_cycle else 'step'} ({len(table):,} rows)",
            expected="samples",
            remedy="Export the records (raw data) of the test, and leave this file out.",
        )
    return record
