"""What changes when a live cell is fed: verdicts, and warnings before a half-cycle has ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What kind of news a change is."""

    VERDICT = "verdict"
    """A cycle got its verdict, or another one than before (``revised``)."""
    REMOVED = "removed"
    """The last cycles of the cell turned out to be none: noise, slices of a half-cycle that
    reversed after all."""
    WARNING = "warning"
    """Inside a half-cycle that still runs: an abrupt drop, a telegraph, a collapse."""
    CONFIRMED = "confirmed"
    """The half-cycle ended and bears the warning out."""
    WITHDRAWN = "withdrawn"
    """The half-cycle ended and does not bear the warning out."""


@dataclass(frozen=True, slots=True)
class Change:
    """One piece of news about a live cell.

    Attributes
    ----------
    kind : Kind
    cycle_index : int
        Verdict rows: as in ``verdicts.parquet``. Warnings: the cycle that is under way.
    time_second : float
        On the cell's clock: end of the cycle, or the sample that gave the warning.
    row : mapping
        VERDICT: the whole row of ``verdicts.parquet`` (evidence as a list of dictionaries).
        REMOVED: ``cell_id, cycle_index``.
        WARNING and its ends: ``reason`` ("drop", "telegraph", "collapse"), ``change`` (Δ ln R),
        ``before_ohm``, ``after_ohm``, ``sentence``.
    revised : bool
        The cycle had another verdict before.
    """

    kind: Kind
    cycle_index: int
    time_second: float
    row: dict[str, Any] = field(default_factory=dict)
    revised: bool = False
