"""The watch: whatever the chunks, and however often it is stopped, the same comes out."""

import random

import pandas as pd
import pytest

from softbreak.stream.store import Store
from softbreak.stream.watch import Pace, Watch
from tests.stream.growing import Cycler, folder
from tests.stream.steps import StepEngine, csv


def outcome(store):
    """What has to be the same in the end."""
    verdicts = store.verdicts().drop(columns=["detector", "detector_version"])
    alarms = store.alarms().drop(columns=["raised_unix_second"])
    return verdicts, alarms.sort_values("key", ignore_index=True)


def assert_same(store, expected):
    for got, wanted in zip(outcome(store), expected, strict=True):
        pd.testing.assert_frame_equal(got, wanted)


FILES = {
    "healthy/1.csv": csv(12),
    "soft/1.csv": csv(14, breaks=6),
    "hard/1.csv": csv(14, breaks=5, hard=9),
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    root = tmp_path_factory.mktemp("undisturbed")
    cycler = Cycler(root / "live")
    for name, data in FILES.items():
        cycler.write(name, data)
    store = Store(str(root / "store.db"))
    Watch(folder(root / "live"), store, StepEngine(), ["x"]).run_once()
    verdicts, alarms = outcome(store)
    assert verdicts.groupby("cell_id").size().to_dict() == {"healthy": 11, "soft": 13, "hard": 13}
    assert list(alarms["level"]) == ["early warning", "hard", "soft", "early warning", "soft"]
    yield verdicts, alarms
    store.close()


@pytest.mark.parametrize("seed", range(3))
def test_any_chunks_and_any_number_of_restarts_give_the_same(tmp_path, undisturbed, seed):
    choose = random.Random(seed)
    cycler = Cycler(tmp_path / "live")
    sizes = dict.fromkeys(FILES, 60)
    paces = [Pace(checkpoint_second=0.0), Pace(checkpoint_second=1e9)]
    watch = None
    while any(sizes[name] < len(data) for name, data in FILES.items()):
        for name, data in FILES.items():
            sizes[name] = min(sizes[name] + choose.randrange(150, 900), len(data))
            cycler.write(name, data[: sizes[name]])
        if watch is None or choose.random() < 0.5:  # as if killed: nothing is closed
            store = Store(str(tmp_path / "store.db"))
            watch = Watch(
                folder(tmp_path / "live"), store, StepEngine(), ["x"], pace=choose.choice(paces)
            )
        watch.step()
    watch.close()
    assert_same(watch.store, undisturbed)
    sent = watch.store.outbox()
    assert sent["key"].is_unique
