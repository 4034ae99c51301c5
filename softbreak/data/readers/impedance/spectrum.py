"""What the readers of impedance files share: strict numbers, units, dates, and the record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from softbreak.data.readers.base import decode
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import ReadError

MAX_BYTES = 128 * 2**20
"""No spectrum fills this much text; a larger file is something else."""

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_DECADE = float(np.log(10.0))


@dataclass(frozen=True)
class Origin:
    """Where a spectrum stands: what its record's source will say."""

    path: Path
    reader: str
    instrument: str
    method: str = "EIS"
    started_unix_second: float | None = None
    stated: Mapping[str, object] = field(default_factory=dict)


def read_bytes(path: Path) -> bytes:
    """Return a file's content; raise ``ReadError`` where it is absurdly large."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ReadError(
            path,
            found=f"{size:,} bytes",
            expected=f"at most {MAX_BYTES:,} bytes of impedance data",
            remedy="Export the spectra alone.",
        )
    return path.read_bytes()


def read_lines(path: Path) -> list[str]:
    """Return a text file's lines without their ends."""
    return decode(read_bytes(path)).splitlines()


def is_number(token: str) -> bool:
    """Whether a field is one number; a decimal comma counts."""
    return _NUMBER.fullmatch(token.strip().strip('"').replace(",", ".", 1)) is not None


def number(path: Path, token: str, place: str) -> float:
    """Return the number in a field (decimal point or comma), or raise ``ReadError``."""
    text = token.strip().strip('"').replace(",", ".", 1)
    if _NUMBER.fullmatch(text) is not None:
        value = float(text)
        if np.isfinite(value):
            return value
    raise ReadError(
        path,
        place=place,
        found=f"{token[:40]!r}",
        expected="a number",
        remedy="The file is damaged or was cut off there: export it again.",
    )


def count(path: Path, token: str, place: str, *, most: int) -> int:
    """Return a count from a header after comparing it with what the file can hold."""
    text = token.strip()
    if re.fullmatch(r"\d{1,9}", text) and 0 < int(text) <= most:
        return int(text)
    raise ReadError(
        path,
        place=place,
        found=f"a count of points of {text[:40]!r}",
        expected=f"a whole number from 1 to {most} (so many lines are left)",
        remedy="The file was cut off or is damaged: export it again.",
    )


def started(date: str, time: str) -> float | None:
    """Return a start as seconds since 1970, or None where the date cannot be read without a guess.

    ``10-12-2018`` could be October or December: it stays unread (the text is kept in ``stated``).
    Dates with dots are day first. The clock's zone is not in these files; UTC is taken.
    """
    match = re.fullmatch(r"\s*(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})\s*", date)
    clock = re.fullmatch(r"\s*(\d{1,2}):(\d{2}):(\d{2})(\.\d+)?\s*", time)
    if not match or not clock:
        return None
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        year, month, day = first, second, third
    elif match[2] == "." or first > 12 or first == second:
        year, month, day = third, second, first
    elif second > 12:
        year, month, day = third, first, second
    else:
        return None
    try:
        at = datetime(year, month, day, int(clock[1]), int(clock[2]), int(clock[3]), tzinfo=UTC)
    except ValueError:
        return None
    return at.timestamp()


def spectrum_record(
    origin: Origin, frequency: ArrayLike, real: ArrayLike, imaginary: ArrayLike
) -> Record:
    """Build the record of one spectrum from columns in Hz and Ω (true sign), in file order.

    Raises
    ------
    ReadError
        If there is no point, or a frequency is not positive.
    """
    table = pd.DataFrame(
        {
            "frequency_hertz": np.asarray(frequency, dtype=np.float64),
            "real_impedance_ohm": np.asarray(real, dtype=np.float64),
            "imaginary_impedance_ohm": np.asarray(imaginary, dtype=np.float64),
        }
    )
    if table.empty or not (table["frequency_hertz"] > 0.0).all():
        raise ReadError(
            origin.path,
            found="no data row" if table.empty else "a frequency that is not positive",
            expected="a spectrum with positive frequencies",
            remedy="The measurement was perhaps aborted, or the file is damaged.",
        )
    return record(origin, Technique.IMPEDANCE, table)


def record(origin: Origin, technique: Technique, table: pd.DataFrame) -> Record:
    """Return a record with its source; what is known of the cell stays in ``stated``."""
    source = Source(
        path=str(origin.path),
        method=origin.method,
        instrument=origin.instrument,
        reader=origin.reader,
        reader_version="1",
        started_unix_second=origin.started_unix_second,
        stated=MappingProxyType({k: v for k, v in origin.stated.items() if v not in ("", None)}),
    )
    return Record(Cell(), technique, table, source)


def sweeps(frequency: np.ndarray) -> list[slice]:
    """Split concatenated spectra: a new one begins where the frequency leaps back over a decade."""
    steps = np.diff(np.log(frequency))
    if not len(steps):
        return [slice(0, len(frequency))]
    direction = np.sign(np.median(steps)) or 1.0
    breaks = np.flatnonzero(steps * direction < -_DECADE) + 1
    edges = [0, *breaks.tolist(), len(frequency)]
    return [slice(a, b) for a, b in pairwise(edges)]


def log_spaced(frequency: np.ndarray) -> bool:
    """Whether a column without a name can only be a frequency: geometric, over two decades."""
    if len(frequency) < 8 or not (frequency > 0.0).all():
        return False
    steps = np.diff(np.log(frequency))
    typical = float(np.median(steps))
    span = abs(float(np.log(frequency[-1] / frequency[0])))
    even = np.abs(steps - typical) < 0.3 * abs(typical)
    return bool(span >= 2 * _DECADE and abs(typical) > 0.02 and even.mean() > 0.8)
