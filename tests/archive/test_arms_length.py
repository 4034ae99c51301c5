"""What a library takes apart is read in another process: the same records, and nobody else dies."""

import gzip
import json
import signal

import pytest
from typer.testing import CliRunner

from softbreak.archive.jobs import arms_length
from softbreak.archive.jobs.arms_length import ArmsLength, Lanes
from softbreak.cli.main import app
from softbreak.data.readers import registry
from softbreak.data.readers.elsewhere import reading_ahead, reading_elsewhere
from softbreak.errors import ReadError, UnknownFormatError
from softbreak.stream.sources.file_position import Mark
from softbreak.stream.sources.growing import GrowingFile
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Watch
from tests.archive.files import write_cell
from tests.stream.growing import folder
from tests.stream.steps import StepEngine, csv

DEADLY = {"job": "tests.archive.deadly_reader:read_job", "warm_up": arms_length._WARM_UP}


def gz(folder, name="cell", more=b""):
    path = write_cell(folder / f"{name}.csv")
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes() + more))
    path.unlink()
    return packed


@pytest.fixture
def far():
    made = []

    def start(**options):
        made.append(ArmsLength(**options))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_records_are_those_of_this_process(far, tmp_path):
    rows = [{"time_s": float(k), "voltage_v": 0.03, "current_a": 1e-4} for k in range(50)]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    reader = far()
    for path in (gz(tmp_path), tmp_path / "rows.json"):
        here = registry.read(path)
        with reading_elsewhere(reader.read):
            there = registry.read(path)
        for one, other in zip(here, there, strict=True):
            assert (one.cell, one.technique, one.source) == (
                other.cell,
                other.technique,
                other.source,
            )
            assert one.table.equals(other.table)
            assert list(one.table.dtypes) == list(other.table.dtypes)


def test_text_and_own_readers_stay_here(far, tmp_path):
    def never(path, columns):
        raise AssertionError(path)

    with reading_elsewhere(never):
        assert registry.read(write_cell(tmp_path / "plain.csv"))


def test_refusals_come_back_as_they_were(far, tmp_path):
    path = tmp_path / "notes.txt.gz"
    path.write_bytes(gzip.compress(b"Dear Ada,\n the press slipped.\n" * 20))
    with pytest.raises(UnknownFormatError) as here:
        registry.read(path)
    with pytest.raises(UnknownFormatError) as there, reading_elsewhere(far().read):
        registry.read(path)
    assert str(here.value) == str(there.value)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows tells no signals")
def test_a_reader_that_others_kill_begins_once_more(far, tmp_path):
    path = gz(tmp_path, more=b"# ONCE\n")
    assert len(far(**DEADLY).read(path, None)) == 1
    assert path.with_suffix(".seen").exists()


def test_a_file_that_is_locked_says_so_here_as_well():
    error = ReadError("cell.xlsx", found="nothing", expected="a file", remedy="close it")
    error.__cause__ = PermissionError(13, "used by another process")
    there = arms_length._error_of(json.loads(json.dumps(arms_length._told_of("", error))))
    assert str(there) == str(error)
    assert isinstance(there.__cause__, PermissionError)


def test_what_is_no_file_is_told_as_such(far, tmp_path):
    with pytest.raises(ReadError) as told:
        far().read(tmp_path, None)  # a folder: no file that a system would let us open
    assert told.value.found == "a folder"
    with pytest.raises(FileNotFoundError):
        far().read(tmp_path / "gone.json", None)


@pytest.mark.parametrize(
    ("deed", "limits", "words"),
    [
        (b"POISON", {}, r"died \(exit code 3\)"),
        (b"HANG", {"seconds": 5.0}, "no result within 5 s"),
        (b"HOG", {"memory_bytes": 2**27}, "MiB of memory and growing"),
        (b"BUG", {}, "an error of softbreak's own"),
    ],
)
def test_what_kills_a_reader_costs_its_own_file(far, tmp_path, deed, limits, words):
    reader = far(**DEADLY, **limits)
    bad = tmp_path / "bad.json"
    bad.write_bytes(deed)
    good = gz(tmp_path)
    with pytest.raises(ReadError, match=words) as told:
        reader.read(bad, None)
    assert told.value.path == str(bad)
    assert told.value.remedy
    assert len(reader.read(good, None)) == 1


def test_a_watch_goes_on_behind_a_file_that_kills(far, tmp_path):
    bad = tmp_path / "bad.csv.gz"
    bad.write_bytes(gzip.compress(b"POISON"))
    follows = GrowingFile(bad, "bad.csv.gz", None, Mark(), 0.0)
    with reading_elsewhere(far(**DEADLY).read), pytest.raises(ReadError, match="died"):
        follows.look()


@pytest.fixture
def lanes():
    made = Lanes(ArmsLength(5.0, **DEADLY), ArmsLength(60.0, **DEADLY))
    yield made
    made.close()


def test_a_file_that_is_slow_holds_up_slow_files_alone(lanes, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"HANG")
    hangs = lanes.read(bad, None)
    for name in ("a", "b"):  # behind it in the queue, and when it has been found to be slow
        assert len(lanes.read(gz(tmp_path, name), None).result(60.0)) == 1
    again = lanes.read(bad, None)  # known by now: it does not even begin in the quick lane
    assert len(lanes.read(gz(tmp_path, "c"), None).result(60.0)) == 1
    assert not hangs.done()
    assert not again.done()


def test_a_watch_goes_on_while_a_library_does_not_come_back(lanes, tmp_path):
    for name in ("bad", "good"):
        (tmp_path / name).mkdir()
    (tmp_path / "bad/1.csv.gz").write_bytes(gzip.compress(b"HANG" + csv(6)))
    (tmp_path / "bad/2.csv").write_bytes(csv(6))
    (tmp_path / "good/1.csv.gz").write_bytes(gzip.compress(csv(8)))
    (tmp_path / "text.csv").write_bytes(csv(9))
    store = Store(":memory:")
    source = folder(tmp_path)
    watch = Watch(source, store, StepEngine())
    with reading_ahead(lanes.read):
        watch.step()  # what is text is there at once
        assert set(watch.cells) == {"text"}
        while "good" not in watch.cells:
            watch.step()
            source.wait(0.05)
        assert source.settling, "the other one is still being read"
        assert "bad" not in watch.cells, "its rows are handed on together, in their order"
    store.close()


def test_a_watch_that_reads_ahead_comes_to_what_it_comes_to_at_once(far, tmp_path):
    def outcome(*lanes):
        store = Store(":memory:")
        watch = Watch(folder(tmp_path, settle=0.0), store, StepEngine())
        with reading_ahead(lanes[0].read) if lanes else reading_elsewhere(far().read):
            watch.run_once()
        found = store.verdicts()
        store.close()
        return found

    whole = csv(12, breaks=6)
    cut = whole.rfind(b"\n", 0, len(whole) // 2) + 1
    head = whole[: whole.find(b"\n") + 1]
    for k in range(20):  # more cells than are read at a time
        (tmp_path / f"c{k}").mkdir()
        (tmp_path / f"c{k}/1.csv.gz").write_bytes(gzip.compress(whole[:cut]))
        (tmp_path / f"c{k}/2.csv.gz").write_bytes(gzip.compress(head + whole[cut:]))
    (tmp_path / "c3/1.csv.gz").write_bytes(gzip.compress(b"BUG" + whole[:cut]))
    both = Lanes(ArmsLength(60.0, **DEADLY), ArmsLength(60.0, **DEADLY))
    ahead = outcome(both)
    both.close()
    assert ahead["cell_id"].nunique() == 20
    assert ahead.equals(outcome())


@pytest.mark.parametrize("verb", ["check", "diagnose"])
def test_commands_read_at_arms_length(tmp_path, monkeypatch, verb):
    asked = []
    read = ArmsLength.read

    def told(self, path, columns):
        asked.append(path)
        return read(self, path, columns)

    monkeypatch.setattr(ArmsLength, "read", told)
    path = gz(tmp_path)
    done = CliRunner().invoke(app, [verb, str(path), "--quiet"])
    assert done.exit_code == 0, done.output
    assert asked == [path]
