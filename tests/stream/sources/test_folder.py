"""Growing files: whatever way they grow, the rows handed on are those of the finished file."""

import os
import random

import pytest

from softbreak.data.record import Cell
from softbreak.simulate.export import WRITERS
from softbreak.simulate.records import simulate
from softbreak.stream.sources import growing
from softbreak.stream.sources.folder import Found
from softbreak.stream.sources.growing import GrowingFile
from tests.stream.growing import Cycler, Received, assert_same, batch, folder
from tests.stream.steps import csv


@pytest.fixture(scope="module")
def records():
    """One cell's records of three techniques."""
    return simulate(1, seed=3, cycles=12, every=6, faulty=1.0)[0]


@pytest.fixture(scope="module")
def cycling(records):
    return max(records, key=lambda record: len(record.table))


def written(records, style, folder):
    return [
        path.name
        for n, record in enumerate(records)
        for path in [WRITERS[style](record, folder / f"{n:02d}_{record.source.method}")]
    ]


@pytest.mark.parametrize("style", sorted(WRITERS))
@pytest.mark.parametrize("seed", range(2))
def test_growing_files_give_the_rows_of_the_finished_ones(tmp_path, records, style, seed):
    done, live = tmp_path / "done", tmp_path / "live"
    done.mkdir()
    names = written(records, style, done)
    cycler, source, received = Cycler(live / "cell"), folder(live), Received()
    choose = random.Random(seed)
    for name in names:
        data = (done / name).read_bytes()
        for size in sorted(choose.sample(range(1, len(data)), 6)):
            cycler.write(name, data[:size])
            received.take(source)
        cycler.write(name, data)
        received.take(source)
    for name in names:  # a day later
        cycler.write(name, (done / name).read_bytes(), age=86_400)
    received.take(source)
    expected = {(f"cell/{k[0]}", k[1]): v for k, v in batch(done, names).items()}
    assert_same(received, expected)


@pytest.mark.parametrize("style", ["eclab", "neware", "bdf-csv"])
def test_text_is_read_on_and_not_from_the_beginning(tmp_path, records, monkeypatch, style):
    cycling = max(records, key=lambda record: len(record.table))
    path = WRITERS[style](cycling, tmp_path / "x")
    data, live = path.read_bytes(), tmp_path / "live"
    cycler, source, received = Cycler(live), folder(live), Received()
    cycler.write(path.name, data[: len(data) // 2])
    received.take(source)
    monkeypatch.setattr(GrowingFile, "_read_whole", None)  # to be called is to fail
    for share in (0.6, 0.61, 0.7, 0.9):
        cycler.write(path.name, data[: data.rfind(b"\n", 0, int(share * len(data))) + 1])
        received.take(source)
    assert_same(received, batch(live, [path.name]))


def test_a_half_written_line_waits_for_its_end(tmp_path):
    rows = [f"{t}.0,0.0{t},0.001" for t in range(10, 70)]
    text = "test_time_second,voltage_volt,current_ampere\n" + "\n".join(rows) + "\n"
    cycler, source, received = Cycler(tmp_path), folder(tmp_path), Received()
    for end in (-30, -25, -20, -17, -9, -6, -3, -1):
        cycler.write("x.csv", text[:end].encode())
        received.take(source)
        table = received.tables()[("x.csv", 0)][1]
        assert len(table) == text[:end].count("\n") - 1
        assert table["voltage_volt"].iloc[-1] == pytest.approx(
            float(f"0.0{len(table) + 9}"), rel=1e-6
        )
    assert received.restarts == 0


def test_a_rewritten_a_shortened_and_a_rotated_file_begin_again(tmp_path, cycling):
    first = WRITERS["bdf-csv"](cycling, tmp_path / "a").read_bytes()
    other = first.replace(b"0.0", b"0.1", 40)
    live = tmp_path / "live"
    cycler, source, received = Cycler(live), folder(live), Received()
    for number, data in enumerate((first, other, first[: len(first) // 2], first)):
        cycler.write("x/run.csv", data)
        received.take(source)
        assert received.restarts == min(number, 2)
        assert_same(received, batch(live, ["x/run.csv"]))
    (live / "x" / "run.csv").rename(live / "x" / "run.1.csv")
    cycler.write("x/run.csv", other)
    received.take(source)
    assert received.restarts == 3
    assert_same(received, batch(live, ["x/run.csv", "x/run.1.csv"]))


def test_a_deleted_file_is_not_forgotten(tmp_path, cycling):
    cycler, source, received = Cycler(tmp_path), folder(tmp_path), Received()
    data = WRITERS["bdf-csv"](cycling, tmp_path.parent / "gone").read_bytes()
    cycler.write("x/1.csv", data)
    received.take(source)
    expected = batch(tmp_path, ["x/1.csv"])
    (tmp_path / "x" / "1.csv").unlink()
    cycler.write("x/notes.txt", b"the file went to the archive\n")
    received.take(source)
    assert received.restarts == 0
    assert_same(received, expected)


def test_tokens_take_up_where_another_process_ended(tmp_path, cycling):
    data = WRITERS["neware"](cycling, tmp_path / "a").read_bytes()
    live = tmp_path / "live"
    cycler, received = Cycler(live), Received()
    for share in (0.3, 0.5, 0.8, 1.0):
        cycler.write("x.csv", data[: int(share * len(data))])
        source = folder(live)
        source.resume(received.tokens)
        received.take(source)
        assert next(iter(folder(live).poll())).samples > 0
    assert received.restarts == 0
    assert_same(received, batch(live, ["x.csv"]))


def test_a_file_that_is_in_nobodys_hands_twice_is_its_new_cells(tmp_path, cycling):
    data = WRITERS["bdf-csv"](cycling, tmp_path.parent / "b").read_bytes()
    cycler, received = Cycler(tmp_path), Received()
    cycler.write("1.csv", data)
    cycler.write("2.csv", data.replace(b"0.0", b"0.1"))
    cells = [Found(Cell(cell_id="one"), ("1.csv", "2.csv"))]
    source = folder(tmp_path, lambda: cells)
    received.take(source)
    cells[:] = [Found(Cell(cell_id="one"), ("1.csv",)), Found(Cell(cell_id="two"), ("2.csv",))]
    received.take(source)
    assert {key[:2] for key in received.rows} == {("one", "1.csv"), ("two", "2.csv")}


def test_a_cell_of_which_something_else_is_known_begins_again(tmp_path, cycling):
    data = WRITERS["bdf-csv"](cycling, tmp_path.parent / "c").read_bytes()
    cycler, received = Cycler(tmp_path), Received()
    cycler.write("1.csv", data)
    cells = [Found(Cell(cell_id="one"), ("1.csv",))]
    source = folder(tmp_path, lambda: cells)
    received.take(source)
    cells[:] = [Found(Cell(cell_id="one", area_cm2=0.5), ("1.csv",))]
    received.take(source).take(source)
    assert received.restarts == 1
    assert received.chunks == 2


def test_a_file_that_cannot_be_read_is_said_once_and_its_export_is_taken(tmp_path, cycling):
    data = WRITERS["eclab"](cycling, tmp_path.parent / "d").read_bytes()
    cycler, received = Cycler(tmp_path), Received()
    cycler.write("1.mpr", b"BIO-LOGIC MODULAR FILE\x1a   ", age=7200)
    cycler.write("1.mpt", data)
    spares = {"1.mpr": ("1.mpt",)}
    source = folder(tmp_path, lambda: [Found(Cell(cell_id="one"), ("1.mpr",), spares)])
    received.take(source)
    (problem,) = source.problems()
    assert problem.key == "1.mpr"
    received.take(source).take(source)
    assert source.problems() == []
    assert_same(received, batch(tmp_path, ["1.mpt"]))


def test_a_locked_file_is_tried_again(tmp_path, cycling, monkeypatch):
    data = WRITERS["bdf-csv"](cycling, tmp_path.parent / "e").read_bytes()
    cycler, source, received = Cycler(tmp_path), folder(tmp_path), Received()
    path = cycler.write("1.csv", data)
    if os.geteuid() == 0:  # nobody locks root out: let the system say so
        real = growing.registry.read

        def locked(asked, columns=None):
            if asked == path and path.stat().st_mode & 0o200 == 0:
                raise PermissionError(13, "in use by another process")
            return real(asked, columns)

        monkeypatch.setattr(growing.registry, "read", locked)
    path.chmod(0o000)
    received.take(source)
    (problem,) = source.problems()
    assert "trying again" in problem.sentence
    path.chmod(0o600)
    received.take(source)
    assert_same(received, batch(tmp_path, ["1.csv"]))


def test_a_spectrum_counts_when_it_is_complete(tmp_path, records):
    spectrum = next(record for record in records if record.technique == "impedance")
    data = WRITERS["eclab"](spectrum, tmp_path.parent / "f").read_bytes()
    cycler, source, received = Cycler(tmp_path), folder(tmp_path, settle=60.0), Received()
    for share in (0.7, 0.9, 1.0):
        cycler.write("1.mpt", data[: int(share * len(data))])
        assert received.take(source).rows == {}
    cycler.write("1.mpt", data, age=61.0)
    received.take(source)
    assert_same(received, batch(tmp_path, ["1.mpt"]))
    assert received.restarts == 0


def test_it_wakes_when_a_file_changes(tmp_path):
    source = folder(tmp_path, events=True)
    source.wait(0.05)
    (tmp_path / "x.csv").write_bytes(b"1")
    source.wait(30.0)  # hangs where events are not heard
    source.close()


def test_an_error_of_ours_in_a_reader_is_that_files(tmp_path, monkeypatch):
    from softbreak.stream.sources import growing

    Cycler(tmp_path / "live").write("bad/1.csv", csv(4))
    Cycler(tmp_path / "live").write("good/1.csv", csv(4))
    read = growing.registry.read

    def faulty(path, *arguments, **named):
        if "bad" in str(path):
            raise KeyError("an error of ours")
        return read(path, *arguments, **named)

    monkeypatch.setattr(growing.registry, "read", faulty)
    source = folder(tmp_path / "live", settle=0.0)
    assert [chunk.cell.cell_id for chunk in source.poll() if chunk.samples] == ["good"]
    assert any("an error of ours" in problem.sentence for problem in source.problems())
    monkeypatch.setattr(growing.registry, "read", read)
    Cycler(tmp_path / "live").write("bad/1.csv", csv(5))
    assert [chunk.cell.cell_id for chunk in source.poll()] == ["bad"]
