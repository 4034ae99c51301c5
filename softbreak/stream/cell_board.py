"""The table of cells that a watch shows: one row each, worst first."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from softbreak.stream.alarm import Level
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Watch


@dataclass(frozen=True, slots=True)
class Row:
    """A cell.

    Attributes
    ----------
    cell_id, state : str
        The state is that of the last cycle; empty before the first one has ended. Undetermined
        instead of healthy where rows of the cell may be missing for good.
    fraction, lower, upper : float or None
        Electronic fraction with its interval.
    volts : tuple of float
        Overpotential over the cell's life (V), for a sparkline.
    cycles, samples : int
    ran_second : float
        Time that has run in the cell's files.
    lag_second : float or None
        Its age; None where files do not say when it was.
    alarm : Level or None
        The alarm that stands.
    acknowledged : bool
    sentence : str
        Why.
    """

    cell_id: str
    state: str
    fraction: float | None
    lower: float | None
    upper: float | None
    volts: tuple[float, ...]
    cycles: int
    samples: int
    ran_second: float
    lag_second: float | None
    alarm: Level | None
    acknowledged: bool
    sentence: str


def board(store: Store, watch: Watch | None = None) -> list[Row]:
    """Return all cells: what the watch has in memory, and of the others what is stored.

    Parameters
    ----------
    store : Store
    watch : Watch, optional
    """
    standing = store.alarms(standing=True)
    seen = set(standing.loc[standing["acknowledged_unix_second"].notna(), "cell_id"])
    said = dict(zip(standing["cell_id"], standing["sentence"], strict=True))
    told = {cell.cell_id: cell.status for cell in store.cells()}
    if watch is not None:
        told |= {name: cell.status() for name, cell in list(watch.cells.items())}
    rows = [_row(name, status, said, name in seen) for name, status in told.items() if status]
    return sorted(rows, key=_urgency)


def _row(name: str, status: Mapping[str, Any], said: Mapping[str, str], seen: bool) -> Row:
    verdict, trace = status["verdict"], status["trace"]
    unix, incomplete = trace["latest_unix_second"], status.get("incomplete", "")
    return Row(
        name,
        _state(verdict.get("state", ""), incomplete),
        verdict.get("electronic_fraction"),
        verdict.get("electronic_fraction_lower"),
        verdict.get("electronic_fraction_upper"),
        tuple(trace["volts"]),
        status["cycles"],
        status["samples"],
        trace["ran"],
        None if unix is None else max(time.time() - unix, 0.0),
        Level(status["alarm"]) if status["alarm"] else None,
        seen,
        said.get(name) or incomplete or verdict.get("sentence", ""),
    )


def _state(state: str, incomplete: str) -> str:
    """A cell of which rows are missing may have broken down unseen: it is not called healthy."""
    return "undetermined" if incomplete and state == "healthy" else state


def _urgency(row: Row) -> tuple[int, bool, str]:
    return (-(row.alarm.rank if row.alarm else 0), row.acknowledged, row.cell_id)
