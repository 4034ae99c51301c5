"""What goes wrong between a cell and its file: the cell itself, and its truth, know nothing of it.

Each fault acts on records, as another cycler would have written them:

- ``bounce``: a contact opens for 0.2 to 5 s: no current, the voltage at its limit, or several
  times too high. A cycler that writes by voltage has some rows of it and one when it is over, one
  that writes by the clock a single row;
- ``sense-lead``: the lead that measures the voltage is off for a while, the current flows on;
- ``late-plug``: the channel runs before the cell is plugged in, and now and then after it was
  unplugged: only rests are spoiled so, in which nothing flows anyway;
- ``clipped``: the voltage range is too narrow for the cell;
- ``frozen``: the channel repeats its last voltage for a while;
- ``trigger``: rows of milliseconds after each switch, before the cell has answered it.

What a bounce keeps from the cell's charge, at most 5 s of each, is not taken off its truth: the
electronic fraction is a ratio of charges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.record import Record, Technique

Draw = Callable[[str], float]
"""A number of (0, 1) for a named purpose, the same for a cell whenever it is asked."""
Spoil = Callable[[list[Record], Draw], list[Record]]

LIMIT: Final = 5.0
"""Voltage at which a channel ends that drives a current into nothing (V)."""
SHORTEST, LONGEST = 0.2, 5.0
"""Of a bounce (s)."""
_MILLISECONDS: Final = np.array([1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3])
_LAYER_SECOND: Final = 0.05
"""Time in which the double layers follow a switch of the current (s)."""


def spoiled(records: Sequence[Record], fault: str, draw: Draw) -> list[Record]:
    """Return the records of a cell as a lab with this fault has them.

    Parameters
    ----------
    records : sequence of Record
    fault : str
        One of :data:`softbreak.simulate.unusual.RECORDINGS`; empty for none.
    draw : callable
        ``purpose -> (0, 1)``.
    """
    return SPOILERS[fault](list(records), draw) if fault else list(records)


def _between(draw: Draw, name: str, low: float, high: float) -> float:
    return low * (high / low) ** draw(name)


def _cycling(records: Sequence[Record]) -> list[int]:
    return [k for k, r in enumerate(records) if r.technique is Technique.CYCLING and r.rows > 2]


def _with(record: Record, **columns: np.ndarray) -> Record:
    return replace(record, table=record.table.assign(**columns))


def _inserted(record: Record, added: pd.DataFrame) -> Record:
    table = pd.concat([record.table, added[list(record.table.columns)]], ignore_index=True)
    order = np.argsort(table["test_time_second"].to_numpy(), kind="stable")
    return replace(record, table=table.iloc[order].reset_index(drop=True))


def _like(table: pd.DataFrame, rows: np.ndarray, time: np.ndarray) -> pd.DataFrame:
    """Return copies of rows, each at another time; the absolute clock follows."""
    copy = table.iloc[rows].reset_index(drop=True)
    shift = time - copy["test_time_second"].to_numpy()
    copy["test_time_second"] = time
    copy["unix_time_second"] += shift
    return copy


def _bounce(records: list[Record], draw: Draw) -> list[Record]:
    mine = _cycling(records)
    for n in range(3 + int(5 * draw("bounce.count"))) if mine else ():
        k = mine[int(draw(f"bounce.record{n}") * len(mine))]
        table = records[k].table
        time = table["test_time_second"].to_numpy()
        row = int(draw(f"bounce.row{n}") * (len(table) - 1))
        long = _between(draw, f"bounce.long{n}", SHORTEST, LONGEST)
        room = time[row + 1] - time[row]
        same = table["step_count"].iloc[row] == table["step_count"].iloc[row + 1]
        if not same or room < 2.0 * long:
            continue
        begin = time[row] + draw(f"bounce.at{n}") * (room - 1.5 * long)
        count = 2 + int(4 * draw(f"bounce.rows{n}"))
        if draw(f"bounce.clock{n}") < 0.4:  # no trigger: one row that fell into it by chance
            count, long = 1, 0.0
        # a cycler that writes a row when the voltage leaves writes one when it is back
        at = np.append(np.linspace(0.0, long, count), long + 0.05)[: count + (count > 1)] + 0.01
        seen = _like(table, np.full(at.size, row), begin + at)
        voltage, current = (seen[c].to_numpy().copy() for c in ("voltage_volt", "current_ampere"))
        if draw(f"bounce.open{n}") < 0.6:
            voltage[:count], current[:count] = np.sign(current[:count]) * LIMIT, 0.0
        else:
            worse = _between(draw, f"bounce.worse{n}", 1.5, 20.0)
            voltage[:count] = np.clip(voltage[:count] * worse, -LIMIT, LIMIT)
        seen = seen.assign(voltage_volt=voltage, current_ampere=current)
        records[k] = _inserted(records[k], seen)
    return records


def _stretches(records: list[Record], draw: Draw, share: float) -> list[tuple[int, slice]]:
    """Return one or two stretches of rows, each up to a share of one record of cycling."""
    mine = _cycling(records)
    found = []
    for n in range(1 + int(2 * draw("stretch.count"))) if mine else ():
        k = mine[int(draw(f"stretch.record{n}") * len(mine))]
        rows = records[k].rows
        long = max(int(rows * share * draw(f"stretch.long{n}")), 2)
        first = int(draw(f"stretch.first{n}") * max(rows - long, 1))
        found.append((k, slice(first, first + long)))
    return found


def _sense_lead(records: list[Record], draw: Draw) -> list[Record]:
    for n, (k, rows) in enumerate(_stretches(records, draw, 0.15)):
        voltage = records[k].array("voltage_volt").astype(np.float64).copy()
        count = len(voltage[rows])
        kind = draw(f"lead.kind{n}")
        if kind < 0.4:  # hangs in the air: nothing
            seen = np.full(count, 1e-4 * (draw(f"lead.rest{n}") - 0.5))
        elif kind < 0.7:  # runs to the end of the range
            seen = np.full(count, LIMIT if draw(f"lead.sign{n}") < 0.5 else -LIMIT)
        else:  # picks up what is in the air
            beat = 0.1 + draw(f"lead.beat{n}")
            seen = 0.05 * np.sin(beat * records[k].array("test_time_second")[rows])
        voltage[rows] = seen
        records[k] = _with(records[k], voltage_volt=voltage.astype(np.float32))
    return records


def _late_plug(records: list[Record], draw: Draw) -> list[Record]:
    rests = [k for k, r in enumerate(records) if r.technique is Technique.REST]
    for n, k in enumerate(rests):
        late = draw("late.share") if n == 0 else 1.0
        if n and draw(f"late.again{n}") > 0.1:
            continue
        voltage = records[k].array("voltage_volt").astype(np.float64).copy()
        count = max(int(late * len(voltage)), 1)
        at_limit = draw(f"late.limit{n}") < 0.5
        voltage[:count] = LIMIT if at_limit else 2e-3 * (draw(f"late.zero{n}") - 0.5)
        records[k] = _with(records[k], voltage_volt=voltage.astype(np.float32))
    return records


def _clipped(records: list[Record], draw: Draw) -> list[Record]:
    mine = _cycling(records)
    if not mine:
        return records
    highest = max(float(np.abs(records[k].array("voltage_volt")).max()) for k in mine)
    end = np.float32(highest * _between(draw, "clipped.at", 0.4, 0.95))
    for k in mine:
        seen = np.clip(records[k].array("voltage_volt"), -end, end).astype(np.float32)
        records[k] = _with(records[k], voltage_volt=seen)
    return records


def _frozen(records: list[Record], draw: Draw) -> list[Record]:
    for k, rows in _stretches(records, draw, 0.3):
        voltage = records[k].array("voltage_volt").copy()
        voltage[rows] = voltage[rows.start]
        records[k] = _with(records[k], voltage_volt=voltage)
    return records


def _trigger(records: list[Record], draw: Draw) -> list[Record]:
    shown = 0.2 + 0.6 * draw("trigger.ohmic")
    for k in _cycling(records):
        table = records[k].table
        step, time = table["step_count"].to_numpy(), table["test_time_second"].to_numpy()
        first = np.flatnonzero(np.diff(step, prepend=step[0] - 1))
        first = first[np.abs(table["current_ampere"].to_numpy()[first]) > 0.0]
        rows = np.repeat(first, _MILLISECONDS.size)
        since = np.tile(_MILLISECONDS, first.size)
        seen = _like(table, rows, time[rows] - 1.0 + since)
        answered = shown + (1.0 - shown) * -np.expm1(-since / _LAYER_SECOND)
        seen["voltage_volt"] = (seen["voltage_volt"] * answered).astype(np.float32)
        before = np.where(first > 0, time[np.maximum(first - 1, 0)], -np.inf)
        later = seen["test_time_second"].to_numpy() > np.repeat(before, _MILLISECONDS.size)
        records[k] = _inserted(records[k], seen[later & (seen["test_time_second"] >= 0.0)])
    return records


SPOILERS: Final[dict[str, Spoil]] = {
    "bounce": _bounce,
    "sense-lead": _sense_lead,
    "late-plug": _late_plug,
    "clipped": _clipped,
    "frozen": _frozen,
    "trigger": _trigger,
}
