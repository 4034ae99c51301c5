"""Half-cycle statistics against a slow and obvious version, and by hand."""

import numpy as np
import pytest

from softbreak.features.kernels.half_cycle import STATISTICS, half_cycle_statistics, sample_noise


def obvious(time, voltage, imposed, temperature, a, b, sign):
    """The same numbers, written to be read."""
    skip = 2 if b - a > 6 else 0
    t, v, i = time[a:b], voltage[a:b] * sign, np.abs(imposed[a:b])
    w = np.zeros(b - a)
    for k in range(b - a):
        left = t[k] - t[k - 1] if k else 0.0
        right = t[k + 1] - t[k] if k + 1 < b - a else 0.0
        w[k] = 0.5 * (left + right)
    kept = slice(skip, None)
    late = t >= 0.5 * (t[skip] + t[-1])
    late[:skip] = False
    return {
        "start_time_second": t[0],
        "end_time_second": t[-1],
        "samples": b - a,
        "charge_ampere_second": (w * i).sum(),
        "current_ampere": np.average(i[kept], weights=w[kept]),
        "voltage_volt": np.average(v[kept], weights=w[kept]),
        "late_voltage_volt": np.average(v[late], weights=w[late]),
        "first_voltage_volt": v[skip : skip + 3].mean(),
        "last_voltage_volt": v[-3:].mean(),
        "largest_voltage_volt": np.abs(v[kept]).max(),
        "longest_interval_second": np.diff(t).max(),
        "temperature_celsius": np.average(temperature[a:b][kept], weights=w[kept]),
    }


@pytest.mark.parametrize("seed", range(5))
def test_statistics_equal_the_obvious_version(seed):
    rng = np.random.default_rng(seed)
    n = 200
    time = np.cumsum(rng.exponential(30.0, n))
    voltage = rng.normal(0.1, 0.02, n)
    imposed = rng.normal(1e-3, 1e-4, n)
    warmth = rng.normal(25.0, 1.0, n)
    starts, stops, signs = np.array([0, 60, 65]), np.array([60, 65, 200]), np.array([1, -1, 1])
    found = half_cycle_statistics(time, voltage, imposed, warmth, starts, stops, signs)
    for row, a, b, sign in zip(found, starts, stops, signs, strict=True):
        told = dict(zip(STATISTICS, row, strict=True))
        for name, value in obvious(time, voltage, imposed, warmth, a, b, sign).items():
            assert told[name] == pytest.approx(value, rel=1e-9), name


def test_float32_input_is_accumulated_in_double_precision():
    n = 100_000
    time = np.arange(n, dtype=np.float64)
    voltage = np.full(n, 0.1, dtype=np.float32)
    one = np.ones(n, dtype=np.float32)
    row = half_cycle_statistics(
        time, voltage, one, np.empty(0), np.array([0]), np.array([n]), np.array([1])
    )[0]
    assert dict(zip(STATISTICS, row, strict=True))["voltage_volt"] == pytest.approx(
        float(np.float32(0.1)), rel=1e-12
    )


def test_a_single_sample_is_its_own_mean():
    row = half_cycle_statistics(
        np.array([5.0]),
        np.array([-0.2]),
        np.array([-1e-3]),
        np.empty(0),
        np.array([0]),
        np.array([1]),
        np.array([-1]),
    )[0]
    told = dict(zip(STATISTICS, row, strict=True))
    assert told["voltage_volt"] == 0.2
    assert told["charge_ampere_second"] == 0.0
    assert np.isnan(told["temperature_celsius"])


def test_noise_is_blind_to_one_step_and_sees_the_converter():
    rng = np.random.default_rng(0)
    smooth = 0.1 + 1e-4 * rng.standard_normal(400)
    stepped = smooth - 0.08 * (np.arange(400) > 200)
    assert sample_noise(stepped, 0, 400) == pytest.approx(sample_noise(smooth, 0, 400), rel=0.05)
    assert sample_noise(smooth, 0, 400) == pytest.approx(1e-4, rel=0.2)
    coarse = np.round(smooth / 3e-4) * 3e-4
    assert sample_noise(coarse, 0, 400) >= 3e-4 * (1 - 1e-9)
