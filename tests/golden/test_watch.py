"""Real files that grow: the rows, the verdicts and the alarm are those of the finished ones."""

import random

import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.readers import registry
from softbreak.data.record import Cell
from softbreak.errors import ReadError
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.live.cell import LiveCell
from softbreak.models.live.changes import Kind
from softbreak.stream.sources import growing
from softbreak.stream.sources.folder import Found
from softbreak.stream.store.store import Store
from softbreak.stream.watch import Watch
from softbreak.stream.watched_cell import DetectorEngine
from tests.stream.growing import Cycler, Received, assert_same, batch, folder

FOLDERS = (
    "symmetric",
    "readers/neware",
    "readers/biologic",
    "readers/arbin",
    "readers/maccor",
    "readers/landt",
    "readers/novonix",
    "readers/basytec",
    "readers/pec",
    "readers/eis",
)
MOST_BYTES = 2_000_000


@pytest.fixture(autouse=True)
def breathless(monkeypatch):
    monkeypatch.setattr(growing, "_BREATH", 0.0)


def readable(root):
    for path in sorted(root.iterdir()):
        if path.is_file() and path.stat().st_size < MOST_BYTES:
            try:
                registry.read(path)
            except ReadError:
                continue
            yield path


@pytest.mark.parametrize("name", FOLDERS)
def test_rows_of_growing_files_are_those_of_the_finished_ones(realdata, tmp_path, name):
    choose = random.Random(name)
    for number, path in enumerate(readable(realdata / name)):
        live, data, received = tmp_path / str(number), path.read_bytes(), Received()
        cycler = Cycler(live)
        source = folder(live, lambda file=path.name: [Found(Cell(cell_id="x"), (file,))])
        for size in sorted(choose.sample(range(len(data) // 3, len(data)), 3)):
            cycler.write(path.name, data[:size])
            received.take(source)
        cycler.write(path.name, data, age=86_400)
        received.take(source)
        assert_same(received, batch(live, [path.name]))


@pytest.mark.parametrize("suffix", ["mpr", "mpt"])
def test_the_cell_that_shorted_in_one_sample_raises_an_alarm(realdata, tmp_path, suffix):
    path = realdata / "symmetric" / f"mb.issue_218.{suffix}"
    data, cycler = path.read_bytes(), Cycler(tmp_path / "live")
    store = Store(str(tmp_path / "store.db"))
    found = [Found(Cell(cell_id="cell", area_cm2=0.785), (path.name,))]
    watch = Watch(folder(tmp_path / "live", lambda: found), store, DetectorEngine("fused"))
    for share in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        cycler.write(path.name, data[: int(share * len(data))])
        watch.step()
    cycler.write(path.name, data, age=86_400)
    watch.run_once()
    history = assemble(found[0].cell, registry.read(path))
    expected = examine(history, "fused").verdicts.drop(columns="evidence")
    got = store.verdicts("cell")[list(expected.columns)]
    pd.testing.assert_frame_equal(got, expected, rtol=1e-12)
    alarms = store.alarms(standing=True)
    assert list(alarms["level"]) == ["hard"]
    store.close()


def test_a_healthy_cell_is_not_warned_of(realdata):
    path = realdata / "symmetric" / "gcpl.mpr"  # its sign changes are sampled every 0.6 ms
    changes = LiveCell(Cell(cell_id="cell"), "fused").update(registry.read(path))
    assert {change.kind for change in changes} == {Kind.VERDICT}
