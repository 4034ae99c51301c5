"""What the readers of impedance files share: strict numbers, units, dates, and the record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from softbreak.data.readers.base import decode
from softbreak.data.readers.impedance.sweeps import is_physical, sweeps
from softbreak.data.readers.tables.number_columns import could_be_number, not_measured
from softbreak.data.readers.values.units import checked_celsius
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import ReadError

VERSION = "2"
"""Of all readers that build their records here."""
MAX_BYTES = 128 * 2**20
"""No spectrum fills this much text; a larger file is something else."""

_NUMBER = re.compile(r"[-+]?(\d+(?:\.\d*)?|\.\d+)([eE][-+]?\d+)?")
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


_FEWEST_IN_TURN: Final = 8
_IN_TURN: Final = 0.1


def is_number(token: str) -> bool:
    """Whether a field is one number; a decimal comma counts."""
    return bool(token.strip()) and could_be_number(token)


def number(path: Path, token: str, place: str) -> float:
    """Return the number in a field (decimal point or comma), or raise ``ReadError``.

    For formats that write numbers in one way; NaN where the field says that nothing was measured.
    """
    text = token.strip().strip('"').replace(",", ".", 1)
    if _NUMBER.fullmatch(text) is not None and np.isfinite(float(text)):
        return float(text)
    if text and not_measured(text):
        return float("nan")
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


def spectrum_records(
    origin: Origin,
    frequency: ArrayLike,
    real: ArrayLike,
    imaginary: ArrayLike,
    celsius: ArrayLike | None = None,
) -> list[Record]:
    """Build the records of spectra from columns in Hz and Ω (true sign), in file order.

    With a temperature (°C) of each point, where it was logged.

    Points that nobody can measure are still in them:
    :func:`softbreak.data.readers.soundness.sound` leaves them out.

    Raises
    ------
    ReadError
        If there is no point.
    """
    table = pd.DataFrame(
        {
            "frequency_hertz": np.asarray(frequency, dtype=np.float64),
            "real_impedance_ohm": np.asarray(real, dtype=np.float64),
            "imaginary_impedance_ohm": np.asarray(imaginary, dtype=np.float64),
        }
    )
    if celsius is not None:
        warmth, said = checked_celsius(np.asarray(celsius, dtype=np.float64))
        if warmth is not None:
            table["ambient_temperature_celsius"] = warmth
        if said:
            origin = replace(origin, stated={**origin.stated, "temperature": said})
    if table.empty:
        raise ReadError(
            origin.path,
            found="no data row",
            expected="a spectrum with positive frequencies",
            remedy="The measurement was perhaps aborted, or the file is damaged.",
        )
    parts = [
        table.iloc[part].reset_index(drop=True)
        for part in sweeps(table["frequency_hertz"].to_numpy())
    ]
    for part in parts:
        _check_interleaved(origin.path, part)
    return [record(origin, Technique.IMPEDANCE, part) for part in parts]


def _check_interleaved(path: Path, table: pd.DataFrame) -> None:
    """Refuse two spectra whose rows stand in turn: averaged, they would be that of no cell."""
    frequency = table["frequency_hertz"].to_numpy()
    if len(table) % 2 or len(table) < _FEWEST_IN_TURN:
        return
    if not np.allclose(frequency[::2], frequency[1::2], rtol=1e-6, atol=0.0):
        return
    real, imaginary = table["real_impedance_ohm"], table["imaginary_impedance_ohm"]
    size = np.hypot(real.to_numpy(), imaginary.to_numpy())
    apart = np.abs(size[::2] - size[1::2]) > _IN_TURN * np.maximum(size[::2], size[1::2])
    if np.count_nonzero(apart) > len(apart) // 4:
        k = 2 * int(np.argmax(apart))
        raise ReadError(
            path,
            found=f"two impedances at each frequency ({size[k]:.4g} and {size[k + 1]:.4g} Ω at "
            f"{frequency[k]:.4g} Hz): the rows of two spectra stand in turn",
            expected="one spectrum below the other",
            remedy="Give each spectrum a file of its own.",
        )


def record(origin: Origin, technique: Technique, table: pd.DataFrame) -> Record:
    """Return a record with its source; what is known of the cell stays in ``stated``."""
    source = Source(
        path=str(origin.path),
        method=origin.method,
        instrument=origin.instrument,
        reader=origin.reader,
        reader_version=VERSION,
        started_unix_second=origin.started_unix_second,
        stated=MappingProxyType({k: v for k, v in origin.stated.items() if v not in ("", None)}),
    )
    return Record(Cell(), technique, table, source)


def log_spaced(frequency: np.ndarray) -> bool:
    """Whether a column without a name can only be a frequency: geometric, over two decades.

    A time that rises from zero does so too, but in steps that are even, not in even ratios.
    """
    if len(frequency) < 8 or not is_physical(frequency).all():
        return False
    level = np.log(frequency)
    steps = np.abs(np.diff(level))
    typical = float(np.median(steps))
    if np.ptp(level) < 2 * _DECADE or typical <= 0.02 or len(sweeps(frequency)) * 8 > len(level):
        return False
    even = (steps > 0.5 * typical) & (steps < 2.0 * typical)
    return bool(even.mean() > 0.8)
