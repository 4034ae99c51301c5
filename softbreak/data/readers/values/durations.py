"""Elapsed times as text: hours, days before them, and what a spreadsheet program makes of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from softbreak.data.readers.values.numbers import Unread, unread_of

if TYPE_CHECKING:
    import polars as pl

DAY: Final = 86_400.0
PLAIN: Final = r"^(?:(\d+)\s*(?:d|-)\s*)?(\d+):(\d+):(\d+(?:[.,]\d*)?)$"
"""``26:10:03``, ``0d 01:02:03.45``, ``1-02:03:04``."""
_DAYS: Final = (
    r"^(?:(\d+)(?:\s*(?:d|t|j|g|nap|päiv|дн|день|天|日|일)[^\d:]{0,12}|\s*[-.:,]\s*|\s+))?"
    r"(\d+):(\d{1,2}):(\d{1,2}(?:[.,]\d*)?)$"
)
"""``1 day, 0:01:00``, ``2 Tag(e) 01:00:00``, ``1.00:02:00``, ``1:00:02:00``."""
_ISO: Final = r"^p(?:\d+d)?(?:t[\dhms.,]+)?$"
"""``PT26H10M3.5S``, in lower case."""
_UNITS: Final = (
    r"^(?:(\d+)\s*d[a-z]*[ ,]*)?(?:(\d+)\s*h[a-z]*[ ,]*)?"
    r"(?:(\d+)\s*m[a-z]*[ ,]*)?(?:(\d+(?:[.,]\d*)?)\s*s[a-z]*)?$"
)
"""``1d 2h 3m 4.5s``, ``2 h 5 min``."""
_WORDS: Final = (
    (r"\s*[天日일]\s*(\d+)\s*(?:小时|小時|时|時|시간)", "d ${1}h"),
    (r"\s*(?:小时|小時|时|時|시간|std\.?|stunden?|heures?|horas?|ore)\s*", "h "),
    (r"\s*(?:分钟|分鐘|分|분)\s*", "m "),
    (r"\s*(?:秒钟|秒|초|sek\.?)\s*", "s "),
)
"""Units within a time, in other languages; "2 min. 5 sec." is as well read without its points."""
_THOUSANDTHS: Final = r"^(\d+:\d\d:\d\d):(\d{3})$"
"""``22:13:20:000``: a fourth group of three digits is thousandths of a second."""
_SHORT: Final = r"^\d+:\d{2}(?:[.,]\d+)?$"
_DATED: Final = r"^(1899|19\d\d)-(\d\d?)-(\d\d?)[ Tt](\d\d?):(\d\d)(?::(\d\d(?:\.\d*)?))?$"
_SLASHED: Final = r"^(\d{1,2})[/.](\d{1,2})[/.](1899|190\d),? (.*)$"
_HALVES: Final = r"^(.*?)(\d{1,2})(:\d{2}(?::\d{2}(?:[.,]\d*)?)?) ?([ap])\.?m\.?$"
"""``12:10:00 AM``: what a spreadsheet program makes of ten minutes."""
_BASE_1904: Final = np.datetime64("1904-01-01")
_BASE_1900: Final = np.datetime64("1899-12-31")
_LEAP_DAY: Final = np.datetime64("1900-02-28")
"""Spreadsheets count a 29 February 1900 that never was: days 59 and 60 both come out as the 28."""


_LONG: Final = 10_000
"""Rows from which on it pays to look for times that come again."""
_NEAR_MIDNIGHT: Final = 4 * 3600.0


class LostHoursError(ValueError):
    """A column of minutes and seconds whose hours a spreadsheet program did not keep.

    Attributes
    ----------
    row : int
        0-based.
    text : str
    """

    def __init__(self, row: int, text: str) -> None:
        super().__init__(f"{text!r} in row {row + 1}")
        self.row, self.text = row, text


def are_durations(text: str) -> bool:
    """Whether a text is an elapsed time with colons, or a spreadsheet's date of day zero on."""
    if text.strip().lstrip("+-").replace(".", "", 1).isdecimal():
        return False
    import polars as pl

    one = _worded_plainly(pl.Series([text.strip().lower()]))
    text = one.item()
    forms = (PLAIN, _DAYS, _SHORT, _ISO, _DATED, _SLASHED)
    return any(_without_halves(one).str.contains(form).item() for form in forms) or (
        any(letter in "dhms" for letter in text.lower())
        and one.str.contains(_UNITS).item()
        and any(letter.isdigit() for letter in text)
    )


def read_durations(column: pl.Series) -> tuple[np.ndarray, Unread | None]:
    """Read elapsed times.

    Parameters
    ----------
    column : polars.Series
        Of text.

    Returns
    -------
    seconds : ndarray of float64, shape (n,)
        NaN where there is none.
    unread : Unread or None

    Raises
    ------
    LostHoursError
        If all that stands there is minutes and seconds that never reach an hour.
    """
    total = _each_once(column)
    missing = np.isnan(total)
    if missing.any():
        import polars as pl

        texts = column.filter(pl.Series(missing)).str.strip_chars().str.to_lowercase()
        total[missing] = _rarer(texts, np.flatnonzero(missing))
    left = np.isnan(total)
    if not left.any():
        return total, None
    import polars as pl

    return total, unread_of(column, pl.Series(left))


def _each_once(column: pl.Series) -> np.ndarray:
    """Read plain times; where they begin anew with every step, each text but once."""
    import polars as pl

    if len(column) < _LONG or column.n_unique() > len(column) / 2:
        return _clock(column, PLAIN)
    texts = column.drop_nulls().unique()
    seconds = pl.Series(_clock(texts, PLAIN))
    nothing = float("nan")
    return column.replace_strict(texts, seconds, default=nothing, return_dtype=pl.Float64).to_numpy(
        writable=True
    )


def _rarer(texts: pl.Series, rows: np.ndarray) -> np.ndarray:
    """Read what is not plainly hours, minutes and seconds."""
    texts = _without_halves(_worded_plainly(texts))
    total = _clock(texts, _DAYS)
    for read in (_minutes, _dated, _dated_with_slashes, _worded):
        missing = np.isnan(total)
        if not missing.any():
            break
        import polars as pl

        total[missing] = read(texts.filter(pl.Series(missing)), rows[missing])
    return total


def _clock(texts: pl.Series, pattern: str) -> np.ndarray:
    """Read days, hours, minutes and seconds."""
    days, hours, minutes, seconds = _groups(texts, pattern)
    return np.nan_to_num(days) * DAY + hours * 3600.0 + minutes * 60.0 + seconds


def _groups(texts: pl.Series, pattern: str) -> list[np.ndarray]:
    import polars as pl

    if texts.str.contains(",", literal=True).any():
        texts = texts.str.replace_all(r",(\d+)$", ".${1}")
    parts = texts.str.extract_groups(pattern).struct.unnest()
    return [
        part.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
        for part in parts.get_columns()
    ]


def _minutes(texts: pl.Series, rows: np.ndarray) -> np.ndarray:
    """Read minutes and seconds, if their minutes go beyond an hour: else the hours are lost.

    Two numbers without a fraction may as well be hours and minutes.
    """
    minutes, seconds, part = _groups(texts, r"^(\d+):(\d{2}(?:[.,](\d+))?)$")
    known = np.isfinite(minutes)
    if known.any() and (minutes[known].max() < 60 or np.isnan(part[known]).all()):
        first = int(np.flatnonzero(known)[0])
        raise LostHoursError(int(rows[first]), texts[first])
    return minutes * 60.0 + seconds


def _dated(texts: pl.Series, _: np.ndarray) -> np.ndarray:
    """Read numbers of days that a spreadsheet program took for dates of 1900 (or 1904) on."""
    year, month, day, hour, minute, second = _groups(texts, _DATED)
    known = np.isfinite(year)
    total = np.full(len(year), np.nan)
    if not known.any():
        return total
    months = (year[known] - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    days = (months + (month[known] - 1).astype(np.int64)).astype("datetime64[D]")
    days = days + (day[known] - 1).astype(np.int64)
    clock = hour[known] * 3600.0 + minute[known] * 60.0 + np.nan_to_num(second[known])
    if days.min() >= _BASE_1904:
        total[known] = (days - _BASE_1904).astype(np.float64) * DAY + clock
        return total
    count = (days - _BASE_1900).astype(np.float64) + (days > _LEAP_DAY)
    total[known] = _leapt(count * DAY + clock, days == _LEAP_DAY)
    return total


def _worded_plainly(texts: pl.Series) -> pl.Series:
    """Write units within times as d, h, m and s, and thousandths behind a point."""
    texts = texts.str.replace(_THOUSANDTHS, "${1}.${2}")
    for pattern, plain in _WORDS:
        texts = texts.str.replace(pattern, plain)
    return texts.str.strip_chars()


def _without_halves(texts: pl.Series) -> pl.Series:
    """Write hours of half a day ("12:10:00 am", with or without a date) as those of a whole one."""
    import polars as pl

    parts = texts.str.extract_groups(_HALVES).struct.unnest()
    hour = parts["2"].cast(pl.Int64) % 12 + 12 * (parts["4"] == "p").cast(pl.Int64)
    written = parts["1"] + hour.cast(pl.String) + parts["3"]
    return written.fill_null(texts)


def _dated_with_slashes(texts: pl.Series, rows: np.ndarray) -> np.ndarray:
    """Read the same where dates are written as 1/31/1900, or as 31/1/1900: as they go on."""
    ways = [
        _dated(texts.str.replace(_SLASHED, f"${{3}}-{order} ${{4}}"), rows)
        for order in ("${1}-${2}", "${2}-${1}")
    ]
    return min(ways, key=lambda way: (np.isnan(way).sum(), np.abs(np.diff(way)).sum()))


def _leapt(seconds: np.ndarray, doubtful: np.ndarray) -> np.ndarray:
    """Put the rows of day 60 behind those of day 59, which bear the same date."""
    falls = np.diff(seconds, prepend=seconds[0]) < 0
    return seconds + DAY * (doubtful & (np.cumsum(falls & doubtful) > 0))


def _worded(texts: pl.Series, _: np.ndarray) -> np.ndarray:
    """Read times whose every part has its unit."""
    worded = texts.str.strip_prefix("p").str.replace("t", "", literal=True)
    parts = _groups(worded, _UNITS)
    total = sum(
        np.nan_to_num(part) * unit
        for part, unit in zip(parts, (DAY, 3600.0, 60.0, 1.0), strict=True)
    )
    nothing = np.logical_and.reduce([np.isnan(part) for part in parts])
    return np.where(nothing, np.nan, total)


def past_midnight(seconds: np.ndarray) -> np.ndarray:
    """Let a time of day run on past midnight; other times are left as they are.

    Parameters
    ----------
    seconds : ndarray, shape (n,)
        s.
    """
    known = np.flatnonzero(np.isfinite(seconds))
    if not len(known):
        return seconds
    values = seconds[known]
    falls = np.flatnonzero(np.diff(values) < 0)
    ahead = (falls > 0) & (values[falls + 1] > values[falls - 1])  # a lone sample is no midnight
    falls = falls[~ahead]
    at_midnight = (values[falls] > DAY - _NEAR_MIDNIGHT) & (values[falls + 1] < _NEAR_MIDNIGHT)
    if not len(falls) or not at_midnight.all() or values.min() < 0 or values.max() >= DAY:
        return seconds
    out = seconds.copy()
    days = np.zeros(len(values))
    days[falls + 1] = DAY
    out[known] += np.cumsum(days)
    return out
