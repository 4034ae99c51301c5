"""From a cell's records to its half-cycles, its abrupt events and its cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Technique
from softbreak.features.cycles.columns import Columns, columns_of, with_tables
from softbreak.features.cycles.finished_cycles import Arranged, Cycles, Events, arranged
from softbreak.features.half_cycles.measured import WITHOUT_SIGN, HalfCycles
from softbreak.features.half_cycles.polarity import is_symmetric
from softbreak.features.half_cycles.samples import COLUMNS
from softbreak.features.half_cycles.stream import CellStream
from softbreak.features.kernels.cycle import CYCLE_COLUMNS, INTEGERS, cycle_rows
from softbreak.features.kernels.half_cycle import STATISTICS
from softbreak.features.kernels.reversals import reversals

EVENT_COLUMNS: Final = (
    "half_cycle_index",
    "cycle_index",
    "time_second",
    "change",
    "before_ohm",
    "after_ohm",
)
_EDGES: Final = ("first_voltage_volt", "last_voltage_volt")


@with_tables("half_cycles", "events", "cycles")
@dataclass(frozen=True, eq=False)
class Timeline:
    """Half-cycles, events and cycles of one cell, on the cell-life clock.

    Attributes
    ----------
    half_cycles : pandas.DataFrame
        One row a half-cycle (or a slice of one-way plating): the columns of ``STATISTICS``,
        ``half_cycle_index, cycle_index, sign, resistance_ohm, record, excursions``.
    events : pandas.DataFrame
        Lasting abrupt changes of V/I: ``EVENT_COLUMNS``; ``change`` is Δ ln R.
    cycles : pandas.DataFrame
        One row a cycle: ``cycle_index``, see
        :data:`softbreak.features.kernels.cycle.CYCLE_COLUMNS`, ``first_half_cycle,
        last_half_cycle``.
    one_way : bool
        The current never reversed.
    left_out : int
        Half-cycles of some length whose current is too small beside the others'.
    electromotive_volt : float
        Mean of V over both current directions (V): zero in a symmetric cell.
    polarisation_volt : float
        Half the difference of V between the two directions (V); NaN for one direction only.
    unipolar : bool
        The voltage is recorded without its sign.
    rest_volt : float
        Median voltage at the ends of rests (V), NaN without rests.
    """

    half_cycles: pd.DataFrame
    events: pd.DataFrame
    cycles: pd.DataFrame
    one_way: bool
    left_out: int
    electromotive_volt: float
    polarisation_volt: float
    unipolar: bool
    rest_volt: float

    @property
    def half_cycle_columns(self) -> Columns:
        """The same as ``half_cycles``, as arrays."""
        return columns_of(self, "half_cycles")

    @property
    def event_columns(self) -> Columns:
        """The same as ``events``, as arrays."""
        return columns_of(self, "events")

    @property
    def cycle_columns(self) -> Columns:
        """The same as ``cycles``, as arrays."""
        return columns_of(self, "cycles")

    @property
    def symmetric(self) -> bool:
        """False where the voltages cannot be those of two equal electrodes."""
        even, odd = self.electromotive_volt, self.polarisation_volt
        return is_symmetric(even, odd, self.rest_volt)


def build_timeline(history: CellHistory) -> Timeline:
    """Segment a cell's cycling records and measure every half-cycle.

    Parameters
    ----------
    history : CellHistory
    """
    stream, shifts = CellStream(), []
    cycling = history.of(Technique.CYCLING)
    for key, (record, clock) in enumerate(cycling):
        table = record.table
        stream.feed(key, {name: table[name].to_numpy() for name in COLUMNS if name in table})
        # a missing time stands between its neighbours: the first known one is the first of all
        first = stream.records[key].first
        shifts.append(float(clock[0]) - first if len(clock) else 0.0)
    return timeline_of(stream.parts(range(len(cycling))), shifts)


def timeline_of(parts: Sequence[HalfCycles], shifts: Sequence[float]) -> Timeline:
    """Put the half-cycles of a cell's records together.

    Parameters
    ----------
    parts : sequence of HalfCycles
        One a record, in the order of the cell's life.
    shifts : sequence of float
        From each record's own clock to the cell's (s).
    """
    return tables_of(arranged(parts, shifts))


def tables_of(found: Arranged) -> Timeline:
    """Turn arrays into the tables that people and detectors read.

    Parameters
    ----------
    found : Arranged
    """
    bounds = cycle_bounds(found.cycle)
    tables: dict[str, Any] = {
        "half_cycles": _half_cycle_table(found),
        "events": _event_table(found),
        "cycles": _cycle_table(found, bounds),
    }
    polarity = found.polarity
    return Timeline(
        one_way=found.one_way,
        left_out=found.left_out,
        electromotive_volt=polarity.electromotive_volt,
        polarisation_volt=polarity.polarisation_volt,
        unipolar=polarity.reading == WITHOUT_SIGN,
        rest_volt=polarity.rest_volt,
        **tables,
    )


def cycles_of(timeline: Timeline) -> Cycles:
    """Return the cycles of a timeline as features and detectors take them.

    Parameters
    ----------
    timeline : Timeline
    """
    table, half = timeline.cycle_columns, timeline.half_cycle_columns
    told = timeline.event_columns
    places = np.arange(len(table) + 1)
    owner = told["cycle_index"].astype(np.int64)
    order = np.argsort(owner, kind="stable")
    return Cycles(
        table["cycle_index"].astype(np.int64),
        table.matrix(CYCLE_COLUMNS),
        half.matrix(_EDGES),
        np.searchsorted(half["cycle_index"], places).astype(np.int64),
        told.matrix(EVENT_COLUMNS[2:])[order],
        np.searchsorted(owner[order], places).astype(np.int64),
    )


def _half_cycle_table(found: Arranged) -> Columns:
    measured = dict(zip(STATISTICS, found.statistics.T.copy(), strict=True))
    with np.errstate(all="ignore"):
        resistance = measured["voltage_volt"] / measured["current_ampere"]
    return Columns(
        {
            "half_cycle_index": np.arange(len(found.sign)),
            **measured,
            "sign": found.sign,
            "excursions": found.excursions,
            "resistance_ohm": resistance,
            "record": found.record,
            "cycle_index": found.cycle,
        }
    )


def _cycle_table(found: Arranged, bounds: np.ndarray) -> Columns:
    rows = cycle_rows(found.statistics, found.sign, found.excursions, bounds)
    columns = dict(zip(CYCLE_COLUMNS, rows.T.copy(), strict=True))
    columns |= {name: columns[name].astype(np.int64) for name in INTEGERS}
    return Columns(
        {
            "cycle_index": np.arange(len(rows)),
            **columns,
            "first_half_cycle": bounds[:-1],
            "last_half_cycle": bounds[1:] - 1,
        }
    )


def _event_table(found: Arranged) -> Columns:
    owner, *rest = all_events(found)
    columns = (owner, found.cycle[owner], *rest)
    return Columns(dict(zip(EVENT_COLUMNS, columns, strict=True)))


def cycle_bounds(cycle: np.ndarray) -> np.ndarray:
    """First half-cycle of every cycle, and the number of half-cycles."""
    count = int(cycle[-1]) + 1 if len(cycle) else 0
    return np.searchsorted(cycle, np.arange(count + 1))


def all_events(found: Arranged) -> Events:
    """Return the events, those that happened while the current reversed among them."""
    more = reversals(found.statistics, found.sign)
    if not len(more):
        return found.events
    rows = np.concatenate([np.column_stack(found.events), more])
    rows = rows[np.argsort(rows[:, 1], kind="stable")]
    return Events(rows[:, 0].astype(np.int64), *rows[:, 1:].T.copy())
