"""The process that judges dropped files: loaded once, ended whatever it does."""

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from softbreak.web.dropped import Judge, _kept
from tests.archive.files import write_cell


def test_one_process_judges_file_after_file(tmp_path):
    judge = Judge()
    try:
        found = []
        for number in (1, 2):
            path = write_cell(tmp_path / f"in{number}" / "cell.csv", ohm=300.0 * number)
            found.append(judge.judged(path, tmp_path / f"out{number}"))
            children = {child.pid for child in psutil.Process().children()}
            assert len(children) >= 1
            if number == 1:
                first = children
        assert first & children, "the same process"
        assert [len(result.cells) for result in found] == [1, 1]
    finally:
        judge.close()


def test_closing_does_not_wait_for_what_is_being_loaded():
    judge = Judge()
    judge.warm()
    deadline = time.monotonic() + 30
    while judge._pool is None and time.monotonic() < deadline:
        time.sleep(0.01)
    began = time.monotonic()
    judge.close()
    assert time.monotonic() - began < 20
    for thread in threading.enumerate():
        if thread.name == "softbreak-warming":
            thread.join(30)
            assert not thread.is_alive()


def test_files_of_one_name_that_are_kept_at_once_are_all_kept(tmp_path):
    paths = [tmp_path / str(number) / "cell.csv" for number in range(8)]
    for path in paths:
        path.parent.mkdir()
        path.write_text(path.parent.name * 100_000)
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda path: _kept(path, tmp_path / "dropped"), paths))
    for path, name in zip(paths, names, strict=True):
        assert (tmp_path / "dropped" / name).read_bytes() == path.read_bytes()
    assert _kept(paths[0], tmp_path / "dropped") == names[0]


def test_half_a_file_is_not_kept(tmp_path, monkeypatch):
    def full(source, target):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    path = tmp_path / "cell.csv"
    path.write_text("1,2,3")
    with pytest.raises(OSError, match="No space"):
        _kept(path, tmp_path / "dropped")
    assert not any((tmp_path / "dropped").iterdir())
