"""The commands as a person runs them, from files to pages and pictures."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from softbreak.verdict import BASIS_COUNTS
from tests.archive.files import write_cell

EXAMPLES = Path(__file__).parents[2] / "examples" / "archive"


def softbreak(*arguments, cwd):
    code = "from softbreak.cli.main import run; run()"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "COLUMNS": "160",
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def triaged(tmp_path_factory):
    cwd = tmp_path_factory.mktemp("triage")
    return cwd, softbreak("triage", EXAMPLES, "--out", "demo-output", cwd=cwd)


def test_the_demo_simulates_triages_and_compares_with_the_truth(tmp_path):
    told = softbreak("demo", cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines()[-1].startswith("Report: ")
    counts = re.search(r"of (\d+) cycles (\d+) were answered, (\d+) of them rightly", told.stdout)
    total, answered, right = map(int, counts.groups())
    assert answered > 0.6 * total
    assert right > 0.95 * answered
    assert "not used: interrupted-copy" in told.stdout
    truth = pq.read_table(tmp_path / "demo-output/cells/truth.parquet").to_pandas()
    verdicts = pq.read_table(tmp_path / "demo-output/verdicts.parquet").to_pandas()
    both = verdicts.merge(truth, on=["cell_id", "cycle_index"], suffixes=("", "_true"))
    shorted = both[both["eta"] > 0.2]
    assert len(shorted) > 100
    assert (shorted["state"] == "healthy").mean() < 0.01


def test_triage_prints_a_table_and_where_the_report_is(triaged):
    cwd, told = triaged
    assert told.returncode == 1, "one file could not be used"
    assert told.stdout.splitlines()[-1] == f"Report: {cwd / 'demo-output/report/index.html'}"
    for cell in ("LPSCl-hard", "LGPS-soft", "LPSCl-healthy"):
        assert cell in told.stdout
    assert "not used: interrupted_copy.ndax (read)" in told.stdout


def test_the_report_is_whole_and_needs_no_network(triaged):
    cwd, _ = triaged
    report = cwd / "demo-output" / "report"
    pages = list(report.rglob("*.html"))
    assert len(pages) == 9, "an index, cells over each other, and a page for each of seven cells"
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r'(?:src|href)="([^"#]+)"', text):
            if not target.startswith(("https://doi.org/", "data:")):
                assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_the_tables_agree_with_each_other(triaged):
    out = triaged[0] / "demo-output"
    cells = pq.read_table(out / "cells.parquet").to_pandas().set_index("cell_id")
    verdicts = pq.read_table(out / "verdicts.parquet").to_pandas()
    counts = verdicts.groupby("cell_id").size()
    assert counts.to_dict() == cells["n_cycles"].to_dict()
    for name, basis in BASIS_COUNTS.items():
        told = (verdicts["basis"] == basis.value).groupby(verdicts["cell_id"]).sum()
        assert told.to_dict() == cells[name].to_dict()
    for cell_id, rows in verdicts.groupby("cell_id"):
        assert list(rows["cycle_index"]) == list(range(len(rows))), cell_id
        assert rows["start_time_second"].is_monotonic_increasing
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["counts"]["cycles"] == len(verdicts)
    assert run["counts"]["n_relative"] == cells["n_relative"].sum() > 0
    assert run["counts"]["failures"] == pq.read_metadata(out / "failures.parquet").num_rows


def test_the_tables_are_one_line_of_sql(triaged):
    table = (triaged[0] / "demo-output" / "verdicts.parquet").as_posix()
    query = f"select count(*), count(electronic_fraction) from '{table}' where state = 'hard'"
    ((hard, known),) = duckdb.sql(query).fetchall()
    assert hard > 0
    assert known == hard


def test_triage_fails_on_what_it_is_told_to_fail_on(tmp_path):
    archive = EXAMPLES / "one_way_plating.mpt"
    told = softbreak("triage", archive, "-o", "out", "--fail-on", "hard", "-q", cwd=tmp_path)
    assert (told.returncode, told.stdout, told.stderr) == (1, "", "")
    assert (tmp_path / "out" / "report" / "index.html").is_file()


def test_diagnose_writes_a_view_a_page_and_pictures(tmp_path):
    told = softbreak(
        *("diagnose", EXAMPLES / "LGPS_soft", "--area", 0.785),
        *("--html", "page", "--png", "pictures", "--fail-on", "soft"),
        cwd=tmp_path,
    )
    assert told.returncode == 1, told.stderr
    assert "soft" in told.stdout
    assert (tmp_path / "page" / "index.html").is_file()
    pictures = list((tmp_path / "pictures").glob("*.png"))
    assert len(pictures) >= 4, "timeline, cycles, voltammograms, Nyquist"
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_diagnose_as_json(tmp_path):
    told = softbreak("diagnose", write_cell(tmp_path / "x.csv"), "--json", cwd=tmp_path)
    found = json.loads(told.stdout)
    assert found["summary"]["cell_id"] == "x"
    assert len(found["verdicts"]) == found["summary"]["n_cycles"] == 4
    assert {"severity", "topic", "sentence"} == set(found["findings"][0])


def test_diagnose_of_a_broken_file_could_not_run(tmp_path):
    (tmp_path / "x.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    told = softbreak("diagnose", "x.mpr", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("softbreak: x.mpr")
    assert "Traceback" not in told.stderr


def test_no_colour_where_there_is_no_terminal(triaged):
    assert "\x1b[" not in triaged[1].stdout
