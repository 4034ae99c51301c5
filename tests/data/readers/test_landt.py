from pathlib import Path

import pytest

from softbreak.data.readers.registry import read

CASES = {
    "seconds": ("TestTime/Sec,Current/mA,Voltage/V,SysTime,Cycle-Index,Step-State", "60", "C", "D"),
    "dot": ("TestTime/Sec.,Current/mA,Voltage/V,SysTime,CycleNo,State", "60", "C_CC", "D_CC"),
    "status": ("TestTime/Min,Current/mA,Voltage/V,SysTime,CycleNo,StepStatus", "1", "CCC", "CCD"),
    "days": ("TestTime,Current/mA,Voltage/V,SysTime,CycleNo,State", "0-00:01:00", "C_CC", "D_Rate"),
    "chinese": ("测试时间/Sec,电流/mA,电压/V,系统时间,循环序号,状态", "60", "恒流充电", "恒流放电"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("signed", [True, False])
def test_records_as_the_software_writes_them(tmp_path: Path, case: str, signed: bool):
    heading, minute, charge, discharge = CASES[case]
    sign = "-" if signed else ""
    text = f"Record,{heading}\n" + "".join(
        f"1,{time},{current},0.1,2024-01-01 10:00:00,1,{state}\n"
        for time, current, state in (
            ("0" if minute.isdigit() else "0-00:00:00", "1.0", charge),
            (minute, f"{sign}1.0", discharge),
        )
    )
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode("gb18030"))
    (record,) = read(path)
    assert record.source.instrument == "Landt"
    assert record.array("test_time_second").tolist() == [0, 60]
    assert record.array("current_ampere").tolist() == [1e-3, -1e-3]
    assert record.has("cycle_count")
