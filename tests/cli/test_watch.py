"""softbreak watch and replay, as people call them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from softbreak.stream.store.store import Store
from softbreak.stream.store.transaction import CellWrite
from tests.stream.receiver import receiving
from tests.stream.steps import csv
from tests.stream.test_store import with_alarm

EXAMPLES = Path(__file__).parents[2] / "examples" / "archive"


@pytest.fixture
def cells(tmp_path, monkeypatch):
    """Two finished cells, one of which breaks, and a manifest that knows one area."""
    monkeypatch.chdir(tmp_path)
    files = {
        "good/1.csv": csv(14, samples=20),
        "bad/1.mpt": (EXAMPLES / "one_way_plating.mpt").read_bytes(),
    }
    for name, data in files.items():
        path = tmp_path / "cells" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        os.utime(path, (time.time() - 1e5,) * 2)
    (tmp_path / "cells" / "cells.csv").write_text("cell_id,area_cm2\nbad,0.5\n")
    return tmp_path / "cells"


def test_once_tells_what_there_is_and_fails_on_what_it_should(softbreak, cells):
    told = softbreak("watch", cells, "--once", "--fail-on", "soft")
    assert (told.code, told.err) == (1, "")
    lines = [line for line in told.out.splitlines() if line.startswith(("bad", "good"))]
    rows = {line.split()[0]: line for line in lines}
    assert list(rows) == ["bad", "good"], "worst first"
    assert rows["bad"].split()[1:3] == ["hard", "hard"]
    assert "▁" in rows["bad"]
    assert "2 cells, 1 with an alarm" in told.out


def test_a_second_call_takes_up_where_the_first_ended(softbreak, cells):
    told = [softbreak("watch", cells, "--once", "--json").json["cells"] for _ in range(2)]
    for row in (*told[0], *told[1]):
        row.pop("lag_second")
    assert told[0] == told[1]
    assert {row["cell_id"]: row["state"] for row in told[0]} == {"bad": "hard", "good": "healthy"}


def test_the_manifest_is_heard_and_the_stores_own_files_are_no_data(softbreak, cells):
    store = cells / "watch.db"
    softbreak("watch", cells, "--once", "--store", store, "-q")
    opened = Store(str(store))
    facts = {cell.cell_id: cell.facts.get("area_cm2") for cell in opened.cells()}
    opened.close()
    assert facts == {"bad": 0.5, "good": None}
    assert "2 cells" in softbreak("watch", cells, "--once", "--store", store).out


def test_a_name_of_no_valid_text_ends_nothing(softbreak, cells):
    odd = cells / os.fsdecode(b"z\xe9lle")
    odd.mkdir()
    shutil.copy(cells / "good" / "1.csv", odd / "1.csv")
    for _ in range(2):
        told = softbreak("watch", cells, "--once")
        assert (told.code, told.err) == (0, "")
        assert "3 cells" in told.out


def test_notifications_bring_words_and_a_picture(softbreak, cells):
    with receiving() as receiver:
        softbreak("watch", cells, "--once", "-q", "--notify", receiver.url)
        softbreak("watch", cells, "--once", "-q", "--notify", receiver.url)
    ((key, body),) = receiver.got
    assert key.startswith("bad/hard/")
    assert body["picture_png_base64"].startswith("iVBORw0KGgo")
    assert "Electronic fraction" in body["text"]


def test_acknowledge_and_silence(softbreak, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Store("softbreak-watch.db")
    store.commit([with_alarm()], "s")
    assert "c: 1 alarm marked as seen" in softbreak("watch", "x", "--ack", "c").out
    assert "c: no alarms marked" in softbreak("watch", "x", "--ack", "c").out
    told = softbreak("watch", "x", "--silence", "c=1.5", "--silence", "*=1")
    assert "c: nothing is sent for 1.5 h" in told.out
    told = softbreak("watch", "x", "--silence", "c")
    assert (told.code, "expected CELL=HOURS" in told.err) == (2, True)
    for typo in ("--ack", "cc"), ("--silence", "cc=3"):
        told = softbreak("watch", "x", *typo)
        assert (told.code, "knows no cell 'cc'; its cells are: c" in told.err) == (2, True)
    store.commit([CellWrite("c", "m", 1, {})], "s")
    store.close()


def test_a_person_without_a_name_can_acknowledge(softbreak, tmp_path, monkeypatch):
    def nobody():
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("getpass.getuser", nobody)
    store = Store("softbreak-watch.db")
    store.commit([with_alarm()], "s")
    store.close()
    assert softbreak("watch", "x", "--ack", "c").code == 0


def test_two_archives_are_not_mixed_in_the_store_that_stands_there(softbreak, cells, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(cells, other)
    assert softbreak("watch", cells, "--once", "-q").code == 0
    told = softbreak("watch", other, "--once")
    assert told.code == 2
    assert "--store FILE" in told.err
    assert softbreak("watch", other, "--once", "-q", "--store", "other.db").code == 0
    assert softbreak("watch", cells, "--once", "-q").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "no such file or folder"),
        (("kafka://x",), "expected a folder, -, redis:// or http://"),
        (("redis://x?partitions=none",), "partitions=none"),
        (("redis://127.0.0.1:9/0",), "Redis cannot be reached"),
        (("http://nonsense",), "expected HOST:PORT"),
        ((".", "--detector", "nonsense"), "there is no detector"),
        ((".", "--store", "mysql://x/y"), "expected a file"),
        ((".", "--notify", "post+nonsense"), "apprise does not understand"),
    ],
)
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_what_cannot_run_says_so(softbreak, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    told = softbreak("watch", *arguments, "--once")
    assert (told.code, words in told.err) == (2, True), told.err


def test_replay_writes_messages_or_lets_files_grow(softbreak, cells, tmp_path):
    told = softbreak("replay", cells, "--speed", 0, "--step", 3600)
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert "messages" in told.err
    assert {line["cell_id"] for line in lines} == {"bad", "good"}
    assert [line["cell_id"] for line in lines if line.get("end")] == ["bad", "good"]
    rows = [len(line["table"]["voltage_volt"]) for line in lines if line["cell_id"] == "good"]
    assert sum(rows) == 560
    softbreak("replay", cells, "--speed", 0, "--to", tmp_path / "grown")
    for path in cells.rglob("1.*"):
        assert (tmp_path / "grown" / path.relative_to(cells)).read_bytes() == path.read_bytes()
    told = softbreak("replay", cells, "--speed", 0, "--to", tmp_path / "grown")
    assert (told.code, "not empty" in told.err) == (2, True)


def test_replay_needs_its_server(softbreak, cells):
    told = softbreak("replay", cells, "--to", "redis://:secret@127.0.0.1:9/0")
    assert told.code == 2
    assert "Redis cannot be reached" in told.err
    assert "secret" not in told.err


def test_replay_keeps_time(softbreak, cells, tmp_path):
    began = time.monotonic()
    told = softbreak("replay", cells, "--speed", 560 * 60.0 / 0.5, "--to", tmp_path / "grown")
    assert told.code == 0
    assert time.monotonic() - began >= 0.5
    assert (tmp_path / "grown" / "bad" / "1.mpt").read_bytes()


def test_simulated_cells_can_be_played(softbreak):
    told = softbreak("replay", "simulated", "--cells", 1, "--speed", 0, "--step", 1e6)
    assert told.code == 0
    assert json.loads(told.out.splitlines()[0])["cell_id"].startswith("a0-")


def test_files_that_were_measured_at_once_are_several_cells(softbreak, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mix" / "rack").mkdir(parents=True)
    for late, name in enumerate(("run_1", "run_2")):
        rows = csv(4, samples=20).decode().splitlines()
        table = [f"{row},{1.7e9 + 60 * k + late}" for k, row in enumerate(rows[1:], start=1)]
        text = "\n".join([rows[0] + ",unix_time_second", *table, ""])
        (tmp_path / "mix" / "rack" / f"{name}.csv").write_text(text)
    told = softbreak("watch", tmp_path / "mix", "--once", "--json").json
    assert [row["cell_id"] for row in told["cells"]] == ["rack/run_1", "rack/run_2"]


def process(*arguments, **options):
    """The command line as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "softbreak", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1])},
        **options,
    )


def test_a_service_tells_alarms_line_by_line_and_ends_in_order(cells, tmp_path):
    watch = process("watch", cells, "--interval", 0.1, "--http", "127.0.0.1:0", cwd=tmp_path)
    line = watch.stdout.readline()
    watch.send_signal(signal.SIGTERM)
    out, err = watch.communicate(timeout=60)
    assert "bad: hard raised: " in line
    assert (watch.returncode, err) == (0, "")
    assert "2 cells, 1 with an alarm" in out
