"""What changes when a live cell is fed: verdicts, and warnings before a half-cycle has ended."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from softbreak.data.record import Cell
from softbreak.features.half_cycles.early_warning import SWITCHES, Warned
from softbreak.features.half_cycles.stream import News
from softbreak.models.rules.spoken_numbers import hours, ohm, percent


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


_KINDS: Final = {
    News.RAISED: Kind.WARNING,
    News.CONFIRMED: Kind.CONFIRMED,
    News.WITHDRAWN: Kind.WITHDRAWN,
}


def warning_change(
    cell: Cell, cycle_index: int, news: News, warning: Warned, shift: float
) -> Change:
    """Return an early warning, or its end, as a change.

    Parameters
    ----------
    cell : Cell
    cycle_index : int
        The cycle under way.
    news : News
    warning : Warned
    shift : float
        From the record's clock to the cell's (s).
    """
    time = warning.time + shift
    row = {
        "cell_id": cell.cell_id,
        "reason": warning.reason,
        "change": warning.change,
        "before_ohm": warning.before,
        "after_ohm": warning.after,
        "sentence": f"{_seen(warning, time, cell.area_cm2)}{_ENDS[news]}.",
    }
    return Change(_KINDS[news], cycle_index, time, row)


_ENDS: Final = {
    News.RAISED: "; the half-cycle still runs",
    News.CONFIRMED: "; the whole half-cycle bears this out",
    News.WITHDRAWN: "; the whole half-cycle does not bear this out",
}


def _seen(warning: Warned, time: float, area: float | None) -> str:
    fall = percent(1.0 - math.exp(warning.change))
    steps = f"({ohm(warning.before, area)} to {ohm(warning.after, area)})"
    if warning.reason == "drop":
        return f"V/I fell by {fall} within one sample at {hours(time)} {steps}"
    if warning.reason == "telegraph":
        return f"V/I fell {SWITCHES} times and came back, last by {fall} at {hours(time)}"
    return (
        f"V/I stands {fall} below the half-cycle before at the same phase, at {hours(time)} {steps}"
    )
