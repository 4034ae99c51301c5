"""Leakage holds and rests: what a constant voltage drives, and what is left when nothing is.

A hold at constant voltage between lithium electrodes is another R_LF, decaying where salt
polarises. The open-circuit voltage of a symmetric cell goes to zero whatever R_e is: it says
nothing of a short, except through how much of a polymer's voltage relaxes slowly, which a path
beside it takes down by (1 - η).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from softbreak.features.descriptions.feature import Feature
from softbreak.features.descriptions.sentence import Kind, Telling
from softbreak.features.evidence.charge import Running
from softbreak.features.evidence.constant_voltage_holds import Hold
from softbreak.features.families.as_of import earlier, reference
from softbreak.physics.leakage import steady_current

NO_CURRENT: Final = 0.02
"""Below this share of the half-cycle's current before it the cell rests."""
FEWEST_SAMPLES: Final = 3
DECAY_SAMPLES: Final = 10
DECAY_BEGIN: Final = 0.1
"""The exponent of a decay is read from this share of the hold on."""


def leakage_features(
    holds: Sequence[Hold],
    *,
    cycled_resistance: np.ndarray | float = np.nan,
    floor_ohm: float = np.nan,
) -> pd.DataFrame:
    """Features of every hold at constant voltage.

    Parameters
    ----------
    holds : sequence of Hold
        In order of time.
    cycled_resistance : array_like, shape (holds,)
        V/I of the cycling before each hold (Ω).
    floor_ohm : float
        L/(σA).

    Returns
    -------
    pandas.DataFrame
        One row a hold, the ``leak_`` columns of ``FEATURES`` (without ``AGE``).
    """
    found = np.array([_hold(hold) for hold in holds], dtype=np.float64).reshape(-1, 4)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.log(found[:, 0])
        return pd.DataFrame(
            {
                "leak_ln_resistance_over_initial": level - reference(level),
                "leak_ln_resistance_over_previous": level - earlier(level),
                "leak_ln_resistance_over_cycling": level - np.log(cycled_resistance),
                "leak_ln_resistance_over_floor": level - np.log(floor_ohm),
                "leak_decay_exponent": found[:, 1],
                "leak_steady_share": found[:, 2],
                "leak_drift": found[:, 3],
            }
        )


def _hold(hold: Hold) -> tuple[float, float, float, float]:
    """DC resistance (Ω), decay exponent, steady share, drift of one hold."""
    end = steady_current(hold.time, hold.current)
    sound = end.end_ampere > 0.0 and hold.voltage_volt != 0.0
    resistance = abs(hold.voltage_volt) / end.end_ampere if sound else np.nan
    fresh = hold.fresh and end.initial_ampere > 0.0 and sound
    share = end.end_ampere / end.initial_ampere if fresh else np.nan
    return resistance, _decay(hold.time, hold.current), share, end.drift


def _decay(time: np.ndarray, current: np.ndarray) -> float:
    """−d ln|I| / d ln t over the later part of a hold."""
    late = (time >= DECAY_BEGIN * time[-1]) & (time > 0) & (np.abs(current) > 0)
    late &= np.sign(current) == np.sign(np.median(current))
    if late.sum() < DECAY_SAMPLES:
        return float("nan")
    x, y = np.log(time[late]), np.log(np.abs(current[late]))
    centred = x - x.mean()
    return float(-(centred @ y) / (centred @ centred))


def rest_features(running: Running, half_cycles: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Features of the rests between half-cycles.

    Parameters
    ----------
    running : Running
        All samples, :func:`softbreak.features.evidence.charge.running`.
    half_cycles : pandas.DataFrame
        ``Timeline.half_cycles``.

    Returns
    -------
    times : numpy.ndarray, shape (rests,)
        When each rest ended (s).
    table : pandas.DataFrame
        One row a rest, the ``rest_`` columns of ``FEATURES``.
    """
    names = [feature.name for feature in FEATURES if feature.name.startswith("rest_")]
    ends = half_cycles["end_time_second"].to_numpy(dtype=np.float64)
    flows = half_cycles["current_ampere"].to_numpy(dtype=np.float64)
    last = np.searchsorted(running.time, ends, side="right") - 1
    following = half_cycles["start_time_second"].to_numpy(dtype=np.float64)[1:]
    until = np.append(np.searchsorted(running.time, following, side="left"), len(running.time))
    times, rows = [], []
    for k, stop, flow in zip(last.tolist(), until.tolist(), flows.tolist(), strict=True):
        quiet = np.abs(running.current[k + 1 : stop]) < NO_CURRENT * flow
        count = int(np.argmin(quiet)) if not quiet.all() else len(quiet)
        if count >= FEWEST_SAMPLES and running.voltage[k] != 0.0:
            part = slice(k + 1, k + 1 + count)
            times.append(running.time[k + count])
            rows.append(_rest(running.time[part], running.voltage[part], running.voltage[k]))
    found = np.array(rows, dtype=np.float64).reshape(-1, 5)
    table = pd.DataFrame(_shares(*found.T), columns=names)
    return np.array(times, dtype=np.float64), table


def _rest(time: np.ndarray, voltage: np.ndarray, before: float) -> tuple[float, ...]:
    """Voltage before, at once and at the end (V), how fast it went (s), what still moves (V/h)."""
    gone = voltage[0] - voltage[-1]
    half = np.nan
    if gone != 0.0 and len(voltage) > 2 * FEWEST_SAMPLES:
        left = (voltage[0] - voltage) / gone >= 0.5
        half = float(time[int(np.argmax(left))] - time[0])
    third = max(len(time) // 3, 2)
    span = time[-1] - time[-third]
    drift = (voltage[-1] - voltage[-third]) / span * 3600.0 if span > 0 else np.nan
    return before, voltage[0], voltage[-1], half, drift


def _shares(
    before: np.ndarray, early: np.ndarray, late: np.ndarray, half: np.ndarray, drift: np.ndarray
) -> np.ndarray:
    """Put rests in relation to the voltage before them.

    Where the rest before followed the opposite current, the two together are taken: the cycler's
    constant offset cancels.
    """

    def odd(values: np.ndarray) -> np.ndarray:
        opposite = before[1:] * before[:-1] < 0.0
        earlier_one = np.where(opposite, values[:-1], 0.0)
        return np.concatenate((values[:1], values[1:] - earlier_one))

    scale = odd(before)
    first, last = odd(early) / scale, odd(late) / scale
    return np.column_stack([first, last, first - last, half, odd(drift) / scale, np.abs(late)])


def _feature(
    name: str, formula: str, going: str, source: str, unit: str = "1", **moved: str
) -> Feature:
    healthy, soft, hard = going.split()
    confounders = MappingProxyType(moved)
    transferable = unit in ("1", "half-cycles")
    return Feature(
        name, unit, "rest", formula, source, healthy, soft, hard, confounders, transferable
    )


_PAPER: Final = "doi 10.1016/j.joule.2022.05.020"
_BRUCE: Final = "doi 10.1016/0167-2738(88)90304-9"
_WARM: Final = {
    "temperature": "down",
    "contact": "down",
    "pressure": "down",
    "growth": "up",
    "voids": "up",
}

FEATURES: Final = (
    _feature(
        "leak_ln_resistance_over_initial",
        "ln(R_DC / R_DC of the first hold), R_DC = V / I at the hold's end",
        "up down down",
        f"{_PAPER}, Fig. S4",
        **_WARM,
    ),
    _feature(
        "leak_ln_resistance_over_previous",
        "ln(R_DC / R_DC of the hold before)",
        "up down down",
        f"{_PAPER}, Fig. S4",
        **_WARM,
    ),
    _feature(
        "leak_ln_resistance_over_cycling",
        "ln(R_DC / (V/I of the cycling before it))",
        "flat either either",
        "one cell, one resistance",
        voids="either",
        temperature="either",
    ),
    _feature(
        "leak_ln_resistance_over_floor",
        "ln(R_DC σ A / L); below 0 no ionic path can be so good",
        "up down down",
        "L/(σA)",
        **_WARM,
    ),
    _feature(
        "leak_decay_exponent",
        "−d ln|I| / d ln t over the last nine tenths of a hold",
        "flat down down",
        "½ for diffusion, 0 for a resistor",
        temperature="either",
        voids="up",
    ),
    _feature(
        "leak_steady_share",
        "I_end / I_0 of a hold on a rested cell; above t₊ it is electrons too",
        "flat up up",
        _BRUCE,
        temperature="either",
    ),
    _feature(
        "leak_drift",
        "change of the current over the last quarter of a hold / its mean",
        "down flat flat",
        "convention",
        voids="down",
        temperature="either",
    ),
    _feature(
        "leak_age_half_cycles",
        "half-cycles since the hold that the row tells of",
        "none none none",
        "protocol",
        "half-cycles",
    ),
    _feature(
        "rest_early_share",
        "V of a rest's first sample / V before the current stopped, over both directions",
        "flat down down",
        "slow polarisation ~ (1 − η)",
        sampling="either",
        temperature="down",
    ),
    _feature(
        "rest_late_share",
        "V at a rest's end / V before the current stopped, over both directions",
        "flat down none",
        "convention",
        sampling="either",
    ),
    _feature(
        "rest_relaxation_share",
        "rest_early_share − rest_late_share",
        "flat down down",
        "slow polarisation ~ (1 − η)",
        sampling="either",
        temperature="down",
    ),
    _feature(
        "rest_half_life_second",
        "time in which half of that is gone",
        "flat none none",
        "convention",
        "s",
        temperature="down",
        sampling="either",
    ),
    _feature(
        "rest_drift_per_hour",
        "dV/dt over a rest's last third / V before the current stopped",
        "flat none none",
        "sanity: a symmetric cell rests at 0",
        "1/h",
        sampling="either",
    ),
    _feature(
        "rest_end_volt",
        "|V| at a rest's end",
        "flat none none",
        "sanity: a symmetric cell rests at 0",
        "V",
    ),
)
AGE: Final = "leak_age_half_cycles"
"""Filled in where holds are joined to half-cycles: :mod:`softbreak.features.table`."""

_DC: Final = "The DC resistance of the leakage test"
TELLINGS: Final[dict[str, Telling]] = {
    "leak_ln_resistance_over_initial": Telling(Kind.LOGARITHM, _DC, "in the first one", 0.05),
    "leak_ln_resistance_over_previous": Telling(Kind.LOGARITHM, _DC, "in the one before", 0.05),
    "leak_ln_resistance_over_cycling": Telling(
        Kind.RATIO, _DC, "V/I of the cycling before it", 0.15
    ),
    "leak_ln_resistance_over_floor": Telling(Kind.RATIO, _DC, "that of the bare electrolyte", 0.05),
    "leak_decay_exponent": Telling(
        Kind.NUMBER, "The exponent with which the leakage current decays", "", 0.05
    ),
    "leak_steady_share": Telling(
        Kind.SHARE, "The leakage current's steady part", "its first value", 0.05
    ),
    "rest_early_share": Telling(
        Kind.SHARE, "What is left of the voltage when the current stops", "", 0.03
    ),
    "rest_relaxation_share": Telling(
        Kind.SHARE, "What relaxes slowly in a rest", "the voltage before it", 0.03
    ),
}
"""What the features say, for :mod:`softbreak.features.explain`."""
