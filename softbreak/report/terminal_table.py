"""Tables on a terminal: every cell whole at any width, and nothing broken inside a number.

A table that is too wide is turned (few rows) or goes on below itself (many), with its first column
repeated.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from softbreak.report.number_words import plain

if TYPE_CHECKING:
    from rich.table import Table

_TURNED: Final = 4
"""A table of at most so many rows is turned where it is too wide."""
_GAP: Final = 2
"""Blanks between two columns."""
_BOUND: Final = "\N{NO-BREAK SPACE}"
_KEPT: Final = (
    (re.compile(r"(?<=[\d–]) (?=[%×])|(?<=×) (?=10)"), _BOUND),
    (re.compile(r"(?<=[\d%–]) (to|±) (?=[\d–−])"), rf"{_BOUND}\1{_BOUND}"),
    (re.compile(r"(?<=\d) (?=(?:[kMm]?Ω|[mµk]?V|[mµ]?A|[kMm]?Hz|h|s|°C|K)\b)"), _BOUND),
    (re.compile(r"(?<=Ω) (?=cm²)"), _BOUND),
)
"""Blanks inside a number, an interval, or before a unit: a line is not broken there."""


def terminal_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    title: str = "",
    styles: Sequence[Sequence[str]] = (),
) -> Iterator[Table]:
    """Yield what is printed of a table: one part, or several one below the other.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : sequence of sequence of str
    width : int
        Characters in a line.
    title : str
        Over the first part.
    styles : sequence of sequence of str
        Rich's style of each cell; plain where it is left out.
    """
    cells = [[_bound(text) for text in row] for row in (columns, *rows)]
    if not cells[0]:
        return
    kept: list[list[str]] = [["bold"] * len(columns), *(list(row) for row in styles)]
    kept += [[""] * len(columns) for _ in range(len(cells) - len(kept))]
    narrow = [max(map(_longest_word, column)) for column in zip(*cells, strict=True)]
    if _total(narrow) > width and len(rows) <= _TURNED and len(columns) > 2:
        cells, kept = ([list(line) for line in zip(*table, strict=True)] for table in (cells, kept))
        kept[0] = ["bold"] * len(cells[0])
        narrow = [max(map(_longest_word, column)) for column in zip(*cells, strict=True)]
    for part in _parts(narrow, width):
        chosen, looks = ([[line[k] for k in part] for line in table] for table in (cells, kept))
        yield _drawn(chosen, looks, [narrow[k] for k in part], width, title)
        title = ""


def _bound(text: str) -> str:
    text = plain(text)
    for blank, bound in _KEPT:
        text = blank.sub(bound, text)
    return text


def _longest_word(text: str) -> int:
    return max((_cells(word) for word in re.split(r"[ \n]", text)), default=0) or 1


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _parts(narrow: Sequence[int], width: int) -> list[list[int]]:
    """Share the columns out: each part begins with the first column and is as wide as may be."""
    parts = [[0]]
    for k in range(1, len(narrow)):
        if len(parts[-1]) > 1 and _total([narrow[place] for place in (*parts[-1], k)]) > width:
            parts.append([0])
        parts[-1].append(k)
    return parts


def _widths(cells: Sequence[Sequence[str]], narrow: Sequence[int], width: int) -> list[int]:
    """Give each column what its longest word needs, and the rest to those that want it most."""
    wanted = [max(map(_cells, column)) for column in zip(*cells, strict=True)]
    found = list(narrow)
    for _ in range(max(width - _total(found), 0)):
        lacking = [want - have for want, have in zip(wanted, found, strict=True)]
        if max(lacking) <= 0:
            break
        found[lacking.index(max(lacking))] += 1
    if _total(found) > width:  # a word is wider than the screen: its column is folded
        widest = found.index(max(found))
        found[widest] = max(width - (_total(found) - found[widest]), 4)
    return found


def _drawn(
    cells: Sequence[Sequence[str]],
    looks: Sequence[Sequence[str]],
    narrow: Sequence[int],
    width: int,
    title: str,
) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=plain(title) or None,
        title_justify="left",
        title_style="italic",
        box=None,
        pad_edge=False,
        padding=(0, _GAP, 0, 0),
        show_header=False,
    )
    widths = _widths(cells, narrow, width)
    for wide in widths:
        table.add_column(no_wrap=True, width=wide)
    for line, look in zip(cells, looks, strict=True):
        folded = [_folded(text, wide) for text, wide in zip(line, widths, strict=True)]
        table.add_row(*(Text(text, style) for text, style in zip(folded, look, strict=True)))
    return table


def _folded(text: str, width: int) -> str:
    lines = textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    return "\n".join(lines).replace(_BOUND, " ")
