from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.registry import read

HEADINGS = "Rec#\tCyc#\tStep\t{time}\tAmp-hr\tWatt-hr\t{amps}\t{volts}\tState\tES\tDPt Time"
ROWS = 120
MINUTE = 60.0


def export(path: Path, time="TestTime", amps="Amps", volts="Volts", per_minute=1.0, **scales):
    """Two hours at 1 mA and 0.1 V, a row a minute, of which the second hour is a discharge."""
    volt, ampere = scales.get("volt", 1.0), scales.get("ampere", 1.0)
    lines = ["Today's Date 01/01/2024  Date of Test:\t01/13/2024\t Procedure: p.000"]
    lines.append(HEADINGS.format(time=time, amps=amps, volts=volts))
    for i in range(ROWS):
        clock = f"01/13/2024 {10 + i // 60:02d}:{i % 60:02d}:00"
        charge = i * 1e-3 / 60
        state = scales.get("states", {}).get(i, "C" if i < ROWS // 2 else "D")
        lines.append(
            f"{i + 1}\t0\t1\t{i * per_minute}\t{charge:.9f}\t{charge * 0.1 * volt / ampere:.9f}\t"
            f"{1e-3 * ampere}\t{0.1 * volt}\t{state}\t1\t{clock}"
        )
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("time", "per_minute"),
    [
        ("Test (Sec)", 60.0),
        ("Test (Min)", 1.0),
        ("Test (Hr)", 1 / 60),
        ("Test Time (sec)", 60.0),
        ("TestTime", 60.0),  # without a unit: the clock beside it tells
        ("TestTime", 1.0),
        ("Test Time", 1 / 60),
        ("TestTime", 1 / 1440),
    ],
)
def test_unit_of_the_time(tmp_path: Path, time: str, per_minute: float):
    (record,) = read(export(tmp_path / "x.001", time=time, per_minute=per_minute))
    np.testing.assert_allclose(record.array("test_time_second"), MINUTE * np.arange(ROWS))
    assert record.array("current_ampere").tolist() == [1e-3] * 60 + [-1e-3] * 60
    assert "assumption" not in record.source.stated


def test_a_pause_of_the_tester_does_not_change_the_unit(tmp_path: Path):
    path = export(tmp_path / "x.001")
    text = path.read_text().replace("01/13/2024 11:", "01/15/2024 11:")
    path.write_text(text)
    (record,) = read(path)
    assert record.array("test_time_second")[-1] == 119 * MINUTE


def test_a_time_without_a_unit_or_a_clock_is_said_to_be_assumed(tmp_path: Path):
    path = export(tmp_path / "x.001", per_minute=60.0)
    path.write_text("\n".join(line.rpartition("\t")[0] for line in path.read_text().splitlines()))
    (record,) = read(path)
    assert "'TestTime' states no unit" in record.source.stated["time_unit"]


def test_milliamperes_and_millivolts_under_volts(tmp_path: Path):
    """mWatt-hr by mAmp-hr is the voltage in volts, whatever the column's heading says."""
    headings = {"amps": "mAmps", "per_minute": 60.0}
    (record,) = read(export(tmp_path / "a.001", **headings, ampere=1e3))
    np.testing.assert_allclose(np.abs(record.array("current_ampere")), 1e-3)
    path = export(tmp_path / "b.001", **headings, ampere=1e3, volt=1e3)
    path.write_text(path.read_text().replace("Amp-hr", "mAmp-hr").replace("Watt-hr", "mWatt-hr"))
    (record,) = read(path)
    np.testing.assert_allclose(record.array("voltage_volt"), 0.1)
    assert "millivolts" in record.source.stated["assumption"]


def test_a_suspension_keeps_the_direction_before_it(tmp_path: Path):
    states = {59: "S", 60: "D", 90: "S", 91: "P", 100: "R"}
    (record,) = read(export(tmp_path / "x.001", per_minute=60.0, states=states))
    current = record.array("current_ampere")
    assert current[[59, 60, 90, 91, 92]].tolist() == [1e-3, -1e-3, -1e-3, -1e-3, -1e-3]
    assert current[100] == 1e-3  # a rest has none


def test_a_signed_current_is_left_as_it_is(tmp_path: Path):
    path = export(tmp_path / "x.001", per_minute=60.0, ampere=-1.0)
    (record,) = read(path)
    assert record.array("current_ampere").tolist() == [-1e-3] * ROWS


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str):
    path = export(tmp_path / "x.001", per_minute=60.0)
    text = path.read_text().replace("p.000", "p.000 25 °C")
    path.write_bytes(text.encode(encoding))
    (record,) = read(path)
    assert record.rows == ROWS
    assert record.source.stated["procedure"] == "p.000 25 °C"


def test_control_bytes_of_a_description(tmp_path: Path):
    path = export(tmp_path / "x.001", per_minute=60.0)
    path.write_bytes(path.read_bytes().replace(b"p.000", b"p \x04\x03.000"))
    assert read(path)[0].rows == ROWS


def test_no_number_of_records(tmp_path: Path):
    path = export(tmp_path / "x.001", per_minute=60.0)
    path.write_text("\n".join(line.partition("\t")[2] for line in path.read_text().splitlines()))
    assert read(path)[0].rows >= ROWS - 1


@pytest.mark.parametrize(
    ("heading", "unit", "there"),
    [
        ("Aux #1\tUnits", "C", True),
        ("Aux #1\t Units", " °C ", True),
        ("Aux #1\tUnits", "V", False),
        ("Aux #1 (C)\tVAR1", "", True),
        ("Aux #1\tVAR1", "", False),
        ("Temp 1\tVAR1", "", True),
    ],
)
def test_an_auxiliary_input_is_a_temperature_by_its_unit(tmp_path, heading, unit, there):
    path = export(tmp_path / "x.001", per_minute=60.0)
    lines = path.read_text().splitlines()
    lines = [*lines[:1], f"{lines[1]}\t{heading}", *(f"{line}\t25.5\t{unit}" for line in lines[2:])]
    path.write_text("\n".join(lines) + "\n")
    (record,) = read(path)
    assert record.has("ambient_temperature_celsius") is there


def test_a_row_that_is_cut_off(tmp_path: Path):
    path = export(tmp_path / "x.001", per_minute=60.0)
    path.write_text(path.read_text() + "121\t0\t1\t7200.0\t0.002")
    assert read(path)[0].rows == ROWS
