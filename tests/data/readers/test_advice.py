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
        ("x.csv", "0,1,2\n" + "0,0.1,0.001\n" * 5, "by position.*test_time_second = 0"),
        ("x.csv", "datetime,V,I\n2024-02-28 09:00:00,1,1\n" * 2, 'time_second = "datetime"'),
        ("x.csv", "Step Time (h),U (V)\n0,1\n0,1\n", r"Step Time \(h\)\", scale = 3600"),
        ("x.csv", "t,u_mv,current_ma\n0,1,1\n0,1,1\n", 'column = "current_ma", scale = 1e-3'),
    ],
)
def test_the_advice_fits_what_was_given(tmp_path, name, text, words):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UnknownFormatError, match=words):
        registry.read(path)
