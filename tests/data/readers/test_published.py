from pathlib import Path

import pandas as pd
import pytest

from softbreak.data.readers.registry import read
from softbreak.errors import ReadError, StatisticsError

ARCHIVE = "Date_Time,Test_Time (s),Cycle_Index,Current (A),Voltage (V),Charge_Capacity (Ah),"
ARCHIVE += "Environment_Temperature (C),Cell_Temperature (C)\n"
CYCLES = "Cycle_Index,Start_Time,End_Time,Test_Time (s),Min_Current (A),Max_Current (A),"
CYCLES += "Min_Voltage (V),Max_Voltage (V)\n"


def test_time_series_of_battery_archive(tmp_path: Path):
    path = tmp_path / "x_timeseries.csv"
    rows = (f"2024-01-01 10:0{i}:00.000000,{i * 60},1,0.5,3.3,0,25,26\n" for i in range(5))
    path.write_text(ARCHIVE + "".join(rows))
    (record,) = read(path)
    assert record.source.instrument == "Battery Archive"
    assert record.array("test_time_second").tolist() == [0, 60, 120, 180, 240]
    assert record.array("ambient_temperature_celsius").tolist() == [26] * 5
    assert "1 mA" in record.source.stated["assumption"]


def test_cycles_of_battery_archive_are_no_samples(tmp_path: Path):
    path = tmp_path / "x_cycle_data.csv"
    path.write_text(CYCLES + "1,0,3600,3600,-1,1,2,3.6\n2,3600,7200,7200,-1,1,2,3.6\n")
    with pytest.raises(StatisticsError, match="one row a cycle"):
        read(path)


def test_cells_of_its_data_base_are_not_mixed(tmp_path: Path):
    path = tmp_path / "x.csv"
    heading, row = (
        "i,v,env_temperature,date_time,cycle_index,test_time,cell_id\n",
        "1,3,25,,1,{},{}\n",
    )
    path.write_text(heading + row.format(0, "A") + row.format(1, "A"))
    assert read(path)[0].array("voltage_volt").tolist() == [3, 3]
    path.write_text(heading + row.format(0, "A") + row.format(1, "B"))
    with pytest.raises(ReadError, match="2 cells in one file"):
        read(path)


def test_raw_data_of_the_toolkit(tmp_path: Path):
    table = pd.DataFrame(
        {
            "cycle_number": [0, 0, 0],
            "test_time": [0.0, 60.0, 120.0],
            "time": [1704103200.0, 1704103260.0, 1704103320.0],
            "state": ["charging", "discharging", "resting"],
            "current": [1e-3, -1e-3, 0.0],
            "voltage": [0.1, -0.1, 0.0],
        }
    )
    table.to_csv(tmp_path / "raw_data.csv", index=False)
    table.to_parquet(tmp_path / "raw_data.parquet", index=False)
    for path in (tmp_path / "raw_data.csv", tmp_path / "raw_data.parquet"):
        (record,) = read(path)
        assert record.source.instrument == "battery-data-toolkit"
        assert record.array("current_ampere").tolist() == [1e-3, -1e-3, 0.0]
        assert record.source.started_unix_second == 1704103200.0


def test_hdf5_is_told_how_to_convert(tmp_path: Path):
    path = tmp_path / "x.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(ReadError, match="Parquet"):
        read(path)
