import csv
import io
import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from softbreak.archive.triage import triage
from tests.archive.files import write_cell


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    root = tmp_path_factory.mktemp("query")
    write_cell(root / "archive" / "a.csv")
    triage(root / "archive", root / "out", workers=0)
    return root / "out"


SQL = "SELECT cell_id, cycle_index, p_soft, evidence FROM verdicts ORDER BY ALL"


def test_a_table_for_people(softbreak, results):
    told = softbreak("query", "SELECT cell_id, n_cycles FROM cells", results)
    assert told.code == 0
    assert told.out.split() == ["cell_id", "n_cycles", "a", "4"]


def test_json_and_csv_hold_the_same(softbreak, results):
    rows = json.loads(softbreak("query", SQL, results, "--json").out)
    table = list(csv.DictReader(io.StringIO(softbreak("query", SQL, results, "--csv").out)))
    assert len(rows) == len(table) == 4
    for row, cells in zip(rows, table, strict=True):
        assert float(cells["p_soft"]) == row["p_soft"]
        assert json.loads(cells["evidence"]) == row["evidence"]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "json"])
def test_to_a_file(softbreak, results, tmp_path, suffix):
    path = tmp_path / f"answer.{suffix}"
    told = softbreak("query", SQL, results, "--out", path)
    assert told.err.startswith("4 rows in")
    readers = {
        "parquet": lambda: pq.read_table(path).to_pylist(),
        "csv": lambda: list(csv.DictReader(io.StringIO(path.read_text()))),
        "json": lambda: json.loads(path.read_text()),
    }
    assert [int(row["cycle_index"]) for row in readers[suffix]()] == [0, 1, 2, 3]


def test_an_empty_answer_is_an_empty_array(softbreak, results):
    assert softbreak("query", "FROM failures", results, "--json").json == []


def test_bad_sql_is_exit_code_2_and_says_why(softbreak, results):
    told = softbreak("query", "SELECT nope FROM cells", results)
    assert told.code == 2
    assert 'column "nope" not found' in told.err
    assert "Traceback" not in told.err


def test_a_suffix_that_is_not_known(softbreak, results, tmp_path):
    told = softbreak("query", SQL, results, "--out", tmp_path / "x.xlsx")
    assert told.code == 2
    assert ".parquet" in told.err


def test_a_process_that_asked_ends_without_a_word(results):
    command = [sys.executable, "-c", "from softbreak.cli.main import run; run()", "query"]
    asked = [*command, "SELECT count(*) FROM cells", str(results)]
    told = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert told.stderr == ""
