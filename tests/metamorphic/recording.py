"""Cells of known truth, and how a lab writes them down: the same samples in any layout."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

CURRENT_AMPERE = 5e-4
SAMPLES, CYCLES = 24, 14
SECOND = 150.0
HEALTHY_OHM, SOFT_OHM, HARD_OHM = 102.0, 41.0, 0.5
TRUTH = {"healthy": (HEALTHY_OHM, 99), "soft": (SOFT_OHM, 8), "hard": (HARD_OHM, 8)}
"""A cell's resistance from a cycle on: 0.6 and all but all of the current is electronic then."""
BEGAN = datetime(2024, 2, 28, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Column:
    """One column as it is written."""

    role: str
    name: str
    unit: str | None
    values: np.ndarray
    decimals: int | None = None
    habit: Callable[[str], str] = str

    def text(self, row: int, decimal: str) -> str:
        value = self.values[row]
        if self.decimals is None:
            return self.habit(str(value))
        return self.habit(f"{value:.{self.decimals}f}".replace(".", decimal))


Columns = tuple[Column, ...]


@dataclass(frozen=True)
class Recording:
    """A table before it is written.

    ``rows`` are the samples in the order in which they stand; from each of ``further`` (a share of
    them) on, the columns are others, under a header of their own.
    """

    style: str
    columns: Columns
    rows: np.ndarray
    heading: Callable[[Column], str]
    delimiter: str = ","
    decimal: str = "."
    newline: str = "\n"
    encoding: str = "utf-8"
    quote: bool = False
    units_below: bool = False
    last_end: bool = True
    ends_with_delimiter: bool = False
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    between: int = 0
    further: tuple[tuple[float, Callable[[Columns], Columns]], ...] = ()
    binary: Callable[["Recording", Path], None] | None = None

    def change(self, role: str, change: Callable[[Column], Column]) -> "Recording":
        columns = tuple(change(c) if c.role == role else c for c in self.columns)
        return replace(self, columns=columns)

    def samples(self) -> np.ndarray:
        """Return which samples are there, in the order of their recording."""
        return np.unique(self.rows)

    def lines(self) -> list[str]:
        found = list(self.above)
        starts = [0, *(int(share * len(self.rows)) for share, _ in self.further), len(self.rows)]
        columns = self.columns
        for k, (begin, end) in enumerate(pairwise(starts)):
            columns = self.further[k - 1][1](columns) if k else columns
            if self.units_below:
                bare = [replace(c, unit=None) for c in columns]
                found.append(self._row([self.heading(c) for c in bare]))
                found.append(self._row([_unit_below(c) for c in columns]))
            else:
                found.append(self._row([self.heading(c) for c in columns]))
            for row in self.rows[begin:end].tolist():
                found += [""] * self.between
                found.append(self._row([c.text(row, self.decimal) for c in columns]))
        return [*found, *self.below]

    def _row(self, fields: list[str]) -> str:
        fields = [f'"{text}"' for text in fields] if self.quote else fields
        return self.delimiter.join(fields) + self.delimiter * self.ends_with_delimiter

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.style}.csv"
        if self.binary is not None:
            self.binary(self, path)
            return path
        text = self.newline.join(self.lines()) + self.newline * self.last_end
        path.write_bytes(text.encode(self.encoding))
        return path


def _unit_below(column: Column) -> str:
    return {"time": "h:m:s"}.get(column.role, "") if column.unit is None else column.unit


def samples(kind: str) -> dict[str, np.ndarray]:
    """Return a cell's samples: time (s), voltage (V), current (A), cycle and step."""
    ohm, onset = TRUTH[kind]
    row = np.arange(2 * CYCLES * SAMPLES)
    step = row // SAMPLES
    cycle = step // 2
    current = np.where(step % 2 == 0, CURRENT_AMPERE, -CURRENT_AMPERE)
    resistance = np.where(cycle >= onset, ohm, HEALTHY_OHM)
    noise = np.random.default_rng(7).normal(0.0, 1e-4, len(row))
    voltage = np.round(current * resistance + noise, 6)
    return {
        "time": row * SECOND,
        "voltage": voltage,
        "current": current,
        "cycle": cycle + 1,
        "step": step + 1,
        "record": row + 1,
    }


def _dates(time: np.ndarray, form: str) -> np.ndarray:
    return np.array([(BEGAN + timedelta(seconds=s)).strftime(form) for s in time.tolist()])


def _hms(time: np.ndarray) -> np.ndarray:
    return np.array(
        [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.000" for s in time.astype(int)]
    )


def _slashed(column: Column) -> str:
    return f"{column.name} / {column.unit}" if column.unit else column.name


def _in_brackets(column: Column) -> str:
    return f"{column.name}({column.unit})" if column.unit else column.name


def _in_square_brackets(column: Column) -> str:
    return f"{column.name} [{column.unit}]" if column.unit else column.name


def _measured(told: dict[str, np.ndarray], names: tuple[str, str, str]) -> Columns:
    return (
        Column("time", names[0], "s", told["time"], 1),
        Column("voltage", names[1], "V", told["voltage"], 6),
        Column("current", names[2], "A", told["current"], 6),
    )


def _bdf(told: dict[str, np.ndarray]) -> Recording:
    columns = _measured(told, ("Test Time", "Voltage", "Current"))
    columns += (Column("cycle", "Cycle Count", "1", told["cycle"]),)
    return Recording("bdf", columns, told["record"] - 1, _slashed)


def _neware(told: dict[str, np.ndarray]) -> Recording:
    kinds = np.where(told["current"] > 0, "CC Chg", "CC DChg")
    columns = (
        Column("record", "DataPoint", None, told["record"]),
        Column("cycle", "Cycle Index", None, told["cycle"]),
        Column("step", "Step Index", None, told["step"]),
        Column("label", "Step Type", None, kinds),
        Column("time", "Total Time", None, _hms(told["time"])),
        Column("current", "Current", "A", told["current"], 6),
        Column("voltage", "Voltage", "V", told["voltage"], 6),
        Column("date", "Date", None, _dates(told["time"], "%Y-%m-%d %H:%M:%S")),
    )
    return Recording("neware", columns, told["record"] - 1, _in_brackets)


def _arbin(told: dict[str, np.ndarray]) -> Recording:
    time, voltage, current = _measured(told, ("Test_Time", "Voltage", "Current"))
    columns = (
        Column("record", "Data_Point", None, told["record"]),
        Column("date", "Date_Time", None, _dates(told["time"], "%m/%d/%Y %H:%M:%S")),
        time,
        Column("cycle", "Cycle_Index", None, told["cycle"]),
        Column("step", "Step_Index", None, told["step"]),
        current,
        voltage,
    )
    return Recording("arbin", columns, told["record"] - 1, _in_brackets)


def _own(told: dict[str, np.ndarray]) -> Recording:
    columns = _measured(told, ("Zeit", "Spannung", "Strom"))
    return Recording("own", columns, told["record"] - 1, _in_square_brackets)


STYLES = {"bdf": _bdf, "neware": _neware, "arbin": _arbin, "own": _own}


def recorded(kind: str, style: str) -> Recording:
    """Return a cell as a style writes it."""
    return STYLES[style](samples(kind))
