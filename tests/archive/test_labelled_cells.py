"""Labels stay with their samples, whatever becomes of the files that hold them."""

import numpy as np
import pandas as pd
import pytest

from softbreak.archive.inputs.label_file import read_labels
from softbreak.archive.labelled_cells import labelled_cells
from softbreak.data.expert_labels import iso, on_cycles
from softbreak.features.evidence.cell_evidence import gather
from tests.archive.files import write_cell

BEGAN = 1_700_000_000.0
HALF = 3600.0
CYCLES = 8


@pytest.fixture
def archive(tmp_path):
    """A cell of eight cycles with dates; cycles 4 and 5 (from 1) were called soft."""
    root = tmp_path / "archive"
    write_cell(root / "c" / "2.csv", cycles=CYCLES, started=BEGAN)
    (root / "cells.csv").write_text("cell_id,files\nc,c/*\n")
    begin, end = BEGAN + 6 * HALF + 60.0, BEGAN + 10 * HALF + 60.0
    (tmp_path / "labels.csv").write_text(
        "cell_id,first_cycle,last_cycle,start_time_second,end_time_second,start_time,end_time,"
        f"state\nc,3,4,{6 * HALF},{10 * HALF},{iso(begin)},{iso(end)},soft\n"
    )
    return root


def labelled(root):
    """The absolute times between which cycles have the label, and how many these are."""
    (one,) = labelled_cells(root, read_labels(root.parent / "labels.csv"))
    cycles = gather(one.history).timeline.cycles.assign(cell_id="c")
    found = cycles[(on_cycles(one.labels, cycles)["state"] == "soft").to_numpy()]
    moments = one.history.moments()
    shift = moments[0, 1] - moments[0, 0]
    return (
        float(found["start_time_second"].min()) + shift - BEGAN,
        float(found["end_time_second"].max()) + shift - BEGAN,
        len(found),
        found["cycle_index"].tolist(),
    )


def rows_of(root):
    return pd.read_csv(root / "c" / "2.csv")


def assert_stays(root):
    begin, end, count, _ = labelled(root)
    assert (begin, end) == pytest.approx((6 * HALF, 10 * HALF), abs=130.0)
    assert count == 2


def test_labels_are_where_they_were_said(archive):
    assert_stays(archive)
    assert labelled(archive)[3] == [3, 4]


def test_a_file_that_grows_keeps_its_labels(archive):
    write_cell(archive / "c" / "2.csv", cycles=CYCLES + 5, started=BEGAN)
    assert_stays(archive)


def test_a_file_that_is_found_later_and_began_earlier_moves_no_label(archive):
    write_cell(archive / "c" / "1.csv", cycles=3, started=BEGAN - 50 * HALF)
    assert_stays(archive)
    assert labelled(archive)[3] == [6, 7], "three cycles more before them"


def test_a_file_that_is_exported_anew_keeps_its_labels(archive):
    table = rows_of(archive)
    (archive / "c" / "2.csv").unlink()
    table.to_parquet(archive / "c" / "2.parquet")  # another format, every second row
    table.iloc[::2].to_parquet(archive / "c" / "2.parquet")
    assert_stays(archive)


@pytest.mark.parametrize("names", [range(1, 8), range(7, 0, -1)])
def test_a_file_that_is_cut_in_seven_keeps_its_labels(archive, names):
    table = rows_of(archive)
    (archive / "c" / "2.csv").unlink()
    for name, part in zip(names, np.array_split(np.arange(len(table)), 7), strict=True):
        piece = table.iloc[part]  # each piece counts its seconds from zero
        piece = piece.assign(test_time_second=piece["test_time_second"] - piece.iloc[0, 0])
        piece.to_csv(archive / "c" / f"{name}.csv", index=False)
    assert_stays(archive)
