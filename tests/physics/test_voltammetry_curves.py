"""Cyclic voltammetry as arrays: closed forms."""

import itertools
from itertools import pairwise

import numpy as np
import pytest

from softbreak.physics.sweep_turns import cycle_bounds, turning_points
from softbreak.physics.voltammetry import analyse, current_increase


def ramp(*corners, step=1e-3):
    pieces = [
        np.linspace(a, b, round(abs(b - a) / step) + 1)[int(k > 0) :]
        for k, (a, b) in enumerate(itertools.pairwise(corners))
    ]
    return np.concatenate(pieces)


VOLTAGE = ramp(0, 0.1, -0.1, 0.1, -0.1, 0.1, -0.1, 0.0)


def test_turning_points_are_the_vertices():
    assert np.abs(VOLTAGE[turning_points(VOLTAGE)]) == pytest.approx(0.1)
    assert len(turning_points(VOLTAGE)) == 6


def test_noise_does_not_turn_a_sweep():
    rng = np.random.default_rng(0)
    noisy = VOLTAGE + 5e-4 * rng.standard_normal(len(VOLTAGE))
    assert len(turning_points(noisy)) == 6


def _turns_sample_by_sample(values):
    """Turns as they are declared: no value is left out."""
    needed, turns, extreme, direction = 0.02 * np.ptp(values), [], 0, 0
    for k, value in enumerate(values):
        away = value - values[0]
        if direction == 0:
            direction = 0 if abs(away) <= needed else int(np.sign(away))
            extreme = k if value != values[extreme] else extreme
        elif (value - values[extreme]) * direction > 0:
            extreme = k
        elif (values[extreme] - value) * direction > needed:
            turns.append(extreme)
            extreme, direction = k, -direction
    return turns


@pytest.mark.parametrize("digits", [0, 1, 9])
def test_turns_are_those_of_every_sample(digits):
    rng = np.random.default_rng(digits)
    for scatter in (0.0, 0.3, 3.0):
        values = 5.0 * np.sin(np.arange(300) / 9.0) + scatter * rng.standard_normal(300)
        values = np.round(values, digits)
        assert turning_points(values).tolist() == _turns_sample_by_sample(values.tolist())


@pytest.mark.parametrize("strange", [np.nan, np.inf])
def test_a_voltage_that_is_no_number_turns_nowhere(strange):
    values = np.sin(np.arange(100.0))
    values[50] = strange
    with np.errstate(invalid="ignore"):
        assert not len(turning_points(values))
    assert not len(turning_points(np.zeros(100)))


def test_cycles_end_at_every_second_vertex():
    assert len(cycle_bounds(VOLTAGE)) - 1 == 3


def test_a_resistor_is_a_straight_line():
    found = analyse(np.arange(len(VOLTAGE)) * 5.0, VOLTAGE, VOLTAGE / 50.0)
    assert found.chord_resistance == pytest.approx(50.0)
    assert found.linearity == pytest.approx(1.0)
    assert found.peak_current == pytest.approx(0.1 / 50)
    assert found.hysteresis == pytest.approx(0.0, abs=1e-9)
    assert found.largest_jump == pytest.approx(0.0, abs=1e-9)
    assert found.scan_rate == pytest.approx(1e-3 / 5)


def test_a_current_that_is_counted_the_other_way_round_is_turned():
    time, wavy = np.arange(len(VOLTAGE)) * 5.0, np.sinh(20.0 * VOLTAGE) / 1000.0
    for one, other in zip(analyse(time, VOLTAGE, wavy), analyse(time, VOLTAGE, -wavy), strict=True):
        np.testing.assert_array_equal(one, other)


def test_charge_of_a_half_sweep_is_vm_squared_over_s_r():
    # Q = V_m^2 / (s R): 0.1^2 / (2e-4 * 50) = 1 C
    found = analyse(np.arange(len(VOLTAGE)) * 5.0, VOLTAGE, VOLTAGE / 50.0)
    assert found.charge[1] == pytest.approx(1.0, rel=0.02)


def test_a_bent_curve_is_not_straight():
    found = analyse(np.arange(len(VOLTAGE)) * 1.0, VOLTAGE, 1e-4 * np.sinh(VOLTAGE / 0.03))
    assert (found.linearity < 0.95).all()
    # chord at 0.08 V: 0.08 / (1e-4 sinh(0.08/0.03))
    assert found.chord_resistance == pytest.approx(0.08 / (1e-4 * np.sinh(0.08 / 0.03)), rel=1e-3)


def test_a_jump_inside_a_sweep_is_found():
    current = VOLTAGE / 50.0
    later = np.arange(len(VOLTAGE)) > 0.37 * len(VOLTAGE)
    found = analyse(np.arange(len(VOLTAGE)) * 1.0, VOLTAGE, np.where(later, 2.5 * current, current))
    assert found.largest_jump.max() > 0.15


def test_windows_on_one_side_have_a_chord_too():
    voltage = ramp(0, 0.1, 0, 0.1, 0)
    found = analyse(np.arange(len(voltage)) * 1.0, voltage, voltage / 20.0)
    assert found.chord_resistance == pytest.approx(20.0)


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="at least 4 samples"):
        analyse(np.arange(3.0), np.arange(3.0), np.arange(3.0))


def test_equation_3_from_one_to_the_next():
    assert current_increase(np.array([1.0, 1.1, 0.55]))[1:] == pytest.approx([0.1, -0.5])
    assert np.isnan(current_increase(np.array([1.0]))[0])


def test_a_sweep_that_favours_one_direction_is_asymmetric():
    # 3 mA at +80 mV, -1 mA at -80 mV: (3 - 1)/(3 + 1) = 0.5
    current = np.where(VOLTAGE > 0, 3.0, 1.0) * VOLTAGE / 80.0
    found = analyse(np.arange(len(VOLTAGE)) * 1.0, VOLTAGE, current)
    assert found.common_voltage == pytest.approx(0.08)
    assert found.asymmetry == pytest.approx(0.5)


def test_a_current_that_gives_way_peaks_before_the_vertex():
    # x exp(-x) has its peak at x = 1, here at 60 mV of 100: 40 % before the vertex
    x = np.abs(VOLTAGE) / 0.06
    current = np.sign(VOLTAGE) * x * np.exp(-x)
    found = analyse(np.arange(len(VOLTAGE)) * 1.0, VOLTAGE, current)
    assert found.peak_before_vertex == pytest.approx(0.4, abs=0.02)
    straight = analyse(np.arange(len(VOLTAGE)) * 1.0, VOLTAGE, VOLTAGE / 50.0)
    assert straight.peak_before_vertex == pytest.approx(0.0, abs=1e-12)


def triangle(*corners, rate=2e-4, interval=1.0):
    """A sweep from corner to corner (V)."""
    legs = [
        np.arange(0.0, abs(b - a), rate * interval) * np.sign(b - a) + a
        for a, b in pairwise(corners)
    ]
    return np.concatenate([*legs, corners[-1:]])


@pytest.mark.parametrize(
    ("corners", "cycles"),
    [
        ((0, 0.1, -0.1, 0, 0.1, -0.1, 0), 2),
        ((0, -0.1, 0.1, 0, -0.1, 0.1, 0), 2),
        ((0, 0.1, -0.1, 0.1, -0.1), 2),  # it ends at a vertex
        ((-0.1, 0.1, -0.1, 0.1, -0.1), 2),
        ((0.03, 0.1, -0.1, 0.03, 0.1, -0.1, 0.03), 2),  # from another rest potential
        ((0, 0.1, 0, 0.1, 0), 2),
        ((0, 0.1, -0.1, 0, 0.2, -0.2, 0), 2),
    ],
)
def test_a_cycle_ends_where_it_began(corners, cycles):
    voltage = triangle(*corners)
    time = np.arange(len(voltage)) * 1.0
    # the resistance halves with the second cycle: nothing of one is in the other
    current = voltage / np.where(np.arange(len(voltage)) < cycle_bounds(voltage)[1], 100.0, 50.0)
    found = analyse(time, voltage, current)
    assert len(found.start) == cycles
    assert found.chord_resistance == pytest.approx([100.0, 50.0], rel=1e-3)


@pytest.mark.parametrize("corners", [(0, 0.1, -0.1, 0), (-0.1, 0.1, -0.1), (0, 0.1, -0.1, 0, 0.04)])
def test_the_charge_of_a_half_cycle_is_that_from_zero_to_zero(corners):
    voltage = triangle(*corners)
    found = analyse(np.arange(len(voltage)) * 1.0, voltage, voltage / 100.0)
    # by hand: V^2 / (s R) = 0.01 / (2e-4 100) C
    assert found.charge.max() == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("shift", [0.0, 0.02, -0.03])
@pytest.mark.parametrize("first", [0.0, 0.15, -0.15, 0.03])
def test_the_charge_runs_from_one_zero_of_the_current_to_the_next(first, shift):
    # (V + |shift|)² / (s R): the larger half-cycle of a line through V = shift
    path = [place for place, _ in itertools.groupby([first, *[0.15, -0.15] * 3, first])]
    legs = [np.linspace(a, b, round(abs(b - a) / 1e-3), endpoint=False) for a, b in pairwise(path)]
    voltage = np.concatenate([*legs, path[-1:]])
    current = (voltage - shift) / 100.0
    found = analyse(5.0 * np.arange(len(voltage)), voltage, current)
    wanted = (0.15 + abs(shift)) ** 2 / (2e-4 * 100.0)
    assert found.charge[1] == pytest.approx(wanted, rel=2e-3)


CLOCK = np.arange(len(VOLTAGE)) * 5.0


def test_noise_makes_no_jump():
    rng = np.random.default_rng(3)
    current = VOLTAGE / 50.0
    noisy = current + 0.05 * current.max() * rng.standard_normal(len(current))
    assert np.abs(analyse(CLOCK, VOLTAGE, noisy).largest_jump).max() == 0.0


def test_a_contact_that_bounces_at_the_chord_changes_nothing():
    current = VOLTAGE / 50.0
    current[int(np.argmax(VOLTAGE >= 0.08))] *= 4.0
    found = analyse(CLOCK, VOLTAGE, current)
    assert found.chord_resistance == pytest.approx(50.0, rel=1e-3)
    assert found.peak_current == pytest.approx(0.1 / 50)


def test_a_contact_that_comes_back_is_no_new_path():
    current = VOLTAGE / 50.0
    lost = slice(430, 455)  # within the second cycle, around half of the window
    current[lost] = 0.0
    jump = analyse(CLOCK, VOLTAGE, current).largest_jump
    assert jump.max() == 0.0
    assert jump.min() < -0.15


def test_what_flows_against_the_voltage_is_the_electrodes_own():
    passive = analyse(CLOCK, VOLTAGE, np.sinh(20.0 * VOLTAGE) / 1000.0)
    assert passive.against_voltage == pytest.approx(0.0, abs=1e-3)
    direction = np.sign(np.gradient(VOLTAGE))
    couple = direction * np.exp(-(((VOLTAGE - 0.04 - 0.01 * direction) / 0.02) ** 2)) / 1000.0
    assert (analyse(CLOCK, VOLTAGE, couple).against_voltage > 0.2).all()


def test_a_sweep_that_ends_just_short_of_its_beginning_leaves_no_cycle_over():
    voltage = ramp(0.05, 0.1, -0.1, 0.05, 0.1, -0.1, 0.05)
    voltage[-1] -= 1e-5
    assert cycle_bounds(voltage)[-1] == len(voltage)
    assert len(cycle_bounds(voltage)) - 1 == 2


def test_a_contact_that_was_lost_over_a_vertex_breaks_both_cycles():
    current = VOLTAGE / 50.0
    current[300:700] = 0.0
    jump = analyse(CLOCK, VOLTAGE, current).largest_jump
    assert (jump[:2] < -0.15).all()


def test_what_a_cell_had_before_a_path_closed():
    current = VOLTAGE / 50.0
    current[50:] *= 3.0
    found = analyse(CLOCK, VOLTAGE, current)
    assert found.largest_jump[0] > 0.15
    assert found.before_jump[0] == pytest.approx(50.0, rel=0.05)
    assert np.isnan(found.before_jump[1:]).all()


def test_noise_alone_has_no_chord():
    nothing = 1e-9 * np.random.default_rng(0).standard_normal(len(VOLTAGE))
    assert np.isnan(analyse(CLOCK, VOLTAGE, nothing).chord_resistance).all()
    faint = VOLTAGE / 50.0 + 0.1 * VOLTAGE.max() / 50.0 * nothing / 1e-9
    assert np.isfinite(analyse(CLOCK, VOLTAGE, faint).chord_resistance).all()


def test_the_rate_of_a_staircase_is_that_of_its_steps():
    stairs = np.repeat(VOLTAGE, 3)
    clock = np.arange(len(stairs)) * 5.0
    assert analyse(clock, stairs, stairs / 50.0).scan_rate == pytest.approx(1e-3 / 15.0)
    # holds between the cycles are no sweep
    held = np.repeat(VOLTAGE, np.where(np.arange(len(VOLTAGE)) % 400 == 0, 900, 1))
    clock = np.arange(len(held)) * 5.0
    assert analyse(clock, held, held / 50.0).scan_rate == pytest.approx(1e-3 / 5.0)
