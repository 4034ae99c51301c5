"""Copies among growing files are not read as later life."""

import pytest

from softbreak.simulate.export import WRITERS
from softbreak.simulate.records import simulate
from softbreak.stream.sources.twins import Twins
from tests.stream.growing import Cycler, Received, assert_same, batch, folder

TEXT = b"".join(b"%d.0,0.%04d,0.001\n" % (k * 10, k) for k in range(200))


@pytest.mark.parametrize("size", [len(TEXT), len(TEXT) // 2])
def test_a_copy_and_an_earlier_export_are_left_out_and_told_once(tmp_path, size):
    (tmp_path / "run.csv").write_bytes(TEXT)
    (tmp_path / "run - Copy.csv").write_bytes(TEXT[:size])
    twins = Twins(tmp_path)
    paths = ["run - Copy.csv", "run.csv"]
    assert twins.without(paths) == (["run.csv"], [("run - Copy.csv", "run.csv")])
    with (tmp_path / "run.csv").open("ab") as file:  # it goes on, the copy does not
        file.write(b"2000.0,0.1,0.001\n")
    assert twins.without(paths) == (["run.csv"], [])
    (tmp_path / "run - Copy.csv").write_bytes(TEXT[:size] + b"3000.0,0.2,0.001\n")
    assert twins.without(paths) == (paths, [])


def test_headers_alone_and_other_bytes_are_no_copies(tmp_path):
    (tmp_path / "run_1.csv").write_bytes(TEXT)
    (tmp_path / "run_2.csv").write_bytes(TEXT[:30])
    (tmp_path / "run_3.csv").write_bytes(TEXT[:-3] + b"2\n")
    paths = ["run_1.csv", "run_2.csv", "run_3.csv", "gone.csv"]
    assert Twins(tmp_path).without(paths) == (paths, [])


def test_a_watched_cell_has_each_sample_once(tmp_path):
    cycling = max(simulate(1, seed=3, cycles=6, every=6)[0], key=lambda r: len(r.table))
    live, done = tmp_path / "live", tmp_path / "done"
    data = WRITERS["neware"](cycling, done).read_bytes()
    cycler, source, received = Cycler(live), folder(live), Received()
    half = data[: data.rindex(b"\n", 0, len(data) // 2) + 1]
    cycler.write("x/run.csv", half)
    cycler.write("x/run - Copy.csv", half)
    received.take(source)
    cycler.write("x/run.csv", data)
    received.take(source)
    assert received.restarts == 0
    assert_same(received, batch(live, ["x/run.csv"]))
    assert any("all its bytes stand in" in problem.sentence for problem in source.problems())


def test_a_copy_under_another_suffix_is_a_copy(tmp_path):
    (tmp_path / "run_1.csv").write_bytes(TEXT)
    (tmp_path / "run_10.txt").write_bytes(TEXT)
    kept, told = Twins(tmp_path).without(["run_1.csv", "run_10.txt"])
    assert kept == ["run_1.csv"]
    assert told == [("run_10.txt", "run_1.csv")]
