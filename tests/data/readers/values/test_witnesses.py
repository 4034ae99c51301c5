"""Two clocks of one file, and the units of temperatures."""

import numpy as np
import pytest

from softbreak.data.readers.values.units import checked_celsius
from softbreak.data.readers.values.witnesses import reconciled

ROWS = 500
TIME = np.arange(ROWS) * 60.0
WALL = 1.7e9 + TIME


@pytest.mark.parametrize("unit", [1e-3, 60.0, 3600.0, 86_400.0, 1e3])
def test_a_plain_factor_is_a_unit(unit):
    clock = reconciled(TIME / unit, WALL, None)
    np.testing.assert_allclose(clock.time, TIME)
    assert "disagree" in clock.sentence


@pytest.mark.parametrize(
    "wall",
    [
        WALL,
        None,
        np.full(ROWS, np.nan),
        WALL + 7200.0 * (TIME > 9000),  # a pause
        WALL + 59 * TIME * (TIME > 25_000) - 59 * 25_000 * (TIME > 25_000),  # a long one
        np.floor(WALL / 86_400.0) * 86_400.0,  # dates without a clock
        1.7e9 + 1.3 * TIME,  # no unit
    ],
)
def test_other_differences_are_none(wall):
    clock = reconciled(TIME, wall, None)
    assert clock.time is TIME
    assert not clock.sentence


def test_durations_told_at_the_ends_of_steps_are_added():
    length = np.array([3600.0, 1800.0, 3600.0, 3600.0, 1800.0])
    step = np.arange(5)
    for wall in (None, 1.7e9 + np.cumsum(length)):
        clock = reconciled(length, wall, step, restarts=True)
        np.testing.assert_allclose(clock.time, np.cumsum(length))
        assert "steps" in clock.sentence


def test_a_time_that_restarts_runs_on():
    told = np.array([0.0, 10.0, 20.0, 0.0, 10.0])
    assert reconciled(told, None, None, restarts=True).time.tolist() == [0, 10, 20, 20, 30]


def test_a_clock_that_does_not_move_is_replaced():
    clock = reconciled(np.full(ROWS, 8e6), WALL, None)
    np.testing.assert_allclose(clock.time, TIME)
    assert "stands still" in clock.sentence


@pytest.mark.parametrize(
    ("values", "celsius", "word"),
    [
        ([25.0, 35.0], [25.0, 35.0], ""),
        ([150.0, 170.0], [150.0, 170.0], ""),
        ([298.15, 308.15], [25.0, 35.0], "kelvin"),
        ([333.0, 353.0], None, "left out"),
        ([250.0, 350.0], [25.0, 35.0], "tenths"),
        ([2981.0, 3081.0], None, "left out"),
    ],
)
def test_lithium_has_not_melted(values, celsius, word):
    found, sentence = checked_celsius(np.array(values))
    assert (found is None) is (celsius is None)
    if celsius is not None:
        np.testing.assert_allclose(found, celsius)
    assert word in sentence


@pytest.mark.parametrize("lost", [0.0, 85.0, -40.0, 250.31])
def test_what_a_lost_probe_writes_is_no_temperature(lost):
    measured = 25.0 + 0.01 * np.arange(40)
    values = measured.copy()
    values[10:14] = values[30:33] = lost
    found, sentence = checked_celsius(values)
    np.testing.assert_array_equal(found, np.where(values == lost, np.nan, measured))
    assert "7 of 40" in sentence and "left out" in sentence


@pytest.mark.parametrize(
    "values",
    [
        np.repeat([25.0, 0.0, 25.0, 0.0], 20),  # what a chamber is set to
        np.linspace(-20.0, 40.0, 61),  # on the way through 0 °C
        np.concatenate([25.0 + 0.01 * np.arange(20), np.full(20, 60.0)]),  # it stays there
    ],
)
def test_a_temperature_may_be_zero_or_stand(values):
    found, sentence = checked_celsius(values)
    np.testing.assert_array_equal(found, values)
    assert not sentence


@pytest.mark.parametrize("values", [[], [np.nan] * 3, [np.nan, np.inf]])
def test_a_temperature_without_any_number_says_nothing(values):
    found, sentence = checked_celsius(np.array(values))
    assert found is not None
    assert len(found) == len(values)
    assert sentence == ""
