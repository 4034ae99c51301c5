"""The store: one transaction, idempotent keys, migrations; on SQLite and PostgreSQL."""

import os
import sqlite3
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from softbreak.stream.alarm import Alarm, Level
from softbreak.stream.alarm_sentences import notification
from softbreak.stream.store.engine import Fenced, StoreError
from softbreak.stream.store.store import Store, StoreBusy
from softbreak.stream.store.tables import METADATA
from softbreak.stream.store.transaction import CellWrite
from tests.stream.steps import row

ALARM = Alarm("c/soft/3", Level.SOFT, 3, 300.0, "It dropped.")


def write(sequence=0, **what):
    base = CellWrite("c", "m 1", sequence, {"cell_id": "c"})
    for name, value in what.items():
        setattr(base, name, value)
    return base


def with_alarm(alarm=ALARM, event="raised", **what):
    note = notification("c", alarm, event, row("c", alarm.cycle_index, "soft", 300.0))
    return write(alarms=[alarm], notifications=[note], **what)


def test_what_is_written_is_there(store):
    verdicts = [row("c", 0, "healthy", 100.0), row("c", 1, "soft", 200.0)]
    store.commit(
        [
            with_alarm(
                verdicts=verdicts,
                state=b"\x00state",
                alarm_state={"log": []},
                status={"cycles": 2},
                tokens={"run.csv": "17"},
            )
        ],
        "src",
        ["mail", "chat"],
    )
    cell = store.cell("c")
    assert (cell.state, cell.sequence, cell.status) == (b"\x00state", 1, {"cycles": 2})
    assert store.tokens("src") == {"run.csv": ("c", "17")}
    assert store.tokens("other") == {}
    table = store.verdicts("c")
    assert list(table["state"]) == ["healthy", "soft"]
    assert table["electronic_fraction"].isna().tolist() == [True, False]
    assert table["evidence"][0][0]["sentence"] == "0 rows by now."
    assert list(store.alarms()["key"]) == ["c/soft/3"]
    assert sorted(store.outbox()["channel"]) == ["chat", "mail"]
    assert store.cells()[0].state is None
    store.check()


def test_doing_it_twice_does_it_once(store):
    for sequence in range(3):
        store.commit([with_alarm(sequence=sequence, verdicts=[row("c", 0, "soft", 1.0)])], "s", "x")
    assert len(store.verdicts()) == len(store.alarms()) == len(store.outbox()) == 1


def test_a_worker_that_was_overtaken_is_refused_and_changes_nothing(store):
    store.commit([write(0)], "s")
    for stale in (0, 5):
        with pytest.raises(Fenced):
            store.commit(
                [replace(write(1), cell_id="d", sequence=0), with_alarm(sequence=stale)], "s"
            )
    assert [cell.cell_id for cell in store.cells()] == ["c"]
    assert store.alarms().empty


def test_a_restart_takes_back_what_was_said(store):
    verdicts = [row("c", k, "soft", 1.0) for k in range(4)]
    state = {"state": b"", "tokens": {"a": "1", "b": "2"}}
    store.commit([with_alarm(verdicts=verdicts, **state)], "s", ["x"])
    again = write(1, restart=True, verdicts=verdicts[:1], state=b"", tokens={"a": "0"})
    store.commit([again], "s", ["x"])
    assert store.tokens("s") == {"a": ("c", "0")}
    assert len(store.verdicts()) == 1
    assert list(store.alarms()["end"]) == ["revised"]


def test_an_alarm_that_a_restart_confirms_stands_and_is_not_told_again(store):
    store.commit([with_alarm()], "s", ["x"])
    store.commit([with_alarm(sequence=1, restart=True, state=b"", standing=(ALARM.key,))], "s", "x")
    assert list(store.alarms()["end"]) == [""]
    assert len(store.outbox()) == 1


def test_another_model_keeps_its_own_verdicts(store):
    store.commit([write(verdicts=[row("c", 0, "soft", 1.0), row("c", 1, "soft", 1.0)])], "s")
    newer = write(1, restart=True, verdicts=[row("c", 0, "healthy", 1.0)], state=b"")
    newer.model = "m 2"
    store.commit([newer], "s")
    assert list(store.verdicts()["state"]) == ["healthy"]
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from verdicts")).scalar() == 3
    assert store.models() == {"c": "m 2"}


def test_silence_and_acknowledgement(store):
    store.silence("c", 2e9 * 10, "being repaired")
    store.commit([with_alarm()], "s", ["x"])
    assert store.outbox().empty
    store.silence("c", 0.0)
    assert store.acknowledge("c", "Ada") == 1
    assert store.acknowledge("c", "Ada") == 0
    escalated = replace(ALARM, end="escalated", end_cycle=4)
    quieter = replace(ALARM, key="c/early warning/4", level=Level.WARNING)
    store.commit([with_alarm(quieter, sequence=1)], "s", ["x"])
    assert store.outbox().empty, "nothing louder than what was seen"
    hard = replace(ALARM, key="c/hard/4", level=Level.HARD)
    louder = with_alarm(hard, sequence=2)
    louder.alarms.insert(0, escalated)
    store.commit([louder], "s", ["x"])
    assert list(store.outbox()["alarm_key"]) == ["c/hard/4"]
    assert list(store.alarms(standing=True)["key"]) == ["c/early warning/4", "c/hard/4"]


@pytest.mark.parametrize("name", ["\ud800", 10**400, object()], ids=["half", "huge", "object"])
def test_what_no_database_takes_is_refused_in_words(store, name):
    for ask in (
        lambda: store.cell(name),
        lambda: store.acknowledge(name, "Ada"),
        lambda: store.silence(name, 1.0),
        lambda: store.silence("c", name),
    ):
        with pytest.raises(StoreError):
            ask()
    store.check()


def test_nobody_hears_of_the_end_of_what_they_were_never_told(store):
    store.silence("*", 2e10)
    store.commit([with_alarm()], "s", ["x"])
    store.silence("*", 0.0)
    over = replace(ALARM, end="recovered", end_cycle=9, end_time_second=900.0)
    store.commit([with_alarm(over, "recovered", sequence=1)], "s", ["x"])
    assert store.outbox().empty


def test_a_full_disk_is_said_and_leaves_everything_as_it_was(tmp_path):
    store = Store(str(tmp_path / "store.db"))
    store.commit([write(0, state=b"small", tokens={"a": "1"})], "s")

    @sa.event.listens_for(store.engine, "connect")
    def small(connection, _):
        connection.execute("PRAGMA max_page_count = 60")

    store.engine.dispose()
    with pytest.raises(StoreBusy, match="full"):
        store.commit([write(1, state=b"x" * 10**6, tokens={"a": "2"})], "s")
    assert (store.cell("c").state, store.tokens("s")) == (b"small", {"a": ("c", "1")})
    store.commit([write(1, state=b"smaller", tokens={"a": "2"})], "s")
    store.close()


def test_a_locked_database_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("softbreak.stream.store.engine.BUSY_SECOND", 0.05)
    path = tmp_path / "store.db"
    store = Store(str(path))
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="locked"):
        store.commit([write(0)], "s")
    assert store.cells() == [], "readers do not wait"
    threading.Timer(0.05, other.execute, ("ROLLBACK",)).start()
    while True:
        try:
            store.commit([write(0)], "s")
        except StoreBusy:
            continue
        break
    assert len(store.cells()) == 1
    other.close()
    store.close()


def test_migrations_end_at_the_tables_of_the_code(store):
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_store_of_a_newer_softbreak_is_refused(store, store_url):
    with store.engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StoreError, match="newer softbreak"):
        Store(store_url)


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite:////nowhere/at/all/x.db", "postgresql://nobody@127.0.0.1:1/x"]
)
def test_a_store_that_cannot_be_opened_says_so(url):
    with pytest.raises(StoreError) as told:
        Store(url)
    assert ("may you write to it" in str(told.value)) is url.startswith("sqlite")


def test_errors_show_no_password():
    with pytest.raises(StoreError) as error:
        Store("postgresql://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(error.value)


def test_claims_are_exclusive_until_they_run_out(store):
    store.commit([with_alarm()], "s", ["x", "y"])
    (one,) = store.claim(["x"], 2e9, 60.0)
    assert (one.channel, one.attempts, one.body["level"]) == ("x", 0, "soft")
    assert store.claim(["x"], 2e9, 60.0) == []
    assert [w.key for w in store.claim(["x"], 2e9 + 61.0, 60.0)] == [one.key]
    store.sent(one.key)
    assert store.claim(["x"], 3e9, 60.0) == []
    assert len(store.claim(["y"], 3e9, 60.0)) == 1


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX'")
def test_a_new_store_is_its_owners_alone(tmp_path):
    store = Store(str(tmp_path / "own.db"))
    store.silence("c", 1.0)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    store.close()
