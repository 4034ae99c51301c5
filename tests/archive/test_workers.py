"""A Dask cluster does what the pool does: the same bytes, through every kind of death."""

import os
import signal
import socket

import distributed
import pytest

from softbreak.archive.jobs import dask_executor as workers
from softbreak.archive.jobs.executor import Crew, Functions
from softbreak.archive.triage import triage
from softbreak.errors import SoftbreakError
from tests.archive.files import write_cell

DEADLY = Functions(
    *(f"tests.archive.deadly_reader:{f}" for f in ("run_batch", "probe_job", "warm_up"))
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    root = tmp_path_factory.mktemp("dask")
    for k in range(10):
        write_cell(root / f"cell{k}.csv", ohm=300.0 + 20 * k)
    (root / "many").mkdir()
    write_cell(root / "many" / "1.csv")
    (root / "many" / "2.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    return root


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as made:
        yield made


def same(one, other):
    return all(
        (one / f"{name}.parquet").read_bytes() == (other / f"{name}.parquet").read_bytes()
        for name in ("verdicts", "cells", "failures")
    )


def test_a_cluster_gives_the_same_bytes_though_a_worker_dies(archive, cluster, tmp_path):
    killed = []

    def kill(at):
        if at.done == 3 and not killed:
            nanny = next(iter(cluster.workers.values()))
            killed.append(nanny.process.pid)
            os.kill(nanny.process.pid, signal.SIGKILL)

    triage(archive, tmp_path / "here", workers=0)
    triage(archive, tmp_path / "there", workers=cluster.scheduler_address, progress=kill)
    assert killed
    assert same(tmp_path / "here", tmp_path / "there")


def test_a_poison_file_is_a_row_and_the_cluster_never_notices(archive, cluster, tmp_path):
    write_cell(tmp_path / "poisoned" / "a.csv")
    (tmp_path / "poisoned" / "b.csv").write_text("POISON")
    before = {nanny.process.pid for nanny in cluster.workers.values()}
    with distributed.Client(cluster) as client:
        crew = Crew(functions=DEADLY)
        result = triage(tmp_path / "poisoned", tmp_path / "out", workers=client, crew=crew)
    assert list(result.cells["cell_id"]) == ["a"]
    assert list(result.failures["path"]) == ["b.csv"]
    assert "died (exit code 3)" in result.failures["error"].item()
    assert {nanny.process.pid for nanny in cluster.workers.values()} == before
    assert result.run["arguments"]["workers"] == "dask"


def test_a_scheduler_that_comes_back_is_found_again(archive, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = []

    def start():
        running.append(
            distributed.LocalCluster(
                n_workers=1, threads_per_worker=1, scheduler_port=port, dashboard_address=":0"
            )
        )

    def restart(at):
        if at.done == 3 and len(running) == 1:
            running[0].close()
            start()

    start()
    address = running[0].scheduler_address
    try:
        triage(archive, tmp_path / "there", workers=address, progress=restart)
    finally:
        for cluster in running:
            cluster.close()
    triage(archive, tmp_path / "here", workers=0)
    assert len(running) == 2
    assert same(tmp_path / "here", tmp_path / "there")


def test_an_address_of_nonsense_is_refused_at_once(archive, tmp_path):
    with pytest.raises(SoftbreakError, match="--dask: 'nonsense' is no address"):
        triage(archive, tmp_path / "none", workers="nonsense")


def test_no_scheduler_and_another_version_are_told(archive, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "CONNECT_SECOND", 0.0)
    with pytest.raises(SoftbreakError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        triage(archive, tmp_path / "none", workers="tcp://127.0.0.1:9")
    monkeypatch.setattr(workers, "__version__", "0.0.0")
    with pytest.raises(SoftbreakError, match="install the same version"):
        triage(archive, tmp_path / "other", workers=cluster.scheduler_address)
