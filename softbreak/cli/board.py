"""The live table: one row a cell, worst first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.table import Table

    from softbreak.stream.cell_board import Row
    from softbreak.stream.counters import Metrics

_BARS: Final = "▁▂▃▄▅▆▇█"
_WIDTH: Final = 16
_COLUMNS: Final = (
    "cell",
    "alarm",
    "state",
    "ηₑ",
    "|V| under current",
    "ran",
    "lag",
    "cycles",
    "why",
)
_NARROW: Final = ("cell", "alarm", "state", "ηₑ", "|V| under current", "lag")
"""Columns on a terminal of fewer than 110 characters."""
_SHORT: Final = {"early warning": "warning"}


def board_table(
    rows: Sequence[Row], metrics: Metrics | None = None, *, width: int = 120, most: int = 40
) -> Table:
    """Return the table.

    Parameters
    ----------
    rows : sequence of Row
        As :func:`softbreak.stream.cell_board.board` orders them.
    metrics : Metrics, optional
        Of a running watch: told below the table, and every cell keeps to one line then, so that
        what is counted to fit the screen does.
    width : int
        Characters in a line.
    most : int
        Rows; what is left out is counted.
    """
    from rich.table import Table

    names = _COLUMNS if width >= 110 else _NARROW
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, no_wrap=name != "why", overflow="ellipsis")
    for row in rows[:most]:
        cells = dict(zip(_COLUMNS, _cells(row, names is _COLUMNS), strict=True))
        if metrics is not None:  # the column may shrink, its text may not wrap
            cells["why"].no_wrap, cells["why"].overflow = True, "ellipsis"
        table.add_row(*(cells[name] for name in names))
    table.caption = _caption(rows, metrics, most)
    table.caption_justify = "left"
    return table


def _cells(row: Row, wide: bool) -> list[Any]:
    from rich.text import Text

    from softbreak.report.number_words import duration

    return [
        Text(row.cell_id),
        _alarm(row),
        _state(row.state),
        _fraction(row, wide),
        _overpotential(row.volts, wide),
        duration(row.ran_second),
        lag_words(row.lag_second),
        str(row.cycles),
        Text(row.sentence),
    ]


def _caption(rows: Sequence[Row], metrics: Metrics | None, most: int) -> str:
    loud = sum(row.alarm is not None for row in rows)
    told = [f"{len(rows):,} cell{'s' * (len(rows) != 1)}, {loud:,} with an alarm"]
    if len(rows) > most:
        told.append(f"{len(rows) - most:,} not shown")
    if metrics is not None:
        errors = sum(metrics.errors.values())
        told.append(f"{metrics.samples:,} samples, {metrics.rate():,.0f}/s, {errors:,} errors")
    return "; ".join(told)


def _alarm(row: Row) -> Any:
    from rich.text import Text

    if row.alarm is None:
        return Text("")
    style = {"hard": "bold red", "soft": "bold yellow"}.get(row.alarm.value, "yellow")
    word = _SHORT.get(row.alarm.value, row.alarm.value)
    return Text(f"{word} ✓" if row.acknowledged else word, style)


def _state(state: str) -> Any:
    from rich.text import Text

    from softbreak.report.terminal import STYLES
    from softbreak.verdict import State

    return Text(state, STYLES[State(state)]) if state else Text("–", "dim")


def _fraction(row: Row, wide: bool) -> str:
    values = (row.fraction, row.lower, row.upper)
    if any(value is None or not math.isfinite(value) for value in values):
        return "–"
    from softbreak.report.evidence_table import percent_range
    from softbreak.report.number_words import as_float, interval, percent

    if row.state == "undetermined":  # a number is withheld: only what is possible is told
        return percent_range(as_float(row.lower), as_float(row.upper)) if wide else "–"
    return interval(*values) if wide else percent(row.fraction)


def lag_words(second: float | None) -> str:
    """Return the age of the newest sample in one whole number: ``40 s``, ``3 min``, ``12 d``."""
    if second is None:
        return "–"
    for size, unit, most in ((1.0, "s", 90.0), (60.0, "min", 5400.0), (3600.0, "h", 172_800.0)):
        if second < most:
            return f"{second / size:.0f} {unit}"
    return f"{second / 86_400.0:,.0f} d"


def _overpotential(volts: Sequence[float], wide: bool) -> str:
    """The newest mean |V| under current with its unit, and how it came there."""
    if not volts:
        return ""
    from softbreak.report.number_words import number

    now = f"{number(1e3 * volts[-1])} mV"
    return f"{now:>8} {sparkline(volts, _WIDTH if wide else _WIDTH // 2)}"


def sparkline(volts: Sequence[float], width: int = _WIDTH) -> str:
    """Return overpotentials as a line of bars, logarithmic, from the first to the newest."""
    logs = [math.log(max(volt, 1e-9)) for volt in volts]
    if not logs:
        return ""
    places = min(width, len(logs))
    edges = [round(k * len(logs) / places) for k in range(places + 1)]
    means = [sum(logs[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, span = min(means), max(max(means) - min(means), 0.05)
    return "".join(_BARS[round((mean - low) / span * (len(_BARS) - 1))] for mean in means)
