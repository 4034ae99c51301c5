"""What goes wrong around a run: kills, full disks, loops, names, a second run. Nothing is lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import psutil
import pytest

from softbreak.archive.jobs import batches as plan
from softbreak.archive.jobs.executor import Crew, Functions, UnwritableError
from softbreak.archive.results.packs import BusyError, Lock
from softbreak.archive.results.query import query
from softbreak.archive.results.triage_result import load_result
from softbreak.archive.triage import triage
from softbreak.errors import SoftbreakError
from tests.archive.files import write_cell

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such thing")
DEADLY = Functions(
    *(f"tests.archive.deadly_reader:{f}" for f in ("run_batch", "probe_job", "warm_up"))
)


@pytest.fixture
def archive(tmp_path):
    for k in range(9):
        write_cell(tmp_path / "archive" / f"cell{k}.csv", ohm=300.0 + 20 * k)
    return tmp_path / "archive"


def same(one, other):
    return all(
        (one / f"{name}.parquet").read_bytes() == (other / f"{name}.parquet").read_bytes()
        for name in ("verdicts", "cells", "failures")
    )


@posix
def test_workers_killed_by_others_cost_nothing(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "_ROUNDS", 2)  # several cells a batch
    kills = []

    def kill(at):
        workers = psutil.Process().children()
        if at.done in (1, 4, 8) and workers:
            kills.append(at.done)
            os.kill(workers[len(kills) % len(workers)].pid, signal.SIGKILL)

    triage(archive, tmp_path / "killed", workers=2, progress=kill)
    triage(archive, tmp_path / "calm", workers=0)
    assert len(kills) >= 3
    assert same(tmp_path / "killed", tmp_path / "calm")


def test_poison_in_a_batch_costs_only_itself(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "_ROUNDS", 1)
    (archive / "cell4x.csv").write_text("POISON")
    result = triage(archive, tmp_path / "out", workers=1, crew=Crew(functions=DEADLY))
    assert len(result.cells) == 9
    assert list(result.failures["path"]) == ["cell4x.csv"]
    assert "died (exit code 3)" in result.failures["error"].item()


@posix
@pytest.mark.parametrize("workers", [0, 1])
def test_a_full_disk_keeps_what_was_done_and_says_so(archive, tmp_path, workers):
    import resource

    out = tmp_path / "out"
    (archive / "cell8.csv").rename(tmp_path / "later.csv")
    before = triage(archive, out, workers=0)
    (tmp_path / "later.csv").rename(archive / "cell8.csv")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(UnwritableError, match=r"cannot be written to .*out.*: File too large"):
            triage(archive, out, workers=workers)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(load_result(out).cells["cell_id"]) == list(before.cells["cell_id"])
    assert not [path for path in out.rglob("*") if ".part" in path.name]
    assert triage(archive, out, workers=0).run["counts"]["cells_not_done_again"] == 8


@posix
def test_links_that_loop_and_folders_that_cannot_be_read(archive, tmp_path, monkeypatch):
    (archive / "loop").symlink_to(archive)
    (archive / "ping").symlink_to(archive / "pong")
    (archive / "pong").symlink_to(archive / "ping")
    (archive / "closed").mkdir()
    real = os.scandir

    def closed(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", closed)
    result = triage(archive, tmp_path / "out", workers=0)
    assert len(result.cells) == 9
    assert list(result.failures["path"]) == ["closed"]
    assert "Permission denied" in result.failures["error"].item()
    reasons = {row["path"]: row["reason"] for row in result.run["skipped"]}
    assert set(reasons) == {"loop", "ping", "pong"}


@posix
def test_names_of_no_encoding_go_all_the_way(tmp_path):
    from softbreak.report.page import write_report

    source = write_cell(tmp_path / "x.csv")
    folder = tmp_path / "archive" / os.fsdecode(b"gr\xfcn")
    folder.mkdir(parents=True)
    names = (b"\xff\xfe.csv", "電池".encode(), b"a\tb'\".csv", "e\u0301.csv".encode())
    for number, name in enumerate(names):
        write_cell(folder / os.fsdecode(name), ohm=300.0 + 20 * number)
    parquet = folder / os.fsdecode(b"p\xe4rquet.parquet")
    pd.read_csv(source).to_parquet(tmp_path / "plain.parquet")
    (tmp_path / "plain.parquet").rename(parquet)
    out = tmp_path / "résultats 電池"
    result = triage(tmp_path / "archive", out, workers=1)
    assert result.failures.empty
    assert result.run["counts"]["files"] == 5
    assert result.run["skipped"] == []
    assert len(query("FROM cells", out)) == len(result.cells)
    index = write_report(
        out / "report",
        run=result.run,
        cells=result.cells,
        failures=result.failures,
        diagnoses=result.diagnoses(),
        verdicts=out / "verdicts.parquet",
    )
    assert index.is_file()
    assert triage(tmp_path / "archive", out, workers=0).run["counts"]["cells_not_done_again"]
    with pytest.raises(SoftbreakError, match="no valid text"):
        triage(tmp_path / "archive", tmp_path / os.fsdecode(b"r\xe9sultats"), workers=0)


def test_two_runs_at_once_on_one_folder(archive, tmp_path):
    with Lock(tmp_path / "out"), pytest.raises(BusyError, match="name another folder with --out"):
        triage(archive, tmp_path / "out", workers=0)
    assert len(triage(archive, tmp_path / "out", workers=0).cells) == 9


def test_a_killed_run_lets_go_of_its_folder(tmp_path):
    code = (
        "import sys, time; from pathlib import Path\n"
        "from softbreak.archive.results.packs import Lock\n"
        "with Lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"process {other.pid} on"):
            Lock(tmp_path).__enter__()
        other.kill()
        other.wait()
    with Lock(tmp_path):
        pass


def test_a_file_whose_permissions_are_mended_is_read(archive, tmp_path, monkeypatch):
    real = Path.open

    def closed(self, *arguments, **options):
        if self.name == "cell3.csv":
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", closed)
        first = triage(archive, tmp_path / "out", workers=0)
    assert list(first.failures["path"]) == ["cell3.csv"]
    second = triage(archive, tmp_path / "out", workers=0)
    assert second.failures.empty
    assert second.run["counts"]["cells_not_done_again"] == 8
