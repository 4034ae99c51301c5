"""The last line of a text that has no end: a whole row, or one that was cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

UNFINISHED: Final = "the last row has no line end and may have been cut: it is not used"
_MODELS: Final = 30
"""So many rows before the last say how its fields are written."""
_NUMBER: Final = re.compile(r"[-+\u2212]?(\d*)(?:[.,](\d*))?(?:[eE][-+]?(\d*))?")
_DIGIT: Final = re.compile(r"\d")


@dataclass(frozen=True)
class Ending:
    """A text whose last line is whole.

    Attributes
    ----------
    data : bytes
        With an end to its last line.
    changed : bool
    unfinished : str
        What is to be said of the line that was left out; empty where none was.
    """

    data: bytes
    changed: bool = False
    unfinished: str = ""


def without_unfinished(data: bytes, delimiter: str, last: int) -> Ending:
    """Leave out a last line that may have been cut, as where a test still runs.

    Many programs write no end to the last line, so that a missing one proves nothing: the line is
    kept if all fields that are wanted are surely whole.

    Parameters
    ----------
    data : bytes
        Rows.
    delimiter : str
    last : int
        Position of the last column that is wanted.
    """
    end = data.rfind(b"\n") + 1
    tail = data[end:]
    if not tail.strip():
        return Ending(data)
    if not _DIGIT.search(tail.decode("utf-8", errors="replace")):
        return Ending(data + b"\n", changed=True)  # words below the table
    mark = delimiter.encode()
    rows = [line for line in data[max(0, end - 65_536) : end].split(b"\n") if line.strip()]
    before = [_fields(line, delimiter) for line in rows[-_MODELS:]]
    fields = _fields(tail, delimiter)
    models = [row for row in before if len(row) == len(fields)]
    if b'"' in data[max(0, end - 65_536) : end] and tail.count(b'"') % 2:
        return Ending(data[:end], changed=True, unfinished=UNFINISHED)
    if tail.count(mark) > last or (models and is_whole(fields[-1], [row[-1] for row in models])):
        return Ending(data + b"\n", changed=True)
    return Ending(data[:end], changed=True, unfinished=UNFINISHED)


def is_whole(text: str, models: Sequence[str]) -> bool:
    """Whether the last field of a line is written to its end, judged by those above it.

    A number is if it has as many decimals as all of them (and as many digits in its exponent); one
    without decimals if it has as many digits as the one above it; a word if it stands above.

    Parameters
    ----------
    text : str
    models : sequence of str
        The fields above it, in order.
    """
    if not models:
        return False
    mine = _shape(text)
    if mine is None:
        dated = bool(_DIGIT.search(text))
        return text in models or (dated and all(_dated(text) == _dated(row) for row in models))
    shapes = {_shape(row) for row in models}
    if len(shapes) > 1 or mine not in shapes:
        return False
    return mine != (0, 0) or len(text.strip("+- ")) >= len(models[-1].strip("+- "))


def _fields(line: bytes, delimiter: str) -> list[str]:
    text = line.decode("utf-8", errors="replace").strip("\r\n")
    return [name.strip(' "') for name in text.split(delimiter)]


def _shape(text: str) -> tuple[int, int] | None:
    """Return how many decimals a number has, and digits its exponent; None where it is none."""
    found = _NUMBER.fullmatch(text)
    if found is None or not (found[1] or found[2]):
        return None
    return len(found[2] or ""), len(found[3] or "")


def _dated(text: str) -> str:
    return _DIGIT.sub("0", text)
