"""Half-cycle statistics against a slow and obvious version, and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def one_by_one(time, voltage, imposed, temperature, sign):
    """Sums in the order of the samples, as floating point has them: to the bit."""
    n, sums = len(time), dict.fromkeys("wcfgplmh", 0.0)
    skip, warmth, warm = (2 if n > 6 else 0), 0.0, 0.0
    middle = 0.5 * (time[skip] + time[-1])
    for k in range(n):
        left = time[k] - time[k - 1] if k else 0.0
        right = time[k + 1] - time[k] if k + 1 < n else 0.0
        w = 0.5 * (left + right)
        passed = w * abs(imposed[k])
        sums["c"] += passed
        if k < skip:
            continue
        if n == 1:
            w, passed = 1.0, abs(imposed[k])
        sums["w"] += w
        sums["f"] += passed
        sums["g"] += passed * abs(imposed[k])
        sums["p"] += w * (voltage[k] * sign)
        if time[k] >= middle:
            sums["l"] += w
            sums["m"] += w * (voltage[k] * sign)
            sums["h"] += passed
        if np.isfinite(temperature[k]):
            warmth += w * temperature[k]
            warm += w
    if sums["w"] <= 0.0:
        last = abs(imposed[-1])
        sums |= {"w": 1.0, "p": voltage[-1] * sign, "f": last, "g": last * last}
    if sums["l"] <= 0.0:
        sums |= {"l": sums["w"], "m": sums["p"], "h": sums["f"]}
    mean = sums["f"] / sums["w"]
    spread = np.sqrt(max(sums["g"] / sums["w"] - mean * mean, 0.0))
    late = (sums["m"] / sums["l"], sums["h"] / sums["l"])
    told = [sums["c"], mean, spread, sums["p"] / sums["w"], *late]
    return [*told, warmth / warm if warm > 0.0 else np.nan]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_many_at_a_time_gives_the_bits_of_one_by_one(seed, n):
    rng = np.random.default_rng(seed)
    time = np.cumsum(rng.choice([0.0, 0.1, 1.0, 60.0], n)) if seed % 3 else np.full(n, 7.0)
    voltage, imposed = rng.normal(0.0, 0.1, n), rng.normal(1e-3, 1e-4, n)
    warmth = np.where(rng.random(n) < 0.3, np.nan, 25.0 + rng.standard_normal(n))
    warmth = np.full(n, np.nan) if seed % 5 == 0 else warmth
    ends = (np.array([0]), np.array([n]), np.array([-1]))
    row = half_cycle_statistics(time, voltage, imposed, warmth, *ends)[0]
    found = row[[3, 4, 5, 6, 7, 8, 14]]
    np.testing.assert_array_equal(found, one_by_one(time, voltage, imposed, warmth, -1))
    assert row[11] == np.abs(voltage[2 if n > 6 else 0 :]).max()
    assert row[13] == np.diff(time).max(initial=0.0)


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
