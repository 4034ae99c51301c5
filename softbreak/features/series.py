"""One cycling record as arrays: cut into half-cycles, mended, and put on its feet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.record import Record
from softbreak.data.segment import Segmenter, number_cycles
from softbreak.features.half_cycle import STATISTICS, half_cycle_statistics

TEMPERATURE: Final = "ambient_temperature_celsius"
UNSIGNED_VOLT: Final = 0.01
"""Below this an equal voltage in both directions is the cycler's offset on a dead short."""
FULL_CELL_VOLT: Final = 1.0
"""A symmetric cell has no electromotive force: a larger one says another configuration."""
SHORT_SAMPLES: Final = 10
GLITCH_CHARGE: Final = 0.01
"""A half-cycle of few samples and of less than this share of the usual charge is a glitch."""
_VOLTAGE: Final = STATISTICS.index("voltage_volt")
_FIRST: Final = STATISTICS.index("first_voltage_volt")
_CURRENT: Final = STATISTICS.index("current_ampere")
_SAMPLES: Final = STATISTICS.index("samples")


@dataclass(frozen=True, slots=True)
class Series:
    """The arrays of one cycling record."""

    time: np.ndarray
    voltage: np.ndarray
    imposed: np.ndarray
    temperature: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    signs: np.ndarray
    rests: np.ndarray


def segmented(record: Record, clock: np.ndarray) -> Series:
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
    return Series(
        clock,
        table["voltage_volt"].to_numpy(dtype=np.float64),
        np.nan_to_num(imposed, posinf=0.0, neginf=0.0),
        temperature,
        moving[:, 0].copy(),
        moving[:, 1].copy(),
        moving[:, 2].copy(),
        cuts[cuts[:, 2] == 0],
    )


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


def rest_voltage(series: list[Series]) -> float:
    """Median of the voltages at which rests of some length ended (V)."""
    ends = [
        part.voltage[stop - 1]
        for part in series
        for start, stop, _ in part.rests.tolist()
        if stop - start >= 5
    ]
    return float(np.median(ends)) if ends else float("nan")


def polarity(
    series: list[Series], measured: list[np.ndarray], rest_volt: float
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


def _never_negative(series: list[Series], scale: float) -> bool:
    """True where even a negative current shows no negative voltage."""
    return all(
        part.voltage[a:b].min() >= -0.02 * scale
        for part in series
        for a, b, sign in zip(part.starts, part.stops, part.signs, strict=True)
        if sign < 0
    )


def rectified(part: Series) -> Series:
    """Give an unsigned voltage the sign of the current."""
    sign = np.where(part.imposed < 0, -1.0, 1.0)
    return replace(part, voltage=np.abs(part.voltage) * sign)


def one_way_plating(series: list[Series], measured: list[np.ndarray]) -> bool:
    """True where the current never reverses for good."""
    signs = [sign for part in series for sign in part.signs.tolist()]
    currents = [value for rows in measured for value in steady_current(rows).tolist()]
    placed = number_cycles(signs, currents)
    kept = {sign for sign, cycle in zip(signs, placed, strict=True) if cycle >= 0}
    return len(kept) == 1


def statistics_of(part: Series) -> np.ndarray:
    """Statistics of the half-cycles of a record; columns: ``STATISTICS``."""
    return half_cycle_statistics(
        part.time,
        part.voltage,
        part.imposed,
        part.temperature,
        part.starts,
        part.stops,
        part.signs,
    )


def steady_current(rows: np.ndarray) -> np.ndarray:
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
