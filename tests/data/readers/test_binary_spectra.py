"""Zahner .ism and PalmSens .pssession, made in the test: numbers, signs, damage, limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from softbreak.data.readers.base import Head
from softbreak.data.readers.cyclers import palmsens
from softbreak.data.readers.impedance import zahner
from softbreak.data.readers.registry import read
from softbreak.data.record import Technique
from softbreak.errors import ReadError

FREQUENCY = np.geomspace(1e5, 0.1, 31)
IMPEDANCE = 10.0 + 100.0 / (1.0 + 2j * np.pi * FREQUENCY * 1e-3)


def _ism(frequency: np.ndarray, impedance: np.ndarray, second: float = 1.4e9) -> bytes:
    stamp = second + np.arange(len(frequency))
    arrays = (frequency, np.abs(impedance), np.angle(impedance), stamp)
    body = b"".join(array.astype(">f8").tobytes() for array in arrays)
    count = (len(frequency) - 1).to_bytes(6, "big")
    return b"\0\0\xff\xff\xff\xfe" + count + body + b"\x03\xe8" * len(frequency) + b"\0\0"


def test_ism_without_what_was_measured_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.ism"
    start = slice(10, 0, -1)  # up from the middle, then the whole range down
    frequency = np.concatenate([FREQUENCY[start], FREQUENCY])
    path.write_bytes(_ism(frequency, np.concatenate([IMPEDANCE[start], IMPEDANCE])))
    (record,) = read(path)
    assert record.source.reader == "zahner-ism"
    np.testing.assert_allclose(record.array("frequency_hertz"), FREQUENCY)
    np.testing.assert_allclose(record.array("real_impedance_ohm"), IMPEDANCE.real)
    np.testing.assert_allclose(record.array("imaginary_impedance_ohm"), IMPEDANCE.imag)
    assert record.source.stated["points_measured_twice"] == 10
    assert record.source.started_unix_second == 315_532_800.0 + 1.4e9


def test_a_damaged_ism_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.ism"
    data = _ism(FREQUENCY, IMPEDANCE)
    path.write_bytes(data[:300])
    with pytest.raises(ReadError, match="31 points stated in 300 bytes"):
        read(path)
    huge = data[:6] + (10**12).to_bytes(6, "big") + data[12:]
    path.write_bytes(huge)
    assert not zahner.READER.recognises(Head.of(path))
    with pytest.raises(ReadError, match="points"):
        zahner.read(path)


def _array(code: int, unit: str, name: str, values: np.ndarray) -> dict[str, Any]:
    return {
        "ArrayType": code,
        "Description": "",
        "Unit": {"Type": f"PalmSens.Units.{unit}", "Q": name},
        "DataValues": [{"V": float(value)} for value in values],
    }


def _session(folder: Path, *measurements: dict[str, Any]) -> Path:
    path = folder / "a.pssession"
    session = {"Type": "PalmSens.DataFiles.SessionFile", "Measurements": list(measurements)}
    path.write_bytes((json.dumps(session) + "\ufeff").encode("utf-16"))
    return path


def _spectrum() -> dict[str, Any]:
    return {
        "Title": "EIS",
        "UTCTimeStamp": 638_000_000_000_000_000,
        "Method": "#x\r\nMETHOD_ID=eis\r\n",
        "DataSet": {
            "Values": [
                _array(5, "Hertz", "Frequency", FREQUENCY),
                _array(7, "KiloOhm", "Z'", IMPEDANCE.real / 1e3),
                _array(8, "KiloOhm", "-Z''", -IMPEDANCE.imag / 1e3),
            ]
        },
    }


def test_a_session_of_a_spectrum_and_a_voltammogram(tmp_path: Path) -> None:
    time = np.arange(40.0)
    voltage = 0.1 - np.abs(time - 20.0) / 100.0
    sweep = {
        "Title": "CV",
        "Method": "METHOD_ID=cv\r\n",
        "DataSet": {
            "Values": [
                _array(0, "Time", "Time", time),
                _array(1, "Volt", "Potential", voltage[:20]),
                _array(2, "MicroAmpere", "Current", voltage[:20] * 1e3),
                _array(1, "Volt", "Potential", voltage[20:]),
                _array(2, "MicroAmpere", "Current", voltage[20:] * 1e3),
            ]
        },
    }
    impedance, series = read(_session(tmp_path, _spectrum(), sweep))
    np.testing.assert_allclose(impedance.array("real_impedance_ohm"), IMPEDANCE.real)
    np.testing.assert_allclose(impedance.array("imaginary_impedance_ohm"), IMPEDANCE.imag)
    assert impedance.source.started_unix_second == 1_664_403_200.0
    assert series.technique is Technique.VOLTAMMETRY
    np.testing.assert_allclose(series.array("current_ampere"), voltage * 1e-3)


def test_a_session_that_is_none_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _session(tmp_path, {"Title": "x", "DataSet": {"Values": []}})
    with pytest.raises(ReadError, match="no measurement of impedance"):
        read(path)
    uneven = _spectrum()
    uneven["DataSet"]["Values"][0]["DataValues"].pop()
    with pytest.raises(ReadError, match="30, 31 points"):
        read(_session(tmp_path, uneven))
    path.write_text('{"Measurements": ' + "[" * 100_000)
    with pytest.raises(ReadError, match="cannot be parsed"):
        read(path)
    monkeypatch.setattr(palmsens, "MOST_BYTES", 1000)
    with pytest.raises(ReadError, match="at most 1,000 bytes"):
        read(_session(tmp_path, _spectrum()))
