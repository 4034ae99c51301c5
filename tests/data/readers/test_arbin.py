from pathlib import Path

import pytest

from softbreak.data.readers.registry import read
from softbreak.errors import ReadError, StatisticsError

HEADINGS = [
    "Data_Point,Date_Time,Test_Time(s),Cycle_Index,Step_Index,Current(A),Voltage(V)",
    "Data Point,Date Time,Test Time (s),Cycle Index,Step Index,Current (A),Voltage (V)",
    "Data_Point,DateTime,Test_Time (s),Cycle_ID,Step_ID,Current (A),Voltage (V)",
]


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("stamp", ["2022-07-01 12:00:00.000", "16566768000000000", "1656676800"])
def test_headings_and_dates_of_its_versions(tmp_path: Path, heading: str, stamp: str):
    path = tmp_path / "x.csv"
    path.write_text(f"{heading}\n" + "".join(f"{i},{stamp},{i},1,1,1e-3,0.1\n" for i in range(4)))
    (record,) = read(path)
    assert record.source.instrument == "Arbin MITS"
    # date -u -d "2022-07-01 12:00" +%s
    assert record.array("unix_time_second").tolist() == pytest.approx([1656676800] * 4)
    assert record.has("step_count")


@pytest.mark.parametrize("column", ["Test_ID", "Channel_ID"])
def test_several_tests_or_channels_in_one_export(tmp_path: Path, column: str):
    path = tmp_path / "x.csv"
    heading = f"{column},Data_Point,Test_Time,Cycle_ID,Step_ID,Current,Voltage\n"
    rows = [f"{7 + i // 4},{i},{i % 4},1,1,1e-3,0.1\n" for i in range(8)]
    path.write_text(heading + "".join(rows[:4]))
    assert read(path)[0].rows == 4
    path.write_text(heading + "".join(rows))
    with pytest.raises(ReadError, match=f"column {column}.*7, 8"):
        read(path)


@pytest.mark.parametrize(("cycles", "steps"), [(4, 4), (2, 20)])
def test_statistics_under_the_headings_of_samples(tmp_path: Path, cycles: int, steps: int):
    path = tmp_path / "x.csv"
    rows = (f"{i},,{i},{1 + i * cycles // steps},{i},1e-3,0.1\n" for i in range(steps))
    path.write_text(HEADINGS[0] + "\n" + "".join(rows))
    with pytest.raises(StatisticsError, match=r"one row a (cycle|step)"):
        read(path)
