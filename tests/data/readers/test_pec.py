from pathlib import Path

import pytest

from softbreak.data.readers.registry import read

FRONT = "Test:,1\nTestRegime Name:,x\n#END RESULTS CHECK\n"
HEADING = "Test,Cell,Rack,Shelf,Position,Step,Cycle,{},Real Time,{},{}\n"


@pytest.mark.parametrize(
    ("time", "voltage", "current", "row"),
    [
        (
            "Total Time (Hours in hh:mm:ss.xxx)",
            "Voltage (V)",
            "Current (A)",
            "0:01:30.500,0.1,-1E-3",
        ),
        ("Total Time (Seconds)", "Voltage (mV)", "Current (mA)", "90.5,100,-1"),
        ("Total Time (Minutes)", "Voltage (mV)", "Current (A)", "1.5083333,100,-1E-3"),
    ],
)
def test_units(tmp_path: Path, time: str, voltage: str, current: str, row: str):
    path = tmp_path / "x.csv"
    at, volt, ampere = row.split(",")
    line = f"1,A,014,1,1,1,0,{at},01/06/2024 10:00:00,{volt},{ampere}\n"
    path.write_text(FRONT + HEADING.format(time, voltage, current) + line)
    (record,) = read(path)
    assert record.array("test_time_second")[0] == pytest.approx(90.5)
    assert record.array("voltage_volt")[0] == pytest.approx(0.1)
    assert record.array("current_ampere")[0] == pytest.approx(-1e-3)
