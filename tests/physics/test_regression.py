"""Straight lines against scipy, and Student's t against its tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from softbreak.physics.regression import line, student_95


@pytest.mark.parametrize("freedom", [1, 2, 5, 10, 11, 15, 30, 100, 10_000])
def test_student_quantiles(freedom):
    assert student_95(freedom) == pytest.approx(stats.t.ppf(0.95, freedom), abs=6e-4)


def test_no_freedom_means_no_knowledge():
    assert student_95(0) == np.inf
    two = line([0.0, 1.0], [1.0, 3.0])
    assert (two.slope, two.intercept) == (2.0, 1.0)
    assert two.slope_interval() == (-np.inf, np.inf)


def test_unweighted_line_is_that_of_scipy():
    rng = np.random.default_rng(3)
    x = np.arange(12.0)
    y = 2.0 - 0.3 * x + 0.1 * rng.standard_normal(12)
    found, wanted = line(x, y), stats.linregress(x, y)
    assert found.slope == pytest.approx(wanted.slope)
    assert found.slope_sd == pytest.approx(wanted.stderr)
    assert found.intercept_sd == pytest.approx(wanted.intercept_stderr)


def test_known_errors_hold_where_the_points_scatter_less():
    x, y = np.arange(5.0), 1.0 + 2.0 * np.arange(5.0)
    # by hand: sd of a slope = sigma / sqrt(sum (x - mean)^2) = 0.5 / sqrt(10)
    assert line(x, y, 0.5).slope_sd == pytest.approx(0.5 / np.sqrt(10.0))
    assert line(x, y).slope_sd == pytest.approx(0.0, abs=1e-12)


def test_missing_points_are_left_out_and_one_place_is_no_line():
    assert line([0, 1, np.nan, 2], [0, 1, 5, 2]).slope == pytest.approx(1.0)
    assert np.isnan(line([1, 1, 1], [0, 1, 2]).slope)
    assert np.isnan(line([], []).slope)


def test_curvature_is_seen_and_straightness_too():
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 40)
    noise = 0.01 * rng.standard_normal(40)
    assert abs(line(x, 3 * x + noise).curvature_z) < 3
    assert line(x, 3 * x + 0.2 * x**2 + noise).curvature_z > 3
    assert line(x, 3 * x - 0.2 * x**2 + noise).curvature_z < -3


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.1, 100))
def test_units_of_x_only_scale_the_slope(slope, level, scale):
    x = np.array([0.0, 1.0, 2.5, 4.0])
    y = level + slope * x + np.array([0.1, -0.1, 0.05, -0.05])
    one, other = line(x, y), line(x * scale, y)
    assert other.slope * scale == pytest.approx(one.slope, abs=1e-9)
    assert other.slope_sd * scale == pytest.approx(one.slope_sd, rel=1e-6)
    assert other.intercept == pytest.approx(one.intercept, abs=1e-8)
