"""What the voltage does when the current is another: local exponent, V/j, the way back."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from softbreak.features.descriptions.feature import Feature
from softbreak.features.descriptions.sentence import Kind, Telling
from softbreak.physics.rate import SAME_LEVEL

_PAPER: Final = "doi 10.1016/j.joule.2022.05.020; doi 10.1016/j.joule.2021.12.009"


def rate_features(current: np.ndarray, voltage: np.ndarray) -> pd.DataFrame:
    """Features of every half-cycle beside those at other currents.

    Parameters
    ----------
    current, voltage : numpy.ndarray, shape (half_cycles,)
        Mean magnitudes along the current (A, V), in order of time. A step is a run of half-cycles
        whose current differs from its first one's by less than 3 %.

    Returns
    -------
    pandas.DataFrame
        One row a half-cycle, the columns of ``FEATURES``: NaN as long as there was but one
        current. A row depends on earlier rows only: a step's voltage is its mean so far.
    """
    current, voltage = (np.asarray(a, dtype=np.float64) for a in (current, voltage))
    good = np.isfinite(current) & np.isfinite(voltage) & (current > 0) & (voltage > 0)
    out = np.full((len(current), len(FEATURES)), np.nan)
    rows = np.flatnonzero(good)
    if len(rows):
        out[rows] = _steps(np.log(current[rows]), np.log(voltage[rows]))
    return pd.DataFrame(out, columns=[feature.name for feature in FEATURES])


def _steps(flow: np.ndarray, volt: np.ndarray) -> np.ndarray:
    """Walk through the steps; each is one vector operation."""
    out = np.full((len(flow), len(FEATURES)), np.nan)
    done: list[tuple[float, float]] = []
    for part in _parts(flow):
        level = float(flow[part][0])
        mean = np.cumsum(volt[part]) / np.arange(1, part.stop - part.start + 1)
        if done:
            out[part] = _beside(done, level, mean)
        done.append((level, float(mean[-1])))
    return out


def _beside(done: list[tuple[float, float]], level: float, mean: np.ndarray) -> np.ndarray:
    """Exponent, V/j against the lowest current, V/j on return, j against the first."""
    before, was = done[-1]
    smallest = min(j for j, _ in done)
    lowest, least = next((j, v) for j, v in done if j - smallest <= SAME_LEVEL)
    out = np.full((len(mean), len(FEATURES)), np.nan)
    out[:, 0] = (mean - was) / (level - before)
    if level - lowest > SAME_LEVEL:
        out[:, 1] = (mean - level) - (least - lowest)
    returned = [v for j, v in done if abs(j - level) <= SAME_LEVEL]
    if returned:
        out[:, 2] = mean - returned[-1]
    out[:, 3] = level - done[0][0]
    return out


def _parts(flow: np.ndarray) -> list[slice]:
    """Runs of one current."""
    starts, level = [0], float(flow[0])
    for k, value in enumerate(flow.tolist()):
        if abs(value - level) > SAME_LEVEL:
            starts.append(k)
            level = value
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(flow)], strict=True)]


def _feature(name: str, formula: str, going: str, **moved: str) -> Feature:
    healthy, soft, hard = going.split()
    return Feature(
        f"rate_{name}",
        "1",
        "rate",
        formula,
        _PAPER,
        healthy,
        soft,
        hard,
        MappingProxyType(moved),
    )


FEATURES: Final = (
    _feature(
        "local_exponent",
        "Δ ln V / Δ ln j from the step before: 1 ohmic, below 0 a path opened",
        "flat down either",
        voids="up",
        temperature="down",
        contact="down",
    ),
    _feature(
        "ln_resistance_over_lowest",
        "ln((V/j) / (V/j at the lowest current so far))",
        "down down down",
        voids="up",
        temperature="down",
        contact="down",
    ),
    _feature(
        "return_hysteresis",
        "ln(V / V of the step before at the same current): up and down ramp",
        "flat down down",
        voids="up",
        temperature="either",
        contact="down",
        growth="up",
    ),
    _feature(
        "ln_current_over_first",
        "ln(j / j of the first half-cycle): says when voltages cannot be compared",
        "none none none",
        current="either",
    ),
)

TELLINGS: Final[dict[str, Telling]] = {
    "rate_local_exponent": Telling(
        Kind.NUMBER,
        "The exponent with which the voltage followed the last step of current",
        "",
        0.3,
    ),
    "rate_ln_resistance_over_lowest": Telling(
        Kind.LOGARITHM, "V/j", "at the lowest current before", 0.1
    ),
    "rate_return_hysteresis": Telling(
        Kind.LOGARITHM, "The voltage", "when this current was last applied", 0.1
    ),
}
"""What the features say, for :mod:`softbreak.features.explain`."""
