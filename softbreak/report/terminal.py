"""One cell on a terminal: what it is, why, and its life in one line."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report.states import (
    Run,
    evidence_of,
    letters,
    runs_of,
    telling_row,
    telling_runs,
)
from softbreak.report.words import as_float, duration, interval, number, plain
from softbreak.verdict import State

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

STYLES: Final = {
    State.HEALTHY: "cyan",
    State.UNDETERMINED: "dim",
    State.SOFT: "bold yellow",
    State.HARD: "bold red",
}
MOST_RUNS: Final = 12
_BARS: Final = "▁▂▃▄▅▆▇█"
_ASCII_BARS: Final = "_.-=+*#@"


class diagnosis_view:  # noqa: N801 - called like a function, used as a rich renderable
    """A cell's diagnosis as a rich renderable.

    Parameters
    ----------
    diagnosis : Diagnosis
    """

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis = diagnosis

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw, with ASCII only where the console has no more."""
        from rich.padding import Padding
        from rich.text import Text

        del console
        found, summary = self.diagnosis, self.diagnosis.summary
        state = State(str(summary["state"]))
        yield Text.assemble(
            (plain(summary["cell_id"]), "bold"), "  ", (f" {state} ", f"reverse {STYLES[state]}")
        )
        yield Text(plain(summary["summary"]))
        if summary.get("wanted_measurement"):
            yield Text(f"What would settle it: {plain(summary['wanted_measurement'])}")
        width = max(min(options.max_width - 14, 100), 20)
        if len(found.verdicts):
            yield Text("")
            yield Text.assemble("states      ", _strip(found.verdicts, width))
        line = _sparkline(found.half_cycles, width, ascii_only=options.ascii_only)
        if line:
            yield Text(line)
        yield Text("")
        yield _evidence(found.verdicts)
        for finding in found.findings:
            yield Padding(Text(f"{finding.severity}: {plain(finding.sentence)}"), (0, 0, 0, 2))


def _strip(verdicts: pd.DataFrame, width: int) -> Any:
    """The states as coloured letters: h healthy, u undetermined, s soft, X hard."""
    from rich.text import Text

    line = letters([State(str(state)) for state in verdicts["state"]], width)
    style = {"h": STYLES[State.HEALTHY], "u": STYLES[State.UNDETERMINED]}
    style |= {"s": STYLES[State.SOFT], "X": STYLES[State.HARD]}
    made = Text()
    for letter, group in groupby(line):
        made.append("".join(group), style[letter])
    return made


def _sparkline(half_cycles: pd.DataFrame, width: int, *, ascii_only: bool) -> str:
    """V/I over the cell's life, logarithmic, with its ends in ohm."""
    ohm = half_cycles["resistance_ohm"].to_numpy(dtype=float)
    ohm = ohm[np.isfinite(ohm) & (ohm > 0)]
    if len(ohm) < 2:
        return ""
    edges = np.unique(np.linspace(0, len(ohm), min(width, len(ohm)) + 1).astype(int))
    level = np.log([np.median(ohm[a:b]) for a, b in pairwise(edges)])
    bars = _ASCII_BARS if ascii_only else _BARS
    span = max(float(np.ptp(level)), 0.05)
    heights = ((level - level.min()) / span * (len(bars) - 1)).round().astype(int)
    line = "".join(bars[height] for height in heights)
    low, high = number(np.exp(level.min())), number(np.exp(level.max()))
    ends = f"{low} to {high} ohm (lowest to highest) over the cell's life"
    return f"V/I         {line}\n            {ends}"


def _evidence(verdicts: pd.DataFrame) -> Any:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for head in ("State", "Cycles", "From", "Electronic fraction", "Why"):
        table.add_column(head, overflow="fold")
    runs = runs_of(verdicts)
    for run in telling_runs(runs, MOST_RUNS):
        table.add_row(*_row(run, verdicts))
    if len(runs) > MOST_RUNS:
        table.add_row("", "", "", "", f"and {len(runs) - MOST_RUNS} further changes of state")
    return table


def _row(run: Run, verdicts: pd.DataFrame) -> tuple[Any, ...]:
    from rich.text import Text

    rows = verdicts.iloc[run.first_row : run.last_row + 1]
    middle, lower, upper = (
        as_float(rows[name].median())
        for name in (
            "electronic_fraction",
            "electronic_fraction_lower",
            "electronic_fraction_upper",
        )
    )
    reasons = evidence_of(verdicts["evidence"].iloc[telling_row(run)])
    return (
        Text(str(run.state), STYLES[run.state]),
        run.cycles.removeprefix("cycles ").removeprefix("cycle "),
        duration(run.start_second),
        interval(middle, lower, upper),
        Text(plain(reasons[0].sentence) if reasons else ""),
    )
