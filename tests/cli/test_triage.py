import json

import pytest

from softbreak.cli import triage as command
from softbreak.cli.triage_view import join_kinds
from softbreak.report.index_page import onset_hours
from tests.archive.files import write_cell


@pytest.fixture(autouse=True)
def no_pages(monkeypatch):
    """The report has tests of its own; the whole way is in tests/integration."""
    monkeypatch.setattr(command, "write_pages", lambda result, *_: result.out / "report/index.html")


@pytest.fixture
def archive(tmp_path):
    write_cell(tmp_path / "archive" / "a.csv")
    return tmp_path / "archive"


def test_a_table_and_where_the_report_is(softbreak, archive, tmp_path):
    told = softbreak("triage", archive, "--out", tmp_path / "out")
    assert told.code == 0
    assert told.err == ""
    lines = told.out.splitlines()
    head = "cell state P(short) onset / h in a sentence"
    assert lines[0].split() == head.split()
    assert lines[-1] == f"Report: {tmp_path / 'out' / 'report' / 'index.html'}"
    assert {"run.json", "cells.parquet", "verdicts.parquet", "failures.parquet"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }


def test_json_is_all_that_is_on_stdout(softbreak, archive, tmp_path):
    told = softbreak("triage", archive, "--out", tmp_path / "out", "--json")
    assert [cell["cell_id"] for cell in told.json["cells"]] == ["a"]
    assert told.json["failures"] == []
    assert told.json["run"]["counts"]["cells"] == 1
    assert "NaN" not in told.out


def test_quiet_says_nothing(softbreak, archive, tmp_path):
    told = softbreak("triage", archive, "--out", tmp_path / "out", "-q")
    assert (told.code, told.out, told.err) == (0, "", "")


def test_a_failed_file_is_exit_code_1_and_told_with_its_remedy(softbreak, archive, tmp_path):
    (archive / "broken.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    told = softbreak("triage", archive, "--out", tmp_path / "out", "--workers", "0")
    assert told.code == 1
    assert "not used: broken.mpr (read):" in told.out


@pytest.mark.parametrize(
    ("state", "fail_on", "code"),
    [
        ("healthy", "soft", 0),
        ("undetermined", "soft", 0),
        ("soft", "soft", 1),
        ("hard", "soft", 1),
        ("soft", "hard", 0),
        ("hard", "hard", 1),
        ("hard", None, 0),
    ],
)
def test_fail_on(state, fail_on, code):
    from softbreak.cli.console import FailOn, exit_code

    assert exit_code([state, "healthy"], 0, FailOn(fail_on) if fail_on else None) == code


def test_limits_reach_the_crew(softbreak, archive, tmp_path, monkeypatch):
    seen = []
    real = command.run_triage

    def watched(*arguments):
        seen.append(arguments[4].limits)
        return real(*arguments)

    monkeypatch.setattr(command, "run_triage", watched)
    softbreak("triage", archive, "-o", tmp_path / "out", "--timeout", "30", "--memory", "2.5")
    assert (seen[0].seconds, seen[0].memory_bytes) == (30.0, int(2.5 * 2**30))


def test_cite_prints_what_the_run_used(softbreak, archive, tmp_path):
    softbreak("triage", archive, "--out", tmp_path / "out", "-q")
    told = softbreak("cite", tmp_path / "out")
    assert "10.1016/j.joule.2022.05.020" in told.out
    assert json.loads(softbreak("cite", "--json").out)["citations"]
    assert softbreak("cite", tmp_path).code == 2


def test_how_files_were_joined_is_a_line_a_kind():
    by = "files are one cell by the manifest, in the order of their dates"
    joined = [{"cell_id": str(k), "told": f"{k + 2} {by}: a.mpr, b.mpr."} for k in range(30)]
    joined.append({"cell_id": "x", "told": "Other files are not joined with these: two areas."})
    assert join_kinds(joined) == [
        "30 cells of several files (495 in all), joined by the manifest, in the order of their "
        "dates.",
        "1 cell: Other files are not joined with these: two areas.",
    ]
    assert join_kinds([]) == []


def test_an_onset_after_open_cycles_is_an_interval():
    row = {"onset_time_second": 267_984.0, "onset_earliest_time_second": 102_240.0}
    assert onset_hours(row) == "28.4 to 74.4"
    assert onset_hours(row | {"onset_earliest_time_second": 267_984.0}) == "74.4"
    assert onset_hours({"onset_time_second": float("nan")}) == "–"


def test_workers_are_begun_early_where_there_is_something_to_do(tmp_path):
    archive, out = tmp_path / "cells", tmp_path / "out"
    assert not command.all_to_do(str(archive), out)  # no such folder
    archive.mkdir()
    (archive / "a.csv").touch()
    assert not command.all_to_do(str(archive), out)  # one file needs no worker
    (archive / "b.csv").touch()
    assert command.all_to_do(str(archive), out)
    out.mkdir()
    assert not command.all_to_do(str(archive), out)  # most of it stands
    assert not command.all_to_do("s3://bucket/cells", out)
