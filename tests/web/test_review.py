"""The review through the page's own API: hidden opinion, append-only answers, labels.csv, κ."""

import re

import pytest

from softbreak.archive.inputs.label_file import labels
from softbreak.archive.inputs.read import read
from softbreak.archive.triage import triage
from softbreak.models.learned.model_inputs import cycle_table
from softbreak.web.queue import queue
from tests.archive.files import write_cell
from tests.stream.steps import csv
from tests.web.lab import HARM, HTML, client_of, make_results


@pytest.fixture
def page(tmp_path):
    made = client_of(make_results(tmp_path))
    yield made
    made.cells.store.close()


def begin(page, who="ann"):
    page.cookies.clear()
    assert page.post("/reviewer", content=f"reviewer={who}", headers=HTML).status_code == 303


def key_of(page, name):
    return next(row.key for row in page.cells.rows() if row.cell_id == name)


def answer(page, name, **form):
    told = {"first_cycle": "1", "last_cycle": "6", "state": "soft", "source": "trace", **form}
    return page.post(f"/review/{key_of(page, name)}", data=told)


def test_who_reviews_is_asked_first(page):
    assert "Who reviews?" in page.get("/review").text
    assert answer(page, "a").status_code == 403
    assert page.post("/reviewer", content="reviewer=", headers=HTML).status_code == 422


def test_the_opinion_is_hidden_until_an_answer_is_given(page):
    begin(page)
    key, summary = key_of(page, "a"), page.cells.rows()[0].sentence
    hidden = page.get(f"/review/{key}").text
    for told in ("What the model says", summary, "Evidence", "/figure/cycles.svg", 'class="strip"'):
        assert told not in hidden
    assert page.get(f"/cell/{key}/cycles").json()["state"] == []
    shown = page.get(f"/review/{key}?opinion=show").text
    assert "What the model says" in shown
    done = answer(page, "a")
    assert done.status_code == 200
    assert "What the model says" in done.text
    assert "What the model says" in page.get(f"/review/{key}").text
    begin(page, "bob")
    assert "What the model says" not in page.get(f"/review/{key}").text


def test_no_fact_gives_away_that_the_model_saw_an_onset(tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "a.csv").write_bytes(csv(14, breaks=6))
    (tmp_path / "lab" / "cells.csv").write_text("cell_id,files,area_cm2\na,a.csv,0.785\n")
    triage(tmp_path / "lab", tmp_path / "out", workers=0)
    page = client_of(tmp_path / "out")
    begin(page)
    key = key_of(page, "a")
    assert "before the onset" in page.get(f"/cell/{key}").text
    hidden = page.get(f"/review/{key}").text
    assert "area" in hidden
    assert "onset" not in hidden
    page.cells.store.close()


def test_an_answer_holds_on_to_times_files_and_version(page):
    begin(page)
    assert answer(page, "a", first_cycle="3", last_cycle="4", note="it fell").status_code == 200
    row = page.cells.reviews.table().iloc[0]
    assert (row["first_cycle"], row["last_cycle"], row["reviewer"]) == (2.0, 3.0, "ann")
    verdicts = page.cells.verdicts("a").set_index("cycle_index")
    assert row["start_time_second"] == verdicts.loc[2, "start_time_second"]
    assert row["end_time_second"] == verdicts.loc[3, "end_time_second"]
    assert re.fullmatch("[0-9a-f]{64}", row["file_sha256"])
    assert row["detector_version"].startswith("hybrid ")


def test_an_answer_that_is_sent_twice_counts_once_and_a_second_one_is_added(page):
    begin(page)
    for key in ("one", "one", "two"):
        answer(page, "a", key=key)
    assert len(page.cells.reviews.table()) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "sfot"},
        {"source": "dream"},
        {"first_cycle": "4", "last_cycle": "2"},
        {"first_cycle": "99", "last_cycle": "100"},
        {"first_cycle": "-1"},
        {"first_cycle": "0"},
        {"last_cycle": "1e9"},
        {"confidence": "2"},
        {"confidence": "nan"},
        {"note": "x" * 4001},
    ],
)
def test_what_is_no_answer_is_refused(page, wrong):
    begin(page)
    assert answer(page, "a", **wrong).status_code == 422
    assert page.cells.reviews.table().empty


def test_the_queue_leaves_out_what_was_reviewed_and_ends(page):
    begin(page)
    left = queue(page.cells, set())
    assert sorted(left) == sorted([HARM, "a", "b"])
    for name in left:
        answer(page, name)
    assert "Every cell is reviewed" in page.get("/review").text
    begin(page, "bob")
    assert "3 cells are left" in page.get("/review").text
    assert queue(page.cells, set(), "random", seed=1) == queue(page.cells, set(), "random", seed=1)


def test_labels_go_out_and_come_in_and_are_y(page, tmp_path):
    begin(page)
    answer(page, "a", first_cycle="3", last_cycle="4")
    text = page.get("/labels.csv").text
    assert page.post("/labels.csv", content=text).json() == {"stored": 0}, "it is there already"
    other = text.replace("ann", "bob")
    assert page.post("/labels.csv", content=other).json() == {"stored": 1}
    assert page.post("/labels.csv", content=other).json() == {"stored": 0}
    wrong = page.post("/labels.csv", content="cell_id,first_cycle,last_cycle,state\na,0,1,bad\n")
    assert wrong.status_code == 422
    assert "row 2, column state" in wrong.text
    assert "/tmp" not in wrong.text
    (tmp_path / "labels.csv").write_text(text)
    X, _ = cycle_table(read(tmp_path / "archive" / "a.csv"))
    y = labels(tmp_path / "labels.csv", X)
    found = y.dropna().index.get_level_values("cycle_index").tolist()
    assert found == [2, 3]


def test_two_reviewers_have_an_agreement(page):
    for who, state in (("ann", "soft"), ("bob", "healthy")):
        begin(page, who)
        answer(page, "a", last_cycle="3", state="healthy")
        answer(page, "a", first_cycle="4", state=state)
    text = page.get("/agreement").text
    assert "ann and bob" in text
    assert "50%" in text


def test_an_answer_holds_on_to_the_calendar_where_files_state_it(tmp_path):
    write_cell(tmp_path / "dated" / "d.csv", cycles=6, started=1_700_000_000.0)
    triage(tmp_path / "dated", tmp_path / "dated-out", workers=0)
    page = client_of(tmp_path / "dated-out")
    begin(page)
    assert answer(page, "d", first_cycle="3", last_cycle="4", key="a browser's").status_code == 200
    row = page.cells.reviews.table().iloc[0]
    assert row["start_time"] == "2023-11-15T02:15:20.000+00:00", "four hours and two minutes on"
    assert row["end_time"] == "2023-11-15T06:13:20.000+00:00"
    text = page.get("/labels.csv").text
    assert page.post("/labels.csv", content=text).json() == {"stored": 0}, "it is there already"
    sources = page.cells.diagnosis("d").sources
    del sources["start_unix_second"]  # as results were before it was kept
    assert answer(page, "d", first_cycle="3", last_cycle="4").status_code == 200
    assert page.cells.reviews.table().iloc[-1]["start_time"] == ""
    page.cells.store.close()
