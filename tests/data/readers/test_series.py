from pathlib import Path

import numpy as np
import polars as pl
import pytest

from softbreak.data.readers.registry import read
from softbreak.data.readers.tables.column_map import Field, match, split_unit
from softbreak.data.readers.tables.delimited import durations, numbers, timestamps
from softbreak.data.readers.values.signs import signed
from softbreak.data.readers.values.witnesses import run_on
from softbreak.data.record import Technique
from softbreak.errors import ReadError


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("Current(mA)", "current", "ma"),
        ("U[V]", "u", "v"),
        ("Voltage / V", "voltage", "v"),
        ("Test Time (sec)", "test time", "sec"),
        ('"I / µA"', "i", "ua"),
        ("Rec#", "rec#", None),
    ],
)
def test_units_are_split_off(header, name, unit):
    assert split_unit(header) == (name, unit)


def test_unknown_unit_is_passed_over():
    """Better no column than a wrong scale."""
    field = Field("current_ampere", ("current",), "A")
    assert match(["Current(furlong)"], [field]) == {}
    assert match(["Current(furlong)", "Current(mA)"], [field])["current_ampere"].scale == 1e-3
    assert match(["CURRENT"], [field])["current_ampere"].scale == 1


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("00:00:10", 10),
        ("144:02:18", 144 * 3600 + 2 * 60 + 18),
        ("0d 01:02:03.45", 3723.45),
        ("  2d 02:52:21.5799999237061".strip(), 2 * 86400 + 2 * 3600 + 52 * 60 + 21.5799999237061),
        ("1-02:03:04", 86400 + 7384),
        ("0d 00:00:0", 0),
        ("soon", np.nan),
    ],
)
def test_durations(text, second):
    np.testing.assert_allclose(durations(pl.Series([text])), [second])


def test_numbers():
    column = pl.Series(["1,5", "1.234,5", "-2,0E-003", "", "N/A", None])
    np.testing.assert_allclose(
        numbers(pl.Series(["1,5", "-2,0E-003", "", "N/A", None]), decimal_comma=True),
        [1.5, -0.002, np.nan, np.nan, np.nan],
    )
    # a comma inside a field of a comma-separated file was quoted: it is a mark all the same
    np.testing.assert_allclose(
        numbers(column, decimal_comma=False), [1.5, 1234.5, -0.002, np.nan, np.nan, np.nan]
    )


def test_thousands():
    assert numbers(pl.Series(["1,234.5"]), decimal_comma=True).tolist() == [1234.5]


def test_timestamps():
    day = "%d.%m.%Y %H:%M:%S"
    assert timestamps(pl.Series(["02.01.1970 00:00:01", "x"]), [day])[0] == 86401
    assert np.isnan(timestamps(pl.Series(["02.01.1970 00:00:01", "x"]), [day])[1])
    assert timestamps(pl.Series(["1494377253.17"]), [day]).tolist() == [1494377253.17]


def test_unsigned_current_takes_the_labels_sign():
    out = np.array([False, True, True])
    assert signed(np.array([1.0, 1.0, 0.0]), out).tolist() == [1, -1, 0]


def test_signed_current_stays():
    """Noise of the other sign does not make a signed file look unsigned."""
    out = np.array([False, True, True, True])
    current = np.array([1.0, -1.0, -1.0, 1e-6])
    assert signed(current, out).tolist() == current.tolist()


def test_time_that_restarts_runs_on():
    assert run_on(np.array([0.0, 1, 2, 0, 1, 0, 5])).tolist() == [0, 1, 2, 2, 3, 3, 8]


HEADER = "DataPoint,Cycle Index,Step Index,Step Type,Time,Current(mA),Voltage(mV),Date\n"


def neware(tmp_path: Path, rows: str) -> Path:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + rows)
    return path


def test_neware_steps_and_units(tmp_path: Path):
    path = neware(
        tmp_path,
        "1,1,1,CC Chg,00:00:00,1.5,100,2024-01-01 00:00:00\n"
        "2,1,1,CC Chg,00:00:10,1.5,110,2024-01-01 00:00:10\n"
        "3,1,2,CC DChg,00:00:05,-1.5,90,2024-01-01 00:00:15\n",
    )
    (record,) = read(path)
    assert record.array("test_time_second").tolist() == [0, 10, 15]
    np.testing.assert_allclose(record.array("current_ampere"), [1.5e-3, 1.5e-3, -1.5e-3])
    np.testing.assert_allclose(record.array("voltage_volt"), [0.1, 0.11, 0.09])
    assert record.array("step_count").tolist() == [1, 1, 2]


def test_neware_unsigned(tmp_path: Path):
    (record,) = read(
        neware(tmp_path, "1,1,1,CC Chg,00:00:00,1.5,100,\n2,1,1,CC DChg,00:00:10,1.5,90,\n")
    )
    np.testing.assert_allclose(record.array("current_ampere"), [1.5e-3, -1.5e-3])


def test_zero_current_throughout_is_rest(tmp_path: Path):
    (record,) = read(neware(tmp_path, "1,1,1,Rest,00:00:00,0,100,\n2,1,1,Rest,00:00:10,0,90,\n"))
    assert record.technique is Technique.REST


def test_few_unreadable_rows_are_counted_and_many_refused(tmp_path: Path):
    good = "1,1,1,Rest,00:00:{:02d},0,100,\n"
    rows = [good.format(i % 60) for i in range(300)]
    rows[7] = "1,1,1,Rest,00:00:07,0,,\n"
    (record,) = read(neware(tmp_path, "".join(rows)))
    assert len(record.table) == 299
    assert record.source.stated["left_out"].startswith("1 of 300 rows")
    rows[20:40] = ["1,1,1,Rest,?,0,100,\n"] * 20
    with pytest.raises(ReadError, match=r"21 of 300 rows without .* \(the first is row 8\)"):
        read(neware(tmp_path, "".join(rows)))


def test_impossible_values_are_refused(tmp_path: Path):
    with pytest.raises(ReadError, match="beyond any instrument"):
        read(neware(tmp_path, "1,1,1,Rest,00:00:00,0,100,\n2,1,1,Rest,00:00:10,0,9e9,\n"))


def test_header_without_rows(tmp_path: Path):
    with pytest.raises(ReadError, match="no row with a time"):
        read(neware(tmp_path, ""))


def test_utf_16(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_bytes((HEADER + "1,1,1,CC Chg,00:00:00,1.5,100,\n").encode("utf-16"))
    assert read(path)[0].array("current_ampere").tolist() == [1.5e-3]


def test_maccor_letters(tmp_path: Path):
    path = tmp_path / "x.txt"
    path.write_text(
        "Rec#\tCyc#\tStep\tTestTime\tAmps\tVolts\tState\tDPt Time\n"
        "1\t0\t1\t  0d 00:00:00\t0.0\t1.0\tR\t12/31/2023 23:59:59\n"
        "2\t0\t2\t  0d 00:00:01\t0.5\t1.0\tC\t01/01/2024 00:00:00\n"
        "3\t0\t3\t  0d 00:00:02\t0.5\t1.0\tD\t01/01/2024 00:00:01\n"
        "3\t0\t3\t  0d 00:00:02\t0.5\t1.0\tFRA\t01/01/2024 00:00:01\n"
    )
    (record,) = read(path)
    assert record.array("current_ampere").tolist() == [0, 0.5, -0.5]
    # date -u -d '2023-12-31 23:59:59' +%s
    assert record.source.started_unix_second == 1704067199


def test_pec_with_two_cells(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text(
        "Test,Cell,Shelf,Position,Total Time (Seconds),Voltage (mV),Current (mA),\n"
        "1,A,1,1,0,3000,1,\n1,A,1,2,0,3000,1,\n"
    )
    with pytest.raises(ReadError, match="2 cells in one file"):
        read(path)


GAMRY = (
    "EXPLAIN\nTAG\tCV\nDATE\tLABEL\t2024-01-01\tDate\nTIME\tLABEL\t00:00:00\tTime\n"
    "CONVENTION\tIQUANT\t{}\tCurrent Convention\n"
    "OCVCURVE\tTABLE\t1\n\tPt\tT\tVf\n\t#\ts\tV\n\t0\t1.0\t0.30\n"
    "CURVE1\tTABLE\t2\n\tPt\tT\tVf\tIm\tSig\n\t#\ts\tV vs. Ref.\tA\tV\n"
    "\t0\t0.1\t0.1\t1E-3\t0.1\n\t1\t0.2\t0.2\t2E-3\t0.2\n"
    "CURVE2\tTABLE\t1\n\tPt\tT\tVf\tIm\tSig\n\t#\ts\tV vs. Ref.\tA\tV\n"
    "\t2\t0.3\t0.1\t-1E-3\t0.1\n"
)


@pytest.mark.parametrize(("convention", "sign"), [(1, 1), (0, -1)])
def test_gamry_curves_and_convention(tmp_path: Path, convention, sign):
    path = tmp_path / "x.dta"
    path.write_text(GAMRY.format(convention))
    rest, run = read(path)
    assert (rest.technique, rest.array("voltage_volt").tolist()) == (Technique.REST, [0.30])
    assert run.technique is Technique.VOLTAMMETRY
    np.testing.assert_allclose(run.array("current_ampere"), sign * np.array([1e-3, 2e-3, -1e-3]))
    np.testing.assert_allclose(run.array("test_time_second"), [0.1, 0.2, 0.3])


def test_quoted_fields_hold_their_commas(tmp_path: Path):
    path = tmp_path / "x.csv"
    header = "test_time_second,voltage_volt,current_ampere\n"
    path.write_text(header + '"0,0","0,05","0,0005"\n"1.200,5","-0,05","-0,0005"\n')
    (record,) = read(path)
    assert record.array("test_time_second").tolist() == [0.0, 1200.5]
    assert record.array("current_ampere").tolist() == [5e-4, -5e-4]


def test_a_quote_that_nothing_closes_swallows_no_rows(tmp_path: Path):
    path = tmp_path / "x.csv"
    rows = [f'"{k}.0","0.05","0.0005"\n' for k in range(400)]
    rows[7] = '"7.0","0.05","0.0005\n'
    path.write_text("test_time_second,voltage_volt,current_ampere\n" + "".join(rows))
    (record,) = read(path)
    assert record.array("test_time_second").tolist() == list(range(400))


@pytest.mark.parametrize("cut", ['"7,0","-0,05","-0,0', '"7,0","-0,05","-0,', '"7,0","-0,05'])
@pytest.mark.parametrize("last", [True, False])
def test_a_row_that_was_cut_within_quotes_is_told_and_not_used(tmp_path: Path, cut, last):
    """Split at the decimal commas, the row would be one of -0 V and 50 A."""
    path = tmp_path / "x.csv"
    rows = [f'"{k},0","0,05","0,0005"\n' for k in range(200)]
    rows[7:] = [cut] if last else [cut + "\n", *rows[8:]]
    path.write_text("test_time_second,voltage_volt,current_ampere\n" + "".join(rows))
    (record,) = read(path)
    assert 7.0 not in record.array("test_time_second").tolist()
    assert set(record.array("voltage_volt").tolist()) == {0.05}
    assert {"left_out", "unfinished_row"} & set(record.source.stated)


def test_quotes_that_begin_late_are_quotes(tmp_path: Path):
    """A writer quotes only what needs it: the first thousand is row 1001."""
    path = tmp_path / "x.csv"
    rows = [f"{k}.5,0.05,0.0005\n" for k in range(999)] + ['"1,000.5",0.05,0.0005\n']
    path.write_text("test_time_second,voltage_volt,current_ampere\n" + "".join(rows))
    (record,) = read(path)
    assert record.array("test_time_second")[-1] == 1000.5


def test_what_is_not_understood_is_named(tmp_path: Path):
    with pytest.raises(ReadError, match=r"1 values of 'Current\(mA\)' not understood.*'\?'"):
        read(neware(tmp_path, "1,1,1,Rest,00:00:00,?,100,\n"))


def test_an_ambiguous_number_is_refused_with_its_column(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text('test_time_second,voltage_volt,current_ampere\n"1,234","2,345","3,456"\n')
    with pytest.raises(ReadError, match=r"column 'test_time_second'.*'1,234' in row 1"):
        read(path)


def test_hours_that_a_spreadsheet_lost_are_named(tmp_path: Path):
    with pytest.raises(ReadError, match=r"'02:00.0' in row 1 of the column 'Time'"):
        read(neware(tmp_path, "1,1,1,Rest,02:00.0,0,100,\n2,1,1,Rest,01:00.0,0,100,\n"))


def test_other_zeros_of_temperature():
    field = Field("ambient_temperature_celsius", ("temperature",), "C")
    for heading, value in (("Temperature(K)", 298.15), ("Temperature (°F)", 77.0)):
        place = match([heading], [field])["ambient_temperature_celsius"]
        np.testing.assert_allclose(place.ours(np.array([value])), [25.0])


def test_kelvin_under_celsius_is_read_and_said(tmp_path: Path):
    path = tmp_path / "x.csv"
    names = "test_time_second,voltage_volt,current_ampere,ambient_temperature_celsius\n"
    path.write_text(names + "".join(f"{k},0.1,0.001,298.15\n" for k in range(9)))
    (record,) = read(path)
    np.testing.assert_allclose(record.array("ambient_temperature_celsius"), 25.0)
    assert "kelvin" in record.source.stated["temperature"]


def test_a_lost_sign_without_steps_is_refused(tmp_path: Path):
    path = tmp_path / "x.csv"
    sign = np.repeat([1, -1, 1, -1], 20)
    rows = [f"{k},{0.1 * sign[k]},0.001\n" for k in range(80)]
    path.write_text("test_time_second,voltage_volt,current_ampere\n" + "".join(rows))
    with pytest.raises(ReadError, match="its sign was not recorded"):
        read(path)


def test_a_damaged_row_restarts_no_clock():
    """Lone jumps, and swapped rows in a time that goes on from step to step."""
    time = np.arange(1.0, 13.0)
    for at, value in ((5, 99.0), (5, 0.5), (11, 2.0)):
        jumped = time.copy()
        jumped[at] = value
        assert run_on(jumped)[at - 1] == time[at - 1]
        assert run_on(jumped)[-2] == time[-2]
    step = np.repeat([1.0, 2.0, 3.0], 4)
    swapped = np.array([1, 2, 9, 4, 5, 6, 7, 8, 3, 10, 11, 12.0])
    assert run_on(swapped, step).tolist() == swapped.tolist()
    edge = np.array([1, 2, 3, 99, 5, 6, 7, 8.0])
    assert run_on(edge, step[:8]).tolist() == edge.tolist()


def test_a_time_that_restarts_with_every_step_runs_on():
    time, step = np.tile([0.0, 60, 120, 180], 3), np.repeat([1.0, 2.0, 3.0], 4)
    assert run_on(time, step)[-1] == 540.0
    assert run_on(time)[-1] == 540.0
