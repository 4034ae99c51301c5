"""The Battery Data Format in every style that its tools write."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from softbreak.data.readers.formats import bdf_files
from softbreak.data.readers.formats.bdf_columns import is_header
from softbreak.data.readers.registry import read
from softbreak.errors import ReadError, UnknownFormatError
from tests.data.readers.test_spreadsheet import workbook

N = 40
TIME = np.arange(N) * 30.0
VOLT = 0.05 + 1e-4 * np.arange(N)
AMPERE = np.where(np.arange(N) // 10 % 2, -1e-3, 1e-3)
BEGAN = 1_793_491_200.0
"""date -u -d '2026-11-01' +%s"""


def frame() -> pd.DataFrame:
    return pd.DataFrame({"test_time_second": TIME, "voltage_volt": VOLT, "current_ampere": AMPERE})


def assert_read(path: Path):
    (record,) = read(path)
    assert record.source.reader == "bdf"
    np.testing.assert_allclose(record.array("test_time_second"), TIME, rtol=1e-6)
    np.testing.assert_allclose(record.array("voltage_volt"), VOLT, rtol=1e-6)
    np.testing.assert_allclose(record.array("current_ampere"), AMPERE, rtol=1e-6)
    assert record.array("test_time_second").dtype == np.float64
    return record


NAMES = [
    ({"test_time_hour": 1 / 3600, "voltage_millivolt": 1e3, "current_milliampere": 1e3}),
    ({"test_time_millisecond": 1e3, "voltage_volt": 1, "current_microampere": 1e6}),
    ({"Test Time / h": 1 / 3600, "Voltage / mV": 1e3, "Current / uA": 1e6}),
    ({"Test Time / min": 1 / 60, "Voltage / V": 1, "Current / µA": 1e6}),
    ({"test time / s": 1, "voltage / V": 1, "CURRENT / MA": 1e3}),
]


@pytest.mark.parametrize("names", NAMES)
def test_the_name_says_the_unit(tmp_path: Path, names):
    told = dict(zip(names, (TIME, VOLT, AMPERE), strict=True))
    table = pd.DataFrame({name: column * names[name] for name, column in told.items()})
    table.to_csv(tmp_path / "x.csv", index=False)
    table.to_parquet(tmp_path / "x.parquet")
    table.to_csv(tmp_path / "y.csv", index=False, sep=";", decimal=",")
    for name in ("x.csv", "x.parquet", "y.csv"):
        assert_read(tmp_path / name)


@pytest.mark.parametrize(
    "names",
    [
        ["Test Time / V", "Voltage / V", "Current / A"],
        ["Test Time / s", "Voltage / V", "Current / C"],
        ["test_time_volt", "voltage_volt", "current_ampere"],
        ["Time / s", "Voltage / V", "Current / A"],
    ],
)
def test_what_is_no_unit_of_the_quantity_is_no_header(names):
    assert not is_header(names)


def test_older_names(tmp_path: Path):
    told = {
        "test_time_millisecond": (TIME * 1e3).astype(int),
        "voltage_volt": VOLT,
        "current_ampere": AMPERE,
        "cycle_dimensionless": np.arange(N) // 20,
        "step_index": np.arange(N) // 10,
        "date_time_millisecond": ((BEGAN + TIME) * 1e3).astype(int),
        "temperature_t1_celsius": np.full(N, 25.0),
    }
    pd.DataFrame(told).to_parquet(tmp_path / "x.parquet")
    record = assert_read(tmp_path / "x.parquet")
    assert record.array("unix_time_second")[0] == BEGAN
    assert record.array("cycle_count").tolist() == (np.arange(N) // 20).tolist()
    assert record.array("step_count")[-1] == 3
    assert record.array("ambient_temperature_celsius")[0] == 25.0


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("name", ["test_time_second", "test_time_hour"])
def test_a_duration_says_itself_what_its_ticks_are(tmp_path: Path, unit, name):
    ticks = (TIME * {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit]).astype(np.int64)
    table = pa.table(
        {name: pa.array(ticks, pa.duration(unit)), "voltage_volt": VOLT, "current_ampere": AMPERE}
    )
    pq.write_table(table, tmp_path / "x.parquet")
    assert_read(tmp_path / "x.parquet")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_so_does_an_absolute_time(tmp_path: Path, unit, zone):
    ticks = ((BEGAN + TIME) * {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit]).astype(np.int64)
    table = pa.Table.from_pandas(frame()).append_column(
        "unix_time_second", pa.array(ticks, pa.timestamp(unit, zone))
    )
    pq.write_table(table, tmp_path / "x.parquet")
    record = assert_read(tmp_path / "x.parquet")
    np.testing.assert_allclose(record.array("unix_time_second"), BEGAN + TIME, atol=1e-3)


def test_a_table_of_pandas_whose_index_is_its_clock(tmp_path: Path):
    clock = pd.to_datetime(BEGAN + TIME, unit="s")
    table = pd.DataFrame({"voltage_mV": VOLT * 1e3, "current_A": AMPERE}, index=clock)
    table.rename_axis("time").to_parquet(tmp_path / "x.parquet")
    (record,) = read(tmp_path / "x.parquet")
    np.testing.assert_allclose(record.array("test_time_second"), TIME, atol=1e-6)
    np.testing.assert_allclose(record.array("unix_time_second"), BEGAN + TIME, atol=1e-3)
    np.testing.assert_allclose(record.array("voltage_volt"), VOLT, rtol=1e-6)


def test_single_precision_and_decimals(tmp_path: Path):
    frame().astype("float32").to_parquet(tmp_path / "x.parquet")
    record = assert_read(tmp_path / "x.parquet")
    assert record.array("voltage_volt").dtype == np.float32
    exact = pa.table(
        {
            "test_time_second": pa.array(TIME.astype(int)),
            "voltage_volt": pa.array([round(v, 4) for v in VOLT]).cast(pa.decimal128(12, 6)),
            "current_ampere": AMPERE,
        }
    )
    pq.write_table(exact, tmp_path / "y.parquet")
    assert_read(tmp_path / "y.parquet")


@pytest.mark.parametrize("orient", ["records", "columns", "split", "table", "list", "lines"])
def test_json(tmp_path: Path, orient):
    table = frame().rename(
        columns={
            "test_time_second": "Test Time / s",
            "voltage_volt": "Voltage / V",
            "current_ampere": "Current / A",
        }
    )
    path = tmp_path / "x.bdf.json"
    if orient == "list":
        path.write_text(json.dumps(table.to_dict("list")))
    elif orient == "lines":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_json(path, orient=orient)
    assert_read(path)


def test_json_by_columns_that_are_longer_than_the_beginning(tmp_path: Path):
    long = {name: column.tolist() * 1000 for name, column in frame().items()}
    long["test_time_second"] = (np.arange(40_000) * 30.0).tolist()
    path = tmp_path / "x.json"
    path.write_text(json.dumps(long))
    assert len(read(path)[0].table) == 40_000


def test_json_that_is_no_table(tmp_path: Path, monkeypatch):
    path = tmp_path / "x.json"
    path.write_text('{"cell": {"voltage_volt": 0.1}, "area": 1}')
    with pytest.raises(UnknownFormatError):
        read(path)
    path.write_text('{"test_time_second": [0], "voltage_volt": [1, 2], "current_ampere": [1]}')
    with pytest.raises(ReadError, match="unequal length"):
        read(path)
    path.write_text('{"test_time_second": [0], "voltage_volt": [1, 2], "current_ampere": [1]')
    with pytest.raises(ReadError, match="cannot be parsed"):
        read(path)
    monkeypatch.setattr(bdf_files, "MOST_JSON_BYTES", 10)
    with pytest.raises(ReadError, match="can be read"):
        read(path)


@pytest.mark.parametrize("compression", ["zstd", "lz4", "uncompressed"])
def test_arrow(tmp_path: Path, compression):
    path = tmp_path / "x.feather"
    pyarrow.feather.write_feather(pa.Table.from_pandas(frame()), path, compression=compression)
    assert_read(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ReadError, match="cannot be parsed"):
        read(path)


def test_arrow_of_other_columns(tmp_path: Path):
    pyarrow.feather.write_feather(pa.table({"a": [1.0]}), tmp_path / "x.feather")
    with pytest.raises(ReadError, match="with the columns a"):
        read(tmp_path / "x.feather")


def test_workbook(tmp_path: Path):
    head = ["Test Time / h", "Voltage / mV", "Current / mA"]
    rows = zip(TIME / 3600, VOLT * 1e3, AMPERE * 1e3, strict=True)
    assert_read(workbook(tmp_path / "x.xlsx", data=[head, *(list(map(float, r)) for r in rows)]))


def test_times_as_text(tmp_path: Path):
    rows = "".join(
        f"00:{t // 60:02d}:{t % 60:02d},{v:.4f},{i:.4f},2026-11-01T00:{t // 60:02d}:{t % 60:02d}\n"
        for t, v, i in zip(TIME.astype(int), VOLT, AMPERE, strict=True)
    )
    path = tmp_path / "x.csv"
    path.write_text("test_time_second,voltage_volt,current_ampere,unix_time_second\n" + rows)
    record = assert_read(path)
    assert record.array("unix_time_second")[0] == BEGAN


@pytest.mark.parametrize(
    "date", ["date_time", "date_time_iso", "Date Time ISO", "unix_time_second"]
)
def test_a_date_has_many_names(tmp_path: Path, date: str):
    times = pd.Series((BEGAN + TIME) * 1e9).astype("int64").astype("datetime64[ns]")
    frame().assign(**{date: times}).to_parquet(tmp_path / "x.parquet")
    (record,) = read(tmp_path / "x.parquet")
    assert record.array("unix_time_second")[0] == BEGAN
    frame().assign(**{date: times.dt.strftime("%Y-%m-%dT%H:%M:%S")}).to_csv(
        tmp_path / "x.csv", index=False
    )
    (record,) = read(tmp_path / "x.csv")
    assert record.array("unix_time_second")[0] == BEGAN


@pytest.mark.parametrize(
    "table",
    [
        {"Time (s)": TIME, "Voltage (V)": VOLT, "Current (mA)": AMPERE * 1e3},
        {"time_min": TIME / 60, "voltage_mV": VOLT * 1e3, "current_A": AMPERE},
    ],
)
def test_columns_that_say_what_they_are_are_read_from_any_container(tmp_path: Path, table: dict):
    pd.DataFrame(table).to_parquet(tmp_path / "x.parquet")
    pd.DataFrame(table).to_json(tmp_path / "x.json", orient="columns")
    for name in ("x.parquet", "x.json"):
        (record,) = read(tmp_path / name)
        np.testing.assert_allclose(record.array("test_time_second"), TIME)
        np.testing.assert_allclose(record.array("voltage_volt"), VOLT)
        np.testing.assert_allclose(record.array("current_ampere"), AMPERE)


def test_rows_by_their_numbers_are_a_table_too(tmp_path: Path):
    frame().to_json(tmp_path / "x.json", orient="index")
    assert_read(tmp_path / "x.json")


def test_a_column_of_clock_times_runs_on_past_midnight(tmp_path: Path):
    clock = (86_000 + TIME.astype("int64")) % 86_400
    table = pa.table(
        {
            "test_time_second": pa.array(clock.astype("int32"), pa.time32("s")),
            "voltage_volt": VOLT,
            "current_ampere": AMPERE,
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    (record,) = read(tmp_path / "x.parquet")
    assert np.diff(record.array("test_time_second")).tolist() == [30.0] * (N - 1)


def test_columns_of_lists_are_refused(tmp_path: Path):
    pairs = [[1.0, 2.0], [3.0, 4.0]]
    (tmp_path / "x.json").write_text(json.dumps(dict.fromkeys(frame().columns, pairs)))
    with pytest.raises(ReadError, match=r"lists|cannot be parsed"):
        read(tmp_path / "x.json")
