"""From a cell's records to its half-cycles, its abrupt events and its cycles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Technique
from softbreak.data.segment import number_cycles
from softbreak.features.cycles import cycle_table, with_reversals
from softbreak.features.events import (
    SMALLEST_EVENT,
    WINDOW,
    Events,
    find_events,
)
from softbreak.features.half_cycle import STATISTICS
from softbreak.features.series import (
    FULL_CELL_VOLT,
    SHORT_SAMPLES,
    Series,
    one_way_plating,
    polarity,
    rectified,
    rest_voltage,
    segmented,
    statistics_of,
    steady_current,
)

SLICE_SECOND: Final = 1800.0
"""One-way plating is judged in slices of this length, cut at abrupt events too."""
SLICE_SAMPLES: Final = 20
"""… and of at least so many samples."""


OFFSET_VOLT: Final = 0.1
LOPSIDED: Final = 0.7
"""… or a mean beyond OFFSET_VOLT and this share of the polarisation: a half-cell, say."""
ACTIVATION_KELVIN: Final = 0.40 / 8.617333e-5
"""0.40 eV over Boltzmann's constant: the usual activation energy of a solid cell's resistance."""


_NOISE: Final = STATISTICS.index("noise_volt")


EVENT_COLUMNS: Final = (
    "half_cycle_index",
    "cycle_index",
    "time_second",
    "change",
    "before_ohm",
    "after_ohm",
)


@dataclass(frozen=True, slots=True, eq=False)
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
        One row a cycle: see :func:`cycle_table`.
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
    def symmetric(self) -> bool:
        """False where the voltages cannot be those of two equal electrodes."""
        rest = 0.0 if np.isnan(self.rest_volt) else abs(self.rest_volt)
        even = abs(self.electromotive_volt)
        lopsided = even > OFFSET_VOLT and even > LOPSIDED * abs(self.polarisation_volt)
        return max(even, rest) < FULL_CELL_VOLT and not lopsided


def build_timeline(history: CellHistory) -> Timeline:
    """Segment a cell's cycling records and measure every half-cycle.

    Parameters
    ----------
    history : CellHistory
    """
    series = [segmented(record, clock) for record, clock in history.of(Technique.CYCLING)]
    measured = [statistics_of(part) for part in series]
    rest_volt = rest_voltage(series)
    emf, polarisation, unipolar = polarity(series, measured, rest_volt)
    if unipolar:
        series = [rectified(part) for part in series]
        measured = [statistics_of(part) for part in series]
    elif polarisation < 0 and abs(polarisation) > abs(emf):
        series = [replace(part, voltage=-part.voltage) for part in series]
        measured = [statistics_of(part) for part in series]
        polarisation = -polarisation
    one_way = one_way_plating(series, measured)
    tables: list[pd.DataFrame] = []
    events: list[pd.DataFrame] = []
    offset = 0
    for number, (part, rows) in enumerate(zip(series, measured, strict=True)):
        table, found = _tabulated(part, rows, number, cut=one_way)
        found["half_cycle_index"] += offset
        offset += len(table)
        tables.append(table)
        events.append(found)
    half_cycles = pd.concat(tables, ignore_index=True) if tables else _empty_half_cycles()
    found = pd.concat(events, ignore_index=True) if events else _no_events()
    before = half_cycles
    half_cycles, found = _numbered(half_cycles, found)
    left_out = int((before["samples"] >= SHORT_SAMPLES).sum())
    left_out -= int((half_cycles["samples"] >= SHORT_SAMPLES).sum())
    found = with_reversals(half_cycles, found)
    return Timeline(
        half_cycles,
        found,
        cycle_table(half_cycles),
        one_way,
        left_out,
        emf,
        polarisation,
        unipolar,
        rest_volt,
    )


def _events_of(part: Series, rows: np.ndarray) -> Events:
    """Find abrupt events; those that the logged temperature explains are left out."""
    events = find_events(
        part.time, part.voltage, part.imposed, part.starts, part.stops, part.signs, rows[:, _NOISE]
    )
    if not len(part.temperature) or not len(events.sample):
        return events
    warming = np.array([_thermal_change(part.temperature, int(k)) for k in events.sample])
    left = events.change - warming
    kept = (np.abs(left) > SMALLEST_EVENT) & (left / events.change > 0.5)
    return Events(
        events.half_cycle[kept],
        events.sample[kept],
        events.change[kept],
        events.before[kept],
        events.after[kept],
        events.counts,
    )


def _thermal_change(temperature: np.ndarray, sample: int) -> float:
    """Change of ln R that the temperature step at a sample explains."""
    before = np.nanmean(temperature[max(sample - WINDOW, 0) : sample] + 273.15)
    after = np.nanmean(temperature[sample : sample + WINDOW] + 273.15)
    change = ACTIVATION_KELVIN * (1.0 / after - 1.0 / before)
    return float(change) if np.isfinite(change) else 0.0


def _tabulated(
    part: Series, rows: np.ndarray, number: int, *, cut: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Half-cycles of one record with their events; one-way plating is cut into slices."""
    events = _events_of(part, rows)
    noise = rows[:, _NOISE]
    if cut:
        sliced = _sliced(part, events)
        rows = statistics_of(sliced)
        owner = np.searchsorted(sliced.starts, events.sample, side="right") - 1
        excursions = np.zeros(len(rows), dtype=np.int64)
        parents = np.searchsorted(part.starts, sliced.starts, side="right") - 1
        rows[:, _NOISE] = noise[parents]
        part = sliced
    else:
        owner = events.half_cycle
        excursions = events.counts[:, 1]
    table = pd.DataFrame(rows, columns=list(STATISTICS))
    table["sign"] = part.signs
    table["record"] = number
    table["excursions"] = excursions
    table["steady_current_ampere"] = steady_current(rows)
    table["resistance_ohm"] = table["voltage_volt"] / table["current_ampere"]
    found = pd.DataFrame(
        {
            "half_cycle_index": owner.astype(np.int64),
            "time_second": part.time[events.sample] if len(events.sample) else np.empty(0),
            "change": events.change,
            "before_ohm": events.before,
            "after_ohm": events.after,
        }
    )
    return table, found


def _sliced(part: Series, events: Events) -> Series:
    """Cut half-cycles at events and every SLICE_SECOND."""
    starts: list[int] = []
    stops: list[int] = []
    signs: list[int] = []
    for a, b, sign in zip(
        part.starts.tolist(), part.stops.tolist(), part.signs.tolist(), strict=True
    ):
        marks = {int(k) for k in events.sample if a < k < b}
        last = a
        while True:
            following = int(np.searchsorted(part.time, part.time[last] + SLICE_SECOND))
            following = max(following, last + SLICE_SAMPLES)
            upcoming = [k for k in marks if last < k <= following]
            cut = min(upcoming) if upcoming else following
            if cut >= b or (b - cut < SLICE_SAMPLES and not upcoming):
                break
            starts.append(last)
            stops.append(cut)
            signs.append(sign)
            last = cut
        starts.append(last)
        stops.append(b)
        signs.append(sign)
    return Series(
        part.time,
        part.voltage,
        part.imposed,
        part.temperature,
        np.array(starts, dtype=np.int64),
        np.array(stops, dtype=np.int64),
        np.array(signs, dtype=np.int64),
        part.rests,
    )


def _numbered(half_cycles: pd.DataFrame, events: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Number cycles, drop half-cycles that are mere noise, and renumber what is left."""
    cycles = number_cycles(
        half_cycles["sign"].to_list(), half_cycles["steady_current_ampere"].to_list()
    )
    half_cycles = half_cycles.assign(cycle_index=cycles)
    kept = cycles >= 0
    renumbered = np.cumsum(kept) - 1
    owner = events["half_cycle_index"].to_numpy(dtype=np.int64)
    events = events.assign(
        cycle_index=cycles[owner] if len(owner) else np.empty(0, dtype=np.int64),
        half_cycle_index=renumbered[owner] if len(owner) else owner,
    )
    events = events[events["cycle_index"] >= 0].reset_index(drop=True)
    half_cycles = half_cycles[kept].drop(columns="steady_current_ampere").reset_index(drop=True)
    half_cycles.insert(0, "half_cycle_index", np.arange(len(half_cycles)))
    return half_cycles, events[list(EVENT_COLUMNS)]


def _empty_half_cycles() -> pd.DataFrame:
    columns = [*STATISTICS, "resistance_ohm", "steady_current_ampere"]
    empty = pd.DataFrame({name: np.empty(0) for name in columns})
    for name in ("sign", "record", "excursions"):
        empty[name] = np.empty(0, dtype=np.int64)
    return empty


def _no_events() -> pd.DataFrame:
    empty = pd.DataFrame({name: np.empty(0) for name in EVENT_COLUMNS if name != "cycle_index"})
    return empty.astype({"half_cycle_index": np.int64})
