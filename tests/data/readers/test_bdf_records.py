"""Several records in one Parquet file: whole, typed as they were, and refused where they lie."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from softbreak.data.readers import registry
from softbreak.data.readers.formats.bdf_records import KEY, write_records
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import ReadError


def records():
    series = pd.DataFrame(
        {
            "test_time_second": np.arange(5.0),
            "voltage_volt": np.array([0.1, 0.2, np.nan, -0.1, 0.0], np.float32),
            "current_ampere": np.array([1e-4, 1e-4, 1e-4, -1e-4, 0.0]),
            "cycle_count": np.arange(5, dtype=np.int32),
        }
    )
    spectrum = pd.DataFrame(
        {
            "frequency_hertz": [1e6, 1e3, 1.0],
            "real_impedance_ohm": [1.0, 2.0, 3.0],
            "imaginary_impedance_ohm": [-0.1, -0.2, -1 / 3],
        }
    )
    source = Source("a.mpr", method="GCPL", instrument="BioLogic", started_unix_second=1.7e9)
    cell = Cell("A", area_cm2=0.785)
    return [
        Record(cell, Technique.CYCLING, series, source),
        Record(cell, Technique.IMPEDANCE, spectrum, source),
        Record(cell, Technique.IMPEDANCE, spectrum * 2, source),
    ]


@pytest.fixture
def path(tmp_path):
    write_records(records(), tmp_path / "a.parquet", {"path": "x/a.mpr"})
    return tmp_path / "a.parquet"


def test_records_come_back_as_they_were(path):
    for before, after in zip(records(), registry.read(path), strict=True):
        assert after.technique is before.technique
        assert after.cell == before.cell
        assert after.source.method == "GCPL"
        assert after.source.started_unix_second == 1.7e9
        assert after.source.stated["converted_from"] == "x/a.mpr"
        assert list(after.table.dtypes) == list(before.table.dtypes)
        wanted = before.table.copy()
        if "current_ampere" in wanted:
            wanted["current_ampere"] = wanted["current_ampere"].astype("f4").astype("f8")
        pd.testing.assert_frame_equal(after.table, wanted)


def rewritten(path, change):
    table = pq.read_table(path)
    said = json.loads(table.schema.metadata[KEY])
    change(said)
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(said).encode()}), path)


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["records"].pop(),
        lambda said: said.update(records="all"),
        lambda said: said.update(records=[]),
        lambda said: said.update(layout=99),
        lambda said: said["records"][0].update(rows=-1),
        lambda said: said["records"][0].update(technique="alchemy"),
        lambda said: said["records"][0]["columns"].update(nonsense="<f8"),
        lambda said: said["records"][0]["columns"].update(voltage_volt="O"),
        lambda said: said["records"][0]["columns"].pop("voltage_volt"),
        lambda said: said["records"][0]["cell"].update(area_cm2=-1),
        lambda said: said["records"][0].pop("method"),
        lambda said: said["records"][0].update(started_unix_second="noon"),
    ],
)
def test_metadata_that_do_not_fit_are_refused(path, change):
    rewritten(path, change)
    with pytest.raises(ReadError):
        registry.read(path)


def test_voltages_beyond_any_instrument_are_damage(path):
    table = pq.read_table(path)
    voltages = table["voltage_volt"].to_numpy().copy()
    voltages[1] = np.inf
    metadata = table.schema.metadata
    place = table.column_names.index("voltage_volt")
    table = table.set_column(place, "voltage_volt", [voltages]).replace_schema_metadata(metadata)
    pq.write_table(table, path)
    with pytest.raises(ReadError, match="beyond any instrument"):
        registry.read(path)
