"""Voltammetry features against hand calculations and a slow, obvious version."""

import numpy as np
import pandas as pd
import pytest

from softbreak.features.evidence.cell_evidence import SWEEP_COLUMNS
from softbreak.features.families.voltammetry import AGE, FEATURES, TELLINGS, voltammetry_features
from softbreak.physics.voltammetry import analyse

NAMES = [feature.name for feature in FEATURES if feature.name != AGE]


def sweeps(resistance, **columns):
    """Straight sweeps of ±0.1 V at 1 mV/s over these resistances."""
    ohm = np.asarray(resistance, dtype=np.float64)
    count = len(ohm)
    table = {
        "series": np.arange(count),
        "sweep": np.zeros(count, int),
        "peak_current": 0.1 / ohm,
        "window": 0.1,
        "middle": 0.0,
        "scan_rate": 1e-3,
        "chord_resistance": ohm,
        "linearity": 1.0,
        "largest_jump": 0.0,
        "charge": 0.1**2 / (1e-3 * ohm),
        "temperature_celsius": 25.0,
        "hysteresis": 0.0,
        "curvature": 1.0,
        "common_voltage": 0.08,
        "asymmetry": 0.0,
        "peak_before_vertex": 0.0,
        "start_time_second": np.arange(count) * 3600.0,
        "end_time_second": np.arange(count) * 3600.0 + 400.0,
    }
    return pd.DataFrame(table | columns, columns=list(SWEEP_COLUMNS))


def test_equation_3_by_hand():
    found = voltammetry_features(sweeps([100.0, 80.0, 160.0]))
    # I: 1, 1.25, 0.625 mA
    assert found["cv_omega_previous"].to_numpy()[1:] == pytest.approx([0.25, -0.5])
    assert found["cv_omega_initial"].to_numpy()[1:] == pytest.approx([0.25, -0.375])
    assert found["cv_peak_omega_previous"].to_numpy()[1:] == pytest.approx([0.25, -0.5])
    assert found["cv_omega_running_max"].to_numpy()[1:] == pytest.approx([0.25, -0.5])
    assert found["cv_omega_running_min"].to_numpy()[1:] == pytest.approx([0.25, -0.375])
    assert found.filter(like="omega").iloc[0].isna().all()


def test_warming_is_taken_out_where_it_was_logged():
    # 10 K at 25 °C and 0.40 eV: a factor exp(0.4/8.617e-5 (1/298.15 - 1/308.15)) = 1.6575
    gain = np.exp(0.4 / 8.617333262e-5 * (1 / 298.15 - 1 / 308.15))
    warm = sweeps([100.0, 100.0 / gain], temperature_celsius=np.array([25.0, 35.0]))
    found = voltammetry_features(warm).iloc[1]
    assert found["cv_omega_initial"] == pytest.approx(0.6575, abs=1e-3)
    assert found["cv_omega_temperature_corrected"] == pytest.approx(0.0, abs=1e-9)
    unlogged = sweeps([100.0, 60.0], temperature_celsius=np.array([25.0, np.nan]))
    assert np.isnan(voltammetry_features(unlogged)["cv_omega_temperature_corrected"].iloc[1])


def test_another_window_is_compared_at_a_common_voltage():
    # one cell, I = sinh(V / 50 mV): the wide window's peak is 3 times as high, the cell the same
    rows = []
    for window in (0.10, 0.16):
        ramp = np.concatenate([np.linspace(0, window, 200), np.linspace(window, -window, 400)])
        ramp = np.concatenate([ramp, np.linspace(-window, 0, 200)])
        found = analyse(np.arange(len(ramp)) * 1.0, ramp, 1e-3 * np.sinh(ramp / 0.05))
        rows.append({name: getattr(found, name) for name in found._fields})
    table = sweeps([1.0, 1.0])
    for name in ("peak_current", "window", "chord_resistance", "curvature"):
        table[name] = [float(row[name][0]) for row in rows]
    table["common_voltage"] = [row["common_voltage"] for row in rows]
    found = voltammetry_features(table).iloc[1]
    assert np.isnan(found["cv_peak_omega_previous"])  # the paper's rule cannot be asked
    assert abs(found["cv_omega_initial"]) < 1e-3
    assert table["peak_current"].iloc[1] / table["peak_current"].iloc[0] > 3
    assert found["cv_ln_window_over_initial"] == pytest.approx(np.log(1.6))


def test_a_trend_needs_three_sweeps_of_one_series():
    table = sweeps(100.0 * np.exp(-0.1 * np.arange(4)), series=np.zeros(4), sweep=np.arange(4))
    trend = voltammetry_features(table)["cv_series_trend"].to_numpy()
    assert np.isnan(trend[:2]).all()
    assert trend[2:] == pytest.approx([0.1, 0.1])
    assert voltammetry_features(sweeps([100.0] * 4))["cv_series_trend"].isna().all()


def test_against_the_cycling_before_it():
    found = voltammetry_features(
        sweeps([100.0, 50.0]),
        cycled_charge=np.array([2.0, 0.4]),
        cycled_resistance=np.array([100.0, 100.0]),
        floor_ohm=25.0,
    )
    # Q = V²/(s R) = 0.1, 0.2 C
    assert found["cv_charge_over_cycled"].to_numpy() == pytest.approx([0.05, 0.5])
    assert found["cv_ln_chord_over_cycling"].to_numpy() == pytest.approx([0.0, -np.log(2)])
    assert found["cv_ln_chord_over_floor"].to_numpy() == pytest.approx([np.log(4), np.log(2)])


def slow_omegas(resistance):
    """Loops over conductances, ignoring sweeps without one."""
    rows = []
    for k, now in enumerate(resistance):
        before = [r for r in resistance[:k] if np.isfinite(r) and r > 0]
        sound = np.isfinite(now) and now > 0 and before
        against = (before[-1], before[0], min(before), max(before)) if sound else (np.nan,) * 4
        rows.append([r / now - 1 if sound else np.nan for r in against])
    return np.array(rows)


def test_loops_say_the_same_with_sweeps_missing():
    rng = np.random.default_rng(5)
    ohm = np.exp(rng.normal(4, 0.3, 40))
    ohm[rng.integers(0, 40, 8)] = np.nan
    ohm[0], ohm[7] = np.nan, -3.0
    found = voltammetry_features(sweeps(ohm))
    names = ["previous", "initial", "running_max", "running_min"]
    columns = found[[f"cv_omega_{name}" for name in names]].to_numpy()
    assert columns == pytest.approx(slow_omegas(ohm), nan_ok=True)


def test_no_row_looks_ahead():
    rng = np.random.default_rng(6)
    table = sweeps(
        np.exp(rng.normal(4, 0.3, 12)),
        window=rng.uniform(0.05, 0.2, 12),
        common_voltage=rng.uniform(0.05, 0.2, 12),
        curvature=rng.uniform(1, 1.3, 12),
        series=np.arange(12) // 4,
        sweep=np.arange(12) % 4,
    )
    whole = voltammetry_features(table)
    for k in range(12):
        pd.testing.assert_frame_equal(voltammetry_features(table.iloc[:k]), whole.iloc[:k])


def test_nothing_in_nothing_out():
    assert voltammetry_features(sweeps([])).columns.to_list() == NAMES
    one = voltammetry_features(sweeps([np.nan]))
    assert one.filter(like="omega").isna().to_numpy().all()


def test_every_feature_is_told():
    assert set(TELLINGS) == set(NAMES)
