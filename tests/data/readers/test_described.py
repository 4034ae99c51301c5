"""Tables whose headings say what they hold are read as they are; doubt asks."""

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.data.record import Technique
from softbreak.errors import ReadError, UnknownFormatError

N = 60
TIME = np.arange(N) * 60.0
VOLT = np.where(np.arange(N) // 15 % 2 == 0, 0.1, -0.1)
AMPERE = VOLT / 100
HMS = [f"{int(t) // 3600:02d}:{int(t) // 60 % 60:02d}:{int(t) % 60:02d}" for t in TIME]


def write(tmp_path: Path, head: str, *columns, delimiter=",", decimal=".") -> Path:
    lines = [head]
    for row in zip(*columns, strict=True):
        texts = [v if isinstance(v, str) else f"{v:.8g}".replace(".", decimal) for v in row]
        lines.append(delimiter.join(texts))
    path = tmp_path / "x.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def assert_read(record):
    assert record.source.reader == "described"
    np.testing.assert_allclose(record.array("test_time_second"), TIME, rtol=1e-6)
    np.testing.assert_allclose(record.array("voltage_volt"), VOLT, rtol=1e-6)
    np.testing.assert_allclose(record.array("current_ampere"), AMPERE, rtol=1e-6)
    assert record.source.stated["read_as"].startswith("time from ")


@pytest.mark.parametrize(
    ("head", "scales"),
    [
        ("Time(s),Voltage(V),Current(mA)", (1, 1, 1e3)),
        ("t_s,U_V,I_mA", (1, 1, 1e3)),
        ("time/min,E/mV,I/A", (1 / 60, 1e3, 1)),
        ("TIME(S),VOLTAGE(V),CURRENT(MA)", (1, 1, 1e3)),
        ("Temps (h),Tension (mV),Courant (µA)", (1 / 3600, 1e3, 1e6)),
        ("Zeit [s],Spannung [V],Strom [mA]", (1, 1, 1e3)),
        ("时间(s),电压(V),电流(mA)", (1, 1, 1e3)),
        ("Total Time (s),WE(1).Potential (V),WE(1).Current (A)", (1, 1, 1)),
        ("Seconds,Volts,Amps", (1, 1, 1)),
        ("elapsed_s,voltage_v,current_ma", (1, 1, 1e3)),
        ("Cell 7\nmade by me\n\nTime (s),Voltage (V),Current (A)", (1, 1, 1)),
        ("Time,Voltage,Current\ns,mV,mA", (1, 1e3, 1e3)),
    ],
)
def test_words_and_units_of_many_labs(tmp_path: Path, head, scales):
    columns = (a * s for a, s in zip((TIME, VOLT, AMPERE), scales, strict=True))
    (record,) = read(write(tmp_path, head, *columns))
    assert_read(record)


def test_any_order_and_delimiter(tmp_path: Path):
    head = "Potential, V;Index;Current, A;Time, s"
    columns = (VOLT, np.arange(N), AMPERE, TIME)
    path = write(tmp_path, head, *columns, delimiter=";", decimal=",")
    assert_read(read(path)[0])


def test_durations_need_no_unit(tmp_path: Path):
    assert_read(read(write(tmp_path, "Test Time,U/V,I/A", HMS, VOLT, AMPERE))[0])


def test_the_total_time_goes_before_that_of_a_step(tmp_path: Path):
    head = "Step Time (s),Total Time (s),Voltage (V),Current (A)"
    assert_read(read(write(tmp_path, head, TIME % 900, TIME, VOLT, AMPERE))[0])


def test_labels_give_the_sign(tmp_path: Path):
    words = ["CHA" if i > 0 else "DCH" for i in AMPERE]
    head = "State,Total Time,Voltage,Current\n,s,V,A"
    assert_read(read(write(tmp_path, head, words, TIME, VOLT, np.abs(AMPERE)))[0])


@pytest.mark.parametrize(
    "head",
    [
        "Time,Voltage,Current",
        "Time (s),Voltage,Current (mA)",
        "Time (s),Voltage (V),Current density (mA/cm2)",
        "Time (s),Voltage (V),Current (MA)",
        "Step Time (s),Voltage (V),Current (A)",
        "Frequency (Hz),Voltage (V),Current (A)",
    ],
)
def test_doubt_asks(tmp_path: Path, head):
    with pytest.raises(UnknownFormatError, match=r"\[columns\]"):
        read(write(tmp_path, head, TIME, VOLT, AMPERE))


def test_two_voltages_ask(tmp_path: Path):
    head = "Time (s),Voltage (V),Potential (V),Current (A)"
    with pytest.raises(UnknownFormatError, match="Potential"):
        read(write(tmp_path, head, TIME, VOLT, VOLT / 2, AMPERE))


def test_a_current_without_its_sign_asks(tmp_path: Path):
    path = write(tmp_path, "Time (s),Voltage (V),Current (A)", TIME, VOLT, np.abs(AMPERE))
    with pytest.raises(ReadError, match="never negative"):
        read(path)


def test_a_second_header_and_a_last_row(tmp_path: Path):
    path = write(
        tmp_path, "Time(s),Voltage(V),Current(mA)", TIME[:30], VOLT[:30], AMPERE[:30] * 1e3
    )
    first = path.read_text()
    path = write(tmp_path, "Voltage(V),Current(A),Time(s)", VOLT[30:], AMPERE[30:], TIME[30:])
    path.write_text(first + path.read_text())
    assert_read(read(path)[0])


def test_a_mapping_goes_before_the_words_that_it_names(tmp_path: Path):
    path = write(tmp_path, "Time(s),Voltage(V),Current(mA)", TIME, VOLT, AMPERE)
    mapping = {"test_time_second": 0, "voltage_volt": 1, "current_ampere": "Current(mA)"}
    assert read(path, mapping)[0].array("current_ampere")[0] == pytest.approx(1e-3)
    other = {"test_time_second": "t", "voltage_volt": "U", "current_ampere": "I"}
    assert read(path, other)[0].source.reader == "described"


def test_a_stated_technique_is_that_of_tables(tmp_path: Path):
    path = write(tmp_path, "Time(s),Voltage(V),Current(mA)", TIME, VOLT, AMPERE)
    assert read(path)[0].technique is Technique.CYCLING
    assert read(path, {"technique": "voltammetry"})[0].technique is Technique.VOLTAMMETRY


@pytest.mark.parametrize(
    ("head", "scales"),
    [
        ("Time in s,Voltage in V,Current in mA", (1, 1, 1e3)),
        ("time (seconds),voltage (volts),current (milliamps)", (1, 1, 1e3)),
        ("Time/s,Voltage/millivolt,Current/microampere", (1, 1e3, 1e6)),
        ("시간(s),전압(V),전류(mA)", (1, 1, 1e3)),
        ("Время (мин),Напряжение (мВ),Ток (мкА)", (1 / 60, 1e3, 1e6)),
        ("# Time (s),Voltage (V),Current (mA)", (1, 1, 1e3)),
        ("% time(s),voltage(V),current(mA)", (1, 1, 1e3)),
    ],
)
def test_more_habits_of_headings(tmp_path: Path, head: str, scales: tuple):
    columns = (TIME * scales[0], VOLT * scales[1], AMPERE * scales[2])
    (record,) = read(write(tmp_path, head, *columns))
    assert_read(record)
    (record,) = read(write(tmp_path, head.replace(",", "|"), *columns, delimiter="|"))
    assert_read(record)


def test_headings_behind_a_mark_of_comment_and_blanks(tmp_path: Path):
    head = "# t(s) U(V) I(mA)"
    (record,) = read(write(tmp_path, head, TIME, VOLT, AMPERE * 1e3, delimiter=" "))
    assert_read(record)


def test_cyrillic_headings_of_an_old_code_page(tmp_path: Path):
    path = write(tmp_path, "Время (с),Напряжение (В),Ток (мА)", TIME, VOLT, AMPERE * 1e3)
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1251"))
    assert_read(read(path)[0])


def test_lines_that_end_as_on_old_macs(tmp_path: Path):
    path = write(tmp_path, "Time(s),Voltage(V),Current(mA)", TIME, VOLT, AMPERE * 1e3)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    assert_read(read(path)[0])


@pytest.mark.parametrize("head", ["Timestamp", "unix_time", "Datum"])
def test_a_wall_clock_is_enough(tmp_path: Path, head: str):
    dates = [f"2024-02-28 09:{int(t) // 60:02d}:{int(t) % 60:02d}" for t in TIME]
    clock = [f"{1_709_110_800 + int(t)}" for t in TIME] if head == "unix_time" else dates
    (record,) = read(write(tmp_path, f"{head},Voltage (V),Current (A)", clock, VOLT, AMPERE))
    np.testing.assert_allclose(record.array("test_time_second"), TIME)
    assert record.array("unix_time_second")[0] == 1_709_110_800.0


@pytest.mark.parametrize(
    "head",
    [
        "time (s)   voltage (V)   current (mA)",
        "time (s) voltage (V) current (mA)",
        "# Time / s Voltage / V Current / mA",
        "t/s U/V I/mA",
        "Elapsed time (s)  Cell voltage [V]  Cell current [mA]",
    ],
)
def test_columns_and_headings_that_blanks_separate(tmp_path: Path, head: str):
    path = write(tmp_path, "run 7\n" + head, TIME, VOLT, 1e3 * AMPERE, delimiter="   ")
    assert_read(read(path)[0])


@pytest.mark.parametrize(
    "form",
    ["P0DT{h}H{m}M{s}S", "{h}h {m}m {s}s", "{h} h {m} min {s} sec", "0.{h:02d}:{m:02d}:{s:02d}"],
)
def test_durations_need_no_unit_however_they_are_written(tmp_path: Path, form: str):
    times = [form.format(h=int(t) // 3600, m=int(t) // 60 % 60, s=int(t) % 60) for t in TIME]
    assert_read(read(write(tmp_path, "Time,U/V,I/A", times, VOLT, AMPERE))[0])


def test_what_is_not_understood_is_named_as_the_file_names_it(tmp_path: Path):
    with pytest.raises(ReadError, match=r"60 values of 'Cell voltage \(V\)' not understood"):
        read(write(tmp_path, "Time (s),Cell voltage (V),Current (A)", TIME, ["?"] * N, AMPERE))
