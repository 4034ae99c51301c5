"""Text from outside, made fit for a terminal, a log or a table: it does nothing there."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a text begins that a spreadsheet would run."""
_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?")


def storable(text: str) -> bool:
    """Return whether every file and database takes a text: no half character, and no zero."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in text  # a database's text ends there, or it refuses it


def one_line(text: str, most: int | None = None) -> str:
    """Return text in which every character is one that is seen.

    Control characters, those that turn the direction of writing and line ends are shown as their
    numbers; a name from a file can then neither move a cursor nor begin a line of its own.

    Parameters
    ----------
    text : str
    most : int, optional
        Longer text is cut there.
    """
    if most is not None and len(text) > most:
        text = f"{text[:most]}…"
    if text.isprintable():
        return text
    return "".join(c if _is_seen(c) else _number(c) for c in text)


def visible(text: str) -> str:
    """Return text of several lines in which every character is one that is seen."""
    return "\n".join(one_line(line) for line in text.split("\n"))


def spreadsheet_text(text: str) -> str:
    """Return text that a spreadsheet shows as it is, and never runs as a formula.

    Text that begins like a formula gets an apostrophe before it; numbers stay numbers.
    """
    text = one_line(text)
    if text.startswith(_FORMULA) and len(text) > 1 and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def json_text(text: str) -> str:
    """Return JSON in which characters that are not seen stand as their numbers: the same JSON."""
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or _is_seen(c) else _unicode(c) for c in text)


def _is_seen(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs" or character == "\t"


def _unicode(character: str) -> str:
    pair = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{pair[k : k + 2].hex()}" for k in range(0, len(pair), 2))


def _number(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
