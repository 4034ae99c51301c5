"""How much of a table must be measured samples, and how large they may be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from softbreak.errors import ReadError

if TYPE_CHECKING:
    import pandas as pd

MOST_UNREADABLE = 0.01
"""A file in which more of the rows have no time, voltage or current is damaged, not gappy."""
MOST_VOLT = 1e4
MOST_AMPERE = 1e5
_REMEDY = "It may be damaged or edited: export it again from the instrument's software."


def left_out(path: Path, rows: int, lost: int, first: int, unread: str = "") -> str:
    """Say how many rows are not used; empty where all are.

    Parameters
    ----------
    path : Path
    rows, lost : int
        All, and those without a time, voltage or current.
    first : int
        The first of the latter (0-based).
    unread : str
        What was not understood.

    Raises
    ------
    ReadError
        If they are too many.
    """
    why = f"; {unread}" if unread else ""
    if lost == rows:
        raise unusable(path, f"no row with a time, a voltage and a current (of {rows:,}){why}")
    if lost > max(1, MOST_UNREADABLE * rows):
        raise unusable(
            path,
            f"{lost:,} of {rows:,} rows without a time, voltage or current "
            f"(the first is row {first + 1:,}){why}",
        )
    return f"{lost} of {rows} rows, without a time, voltage or current{why}" if lost else ""


def check_ranges(path: Path, table: Mapping[str, Any] | pd.DataFrame) -> None:
    """Raise a ReadError where a voltage or a current is beyond any instrument."""
    for name, most in (("voltage_volt", MOST_VOLT), ("current_ampere", MOST_AMPERE)):
        values = np.asarray(table[name])
        worst = max(-float(values.min()), float(values.max()))
        if worst > most:
            raise unusable(path, f"{name} of {worst:.4g}, beyond any instrument")


def unusable(path: Path, found: str) -> ReadError:
    """Return the error for a table that holds no usable samples."""
    return ReadError(path, found=found, expected="a table of measured samples", remedy=_REMEDY)
