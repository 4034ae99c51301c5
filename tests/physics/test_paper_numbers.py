"""Do the paper's own numbers agree with each other, and with the equations here?

Joule 2022, doi 10.1016/j.joule.2022.05.020: 100 mg of electrolyte in a pellet of 10 mm.
"""

import numpy as np
import pytest

from softbreak.physics import equations as eq
from softbreak.physics.voltammetry import harmless_window, sweep_charge

AREA = np.pi * 0.5**2  # cm2
LGPS_DENSITY = 2.04  # g cm-3
THICKNESS = {dense: 0.1 / (LGPS_DENSITY * dense * AREA) for dense in (1.0, 0.9, 0.85, 0.8)}  # cm
SIGMA_E = 4.782e-4  # S cm-1


def test_the_pellet():
    assert pytest.approx(0.7854, abs=1e-4) == AREA
    assert [1e4 * t for t in THICKNESS.values()] == pytest.approx([624, 693, 734, 780], abs=1)


def test_the_electronic_resistance_behind_the_conductivity():
    ohm = [t / (SIGMA_E * AREA) for t in THICKNESS.values()]
    assert ohm == pytest.approx([166, 185, 196, 208], abs=1)
    assert [r * AREA for r in ohm] == pytest.approx([131, 145, 154, 163], abs=1)


def test_five_orders_of_magnitude():
    assert np.log10(SIGMA_E / 1e-9) == pytest.approx(5.68, abs=0.01)


def test_the_voltage_plateau_contradicts_the_conductivity():
    current = 3e-3 * AREA
    assert current == pytest.approx(2.356e-3, rel=1e-3)
    assert 0.8 / current == pytest.approx(340, abs=1)  # ohm; 267 ohm cm2
    assert pytest.approx(267, abs=1) == 0.8 / 3e-3
    # whatever ions do, both paths together cannot exceed the electronic one
    capped = [3e-3 * r for r in (145.0, 163.0)]
    assert capped == pytest.approx([0.44, 0.49], abs=0.01)
    assert max(capped) < 0.8


def test_leakage_times_three_fits_the_voltage_drop():
    omega = eq.current_increase_ratio(3.0, 1.0)
    assert eq.electronic_fraction_from_omega(omega) == pytest.approx(2 / 3)
    # R_i = 800 ohm cm2 before: 2.4 V at 3 mA cm-2; a third of it afterwards
    assert pytest.approx(0.8) == 800.0 / 3 * 3e-3


def test_the_argyrodite_cell_and_the_cycler():
    assert pytest.approx(0.157e-3, abs=1e-6) == 0.2e-3 * AREA
    assert pytest.approx(9.42e-3, abs=0.01e-3) == 12e-3 * AREA  # just inside 10 mA
    # half-cycles of one hour: 25, 100 h are cycles 12.5, 50; 20, 230 h are cycles 10, 115
    assert [hour / 2 for hour in (25, 100, 20, 230)] == [12.5, 50, 10, 115]


def test_a_wide_voltammogram_moves_more_than_the_cycling():
    # R = 100 ohm cm2, 0.2 mV/s
    swept = sweep_charge([0.5, 0.1], 0.2e-3, 100.0) / 3.6
    assert swept == pytest.approx([3.5, 0.14], abs=0.03)
    # for 0.2 mAh cm-2: 93, 120 and 330 mV
    window = harmless_window(0.2 * 3.6, 0.2e-3, [60.0, 100.0, 750.0])
    assert window == pytest.approx([0.093, 0.120, 0.330], abs=2e-3)
    assert sweep_charge(window, 0.2e-3, [60.0, 100.0, 750.0]) == pytest.approx(0.2 * 3.6)


def test_a_symmetric_cell_says_nothing_about_a_full_cells_leakage():
    # eta = 5 % at R_i = 100 ohm cm2 needs only R_e = 1.9 kohm cm2
    assert eq.electronic_fraction(100.0, 1900.0) == pytest.approx(0.05)
