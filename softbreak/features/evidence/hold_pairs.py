"""Two holds of one voltage and sign compared: a ratio where both settled, a bound where not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from softbreak.features.evidence.constant_voltage_holds import Hold
from softbreak.physics.constants import ACTIVATION_EV, BOLTZMANN_EV
from softbreak.physics.equations import QUANTILE_95, FractionEstimate
from softbreak.physics.leakage import (
    SETTLED,
    LeakageResistance,
    SteadyCurrent,
    electronic_fraction_from_leakage,
)
from softbreak.physics.regression import line

SAME_VOLTAGE: Final = 0.1
"""Holds whose voltages differ by more than this fraction, or in sign, are not compared."""
ZERO_CELSIUS: Final = 273.15
ACTIVATION_SPREAD_EV: Final = 0.12
"""Spread of a solid cell's activation energy."""
AROUND: Final = 0.1
"""A current at a moment is read from what lies within this share of the time until then …"""
NOISE_SIGMAS: Final = 3.0
"""… and differs from another one beyond so many of its standard deviations."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredHold:
    """A hold with what was read from it.

    Attributes
    ----------
    when : str
        Which measurement it is of ("before", "now").
    hold : Hold
    current : SteadyCurrent
    resistance : LeakageResistance
    """

    when: str
    hold: Hold
    current: SteadyCurrent
    resistance: LeakageResistance


@dataclass(frozen=True, slots=True)
class Compared:
    """Two holds of one voltage and sign, the later against the earlier one.

    Attributes
    ----------
    ratio : float
        Leakage conductance of the later over that of the earlier one (1); NaN unless both had
        settled.
    at_least, at_most : float
        Its bounds where one of them had not (1); 0 and infinite where nothing is bounded.
    fraction : FractionEstimate or None
        What the ratio says of the electronic fraction.
    kelvin, warmth : float
        How much warmer the later hold was (K; 0 where it is not known), and R_i by that over R_i
        before (1).
    """

    ratio: float
    at_least: float
    at_most: float
    fraction: FractionEstimate | None
    kelvin: float = 0.0
    warmth: float = 1.0


def compared_holds(
    found: Sequence[MeasuredHold], growth: float, growth_sd: float
) -> Compared | None:
    """Compare the latest hold that can be compared with the first at its voltage.

    Parameters
    ----------
    found : sequence of MeasuredHold
        In the order of time.
    growth, growth_sd : float
        R_i after over before (1), and the standard deviation of its logarithm.

    Returns
    -------
    Compared or None
        None where no two holds have one voltage and sign.
    """
    pairs = [pair for now in range(len(found) - 1, 0, -1) if (pair := _partner(found, now))]
    if not pairs:
        return None
    first, last = max(pairs, key=lambda pair: sum(_settled(*pair)))
    told = _settled(first, last)
    ratio = first.resistance.resistance_ohm / last.resistance.resistance_ohm
    if not all(told) or not math.isfinite(ratio):
        return Compared(math.nan, *_bounds(first, last, told), None)
    spread = math.hypot(_log_sd(first.resistance), _log_sd(last.resistance))
    kelvin, inverse = _warmer(first.hold.temperature_celsius, last.hold.temperature_celsius)
    warmth = math.exp(ACTIVATION_EV * inverse)
    eta = electronic_fraction_from_leakage(
        ratio,
        growth=growth * warmth,
        ratio_relative_sd=spread,
        growth_relative_sd=math.hypot(growth_sd, ACTIVATION_SPREAD_EV * inverse),
    )
    return Compared(ratio, ratio, ratio, eta, kelvin, warmth)


def _warmer(before: float, now: float) -> tuple[float, float]:
    """Difference of two temperatures (K), and of 1/kT (1/eV); 0 where one is not known."""
    if not (math.isfinite(before) and math.isfinite(now)):
        return 0.0, 0.0
    inverse = 1.0 / (now + ZERO_CELSIUS) - 1.0 / (before + ZERO_CELSIUS)
    return now - before, inverse / BOLTZMANN_EV


def _partner(found: Sequence[MeasuredHold], now: int) -> tuple[MeasuredHold, MeasuredHold] | None:
    """Return the first earlier hold at the voltage of one; of ``before``, if there is a before."""
    last = found[now]
    for first in found[:now]:
        if first.when == last.when != found[0].when:
            continue
        if abs(first.hold.voltage_volt / last.hold.voltage_volt - 1.0) <= SAME_VOLTAGE:
            return first, last
    return None


def _settled(first: MeasuredHold, last: MeasuredHold) -> tuple[bool, bool]:
    """Tell which of two holds had settled, the shorter one by what the longer one did after."""
    told = [first.current.settled, last.current.settled]
    short, long = (0, last) if first.hold.time[-1] < last.hold.time[-1] else (1, first)
    moment = float((first, last)[short].hold.time[-1])
    then, sd = _current_at(long.hold, moment)
    end = long.current.end_ampere
    if abs(then - end) > 2 * SETTLED * end + NOISE_SIGMAS * sd:
        told[short] = False
    return told[0], told[1]


def _current_at(hold: Hold, moment: float) -> tuple[float, float]:
    """Magnitude of a hold's current about a moment, from a line, and its standard deviation (A)."""
    time, current = hold.time, np.abs(hold.current)
    part = np.abs(time - moment) <= AROUND * moment
    found = line(time[part] - moment, current[part])
    if not math.isfinite(found.intercept):
        return float(np.interp(moment, time, current)), 0.0
    return found.intercept, float(np.nan_to_num(found.intercept_sd))


def _bounds(
    first: MeasuredHold, last: MeasuredHold, told: tuple[bool, bool]
) -> tuple[float, float]:
    """Bounds of a ratio: what still falls ends lower, what still rises ends higher."""
    ends = [abs(m.current.end_ampere / m.hold.voltage_volt) for m in (first, last)]
    falls = [m.current.drift <= 0.0 for m in (first, last)]
    if not ends[0] > 0.0:
        return 0.0, math.inf
    ratio = ends[1] / ends[0]
    noise = (m.current.end_sd_ampere / m.current.end_ampere for m in (first, last))
    reach = math.exp(QUANTILE_95 * math.hypot(*noise)) if ends[1] > 0.0 else 1.0
    least = (told[1] or not falls[1]) and (told[0] or falls[0])
    most = (told[1] or falls[1]) and (told[0] or not falls[0])
    return ratio / reach if least else 0.0, ratio * reach if most else math.inf


def _log_sd(found: LeakageResistance) -> float:
    """Standard deviation of ln R that the bounds (90 %) stand for."""
    if not 0 < found.lower_ohm < found.upper_ohm < math.inf:
        return 0.0 if found.lower_ohm == found.upper_ohm else 1.0
    return math.log(found.upper_ohm / found.lower_ohm) / (2 * 1.645)
