"""Holds are compared at one voltage and sign; what has not settled only bounds."""

import math
from dataclasses import replace

import numpy as np
import pytest

from softbreak.features.evidence.constant_voltage_holds import Hold
from softbreak.features.evidence.hold_pairs import MeasuredHold, compared_holds
from softbreak.physics.leakage import leakage_resistance, steady_current


def held(ohm, *, volt=0.1, seconds=3600.0, tau=300.0, start=0.0, when="now"):
    """A salt that polarises: three times the steady current at first."""
    time = np.linspace(0.0, seconds, 300)
    current = volt / ohm * (1.0 + 2.0 * np.exp(-time / tau))
    steady = steady_current(time, current)
    hold = Hold(start, time, current, volt, True, "x")
    return MeasuredHold(when, hold, steady, leakage_resistance(volt, steady))


def compared(*holds):
    return compared_holds(holds, 1.0, 0.2)


def test_two_settled_holds_give_a_ratio():
    found = compared(held(1000.0), held(400.0))
    assert found.ratio == pytest.approx(2.5, rel=1e-3)
    assert found.fraction.value == pytest.approx(0.6, abs=1e-3)


def test_warmth_is_taken_out_before_a_fraction_is_told():
    before, now = held(1000.0), held(400.0)
    logged = [
        replace(one, hold=replace(one.hold, temperature_celsius=celsius))
        for one, celsius in ((before, 25.0), (now, 45.0))
    ]
    found = compared(*logged)
    assert found.ratio == pytest.approx(2.5, rel=1e-3)
    assert found.kelvin == pytest.approx(20.0)
    assert found.warmth == pytest.approx(np.exp(-0.40 * 2.447), rel=0.01)
    assert found.fraction.value < 0.1
    assert found.fraction.upper > 0.3  # the activation energy is not known


def test_an_unsettled_current_is_an_upper_bound():
    found = compared(held(1000.0), held(1000.0, seconds=120.0))
    assert math.isnan(found.ratio)
    assert found.fraction is None
    assert found.at_least == 0.0
    assert 1.0 < found.at_most < 3.0
    other_way = compared(held(1000.0, seconds=120.0), held(1000.0))
    assert other_way.at_most == math.inf
    assert 1 / 3 < other_way.at_least < 1.0


def test_neither_settled_bounds_nothing():
    found = compared(held(1000.0, seconds=120.0), held(1000.0, seconds=120.0))
    assert (found.at_least, found.at_most) == (0.0, math.inf)


def test_what_looks_settled_is_held_against_the_longer_hold():
    # flat for a minute, while the hold before went on falling for an hour
    short = held(1000.0, seconds=60.0, tau=1e7)
    assert short.current.settled
    found = compared(held(1000.0, tau=500.0), short)
    assert math.isnan(found.ratio)
    assert found.at_most == pytest.approx(3.0, rel=0.01)


def test_other_voltages_and_signs_are_no_change_of_the_cell():
    ladder = [held(40.0, volt=volt) for volt in (0.005, 0.025, -0.005, -0.025)]
    assert compared(*ladder) is None
    assert compared(ladder[0]) is None
    # where a voltage comes back, it is compared with itself
    again = compared(*ladder, held(20.0, volt=0.025))
    assert again.ratio == pytest.approx(2.0, rel=1e-3)


def test_the_reference_is_the_measurement_before():
    before = held(1000.0, when="before")
    found = compared(before, held(500.0), held(250.0))
    assert found.ratio == pytest.approx(4.0, rel=1e-3)
    only_now = compared(held(1000.0, volt=0.05, when="before"), held(500.0), held(250.0))
    assert only_now is None


def test_an_earlier_hold_that_settled_is_taken_before_a_later_one_that_did_not():
    found = compared(held(1000.0), held(500.0), held(100.0, seconds=60.0))
    assert found.ratio == pytest.approx(2.0, rel=1e-3)


def test_noise_does_not_unsettle_a_hold():
    rng = np.random.default_rng(1)

    def noisy(ohm):
        found = held(ohm, seconds=5400.0)
        current = found.hold.current * (1.0 + 0.05 * rng.standard_normal(300))
        hold = Hold(0.0, found.hold.time, current, 0.1, True, "x")
        steady = steady_current(hold.time, current)
        return MeasuredHold("now", hold, steady, leakage_resistance(0.1, steady))

    found = [compared(noisy(1000.0), noisy(700.0)) for _ in range(8)]
    ratios = [one.ratio for one in found if one.fraction is not None]
    assert len(ratios) >= 6
    assert ratios == pytest.approx([1.0 / 0.7] * len(ratios), rel=0.1)
