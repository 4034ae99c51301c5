"""Triage of small archives: what is done, what is not done again, what a bad file costs."""

import json
import os
import sys
from contextlib import suppress

import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest

from softbreak.archive import triage as triage_module
from softbreak.archive.jobs import cell_job as work
from softbreak.archive.jobs import process_start
from softbreak.archive.jobs.executor import Crew, Functions, Limits, mark_of
from softbreak.archive.results.pack import PackReader, key_of
from softbreak.archive.results.packs import Shelf
from softbreak.archive.results.triage_result import load_result, ranked
from softbreak.archive.tables import CELLS, FAILURES, VERDICTS
from softbreak.archive.triage import triage
from softbreak.errors import ManifestError, ReadError, SoftbreakError
from tests.archive.files import write_cell

DEADLY = Functions(
    *(f"tests.archive.deadly_reader:{f}" for f in ("run_batch", "probe_job", "warm_up"))
)


@pytest.fixture
def archive(tmp_path):
    root = tmp_path / "archive"
    for name in ("a", "b", "c"):
        write_cell(root / f"{name}.csv", ohm=400.0 + 10 * ord(name))
    return root


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def shelf(out):
    return Shelf(out / "cells" / "hybrid-1")


def stored(out, cell):
    """All members of a cell's result."""
    pack, key = shelf(out).index()[key_of(cell)]
    with PackReader(pack) as opened:
        names = [name for name in opened.archive.namelist() if name.startswith(f"{key}/")]
        return {name: opened.archive.read(name) for name in names}


def done(monkeypatch):
    """The cells that are worked on from now on, in this process."""
    seen = []
    real = work.examine_records

    def watched(cell, records, detector):
        seen.append(cell.cell_id)
        return real(cell, records, detector)

    monkeypatch.setattr(work, "examine_records", watched)
    return seen


def test_tables_have_exactly_the_columns_of_the_design(archive, out):
    result = triage(archive, out, workers=0)
    for name, schema in (("verdicts", VERDICTS), ("cells", CELLS), ("failures", FAILURES)):
        assert pq.read_schema(out / f"{name}.parquet").equals(schema), name
    assert list(result.cells["cell_id"].sort_values()) == ["a", "b", "c"]
    assert list(result.cells["rank"]) == [1, 2, 3]
    verdicts = result.verdicts()
    assert set(verdicts["cell_id"]) == {"a", "b", "c"}
    assert (verdicts[["p_healthy", "p_soft", "p_hard"]].sum(axis=1) - 1).abs().max() < 1e-6
    run = json.loads((out / "run.json").read_text())
    assert run["counts"]["cells"] == 3
    assert run["interrupted"] is False
    assert {"softbreak", "python", "numpy"} <= set(run["versions"])
    assert {"arguments", "timings", "citations", "skipped"} <= set(run)
    assert str(archive) == run["arguments"]["archive"]


def test_workers_and_this_process_agree_to_the_bit(archive, tmp_path):
    triage(archive, tmp_path / "here", workers=0)
    triage(archive, tmp_path / "there", workers=2)
    for name in ("verdicts", "cells", "failures"):
        # bytes, not values: NaN equals nothing, not even itself
        here, there = ((tmp_path / d / f"{name}.parquet").read_bytes() for d in ("here", "there"))
        assert here == there, name
    for cell in "abc":
        assert stored(tmp_path / "here", cell) == stored(tmp_path / "there", cell)


def test_a_second_run_does_only_what_changed(archive, out, monkeypatch):
    seen = done(monkeypatch)
    first = triage(archive, out, workers=0)
    assert sorted(seen) == ["a", "b", "c"]
    seen.clear()

    again = triage(archive, out, workers=0)
    assert seen == []
    assert again.run["counts"]["cells_not_done_again"] == 3
    pd.testing.assert_frame_equal(first.cells, again.cells)

    os.utime(archive / "a.csv", ns=(1, 1))
    triage(archive, out, workers=0)
    assert seen == [], "the same bytes at another time are the same"

    write_cell(archive / "b.csv", ohm=123.0)
    triage(archive, out, workers=0)
    assert seen == ["b"]
    seen.clear()

    (archive / "cells.csv").write_text("cell_id,area_cm2\nc,0.785\n")
    triage(archive, out, workers=0)
    assert seen == ["c"], "the manifest's row changed"
    seen.clear()

    (archive / "a.csv").unlink()
    write_cell(archive / "d.csv")
    result = triage(archive, out, workers=0)
    assert seen == ["d"]
    assert sorted(result.cells["cell_id"]) == ["b", "c", "d"]
    seen.clear()

    triage(archive, out, detector="voltage", workers=0)
    assert sorted(seen) == ["b", "c", "d"], "another detector"


def test_a_damaged_pack_is_done_again(archive, out, monkeypatch, caplog):
    triage(archive, out, workers=0)
    seen = done(monkeypatch)
    write_cell(archive / "b.csv", ohm=123.0)
    triage(archive, out, workers=0)
    assert seen == ["b"]
    newest = shelf(out).index()[key_of("b")].pack
    newest.write_bytes(newest.read_bytes()[:2000])
    triage(archive, out, workers=0)
    assert seen == ["b", "b"]
    assert "Delete it and run triage again" in caplog.text


def test_one_damaged_result_in_a_pack_is_done_again_alone(archive, out, monkeypatch):
    triage(archive, out, workers=0)
    pack, key = shelf(out).index()[key_of("b")]
    data = pack.read_bytes()
    place = data.index(b'{"format"', data.index(f"{key}/meta.json".encode()))
    pack.write_bytes(data[:place] + b"#" + data[place + 1 :])
    seen = done(monkeypatch)
    triage(archive, out, workers=0)
    assert seen == ["b"]


def test_a_new_reader_version_redoes_everything(archive, out, monkeypatch):
    triage(archive, out, workers=0)
    seen = done(monkeypatch)
    monkeypatch.setattr("softbreak.archive.results.cache_key._readers", lambda: "newer")
    triage(archive, out, workers=0)
    assert sorted(seen) == ["a", "b", "c"]


def test_a_broken_file_is_a_row_and_its_cell_is_judged_from_the_others(tmp_path, out):
    root = tmp_path / "archive"
    write_cell(root / "A" / "good.csv")
    (root / "A" / "broken.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a and no more")
    (root / "A" / "notes.txt").write_text("pressed twice")
    (root / "empty.csv").touch()
    (root / "strange.dat").write_bytes(bytes(range(256)))
    result = triage(root, out, workers=0)
    assert list(result.cells["cell_id"]) == ["A"]
    assert list(result.failures["path"]) == ["A/broken.mpr", "empty.csv", "strange.dat"]
    assert set(result.failures["stage"]) == {"read"}
    assert (result.failures[["error", "remedy"]].map(len) > 10).all(axis=None)
    assert {"path": "A/notes.txt", "reason": "no data: notes"} in result.run["skipped"]
    (diagnosis,) = result.diagnoses()
    topics = [finding.topic for finding in diagnosis.findings]
    assert "unread-file" in topics
    assert "file-left-out" in topics


def test_a_file_that_kills_its_worker_is_found_and_costs_only_itself(archive, out):
    write_cell(archive / "D" / "1.csv")
    (archive / "D" / "2.csv").write_text("POISON")
    (archive / "E.csv").write_text("POISON")
    (archive / "F.csv").write_text("BUG")
    result = triage(archive, out, workers=2, crew=Crew(functions=DEADLY))
    assert sorted(result.cells["cell_id"]) == ["D", "a", "b", "c"]
    rows = {row.path: row for row in result.failures.itertuples()}
    assert set(rows) == {"D/2.csv", "E.csv", "F.csv"}
    assert "died (exit code 3)" in rows["D/2.csv"].error
    assert "died (exit code 3)" in rows["E.csv"].error
    assert "KeyError" in rows["F.csv"].error
    assert "fault of softbreak" in rows["F.csv"].remedy

    again = triage(archive, out, workers=2, crew=Crew(functions=DEADLY))
    assert again.run["counts"]["cells_not_done_again"] == 6
    pd.testing.assert_frame_equal(again.failures, result.failures)


def test_a_file_that_hangs_is_ended_and_tried_again_when_given_more_time(archive, out):
    triage(archive, out, workers=0)  # so that the time allowed below is the hanging file's only
    (archive / "slow.csv").write_text("HANG")
    crew = Crew(Limits(seconds=2.0), DEADLY)
    result = triage(archive, out, workers=2, crew=crew)
    assert sorted(result.cells["cell_id"]) == ["a", "b", "c"]
    (failure,) = result.failures.itertuples()
    assert (failure.path, failure.error) == ("slow.csv", "no result within 2 s")
    assert triage(archive, out, workers=2, crew=crew).run["counts"]["cells_not_done_again"] == 4

    more = triage(archive, out, workers=1, crew=Crew(Limits(seconds=3.0), DEADLY))
    assert more.run["counts"]["cells_not_done_again"] == 3
    assert "within 3 s" in more.failures["error"].item()


def test_a_cell_that_killed_this_process_gets_a_worker_next_time(tmp_path, out, monkeypatch):
    path = write_cell(tmp_path / "only.csv")
    mark = mark_of(shelf(out).folder, key_of("only"))
    mark.parent.mkdir(parents=True)
    mark.touch()
    monkeypatch.setattr(Crew, "here", lambda *_: pytest.fail("done in this process"))
    assert len(triage(path, out).cells) == 1
    assert not mark.exists()


def test_one_cell_alone_is_done_in_this_process(tmp_path, out, monkeypatch):
    monkeypatch.setattr(Crew, "on", lambda *_: pytest.fail("started a worker"))
    assert len(triage(write_cell(tmp_path / "only.csv"), out).cells) == 1
    assert not list(out.rglob("*.running"))


def test_after_an_interrupt_the_tables_hold_what_was_done(archive, out, monkeypatch):
    def stop(at):
        if at.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        triage(archive, out, workers=0, progress=stop)
    half = load_result(out)
    assert len(half.cells) == 2
    assert half.run["interrupted"] is True
    seen = done(monkeypatch)
    assert len(triage(archive, out, workers=0).cells) == 3
    assert len(seen) == 1


def test_files_of_one_folder_that_ran_at_once_are_several_cells(tmp_path, out, monkeypatch):
    root = tmp_path / "archive"
    for k, name in enumerate(("alpha", "beta", "gamma")):
        write_cell(root / "batch" / f"{name}.csv", started=1.7e9 + k)
    progress = []
    result = triage(root, out, workers=0, progress=progress.append)
    assert sorted(result.cells["cell_id"]) == ["batch/alpha", "batch/beta", "batch/gamma"]
    assert progress[-1][:2] == (3, 3)
    seen = done(monkeypatch)
    assert len(triage(root, out, workers=0).cells) == 3
    assert seen == []


def test_files_of_one_folder_that_are_years_apart_are_several_cells(tmp_path, out):
    root = tmp_path / "archive"
    for k, name in enumerate(("alpha", "beta")):
        write_cell(root / "anna" / f"{name}.csv", started=1.5e9 + k * 1e8)
    result = triage(root, out, workers=0)
    assert sorted(result.cells["cell_id"]) == ["anna/alpha", "anna/beta"]


def test_files_of_one_folder_that_ran_one_after_the_other_are_one_cell(tmp_path, out):
    root = tmp_path / "archive"
    for k in range(3):
        write_cell(root / "cell7" / f"part{k}.csv", started=1.7e9 + k * 1e6)
    result = triage(root, out, workers=0)
    assert list(result.cells["cell_id"]) == ["cell7"]
    assert result.cells["n_files"].item() == 3
    assert result.cells["n_cycles"].item() == 12


def test_the_export_stands_in_for_a_native_file_that_cannot_be_read(tmp_path, out):
    root = tmp_path / "archive"
    write_cell(root / "x.csv")
    (root / "x.ndax").write_bytes(b"PK\x03\x04 broken")
    result = triage(root, out, workers=0)
    assert list(result.cells["cell_id"]) == ["x"]
    assert list(result.failures["path"]) == ["x.ndax"]


def test_the_very_same_bytes_count_once(tmp_path, out):
    root = tmp_path / "archive"
    original = write_cell(root / "A" / "x.csv")
    (root / "A" / "x - copy.csv").write_bytes(original.read_bytes())
    result = triage(root, out, workers=0)
    assert result.cells["n_cycles"].item() == 4
    assert [row["reason"] for row in result.run["skipped"]] == ["the very same bytes as x.csv"]


def test_names_of_any_script_and_names_that_collide(tmp_path, out):
    root = tmp_path / "archive"
    names = ["電池 1", "клетка", "a'b\"c; DROP", "..hidden-ish", "x" * 200, "percent%20", "Ωcell"]
    for name in names:
        write_cell(root / f"{name}.csv")
    for name in ("a b", "a-b", "a_b"):  # alike once made safe as file names
        write_cell(root / name / "x.csv")
    result = triage(root, out, workers=0)
    visible = [name for name in names if not name.startswith(".")]
    assert sorted(result.cells["cell_id"]) == sorted([*visible, "a b", "a-b", "a_b"])
    assert len(shelf(out).index()) == len(result.cells)
    assert len(list(shelf(out).folder.iterdir())) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names of no encoding")
def test_a_name_of_no_valid_encoding(tmp_path, out):
    root = tmp_path / "archive"
    source = write_cell(tmp_path / "x.csv")
    root.mkdir()
    (root / os.fsdecode(b"\xff\xfe.csv")).write_bytes(source.read_bytes())
    (root / os.fsdecode(b"b\xe4d.mpr")).write_bytes(b"BIO-LOGIC")
    result = triage(root, out, workers=2)
    assert len(result.cells) == 1
    assert list(result.failures["path"]) == ["b\\udce4d.mpr"]


def test_two_paths_to_one_name_stay_two_cells(tmp_path, out):
    root = tmp_path / "archive"
    write_cell(root / "x" / "1.csv", ohm=300)
    write_cell(root / "x.csv", ohm=600)
    (root / "cells.csv").write_text("cell_id,files\ny,x/*\n")
    result = triage(root, out, workers=0)
    assert sorted(result.cells["cell_id"]) == ["x", "y"]


def test_an_archive_of_nothing_and_a_manifest_of_nonsense_are_errors(tmp_path, out):
    root = tmp_path / "archive"
    root.mkdir()
    (root / "poster.pdf").touch()
    with pytest.raises(ReadError, match="no data file"):
        triage(root, out)
    write_cell(root / "x.csv")
    with pytest.raises(SoftbreakError, match="nope"):
        triage(root, out, detector="nope")
    (root / "cells.csv").write_text("cell_id,aera_cm2\nx,1")
    with pytest.raises(ManifestError, match="Did you mean 'area_cm2'"):
        triage(root, out)


def test_mapped_tables_of_the_manifest(tmp_path, out):
    root = tmp_path / "archive"
    table = pd.read_csv(write_cell(tmp_path / "x.csv"))
    root.mkdir()
    table.set_axis(["t", "spannung", "strom"], axis=1).to_csv(root / "home.txt", index=False)
    (root / "readme.txt").write_text("spannung und strom")
    (root / "cells.toml").write_text(
        '[columns]\ntest_time_second = "t"\nvoltage_volt = "spannung"\ncurrent_ampere = 2\n'
    )
    result = triage(root, out, workers=0)
    assert list(result.cells["cell_id"]) == ["home"]
    assert result.failures.empty


def test_the_output_may_lie_in_the_archive(archive, monkeypatch):
    triage(archive, archive / "results", workers=0)
    seen = done(monkeypatch)
    assert len(triage(archive, archive / "results", workers=0).cells) == 3
    assert seen == []


def test_a_full_disk_says_so(archive, out, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(triage_module, "write_result_tables", full)
    with pytest.raises(OSError, match="No space left"):
        triage(archive, out, workers=0)


def test_names_are_ranked_in_natural_order():
    known = {"state": "soft", "probability": 0.9, "onset_time_second": 1.0, "ever_short": True}
    rows = [
        {**dict.fromkeys(CELLS.names), **known, "cell_id": name, "n_cycles": 1, "n_files": 1}
        for name in ("c1", "c10", "c2")
    ]
    assert list(ranked(rows)["cell_id"]) == ["c1", "c2", "c10"]


def test_ranking_is_by_state_then_probability_then_onset():
    def row(name, state, probability=0.9, onset=None):
        return {
            **dict.fromkeys(CELLS.names),
            "cell_id": name,
            "state": state,
            "probability": probability,
            "onset_time_second": onset,
            "ever_short": False,
            "n_cycles": 1,
            "n_files": 1,
        }

    rows = [
        row("healthy", "healthy", 0.01),
        row("open", "undetermined", 0.4),
        row("soft late", "soft", 0.9, 9e5),
        row("soft early", "soft", 0.9, 1e3),
        row("soft sure", "soft", 0.99, 9e9),
        row("hard", "hard", 0.5, 5.0),
        row("open, unknown", "undetermined", None),
    ]
    assert list(ranked(rows)["cell_id"]) == [
        "hard",
        "soft sure",
        "soft early",
        "soft late",
        "open",
        "open, unknown",
        "healthy",
    ]


def test_every_stored_result_names_what_it_rests_on(archive, out):
    triage(archive, out, workers=0)
    (meta,) = (json.loads(data) for name, data in stored(out, "a").items() if "meta" in name)
    (stamp,) = meta["stamps"]
    assert len(stamp["sha256"]) == 64
    assert meta["basis"]["detector"][0] == "hybrid"


def test_an_interrupt_ends_the_workers_before_the_tables_are_written(archive, out, monkeypatch):
    (archive / "slow.csv").write_text("HANG")
    alive = []
    others = psutil.Process().children()  # such as one that tests before this one have left

    def works(child):
        """Whether it is neither gone nor a process that waits to fork the next workers."""
        with suppress(psutil.Error):
            waits = child.ppid() == os.getpid() and process_start.__name__ in child.cmdline()
            return child not in others and not waits
        return False

    real = triage_module.write_result_tables

    def watched(*arguments):
        alive.extend(filter(works, psutil.Process().children(recursive=True)))
        return real(*arguments)

    def stop(at):
        if at.done == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(triage_module, "write_result_tables", watched)
    with pytest.raises(KeyboardInterrupt):
        triage(archive, out, workers=2, crew=Crew(functions=DEADLY), progress=stop)
    assert alive == []
    assert len(load_result(out).cells) == 1
