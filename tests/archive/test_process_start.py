import os
import subprocess
import sys

import numpy as np
import pandas as pd
import psutil
import pytest

from softbreak.archive.jobs import process_pool, process_start
from softbreak.archive.jobs.process_pool import Pool, Task

JOBS = "tests.archive.pool_jobs"


def parent_of_worker():
    with Pool(1, f"{JOBS}:warm_up") as pool:
        (reply,) = pool.run([Task(0, f"{JOBS}:act", {"deed": "live"}, 60.0, 2**30)])
        return psutil.Process(reply.answer["pid"]).ppid()


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
def test_workers_of_several_pools_are_forked_from_one_process_of_ours():
    first = parent_of_worker()
    assert first not in (os.getpid(), os.getppid())
    assert parent_of_worker() == first


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
def test_another_takes_the_place_of_a_warm_process_that_was_ended():
    first = parent_of_worker()
    psutil.Process(first).kill()
    second = parent_of_worker()
    assert second not in (first, os.getpid())


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
def test_another_environment_is_another_warm_process(monkeypatch):
    first = parent_of_worker()
    monkeypatch.setenv("SOFTBREAK_TEST", "changed")
    assert parent_of_worker() != first


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
def test_what_was_begun_ahead_is_the_process_that_forks(monkeypatch):
    monkeypatch.setenv("SOFTBREAK_TEST", "begun ahead")
    before = {child.pid for child in psutil.Process().children()}
    process_start.prepare(f"{JOBS}:warm_up")
    (begun,) = {child.pid for child in psutil.Process().children()} - before
    assert parent_of_worker() == begun


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_has_its_share_of_the_cores(workers, monkeypatch):
    monkeypatch.setattr(process_pool, "cores", lambda: 6)
    with Pool(workers, f"{JOBS}:warm_up") as pool:
        (reply,) = pool.run([Task(0, f"{JOBS}:act", {"deed": "live"}, 60.0, 2**30)])
    assert int(reply.answer["threads"]) == 6 // workers


def test_where_nothing_can_fork_a_worker_is_a_new_python(monkeypatch):
    monkeypatch.setattr(process_start, "_CAN_FORK", False)
    assert parent_of_worker() == os.getpid()


PLAIN = """
import sys
from softbreak.archive.triage import triage
assert not triage(sys.argv[1], sys.argv[2], workers=0).failures.size
print([name for name in ("polars", "cffi", "fsspec") if name in sys.modules])
"""


def test_a_plain_parquet_file_is_judged_without_what_takes_long_to_load(tmp_path):
    """polars has threads, too, which a process that forks may not have."""
    half = np.repeat(np.arange(8), 30)
    ampere = np.where(half % 2, -1e-4, 1e-4).astype(np.float32)
    columns = {
        "test_time_second": np.arange(len(half)) * 120.0,
        "voltage_volt": 500 * ampere,
        "current_ampere": ampere,
    }
    archive = tmp_path / "archive"
    archive.mkdir()
    pd.DataFrame(columns).to_parquet(archive / "a.bdf.parquet")
    for out in ("first", "second"):  # the first one compiles, perhaps
        done = subprocess.run(
            [sys.executable, "-c", PLAIN, str(archive), str(tmp_path / out)],
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.strip() == "[]"
