"""Leakage: closed forms, the paper's factor three, and polarisation of polymers."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from softbreak.physics import leakage as lk
from softbreak.physics.equations import electronic_fraction, mixed_current

HOUR = np.linspace(0.0, 3600.0, 361)


def test_a_constant_current_is_settled_and_ohms_law_holds():
    steady = lk.steady_current(HOUR, np.full(361, 2e-6))
    assert steady.settled
    assert steady.steady_ampere == pytest.approx(2e-6)
    # by hand: 0.1 V / 2 uA = 50 kohm
    found = lk.leakage_resistance(0.1, steady)
    assert found.resistance_ohm == pytest.approx(50e3)
    assert found.lower_ohm <= 50e3 * (1 + 1e-9)
    assert found.upper_ohm >= 50e3 * (1 - 1e-9)


@pytest.mark.parametrize("tau", [600.0, 1500.0, 3000.0])
def test_the_limit_of_an_exponential_is_found_before_it_is_reached(tau):
    steady = lk.steady_current(HOUR, 1e-6 + 4e-6 * np.exp(-HOUR / tau))
    assert not steady.settled
    assert steady.steady_ampere == pytest.approx(1e-6, rel=2e-3)
    assert steady.lower_ampere <= 1e-6 <= steady.upper_ampere


def test_a_power_law_has_no_limit_that_could_be_told():
    steady = lk.steady_current(HOUR, 1e-5 / np.sqrt(HOUR + 10.0))
    assert np.isnan(steady.steady_ampere)
    assert steady.lower_ampere == 0.0
    found = lk.leakage_resistance(0.01, steady)
    assert found.upper_ohm == np.inf
    assert 0 < found.lower_ohm < np.inf


def test_the_sign_of_the_hold_does_not_matter():
    current = 1e-6 + 4e-6 * np.exp(-HOUR / 600)
    np.testing.assert_allclose(
        lk.steady_current(HOUR, current)[:6], lk.steady_current(HOUR, -current)[:6]
    )


def test_intervals_hold_the_truth_under_noise():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(200):
        current = 1e-6 + 4e-6 * np.exp(-HOUR / 400) + 2e-8 * rng.standard_normal(361)
        steady = lk.steady_current(HOUR, current)
        hits += steady.lower_ampere <= 1e-6 <= steady.upper_ampere
    assert hits >= 180  # at least the 90 % that are promised


def test_what_the_instrument_cannot_tell_from_zero_widens_the_bounds():
    steady = lk.steady_current(HOUR, np.full(361, 1e-9))
    sharp = lk.leakage_resistance(0.1, steady)
    blunt = lk.leakage_resistance(0.1, steady, offset_volt=0.01, resolution_ampere=2e-9)
    # by hand: lower (0.1 - 0.01) V / 3 nA = 30 Mohm; upper without limit, as 1 nA < 2 nA
    assert blunt.lower_ohm == pytest.approx(30e6)
    assert blunt.upper_ohm == np.inf
    assert blunt.lower_ohm < sharp.lower_ohm
    with pytest.raises(ValueError, match="offset"):
        lk.leakage_resistance(0.005, steady, offset_volt=0.01)


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="6 samples"):
        lk.steady_current([0, 1], [1, 1])


def test_conductivity_is_the_papers_unit():
    steady = lk.steady_current(HOUR, np.full(361, 0.1 / 208.0))
    found = lk.leakage_resistance(0.1, steady, thickness_um=780.0, area_cm2=0.7854)
    # by hand: L / (R A) = 0.078 cm / (208 ohm 0.7854 cm2) = 4.775e-4 S/cm, the paper's 4.782e-4
    assert found.electronic_conductivity_at_most_s_per_cm == pytest.approx(4.775e-4, rel=1e-3)
    assert found.electronic_at_least_ohm == pytest.approx(208.0)


def test_leakage_times_three_is_two_thirds_of_electrons():
    assert lk.electronic_fraction_from_leakage(3.0).value == pytest.approx(2 / 3)
    # the paper's cell: R_i 800 ohm cm2 before, R_tot 267 after, both paths in Equation 1
    electronic = 1.0 / (1.0 / 267.0 - 1.0 / 800.0)
    assert electronic_fraction(800.0, electronic) == pytest.approx(2 / 3, abs=2e-3)
    # an interphase that doubled the ionic resistance meanwhile: 1 - 1/6
    assert lk.electronic_fraction_from_leakage(3.0, growth=2.0).value == pytest.approx(5 / 6)
    # the same leakage then hides one half
    assert lk.electronic_fraction_from_leakage(1.0, growth=2.0).value == pytest.approx(0.5)


@given(st.floats(0.2, 20), st.floats(0.2, 5), st.floats(0, 0.5))
def test_unknown_growth_widens_the_answer(ratio, growth, spread):
    found = lk.electronic_fraction_from_leakage(ratio, growth=growth, growth_relative_sd=spread)
    assert 0.0 <= found.lower <= found.upper <= 1.0
    assert found.sd == pytest.approx((1 - found.value) * spread)
    higher = lk.electronic_fraction_from_leakage(ratio * 1.1, growth=growth)
    assert higher.value > found.value


def test_bruce_vincent_by_hand():
    assert lk.bruce_vincent(1e-3, 0.3e-3, 0.01) == pytest.approx(0.3)
    # by hand: 0.3 (10 mV - 1 mA 2 ohm) / (1 (10 mV - 0.3 mA 2.5 ohm)) = 0.3 * 8 / 9.25
    assert lk.bruce_vincent(
        1e-3, 0.3e-3, 0.01, initial_interface_ohm=2.0, steady_interface_ohm=2.5
    ) == pytest.approx(0.3 * 8 / 9.25)
    assert np.isnan(lk.bruce_vincent(1e-3, 0.3e-3, 0.01, initial_interface_ohm=11.0))


def test_polarisation_formula_follows_from_equation_1():
    t, ionic, electronic, v = sympy.symbols("t ionic electronic V", positive=True)
    initial = v / ionic + v / electronic
    steady = t * v / ionic + v / electronic
    remaining = steady / initial
    claimed = (remaining - t) / (remaining * (1 - t))
    assert sympy.simplify(claimed - (v / electronic) / steady) == 0


def test_polarisation_of_a_shorted_polymer():
    # 0.307 healthy; with as much electronic as steady ionic current 2 t / (1 + t) = 0.470 remains
    remaining = 2 * 0.307 / 1.307
    assert lk.electronic_fraction_from_polarisation(remaining, 0.307).value == pytest.approx(0.5)
    assert lk.electronic_fraction_from_polarisation(0.307, 0.307).value == 0.0
    assert np.isnan(lk.electronic_fraction_from_polarisation(1.0, 1.0).value)


@given(st.floats(0.05, 0.9), st.floats(0.0, 0.95))
def test_polarisation_recovers_the_fraction(transference, eta):
    ionic = 100.0 / transference  # steady ionic resistance
    electronic = np.inf if eta == 0 else ionic * (1 - eta) / eta
    steady = mixed_current(0.01, ionic, electronic)
    initial = mixed_current(0.01, 100.0, electronic)
    found = lk.electronic_fraction_from_polarisation(
        steady / initial, transference, transference_sd=0.02, remaining_sd=0.01
    )
    assert found.value == pytest.approx(eta, abs=1e-9)
    assert found.lower <= eta + 1e-9
    assert found.upper >= eta - 1e-9


@pytest.mark.parametrize("seconds", [60.0, 120.0, 600.0])
@pytest.mark.parametrize("tau", [500.0, 2000.0, 8000.0])
def test_a_short_hold_of_a_slow_decay_has_not_settled(seconds, tau):
    time = np.linspace(0.0, seconds, 200)
    steady = lk.steady_current(time, 1e-6 * (1.0 + 1.9 * np.exp(-time / tau)))
    assert not steady.settled
    assert steady.upper_ampere >= 1e-6


def test_a_current_that_ages_by_a_percent_an_hour_has_settled():
    assert lk.steady_current(HOUR, 1e-6 * (1.0 - 0.01 * HOUR / 3600.0)).settled
