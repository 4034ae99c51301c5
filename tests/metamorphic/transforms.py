"""Ways of recording that change no physics: one row a way.

A function takes a recording and returns it written otherwise; None where a style cannot be written
so. Add a row to ``TRANSFORMS`` and every test of this folder tries it, alone and with the others.
"""

import bz2
import gzip
import lzma
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tests.metamorphic.recording import BEGAN, SECOND, Column, Columns, Recording

Transform = Callable[[Recording], Recording | None]


def _scaled(unit: str, factor: float, decimals: int) -> Callable[[Column], Column]:
    def change(column: Column) -> Column:
        if column.unit not in ("s", "V", "A"):
            return column
        return replace(column, unit=unit, values=column.values * factor, decimals=decimals)

    return change


def _in_unit(role: str, unit: str, factor: float, decimals: int) -> Transform:
    return lambda recording: recording.change(role, _scaled(unit, factor, decimals))


def _with(**changes: object) -> Transform:
    return lambda recording: replace(recording, **changes)


def decimal_comma(recording: Recording) -> Recording:
    return replace(recording, decimal=",", delimiter=";")


def columns_turned(recording: Recording) -> Recording:
    return replace(recording, columns=recording.columns[::-1])


def columns_rotated(recording: Recording) -> Recording:
    return replace(recording, columns=recording.columns[1:] + recording.columns[:1])


def more_columns(recording: Recording) -> Recording:
    rows = len(recording.columns[0].values)
    extra = (
        Column("capacity", "Capacity", "Ah", np.linspace(0, 1e-3, rows), 7),
        Column("remark", "Comment", None, np.full(rows, "")),
    )
    return replace(recording, columns=recording.columns[:2] + extra + recording.columns[2:])


def newest_first(recording: Recording) -> Recording:
    return replace(recording, rows=recording.rows[::-1])


def exported_twice(recording: Recording) -> Recording:
    return replace(recording, rows=np.concatenate([recording.rows, recording.rows]))


def begun_export_before(recording: Recording) -> Recording:
    """A first export of the running test stands above the whole one."""
    part = recording.rows[: len(recording.rows) // 3]
    return replace(recording, rows=np.concatenate([part, recording.rows]))


def every_row_twice(recording: Recording) -> Recording:
    return replace(recording, rows=np.repeat(recording.rows, 2))


def rows_lost(recording: Recording) -> Recording:
    keep = np.random.default_rng(3).random(len(recording.rows)) > 0.03
    return replace(recording, rows=recording.rows[keep])


def clock_shifted(recording: Recording) -> Recording:
    """The test time begins at a day, as that of a resumed test does."""

    def later(column: Column) -> Column:
        ahead = {"s": 86_400.0, "h": 24.0, "min": 1440.0, "ms": 86_400_000.0}
        if column.unit not in ahead:
            return column
        return replace(column, values=column.values + ahead[column.unit])

    return recording.change("time", later)


def _second(change: Callable[[Columns], Columns]) -> Transform:
    return lambda r: replace(r, further=(*r.further, (0.4 + 0.2 * len(r.further), change)))


def _milli(columns: Columns) -> Columns:
    ways = {"V": ("mV", 1e3, 3), "A": ("mA", 1e3, 3)}
    return tuple(
        _scaled(*ways[c.unit])(c) if c.role in ("voltage", "current") and c.unit in ways else c
        for c in columns
    )


def _written(role: str, habit: Callable[[str], str]) -> Transform:
    return lambda recording: recording.change(role, lambda c: replace(c, habit=habit))


def _signed(habit: Callable[[str], str]) -> Transform:
    """Write negative voltages and currents in another way."""

    def change(column: Column) -> Column:
        return replace(column, habit=lambda text: habit(text) if text[0] == "-" else text)

    return lambda recording: recording.change("voltage", change).change("current", change)


def _dated(form: str) -> Transform:
    """Write dates in another form; a style without any has none to write."""

    def change(column: Column) -> Column:
        rows = len(column.values)
        moments = pd.date_range(BEGAN, periods=rows, freq=pd.Timedelta(seconds=SECOND))
        return replace(column, values=moments.strftime(form).to_numpy())

    return lambda recording: recording.change("date", change)


def _lasting(habit: Callable[[int, int, int, int], str]) -> Transform:
    """Write elapsed times that are durations in another form, by days, hours, minutes, seconds."""

    def plain(text: str) -> str:
        if text.count(":") != 2:
            return text
        hours, minutes, seconds = text.split(":")
        return habit(*divmod(int(hours), 24), int(minutes), int(float(seconds)))

    return _written("time", plain)


def thousands(recording: Recording) -> Recording:
    """Mark thousands in the times by what is no decimal mark, and set columns apart otherwise."""

    def marked(text: str) -> str:
        decimal = "," if "," in text else "."
        whole, mark, part = text.partition(decimal)
        grouped = f"{int(whole):,}".replace(",", "." if decimal == "," else ",")
        return grouped + mark + part

    apart = replace(recording, delimiter=";" if recording.delimiter == "," else recording.delimiter)
    return apart.change("time", lambda c: replace(c, habit=marked) if c.decimals else c)


def shuffled(recording: Recording) -> Recording:
    return replace(recording, rows=np.random.default_rng(5).permutation(recording.rows))


def commented(recording: Recording) -> Recording | None:
    """The headings stand in a line of comment, as those of some programs do."""
    if recording.style != "own":
        return None
    first = recording.columns[0]
    return replace(
        recording, columns=(replace(first, name=f"# {first.name}"), *recording.columns[1:])
    )


def _packed(pack: Callable[[bytes], bytes]) -> Transform:
    """Pack what is written in any way."""

    def change(recording: Recording) -> Recording | None:
        def write(again: Recording, path: Path) -> None:
            plain = replace(again, binary=recording.binary).write(path.parent)
            path.write_bytes(pack(plain.read_bytes()))

        packed = getattr(recording.binary, "__name__", "") == write.__name__
        return None if packed else replace(recording, binary=write)

    return change


def units_below(recording: Recording) -> Recording | None:
    """A row of units stands below the headings; a label of the Battery Data Format has its own."""
    return None if recording.style == "bdf" else replace(recording, units_below=True)


def words_above(recording: Recording) -> Recording | None:
    lines = ("Cell 7, pressed at 300 MPa", "made by hand", "")
    return replace(recording, above=lines) if recording.style == "own" else None


def _frame(recording: Recording) -> pd.DataFrame:
    columns = {recording.heading(c): c.values[recording.rows] for c in recording.columns}
    return pd.DataFrame(columns)


def _parquet(recording: Recording, path: Path) -> None:
    _frame(recording).to_parquet(path)


def _single_precision(recording: Recording, path: Path) -> None:
    frame = _frame(recording)
    numbers = frame.select_dtypes("number").columns
    frame.astype(dict.fromkeys(numbers, "float32")).to_parquet(path)


def _feather(recording: Recording, path: Path) -> None:
    _frame(recording).to_feather(path)


def _json(recording: Recording, path: Path) -> None:
    _frame(recording).to_json(path, orient="records", double_precision=12)


def _as(write: Callable[[Recording, Path], None]) -> Transform:
    def change(recording: Recording) -> Recording | None:
        return replace(recording, binary=write) if recording.style == "bdf" else None

    return change


TRANSFORMS: dict[str, Transform] = {
    "as it is": lambda recording: recording,
    "time in hours": _in_unit("time", "h", 1 / 3600, 9),
    "time in minutes": _in_unit("time", "min", 1 / 60, 6),
    "time in milliseconds": _in_unit("time", "ms", 1e3, 0),
    "voltage in mV": _in_unit("voltage", "mV", 1e3, 3),
    "current in mA": _in_unit("current", "mA", 1e3, 3),
    "current in µA": _in_unit("current", "µA", 1e6, 0),
    "semicolons": _with(delimiter=";"),
    "tabs": _with(delimiter="\t"),
    "decimal comma": decimal_comma,
    "every field quoted": _with(quote=True),
    "carriage returns": _with(newline="\r\n"),
    "byte order mark": _with(encoding="utf-8-sig"),
    "utf-16": _with(encoding="utf-16"),
    "latin-1": _with(encoding="cp1252"),
    "no end to the last line": _with(last_end=False),
    "a delimiter at each end": _with(ends_with_delimiter=True),
    "blank lines": _with(between=1),
    "blank lines at the end": _with(below=("", "", "")),
    "words below": _with(below=("", "End of test", "Exported by the software")),
    "words above": words_above,
    "units below the headings": units_below,
    "columns turned": columns_turned,
    "columns rotated": columns_rotated,
    "more columns": more_columns,
    "newest first": newest_first,
    "exported twice": exported_twice,
    "a begun export before": begun_export_before,
    "every row twice": every_row_twice,
    "rows lost": rows_lost,
    "clock shifted": clock_shifted,
    "the header again": _second(lambda columns: columns),
    "a header in milli": _second(_milli),
    "a header in another order": _second(lambda columns: columns[::-1]),
    "a header with a column less": _second(
        lambda columns: tuple(c for c in columns if c.role not in ("cycle", "step"))
    ),
    "bars": _with(delimiter="|"),
    "ends of lines as on old Macs": _with(newline="\r"),
    "thousands marked": thousands,
    "a typographic minus": _signed(lambda text: "\N{MINUS SIGN}" + text[1:]),
    "a wide minus": _signed(lambda text: "\N{FULLWIDTH HYPHEN-MINUS}" + text[1:]),
    "the minus behind": _signed(lambda text: text[1:] + "-"),
    "negatives in brackets": _signed(lambda text: f"({text[1:]})"),
    "dates as ISO 8601": _dated("%Y-%m-%dT%H:%M:%SZ"),
    "dates without marks": _dated("%Y%m%d%H%M%S"),
    "dates with months in words": _dated("%d-%b-%Y %I:%M:%S %p"),
    "dates with the time first": _dated("%H:%M:%S %d.%m.%Y"),
    "dates as file names have them": _dated("%Y-%m-%d_%H-%M-%S"),
    "days in words": _lasting(lambda d, h, m, s: f"{d} days {h:02d}:{m:02d}:{s:02d}"),
    "days with a point": _lasting(lambda d, h, m, s: f"{d}.{h:02d}:{m:02d}:{s:02d}"),
    "durations as ISO 8601": _lasting(lambda d, h, m, s: f"P{d}DT{h}H{m}M{s}S"),
    "rows in no order": shuffled,
    "headings in a comment": commented,
    "packed by gzip": _packed(gzip.compress),
    "packed by bzip2": _packed(bz2.compress),
    "packed by xz": _packed(lzma.compress),
    "parquet": _as(_parquet),
    "single precision": _as(_single_precision),
    "feather": _as(_feather),
    "json": _as(_json),
}
