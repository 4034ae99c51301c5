from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from softbreak.data.readers.formats import bdf
from softbreak.data.readers.registry import read
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import ReadError


def sweep() -> Record:
    table = pd.DataFrame(
        {
            "test_time_second": np.arange(5.0),
            "voltage_volt": np.linspace(-0.1, 0.1, 5),
            "current_ampere": np.linspace(-1e-4, 1e-4, 5),
            "control_voltage_volt": [np.nan, 0.0, 0.1, 0.2, 0.3],
            "cycle_count": np.arange(5),
        }
    )
    source = Source("x.mpr", "CV", "BioLogic", started_unix_second=12.5, stated={"comment": "a"})
    return Record(Cell("c"), Technique.VOLTAMMETRY, table, source)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_written_tables_are_read_back_exactly(tmp_path: Path, suffix):
    path = tmp_path / f"x{suffix}"
    record = sweep()
    bdf.write(record, path)
    (back,) = read(path)
    pd.testing.assert_frame_equal(back.table[list(record.table)], record.table)


def test_parquet_keeps_what_a_table_cannot_say(tmp_path: Path):
    path = tmp_path / "x.parquet"
    bdf.write(sweep(), path)
    (back,) = read(path)
    assert back.technique is Technique.VOLTAMMETRY
    assert (back.source.method, back.source.started_unix_second) == ("CV", 12.5)
    assert back.source.stated["comment"] == "a"


def test_labels_are_as_good_as_machine_names(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text(
        "Test Time / s,Voltage / V,Current / A,Step ID,Note\n0,1.5,0,1,a\n1,1.6,-1,1,b\n"
    )
    (record,) = read(path)
    assert list(record.table) == ["test_time_second", "voltage_volt", "current_ampere"]
    assert record.array("current_ampere").tolist() == [0, -1]


def test_pure_rest(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text("test_time_second,voltage_volt,current_ampere\n0,1.5,0\n1,1.5,0\n")
    assert read(path)[0].technique is Technique.REST


def test_spectra_in_a_series(tmp_path: Path):
    """Two sweeps, three points each, behind two samples."""
    path = tmp_path / "x.csv"
    path.write_text(
        "test_time_second,voltage_volt,current_ampere,"
        "Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm\n"
        "0,1,0.1,,,\n1,1,0.1,,,\n"
        ",,,100,5,-1\n,,,10,6,-2\n,,,1,7,-1\n,,,100,5.5,-1\n,,,10,6.5,-2\n,,,1,7.5,-1\n"
    )
    series, first, second = read(path)
    assert (series.technique, len(series.table)) == (Technique.CYCLING, 2)
    assert first.array("real_impedance_ohm").tolist() == [5, 6, 7]
    assert second.array("real_impedance_ohm").tolist() == [5.5, 6.5, 7.5]
    assert [r.source.position for r in (series, first, second)] == [0, 1, 2]


def test_unfitting_parquet_lists_its_columns(tmp_path: Path):
    path = tmp_path / "x.parquet"
    pd.DataFrame({"a": [1.0], "b": [2.0]}).to_parquet(path)
    with pytest.raises(ReadError, match="with the columns a, b"):
        read(path)


def test_parquet_that_unpacks_to_far_more_than_it_weighs(tmp_path: Path):
    path = tmp_path / "x.parquet"
    zeros = np.zeros(9_000_000, dtype=np.float32)
    pd.DataFrame(
        {"test_time_second": zeros, "voltage_volt": zeros, "current_ampere": zeros}
    ).to_parquet(path)
    with pytest.raises(ReadError, match="9,000,000 rows declared"):
        read(path)
