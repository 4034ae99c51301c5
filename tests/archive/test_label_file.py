"""labels.csv: taken strictly, written back losslessly."""

import numpy as np
import pandas as pd
import pytest

from softbreak.archive.inputs.label_file import labels, labels_text, read_labels, write_labels
from softbreak.archive.inputs.manifest import Manifest
from softbreak.archive.inputs.scan import scan
from softbreak.data.expert_labels import CYCLES
from softbreak.errors import LabelError, ReadError, SoftbreakError
from tests.archive.files import write_cell

HEAD = "cell_id,first_cycle,last_cycle,state"


def read(folder, text, *, encoding="utf-8"):
    path = folder / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return read_labels(path)


def test_four_columns_are_enough(tmp_path):
    found = read(tmp_path, f"{HEAD}\nA 1,0,12,healthy\nA 1,13,40,Soft\n")
    assert found["state"].tolist() == ["healthy", "soft"]
    assert found["confidence"].tolist() == [1.0, 1.0]
    assert found["source"].tolist() == ["other", "other"]
    assert found["last_cycle"].tolist() == [12.0, 40.0]


def test_a_spreadsheets_semicolons_and_spaces_are_understood(tmp_path):
    text = "cell_id;start_time_second;end_time_second;state;source\n"
    text += "X;0; 3600.5;not judgeable;post-mortem\n"
    found = read(tmp_path, "\ufeff" + text)
    assert found.loc[0, "end_time_second"] == 3600.5
    assert found.loc[0, "state"] == "not_judgeable"
    assert found.loc[0, "source"] == "post_mortem"
    assert np.isnan(found.loc[0, "first_cycle"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{HEAD}\nA,0,3,sfot\n", ("row 2, column state", "'sfot'", "Did you mean soft?")),
        (f"{HEAD}\nA,0,3,healthy\nA,1.5,3,soft\n", ("row 3, column first_cycle", "whole number")),
        (f"{HEAD}\nA,9,3,soft\n", ("column last_cycle", "at least first_cycle, which is 9")),
        (f"{HEAD}\nA,,3,soft\n", ("column first_cycle", "nothing", "go together")),
        (f"{HEAD}\nA,,,soft\n", ("column first_cycle", "a range")),
        (f"{HEAD}\n,0,3,soft\n", ("column cell_id", "nothing")),
        (f"{HEAD}\nA,-1,3,soft\n", ("column first_cycle", "0 or more")),
        (f"{HEAD}\nA,nan,3,soft\n", ("column first_cycle",)),
        (f"{HEAD},confidence\nA,0,3,soft,80\n", ("column confidence", "from 0 to 1")),
        (f'{HEAD},confidence\nA,0,3,soft,"0,8"\n', ("'0,8'", "decimal point")),
        (f"{HEAD},reviewed_at\nA,0,3,soft,yesterday\n", ("column reviewed_at", "2026")),
        (f"{HEAD},confidense\nA,0,3,soft,1\n", ("row 1", "Did you mean confidence?")),
        ("cell_id,state\nA,soft\n", ("row 1", "first_cycle with last_cycle")),
        (f"{HEAD},state\nA,0,3,soft,soft\n", ("two columns state",)),
        (f"{HEAD}\nA,0,5,soft\nA,3,9,healthy\n", ("row 3, column state", "row 2 calls 'soft'")),
        (f"{HEAD}\nA,0,5\n", ("3 fields",)),
        ("", ("row 1",)),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(tmp_path, text, words):
    with pytest.raises(ReadError) as told:
        read(tmp_path, text)
    for word in ("labels.csv", *words):
        assert word in str(told.value)


def test_overlaps_with_moments_are_a_change_of_mind(tmp_path):
    text = f"{HEAD},reviewed_at\nA,0,5,soft,2026-01-01T10:00\nA,3,9,healthy,2026-01-02T10:00\n"
    assert len(read(tmp_path, text)) == 2


def test_labels_beside_the_cells_are_no_data(tmp_path):
    write_cell(tmp_path / "a.csv")
    (tmp_path / "labels.csv").write_text(f"{HEAD}\na,0,3,soft\n")
    found = scan(tmp_path, Manifest())
    assert [group.cell_id for group in found.groups] == ["a"]
    assert found.failures == ()


def test_a_data_file_by_that_name_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("softbreak.archive.inputs.label_file.MOST_BYTES", 10)
    with pytest.raises(LabelError, match="at most 10"):
        read(tmp_path, f"{HEAD}\nA,0,3,soft\n")


def test_what_is_written_is_read_back(tmp_path):
    text = (
        f"{HEAD},start_time_second,end_time_second,source,confidence,reviewer,note\n"
        'A,0,3,soft,0.125,7200.1,opening,0.75,Zoë,"said ""so"", twice"\n'
        "B,4,4,withdrawn,,,trace,1,Zoë,=1+1\n"
    )
    known = read(tmp_path, text)
    write_labels(known, tmp_path / "again.csv")
    pd.testing.assert_frame_equal(read_labels(tmp_path / "again.csv"), known)
    assert "\n=1" not in labels_text(known)
    assert ",=1" not in labels_text(known)  # no spreadsheet calculates a note


def test_times_of_the_calendar_are_a_range_of_their_own(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        "cell_id,start_time,end_time,state\na,2023-11-14T22:13:20Z,2023-11-14 23:13:20,soft\n"
    )
    known = read_labels(path)
    assert known["start_time"].tolist() == ["2023-11-14T22:13:20.000+00:00"]
    assert known["end_time"].tolist() == ["2023-11-14T23:13:20.000+00:00"]
    assert read_labels(_again(tmp_path, known)).equals(known)
    with pytest.raises(SoftbreakError, match="times of the cell's life"):
        labels(known, _x())
    for wrong in ("yesterday,2023-11-14", "2023-11-14,", "2023-11-15,2023-11-14"):
        path.write_text(f"cell_id,start_time,end_time,state\na,{wrong},soft\n")
        with pytest.raises(LabelError, match=r"row 2, column (start|end)_time"):
            read_labels(path)


def _again(folder, known):
    write_labels(known, folder / "again.csv")
    return folder / "again.csv"


def _x():
    index = pd.MultiIndex.from_tuples([("a", 0, 0.0, 1.0)], names=list(CYCLES))
    return pd.DataFrame({"x": [1.0]}, index=index)
