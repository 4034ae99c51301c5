"""What is said of a table that no reader recognises can be pasted as it is."""

import pytest

from softbreak.data.readers import registry
from softbreak.errors import UnknownFormatError


def test_the_advice_scales_by_the_units_of_the_header(tmp_path):
    path = tmp_path / "x.txt"
    head = "Time (h)\tVoltage (V)\tCurrent (mA)\tPotential (V)\n"  # which of the two is meant?
    path.write_text(head + "0.0\t0.01\t0.1\t0.1\n0.1\t0.01\t0.1\t0.1\n")
    with pytest.raises(UnknownFormatError) as raised:
        registry.read(path)
    told = str(raised.value)
    assert 'test_time_second = { column = "Time (h)", scale = 3600 }' in told
    assert 'voltage_volt = "Voltage (V)"' in told
    assert 'current_ampere = { column = "Current (mA)", scale = 1e-3 }' in told


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("cells.csv", "cell_id,files\nA,a.csv\nB,b.csv\n", "Give the folder in which it lies"),
        ("x.csv", "Time(s),Voltage(V)\n0,0.1\n1,0.1\n", "No column looks like a current"),
    ],
)
def test_the_advice_fits_what_was_given(tmp_path, name, text, words):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UnknownFormatError, match=words):
        registry.read(path)
