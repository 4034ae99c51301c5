"""Temperature series: exact slopes by sympy, recovery of truth, and honest intervals."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from softbreak.physics import arrhenius as ar
from softbreak.physics.two_path import Priors, two_path_fraction

K = ar.BOLTZMANN_EV
T0 = 298.15


def two_paths(kelvin, eta, *, bulk=0.33, interface=0.48, share=0.5, electronic=None):
    """Resistance of an electronic beside an ionic path, written down independently."""
    x = 1.0 / (K * kelvin) - 1.0 / (K * T0)
    ionic = 100.0 * ((1 - share) * np.exp(bulk * x) + share * np.exp(interface * x))
    kept = 1.0 / (1.0 + 0.0043 * (kelvin - T0)) if electronic is None else np.exp(-electronic * x)
    return 1.0 / (1.0 / ionic + (eta / (1 - eta)) / 100.0 * kept)


def test_slope_of_a_pure_arrhenius_law():
    kelvin = np.array([253.15, 273.15, 293.15, 313.15])
    found = ar.apparent_activation_energy(
        kelvin, 50.0 * np.exp(0.4 / (K * kelvin) - 0.4 / (K * T0))
    )
    assert found.energy_ev == pytest.approx(0.4)
    assert found.reference_ohm == pytest.approx(50.0)
    assert found.lower_ev == pytest.approx(0.4)
    # by hand, two points: ln 10 / (1/kT1 - 1/kT2) with 1/k = 11604.52 K/eV
    two = ar.apparent_activation_energy([273.15, 298.15], [1000.0, 100.0])
    assert two.energy_ev == pytest.approx(
        np.log(10) / (11604.52 * (1 / 273.15 - 1 / 298.15)), rel=1e-5
    )
    assert (two.lower_ev, two.upper_ev) == (-np.inf, np.inf)


def test_local_slope_is_exact():
    beta, e_i, e_e, g_i, g_e = sympy.symbols("beta E_i E_e g_i g_e", positive=True)
    ionic, electronic = g_i * sympy.exp(-e_i * beta), g_e * sympy.exp(-e_e * beta)
    apparent = sympy.diff(-sympy.log(ionic + electronic), beta)
    eta = electronic / (ionic + electronic)
    assert sympy.simplify(apparent - ((1 - eta) * e_i + eta * e_e)) == 0


@pytest.mark.parametrize("eta", [0.1, 0.3, 0.6, 0.9])
def test_local_slope_gives_the_fraction(eta):
    kelvin = np.array([T0 - 0.5, T0 + 0.5])
    _, slope = ar.local_energies(kelvin, two_paths(kelvin, eta))
    # both ionic parts weigh the same at the reference: E_i = (0.33 + 0.48)/2
    found = ar.electronic_fraction_from_slope(slope[0], 0.405, float(ar.metallic_energy(T0)))
    assert found.value == pytest.approx(eta, abs=1e-3)


def test_metal_has_a_small_negative_energy():
    # by hand: -8.617e-5 * 298.15^2 * 0.0043 = -0.0329 eV
    assert ar.metallic_energy(298.15) == pytest.approx(-0.0329, abs=1e-4)


def test_one_global_slope_reads_too_little():
    kelvin = np.linspace(253.15, 313.15, 7)
    sound, short = (ar.apparent_activation_energy(kelvin, two_paths(kelvin, e)) for e in (0, 0.6))
    change = ar.energy_change(sound, short)
    assert change.fell
    assert change.fraction.value == pytest.approx(0.6, abs=0.25)
    cold = np.linspace(213.15, 303.15, 10)
    wide = ar.apparent_activation_energy(cold, two_paths(cold, 0.6))
    assert wide.curvature_z < -3
    assert not ar.energy_change(sound, sound).fell


@pytest.mark.parametrize("eta", [0.0, 0.05, 0.1, 0.3, 0.6, 0.9])
def test_two_paths_recover_a_metallic_fraction(eta):
    rng = np.random.default_rng(11)
    kelvin = np.linspace(253.15, 313.15, 7)
    errors, spreads, hits = [], [], 0
    for _ in range(30):
        true = {"share": rng.uniform(0.2, 0.8), "bulk": 0.33 + 0.05 * rng.standard_normal()}
        warm = kelvin + 0.5 * rng.standard_normal(7)
        r = two_paths(warm, eta, **true) * np.exp(0.01 * rng.standard_normal(7))
        found = two_path_fraction(kelvin, r)
        errors.append(found.fraction - eta)
        spreads.append(found.sd)
        hits += found.lower <= eta <= found.upper
        assert found.fits
    assert np.mean(np.abs(errors)) < 0.02
    assert np.mean(spreads) < 0.03
    assert hits >= 24  # 80 % of 30; 90 % are promised


def test_a_semiconducting_path_is_not_told_apart_and_the_interval_says_so():
    kelvin = np.linspace(253.15, 313.15, 7)
    mixed = Priors(electronic_ev=0.15)
    found = two_path_fraction(kelvin, two_paths(kelvin, 0.3, electronic=0.15), priors=mixed)
    assert found.lower <= 0.3 <= found.upper
    assert found.sd > 0.08
    metal = two_path_fraction(kelvin, two_paths(kelvin, 0.3))
    assert metal.sd < 0.02


def test_fitted_curve_and_fractions_are_those_of_the_model():
    kelvin = np.linspace(233.15, 313.15, 9)
    r = two_paths(kelvin, 0.4)
    found = two_path_fraction(kelvin, r, relative_sd=0.002, temperature_sd=0.05)
    np.testing.assert_allclose(found.fitted_resistance, r, rtol=0.01)
    ionic = 100.0 * 0.5 * sum(np.exp(e * (1 / (K * kelvin) - 1 / (K * T0))) for e in (0.33, 0.48))
    np.testing.assert_allclose(found.fraction_at, 1 - r / ionic, atol=0.03)
    assert (np.diff(found.fraction_at) < 0).all()  # colder: ions freeze, electrons stay


def test_what_is_no_arrhenius_curve_does_not_fit():
    kelvin = np.linspace(253.15, 313.15, 7)
    r = two_paths(kelvin, 0.1) * np.array([1, 3, 1, 0.3, 1, 3, 1])
    found = two_path_fraction(kelvin, r)
    assert not found.fits
    assert found.upper - found.lower > 0.1


def test_units_of_resistance_do_not_matter():
    kelvin = np.linspace(253.15, 313.15, 5)
    one = two_path_fraction(kelvin, two_paths(kelvin, 0.3))
    other = two_path_fraction(kelvin, 0.785 * two_paths(kelvin, 0.3))
    assert other.fraction == pytest.approx(one.fraction, abs=1e-6)


def test_refused_input():
    with pytest.raises(ValueError, match="three temperatures"):
        two_path_fraction([280, 290], [2, 1])
    with pytest.raises(ValueError, match="positive"):
        two_path_fraction([-5, 0, 20], [3, 2, 1])


def test_a_cell_that_changes_during_the_series_is_caught():
    kelvin = np.array([298, 273, 253, 273, 298.0])
    steady = two_paths(kelvin, 0.2)
    assert ar.drift_on_return(kelvin, steady) == pytest.approx(0.0, abs=1e-12)
    grown = steady * np.array([1, 1, 1, 1.2, 1.5])
    assert ar.drift_on_return(kelvin, grown) == pytest.approx(np.log(1.5))
    assert np.isnan(ar.drift_on_return([298, 273], [1, 2]))
    assert np.isnan(ar.drift_on_return([298, 298], [1, 2]))  # repeats are no return


@given(st.floats(0.1, 0.6), st.floats(-0.05, 0.05), st.floats(0, 1))
def test_fraction_from_slopes_is_linear_between_the_paths(ionic, electronic, eta):
    apparent = (1 - eta) * ionic + eta * electronic
    found = ar.electronic_fraction_from_slope(apparent, ionic, electronic, apparent_sd=0.01)
    assert found.value == pytest.approx(eta, abs=1e-6)
    assert found.sd == pytest.approx(0.01 / (ionic - electronic), rel=1e-6)
