"""Text tables of NOVA, IviumSoft and Squidstat; CH Instruments' exports. Made-up measurements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.registry import read
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError

TIME = np.arange(0.0, 80.0, 0.5)
TRIANGLE = 0.1 - np.abs(((TIME / 40.0 + 0.5) % 1.0) * 0.4 - 0.2)
SQUARE = np.where((TIME // 20.0) % 2 == 0, 1e-3, -1e-3)


def _lines(rows: list[tuple[float, ...]], delimiter: str, mark: str = ".") -> str:
    texts = (delimiter.join(f"{x:.6g}".replace(".", mark) for x in row) for row in rows)
    return "\n".join(texts) + "\n"


def _write(folder: Path, text: str) -> Record:
    path = folder / "export.txt"
    path.write_text(text, encoding="utf-8")
    (record,) = read(path)
    return record


@pytest.mark.parametrize(
    ("header", "delimiter", "mark", "reader"),
    [
        ("Time (s);WE(1).Potential (V);WE(1).Current (A)", ";", ".", "nova"),
        ("Corrected time (s)\tWE(1).Potential (V)\tWE(1).Current (A)", "\t", ",", "nova"),
        ("160\ntime/s E/V I/A", " ", ".", "ivium-text"),
        ("Ivium data\ntime /s\tE /V\tI /A", "\t", ".", "ivium-text"),
        ('"Elapsed Time (s)","Working Electrode (V)","Current (A)"', ",", ".", "squidstat"),
    ],
)
@pytest.mark.parametrize("swept", [False, True])
def test_time_potential_and_current(
    tmp_path: Path, header: str, delimiter: str, mark: str, reader: str, swept: bool
) -> None:
    voltage, current = (TRIANGLE, TRIANGLE / 90.0) if swept else (SQUARE * 100.0, SQUARE)
    rows = list(zip(TIME, voltage, current, strict=True))
    record = _write(tmp_path, header + "\n" + _lines(rows, delimiter, mark))
    assert record.source.reader == reader
    assert record.technique is (Technique.VOLTAMMETRY if swept else Technique.CYCLING)
    np.testing.assert_allclose(record.array("test_time_second"), TIME)
    np.testing.assert_allclose(record.array("voltage_volt"), voltage, atol=1e-7)
    np.testing.assert_allclose(record.array("current_ampere"), current, rtol=1e-5, atol=1e-12)


def test_units_in_the_heading_count(tmp_path: Path) -> None:
    header = '"Step number","Step name","Elapsed Time (s)","Working Electrode (V)","Current (mA)"\n'
    rows = [
        f'{1 + k // 40},"CC",{t:g},{100 * i:g},{1e3 * i:g}'
        for k, (t, i) in enumerate(zip(TIME, SQUARE, strict=True))
    ]
    record = _write(tmp_path, header + "\n".join(rows) + "\n")
    np.testing.assert_allclose(record.array("current_ampere"), SQUARE)
    assert record.array("step_count").max() == 4


def test_a_scan_column_makes_a_voltammogram_in_nova(tmp_path: Path) -> None:
    header = "Potential applied (V);Time (s);WE(1).Current (A);WE(1).Potential (V);Scan;Index\n"
    rows = [(v, t, v / 90, v, 1, k) for k, (t, v) in enumerate(zip(TIME, TRIANGLE, strict=True))]
    record = _write(tmp_path, header + _lines(rows, ";"))
    assert record.technique is Technique.VOLTAMMETRY
    np.testing.assert_allclose(record.array("voltage_volt"), TRIANGLE, atol=1e-7)


CHI = (
    "Jan. 27, 2022   13:43:22\n{method}\nFile: c:\\a.bin\nData Source: Experiment\n"
    "Instrument Model:  CHI660E\nHeader: \nNote: \n\n{parameters}\n\n{header}\n\n"
)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_chi_voltammogram_gets_its_time_and_its_sign(tmp_path: Path, sign: float) -> None:
    head = CHI.format(
        method="Cyclic Voltammetry",
        parameters="Init E (V) = 0\nScan Rate (V/s) = 0.01\nSegment = 4\nQuiet Time (sec) = 2",
        header="Potential/V, Current/A",
    )
    potential = np.round(TRIANGLE, 4)
    rows = list(zip(potential, sign * potential / 90.0, strict=True))
    text = _lines(rows[:80], ", ") + "\nSegment 2:\n" + _lines(rows[80:], ", ")
    record = _write(tmp_path, head + text)
    assert record.technique is Technique.VOLTAMMETRY
    assert record.source.reader == "chi"
    assert record.source.started_unix_second == 1643291002.0  # 27 January 2022, 13:43:22
    time = record.array("test_time_second")
    assert time[-1] == pytest.approx(np.abs(np.diff(potential)).sum() / 0.01)
    current = record.array("current_ampere")
    np.testing.assert_allclose(current, potential / 90.0, rtol=1e-5, atol=1e-9)
    assert ("current_sign" in record.source.stated) == (sign < 0.0)


def _chronopotentiogram(limit: float, first: str = "P") -> str:
    parameters = (
        "Cathodic Current (A) = 0.001\nAnodic Current (A) = 0.001\n"
        f"High E Limit (V) = {limit}\nLow E Limit (V) = {-limit}\n"
        f"Cathodic Time (s) = 20\nAnodic Time (s) = 20\nInit P/N = {first}\nQuiet Time (sec) = 0"
    )
    method = "Chronopotentiometry"
    return CHI.format(method=method, parameters=parameters, header="Time/sec, Potential/V")


def test_chi_chronopotentiogram_gets_its_current(tmp_path: Path) -> None:
    time = TIME + 0.25
    current = np.where((time // 20.0) % 2 == 0, 1e-3, -1e-3)
    rows = list(zip(time, 100.0 * current, strict=True))
    record = _write(tmp_path, _chronopotentiogram(1.0) + _lines(rows, ", "))
    np.testing.assert_allclose(record.array("current_ampere"), current)
    turned = [(t, -100.0 * i) for t, i in zip(time, current, strict=True)]
    record = _write(tmp_path, _chronopotentiogram(1.0, "N") + _lines(turned, ", "))
    np.testing.assert_allclose(record.array("current_ampere"), -current)


def test_chi_chronopotentiogram_that_met_its_limit_is_refused(tmp_path: Path) -> None:
    rows = list(zip(TIME, 100.0 * SQUARE, strict=True))
    with pytest.raises(ReadError, match="reached High E Limit"):
        _write(tmp_path, _chronopotentiogram(0.1) + _lines(rows, ", "))


def test_chi_open_circuit_is_a_rest_and_a_hold_has_its_potential(tmp_path: Path) -> None:
    quiet = "Quiet Time (sec) = 0\nInit E (V) = 0.05"
    head = CHI.format(
        method="Open Circuit Potential - Time", parameters=quiet, header="Time/sec, Potential/V"
    )
    record = _write(tmp_path, head + _lines([(t, 0.01) for t in TIME], ", "))
    assert record.technique is Technique.REST
    assert not record.array("current_ampere").any()
    head = CHI.format(method="i - t Curve", parameters=quiet, header="Time/sec, Current/A")
    record = _write(tmp_path, head + _lines([(t, 5e-4) for t in TIME], ", "))
    assert set(record.array("voltage_volt")) == {0.05}
    assert record.array("current_ampere").max() == pytest.approx(5e-4)


def test_chi_without_its_parameters_is_refused(tmp_path: Path) -> None:
    head = CHI.format(method="Cyclic Voltammetry", parameters="", header="Potential/V, Current/A")
    with pytest.raises(ReadError, match="Scan Rate"):
        _write(tmp_path, head + "0.1, 1e-3\n0.2, 2e-3\n")
