import itertools

import numpy as np
import pytest

from softbreak.features.kernels.half_cycle import SKIPPED_SAMPLES
from softbreak.features.kernels.waveforms import FEWEST_SAMPLES, POINTS, half_cycle_waveforms


def slow(time, voltage, imposed, points):
    """Integrate V/I finely, bin by bin: slow and obvious."""
    good = np.isfinite(voltage) & np.isfinite(imposed) & (imposed != 0)
    value = voltage[good] / imposed[good]
    moments = time[good]
    edges = np.linspace(time[0], time[-1], points + 1)
    out = []
    for left, right in itertools.pairwise(edges):
        knots = np.union1d(moments[(moments > left) & (moments < right)], [left, right])
        level = np.interp(knots, moments, value)
        out.append(np.trapezoid(level, knots) / (right - left))
    return np.array(out)


def half_cycle(rng, count, sign=1.0):
    time = np.cumsum(rng.exponential(10.0, count))
    current = np.full(count, sign * 1e-3)
    voltage = current * (100.0 + np.cumsum(rng.normal(0, 1.0, count)))
    return time, voltage, current


@pytest.mark.parametrize("count", [6, 7, 20, 300])
@pytest.mark.parametrize("points", [3, 48])
def test_equals_the_slow_integral(count, points):
    rng = np.random.default_rng(count)
    time, voltage, current = half_cycle(rng, count)
    one = np.array([0])
    found = half_cycle_waveforms(time, voltage, current, one, one + count, points)[0]
    begin = SKIPPED_SAMPLES if count > 3 * SKIPPED_SAMPLES else 0
    if count - begin < FEWEST_SAMPLES:
        assert np.isnan(found).all()
        return
    expected = slow(time[begin:], voltage[begin:], current[begin:], points)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_missing_samples_are_bridged_and_the_last_value_held():
    rng = np.random.default_rng(1)
    time, voltage, current = half_cycle(rng, 60)
    voltage[30:35] = np.nan
    voltage[55:] = np.nan
    one = np.array([0])
    found = half_cycle_waveforms(time, voltage, current, one, one + 60, 10)[0]
    expected = slow(time[2:], voltage[2:], current[2:], 10)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_sign_of_the_current_does_not_matter():
    rng = np.random.default_rng(2)
    time, voltage, current = half_cycle(rng, 80)
    one = np.array([0])
    there = half_cycle_waveforms(time, voltage, current, one, one + 80)
    back = half_cycle_waveforms(time, -voltage, -current, one, one + 80)
    np.testing.assert_array_equal(there, back)


def test_a_straight_line_comes_out_as_the_middles_of_its_bins():
    # R = 1 + t over 12 s after the two skipped samples, four bins of 3 s: R at their middles
    time = np.arange(-2.0, 13.0)
    current = np.full(15, 2.0)
    one = np.array([0])
    found = half_cycle_waveforms(time, current * (1 + time), current, one, one + 15, 4)[0]
    np.testing.assert_allclose(found, [2.5, 5.5, 8.5, 11.5], rtol=1e-6)


@pytest.mark.parametrize("kind", ["short", "no time", "nothing finite", "no current"])
def test_degenerate_half_cycles_have_no_shape(kind):
    count = 5 if kind == "short" else 30
    time = np.zeros(count) if kind == "no time" else np.arange(count, dtype=float)
    voltage = np.full(count, np.nan if kind == "nothing finite" else 0.1)
    current = np.full(count, 0.0 if kind == "no current" else 1e-3)
    one = np.array([0])
    assert np.isnan(half_cycle_waveforms(time, voltage, current, one, one + count)).all()


def test_each_half_cycle_is_alone():
    rng = np.random.default_rng(3)
    time, voltage, current = half_cycle(rng, 200)
    starts, stops = np.array([0, 70, 150]), np.array([70, 150, 200])
    together = half_cycle_waveforms(time, voltage, current, starts, stops)
    assert together.shape == (3, POINTS) and together.dtype == np.float32
    for k in range(3):
        a, b = starts[k], stops[k]
        alone = half_cycle_waveforms(
            time[a:b], voltage[a:b], current[a:b], np.array([0]), np.array([b - a])
        )[0]
        np.testing.assert_array_equal(together[k], alone)
