"""What a library takes apart is read in another process: the same records, and nobody else dies."""

import gzip
import json
import signal

import pytest
from typer.testing import CliRunner

from softbreak.archive.jobs import arms_length
from softbreak.archive.jobs.arms_length import ArmsLength
from softbreak.cli.main import app
from softbreak.data.readers import registry
from softbreak.data.readers.elsewhere import reading_elsewhere
from softbreak.errors import ReadError, UnknownFormatError
from softbreak.stream.sources.file_position import Mark
from softbreak.stream.sources.growing import GrowingFile
from tests.archive.files import write_cell

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
        (b"HANG", {"seconds": 1.0}, "no result within 1 s"),
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
