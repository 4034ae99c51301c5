"""Text from outside, made fit for a terminal, a log or a table: it does nothing there."""

from __future__ import annotations

_KEPT = frozenset(" \t")


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
    return "".join(c if c.isprintable() or c in _KEPT else _number(c) for c in text)


def visible(text: str) -> str:
    """Return text of several lines in which every character is one that is seen."""
    return "\n".join(one_line(line) for line in text.split("\n"))


def _number(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else "\\U"
