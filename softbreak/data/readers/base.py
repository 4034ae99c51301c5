"""The reader contract: one row of the registry is one `Reader`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from softbreak.data.record import Record

HEAD_BYTES = 65_536
_WORDS = {
    "gb18030": ("电压", "电流", "电位", "时间", "阻抗", "频率", "实部"),
    "big5": ("電壓", "電流", "電位", "時間", "頻率", "實部"),
    "cp932": ("電圧", "電流", "電位", "時間", "周波数", "実部"),
    "cp949": ("전압", "전류", "시간", "주파수"),
    "cp1251": ("Напряжение", "напряжение", "Время", "время", "Частота", "частота"),
}
"""Voltage, current, potential, time and frequency in words that no Latin text holds, by their
encoding."""
MOST_CONTROL = 0.02
"""Share of control bytes up to which a file is text."""
_CONTROL = bytes([*range(9), *range(14, 27)])


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
        """True where the head holds no zero byte and hardly a control byte.

        People paste a few of the latter into comments; binary formats are full of both.
        """
        sample = self.data[:8192]
        if _utf_16(sample):
            return True
        control = len(sample) - len(sample.translate(None, _CONTROL))
        most = max(3, MOST_CONTROL * len(sample))
        return bool(sample) and b"\0" not in sample and control <= most

    @cached_property
    def text(self) -> str:
        """The head as text; empty for binary files. See :func:`decode`."""
        return decode(self.data) if self.is_text else ""

    @cached_property
    def lines(self) -> list[str]:
        """The head's lines, without their ends."""
        return self.text.splitlines()


def decode(data: bytes) -> str:
    """Decode what cyclers write: UTF-8, UTF-16, East Asian headings, else Windows' Latin-1."""
    if encoding := _utf_16(data):
        return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return data[: error.start].decode("utf-8-sig", errors="replace")
        return data.decode(_eight_bit(data), errors="replace")


def _utf_16(data: bytes) -> str:
    """Return which UTF-16 data are, by their mark or by the zeros of plain letters; else empty."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    even, odd = data[:1024:2], data[1:1024:2]
    if len(odd) < 16:
        return ""
    if 0 not in even and odd.count(0) > len(odd) / 2:
        return "utf-16-le"
    return "utf-16-be" if 0 not in odd and even.count(0) > len(even) / 2 else ""


def _eight_bit(data: bytes) -> str:
    """Return in which encoding the words that head a table are among the data."""
    head = data[:HEAD_BYTES]
    for encoding, words in _WORDS.items():
        if any(word.encode(encoding) in head for word in words):
            return encoding
    return "cp1252"


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
    by_library : bool
        Whether a library takes the file apart that bounds neither its memory nor its time: such
        files are read at arm's length where :mod:`softbreak.data.readers.elsewhere` says so.
    """

    name: str
    instrument: str
    suffixes: tuple[str, ...]
    recognises: Callable[[Head], bool]
    read: Callable[[Path], list[Record]]
    version: str = "1"
    by_library: bool = False
