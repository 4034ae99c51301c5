"""The sign of a current that was recorded without one."""

import numpy as np
import pytest

from softbreak.data.readers.values.signs import is_discharge, lost_sign, signed, signed_by_voltage

SIGN = np.repeat([1.0, -1.0, 1.0, -1.0, 1.0, -1.0], 20)
STEP = np.repeat(np.arange(6), 20)


@pytest.mark.parametrize(
    "label",
    [
        *("CC DChg", "CC_DChg", "CC Discharge", "Constant current discharge", "CCCV Dchg", "DCH"),
        *(
            "Entladen",
            "Décharge",
            "descarga",
            "scarica",
            "Разряд",
            "恒流放电",
            "CP放電",
            "방전",
            "CCD",
        ),
    ],
)
def test_discharge_in_any_words(label):
    assert is_discharge(label)


@pytest.mark.parametrize(
    "label",
    [
        *("CC Chg", "Charge", "2nd charge", "Standard Charge", "End charge", "Laden", "Carga"),
        *("恒流充电", "搁置", "Rest", "Pause", "Discontinue", "Standby", "C", "D", "OCV", "Record"),
    ],
)
def test_other_words_are_no_discharge(label):
    assert not is_discharge(label)


def test_a_vendors_own_letter():
    assert is_discharge("D", ("d",))


def test_a_voltage_that_reverses_under_an_unsigned_current_signs_its_steps():
    current, voltage = np.full(120, 1e-3), 0.1 * SIGN
    assert lost_sign(current, voltage)
    np.testing.assert_array_equal(signed_by_voltage(current, voltage, STEP), 1e-3 * SIGN)
    assert signed_by_voltage(current, voltage, None) is None


@pytest.mark.parametrize(
    ("current", "voltage"),
    [
        (1e-3 * SIGN, 0.1 * SIGN),
        (np.full(120, 1e-3), np.full(120, 0.1)),
        (np.full(120, 1e-3), np.linspace(0.1, -0.1, 120)),  # a cell that is driven into reversal
        (np.full(120, 1e-3), 1e-4 * np.random.default_rng(0).normal(size=120)),  # a shorted one
        (np.zeros(120), 0.1 * SIGN),
    ],
)
def test_other_currents_keep_theirs(current, voltage):
    assert not lost_sign(current, voltage)


def test_a_file_that_counts_discharge_positive_is_turned():
    discharging = np.arange(8) % 4 >= 2
    counted = np.where(discharging, 1.0, -1.0)
    assert signed(counted, discharging).tolist() == (-counted).tolist()
    assert signed(-counted, discharging).tolist() == (-counted).tolist()
    assert signed(np.abs(counted), discharging).tolist() == (-counted).tolist()
