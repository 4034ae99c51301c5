"""What was measured once counts once."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import softbreak
from softbreak.archive.feature_tables import write_features
from softbreak.archive.inputs.copies import without_copies
from softbreak.data.record import Cell, Record, Source, Technique
from tests.archive.files import write_cell


def record(path, rows=slice(None), *, dated=True, seed=1, digits=9, shift=0.0):
    rng = np.random.default_rng(seed)
    time = 60.0 * np.arange(300.0)
    current = np.where(np.arange(300) // 30 % 2 == 0, 1e-3, -1e-3)
    voltage = np.round(current * (100.0 + rng.standard_normal(300)), digits)
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
    ).iloc[rows]
    table = table.reset_index(drop=True)
    source = Source(path, started_unix_second=1.7e9 + shift if dated else None)
    return Record(Cell(), Technique.CYCLING, table, source)


def told(*records):
    kept, copies = without_copies(records)
    return [(r.source.path, r.rows) for r in kept], [(c.path, c.whole) for c in copies]


@pytest.mark.parametrize("dated", [True, False])
def test_an_earlier_export_beside_the_whole(dated):
    part = record("part.csv", slice(0, 100), dated=dated)
    whole = record("whole.csv", dated=dated)
    for records in ((part, whole), (whole, part)):
        assert told(*records) == ([("whole.csv", 300)], [("part.csv", True)])
    assert "whole.csv" in without_copies([part, whole])[1][0].remark[2]


@pytest.mark.parametrize("dated", [True, False])
def test_rows_that_two_files_share_count_once(dated):
    first = record("1.csv", slice(0, 200), dated=dated)
    second = record("2.csv", slice(150, 300), dated=dated)
    kept, copies = told(second, first)
    assert sorted(kept) == [("1.csv", 200), ("2.csv", 100)]
    assert copies == [("2.csv", False)]


def test_a_copy_with_fewer_digits_and_another_start_of_the_clock():
    copy = record("copy.csv", slice(40, 300), digits=6)
    table = copy.table.assign(test_time_second=copy.table["test_time_second"] - 2400.0)
    source = replace(copy.source, started_unix_second=1.7e9 + 2400.0)
    assert told(record("x.csv"), replace(copy, table=table, source=source))[1] == [
        ("copy.csv", True)
    ]


def test_other_cells_at_the_same_time_and_later_life_are_no_copies():
    for records in (
        (record("a.csv"), record("b.csv", seed=2)),
        (record("a.csv", dated=False), record("b.csv", seed=2, dated=False)),
        (record("a.csv"), record("b.csv", shift=86_400.0)),
    ):
        assert told(*records)[1] == []


def test_a_steady_cell_without_dates_looks_the_same_after_every_start():
    runs = [record(f"run_{k}.csv", dated=False, digits=1) for k in (1, 2)]
    assert told(*runs)[1] == []


def test_every_verb_counts_a_copy_once_and_says_so(tmp_path):
    root = tmp_path / "archive"
    path = write_cell(root / "A" / "x.csv")
    (root / "A" / "x - Copy.csv").write_bytes(path.read_bytes())
    whole = pd.read_csv(path)
    whole.iloc[:90].to_csv(root / "A" / "before.csv", index=False)
    diagnosis = softbreak.examine(softbreak.read(root / "A"))
    assert diagnosis.summary["n_cycles"] == 4
    left_out = [f.sentence for f in diagnosis.findings if f.topic == "file-left-out"]
    assert len(left_out) == 2
    assert any("the very same bytes as x.csv" in sentence for sentence in left_out)
    result = softbreak.triage(root, tmp_path / "out", workers=0)
    assert result.cells["n_cycles"].to_list() == [4]
    assert {row["path"] for row in result.run["skipped"]} == {"A/x - Copy.csv", "A/before.csv"}
    run = write_features(root, tmp_path / "f.csv", pair_fits=False)
    assert (run.cells, run.rows) == (1, 8)


@pytest.mark.parametrize("dated", [True, False])
def test_an_undated_export_of_fewer_digits(dated):
    thinned = record("rounded.csv", slice(0, 300, 2), dated=False, digits=4)
    assert told(record("x.csv", dated=dated), thinned)[1] == [("rounded.csv", True)]
    again = record("again.csv", dated=False, digits=4, seed=2)  # the same programme once more
    assert not told(record("x.csv", dated=dated), again)[1]
