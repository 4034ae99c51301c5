import logging
from pathlib import Path

import pytest

from softbreak.data.readers.cyclers import neware
from softbreak.data.readers.registry import read

TYPES = ("CC Chg", "CC DChg")


def layered(headings: tuple[str, str, str], *, signed: bool = True, delimiter: str = ",") -> str:
    """Two cycles of a charge and a discharge, three records a minute apart in each."""
    lines, minute = list(headings), 0
    for cycle in (1, 2):
        lines.append(f"{cycle},0.1,0.1")
        for step in (2 * cycle - 1, 2 * cycle):
            sign = 1 if step % 2 else -1
            lines.append(f",{step},{step},{TYPES[step % 2 == 0]},00:03:00,0.1")
            for record in range(3):
                current = (sign if signed else 1) * 1e-3
                clock = f"2024-01-01 10:{minute:02d}:00"
                time, total = f"00:{record:02d}:00", f"00:{minute:02d}:00"
                row = (minute, time, total, current, sign * 0.1, clock)
                lines.append(",," + ",".join(map(str, row)))
                minute += 1
    return "\n".join(lines).replace(",", delimiter) + "\n"


ENGLISH = (
    "Cycle Index,Chg. Cap.(Ah),DChg. Cap.(Ah)",
    ",Step Index,Step Number,Step Type,Step Time,Capacity(Ah)",
    ",,DataPoint,Time,Total Time,Current(A),Voltage(V),Date",
)
OLDER = (
    "Cycle ID,Cap_Chg(Ah),Cap_DChg(Ah)",
    ",Step ID,Step Number,Step Name,Time(h:min:s.ms),Capacity(Ah)",
    ",,Record ID,Time(h:min:s.ms),Elapsed,Current(A),Voltage(V),Realtime",
)
CHINESE = (
    "循环号,充电容量(Ah),放电容量(Ah)",
    ",工步号,工步序号,工步类型,工步时间,容量(Ah)",
    ",,数据序号,时间,总时间,电流(A),电压(V),绝对时间",
)


@pytest.mark.parametrize("headings", [ENGLISH, OLDER, CHINESE])
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_records_among_rows_of_cycles_and_steps(tmp_path: Path, headings, signed, delimiter):
    path = tmp_path / "x.csv"
    path.write_text(layered(headings, signed=signed, delimiter=delimiter))
    (record,) = read(path)
    assert record.array("current_ampere").tolist() == 2 * (3 * [1e-3] + 3 * [-1e-3])
    assert record.array("voltage_volt").tolist() == 2 * (3 * [0.1] + 3 * [-0.1])
    assert record.array("cycle_count").tolist() == [1] * 6 + [2] * 6
    assert record.array("step_count").tolist() == [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    if headings is OLDER:  # a time that restarts with every step runs on
        assert (record.array("test_time_second")[[0, 2, 5, 11]] == [0, 120, 240, 480]).all()
    else:
        assert record.array("test_time_second").tolist() == [60.0 * i for i in range(12)]
    assert record.array("unix_time_second")[-1] - record.array("unix_time_second")[0] == 660


FLAT = "数据序号,循环号,工步号,工步类型,时间,总时间,电流{mA},电压{V},绝对时间\n"
ROWS = "".join(
    f"{i},1,{1 + i // 3},{('恒流充电', '恒流放电')[i // 3]},00:0{i}:00,00:0{i}:00,1.0,0.1,"
    f"2024-01-01 10:0{i}:00\n"
    for i in range(6)
)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("brackets", ["()", "（）", "[]"])
def test_chinese_headings(tmp_path: Path, encoding: str, brackets: str):
    units = {unit: f"{brackets[0]}{unit}{brackets[1]}" for unit in ("mA", "V")}
    path = tmp_path / "x.csv"
    path.write_bytes((FLAT.format(**units) + ROWS).encode(encoding))
    (record,) = read(path)
    assert record.source.instrument == "Neware BTS"
    assert record.array("current_ampere").tolist() == [1e-3] * 3 + [-1e-3] * 3
    assert record.array("test_time_second").tolist() == [60.0 * i for i in range(6)]


def test_records_of_an_older_export(tmp_path: Path):
    path = tmp_path / "x.csv"
    heading = "Record Index,Cycle,Step,Relative Time(h:min:s.ms),Voltage(V),Cur(mA),Absolute Time\n"
    rows = (f"{i},1,1,0:0{i}:00.000,0.1,1.0,2024-01-01 10:0{i}:00\n" for i in range(4))
    path.write_text(heading + "".join(rows))
    (record,) = read(path)
    assert record.array("test_time_second").tolist() == [0, 60, 120, 180]
    assert record.array("current_ampere").tolist() == [1e-3] * 4


def test_a_damaged_row_does_not_shift_the_clock_of_those_behind_it(tmp_path: Path):
    """A comma too many moves the time within the step to where the total time stands."""
    head = "DataPoint,Step Type,Time,Total Time,Current(A),Voltage(V)\n"
    rows = [
        f"{k + 1},CC Chg,00:{k % 30:02d}:00,{k // 60:02d}:{k % 60:02d}:00,0.001,0.{100 + k}\n"
        for k in range(200)
    ]
    rows[120] = rows[120].replace(",", ",,", 1)
    path = tmp_path / "x.csv"
    path.write_text(head + "".join(rows))
    (record,) = read(path)
    assert record.rows == 199
    assert record.array("test_time_second")[-1] == 199 * 60.0
    assert "1 of 200 rows" in record.source.stated["left_out"]


def test_steps_of_one_name_say_nothing_of_the_sign(tmp_path: Path):
    """All steps are called alike: their numbers tell where the current turned."""
    head = "DataPoint,Step Index,Step Type,Total Time,Current(A),Voltage(V)\n"
    rows = [
        f"{k + 1},{k // 20 + 1},CC,{k // 60:02d}:{k % 60:02d}:00,0.001,{'-' * (k // 20 % 2)}0.1\n"
        for k in range(160)
    ]
    path = tmp_path / "x.csv"
    path.write_text(head + "".join(rows))
    (record,) = read(path)
    assert (record.array("current_ampere") * record.array("voltage_volt") > 0).all()
    assert "without its sign" in record.source.stated["assumption"]


def test_what_the_library_logs_is_told_not_printed(monkeypatch, capfd):
    import fastnda

    def read(path, cycle_mode):
        told = ValueError("no header")
        logging.getLogger("fastnda.ndax").error("no TestInfo.xml", exc_info=told)
        return "frame"

    monkeypatch.setattr(fastnda, "read", read)
    assert neware._parse(Path("x.ndax")) == ("frame", ["no TestInfo.xml"])
    assert capfd.readouterr() == ("", "")
