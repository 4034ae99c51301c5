"""What a voltammogram says beside the earlier ones of its cell.

Currents are compared at a common voltage: the chord's, or the smaller one of two chords, to which
the wider sweep's current is carried by its own curvature. The peak of a symmetric cell is mostly
its vertex.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from softbreak.features.descriptions.voltammetry_rows import AGE, FEATURES, TELLINGS
from softbreak.features.families.as_of import earlier, earlier_max, earlier_min, reference
from softbreak.physics.voltammetry import at_reference_temperature, current_increase

__all__ = ["AGE", "FEATURES", "TELLINGS", "voltammetry_features"]

SAME_WINDOW: Final = 0.02
SAME_RATE: Final = 0.1
"""Windows and scan rates that differ by no more than these fractions are the same."""
STRAIGHT: Final = 1e-6
"""A curvature this near 1 is that of a straight line."""
TREND_SWEEPS: Final = 3
"""So many sweeps of a series make a trend."""


def voltammetry_features(
    sweeps: pd.DataFrame,
    *,
    cycled_charge: np.ndarray | float = np.nan,
    cycled_resistance: np.ndarray | float = np.nan,
    floor_ohm: float = np.nan,
) -> pd.DataFrame:
    """Features of every voltammogram.

    Parameters
    ----------
    sweeps : pandas.DataFrame
        ``CellEvidence.sweeps``, in order of time.
    cycled_charge : array_like, shape (sweeps,)
        Charge of the half-cycles before each sweep (C).
    cycled_resistance : array_like, shape (sweeps,)
        V/I of the cycling before each sweep (Ω).
    floor_ohm : float
        L/(σA), :attr:`softbreak.data.record.Cell.ionic_floor_ohm`.

    Returns
    -------
    pandas.DataFrame
        One row a sweep, the columns of ``FEATURES`` (without ``AGE``). A row depends on earlier
        rows only.
    """
    column = {name: sweeps[name].to_numpy(dtype=np.float64) for name in sweeps.columns}
    chord, common = column["chord_resistance"], np.abs(column["common_voltage"])
    with np.errstate(divide="ignore", invalid="ignore"):
        chord = np.where(chord > 0, chord, np.nan)
        bend = np.where(column["curvature"] > 0, column["curvature"], np.nan)
        level = -np.log(chord)
        usual = _against(level, common, bend, _first_row(level))
        last = _against(level, common, bend, _previous_row(level))
        rise = np.where(np.isfinite(usual), usual, np.where(_is_first(level), 0.0, np.nan))
        warmed = rise - _warming(column["temperature_celsius"], _first_row(level))
        warmed = np.where(np.isfinite(usual), warmed, np.nan)
        out = {
            "cv_peak_omega_previous": _literal(column),
            "cv_omega_previous": np.expm1(last),
            "cv_omega_initial": np.expm1(usual),
            "cv_omega_running_max": np.expm1(rise - earlier_max(rise)),
            "cv_omega_running_min": np.expm1(rise - earlier_min(rise)),
            "cv_omega_temperature_corrected": np.expm1(warmed),
            "cv_nonlinearity": 1.0 - column["linearity"],
            "cv_curvature": column["curvature"],
            "cv_hysteresis": column["hysteresis"],
            "cv_asymmetry": column["asymmetry"],
            "cv_peak_before_vertex": column["peak_before_vertex"],
            "cv_series_trend": _trends(level, column["series"], column["sweep"]),
            "cv_jump_share": column["largest_jump"],
            "cv_charge_over_cycled": column["charge"] / cycled_charge,
            "cv_ln_chord_over_cycling": np.log(chord / cycled_resistance),
            "cv_ln_chord_over_floor": np.log(chord / floor_ohm),
            "cv_ln_window_over_initial": _ln_over_first(column["window"]),
            "cv_ln_rate_over_initial": _ln_over_first(column["scan_rate"]),
        }
    return pd.DataFrame(
        {name: np.broadcast_to(values, len(sweeps)) for name, values in out.items()},
        columns=[feature.name for feature in FEATURES if feature.name != AGE],
    )


def _literal(column: dict[str, np.ndarray]) -> np.ndarray:
    """Equation 3 on peaks, where window and scan rate stayed."""
    same = np.abs(current_increase(column["window"])) <= SAME_WINDOW
    same &= ~(np.abs(current_increase(column["scan_rate"])) > SAME_RATE)
    return np.where(same, current_increase(column["peak_current"]), np.nan)


def _first_row(level: np.ndarray) -> np.ndarray:
    """Row of the first sound sweep for the rows after it, else -1."""
    known = np.where(np.isfinite(level), np.arange(len(level), dtype=np.float64), np.nan)
    return np.nan_to_num(reference(known), nan=-1.0).astype(np.int64)


def _previous_row(level: np.ndarray) -> np.ndarray:
    known = np.where(np.isfinite(level), np.arange(len(level), dtype=np.float64), np.nan)
    return np.nan_to_num(earlier(known), nan=-1.0).astype(np.int64)


def _is_first(level: np.ndarray) -> np.ndarray:
    finite = np.flatnonzero(np.isfinite(level))
    return np.arange(len(level)) == (finite[0] if len(finite) else -1)


def _against(
    level: np.ndarray, common: np.ndarray, bend: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Δ ln I against other rows, at the smaller one of the two chords' voltages."""
    if not len(level):
        return level
    other = np.maximum(rows, 0)
    volt = np.minimum(common, common[other])
    now = level + _carried(volt, common, bend)
    then = level[other] + _carried(volt, common[other], bend[other])
    return np.where(rows >= 0, now - then, np.nan)


def _carried(volt: np.ndarray, chord: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Δ ln G from the chord's voltage down to a lower one.

    The curve is I ∝ sinh(xV/V*) with cosh(x/2) = I(V*)/2I(V*/2) above 1, and the sine below.
    """
    share = np.minimum(volt / chord, 1.0)
    up = 2.0 * np.arccosh(np.maximum(curvature, 1.0))
    down = 2.0 * np.arccos(np.clip(curvature, 1e-9, 1.0))
    rising = np.log(np.sinh(up * share) / (share * np.sinh(up)))
    falling = np.log(np.sin(down * share) / (share * np.sin(down)))
    bent = np.where(curvature > 1.0, rising, falling)
    return np.where((share == 1.0) | (np.abs(curvature - 1.0) < STRAIGHT), 0.0, bent)


def _warming(celsius: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Δ ln I that an ionic path gains by warming from the reference row on (0.40 eV)."""
    if not len(rows):
        return celsius
    before = celsius[np.maximum(rows, 0)]
    gain = [
        float(np.log(at_reference_temperature(1.0, now, then)))
        if np.isfinite(now) and np.isfinite(then)
        else np.nan
        for now, then in zip(celsius, before, strict=True)
    ]
    return np.array(gain)


def _trends(level: np.ndarray, series: np.ndarray, sweep: np.ndarray) -> np.ndarray:
    """Slope of ln I a sweep over the series so far."""
    out = np.full(len(level), np.nan)
    for name in np.unique(series):
        rows = np.flatnonzero((series == name) & np.isfinite(level))
        for k in range(TREND_SWEEPS, len(rows) + 1):
            out[rows[k - 1]] = np.polyfit(sweep[rows[:k]], level[rows[:k]], 1)[0]
    return out


def _ln_over_first(values: np.ndarray) -> np.ndarray:
    positive = np.where(values > 0, values, np.nan)
    return np.log(positive / reference(positive))
