"""With the real engine: what a watch says of growing files is what triage says of finished ones."""

import random

import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.readers import registry
from softbreak.data.record import Cell
from softbreak.models.diagnosis.diagnose import examine
from softbreak.simulate.export import write_cell
from softbreak.simulate.records import simulate
from softbreak.stream.replay import messages
from softbreak.stream.sources.json_lines import LineSource
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Pace, Watch
from softbreak.stream.watched_cell import DetectorEngine
from tests.stream.growing import Cycler, folder

STYLES = ("eclab", "bdf-csv", "neware")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Cells of all techniques, each in another lab's files; by cell its history."""
    root = tmp_path_factory.mktemp("archive")
    records, _ = simulate(3, seed=5, cycles=10, every=5, faulty=1.0)
    histories = {}
    for k, style in enumerate(STYLES):
        name = f"cell{k}"
        mine = [r for r in records if r.cell.cell_id == f"a5-{k:06d}"]
        write_cell(mine, root / name, style)
        paths = sorted((root / name).iterdir())
        read = [r for path in paths for r in registry.read(path)]
        histories[name] = assemble(Cell(cell_id=name), read)
    return root, histories


def assert_equal_to_batch(store, histories, detector="fused"):
    for name, history in histories.items():
        expected = examine(history, detector).verdicts
        got = store.verdicts(name)[list(expected.columns)]
        pd.testing.assert_frame_equal(
            got.drop(columns="evidence"), expected.drop(columns="evidence"), rtol=1e-12
        )
        sentences = [[item["sentence"] for item in row] for row in expected["evidence"]]
        assert [[item["sentence"] for item in row] for row in got["evidence"]] == sentences


@pytest.mark.parametrize("seed", range(2))
def test_growing_files(tmp_path, archive, seed):
    root, histories = archive
    choose = random.Random(seed)
    cycler = Cycler(tmp_path / "live")
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    store = Store(str(tmp_path / "store.db"))
    watch = None
    for path in sorted(files, key=lambda path: path.name):  # the cells run beside each other
        name, data = path.relative_to(root).as_posix(), path.read_bytes()
        for size in [*sorted(choose.sample(range(1, len(data)), 3)), len(data)]:
            cycler.write(name, data[:size])
            if watch is None or choose.random() < 0.15:  # as if killed
                pace = Pace(checkpoint_second=choose.choice([0.0, 1e9]))
                watch = Watch(folder(tmp_path / "live"), store, DetectorEngine("fused"), pace=pace)
            watch.step()
    for path in files:
        cycler.write(path.relative_to(root).as_posix(), path.read_bytes(), age=86_400)
    watch.run_once()
    assert_equal_to_batch(store, histories)
    store.close()


@pytest.mark.parametrize("detector", ["fused", "hybrid", "cv-hardened", "eis"])
def test_a_finished_archive_at_once(tmp_path, archive, detector):
    root, histories = archive
    store = Store(str(tmp_path / "store.db"))
    Watch(folder(root, settle=0.0, ended=0.0), store, DetectorEngine(detector)).run_once()
    assert_equal_to_batch(store, histories, detector)
    store.close()


class Pipe:
    def __init__(self, lines):
        self.lines = iter(lines)

    def readline(self, _):
        return next(self.lines, b"")


@pytest.mark.parametrize("step", [61.0, 5000.0])
def test_replayed_messages(tmp_path, archive, step):
    _, histories = archive
    told = [f"{message}\n".encode() for _, _, message in messages(histories.values(), step)]
    assert sum(b'"end": true' in line for line in told) == len(histories)
    store = Store(str(tmp_path / "store.db"))
    Watch(LineSource(Pipe(told)), store, DetectorEngine("fused")).run_once()
    assert_equal_to_batch(store, histories)
    again = Watch(LineSource(Pipe(told)), store, DetectorEngine("fused"))
    again.run(0.01)
    assert again.metrics.samples == 0, "what bears a sequence counts once"
    store.close()
