"""SQL over results: what can be asked, and what nobody can reach."""

import shutil

import pyarrow.parquet as pq
import pytest

from softbreak.archive.results.query import QueryError, query
from softbreak.archive.triage import triage
from softbreak.errors import ReadError
from tests.archive.files import write_cell


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    root = tmp_path_factory.mktemp("query")
    for name in ("a", "b"):
        write_cell(root / "archive" / f"{name}.csv", ohm=400.0 + 10 * ord(name))
    (root / "archive" / "broken.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a")
    out = root / "it's [results] *"
    triage(root / "archive", out, workers=0, detector="voltage")
    triage(root / "archive", out, workers=0)
    return out


def test_counts_are_those_of_the_files(results):
    count = query("SELECT count(*) AS n, count(DISTINCT cell_id) AS cells FROM verdicts", results)
    assert count.to_pylist() == [{"n": 8, "cells": 2}]
    assert query("FROM failures", results)["path"].to_pylist() == ["broken.mpr"]
    worst = query("SELECT cell_id FROM cells ORDER BY rank", results)["cell_id"].to_pylist()
    assert worst == pq.read_table(results / "cells.parquet")["cell_id"].to_pylist()


def test_models_stand_side_by_side(results):
    told = query("SELECT model, count(*) AS n FROM all_verdicts GROUP BY 1 ORDER BY 1", results)
    assert told.to_pylist() == [{"model": "hybrid-1", "n": 8}, {"model": "voltage-1", "n": 8}]
    assert query("SELECT DISTINCT detector FROM verdicts", results).to_pylist() == [
        {"detector": "hybrid"}
    ]


def test_several_folders_are_told_apart(results, tmp_path):
    shutil.copytree(results, tmp_path / "second")
    told = query(
        "SELECT results, count(*) AS n FROM cells GROUP BY 1", results, tmp_path / "second"
    )
    assert {row["results"]: row["n"] for row in told.to_pylist()} == {
        str(results): 2,
        str(tmp_path / "second"): 2,
    }


def test_evidence_can_be_taken_apart(results):
    told = query("SELECT unnest(evidence).feature AS f, count(*) FROM verdicts GROUP BY 1", results)
    assert len(told) >= 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_blob('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM parquet_metadata('{file}')",
        "SELECT * FROM a_python_variable",
        "COPY cells TO '{folder}/copy.csv'",
        "EXPORT DATABASE '{folder}/copy'",
        "ATTACH '{folder}/base.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "CREATE TABLE t AS SELECT 1",
        "DROP VIEW cells",
        "SELECT 1; SELECT 2",
        "CALL pragma_version()",
        "",
    ],
)
def test_a_query_reaches_nothing_else(results, tmp_path, sql):
    a_python_variable = pq.read_table(results / "cells.parquet")
    assert len(a_python_variable) == 2
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    with pytest.raises(QueryError):
        query(sql.format(file=secret, folder=tmp_path), results)
    assert list(tmp_path.iterdir()) == [secret]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT stat FROM cells", 'column "stat" not found'),
        ("SELECT * FROM verdict", "verdict does not exist"),
        ("DELETE FROM cells", "one question"),
    ],
)
def test_a_bad_query_says_what_is_wrong(results, sql, said):
    with pytest.raises(QueryError, match=said):
        query(sql, results)


def test_a_folder_without_results_is_an_error(tmp_path):
    with pytest.raises(ReadError, match="not the archive"):
        query("SELECT 1", tmp_path)


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE verdicts",
        "SHOW TABLES",
        "SUMMARIZE cells",
        "FROM cells LIMIT 1",
        "WITH a AS (SELECT 1 AS x) SELECT * FROM a",
        "PIVOT verdicts ON state USING count(*)",
        "EXPLAIN SELECT count(*) FROM cells",
    ],
)
def test_every_kind_of_question(results, sql):
    assert len(query(sql, results)) > 0
