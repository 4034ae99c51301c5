"""What only several half-cycles together tell: the sign of the voltage, and what is mere noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.record import Record
from softbreak.features.half_cycles.measured import (
    AS_IT_IS,
    LOWEST,
    REVERSED,
    SHORT_SAMPLES,
    SIGN,
    WIDTH,
    WITHOUT_SIGN,
    HalfCycles,
)
from softbreak.features.half_cycles.samples import COLUMNS, TEMPERATURE, Intake, staged
from softbreak.features.kernels.half_cycle import STATISTICS
from softbreak.features.kernels.sample_columns import FREE, IMPOSED, TIME, VOLTAGE, WARMTH

UNSIGNED_VOLT: Final = 0.01
"""Below this an equal voltage in both directions is the cycler's offset on a dead short."""
FULL_CELL_VOLT: Final = 1.0
"""A symmetric cell has no electromotive force: a larger one says another configuration."""
REST_VOLT: Final = 0.25
"""A symmetric cell rests at 0 V; what is left of its polarisation is less than this."""
HELD_SHARE: Final = 0.5
"""What rests at a voltage of its own is not charged below this share of it: else it is shorted."""
OFFSET_VOLT: Final = 0.1
LOPSIDED: Final = 0.7
"""… or a mean beyond OFFSET_VOLT and this share of the polarisation: a half-cell, say."""
NO_OFFSET_VOLT: Final = 0.4
"""No cycler's offset: with it a smaller share will do (0.62 V of indium against lithium, say)."""
CENTRED: Final = 0.3
"""Half-cycles whose mean is below this share of their polarisation lie about 0 V."""
UNRELAXED: Final = 2.0
"""A rest at so many times the polarisation is none that relaxes."""
FAR_OFF: Final = 5.0
"""A rest at more than a volt and so many times what half-cycles show is that of open leads."""
UNPROVEN_VOLT: Final = 0.3
"""A voltage without a sign that is larger than this must show that it has none …"""
DRIFTING: Final = 5e-4
"""… by drifting within half-cycles, in both directions of the current, by this share or more."""
GLITCH_CHARGE: Final = 0.01
"""A half-cycle of few samples and of less than this share of the usual charge is a glitch, …"""
DRIVEN: Final = 0.1
"""… unless its current is the usual one but for this share, and as steady: a strip that ended at
once at the limit of the voltage is a half-cycle, …"""
DRIVEN_SAMPLES: Final = 3
"""… from so many samples on."""
NOISE_STEP: Final = 0.3
"""Currents that are imposed repeat; noise has no two alike (median step of ln I)."""
SEVERAL_SHORT: Final = 20
_VOLTAGE: Final = STATISTICS.index("voltage_volt")
_FIRST: Final = STATISTICS.index("first_voltage_volt")
_LAST: Final = STATISTICS.index("last_voltage_volt")
_CURRENT: Final = STATISTICS.index("current_ampere")
_SAMPLES: Final = STATISTICS.index("samples")


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one cycling record, as flat arrays.

    Attributes
    ----------
    time, voltage, imposed, temperature : numpy.ndarray, shape (n,)
        s on the cell's clock, V, A, °C; ``temperature`` is empty where none was logged.
    starts, stops, signs : numpy.ndarray of int, shape (m,)
        Half-cycles.
    """

    time: np.ndarray
    voltage: np.ndarray
    imposed: np.ndarray
    temperature: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    signs: np.ndarray


def segmented(record: Record, clock: np.ndarray) -> Series:
    """Cut one whole record into half-cycles; samples without a time or a voltage are left out.

    Parameters
    ----------
    record : Record
    clock : numpy.ndarray
        The record's times on the cell's clock (s).
    """
    table, intake = record.table, Intake()
    named = {name: table[name].to_numpy() for name in COLUMNS if name in table}
    pieces = [*intake.feed(staged(named)), *intake.rest_of_it()]
    rows = intake.buffer[:, : max((piece.stop for piece in pieces), default=0)]
    half_cycles = [p for p in pieces if p.sign and rows[FREE, p.start : p.stop].any()]
    bounds = np.array(half_cycles, dtype=np.int64).reshape(-1, 4)
    shift = float(clock[0]) - intake.first if len(clock) else 0.0
    return Series(
        rows[TIME] + shift,
        rows[VOLTAGE].copy(),
        rows[IMPOSED].copy(),
        rows[WARMTH].copy() if TEMPERATURE in named else np.empty(0),
        bounds[:, 0].copy(),
        bounds[:, 1].copy(),
        bounds[:, 2].copy(),
    )


def rectified(part: Series) -> Series:
    """Give an unsigned voltage the sign of the current."""
    sign = np.where(part.imposed < 0, -1.0, 1.0)
    return replace(part, voltage=np.abs(part.voltage) * sign)


class Polarity(NamedTuple):
    """How the voltage of a cell is to be read.

    Attributes
    ----------
    reading : int
        ``AS_IT_IS``, ``WITHOUT_SIGN`` or ``REVERSED``.
    electromotive_volt : float
        Mean of V over both current directions (V).
    polarisation_volt : float
        Half the difference between them (V); NaN for one direction only.
    rest_volt : float
        Median voltage at the ends of rests (V), NaN without rests.
    """

    reading: int
    electromotive_volt: float
    polarisation_volt: float
    rest_volt: float


def plausible_temperature(values: np.ndarray) -> np.ndarray:
    """Return temperatures (°C) with the placeholders of missing probes as NaN."""
    return np.where((values > -100.0) & (values < 400.0), values, np.nan)


def median(values: np.ndarray) -> float:
    """Return the median as numpy does, of a few values in a tenth of its time.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        At least one.
    """
    ordered = values.copy()
    ordered.sort()
    low, high, last = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2], ordered[-1]
    if last != last:  # noqa: PLR0124 - NaN comes last
        return math.nan
    return float(low) if len(ordered) % 2 else float((low + high) / 2.0)


def polarity_of(parts: Sequence[HalfCycles]) -> Polarity:
    """Tell how the voltage of a cell is to be read.

    A full cell rests at a voltage; a symmetric cell on a cycler that records 0 to 5 V shows |V|
    and rests at zero. What polarises moves along the current, to both sides of a voltage of the
    cell's own; of |V| it moves one way in both directions.

    Parameters
    ----------
    parts : sequence of HalfCycles
        One a record.
    """
    rests = np.concatenate([part.rests.rows[:, 0] for part in parts]) if parts else np.empty(0)
    rows = np.concatenate([part.table.rows for part in parts]) if parts else np.empty((0, WIDTH))
    rest = float(np.median(rests)) if len(rests) else float("nan")
    known = np.isfinite(rows[:, _VOLTAGE])
    rows = rows if known.all() else rows[known]  # a voltage that stood still says nothing
    if not len(rows):
        return Polarity(AS_IT_IS, float(np.nan_to_num(abs(rest))), float("nan"), rest)
    signs, long = rows[:, SIGN], rows[:, _SAMPLES] >= 3
    if not long.any():
        long = np.ones(len(rows), dtype=bool)
    plus, minus = long & (signs > 0), long & (signs < 0)
    if not plus.any() or not minus.any():
        least = float(np.abs(rows[:, _FIRST]).min())
        # along the current: positive while it charges
        charged = min(float(rows[:, _VOLTAGE].min()), float(rows[:, _LAST].min()))
        return one_sided(least, rest, charged)
    even, odd = _pairs(rows if long.all() else rows[long])
    drift = rows[:, _LAST] - rows[:, _FIRST]
    lowest = rows[signs < 0, LOWEST].min()
    across, along, up, down = map(median, (even, odd, drift[plus], drift[minus]))
    high = float(np.sort(even)[high_place(len(even))])
    return two_sided(Levels(across, along, up, down, float(lowest), rest, high))


def high_place(count: int) -> int:
    """Return which of so many sorted values few exceed: a short takes most of a life's away.

    Parameters
    ----------
    count : int
    """
    return (count - 1) * 9 // 10


def _pairs(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half the sum and half the difference of V of each half-cycle and the one before it.

    A short in the middle of a life changes both of a pair, and leaves their mean where it was.
    """
    signs, mean = rows[:, SIGN], rows[:, _VOLTAGE] * rows[:, SIGN]
    turned = signs[1:] != signs[:-1]
    half = 0.5 * mean
    even, odd = half[1:] + half[:-1], (half[1:] - half[:-1]) * signs[1:]
    return even[turned], odd[turned]


class Levels(NamedTuple):
    """Medians over the half-cycles of a cell.

    Attributes
    ----------
    even, odd : float
        Half the sum and half the difference of V under positive and under negative current (V).
    plus_drift, minus_drift : float
        Last minus first voltage of a half-cycle, counted along its current (V).
    lowest : float
        Lowest voltage under negative current (V).
    rest : float
        Median voltage of rests (V), or NaN.
    high : float
        What few of the half sums exceed (V).
    """

    even: float
    odd: float
    plus_drift: float
    minus_drift: float
    lowest: float
    rest: float
    high: float = 0.0


def one_sided(least: float, rest: float, charged: float = math.inf) -> Polarity:
    """One direction of the current: a cell that never comes near zero has a voltage of its own.

    Parameters
    ----------
    least : float
        Smallest magnitude of a half-cycle's first voltage (V).
    rest : float
        Median voltage of rests (V), or NaN.
    charged : float
        Smallest mean or last voltage of a half-cycle along the current (V). A charge far below
        what the cell rests at says that nothing holds that voltage: the rest does not count.
    """
    if 0.0 <= charged < HELD_SHARE * abs(rest) < HELD_SHARE * FULL_CELL_VOLT:
        return Polarity(AS_IT_IS, min(least, charged), float("nan"), float("nan"))
    if abs(rest) > FULL_CELL_VOLT and 0.0 <= charged < abs(rest) / FAR_OFF > least:
        return Polarity(AS_IT_IS, min(least, charged), float("nan"), float("nan"))  # open leads
    emf = max(float(np.nan_to_num(abs(rest))), least)
    return Polarity(AS_IT_IS, emf, float("nan"), rest)


def two_sided(levels: Levels) -> Polarity:
    """Both directions of the current.

    Parameters
    ----------
    levels : Levels
    """
    even, odd, rest = levels.even, levels.odd, levels.rest
    rests_at_zero = math.isnan(rest) or abs(rest) < 0.3 * abs(even)
    # open leads: no half-cycle comes near such a voltage
    rests_at_zero |= abs(rest) > max(FULL_CELL_VOLT, FAR_OFF * max(even, levels.high))
    unsigned = 0.0 < even < FULL_CELL_VOLT and max(even, levels.high) > UNSIGNED_VOLT
    unsigned &= abs(odd) < 0.3 * even and rests_at_zero
    if unsigned and levels.lowest >= -0.02 * even and _may_lack_sign(levels):
        return Polarity(WITHOUT_SIGN, 0.0, even, rest)
    if odd < 0 and abs(odd) > abs(even):
        return Polarity(REVERSED, even, -odd, rest)
    return Polarity(AS_IT_IS, even, odd, rest)


def _may_lack_sign(levels: Levels) -> bool:
    """False for what polarises to both sides of a voltage of its own; large voltages must prove."""
    least = DRIFTING * max(levels.even, levels.high)
    along = levels.plus_drift > least and levels.minus_drift > least
    one_way = min(levels.plus_drift, levels.minus_drift) < -least
    one_way &= max(levels.plus_drift, levels.minus_drift) > least
    proved = one_way or abs(levels.rest) < REST_VOLT
    return not along and (proved or levels.even < UNPROVEN_VOLT)


def is_symmetric(even: float, odd: float, rest: float) -> bool:
    """Whether voltages can be those of two equal electrodes.

    Parameters
    ----------
    even, odd : float
        Electromotive force and polarisation (V).
    rest : float
        Median voltage of rests (V), or NaN.
    """
    lopsided = abs(even) > OFFSET_VOLT and abs(even) > LOPSIDED * abs(odd)
    lopsided |= abs(even) > NO_OFFSET_VOLT and abs(even) > CENTRED * abs(odd)
    unknown = math.isnan(rest) or rests_open(even, odd, rest)
    at_rest = 0.0 if unknown else abs(rest)
    return abs(even) < FULL_CELL_VOLT and at_rest < REST_VOLT and not lopsided


def rests_open(even: float, odd: float, rest: float) -> bool:
    """Whether the voltage at rest is that of open leads, not of the cell.

    What polarises to both sides of 0 V has no electromotive force that a rest could show, and
    relaxes from no more than its polarisation.

    Parameters
    ----------
    even, odd : float
        Electromotive force and polarisation (V).
    rest : float
        Median voltage of rests (V), or NaN.
    """
    centred = abs(even) < OFFSET_VOLT and abs(even) < CENTRED * abs(odd)
    return centred and abs(rest) >= max(REST_VOLT, UNRELAXED * abs(odd))


def steady_current(rows: np.ndarray) -> np.ndarray:
    """Mean current of each half-cycle of a record, zero where it is only noise or a glitch.

    Parameters
    ----------
    rows : numpy.ndarray, shape (n, >= len(STATISTICS))
    """
    samples, mean, scatter = rows[:, _SAMPLES], rows[:, _CURRENT], rows[:, _CURRENT + 1]
    charge = rows[:, _CURRENT - 1]
    short = samples < SHORT_SAMPLES
    if not short.any():
        return mean.copy()
    noise = short & (mean < 3.0 * scatter)
    if (~short).any():
        usual = np.median(mean[~short])
        driven = (samples >= DRIVEN_SAMPLES) & (np.abs(mean - usual) < DRIVEN * usual)
        driven &= scatter < DRIVEN * usual
        noise |= short & ~driven & (charge < GLITCH_CHARGE * np.median(charge[~short]))
    if short.sum() > SEVERAL_SHORT:
        level = np.log(np.maximum(mean[short], 1e-300))
        if np.median(np.abs(np.diff(level))) > NOISE_STEP:
            noise |= short
    return np.where(noise, 0.0, mean)


__all__ = [
    "TEMPERATURE",
    "Levels",
    "Polarity",
    "Series",
    "high_place",
    "is_symmetric",
    "median",
    "one_sided",
    "plausible_temperature",
    "polarity_of",
    "rectified",
    "rests_open",
    "segmented",
    "steady_current",
    "two_sided",
]
