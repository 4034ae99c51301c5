"""Zahner Thales ``.ism``: one impedance spectrum, binary, big-endian.

Six bytes of a version, six of the number of points less one, then arrays: frequency (Hz), |Z| (Ω),
phase (rad, true sign), time (s since 1980) as 8-byte floats, and a significance of two bytes a
point. The program begins somewhere in the middle, goes to the end of the range and back: what it
measured twice is left out, as the maker's own library (zahner-analysis, MIT) does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.impedance.spectrum import VERSION, Origin, read_bytes, spectrum_records
from softbreak.data.readers.impedance.sweeps import is_physical
from softbreak.data.record import Record
from softbreak.errors import ReadError

MOST_POINTS: Final = 100_000
_START: Final = 12
_POINT: Final = 4 * 8 + 2
_UNIX_OF_1980: Final = 315_532_800.0
_A_YEAR: Final = 3.2e7
"""A time stamp below this is a mere number of the point."""
_LOOK: Final = 4


def _count(data: bytes) -> int:
    return int.from_bytes(data[6:_START], "big", signed=True) + 1


def _recognises(head: Head) -> bool:
    data = head.data
    if len(data) < _START + _LOOK * 8 or head.is_text or data[:2] not in (b"\0\0", b"\xff\xff"):
        return False
    if not _LOOK <= _count(data) <= MOST_POINTS:
        return False
    with np.errstate(invalid="ignore"):
        first = np.frombuffer(data, ">f8", _LOOK, _START)
        return bool(is_physical(first).all() and (np.diff(first) != 0.0).all())


def read(path: Path) -> list[Record]:
    """Read the spectrum.

    Raises
    ------
    ReadError
        If the file is shorter than the number of points that it states.
    """
    data = read_bytes(path)
    points = _count(data)
    needed = _START + points * _POINT
    if not 1 <= points <= MOST_POINTS or len(data) < needed:
        raise ReadError(
            path,
            found=f"{points:,} points stated in {len(data):,} bytes",
            expected=f"at most {MOST_POINTS:,} points of {_POINT} bytes",
            remedy="The file was cut off or is damaged: copy it again.",
        )
    arrays = np.frombuffer(data, ">f8", 4 * points, _START).astype(np.float64).reshape(4, points)
    frequency, modulus, phase, stamp = arrays
    ends = sorted((int(np.argmin(frequency)), int(np.argmax(frequency))))
    kept = slice(ends[0], ends[1] + 1)
    stated = {"points_measured_twice": points - (ends[1] + 1 - ends[0])}
    with np.errstate(invalid="ignore", over="ignore"):
        impedance = modulus[kept] * np.exp(1j * phase[kept])
        started = float(np.min(np.abs(stamp)))
    clock = _UNIX_OF_1980 + started if _A_YEAR < started < 4e9 else None
    origin = Origin(path, READER.name, READER.instrument, "EIS", clock, stated)
    return spectrum_records(origin, frequency[kept], impedance.real, impedance.imag)


READER: Final = Reader("zahner-ism", "Zahner Thales (.ism)", (".ism",), _recognises, read, VERSION)
READERS: Final = (READER,)
