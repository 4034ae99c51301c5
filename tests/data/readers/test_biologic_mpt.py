"""Text exports of EC-Lab and BT-Lab, written here."""

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.base import Head
from softbreak.data.readers.cyclers.biologic_mpt import READER
from softbreak.data.record import Record, Technique
from softbreak.errors import ReadError

CV_LABELS = ["mode", "time/s", "control/V", "Ewe/V", "<I>/mA", "cycle number", "P/W"]
CV_ROWS = [
    "2\t1.5E+000\t5.0E-001\t4.9E-001\t-1.0E-003\t1.0E+000\t-1.0E-006",
    "2\t2.5E+000\t6.0E-001\t5.9E-001\t2.0E-003\t1.0E+000\t1.2E-006",
    "2\t3.5E+000\t5.0E-001\t4.8E-001\t3.0E-003\t2.0E+000\t1.4E-006",
]
SAID = (
    "Acquisition started on : 03/07/2025 11:21:39.339",
    "Electrode surface area : 1.131 cm²",
    "Comments : Li|LLZO|Li : 60 °C",
)


def _text(
    labels: list[str],
    rows: list[str],
    title: str = "Cyclic Voltammetry",
    said: tuple[str, ...] = SAID,
    mark: str = "EC-Lab ASCII FILE",
) -> str:
    lines = [mark, "Nb header lines : 0", "", title, "", *said, "", "\t".join(labels) + "\t"]
    lines[1] = f"Nb header lines : {len(lines)}       "
    return "\r\n".join([*lines, *rows])


def _read(folder: Path, content: str | bytes, encoding: str = "cp1252") -> list[Record]:
    path = folder / "cell.mpt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    assert READER.recognises(Head.of(path))
    return READER.read(path)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize("end", ["", "\r\n"])
def test_a_voltammogram_in_any_dress(tmp_path, encoding, comma, end):
    rows = [row.replace(".", ",") if comma else row for row in CV_ROWS]
    (record,) = _read(tmp_path, _text(CV_LABELS, rows) + end, encoding)
    assert record.technique is Technique.VOLTAMMETRY
    assert record.source.method == "CV"
    assert record.source.started_unix_second == 1_741_346_499.339  # 2025-03-07 11:21:39.339
    assert record.source.stated["comments"] == "Li|LLZO|Li : 60 °C"
    assert record.cell.area_cm2 == 1.131
    assert record.table.to_dict("list") == {
        "test_time_second": [1.5, 2.5, 3.5],
        "voltage_volt": [0.49, 0.59, 0.48],
        "current_ampere": pytest.approx([-1e-6, 2e-6, 3e-6]),
        "control_voltage_volt": [0.5, 0.6, 0.5],
        "cycle_count": [1, 1, 2],
    }


@pytest.mark.parametrize("missing", range(1, 40))
def test_a_last_line_that_was_cut_off_is_left_out(tmp_path, missing):
    text = _text(CV_LABELS, CV_ROWS)[:-missing]
    (record,) = _read(tmp_path, text)
    assert record.array("test_time_second").tolist() == [1.5, 2.5]
    assert "may have been cut" in record.source.stated["unfinished_row"]


def test_a_last_line_without_end_that_is_whole_is_kept(tmp_path):
    (record,) = _read(tmp_path, _text(CV_LABELS, CV_ROWS).rstrip("\r\n"))
    assert record.array("test_time_second").tolist() == [1.5, 2.5, 3.5]
    assert "unfinished_row" not in record.source.stated


def test_blank_lines_between_rows(tmp_path):
    (record,) = _read(tmp_path, _text(CV_LABELS, CV_ROWS).replace("\n2\t", "\n\n2\t"))
    assert len(record.table) == 3


def test_times_may_be_dates(tmp_path):
    labels = ["Ns", "time/s", "Ecell/V", "I/mA", "Temperature/°C"]
    rows = [
        "0\t03/07/2025 11:21:49.339\t1.0\t0.0\t25.5",
        "1\t03/07/2025 11:21:50.439\t1.0\t2.0\t25.5",
    ]
    (record,) = _read(tmp_path, _text(labels, rows, "Modulo Bat", mark="BT-Lab ASCII FILE"))
    np.testing.assert_allclose(record.array("test_time_second"), [10.0, 11.1], atol=1e-6)
    assert record.array("ambient_temperature_celsius").tolist() == [25.5, 25.5]
    assert record.array("step_count").tolist() == [0, 1]


def test_dates_are_day_first_only_where_month_first_cannot_be(tmp_path):
    labels = ["time/s", "Ewe/V", "I/mA"]
    rows = ["14.03.2025 00:00:00,000\t1\t1", "15.03.2025 00:00:00,500\t1\t1"]
    (record,) = _read(tmp_path, _text(labels, rows, said=()))
    assert record.array("test_time_second").tolist() == [0.0, 86_400.5]
    assert record.source.started_unix_second == 1_741_910_400.0  # 2025-03-14


def test_a_date_among_seconds_is_an_error(tmp_path):
    labels = ["time/s", "Ewe/V", "I/mA"]
    with pytest.raises(ReadError, match=r"line 9\): '03/07/2025 11:21:50' for time/s"):
        _read(tmp_path, _text(labels, ["1.0\t1\t1", "03/07/2025 11:21:50\t1\t1"], said=()))


def test_exports_one_below_the_other(tmp_path):
    """Each goes by its own words and headings; headings alone go by the words above."""
    labels = ["time/s", "Ewe/V", "I/mA"]
    first = _text(labels, ["0\t1\t2", "1\t1\t2", ""])
    later = SAID[0].replace("11:21", "12:21")
    second = _text(["Ewe/V", "time/s", "I/A"], ["3\t0\t1", "3\t1\t1", ""], said=(later,))
    third = "\r\n".join(["Ewe/V\tI/A\ttime/s", "4\t1\t2", "4\t1\t3", ""])
    records = _read(tmp_path, first + second + third)
    assert [record.array("voltage_volt").tolist() for record in records] == [[1, 1], [3, 3], [4, 4]]
    assert [record.array("current_ampere")[0] for record in records] == pytest.approx([2e-3, 1, 1])
    began = [record.source.started_unix_second for record in records]
    assert np.diff(began).tolist() == [3600.0, 0.0]
    text = first + second + third.replace("4\t1\t3", "4\tx\t3")
    with pytest.raises(ReadError, match=rf"line {text.count(chr(10))}\): 'x' for I/A"):
        _read(tmp_path, text)


def test_an_export_without_its_header(tmp_path):
    (record,) = _read(tmp_path, "time/s\tEwe/V\tI/mA\r\n0.0\t0.1\t2.0\r\n1.0\t0.2\t2.0\r\n")
    np.testing.assert_allclose(record.array("current_ampere"), [2e-3, 2e-3])
    assert record.source.started_unix_second is None


def test_impedance_has_its_true_sign_and_one_record_a_spectrum(tmp_path):
    labels = ["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "|Z|/Ohm", "Phase(Z)/deg", "time/s"]
    rows = [f"{f}\t10.0\t5.0\t0\t0\t{t}" for t, f in enumerate([100.0, 10.0, 100.0, 10.0])]
    records = _read(
        tmp_path, _text(labels, rows, "Potentio Electrochemical Impedance Spectroscopy")
    )
    assert [r.technique for r in records] == [Technique.IMPEDANCE] * 2
    assert [r.source.method for r in records] == ["PEIS"] * 2
    for record in records:
        assert record.array("frequency_hertz").tolist() == [100.0, 10.0]
        assert record.array("imaginary_impedance_ohm").tolist() == [-5.0, -5.0]


def test_rest_without_a_mode_is_where_no_current_flows(tmp_path):
    (record,) = _read(tmp_path, _text(["time/s", "Ewe/V", "I/mA"], ["0\t1\t0", "1\t1\t0"], "X"))
    assert record.technique is Technique.REST
    assert record.source.method == "X"


def test_a_mixed_control_without_a_mode_is_not_guessed(tmp_path):
    labels = ["time/s", "control/V/mA", "Ewe/V", "I/mA"]
    (record,) = _read(tmp_path, _text(labels, ["0\t1\t1\t1", "1\t1\t1\t1"], "Modulo Bat"))
    assert not {"control_current_ampere", "control_voltage_volt"} & set(record.table.columns)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (_text(CV_LABELS, []), "no data row"),
        (_text(CV_LABELS, ["2\t1.0"]), "no data row"),
        (_text(CV_LABELS, ["2\t1.0\n"]), "2 fields under 7 headings"),
        (_text(CV_LABELS, [CV_ROWS[0], "2\tx\t1\t1\t1\t1\t1", CV_ROWS[1]]), "'x' for time/s"),
        (_text(["time/s", "Ewe/V", "Ns"], ["0\t1\t1"]), "gives current_ampere"),
        (_text(["time/s", "I/mA", "Ns"], ["0\t1\t1"]), "gives voltage_volt"),
        (_text(["freq/Hz", "|Z|/Ohm", "time/s"], ["1\t1\t1"]), "gives real_impedance_ohm"),
        (_text(CV_LABELS, [CV_ROWS[0].replace("\t1.0E+000", "\t1E+300")]), "cycle_count"),
        ("EC-Lab ASCII FILE\r\nNb header lines : 99999999999\r\n", "a header of 99,999,999,999"),
        ("EC-Lab ASCII FILE\r\n", "a header of 0 lines"),
        (_text(CV_LABELS, CV_ROWS).replace("time/s", "zeit/s"), "expected headings such as"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, content, says):
    with pytest.raises(ReadError, match=says):
        _read(tmp_path, content)


def test_an_error_names_the_line(tmp_path):
    text = _text(CV_LABELS, [CV_ROWS[0], CV_ROWS[1].replace("5.9E-001", "5.9F-001"), CV_ROWS[2]])
    line = text[: text.index("5.9F")].count("\n") + 1
    with pytest.raises(ReadError, match=rf"line {line}\): '5.9F-001' for Ewe/V"):
        _read(tmp_path, text)


@pytest.mark.parametrize(
    ("labels", "factors"),
    [
        (("time/s", "<Ewe/V>", "I/mA"), (1.0, 1.0, 1e-3)),
        (("time/s", "Ecell/V", "<I/mA>"), (1.0, 1.0, 1e-3)),
        (("time/s", "<Ecell/V>", "<I>/mA"), (1.0, 1.0, 1e-3)),
        (("time/h", "Ewe/mV", "I/A"), (3600.0, 1e-3, 1.0)),
        (("time/min", "<Ewe>/mV", "<I>/µA"), (60.0, 1e-3, 1e-6)),
        (("time/s", "Ewe-Ece/V", "I/nA"), (1.0, 1.0, 1e-9)),
    ],
)
def test_headings_of_other_versions_and_units(tmp_path, labels, factors):
    (record,) = _read(tmp_path, _text(list(labels), ["2\t3\t4", "3\t3\t4"], "Chronopotentiometry"))
    names = ("test_time_second", "voltage_volt", "current_ampere")
    found = [record.array(name)[0] for name in names]
    assert found == pytest.approx([n * f for n, f in zip((2, 3, 4), factors, strict=True)])


@pytest.mark.parametrize(
    ("title", "volt"), [("Chronopotentiometry", 0.05), ("Cyclic Voltammetry", 3.05)]
)
def test_the_whole_cells_voltage_beside_that_of_an_electrode(tmp_path, title, volt):
    labels = ["time/s", "Ewe/V", "Ece/V", "I/mA", "Ewe-Ece/V"]
    (record,) = _read(tmp_path, _text(labels, ["0\t3.05\t3\t1\t0.05"] * 2, title))
    assert record.array("voltage_volt")[0] == volt


@pytest.mark.parametrize("row", ["1\t0\t0.1\t0.5", "0\t0.1"])
def test_fields_that_are_not_one_a_heading(tmp_path, row):
    with pytest.raises(ReadError, match=r"\d fields under 3 headings"):
        _read(tmp_path, _text(["time/s", "Ewe/V", "I/mA"], [row + "\r\n"] * 3, "Constant Current"))


PEIS = "Potentio Electrochemical Impedance Spectroscopy"


@pytest.mark.parametrize("title", [PEIS, f"Staircase {PEIS}", "Modulo Bat"])
def test_impedance_without_its_frequencies(tmp_path, title):
    labels = ["Re(Z)/Ohm", "-Im(Z)/Ohm", "time/s", "<Ewe>/V", "<I>/mA"]
    with pytest.raises(ReadError, match="freq/Hz"):
        _read(tmp_path, _text(labels, ["100\t10\t0\t0\t0", "101\t10\t1\t0\t0"], title))


def test_the_imaginary_part_with_its_own_sign(tmp_path):
    labels = ["freq/kHz", "Re(Z)/kOhm", "Im(Z)/kOhm"]
    (record,) = _read(tmp_path, _text(labels, ["2\t0.1\t-0.01", "1\t0.1\t-0.02"], PEIS))
    assert record.array("frequency_hertz").tolist() == [2000.0, 1000.0]
    np.testing.assert_allclose(record.array("imaginary_impedance_ohm"), [-10.0, -20.0])


def test_a_degree_sign_as_the_last_byte_beyond_ascii(tmp_path):
    said = ("Acquisition started on : 03/07/2025 11:21:39.339",)
    labels = ["time/s", "Ewe/V", "I/mA", "Temperature/°C"]
    text = _text(labels, ["0\t0.1\t1\t25", "1\t0.1\t1\t25"], "Chronopotentiometry", said)
    (record,) = _read(tmp_path, text, "cp1252")
    assert record.array("ambient_temperature_celsius").tolist() == [25.0, 25.0]
