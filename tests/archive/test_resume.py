"""A run that is interrupted, shared out or repeated says the same, bit for bit."""

import json

import pyarrow.parquet as pq
import pytest

from softbreak.archive.results.packs import Shelf
from softbreak.archive.triage import triage
from softbreak.data.readers import registry
from tests.archive.files import write_cell

TABLES = ("verdicts", "cells", "failures")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    root = tmp_path_factory.mktemp("resume")
    for k in range(12):
        write_cell(root / f"cell{k}.csv", ohm=300.0 + 20 * k, cycles=3 + k % 4)
    write_cell(root / "many" / "1.csv")
    write_cell(root / "many" / "2.csv", ohm=200.0)
    (root / "many" / "3.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    (root / "cells.csv").write_text("cell_id,area_cm2\ncell3,0.785\n")
    return root


@pytest.fixture(scope="module")
def at_once(archive, tmp_path_factory):
    out = tmp_path_factory.mktemp("at-once")
    triage(archive, out, workers=0)
    return out


def same(one, other):
    return all(
        (one / f"{name}.parquet").read_bytes() == (other / f"{name}.parquet").read_bytes()
        for name in TABLES
    )


def test_interrupted_five_times(archive, at_once, tmp_path):
    done = []
    for _ in range(5):
        allowed = 2

        def stop(at):
            nonlocal allowed
            done.append(at.done)
            if at.cell_id:
                allowed -= 1
            if not allowed:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            triage(archive, tmp_path, workers=0, progress=stop)
        run = json.loads((tmp_path / "run.json").read_text())
        assert run["interrupted"] is True
        assert run["counts"]["cells"] == done[-1]
        assert pq.read_table(tmp_path / "cells.parquet").num_rows == done[-1]
    assert done[-1] == 10
    final = triage(archive, tmp_path, workers=0)
    assert final.run["counts"]["cells_not_done_again"] == 10
    assert same(tmp_path, at_once)


def test_two_workers_interrupted(archive, at_once, tmp_path):
    def stop(at):
        if at.done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        triage(archive, tmp_path, workers=2, progress=stop)
    again = triage(archive, tmp_path, workers=2)
    assert again.run["counts"]["cells_not_done_again"] >= 4
    assert same(tmp_path, at_once)
    assert not [path for path in tmp_path.rglob("*") if ".part" in path.name]


def test_a_second_model_leaves_the_first_where_it_is(archive, at_once, tmp_path):
    first = triage(archive, tmp_path, workers=0)
    second = triage(archive, tmp_path, workers=0, detector="voltage")
    assert second.run["counts"]["cells_not_done_again"] == 0
    assert set(second.verdicts()["detector"]) == {"voltage"}
    models = {path.parent.name for path in tmp_path.glob("models/verdicts/*/part-0.parquet")}
    assert models == {"model=hybrid-1", "model=voltage-1"}
    every = pq.read_table(tmp_path / "models" / "verdicts")
    assert every.num_rows == 2 * len(first.verdicts())
    again = triage(archive, tmp_path, workers=0)
    assert again.run["counts"]["cells_not_done_again"] == 13
    assert same(tmp_path, at_once)


def test_verdicts_are_not_written_again_where_nothing_changed(archive, tmp_path):
    triage(archive, tmp_path, workers=0)
    part = tmp_path / "models" / "verdicts" / "model=hybrid-1" / "part-0.parquet"
    before = part.stat().st_ino, part.stat().st_mtime_ns
    triage(archive, tmp_path, workers=0)
    assert (part.stat().st_ino, part.stat().st_mtime_ns) == before
    (tmp_path / "verdicts.parquet").unlink()
    part.write_bytes(b"damaged")
    triage(archive, tmp_path, workers=0)
    assert pq.read_table(tmp_path / "verdicts.parquet").num_rows > 50


def test_many_small_runs_leave_few_files(archive, tmp_path):
    for allowed in range(1, 7):

        def stop(at, allowed=allowed):
            if at.done == allowed:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            triage(archive, tmp_path, workers=0, progress=stop)
    triage(archive, tmp_path, workers=0)
    folder = tmp_path / "cells" / "hybrid-1"
    assert len(Shelf(folder).index()) == 13
    assert len(list(folder.iterdir())) <= 8


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    path = write_cell(tmp_path / "archive" / "cell.csv", ohm=300.0)
    later = write_cell(tmp_path / "later.csv", ohm=900.0).read_bytes()
    first = path.read_bytes()
    size = max(len(first), len(later))
    path.write_bytes(first.ljust(size, b"\n"))  # of equal size: only the content tells
    hashed = registry._sha256

    def replaced(name):
        path.write_bytes(later.ljust(size, b"\n"))
        return hashed(name)

    monkeypatch.setattr(registry, "_sha256", replaced)
    triage(tmp_path / "archive", tmp_path / "out", workers=0)
    monkeypatch.setattr(registry, "_sha256", hashed)
    again = triage(tmp_path / "archive", tmp_path / "out", workers=0)
    assert again.run["counts"]["cells_not_done_again"] == 0
    triage(tmp_path / "archive", tmp_path / "calm", workers=0)
    name = "cells.parquet"
    assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "calm" / name).read_bytes()
