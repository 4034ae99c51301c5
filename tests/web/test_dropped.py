"""The process that judges dropped files: loaded once, ended whatever it does."""

import threading
import time

import psutil

from softbreak.web.dropped import Judge
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
