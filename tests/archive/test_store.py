import json
import math
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from softbreak.archive import tables
from softbreak.archive.results.pack import (
    TABLES,
    PackReader,
    PackWriter,
    Stored,
    key_of,
    members_of,
    read_diagnosis,
)
from softbreak.archive.tables import (
    CELLS,
    FAILURES,
    VERDICTS,
    frame_of,
    metadata_of,
    printable,
    table_of,
    write_parquet,
    write_tables,
    written_whole,
)
from softbreak.data.record import Cell
from softbreak.errors import ReadError
from softbreak.features.cycles.columns import Columns
from softbreak.models.diagnosis.result import Diagnosis, Finding
from softbreak.models.verdicts import Verdicts
from softbreak.verdict import Evidence, State, judged

VERDICT = {
    "cell_id": "Zelle Ω",
    "cycle_index": 3,
    "start_time_second": 0.0,
    "end_time_second": 7200.0,
    "state": "soft",
    "p_healthy": 0.1,
    "p_soft": 0.8,
    "p_hard": 0.1,
    "electronic_fraction": math.nan,
    "electronic_fraction_lower": 0.2,
    "electronic_fraction_upper": 0.4,
    "transient_short": True,
    "wanted_measurement": "",
    "basis": "",
    "evidence": [{"feature": "V/I", "value": 1.0, "baseline": math.nan, "sentence": "It fell."}],
    "detector": "fused",
    "detector_version": "1",
}
SUMMARY = {
    "cell_id": "Zelle Ω",
    "state": "soft",
    "ever_short": np.bool_(True),
    "onset_cycle": np.int64(3),
    "onset_time_second": 3600.0,
    "onset_earliest_time_second": 1800.0,
    "onset_areal_capacity_mah_per_cm2": math.nan,
    "probability": np.float64(0.9),
    "summary": "Soft.",
    "wanted_measurement": "",
    "n_cycles": 4,
    "n_files": 1,
}


def diagnosis():
    frames = {name: pd.DataFrame({"time_second": [0.0, 1.5]}) for name in TABLES}
    frames["half_cycles"] = pd.DataFrame(
        {"half_cycle_index": np.arange(2, dtype=np.int32), "sign": np.array([1, -1], np.int8)}
    )
    frames["sources"] = pd.DataFrame({"path": ["ä.mpr", "b.csv"], "rows": [1, 2]})
    return Diagnosis(
        cell=Cell("Zelle Ω", area_cm2=0.785),
        summary=dict(SUMMARY),
        verdicts=pd.DataFrame([VERDICT]),
        findings=(Finding("note", "missing-area", "No area."),),
        **frames,
    )


META = {"format": 2, "basis": {"files": ["x"]}, "failures": [], "skipped": []}


def write_result(path, meta, diagnosis):
    with PackWriter(path) as pack:
        pack.put("x", members_of(meta, diagnosis))
    return Stored(path, "x")


def test_schemas_are_those_of_the_design():
    assert VERDICTS.names == list(VERDICT)
    assert str(VERDICTS.field("evidence").type) == (
        "list<item: struct<feature: string, value: double, baseline: double, sentence: string>>"
    )
    told = [*list(SUMMARY)[:8], "rank", *list(SUMMARY)[8:]]
    told[told.index("n_files") : told.index("n_files")] = ["n_certified", "n_settled", "n_relative"]
    assert CELLS.names == told
    assert FAILURES.names == ["path", "stage", "error", "remedy"]


def test_a_diagnosis_comes_back_as_it_was(tmp_path):
    before = diagnosis()
    after = read_diagnosis(write_result(tmp_path / "p.zip", META, before))
    assert after.cell == before.cell
    assert after.findings == before.findings
    assert all(type(finding) is Finding for finding in after.findings)
    assert math.isnan(after.summary.pop("onset_areal_capacity_mah_per_cm2"))
    before.summary.pop("onset_areal_capacity_mah_per_cm2")
    assert after.summary == before.summary
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(after, name), getattr(before, name))
    pd.testing.assert_frame_equal(
        after.verdicts.drop(columns="evidence"), before.verdicts.drop(columns="evidence")
    )
    ((item,),) = after.verdicts["evidence"]
    assert item["sentence"] == "It fell."
    assert math.isnan(item["baseline"])


def test_a_stored_result_is_the_same_bytes_every_time(tmp_path):
    for name in ("a.zip", "b.zip"):
        write_result(tmp_path / name, META, diagnosis())
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_no_pickle_inside(tmp_path):
    write_result(tmp_path / "a.zip", META, diagnosis())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".arrow"):
                pa.ipc.open_file(pa.BufferReader(archive.read(name))).read_all()
            else:
                json.loads(archive.read(name))


def test_failures_only(tmp_path):
    failures = [["x", "read", "broken", "mend"]]
    stored = write_result(tmp_path / "a.zip", {**META, "failures": failures}, None)
    with PackReader(stored.pack) as pack:
        assert pack.meta("x")["failures"] == failures
        assert pack.verdicts("x").num_rows == 0
    with pytest.raises(ReadError, match="none of the cell's files"):
        read_diagnosis(stored)


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_a_damaged_pack_is_one_kind_of_error(tmp_path, damage):
    path = tmp_path / "a.zip"
    stored = write_result(path, META if damage != "other" else {**META, "format": 99}, diagnosis())
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage != "other":
        path.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"")
    with pytest.raises(ReadError, match="stored results of layout 2"):
        read_diagnosis(stored)


def test_a_pack_that_is_left_by_an_error_leaves_nothing(tmp_path):
    with pytest.raises(KeyError), PackWriter(tmp_path / "a.zip") as pack:
        pack.put("x", members_of(META, diagnosis()))
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_an_empty_pack_is_no_file(tmp_path):
    with PackWriter(tmp_path / "a.zip"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_names_never_collide_and_suit_every_file_system():
    names = ["a/b", "a b", "A/B", "a:b", "CON", "...", "電池", "電池2", "x" * 300, "x" * 301, ""]
    keys = {key_of(name).lower() for name in names}
    assert len(keys) == len(names)
    assert all(len(key) < 70 and key.isascii() for key in keys)


def rows(name, count):
    made = pd.DataFrame([{**VERDICT, "cell_id": name, "cycle_index": k} for k in range(count)])
    return table_of(made, VERDICTS)


def test_the_same_rows_are_the_same_bytes_however_they_came(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROW_GROUP", 7)
    whole = pa.concat_tables([rows("a", 5), rows("b", 20), rows("c", 3)])
    write_tables([rows("a", 5), rows("b", 20), rows("c", 3)], VERDICTS, tmp_path / "1.parquet")
    write_tables([whole], VERDICTS, tmp_path / "2.parquet")
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()
    written = pq.ParquetFile(tmp_path / "1.parquet")
    sizes = [written.metadata.row_group(k).num_rows for k in range(written.num_row_groups)]
    assert sizes == [7, 7, 7, 7]
    columns = ["cell_id", "cycle_index"]
    assert written.read(columns).to_pylist() == whole.select(columns).to_pylist()


def test_a_file_says_its_layout_and_a_newer_one_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "v.parquet"
    write_tables([], VERDICTS, path, {"model": "fused-1"})
    assert metadata_of(path) == {"schema": tables.SCHEMA, "model": "fused-1"}
    assert metadata_of(tmp_path / "none.parquet") == {}
    monkeypatch.setattr(tables, "SCHEMA", 1)
    with pytest.raises(ReadError, match="newer softbreak"):
        metadata_of(path)


def test_unknown_numbers_are_null_in_parquet(tmp_path):
    rows = [{**SUMMARY, "rank": 1, "onset_cycle": None, "probability": math.nan}]
    write_parquet(table_of(frame_of(rows, CELLS), CELLS), tmp_path / "cells.parquet")
    table = pq.read_table(tmp_path / "cells.parquet")
    assert table.schema.equals(CELLS)
    assert table["onset_cycle"].null_count == table["probability"].null_count == 1


def test_evidence_may_be_verdicts_or_mappings():
    told = {"feature": "V/I", "value": 1.0, "baseline": 2.0, "sentence": "It fell."}
    frame = pd.DataFrame([{**VERDICT, "evidence": [told]}, {**VERDICT, "evidence": None}])
    assert table_of(frame, VERDICTS)["evidence"].to_pylist() == [[told], []]
    found = judged(State.HEALTHY, (0.0, 0.0, 0.1), (1.0, 0.0, 0.0), (Evidence(**told),))
    odd = Evidence("V/I", 1.0, 2.0, "Of \udcff.")  # a name of no valid encoding
    verdicts = Verdicts.of([found, replace(found, evidence=()), replace(found, evidence=(odd,))])
    three = pd.concat([frame, frame.iloc[:1]])
    columns = {**dict(Columns.of(three).items()), "evidence": verdicts}
    stored = table_of(Columns(columns), VERDICTS)["evidence"].to_pylist()
    assert stored[:2] == [[told], []]
    assert stored[2][0]["sentence"] == printable("Of \udcff.")


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    target = tmp_path / "x.txt"
    target.write_text("old")

    def fail(part):
        part.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        written_whole(target, fail)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_names_of_no_valid_encoding_are_escaped():
    assert printable("a\udcffb") == "a\\udcffb"
