"""One cell on a terminal: what it is, why, and its life in one line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from softbreak.models.diagnosis.result import Diagnosis
from softbreak.report.evidence_table import EvidenceRow, evidence_table
from softbreak.report.number_words import number, plain, resistance_scale
from softbreak.report.states import letters
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
WIDE: Final = 100
"""Characters from which on a reason has room beside its numbers."""
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
        area = found.cell.area_cm2
        line = _sparkline(found.half_cycles, area, width, ascii_only=options.ascii_only)
        if line:
            yield Text(line)
        yield Text("")
        yield from _evidence(found, options.max_width)
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


def _sparkline(
    half_cycles: pd.DataFrame, area: float | None, width: int, *, ascii_only: bool
) -> str:
    """V/I over the cell's life, logarithmic, with its ends and their unit."""
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
    ends = f"{_span(float(ohm.min()), float(ohm.max()), area)} over the cell's life"
    if ascii_only:
        ends = ends.replace("Ω", "ohm").replace("²", "2")
    return f"V/I         {line}\n            {ends}"


def _span(low: float, high: float, area: float | None) -> str:
    """The least and the largest mean V/I of a half-cycle, each in a unit that suits it."""
    ends = [(end, resistance_scale(np.array([end]), area)) for end in (low, high)]
    (least, unit), (most, last) = ((number(of.factor * end), of.unit) for end, of in ends)
    if (least, unit) == (most, last):
        return f"{most} {last}"
    return f"{least} {'' if unit == last else unit + ' '}to {most} {last} (lowest to highest)"


def _evidence(found: Diagnosis, width: int) -> Iterator[Any]:
    """One row a run of cycles; on a narrow terminal the reasons stand below their numbers."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    rows, left = evidence_table(found.verdicts, found.half_cycles, most=MOST_RUNS)
    if not rows:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for head in ("State", "Cycles", "From / h", "Electronic fraction"):
        table.add_column(head, no_wrap=True)
    wide = width >= WIDE
    if wide:
        table.add_column("Why", overflow="fold")
    for row in rows:
        state = Text(str(row.state), STYLES[row.state])
        cells = [state, *map(Text, (row.cycles, row.begin, row.fraction))]
        table.add_row(*cells, *([Text(_why(row))] if wide else []))
    yield table
    for row in rows if not wide else ():
        if why := _why(row):
            yield Padding(Text(f"{row.state}, {_which(row)}: {why}"), (1, 0, 0, 0))
    if left:
        runs = "run" if left == 1 else "runs"
        yield Text(
            f"The first, the last and the longest are shown; {left} further {runs} left out."
        )


def _which(row: EvidenceRow) -> str:
    return f"cycles {row.cycles}" if " " in row.cycles else f"cycle {row.cycles}"


def _why(row: EvidenceRow) -> str:
    """The first reason, and what the cycles are called in their files."""
    told = row.sentences[0] if row.sentences else ""
    if told and row.cycle:
        told = f"In {row.cycle}: {told}"
    named = f"(In the file: {row.file}.)" if row.file and row.file != row.cycles else ""
    return f"{told} {named}".strip()
