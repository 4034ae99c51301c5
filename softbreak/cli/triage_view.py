"""What a triage says on the terminal: the gravest cells, what failed, how files were joined."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from softbreak.cli.console import rows_of, stdout

if TYPE_CHECKING:
    from rich.console import Console

    from softbreak.archive.results.triage_result import TriageResult

SHOWN: Final = 20
WIDE: Final = 110
"""Characters from which on a sentence has room beside its cell's numbers."""
_JOINED: Final = re.compile(r"(\d+) files are one cell (by [^:]*): ")


def show(result: TriageResult, page: Path) -> None:
    """Print the gravest cells, what failed, and where the report is."""
    from rich.text import Text

    from softbreak.report.number_words import stands_on

    console = stdout()
    _print_cells(console, rows_of(result.cells.head(SHOWN)))
    _more(console, len(result.cells), "the report")
    for row in rows_of(result.failures.head(SHOWN)):
        told = f"not used: {row['path']} ({row['stage']}): {row['error']}. {row['remedy']}"
        console.print(Text(told))
    _more(console, len(result.failures), "failures.parquet")
    counts = result.run["counts"]
    others = counts["skipped"]
    left_out = f"; {others:,} other{' was' if others == 1 else 's were'} left out" if others else ""
    console.print(
        f"{counts['cells']:,} cells, {counts['cycles']:,} cycles. Of {counts['files']:,} files "
        f"{counts['failures']:,} could not be used{left_out}. "
        f"Not done again: {counts['cells_not_done_again']:,} cells."
    )
    if basis := stands_on(counts):
        console.print(basis)
    kinds = join_kinds(result.run["joined"])
    for told in kinds[:SHOWN]:
        console.print(Text(told))
    if kinds:
        console.print("Which files are which cell: in the report.")
    console.print(Text(f"Report: {page.resolve()}"), soft_wrap=True)


def join_kinds(joined: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one line for each way in which files were joined, or kept apart.

    Parameters
    ----------
    joined : iterable of mapping
        ``cell_id`` and ``told``: rows of ``run.json``.
    """
    cells: Counter[str] = Counter()
    files: Counter[str] = Counter()
    apart: Counter[str] = Counter()
    for row in joined:
        if found := _JOINED.match(row["told"]):
            cells[found[2]] += 1
            files[found[2]] += int(found[1])
        else:
            apart[row["told"]] += 1
    lines = [
        f"{_counted(count, 'cell')} of several files ({files[way]:,} in all), joined {way}."
        for way, count in cells.most_common()
    ]
    return lines + [f"{_counted(count, 'cell')}: {told}" for told, count in apart.most_common()]


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _print_cells(console: Console, rows: list[dict[str, Any]]) -> None:
    """The numbers of cells; sentences beside them, or below where the terminal is narrow."""
    from rich.padding import Padding
    from rich.text import Text

    from softbreak.report.terminal import STYLES
    from softbreak.report.terminal_table import terminal_table
    from softbreak.verdict import State

    wide = console.width >= WIDE
    columns = ["", "cell", "state", "P(short)", "onset / h", *(["in a sentence"] if wide else [])]
    cells = [_cells(row)[: len(columns)] for row in rows]
    rest = [""] * (len(columns) - 3)
    styles = [["", "", STYLES[State(row["state"])], *rest] for row in rows]
    for part in terminal_table(columns, cells, console.width, styles=styles):
        console.print(part)
    for row in rows if not wide else ():
        if row["state"] != State.HEALTHY or row.get("ever_short"):
            console.print(Padding(Text(f"{row['cell_id']}: {row['summary']}"), (1, 0, 0, 0)))
    if rows and not wide:
        console.print()


def _cells(row: Mapping[str, Any]) -> list[str]:
    from softbreak.report.index_page import onset_hours
    from softbreak.report.number_words import chance

    probability = row["probability"]
    passed = row["state"] == "healthy" and row.get("ever_short") is True
    return [
        str(row["rank"]),
        row["cell_id"],
        f"{row['state']}, a short passed" if passed else row["state"],
        "–" if math.isnan(probability) else chance(probability),
        onset_hours(row),
        row["summary"],
    ]


def _more(console: Console, count: int, where: str) -> None:
    if count > SHOWN:
        console.print(f"… and {count - SHOWN} more, in {where}.")
