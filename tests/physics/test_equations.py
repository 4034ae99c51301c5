"""Equations 1 to 3 against their symbolic form, and what must hold for every number."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from softbreak.physics import equations as eq

RESISTANCE = st.floats(1e-3, 1e9)
FRACTION = st.floats(0.0, 0.999)
GROWTH = st.floats(0.1, 10.0)

V, R_i, R_e, r, eta_0, I_0, I_1 = sympy.symbols("V R_i R_e r eta_0 I_0 I_1", positive=True)
MIXED = V / R_i + V / R_e


def test_equation_1_is_the_symbolic_sum() -> None:
    symbolic = sympy.lambdify((V, R_i, R_e), MIXED)
    assert eq.mixed_current(0.5, 100.0, 300.0) == pytest.approx(symbolic(0.5, 100.0, 300.0))
    # by hand: 0.5/100 + 0.5/300 = 0.005 + 0.0016667
    assert eq.mixed_current(0.5, 100.0, 300.0) == pytest.approx(0.00666667, rel=1e-6)


def test_equation_2a_is_electronic_over_mixed() -> None:
    assert sympy.simplify((V / R_e) / MIXED - R_i / (R_i + R_e)) == 0
    symbolic = sympy.lambdify((R_i, R_e), R_i / (R_i + R_e))
    assert eq.electronic_fraction(45.0, 120.0) == pytest.approx(symbolic(45.0, 120.0))


def test_equation_2b_is_electronic_over_ionic() -> None:
    assert sympy.simplify((V / R_e) / (V / R_i) - R_i / R_e) == 0
    assert eq.ratio_electronic_to_ionic(45.0, 120.0) == pytest.approx(0.375)


def test_general_omega_formula_follows_from_equation_1() -> None:
    electronic_0 = eta_0 / (1 - eta_0) / R_i  # conductance of the electronic path before
    after = V / (r * R_i) + V / R_e
    before = V / R_i + V * electronic_0
    omega = (after - before) / before
    expected = (V / R_e) / after
    claimed = 1 - (1 - eta_0) / ((1 + omega) * r)
    assert sympy.simplify(expected - claimed) == 0


@pytest.mark.parametrize(("eta", "printed"), [(0.05, 0.0526), (0.20, 0.25), (0.5, 1.0), (0.8, 4.0)])
def test_printed_ratio_exceeds_the_fraction(eta: float, printed: float) -> None:
    assert eq.ratio_from_electronic_fraction(eta) == pytest.approx(printed, abs=5e-5)
    assert eq.electronic_fraction_from_ratio(printed) == pytest.approx(eta, abs=5e-5)


@given(RESISTANCE, RESISTANCE)
def test_fraction_is_bounded_and_tied_to_the_ratio(ionic: float, electronic: float) -> None:
    eta = eq.electronic_fraction(ionic, electronic)
    rho = eq.ratio_electronic_to_ionic(ionic, electronic)
    assert 0.0 <= eta <= 1.0
    assert eq.electronic_fraction_from_ratio(rho) == pytest.approx(float(eta), rel=1e-9)
    assert rho >= eta
    total = ionic * electronic / (ionic + electronic)
    estimate = eq.electronic_fraction_from_resistance(total, ionic)
    assert estimate.value == pytest.approx(float(eta), abs=1e-9)


@given(RESISTANCE, RESISTANCE, st.floats(1e-3, 10.0))
def test_omega_of_an_unchanged_ionic_path_is_the_ratio(
    ionic: float, electronic: float, voltage: float
) -> None:
    before = eq.mixed_current(voltage, ionic, np.inf)
    after = eq.mixed_current(voltage, ionic, electronic)
    omega = eq.current_increase_ratio(after, before)
    rho = float(eq.ratio_electronic_to_ionic(ionic, electronic))
    assert omega == pytest.approx(rho, rel=1e-6, abs=1e-9)
    eta = float(eq.electronic_fraction(ionic, electronic))
    assert eq.electronic_fraction_from_omega(omega) == pytest.approx(eta, abs=1e-9)


@given(RESISTANCE, GROWTH, FRACTION, FRACTION)
def test_omega_with_growth_and_an_initial_short(
    ionic: float, growth: float, eta_before: float, eta_after: float
) -> None:
    total_before = ionic * (1.0 - eta_before)
    total_after = ionic * growth * (1.0 - eta_after)
    omega = eq.current_increase_ratio(1.0 / total_after, 1.0 / total_before)
    found = eq.electronic_fraction_from_omega(omega, growth, eta_before)
    assert found == pytest.approx(eta_after, abs=1e-9)


@given(st.floats(1.0, 10.0))
def test_unchanged_current_hides_what_growth_allows(growth: float) -> None:
    assert eq.electronic_fraction_from_omega(0.0, growth) == pytest.approx(1.0 - 1.0 / growth)


@given(FRACTION, st.floats(0.0, 0.3), st.floats(0.0, 0.3))
def test_interval_holds_the_value_and_widens_with_the_spread(
    eta: float, s_tot: float, s_i: float
) -> None:
    found = eq.electronic_fraction_from_resistance(
        100.0 * (1.0 - eta), 100.0, total_relative_sd=s_tot, ionic_relative_sd=s_i
    )
    assert 0.0 <= found.lower <= found.value + 1e-12
    assert found.value - 1e-12 <= found.upper <= 1.0
    assert found.sd == pytest.approx((1.0 - eta) * np.hypot(s_tot, s_i), abs=1e-12)


def test_interval_covers_ninety_percent_of_log_normal_truth() -> None:
    rng = np.random.default_rng(7)
    total = 60.0 * np.exp(0.03 * rng.standard_normal(20_000))
    ionic = 100.0 * np.exp(0.05 * rng.standard_normal(20_000))
    found = eq.electronic_fraction_from_resistance(
        total, ionic, total_relative_sd=0.03, ionic_relative_sd=0.05
    )
    covered = np.mean((found.lower <= 0.4) & (found.upper >= 0.4))
    assert covered == pytest.approx(0.90, abs=0.01)


def test_event_of_the_paper_sulfide_cell() -> None:
    # 21 mV before, 7 mV after at one current: two thirds of the current became electronic
    assert eq.electronic_fraction_from_event(0.007, 0.021) == pytest.approx(2 / 3)
    assert eq.electronic_fraction_from_event(-0.007, -0.021) == pytest.approx(2 / 3)


def test_limits_of_missing_and_perfect_paths() -> None:
    assert eq.electronic_fraction(100.0, np.inf) == 0.0
    assert eq.electronic_fraction(np.inf, 100.0) == 1.0
    assert eq.electronic_fraction(100.0, 0.0) == 1.0
    assert np.isnan(eq.electronic_fraction(np.inf, np.inf))
    assert eq.mixed_current(1.0, 50.0, np.inf) == pytest.approx(0.02)
    assert eq.electronic_fraction_from_ratio(np.inf) == 1.0
    assert eq.electronic_fraction_from_ratio(0.0) == 0.0
    assert np.isnan(eq.current_increase_ratio(1.0, 0.0))
    assert np.isnan(eq.electronic_fraction_from_event(1.0, 0.0))
    assert np.isnan(eq.electronic_fraction_from_omega(-1.5))
    assert np.isnan(eq.electronic_fraction_from_resistance(1.0, 0.0).value)


def test_arrays_broadcast_and_inputs_stay() -> None:
    ionic = np.array([100.0, 200.0])
    electronic = np.array([[100.0], [300.0]])
    kept = ionic.copy()
    assert eq.electronic_fraction(ionic, electronic).shape == (2, 2)
    np.testing.assert_array_equal(ionic, kept)
