from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.base import Head
from softbreak.data.readers.formats.plain_table import READERS, read_mapped
from softbreak.data.readers.registry import read
from softbreak.data.record import Technique
from softbreak.errors import ReadError

HOURS = np.arange(60) * 20 / 3600
BARE = "".join(f"{h:.6f}\t{0.1 + h:.5f}\t0.0998\n" for h in HOURS)


def write(tmp_path: Path, text: str, name: str = "t.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode("cp1252"))
    return path


def test_names_positions_and_scales(tmp_path: Path):
    path = write(tmp_path, "preamble\ntime h,U,I / mA\n0,1.0,2\n0.5,1.5,-3\n")
    (record,) = read_mapped(
        path,
        {
            "test_time_second": {"column": "time h", "scale": 3600},
            "voltage_volt": "U",
            "current_ampere": {"column": 2, "scale": 1e-3},
        },
    )
    assert record.array("test_time_second").tolist() == [0, 1800]
    assert record.array("voltage_volt").tolist() == [1, 1.5]
    assert record.array("current_ampere").tolist() == [0.002, -0.003]


def test_positions_need_no_header(tmp_path: Path):
    path = write(tmp_path, BARE)
    (record,) = read_mapped(
        path,
        {"test_time_second": 0, "voltage_volt": 1, "current_ampere": {"column": 2, "scale": 1e-6}},
    )
    assert len(record.table) == 60
    assert record.array("current_ampere")[0] == pytest.approx(0.0998e-6)
    assert "assumption" not in record.source.stated


def test_positions_skip_a_preamble(tmp_path: Path):
    path = write(tmp_path, "Zelle 7\nZeit;Spannung;Strom\n0,0;1,5;0\n1,0;1,25;-0,5\n")
    columns = {"test_time_second": 0, "voltage_volt": 1, "current_ampere": 2}
    (record,) = read_mapped(path, columns)
    assert record.array("voltage_volt").tolist() == [1.5, 1.25]
    assert record.array("current_ampere").tolist() == [0, -0.5]


def test_blanks_separate_columns_and_commas_are_decimal_marks(tmp_path: Path):
    path = write(tmp_path, "  0,0   1,5  0\n  1,0   1,25 -0,5\n")
    columns = {"test_time_second": 0, "voltage_volt": 1, "current_ampere": 2}
    (record,) = read_mapped(path, columns)
    assert record.array("voltage_volt").tolist() == [1.5, 1.25]


def test_latin_1_names_durations_and_dates(tmp_path: Path):
    text = (
        "Datum;Zeit;U / V;I / µA\n"
        "01.02.2024 10:00:00;0d 00:00:00;1;2\n"
        "01.02.2024 10:00:10;00:00:10;1;2\n"
    )
    path = write(tmp_path, text)
    (record,) = read_mapped(
        path,
        {
            "unix_time_second": "Datum",
            "test_time_second": "Zeit",
            "voltage_volt": "U / V",
            "current_ampere": {"column": "I / µA", "scale": 1e-6},
        },
    )
    assert record.array("test_time_second").tolist() == [0, 10]
    assert record.array("current_ampere") == pytest.approx(2e-6)
    # date -u -d '2024-02-01 10:00:00' +%s
    assert record.source.started_unix_second == 1706781600


def test_spectrum(tmp_path: Path):
    path = write(tmp_path, "f,Re,-Im\n1000,10,1\n100,11,2\n\n")
    (record,) = read_mapped(
        path,
        {
            "frequency_hertz": "f",
            "real_impedance_ohm": "Re",
            "imaginary_impedance_ohm": {"column": "-Im", "scale": -1},
        },
    )
    assert record.technique is Technique.IMPEDANCE
    assert record.array("imaginary_impedance_ohm").tolist() == [-1, -2]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"voltage_volt": 1}, "without test_time_second, current_ampere"),
        ({"volts": 1}, "did you mean voltage_volt"),
        ({"voltage_volt": True}, "voltage_volt = True"),
        ({"voltage_volt": -1}, "voltage_volt = -1"),
        ({"voltage_volt": {"column": 1, "scale": "mV"}}, "scale = 'mV'"),
        (
            {"test_time_second": 0, "voltage_volt": 1, "current_ampere": 7},
            "none is number 7",
        ),
        (
            {"test_time_second": "t", "voltage_volt": 1, "current_ampere": 2},
            "no header line",
        ),
    ],
)
def test_bad_mappings(tmp_path: Path, columns, found):
    with pytest.raises(ReadError, match=found):
        read_mapped(write(tmp_path, BARE), columns)


def test_three_bare_columns_state_their_assumption(tmp_path: Path):
    (record,) = read(write(tmp_path, BARE))
    assert record.array("test_time_second")[1] == pytest.approx(20, abs=0.01)
    assert record.array("current_ampere")[0] == pytest.approx(0.0998e-3)
    assert "hours" in record.source.stated["assumption"]


@pytest.mark.parametrize(
    "rows",
    [
        [(i, 0.1, 0.1) for i in range(60)],  # a sample an hour: more likely seconds
        [(0.005 * (i % 7), 0.1, 0.1) for i in range(60)],  # time that falls
        [(10 ** (i / 10), 100 - i, -i) for i in range(60)],  # a spectrum
        [(0.005 * i, 3700 + i, 0.1) for i in range(60)],  # millivolts
        [(0.005 * i, 3.7, i * 1.1) for i in range(60)],  # a current that never stays put
        [(0.005 * i, 3.7) for i in range(60)],
        [(0.005 * i, 3.7, 0.1, 25) for i in range(60)],
    ],
)
def test_implausible_bare_columns_are_not_guessed(tmp_path: Path, rows):
    path = write(tmp_path, "".join(" ".join(f"{v:.5f}" for v in row) + "\n" for row in rows))
    assert not READERS[0].recognises(Head.of(path))
