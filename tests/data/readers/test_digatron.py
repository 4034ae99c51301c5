from pathlib import Path

import pytest

from softbreak.data.readers.registry import read

HEADING = "Step,Status,Prog Time,Cycle,Procedure,Voltage,Current,AhAccu,Timestamp"
GERMAN = "Schritt;Zustand;Programmdauer;Zyklus;Prozedur;Spannung;Strom;AhAkku;Zeit"


@pytest.mark.parametrize(
    ("heading", "units", "time", "row"),
    [
        (HEADING, ",,s,,,V,A,Ah,", "60", "0.1,0.001"),
        (HEADING, ",,[min],,,[mV],[mA],[Ah],", "1", "100,1"),
        (HEADING, ",,,,,[V],[A],[Ah],", "00:01:00.000", "0.1,0.001"),
        (HEADING, "", "60", "0.1,0.001"),
        (GERMAN, ";;ms;;;V;A;Ah;", "60000", "0,1;0,001"),
    ],
)
@pytest.mark.parametrize("labels", [("CHA", "DCH"), ("LAD", "ELA")])
def test_units_in_a_row_of_their_own(tmp_path: Path, heading, units, time, row, labels):
    mark = ";" if ";" in heading else ","
    text = f"Battery{mark}cell 1\n{heading}\n" + (f"{units}\n" if units else "")
    stamp = "2024-01-01 10:00:00"
    for label in labels:
        text += mark.join(["1", label, time, "0", "p", row, "0", stamp]) + "\n"
    path = tmp_path / "x.csv"
    path.write_text(text)
    (record,) = read(path)
    assert record.source.instrument == "Digatron"
    assert record.array("test_time_second").tolist() == [60, 60]
    assert record.array("voltage_volt").tolist() == pytest.approx([0.1, 0.1])
    assert record.array("current_ampere").tolist() == pytest.approx([1e-3, -1e-3])
    assert record.source.stated["Battery"] == "cell 1"
