"""What stands between the rows of a text table, and what cannot be told."""

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.checks import check_history
from softbreak.data.history import assemble
from softbreak.data.readers.formats.plain_table import read_mapped
from softbreak.data.readers.registry import read
from softbreak.data.record import Cell
from softbreak.errors import ReadError

BDF = "Test Time / s,Voltage / V,Current / A\n"
ARBIN = "Data_Point,Test_Time(s),Cycle_Index,Current(A),Voltage(V)\n"


def rows(n: int, start: int = 0, form: str = "{t},{v:.4f},{i:.5f}") -> str:
    told = (
        form.format(k=k + 1, t=10 * k, v=0.05 + 1e-4 * k, i=1e-3, mv=50 + 0.1 * k, ma=1.0)
        for k in range(start, start + n)
    )
    return "".join(f"{line}\n" for line in told)


def write(tmp_path: Path, text: str, name: str = "x.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def assert_rows(record, n: int):
    k = np.arange(n)
    np.testing.assert_allclose(record.array("test_time_second"), 10.0 * k)
    np.testing.assert_allclose(record.array("voltage_volt"), 0.05 + 1e-4 * k)
    np.testing.assert_allclose(record.array("current_ampere"), np.full(n, 1e-3))


def test_what_stands_under_a_second_header_goes_by_it(tmp_path: Path):
    text = BDF + rows(20)
    text += "Current / mA,Test Time / s,Voltage / mV\n" + rows(20, 20, "{ma},{t},{mv:.1f}")
    text += "Voltage / V,Current / A,Note,Test Time / s\n" + rows(20, 40, "{v:.4f},{i},,{t}")
    (record,) = read(write(tmp_path, text))
    assert_rows(record, 60)
    assert "line 22, 43" in record.source.stated["second_header"]
    sentences = [f.sentence for f in check_history(assemble(Cell("c"), [record]))]
    assert any("second header" in sentence for sentence in sentences)


def test_a_second_header_with_another_delimiter(tmp_path: Path):
    text = BDF + rows(20)
    more = rows(20, 20, "{t};{v:.4f};{ma}").replace(".", ",")
    (record,) = read(write(tmp_path, text + "Test Time / s;Voltage / V;Current / mA\n" + more))
    assert_rows(record, 40)


@pytest.mark.parametrize(
    "header",
    [
        "Data_Point,Test_Time(s),Cycle_Index,Current(A),Power(W)",
        "Data_Point,Test_Time(s),Cycle_Index,Current(kA),Voltage(V)",
        "punto,tiempo,ciclo,corriente,tension",
    ],
)
def test_a_second_header_that_lacks_a_column_is_refused(tmp_path: Path, header):
    form = "{k},{t},1,{i},{v}"
    text = ARBIN + rows(20, 0, form) + header + "\n" + rows(20, 20, form)
    with pytest.raises(ReadError, match=r"line 22\): a second header with") as caught:
        read(write(tmp_path, text))
    assert caught.value.remedy


def test_a_preamble_that_comes_again(tmp_path: Path):
    form = "{k},{t},1,{i},{v}"
    again = "\nExport of channel 7\noperator: nobody\n\n" + ARBIN
    (record,) = read(write(tmp_path, ARBIN + rows(20, 0, form) + again + rows(20, 20, form)))
    assert_rows(record, 40)
    assert "left_out" not in record.source.stated


def test_a_header_that_comes_a_thousand_times(tmp_path: Path):
    """As in a report by pages: read in one pass."""
    (record,) = read(write(tmp_path, "".join(BDF + rows(5, 5 * k) for k in range(1500))))
    assert len(record.table) == 7500


def test_too_many_different_headers_are_refused(tmp_path: Path):
    heads = (BDF, "Test Time / s,Voltage / V,Current / mA\n")
    text = "".join(heads[k % 2] + rows(1, k) for k in range(2200))
    with pytest.raises(ReadError, match="1,099 other headers"):
        read(write(tmp_path, text))


@pytest.mark.parametrize("units", ["s,V,A", "sec,V,A", "(s),(V),(A)", "[s],[V],[A]", ",V,"])
def test_units_below_that_say_the_same(tmp_path: Path, units):
    (record,) = read(write(tmp_path, BDF + units + "\n" + rows(20)))
    assert_rows(record, 20)
    assert "left_out" not in record.source.stated


def test_units_below_fill_in_what_headings_leave_open(tmp_path: Path):
    text = "Data_Point,Test_Time,Cycle_Index,Current,Voltage\n,s,,mA,mV\n"
    (record,) = read(write(tmp_path, text + rows(20, 0, "{k},{t},1,{ma},{mv:.1f}")))
    assert_rows(record, 20)


def test_units_below_that_contradict_are_refused(tmp_path: Path):
    with pytest.raises(ReadError, match=r"line 2\): the unit 'mA' below the heading 'Current / A'"):
        read(write(tmp_path, BDF + "s,V,mA\n" + rows(20)))


def test_units_below_that_nobody_knows_are_refused(tmp_path: Path):
    text = "Data_Point,Test_Time,Cycle_Index,Current,Voltage\n,s,,furlong,mV\n"
    with pytest.raises(ReadError, match="current_ampere is not known"):
        read(write(tmp_path, text + rows(20, 0, "{k},{t},1,{i},{v}")))


@pytest.mark.parametrize("blank", ["", "  ", ",,", "\r"])
def test_blank_lines_are_no_rows(tmp_path: Path, blank):
    text = BDF + rows(20).replace("\n", f"\n{blank}\n")
    (record,) = read(write(tmp_path, text))
    assert_rows(record, 20)
    assert "left_out" not in record.source.stated


def test_words_below_are_no_rows(tmp_path: Path):
    (record,) = read(write(tmp_path, BDF + rows(20) + "\nEnd of test\nstopped, by, hand\n"))
    assert_rows(record, 20)
    assert record.source.stated["below_the_table"].startswith("2 lines")


def test_half_a_file_of_words_is_damage(tmp_path: Path):
    with pytest.raises(ReadError, match="without a time, voltage or current"):
        read(write(tmp_path, BDF + rows(500) + "lost\n" * 500))


@pytest.mark.parametrize("form", ["{k},{t},1,{i},{v},9", "{k},7,{t},1,{i},{v}"])
def test_a_heading_too_few_is_refused(tmp_path: Path, form):
    with pytest.raises(ReadError, match=r"line 2\): 6 fields under 5 headings .*in 20 of 20 rows"):
        read(write(tmp_path, ARBIN + rows(20, 0, form)))


def test_a_heading_too_many_is_refused(tmp_path: Path):
    head = "Rack," + ARBIN.replace("Voltage(V)", "Voltage(V),Energy(Wh)")
    with pytest.raises(ReadError, match="6 fields in every row under 7 headings"):
        read(write(tmp_path, head + rows(20, 0, "{k},{t},1,{i},{v},0")))


@pytest.mark.parametrize("form", ["{t},{v:.4f},{i},", "{t},{v:.4f},{i},,,"])
def test_empty_fields_at_the_end_are_no_columns(tmp_path: Path, form):
    (record,) = read(write(tmp_path, BDF + rows(20, 0, form)))
    assert_rows(record, 20)


def test_a_remark_that_is_left_out_is_no_missing_column(tmp_path: Path):
    head = BDF.strip() + ",Comment\n"
    (record,) = read(write(tmp_path, head + rows(20)))
    assert_rows(record, 20)


def test_one_row_with_a_field_too_many_is_not_used(tmp_path: Path):
    lines = rows(200).splitlines(keepends=True)
    lines[50] = "500,0,0551,0,001,7\n"
    (record,) = read(write(tmp_path, BDF + "".join(lines)))
    assert len(record.table) == 199
    assert record.source.stated["left_out"].startswith("1 of 200 rows")


@pytest.mark.parametrize(
    "name", ["Channel", "channel_id", "Chan", "ChlId", "Cell ID", "Sample", "Serial Number", "通道"]
)
def test_several_channels_in_one_table_are_refused(tmp_path: Path, name):
    head = f"{name}," + ARBIN
    text = head + "".join(f"{1 + k % 2}," + rows(1, k, "{k},{t},1,{i},{v}") for k in range(60))
    with pytest.raises(ReadError, match=rf"{name}.*1, 2"):
        read(write(tmp_path, text))


@pytest.mark.parametrize("again", [".1", "_2", " (2)", "_duplicated_0"])
def test_several_cells_beside_each_other_are_refused(tmp_path: Path, again):
    names = ["Voltage(V)", "Current(A)"]
    head = ",".join(["Test_Time(s)", *names, *(name + again for name in names)])
    text = head + "\n" + rows(60, 0, "{t},{v},{i},{v},{i}")
    with pytest.raises(ReadError, match="several cells beside each other"):
        read(write(tmp_path, text))


def test_hours_that_are_told_twice_are_those_of_two_cells(tmp_path: Path):
    def cell(ohm, begin=0):
        hours = range(begin, begin + 10)
        return "".join(
            f"{k - begin},{3600 * (k - begin)},2024-02-28 {k:02d}:00:00,1,0.001,{ohm * 0.001}\n"
            for k in hours
        )

    head = "Data_Point,Test_Time(s),Date_Time,Step_Index,Current(A),Voltage(V)\n"
    with pytest.raises(ReadError, match="several cells in one table"):
        read(write(tmp_path, head + cell(100) + cell(40)))
    (record,) = read(write(tmp_path, head + cell(100) + cell(40, 11)))  # a resumed test
    assert record.rows == 20


def test_one_channel_is_one_cell(tmp_path: Path):
    (record,) = read(write(tmp_path, "Channel," + ARBIN + rows(20, 0, "7,{k},{t},1,{i},{v}")))
    assert_rows(record, 20)


def test_lines_that_are_quoted_as_a_whole(tmp_path: Path):
    lines = (ARBIN + rows(20, 0, "{k},{t},1,{i},{v}")).splitlines()
    (record,) = read(write(tmp_path, "".join(f'"{line}"\n' for line in lines)))
    assert_rows(record, 20)


def test_a_remark_over_two_lines(tmp_path: Path):
    head = "Note," + ARBIN
    body = rows(10, 0, '"c",{k},{t},1,{i},{v}') + rows(10, 10, '"a\nb",{k},{t},1,{i},{v}')
    (record,) = read(write(tmp_path, head + body))
    assert_rows(record, 20)


@pytest.mark.parametrize(
    "words", [("min", "max"), ("Mean", "Std.", "25%"), ("平均值",), ("Summe",)]
)
def test_statistics_below_a_table_are_no_rows(tmp_path: Path, words):
    below = "".join(f"{word},5,0.1,0.001,0.1\n" for word in words)
    (record,) = read(write(tmp_path, ARBIN + rows(20, 0, "{k},{t},1,{i},{v}") + below))
    assert_rows(record, 20)
    assert str(len(words)) in record.source.stated["below_the_table"]


def test_mapped_tables_follow_names_and_refuse_what_positions_cannot(tmp_path: Path):
    text = "t,U,I\n" + rows(20) + "I,t,U\n" + rows(20, 20, "{i},{t},{v:.4f}")
    path = write(tmp_path, text)
    names = {"test_time_second": "t", "voltage_volt": "U", "current_ampere": "I"}
    (record,) = read_mapped(path, names)
    assert_rows(record, 40)
    with pytest.raises(ReadError, match=r"line 22\): a second header"):
        read_mapped(path, {name: place for place, name in enumerate(names)})
    (record,) = read_mapped(
        write(tmp_path, "t,U,I\n" + rows(20) + "t,U,I\n" + rows(20, 20)),
        {name: place for place, name in enumerate(names)},
    )
    assert_rows(record, 40)


def test_time_to_refuse_grows_with_the_line(tmp_path: Path):
    """A letter, many blanks and a letter, as a heading and as a row: nothing worse than linear."""
    for n in (2_000, 200_000):
        odd = "a" + " " * n + "b"
        with pytest.raises(ReadError):
            read(write(tmp_path, f"{odd},x,y\n{odd},1,2\n" * 3))
        (record,) = read(write(tmp_path, BDF + rows(300) + f"{odd}\n" + rows(300, 300)))
        assert len(record.table) == 600
