"""Units of time in several languages, and a time whose heading states none."""

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.errors import ReadError

TIME = np.arange(120) * 60.0
CURRENT = np.where(TIME // 1800 % 2, -1e-3, 1e-3)


def table(path: Path, **columns: object) -> Path:
    rows = zip(*(map(str, column) for column in columns.values()), strict=True)
    path.write_text("\n".join(map(";".join, [list(columns), *rows])) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("time", "voltage", "current", "unit"),
    [
        ("Time/d", "Voltage/V", "Current/mA", 86_400),
        ("days", "Voltage (V)", "Current (mA)", 86_400),
        ("Zeit [Tage]", "Spannung [V]", "Strom [mA]", 86_400),
        ("Zeit [Std.]", "Spannung [V]", "Strom [mA]", 3600),
        ("Temps (jours)", "Tension (V)", "Courant (mA)", 86_400),
        ("Temps (heures)", "Tension (V)", "Courant (mA)", 3600),
        ("Tiempo (días)", "Voltaje (V)", "Corriente (mA)", 86_400),
        ("Tempo (ore)", "Tensione (V)", "Corrente (mA)", 3600),
        ("时间(天)", "电压(V)", "电流(mA)", 86_400),
        ("Время (ч)", "Напряжение (В)", "Ток (мА)", 3600),
        ("Час (с)", "Напруга (В)", "Струм (мА)", 1),
        ("Timp (s)", "Tensiune (V)", "Curent (mA)", 1),
    ],
)
def test_times_in_many_units(tmp_path: Path, time: str, voltage: str, current: str, unit: float):
    columns = {time: TIME / unit, voltage: CURRENT * 100, current: CURRENT * 1e3}
    (record,) = read(table(tmp_path / "x.csv", **columns))
    np.testing.assert_allclose(record.array("test_time_second"), TIME, atol=1e-6)
    np.testing.assert_allclose(record.array("current_ampere"), CURRENT)


NEWARE = {
    "DataPoint": range(1, 121),
    "Step Index": (TIME // 1800 + 1).astype(int),
    "Step Type": np.where(CURRENT > 0, "CC Chg", "CC DChg"),
    "Current(mA)": CURRENT * 1e3,
    "Voltage(V)": CURRENT * 100,
}


def test_a_time_without_a_unit_says_how_it_was_taken(tmp_path: Path):
    (record,) = read(table(tmp_path / "x.csv", **{**NEWARE, "Time": TIME}))
    assert "'Time' states no unit and nothing beside it" in record.source.stated["time_unit"]
    (record,) = read(table(tmp_path / "y.csv", **{**NEWARE, "Time(s)": TIME}))
    assert "time_unit" not in record.source.stated


def test_a_wall_clock_or_the_time_within_steps_is_its_witness(tmp_path: Path):
    dates = [f"2024-02-28 {9 + k // 60:02d}:{k % 60:02d}:00" for k in range(120)]
    (record,) = read(table(tmp_path / "x.csv", **{**NEWARE, "Time": TIME / 3600, "Date": dates}))
    np.testing.assert_allclose(record.array("test_time_second"), TIME, atol=1e-6)
    assert "time_unit" not in record.source.stated
    columns = {**NEWARE, "Time": TIME, "Step Time(s)": TIME % 1800}
    (record,) = read(table(tmp_path / "y.csv", **columns))
    assert "within steps beside it" in record.source.stated["time_unit"]


def test_charge_refutes_the_unit_of_a_described_time(tmp_path: Path):
    charge = np.cumsum(np.abs(CURRENT)) * 60 / 3600
    columns = {"Voltage(V)": CURRENT * 100, "Current(A)": CURRENT, "Capacity(Ah)": charge}
    with pytest.raises(ReadError, match="3600"):
        read(table(tmp_path / "x.csv", **{"Time(s)": TIME / 3600, **columns}))
    (record,) = read(table(tmp_path / "y.csv", **{"Time(s)": TIME * 1e3, **columns}))
    np.testing.assert_allclose(record.array("test_time_second"), TIME, atol=1e-6)
    assert "0.001" in record.source.stated["clocks"]
    with pytest.raises(ReadError, match=r"charge that disagree by a factor of 0\.001"):
        read(
            table(tmp_path / "z.csv", **{"Time(s)": TIME, **columns, "Capacity(Ah)": charge / 1e3})
        )


@pytest.mark.parametrize("label", ["s", "ms", "min", "h", "d"])
@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0, 60.0, 3600.0, 86_400.0])
def test_a_wall_clock_tells_every_unit_from_every_other(tmp_path: Path, label: str, unit: float):
    dates = [f"2024-02-28 {9 + k // 60:02d}:{k % 60:02d}:00" for k in range(120)]
    columns = {f"Time({label})": TIME / unit, "Voltage(V)": CURRENT * 100, "Current(A)": CURRENT}
    (record,) = read(table(tmp_path / "x.csv", **columns, Timestamp=dates))
    np.testing.assert_allclose(record.array("test_time_second"), TIME, atol=1e-3)


def test_charge_that_contradicts_the_current_is_refused(tmp_path: Path):
    charge = np.cumsum(np.abs(CURRENT)) * 60 / 3600
    columns = {"Voltage(V)": CURRENT * 100, "Current(A)": CURRENT, "Time(s)": TIME}
    within = {"Step Time(s)": TIME % 1800, "Capacity(mAh)": charge}
    with pytest.raises(ReadError, match=r"current and charge that disagree by a factor of 0\.001"):
        read(table(tmp_path / "x.csv", **columns, **within))


@pytest.mark.parametrize(
    ("unit", "value"), [("K", 298.15), ("°F", 77.0), ("C", 25.0), ("°C", 298.15)]
)
def test_temperatures_of_a_described_table(tmp_path: Path, unit: str, value: float):
    columns = {"Time(s)": TIME, "Voltage(V)": CURRENT * 100, "Current(A)": CURRENT}
    path = table(tmp_path / "x.csv", **columns, **{f"Temperature({unit})": [value] * 120})
    (record,) = read(path)
    assert record.array("ambient_temperature_celsius")[0] == pytest.approx(25.0)


def test_the_cells_voltage_counts_beside_an_electrodes_own(tmp_path: Path):
    columns = {"Time(s)": TIME, "Ewe(V)": CURRENT * 100 + 3, "Ecell(V)": CURRENT * 100}
    (record,) = read(table(tmp_path / "x.csv", **columns, **{"Current(A)": CURRENT}))
    np.testing.assert_allclose(record.array("voltage_volt"), CURRENT * 100)
