"""The reader contract: one row of the registry is one `Reader`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from softbreak.data.record import Record

HEAD_BYTES = 65_536


@dataclass(frozen=True)
class Head:
    """The beginning of a file: all that a reader may look at to recognise it.

    Attributes
    ----------
    path : Path
        For messages and the suffix only; a suffix never decides on its own.
    data : bytes
        The first 64 KiB.
    """

    path: Path
    data: bytes

    @classmethod
    def of(cls, path: Path) -> Head:
        """Read the head of a file."""
        with path.open("rb") as file:
            return cls(path, file.read(HEAD_BYTES))

    @property
    def suffix(self) -> str:
        """Lower-case suffix with its dot."""
        return self.path.suffix.lower()

    @cached_property
    def is_text(self) -> bool:
        """True where the head holds no control bytes that text never has."""
        sample = self.data[:8192]
        if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return True
        return bool(sample) and not any(byte < 9 or 13 < byte < 27 for byte in sample)

    @cached_property
    def text(self) -> str:
        """The head as text; empty for binary files. See :func:`decode`."""
        return decode(self.data) if self.is_text else ""

    @cached_property
    def lines(self) -> list[str]:
        """The head's lines, without their ends."""
        return self.text.splitlines()


def decode(data: bytes) -> str:
    """Decode what cyclers write: UTF-8, UTF-16 with a mark, else Latin-1 as Windows has it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" or error.start >= len(data) - 4:
            return data[: error.start].decode("utf-8-sig", errors="replace")
        return data.decode("cp1252", errors="replace")


@dataclass(frozen=True)
class Reader:
    """A way to read one format.

    Attributes
    ----------
    name : str
        Registry name ("biologic-mpr").
    instrument : str
        Whose files these are ("BioLogic EC-Lab").
    suffixes : tuple of str
        For "did you mean"; lower-case with the dot.
    recognises : callable
        ``Head -> bool``, by content. Must not raise.
    read : callable
        ``Path -> list of Record``, in the file's own order. Raises ``ReadError``, nothing else,
        on a file that is damaged or not what it seems. Leaves ``content_hash`` empty.
    version : str
        Raised when the reading changes, so that stored results are redone.
    """

    name: str
    instrument: str
    suffixes: tuple[str, ...]
    recognises: Callable[[Head], bool]
    read: Callable[[Path], list[Record]]
    version: str = "1"
