"""The watch: whatever the chunks, and however often it is stopped, the same comes out."""

import io
import json
import random
import sqlite3
import threading
import time

import pandas as pd
import pytest
import sqlalchemy as sa

from softbreak.stream.cell_board import board
from softbreak.stream.overpotential_sketch import Trace
from softbreak.stream.sources.messages import parse
from softbreak.stream.store.store import Store
from softbreak.stream.store.tables import CELLS
from softbreak.stream.watch import Pace, Watch
from tests.stream.growing import Cycler, folder
from tests.stream.steps import StepEngine, csv, volts


def outcome(store):
    """What has to be the same in the end."""
    verdicts = store.verdicts().drop(columns=["detector", "detector_version"])
    alarms = store.alarms().drop(columns=["raised_unix_second"])
    return verdicts, alarms.sort_values("key", ignore_index=True)


def assert_same(store, expected):
    for got, wanted in zip(outcome(store), expected, strict=True):
        pd.testing.assert_frame_equal(got, wanted)


FILES = {
    "healthy/1.csv": csv(12),
    "soft/1.csv": csv(14, breaks=6),
    "hard/1.csv": csv(14, breaks=5, hard=9),
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    root = tmp_path_factory.mktemp("undisturbed")
    cycler = Cycler(root / "live")
    for name, data in FILES.items():
        cycler.write(name, data)
    store = Store(str(root / "store.db"))
    Watch(folder(root / "live"), store, StepEngine(), ["x"]).run_once()
    verdicts, alarms = outcome(store)
    assert verdicts.groupby("cell_id").size().to_dict() == {"healthy": 11, "soft": 13, "hard": 13}
    assert list(alarms["level"]) == ["early warning", "hard", "soft", "early warning", "soft"]
    yield verdicts, alarms
    store.close()


@pytest.mark.parametrize("seed", range(3))
def test_any_chunks_and_any_number_of_restarts_give_the_same(tmp_path, undisturbed, seed):
    choose = random.Random(seed)
    cycler = Cycler(tmp_path / "live")
    sizes = dict.fromkeys(FILES, 60)
    paces = [Pace(checkpoint_second=0.0), Pace(checkpoint_second=1e9)]
    watch = None
    while any(sizes[name] < len(data) for name, data in FILES.items()):
        for name, data in FILES.items():
            sizes[name] = min(sizes[name] + choose.randrange(150, 900), len(data))
            cycler.write(name, data[: sizes[name]])
        if watch is None or choose.random() < 0.5:  # as if killed: nothing is closed
            store = Store(str(tmp_path / "store.db"))
            watch = Watch(
                folder(tmp_path / "live"), store, StepEngine(), ["x"], pace=choose.choice(paces)
            )
        watch.step()
    watch.close()
    assert_same(watch.store, undisturbed)
    sent = watch.store.outbox()
    assert sent["key"].is_unique


@pytest.fixture
def files(tmp_path):
    for name, data in FILES.items():
        Cycler(tmp_path / "live").write(name, data)
    return tmp_path / "live"


def in_background(watch):
    thread = threading.Thread(target=watch.run_once)
    thread.start()
    return thread


def wait_for(true, second=120.0):
    deadline = time.monotonic() + second
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_full_disk_holds_the_watch_up_and_loses_nothing(tmp_path, files, undisturbed):
    store = Store(str(tmp_path / "store.db"))
    with store.engine.connect() as connection:
        most = [connection.exec_driver_sql("PRAGMA page_count").scalar() + 2]

    @sa.event.listens_for(store.engine, "checkout")
    def limited(connection, *_):
        connection.execute(f"PRAGMA max_page_count = {most[0]}")

    store.engine.dispose()
    watch = Watch(folder(files), store, StepEngine(), pace=Pace(checkpoint_second=0.0))
    thread = in_background(watch)
    wait_for(lambda: "full" in watch.problems.get("store", ""))
    assert watch.metrics.errors["store"]
    most[0] = 10**6
    thread.join()
    assert "store" not in watch.problems
    assert_same(store, undisturbed)
    store.close()


def test_a_locked_store_holds_the_watch_up_and_loses_nothing(
    tmp_path, files, undisturbed, monkeypatch
):
    monkeypatch.setattr("softbreak.stream.store.engine.BUSY_SECOND", 0.05)
    store = Store(str(tmp_path / "store.db"))
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    watch = Watch(folder(files), store, StepEngine())
    thread = in_background(watch)
    wait_for(lambda: watch.metrics.errors["store"])
    other.execute("ROLLBACK")
    other.close()
    thread.join()
    assert_same(store, undisturbed)
    store.close()


def test_it_can_be_stopped_while_the_store_is_away(tmp_path, files, undisturbed, monkeypatch):
    monkeypatch.setattr("softbreak.stream.store.engine.BUSY_SECOND", 0.05)
    store = Store(str(tmp_path / "store.db"))
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    watch = Watch(folder(files), store, StepEngine())
    thread = in_background(watch)
    wait_for(lambda: watch.metrics.errors["store"])
    watch.stop.set()
    thread.join()
    other.execute("ROLLBACK")
    other.close()
    assert store.cells() == []
    Watch(folder(files), store, StepEngine()).run_once()
    assert_same(store, undisturbed)
    store.close()


def test_a_new_model_judges_every_cell_again(tmp_path, files, undisturbed):
    store = Store(str(tmp_path / "store.db"))
    Watch(folder(files), store, StepEngine(), ["x"]).run_once()
    sent = len(store.outbox())
    Watch(folder(files), store, StepEngine("steps 2"), ["x"]).run_once()
    assert set(store.models().values()) == {"steps 2"}
    assert_same(store, undisturbed)
    assert len(store.outbox()) == sent, "nobody is told the same twice"
    store.close()


def test_a_rewritten_file_is_judged_again_and_its_alarms_are_taken_back(tmp_path, files):
    store = Store(str(tmp_path / "store.db"))
    watch = Watch(folder(files), store, StepEngine(), ["x"])
    watch.run_once()
    Cycler(files).write("soft/1.csv", csv(9, samples=8))
    watch.run_once()
    assert list(store.verdicts("soft")["state"]) == ["healthy"] * 8
    alarms = store.alarms().set_index("key")
    assert set(alarms.loc[alarms["cell_id"] == "soft", "end"]) <= {"escalated", "revised"}
    store.close()


def test_history_is_told_by_its_end_only(tmp_path, files):
    store = Store(str(tmp_path / "store.db"))
    Watch(folder(files), store, StepEngine(), ["x"]).run_once()
    assert sorted(store.outbox()["alarm_key"]) == ["hard/hard/10", "soft/soft/6"]
    store.close()


def test_what_people_are_told_of_is_stored_with_what_a_picture_shows(tmp_path, files):
    store = Store(str(tmp_path / "store.db"))
    never = Pace(checkpoint_second=1e9)
    Watch(folder(files), store, StepEngine(), ["x"], pace=never).step()
    drawn = {cell.cell_id for cell in store.cells() if cell.status.get("trace")}
    assert drawn == set(store.outbox()["cell_id"]) == {"soft", "hard"}
    store.close()


class Faulty(StepEngine):
    def make(self, cell):
        live = super().make(cell)
        if cell.cell_id == "soft":
            live.update = lambda records: 1 / 0
        return live


def test_a_cell_that_cannot_be_judged_harms_no_other_and_is_taken_up_later(
    tmp_path, files, undisturbed
):
    store = Store(str(tmp_path / "store.db"))
    watch = Watch(folder(files), store, Faulty())
    watch.run_once()
    assert "ZeroDivisionError" in watch.problems["soft"]
    assert set(store.models()) == {"healthy", "hard"}
    Watch(folder(files), store, StepEngine()).run_once()
    assert_same(store, undisturbed)
    store.close()


def test_memory_holds_no_more_than_a_trace(tmp_path):
    """A cell's own share does not grow with its samples (its engine's is the engine's affair)."""
    trace = Trace()
    sizes = []
    for start in range(0, 60_000, 1000):
        record = parse(json.dumps({"cell_id": "c", "table": long_table(start, 1000)})).record()
        trace.add([record])
        sizes.append(len(json.dumps(trace.dump())))
    assert max(sizes[len(sizes) // 2 :]) < 1.2 * max(sizes[: len(sizes) // 2])
    assert trace.times[-1] == pytest.approx(60_000 - 1.0, abs=1000)
    assert trace.volts[0] == pytest.approx(0.1, rel=1e-9)
    again = Trace.load(trace.dump())
    assert again.dump() == trace.dump()


def long_table(start, count):
    return {
        "test_time_second": [float(start + k) for k in range(count)],
        "voltage_volt": [0.1] * count,
        "current_ampere": [1e-3] * count,
    }


def message(cell_id, rows, sequence):
    names = ("test_time_second", "voltage_volt", "current_ampere")
    table = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return json.dumps({"cell_id": cell_id, "sequence": sequence, "table": table}).encode() + b"\n"


def piped(lines):
    from softbreak.stream.sources.json_lines import LineSource

    return LineSource(io.BytesIO(b"".join(lines)))


def test_a_state_that_cannot_be_read_costs_its_cell_alone(tmp_path):
    """It begins anew, and is not called healthy: what was before is not known."""
    rows = list(volts(8))
    store = Store(str(tmp_path / "store.db"))
    Watch(piped([message(c, rows[:60], 1) for c in "ab"]), store, StepEngine()).run_once()
    with store.engine.begin() as connection:
        connection.execute(CELLS.update().where(CELLS.c.cell_id == "a").values(state=b"\x00no"))
    watch = Watch(piped([message(c, rows[60:], 2) for c in "ab"]), store, StepEngine())
    watch.run_once()
    told = {row.cell_id: row for row in board(store)}
    assert (told["a"].state, told["b"].state) == ("undetermined", "healthy")
    assert "could not be read" in told["a"].sentence
    assert (told["a"].samples, told["b"].samples) == (len(rows) - 60, len(rows))
    assert watch.metrics.errors["engine"] == 1
    store.close()


class Unstorable(StepEngine):
    """One of its verdicts holds what no database takes."""

    def make(self, cell):
        return self.spoilt(super().make(cell))

    def load(self, state):
        return self.spoilt(super().load(state))

    def spoilt(self, live):
        right = type(live)

        def update(records):
            changes = right.update(live, records)
            for change in changes:
                if live.cell_id == "a" and change.row.get("end_time_second") == 61 * 60:
                    change.row["wanted_measurement"] = "\ud800"
            return changes

        live.update = update
        live.dump = lambda: json.dumps(
            {k: v for k, v in vars(live).items() if k not in ("update", "dump")}
        ).encode()
        return live


def test_what_no_store_takes_costs_one_message(store):
    rows = list(volts(8))
    lines = [message(c, rows[k : k + 10], k) for k in range(0, len(rows), 10) for c in "ab"]
    watch = Watch(piped(lines), store, Unstorable())
    watch.run_once()
    assert watch.metrics.refused == 1
    samples = {cell.cell_id: cell.status["samples"] for cell in store.cells()}
    assert samples == {"a": len(rows) - 10, "b": len(rows)}
    assert "UnicodeEncodeError" in store.faults()["trace"][0]


def test_an_error_of_ours_in_a_source_is_told_and_it_is_asked_again(tmp_path):
    class Faulty(type(piped([]))):
        polls = 0

        def poll(self):
            self.polls += 1
            if self.polls == 2:
                raise KeyError("an error of ours")
            yield from super().poll()

    rows = list(volts(4))
    source = Faulty(io.BytesIO(message("a", rows[:10], 1) + message("a", rows[10:], 2)))
    store = Store(str(tmp_path / "store.db"))
    watch = Watch(source, store, StepEngine())
    watch.run_once()
    assert watch.metrics.errors["source"] == 1
    assert store.cell("a").status["samples"] == len(rows)
    store.close()


def test_problems_are_bounded_and_lines_too(caplog):
    from collections import Counter

    from softbreak.stream import problems
    from softbreak.stream.sources.chunk import Problem

    errors = Counter()
    kept = problems.Problems(errors)
    for k in range(3 * problems.MOST_KEPT):
        kept.tell("source", Problem(f"line {k}", "no JSON\x1b[2J"))
    assert errors["source"] == 3 * problems.MOST_KEPT
    assert len(kept) == problems.MOST_KEPT
    assert len(caplog.records) == problems.MOST_LINES_A_MINUTE
    assert "\x1b" not in caplog.text


@pytest.mark.parametrize("calm", [True, False], ids=["stored at once", "stored seldom"])
def test_cells_beyond_the_most_wait_in_the_store(tmp_path, monkeypatch, calm):
    from softbreak.stream.sources.http_inbox import InboxSource

    monkeypatch.setattr("softbreak.stream.watch.MOST_CELLS", 5)
    inbox, rows = InboxSource(), list(volts(4))
    store = Store(str(tmp_path / "store.db"))
    pace = Pace(checkpoint_second=0.0 if calm else 1e9, checkpoints=1)
    watch = Watch(inbox, store, StepEngine(), pace=pace)
    for part in (rows[:40], rows[40:]):
        for k in range(20):
            told = parse(message(f"c{k}", part, part[0][0]))
            inbox.offer([told], [lambda reason: None])
            watch.step()
            assert len(watch.cells) <= 6
    watch.close()
    assert {cell.status["samples"] for cell in store.cells()} == {len(rows)}
    store.close()
