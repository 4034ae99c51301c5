"""``convert ARCHIVE``: the same cells and verdicts from Parquet, converted once, verified."""

import os

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from softbreak.archive import convert as ingest
from softbreak.archive.convert import convert_archive
from softbreak.archive.jobs.executor import UnwritableError
from softbreak.archive.triage import triage
from softbreak.data.readers.formats import bdf_records
from softbreak.errors import SoftbreakError
from tests.archive.files import write_cell


@pytest.fixture
def archive(tmp_path):
    root = tmp_path / "archive"
    for name in ("a", "b"):
        write_cell(root / f"{name}.csv", ohm=400.0 + 10 * ord(name))
    write_cell(root / "c" / "1.csv")
    write_cell(root / "c" / "2.csv", ohm=300.0)
    (root / "cells.csv").write_text("cell_id,area_cm2,notes\nc,0.785,a; b\n")
    return root


def test_the_new_archive_gets_the_same_verdicts(technique_archive, tmp_path):
    made = convert_archive(technique_archive, tmp_path / "bdf", workers=0)
    assert made.failures.empty
    old = triage(technique_archive, tmp_path / "old", workers=0)
    new = triage(tmp_path / "bdf", tmp_path / "new", workers=0)
    assert new.run["counts"]["cycles"] == old.run["counts"]["cycles"] > 0
    columns = ["cell_id", "cycle_index", "start_time_second", "end_time_second", "state"]
    pd.testing.assert_frame_equal(new.verdicts()[columns], old.verdicts()[columns])
    fractions = (result.verdicts()["electronic_fraction"] for result in (new, old))
    np.testing.assert_allclose(*fractions, atol=1e-5)


def test_rows_provenance_and_encoding(archive, tmp_path):
    made = convert_archive(archive, tmp_path / "bdf", workers=0)
    assert list(made.tables["rows"]) == [240] * 4
    assert list(made.tables["source"]) == ["a.csv", "b.csv", "c/1.csv", "c/2.csv"]
    file = pq.ParquetFile(tmp_path / "bdf" / made.tables["path"][0])
    types = {field.name: str(field.type) for field in file.schema_arrow}
    assert types == {
        "test_time_second": "double",
        "voltage_volt": "float",
        "current_ampere": "float",
    }
    column = file.metadata.row_group(0).column(1)
    assert "BYTE_STREAM_SPLIT" in column.encodings
    assert column.compression == "ZSTD"
    said = file.schema_arrow.metadata[b"softbreak"].decode()
    assert '"path": "a.csv"' in said
    assert len(said.partition('"sha256": "')[2].partition('"')[0]) == 64


def test_a_second_run_converts_only_what_changed(archive, tmp_path):
    out = tmp_path / "bdf"
    convert_archive(archive, out, workers=0)
    assert convert_archive(archive, out, workers=0).reused == 3
    write_cell(archive / "b.csv", ohm=123.0)
    assert convert_archive(archive, out, workers=0).reused == 2
    next((out / "data").glob("a-*/*.parquet")).unlink()
    assert convert_archive(archive, out, workers=0).reused == 2
    (archive / "a.csv").unlink()
    made = convert_archive(archive, out, workers=0)
    assert sorted(set(made.tables["cell_id"])) == ["b", "c"]
    assert len(list((out / "data").iterdir())) == 2
    result = triage(out, tmp_path / "results", workers=0)
    assert sorted(result.cells["cell_id"]) == ["b", "c"]


def test_what_is_known_of_a_cell_goes_along(archive, tmp_path):
    convert_archive(archive, tmp_path / "bdf", workers=0)
    result = triage(tmp_path / "bdf", tmp_path / "results", workers=0)
    (cell,) = (d.cell for d in result.diagnoses(["c"]))
    assert (cell.area_cm2, cell.notes) == (0.785, "a; b")
    assert result.run["counts"]["files"] == 4


def test_an_interrupted_run_goes_on(archive, tmp_path):
    def stop(at):
        if at.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_archive(archive, tmp_path / "bdf", workers=0, progress=stop)
    assert convert_archive(archive, tmp_path / "bdf", workers=0).reused == 2
    convert_archive(archive, tmp_path / "at once", workers=0)
    for path in (tmp_path / "at once").rglob("*.parquet"):
        there = tmp_path / "bdf" / path.relative_to(tmp_path / "at once")
        assert path.read_bytes() == there.read_bytes()


def test_a_file_that_cannot_be_read_is_a_row(archive, tmp_path):
    (archive / "c" / "3.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    made = convert_archive(archive, tmp_path / "bdf", workers=0)
    assert list(made.failures["path"]) == ["c/3.mpr"]
    assert len(made.tables) == 4


def test_files_that_ran_at_once_are_taken_apart(tmp_path):
    for k, name in enumerate(("alpha", "beta")):
        write_cell(tmp_path / "archive" / "batch" / f"{name}.csv", started=1.7e9 + k)
    made = convert_archive(tmp_path / "archive", tmp_path / "bdf", workers=0)
    assert list(made.tables["cell_id"]) == ["batch/alpha", "batch/beta"]
    result = triage(tmp_path / "bdf", tmp_path / "results", workers=0)
    assert sorted(result.cells["cell_id"]) == ["batch/alpha", "batch/beta"]


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not allow")
def test_names_of_any_kind(tmp_path):
    source = write_cell(tmp_path / "x.csv")
    (tmp_path / "archive").mkdir()
    for name in (" spaced ", 'quo"te', "new\nline", "電池", "semi;colon", os.fsdecode(b"\xff")):
        (tmp_path / "archive" / f"{name}.csv").write_bytes(source.read_bytes())
    made = convert_archive(tmp_path / "archive", tmp_path / "bdf", workers=0)
    result = triage(tmp_path / "bdf", tmp_path / "results", workers=0)
    assert len(made.tables) == len(result.cells) == 6


def test_a_table_that_does_not_read_back_stops_the_run(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(ingest, "checksums_of", lambda path: {})
    with pytest.raises(UnwritableError, match="does not read back as it was"):
        convert_archive(archive, tmp_path / "bdf", workers=0)
    assert not list((tmp_path / "bdf").rglob("*.bdf.parquet"))


def test_a_folder_of_other_things_is_left_alone(archive, tmp_path):
    (tmp_path / "bdf" / "data").mkdir(parents=True)
    (tmp_path / "bdf" / "data" / "thesis.tex").touch()
    with pytest.raises(SoftbreakError, match="a folder of its own"):
        convert_archive(archive, tmp_path / "bdf")


def test_a_checksum_sees_one_bit(archive, tmp_path):
    made = convert_archive(archive, tmp_path / "bdf", workers=0)
    path = tmp_path / "bdf" / made.tables["path"][0]
    sums = bdf_records.checksums_of(path)
    table = pq.read_table(path).to_pandas()
    table.loc[7, "voltage_volt"] = np.nextafter(table["voltage_volt"][7], np.float32(9))
    table.to_parquet(path)
    changed = bdf_records.checksums_of(path)
    assert {name for name in sums if sums[name] != changed[name]} == {"voltage_volt"}
