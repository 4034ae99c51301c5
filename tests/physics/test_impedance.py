"""Intercepts, resistive lines and bounds on circuits whose answers are known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.physics.impedance import (
    electronic_lower_bounds,
    inductive_end,
    intercepts,
    kramers_kronig,
)
from softbreak.physics.wire import resistive_line

FREQUENCY = np.geomspace(7e6, 0.1, 70)
OMEGA = 2 * np.pi * FREQUENCY


def _cell(inductance: float = 3e-7) -> np.ndarray:
    return 45.0 + 1.0 / (1.0 / 55.0 + 3e-6 * (1j * OMEGA) ** 0.9) + 1j * OMEGA * inductance


def test_the_cable_is_not_read_as_resistance() -> None:
    # 0.3 uH are 13 ohm of reactance at 7 MHz; |Z| there is 47 ohm, the resistance 45 ohm
    found = intercepts(FREQUENCY, _cell())
    assert found.high_frequency_ohm == pytest.approx(45.0, abs=0.5)
    assert found.inductance_henry == pytest.approx(3e-7, rel=0.03)
    assert found.low_frequency_ohm == pytest.approx(100.0, rel=0.005)
    assert found.reached_direct_current


def test_uncertainties_hold_under_noise() -> None:
    rng = np.random.default_rng(3)
    away_high, away_low = [], []
    for _ in range(40):
        noise = rng.standard_normal(70) + 1j * rng.standard_normal(70)
        found = intercepts(FREQUENCY, _cell() * (1 + 0.01 * noise))
        away_high.append((found.high_frequency_ohm - 45.0) / found.high_frequency_sd_ohm)
        away_low.append((found.low_frequency_ohm - 100.0) / found.low_frequency_sd_ohm)
    assert np.mean(np.abs(away_high) < 2) > 0.8
    assert np.mean(np.abs(away_low) < 2) > 0.9


def test_a_loop_whose_end_comes_back_to_the_axis_is_still_one() -> None:
    frequency = np.geomspace(1e6, 0.01, 65)
    omega = 2 * np.pi * frequency
    arc = 45.0 + 1.0 / (1.0 / 55.0 + 3e-6 * (1j * omega) ** 0.9)
    assert inductive_end(frequency, arc) is None
    looped = arc - 8.0 / (1.0 + 3j * omega)  # 1.5 % at the lowest frequency, 3 % above
    assert inductive_end(frequency, looped) is not None
    assert not intercepts(frequency, looped).reached_direct_current


def test_a_spectrum_that_stops_early_gives_only_a_bound() -> None:
    short = FREQUENCY > 1e4
    found = intercepts(FREQUENCY[short], _cell()[short])
    assert not found.reached_direct_current
    assert found.low_frequency_ohm < 100.0


def test_hard_short_is_a_line_and_a_cell_is_not() -> None:
    line = resistive_line(FREQUENCY, 2.6 + 1j * OMEGA * 4e-7)
    assert line.is_line
    assert line.resistance_ohm == pytest.approx(2.6)
    assert line.inductance_henry == pytest.approx(4e-7, rel=1e-6)
    assert not resistive_line(FREQUENCY, _cell()).is_line
    assert not resistive_line(FREQUENCY, -2.6 + 1j * OMEGA * 4e-7).is_line


@pytest.mark.parametrize("eta", [0.3, 0.9])
def test_a_soft_short_keeps_its_arc(eta: float) -> None:
    z = _cell(0.0)
    g = eta / (1 - eta) / 100.0
    assert not resistive_line(FREQUENCY, z / (1 + g * z)).is_line


def test_bounds_by_hand() -> None:
    # 750 um, 0.785 cm2, 254 ohm: 0.075 / (254 * 0.785) = 3.761e-4 S/cm
    found = electronic_lower_bounds(254.0, area_cm2=0.785, thickness_um=750.0)
    assert found.electronic_resistance_at_least_ohm == 254.0
    assert found.sigma_e_as_printed == pytest.approx(3.761e-4, rel=1e-3)
    assert found.electronic_conductivity_at_most_s_per_cm == found.sigma_e_as_printed
    assert np.isnan(electronic_lower_bounds(254.0).sigma_e_as_printed)
    with pytest.raises(ValueError, match="bounds nothing"):
        electronic_lower_bounds(0.0)


def test_the_bound_holds_for_every_fraction() -> None:
    for eta in (0.05, 0.5, 0.95):
        ionic = 100.0
        electronic = ionic * (1 - eta) / eta
        low = ionic * electronic / (ionic + electronic)
        assert electronic_lower_bounds(low).electronic_resistance_at_least_ohm <= electronic


@pytest.mark.parametrize("noise", [0.003, 0.01])
@pytest.mark.parametrize("ohm", [0.05, 0.5, 5.0])
def test_a_wire_is_a_line_where_its_leads_outweigh_it(ohm: float, noise: float) -> None:
    # 1 uH are 44 ohm at 7 MHz: a share of that is more than the wire itself
    rng = np.random.default_rng(5)
    z = ohm + 1j * OMEGA * 1e-6
    z = z + np.abs(z) * noise * (rng.standard_normal(70) + 1j * rng.standard_normal(70)) / 2**0.5
    line = resistive_line(FREQUENCY, z)
    assert line.is_line
    assert line.resistance_ohm == pytest.approx(ohm, rel=0.01)
    arc = z + 0.3 * ohm / (1.0 + 1j * OMEGA * 1e-4)
    assert not resistive_line(FREQUENCY, arc).is_line


def test_too_few_points_are_not_a_failed_test() -> None:
    for points, word in ((4, "4; at least 5"), (6, "1; at least 2.5")):
        f = np.geomspace(1e5, 1.0, points)
        check = kramers_kronig(f, 10.0 + 100.0 / (1.0 + 2j * np.pi * f * 1e-4))
        assert word in check.untested
        assert np.isnan(check.noise)
    f = np.geomspace(1e5, 1.0, 16)  # three a decade
    check = kramers_kronig(f, 10.0 + 100.0 / (1.0 + 2j * np.pi * f * 1e-4))
    assert check.passed
    assert check.untested == ""
