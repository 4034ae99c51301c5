"""Counting lithium: charge balances by hand, and the numbers of a leaking full cell."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from softbreak.metals import METALS, foil_capacity
from softbreak.physics import coulombic as co

CE = st.floats(0.5, 0.9999)


def test_efficiency_of_one_cycle():
    assert co.coulombic_efficiency(2.94, 3.0) == pytest.approx(0.98)
    assert np.isnan(co.coulombic_efficiency(1.0, 0.0))


@given(CE, st.floats(0.1, 5), st.integers(1, 2000))
def test_foil_balance_recovers_the_efficiency(efficiency, cycled, cycles):
    # n strips of q and one of Q_s empty a foil to which CE n q came back
    last = 0.3 * cycled
    lithium = cycles * cycled * (1 - efficiency) + last
    found = co.average_efficiency_to_depletion(cycles, cycled, lithium, last)
    assert found == pytest.approx(efficiency, rel=1e-9)


def test_foil_of_15_um_by_hand():
    # 3.093 mAh cm-2 lost over 100 cycles of 1 mAh cm-2: CE = 1 - 0.03093
    stock = float(foil_capacity(15.0))
    assert co.average_efficiency_to_depletion(100, 1.0, stock) == pytest.approx(0.96907, abs=1e-5)
    assert co.cycles_until_depletion(0.96907, 1.0, stock) == pytest.approx(100, rel=1e-3)
    assert co.cycles_until_depletion(1.0, 1.0, stock) == np.inf


def test_reservoir_form_is_that_of_adams():
    # 10 cycles of 1 on a reservoir of 4 with 3.5 left: (10 + 3.5)/(10 + 4)
    assert co.reservoir_efficiency(10, 1.0, 4.0, 3.5) == pytest.approx(13.5 / 14)
    # both forms agree to first order in the loss
    assert co.average_efficiency_to_depletion(1000, 1.0, 3.0) == pytest.approx(
        float(co.reservoir_efficiency(1000, 1.0, 3.0)), abs=1e-5
    )


def test_a_short_makes_the_apparent_efficiency_too_large():
    # electrons carry 30 %: only 70 % of q moves lithium, so that the foil lasts longer
    stock, q, true, eta = 3.093, 1.0, 0.97, 0.3
    lasted = co.cycles_until_depletion(true, q * (1 - eta), stock)
    apparent = co.average_efficiency_to_depletion(lasted, q, stock)
    # by hand: 1 - (1 - 0.97) 0.7 = 0.979
    assert apparent == pytest.approx(0.979)


def test_fraction_to_depletion():
    found = co.electronic_fraction_to_depletion(3.64, thickness_um=15.0)
    # by hand: 1 - 3.093/3.64 = 0.150, sd 0.85 0.05
    assert found.value == pytest.approx(0.150, abs=1e-3)
    assert found.sd == pytest.approx(0.85 * 0.05, abs=1e-4)
    with pytest.raises(ValueError, match="either"):
        co.electronic_fraction_to_depletion(3.0)
    # 30 um of sodium hold 3.386 mAh/cm2 (1166 mAh/g, 0.968 g/cm3)
    sodium = co.electronic_fraction_to_depletion(6.771, thickness_um=30.0, metal=METALS["Na"])
    assert sodium.value == pytest.approx(0.5, abs=1e-3)
    with pytest.raises(ValueError, match="either"):
        co.electronic_fraction_to_depletion(3.0, stock=3.0, thickness_um=15.0)


@given(st.floats(0, 0.99), st.floats(0.1, 10), st.floats(0, 0.3))
def test_fraction_to_depletion_is_the_charge_weighted_mean(eta, lithium, spread):
    found = co.electronic_fraction_to_depletion(
        lithium / (1 - eta), stock=lithium, stock_relative_sd=spread
    )
    assert found.value == pytest.approx(eta, abs=1e-9)
    assert found.sd == pytest.approx((1 - eta) * spread, abs=1e-9)
    assert 0 <= found.lower <= found.upper <= 1


def test_leak_resistance_from_a_charge_balance_by_sympy():
    current, time, volt, ohm = sympy.symbols("I t V R", positive=True)
    leak = volt / ohm
    discharge_time = time * (current - leak) / (current + leak)  # what was stored runs out
    missing = current * time - current * discharge_time
    volt_seconds = volt * (time + discharge_time)
    assert sympy.simplify(volt_seconds / missing - ohm) == 0
    efficiency = discharge_time / time
    assert sympy.simplify(efficiency - (current - leak) / (current + leak)) == 0


def test_a_tenth_of_a_percent_shows_megaohms():
    # 1 mA cm-2, 4 V, CE 99.9 %: 2 I_leak = 1 uA cm-2, so 8 Mohm cm2; a leak of 0.1 % of the
    # current one way only is 4 Mohm cm2
    assert co.efficiency_of_leak(8e6, 1e-3, 4.0) == pytest.approx(0.999, abs=1e-6)
    hour = 3600.0
    charge, volt_seconds = 1e-3 * hour, 4.0 * 1.999 * hour
    found = co.leak_resistance(volt_seconds, charge, 0.999 * charge)
    assert found == pytest.approx(8e6, rel=1e-3)
    assert co.leak_resistance(1.0, 1.0, 1.0) == np.inf
    assert np.isnan(co.leak_resistance(1.0, np.nan, 1.0))


@given(st.floats(1e2, 1e8), st.floats(1e-4, 1e-2), st.floats(2, 5))
def test_efficiency_is_bounded_and_rises_with_the_resistance(ohm, current, volt):
    found = co.efficiency_of_leak(ohm, current, volt)
    assert 0.0 <= found <= 1.0
    assert co.efficiency_of_leak(ohm * 2, current, volt) >= found
    assert bool(co.cut_off_unreachable(ohm, current, volt)) == (current * ohm < volt)


def test_fluctuation_of_a_quiet_and_a_restless_charge():
    rng = np.random.default_rng(2)
    quiet = np.linspace(3.0, 4.2, 500) + 1e-4 * rng.standard_normal(500)
    found = co.fluctuation(quiet)
    assert found.noise_volt == pytest.approx(1e-4, rel=0.15)
    assert (found.dips, found.largest_dip_volt) == (0, 0.0)
    restless = quiet.copy()
    restless[200:220] -= 0.15
    restless[300:310] -= 0.40
    found = co.fluctuation(restless)
    assert found.dips == 2
    # the curve rises 2.4 mV a sample, so that the dip is a little less deep than what was taken
    assert found.largest_dip_volt == pytest.approx(0.40, abs=0.005)
    assert found.fallen_volt == pytest.approx(0.55, abs=0.01)


def test_steps_of_the_instrument_are_no_fluctuation():
    stairs = np.round(np.linspace(3.0, 3.05, 400) / 1e-3) * 1e-3
    stairs[100] -= 1e-3
    assert co.fluctuation(stairs, resolution_volt=1e-3).dips == 0
    assert np.isnan(co.fluctuation([3.0, 3.1]).noise_volt)


def test_cut_off_and_overcharge():
    assert co.cut_off_reached([3.0, 4.198], 4.2)
    assert not co.cut_off_reached([3.0, 3.9, 3.8], 4.2)
    assert co.cut_off_unreachable(1000.0, 1e-3, 4.2)  # 1 V at most
    assert co.overcharge(3.3, 3.0) == pytest.approx(0.1)
    assert np.isnan(co.overcharge(1.0, 0.0))
