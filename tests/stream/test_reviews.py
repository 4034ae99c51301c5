"""Reviews: added, never changed, and never lost; on SQLite and PostgreSQL."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from softbreak.stream.store.engine import StoreError
from softbreak.stream.store.reviews import Review, Reviews
from softbreak.stream.store.store import Store

ROOT = Path(__file__).parents[2]


@pytest.fixture
def reviews(store):
    return Reviews(store.engine)


def said(state="soft", first=0.0, last=3.0, **more):
    told = {"cell_id": "c", "reviewer": "ann", "first_cycle": first, "last_cycle": last}
    return Review(state=state, **{**told, **more})


def test_what_is_added_stays_in_order(reviews):
    assert reviews.add([said(), said("healthy", 4.0, 9.0)]) == 2
    table = reviews.table("c")
    assert table["state"].tolist() == ["soft", "healthy"]
    assert table["first_cycle"].tolist() == [0.0, 4.0]
    assert table["start_time_second"].isna().all()
    assert reviews.table("other").empty


def test_a_review_that_is_sent_twice_counts_once(reviews):
    assert reviews.add([said(key="form-1")]) == 1
    assert reviews.add([said(key="form-1"), said(key="form-2")]) == 1
    assert len(reviews.table()) == 2


def test_no_row_is_ever_changed_or_deleted(reviews):
    reviews.add([said()])
    for word in ("update reviews set state = 'healthy'", "delete from reviews"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="never changed"),
            reviews.engine.begin() as connection,
        ):
            connection.execute(sa.text(word))
    assert reviews.table()["state"].tolist() == ["soft"]


def test_a_table_that_is_taken_twice_counts_once(reviews):
    reviews.add([said(), said("hard", 4.0, 5.0, reviewer="bob")])
    table = reviews.table()
    assert reviews.take(table.assign(reviewer="")) == 2
    assert reviews.take(table.assign(reviewer="")) == 0
    assert len(reviews.table()) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "sfot"},
        {"source": "dream"},
        {"reviewer": ""},
        {"cell_id": ""},
        {"confidence": 1.5},
        {"confidence": float("nan")},
        {"first": 4.0},
        {"first": float("nan")},
        {"note": "x" * 5000},
        {"note": "\ud800"},
        {"note": "a\0b"},
        {"note": [[1]]},
        {"cell_id": 10**400},
        {"first": 10**400},
        {"first": "0"},
        {"file_sha256": "0" * 65},
    ],
)
def test_what_no_label_can_say_is_refused(wrong):
    with pytest.raises(StoreError):
        said(**wrong)


def test_two_people_at_once_lose_nothing(reviews, store_url):
    def review(who):
        own = Store(store_url)
        for k in range(25):
            Reviews(own.engine).add([said(first=float(k), last=float(k), reviewer=who)])
        own.close()

    threads = [threading.Thread(target=review, args=(who,)) for who in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reviews.table()["reviewer"].value_counts().to_dict() == {"ann": 25, "bob": 25}


REVIEWER = """
import sys
from softbreak.stream.store.reviews import Review, Reviews
from softbreak.stream.store.store import Store
reviews = Reviews(Store(sys.argv[1]).engine)
for k in range(100000):
    reviews.add([Review("c", "soft", "ann", float(k), float(k))])
    print(k, flush=True)
"""


def test_what_was_answered_survives_a_kill_at_any_instant(tmp_path):
    path, answered = str(tmp_path / "store.db"), 0
    for k in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", REVIEWER, path],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(3 + k):
            process.stdout.readline()
        time.sleep(0.003 * k)  # another instant each time
        process.kill()
        answered += 3 + k + len(process.stdout.readlines())
        process.wait()
        process.stdout.close()
        store = Store(path)
        table = Reviews(store.engine).table()
        store.close()
        assert len(table) >= answered
        assert table.notna().all()[["cell_id", "state", "reviewer", "first_cycle"]].all()
        answered = len(table)
    assert isinstance(table, pd.DataFrame)
