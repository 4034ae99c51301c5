"""Rate test and critical current density: closed forms and made-up ramps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softbreak.physics import rate as rt
from softbreak.physics.charge_transfer import charge_transfer_trend

DENSITIES = np.array([0.1, 0.2, 0.5, 1.0, 2.0])


def ramp(resistances, cycles=5, capacity=1.0):
    j = np.repeat(DENSITIES, 2 * cycles)
    v = j * np.repeat(resistances, 2 * cycles)
    return j, v, np.full(len(j), capacity)


def test_an_ohmic_cell_has_exponent_one_and_tafel_bends_it_below_but_never_under_zero():
    assert rt.local_exponent(DENSITIES, 0.1 * DENSITIES) == pytest.approx(np.ones(4))
    kinetics = np.arcsinh(DENSITIES / 0.05)
    exponent = rt.local_exponent(DENSITIES, kinetics)
    assert ((exponent > 0) & (exponent < 1)).all()
    assert set(rt.unchanged_or_lower(DENSITIES, kinetics)) == {"higher"}


def test_unchanged_and_lower_are_told():
    v = np.array([0.1, 0.2, 0.2, 0.15, 0.3])
    assert rt.unchanged_or_lower(DENSITIES, v).tolist() == [
        "higher",
        "unchanged",
        "lower",
        "higher",
    ]
    # a fall within the scatter is called unchanged
    noisy = rt.unchanged_or_lower(DENSITIES, v, 0.05)
    assert noisy.tolist() == ["higher", "unchanged", "unchanged", "higher"]


def test_falling_currents_are_no_rate_test():
    assert set(rt.unchanged_or_lower(DENSITIES[::-1], DENSITIES[::-1])) == {""}


def test_steps_gather_half_cycles():
    j, v, q = ramp(np.full(5, 0.1), cycles=3)
    steps = rt.steps_of(np.where(np.arange(len(j)) % 2, -j, j), v, q)
    assert steps.current_density == pytest.approx(DENSITIES)
    assert steps.cycles.tolist() == [3] * 5
    assert steps.first.tolist() == [0, 6, 12, 18, 24]
    assert steps.overpotential_sd == pytest.approx(np.zeros(5), abs=1e-15)
    assert len(rt.steps_of([], [], []).current_density) == 0


def test_critical_current_with_all_that_belongs_to_it():
    # ohmic until 1.0, then a third of the resistance at 2.0: 0.067 V instead of 0.1 V before
    j, v, q = ramp([0.1, 0.1, 0.1, 0.1, 0.033], capacity=3.0)
    found = rt.critical_current(rt.steps_of(j, v, q), q)
    assert (found.density, found.failed_at, found.sign) == (1.0, 2.0, "lower")
    # by hand: 4 sound steps of 10 half-cycles of 3 mAh cm-2
    assert found.cumulative_capacity == pytest.approx(120.0)
    assert (found.fewest_cycles, found.enough_cycles, found.enough_capacity) == (5, True, True)


def test_collapse_inside_the_last_step_is_found_at_its_end():
    j, v, q = ramp(np.full(5, 0.1), cycles=1, capacity=0.1)
    v[-1] = 0.001
    found = rt.critical_current(rt.steps_of(j, v, q), q)
    assert (found.failed_at, found.sign) == (2.0, "collapse")
    assert not found.enough_cycles
    assert not found.enough_capacity
    assert found.fewest_cycles == 1


def test_no_failure_gives_only_a_lower_bound():
    j, v, q = ramp(np.full(5, 0.1))
    found = rt.critical_current(rt.steps_of(j, v, q), q)
    assert found.density == 2.0
    assert np.isnan(found.failed_at)
    assert found.sign == ""
    empty = rt.critical_current(rt.steps_of([], [], []), [])
    assert np.isnan(empty.density)


def there_and_back(resistances, densities=(0.5, 1.0, 2.0, 0.5)):
    j = np.repeat(densities, 10)
    return rt.steps_of(j, j * np.repeat(resistances, 10), np.ones(len(j))), np.ones(len(j))


def test_a_short_shows_on_the_way_back():
    steps, charge = there_and_back([0.1, 0.098, 0.092, 0.04])
    found = rt.critical_current(steps, charge)
    assert (found.density, found.failed_at, found.sign) == (1.0, 2.0, "return")
    (back,) = rt.returns(steps)
    assert back[:3] == (3, 0, 2)
    assert back.change == pytest.approx(-0.6)


@pytest.mark.parametrize(
    ("resistances", "densities"),
    [
        ([0.1, 0.098, 0.092, 0.1], (0.5, 1.0, 2.0, 0.5)),  # kinetics alone
        ([0.1, 0.098, 0.092, 0.13], (0.5, 1.0, 2.0, 0.5)),  # it grew
        ([0.1, 0.098, 0.092, 0.04], (0.5, 1.0, 2.0, 4.0)),  # no way back: another sign
    ],
)
def test_a_way_back_like_the_way_up_is_no_sign(resistances, densities):
    steps, charge = there_and_back(resistances, densities)
    assert rt.critical_current(steps, charge).sign in ("", "lower", "unchanged")
    assert all(back.change > -0.01 for back in rt.returns(steps))


def test_a_current_between_two_of_the_way_up_is_compared_with_both():
    steps, _ = there_and_back([0.1, 0.1, 0.1, 0.05], (0.5, 1.0, 2.0, 0.7))
    (back,) = rt.returns(steps)
    assert back.change == pytest.approx(-0.5)


def test_warmth_that_was_logged_is_taken_out_of_the_way_back():
    steps, charge = there_and_back([0.1, 0.1, 0.1, 0.06])
    cooled = np.array([1.0, 1.0, 1.0, 1.6])
    assert rt.critical_current(steps, charge).sign == "return"
    assert rt.critical_current(steps, charge, relative=cooled).sign == ""


def test_fraction_if_ohmic():
    found = rt.fraction_if_ohmic(DENSITIES, [0.01, 0.02, 0.05, 0.05, 0.04])
    # by hand: resistances 0.1 0.1 0.1 0.05 0.02
    assert found == pytest.approx([0, 0, 0, 0.5, 0.8])
    assert rt.fraction_if_ohmic([], []).shape == (0,)


@given(st.floats(-1.5, 3), st.floats(1e-3, 1e3))
def test_exponent_of_a_power_law_whatever_the_units(power, unit):
    v = unit * DENSITIES**power
    assert rt.local_exponent(unit * DENSITIES, v) == pytest.approx(np.full(4, power), abs=1e-6)


def test_trend_of_a_falling_charge_transfer_resistance():
    cycle = np.arange(10.0)
    trend = charge_transfer_trend(cycle, 100.0 * np.exp(-0.02 * cycle))
    assert trend.slope == pytest.approx(-0.02)
    assert trend.slope_interval()[1] < 0
    assert np.isnan(charge_transfer_trend([0, 1], [0.0, -1.0]).slope)


def test_another_visit_of_one_current_is_compared_with_the_first():
    steps, charge = there_and_back([0.1, 0.1, 0.1, 0.05], (1.0, 2.0, 1.0, 2.0))
    found = rt.critical_current(steps, charge)
    assert (found.density, found.failed_at, found.sign) == (1.0, 2.0, "again")
    # a current that was carried before and fails later is told by the highest between
    steps, charge = there_and_back([0.1, 0.1, 0.1, 0.1, 0.03], (0.5, 1.0, 2.0, 0.5, 1.0))
    found = rt.critical_current(steps, charge)
    assert (found.density, found.failed_at, found.sign) == (1.0, 2.0, "return")
    steps, charge = there_and_back([0.1] * 4, (1.0, 2.0, 1.0, 2.0))
    assert rt.critical_current(steps, charge).sign == ""


def test_warmth_that_was_logged_is_taken_out_of_the_way_up():
    steps, charge = there_and_back([0.1, 0.1, 0.06], (0.5, 1.0, 1.5))
    assert rt.critical_current(steps, charge).sign == "lower"
    assert rt.critical_current(steps, charge, relative=np.array([1.0, 1.0, 1.7])).sign == ""


@given(st.floats(0.05, 20.0), st.floats(1.2, 3.0), st.floats(0.0, 3.0))
def test_no_kinetics_are_a_fall(exchange, factor, ohmic):
    j = factor ** np.arange(6.0)
    v = np.arcsinh(j / exchange) + ohmic * j
    steps, _ = there_and_back(v / j, j)
    assert rt.falls(steps) == []


def test_a_bend_that_kinetics_do_not_make_is_a_fall():
    (fall,) = rt.falls(there_and_back([0.1, 0.1, 0.06, 0.06], (0.5, 1.0, 2.0, 3.0))[0])
    assert (fall.step, fall.how) == (2, "up")
    assert fall.change == pytest.approx(-0.35, abs=0.05)
    # it grew, and fell back although the current rose
    falls = rt.falls(there_and_back([0.06, 0.12, 0.07], (0.5, 1.0, 2.0))[0])
    assert [one.how for one in falls] == ["up"]
