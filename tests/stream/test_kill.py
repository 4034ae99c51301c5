"""Kill -9 at any instant: in the end everything is as if nothing had happened."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from softbreak.stream.store.store import Store
from tests.stream.receiver import receiving
from tests.stream.test_watch import FILES, outcome

ROOT = Path(__file__).parents[2]


def played(folder, kills, seed=0, engine="steps", files=FILES, place=""):
    """Grow files under a watch that is killed; return what is stored and what was received."""
    for name, data in files.items():
        path = folder / "done" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with receiving() as receiver:
        told = subprocess.run(
            [
                *(sys.executable, "-m", "tests.stream.nursery", str(folder), receiver.url),
                *(str(seed), str(kills), engine, place or str(folder / "store.db")),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        store = Store(place or str(folder / "store.db"))
        keys = [key.split("@")[0] for key, _ in receiver.got]
        found = outcome(store), keys, json.loads(told.stdout)
        store.close()
        return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return played(tmp_path_factory.mktemp("undisturbed"), 0)


def test_killed_watches_come_to_the_same_end(tmp_path, undisturbed):
    tables, received, killed = played(tmp_path, 12, seed=1)
    assert sum(killed.values()) - killed.pop("ended before it was killed") == 12
    assert len(killed) >= 3, "at several kinds of instants"
    for got, wanted in zip(tables, undisturbed[0], strict=True):
        pd.testing.assert_frame_equal(got, wanted)
    # at least once to the outside: what is sent twice bears the key that it had
    assert set(received) == set(undisturbed[1]), "each notification, and no other"
    assert len(undisturbed[1]) == len(set(undisturbed[1])), "once, if nobody interferes"
