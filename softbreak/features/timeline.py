"""From a cell's records to its half-cycles, its abrupt events and its cycles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.data.record import Record, Technique
from softbreak.data.segment import Segmenter, number_cycles
from softbreak.features.events import (
    EVENT_SIGMAS,
    PERSISTENCE,
    SMALLEST_EVENT,
    WINDOW,
    Events,
    find_events,
)
from softbreak.features.half_cycle import STATISTICS, half_cycle_statistics

SLICE_SECOND: Final = 1800.0
"""One-way plating is judged in slices of this length, cut at abrupt events too."""
SLICE_SAMPLES: Final = 20
"""… and of at least so many samples."""
FULL_CELL_VOLT: Final = 1.0
"""A symmetric cell has no electromotive force: a larger one says another configuration."""
UNSIGNED_VOLT: Final = 0.01
"""Below this an equal voltage in both directions is the cycler's offset on a dead short."""
OFFSET_VOLT: Final = 0.1
LOPSIDED: Final = 0.7
"""… or a mean beyond OFFSET_VOLT and this share of the polarisation: a half-cell, say."""
ACTIVATION_KELVIN: Final = 0.40 / 8.617333e-5
"""0.40 eV over Boltzmann's constant: the usual activation energy of a solid cell's resistance."""
SAME_CURRENT: Final = 0.05
"""Half-cycles whose currents differ by less than this fraction can be compared."""
SMALLEST_REVERSAL: Final = 0.10
"""Smallest change of ln R across a reversal that counts as abrupt."""

_VOLTAGE: Final = STATISTICS.index("voltage_volt")
_FIRST: Final = STATISTICS.index("first_voltage_volt")
_CURRENT: Final = STATISTICS.index("current_ampere")
_SAMPLES: Final = STATISTICS.index("samples")
_NOISE: Final = STATISTICS.index("noise_volt")

SHORT_SAMPLES: Final = 10
GLITCH_CHARGE: Final = 0.01
"""A half-cycle of few samples and of less than this share of the usual charge is a glitch."""

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


@dataclass(frozen=True, slots=True)
class _Series:
    """The arrays of one cycling record."""

    time: np.ndarray
    voltage: np.ndarray
    imposed: np.ndarray
    temperature: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    signs: np.ndarray
    rests: np.ndarray


def build_timeline(history: CellHistory) -> Timeline:
    """Segment a cell's cycling records and measure every half-cycle.

    Parameters
    ----------
    history : CellHistory
    """
    series = [_segmented(record, clock) for record, clock in history.of(Technique.CYCLING)]
    measured = [_statistics(part) for part in series]
    rest_volt = _rest_voltage(series)
    emf, polarisation, unipolar = _polarity(series, measured, rest_volt)
    if unipolar:
        series = [_rectified(part) for part in series]
        measured = [_statistics(part) for part in series]
    elif polarisation < 0 and abs(polarisation) > abs(emf):
        series = [replace(part, voltage=-part.voltage) for part in series]
        measured = [_statistics(part) for part in series]
        polarisation = -polarisation
    one_way = _one_way(series, measured)
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
    found = _with_reversals(half_cycles, found)
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


def _segmented(record: Record, clock: np.ndarray) -> _Series:
    """Cut one record into half-cycles and rests; samples without a voltage are left out."""
    table = record.table
    good = np.isfinite(table["voltage_volt"].to_numpy())
    if not good.all():
        table, clock = table[good], clock[good]
    current = _mended(table["current_ampere"].to_numpy(dtype=np.float64))
    control = None
    imposed = current
    if "control_current_ampere" in table.columns:
        control = table["control_current_ampere"].to_numpy()
        imposed = np.where(np.isfinite(control), control, current)
    temperature = np.empty(0)
    if TEMPERATURE in table.columns:
        temperature = plausible_temperature(table[TEMPERATURE].to_numpy(dtype=np.float64))
    segmenter = Segmenter()
    segments = segmenter.update(clock, current, control) + segmenter.finish()
    cuts = np.array(segments, dtype=np.int64).reshape(-1, 3)
    cuts[:, 2] *= ~_held(table, cuts)
    moving = cuts[cuts[:, 2] != 0]
    return _Series(
        clock,
        table["voltage_volt"].to_numpy(dtype=np.float64),
        np.nan_to_num(imposed, posinf=0.0, neginf=0.0),
        temperature,
        moving[:, 0].copy(),
        moving[:, 1].copy(),
        moving[:, 2].copy(),
        cuts[cuts[:, 2] == 0],
    )


TEMPERATURE: Final = "ambient_temperature_celsius"


def plausible_temperature(values: np.ndarray) -> np.ndarray:
    """Return temperatures (°C) with the placeholders of missing probes as NaN."""
    return np.where((values > -100.0) & (values < 400.0), values, np.nan)


def _mended(current: np.ndarray) -> np.ndarray:
    """Replace lone wrong samples of a measured current by their neighbours, which agree."""
    if len(current) < 5:
        return current
    middle = current[2:-2]
    around = np.stack([current[:-4], current[1:-3], current[3:-1], current[4:]])
    level = around.mean(axis=0)
    agree = np.abs(around - level).max(axis=0) < 0.1 * np.abs(level)
    lone = agree & (np.abs(middle - level) > 0.5 * np.abs(level))
    if not lone.any():
        return current
    mended = current.copy()
    mended[2:-2][lone] = level[lone]
    return mended


def _held(table: pd.DataFrame, cuts: np.ndarray) -> np.ndarray:
    """True where the voltage was imposed from the first to the last sample: a leakage hold.

    It passes charge but is no half-cycle. (Constant voltage after constant current belongs to its
    half-cycle.)
    """
    if "control_voltage_volt" not in table.columns or not len(cuts):
        return np.zeros(len(cuts), dtype=bool)
    imposed = np.isfinite(table["control_voltage_volt"].to_numpy())
    if "control_current_ampere" in table.columns:
        imposed &= ~np.isfinite(table["control_current_ampere"].to_numpy())
    free = np.concatenate(([0], np.cumsum(~imposed)))
    return free[cuts[:, 1]] == free[cuts[:, 0]]


def _rest_voltage(series: list[_Series]) -> float:
    """Median of the voltages at which rests of some length ended (V)."""
    ends = [
        part.voltage[stop - 1]
        for part in series
        for start, stop, _ in part.rests.tolist()
        if stop - start >= 5
    ]
    return float(np.median(ends)) if ends else float("nan")


def _polarity(
    series: list[_Series], measured: list[np.ndarray], rest_volt: float
) -> tuple[float, float, bool]:
    """Electromotive force, polarisation, and whether the voltage lost its sign.

    A full cell rests at a voltage; a symmetric cell on a cycler that records 0 to 5 V shows |V|
    and rests at zero.
    """
    rows = np.concatenate(measured) if measured else np.empty((0, len(STATISTICS)))
    signs = np.concatenate([part.signs for part in series]) if series else np.empty(0)
    mean, long = rows[:, _VOLTAGE] * signs, rows[:, _SAMPLES] >= 3
    plus, minus = mean[long & (signs > 0)], mean[long & (signs < 0)]
    if not len(plus) or not len(minus):
        # one direction: a cell that never comes near zero has a voltage of its own
        least = float(np.abs(rows[:, _FIRST] * signs).min()) if len(rows) else 0.0
        return max(np.nan_to_num(abs(rest_volt)), least), np.nan, False
    high, low = float(np.median(plus)), float(np.median(minus))
    even, odd = 0.5 * (high + low), 0.5 * (high - low)
    rests_at_zero = np.isnan(rest_volt) or abs(rest_volt) < 0.3 * abs(even)
    unsigned = UNSIGNED_VOLT < even < FULL_CELL_VOLT and abs(odd) < 0.3 * even and rests_at_zero
    if unsigned and _never_negative(series, even):
        return 0.0, even, True
    return even, odd, False


def _never_negative(series: list[_Series], scale: float) -> bool:
    """True where even a negative current shows no negative voltage."""
    return all(
        part.voltage[a:b].min() >= -0.02 * scale
        for part in series
        for a, b, sign in zip(part.starts, part.stops, part.signs, strict=True)
        if sign < 0
    )


def _rectified(part: _Series) -> _Series:
    """Give an unsigned voltage the sign of the current."""
    sign = np.where(part.imposed < 0, -1.0, 1.0)
    return _Series(
        part.time,
        np.abs(part.voltage) * sign,
        part.imposed,
        part.temperature,
        part.starts,
        part.stops,
        part.signs,
        part.rests,
    )


def _one_way(series: list[_Series], measured: list[np.ndarray]) -> bool:
    """True where the current never reverses for good."""
    signs = [sign for part in series for sign in part.signs.tolist()]
    currents = [value for rows in measured for value in _steady_current(rows).tolist()]
    placed = number_cycles(signs, currents)
    kept = {sign for sign, cycle in zip(signs, placed, strict=True) if cycle >= 0}
    return len(kept) == 1


def _statistics(part: _Series) -> np.ndarray:
    return half_cycle_statistics(
        part.time,
        part.voltage,
        part.imposed,
        part.temperature,
        part.starts,
        part.stops,
        part.signs,
    )


def _steady_current(rows: np.ndarray) -> np.ndarray:
    """Mean current of each half-cycle, zero where it is only noise or a glitch."""
    samples, mean, scatter = rows[:, _SAMPLES], rows[:, _CURRENT], rows[:, _CURRENT + 1]
    charge = rows[:, _CURRENT - 1]
    short = samples < SHORT_SAMPLES
    noise = short & (mean < 3.0 * scatter)
    if (~short).any():
        noise |= short & (charge < GLITCH_CHARGE * np.median(charge[~short]))
    if short.sum() > 20:
        # currents that are imposed repeat; noise has no two alike
        level = np.log(np.maximum(mean[short], 1e-300))
        if np.median(np.abs(np.diff(level))) > 0.3:
            noise |= short
    return np.where(noise, 0.0, mean)


def _events_of(part: _Series, rows: np.ndarray) -> Events:
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
    part: _Series, rows: np.ndarray, number: int, *, cut: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Half-cycles of one record with their events; one-way plating is cut into slices."""
    events = _events_of(part, rows)
    noise = rows[:, _NOISE]
    if cut:
        sliced = _sliced(part, events)
        rows = _statistics(sliced)
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
    table["steady_current_ampere"] = _steady_current(rows)
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


def _sliced(part: _Series, events: Events) -> _Series:
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
    return _Series(
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


def _with_reversals(half_cycles: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Add the abrupt changes that happened while the current reversed.

    What ln R does from the end of one half-cycle to the beginning of the next is compared with
    the reversal before last, which has the same direction.
    """
    if len(half_cycles) < 4:
        return events
    sign = half_cycles["sign"].to_numpy()
    flow = half_cycles["current_ampere"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.log(half_cycles["first_voltage_volt"].to_numpy() / flow)
        last = np.log(half_cycles["last_voltage_volt"].to_numpy() / flow)
        mean = np.log(half_cycles["resistance_ohm"].to_numpy())
        noise = (half_cycles["noise_volt"] / half_cycles["voltage_volt"].abs()).to_numpy()
        jump = first[1:] - last[:-1]
        m = np.arange(3, len(half_cycles))
        change = jump[m - 1] - jump[m - 3]
        lasting = (mean[m] - mean[m - 2]) / change
        start = half_cycles["start_time_second"].to_numpy()
        end = half_cycles["end_time_second"].to_numpy()
        usual = (end - start) / np.maximum(half_cycles["samples"].to_numpy() - 1, 1)
        record = half_cycles["record"].to_numpy()
        neighbours = (start[m] - end[m - 1] <= 3.0 * usual[m] + 1.0) & (record[m] == record[m - 1])
        steady = np.all(
            [(sign[m - k] == -sign[m]) == bool(k % 2) for k in (1, 2, 3)]
            + [np.abs(flow[m - k] / flow[m] - 1.0) < SAME_CURRENT for k in (1, 2, 3)],
            axis=0,
        )
    scatter = np.minimum(np.nan_to_num(noise[m], posinf=1e6), 1e6)
    limit = np.maximum(SMALLEST_REVERSAL, EVENT_SIGMAS * scatter)
    found = m[
        steady & neighbours & (np.abs(change) > limit) & (lasting > PERSISTENCE) & (lasting < 2.0)
    ]
    if not len(found):
        return events
    more = pd.DataFrame(
        {
            "half_cycle_index": found,
            "cycle_index": half_cycles["cycle_index"].to_numpy()[found],
            "time_second": half_cycles["start_time_second"].to_numpy()[found],
            "change": change[found - 3],
            "before_ohm": np.exp(last[found - 1]),
            "after_ohm": np.exp(last[found - 1] + change[found - 3]),
        }
    )
    joined = pd.concat([events, more], ignore_index=True) if len(events) else more
    return joined.sort_values("time_second", kind="stable", ignore_index=True)


def _empty_half_cycles() -> pd.DataFrame:
    columns = [*STATISTICS, "resistance_ohm", "steady_current_ampere"]
    empty = pd.DataFrame({name: np.empty(0) for name in columns})
    for name in ("sign", "record", "excursions"):
        empty[name] = np.empty(0, dtype=np.int64)
    return empty


def _no_events() -> pd.DataFrame:
    empty = pd.DataFrame({name: np.empty(0) for name in EVENT_COLUMNS if name != "cycle_index"})
    return empty.astype({"half_cycle_index": np.int64})


def cycle_table(half_cycles: pd.DataFrame) -> pd.DataFrame:
    """Join the half-cycles of each cycle.

    The two current directions weigh the same, so that a constant voltage offset of the cycler
    cancels: R = (V₊ − V₋)/(I₊ − I₋).

    Returns
    -------
    pandas.DataFrame
        ``cycle_index, start_time_second, end_time_second, samples, charge_ampere_second,
        current_ampere, resistance_ohm`` (whole cycle), ``late_resistance_ohm`` (second halves),
        ``noise`` (scatter of a sample over |V|), ``asymmetry`` ((V₊ + V₋)/(V₊ − V₋)),
        ``interval_second`` (longest), ``temperature_celsius``, ``directions`` (1 or 2),
        ``excursions`` (abrupt drops that came back at once), ``first_half_cycle`` and
        ``last_half_cycle``.
    """
    cycle = half_cycles["cycle_index"].to_numpy(dtype=np.int64)
    if not len(cycle):
        return pd.DataFrame({name: np.empty(0) for name in _CYCLE_COLUMNS})
    count = int(cycle.max()) + 1
    begin = half_cycles["start_time_second"].to_numpy()
    end = half_cycles["end_time_second"].to_numpy()
    duration = np.maximum(end - begin, 1e-9)
    plus = half_cycles["sign"].to_numpy() > 0

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(cycle, values, minlength=count)

    def mean(name: str) -> np.ndarray:
        """Time average over each current direction: rows are +, −; NaN where there is none."""
        values = half_cycles[name].to_numpy() * duration
        key = 2 * cycle + plus
        sums = np.bincount(key, values, minlength=2 * count)
        weights = np.bincount(key, duration, minlength=2 * count)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (sums / weights).reshape(-1, 2).T[::-1]

    voltage, late = mean("voltage_volt"), mean("late_voltage_volt")
    current, late_current = mean("current_ampere"), mean("late_current_ampere")
    warm = half_cycles["temperature_celsius"].to_numpy()
    known = np.isfinite(warm)
    first = np.searchsorted(cycle, np.arange(count), side="left")
    last = np.searchsorted(cycle, np.arange(count), side="right") - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = np.nansum(voltage, axis=0)
        return pd.DataFrame(
            {
                "cycle_index": np.arange(count),
                "start_time_second": begin[first],
                "end_time_second": end[last],
                "samples": total(half_cycles["samples"].to_numpy()).astype(np.int64),
                "charge_ampere_second": total(half_cycles["charge_ampere_second"].to_numpy()),
                "current_ampere": np.nansum(current, axis=0) / np.isfinite(current).sum(axis=0),
                "resistance_ohm": whole / np.nansum(current, axis=0),
                "late_resistance_ohm": np.nansum(late, axis=0) / np.nansum(late_current, axis=0),
                "noise": np.nanmax(np.nan_to_num(mean("noise_volt")), axis=0) / np.abs(whole),
                "asymmetry": (voltage[0] - voltage[1]) / whole,
                "interval_second": np.maximum.reduceat(
                    half_cycles["longest_interval_second"].to_numpy(), first
                ),
                "temperature_celsius": total(np.where(known, warm, 0.0) * duration)
                / total(known * duration),
                "directions": np.isfinite(voltage).sum(axis=0),
                "excursions": total(half_cycles["excursions"].to_numpy()).astype(np.int64),
                "first_half_cycle": first,
                "last_half_cycle": last,
            }
        )


_CYCLE_COLUMNS: Final = (
    "cycle_index",
    "start_time_second",
    "end_time_second",
    "samples",
    "charge_ampere_second",
    "current_ampere",
    "resistance_ohm",
    "late_resistance_ohm",
    "noise",
    "asymmetry",
    "interval_second",
    "temperature_celsius",
    "directions",
    "excursions",
    "first_half_cycle",
    "last_half_cycle",
)
