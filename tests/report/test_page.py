"""The report as files: whole, safe, small, and readable without a server."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from softbreak.report.html import embedded, environment
from softbreak.report.index_page import index_context
from softbreak.report.number_words import safe_name
from softbreak.report.page import (
    static_figures,
    write_cell_pages,
    write_index,
    write_report,
)
from tests.report import cells

FAILURES = pd.DataFrame(
    {
        "path": ["a/<b>.ndax", "c.mpr"],
        "stage": ["read", "read"],
        "error": ["no zip", "cut off"],
        "remedy": ["copy again", "copy again"],
    }
)
NONE = FAILURES.iloc[:0]


def ranked(diagnoses):
    rows = [dict(d.summary) for d in diagnoses]
    return pd.DataFrame(rows).assign(rank=np.arange(1, len(rows) + 1))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    diagnoses = cells.every_kind()
    directory = tmp_path_factory.mktemp("report")
    run = {
        "versions": {"softbreak": "0.1"},
        "arguments": {"archive": "my cells", "detector": "fused"},
    }
    index = write_report(
        directory, run=run, cells=ranked(diagnoses), failures=FAILURES, diagnoses=iter(diagnoses)
    )
    return index, diagnoses


def data_of(page, identity):
    found = re.search(rf'id="{identity}">(.*?)</script>', page, re.DOTALL)
    return json.loads(found.group(1), parse_constant=pytest.fail)


def test_there_is_an_index_and_a_page_for_every_cell(report):
    index, diagnoses = report
    rows = data_of(index.read_text(encoding="utf-8"), "rows")["rows"]
    assert len(rows) == len(diagnoses)
    for row in rows:
        assert (index.parent / row["page"]).is_file()


def test_every_link_is_a_file_of_the_report(report):
    for page in report[0].parent.rglob("*.html"):
        for target in re.findall(r'(?:src|href)="([^"]+)"', page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"


def test_missing_numbers_are_dashes(report):
    for page in report[0].parent.rglob("*.html"):
        shown = re.sub(r"<script.*?</script>", "", page.read_text(encoding="utf-8"), flags=re.S)
        assert not re.search(r">\s*(nan|None|inf)\s*<", shown, re.IGNORECASE), page.name


def test_every_figure_is_valid_json_with_curves(report):
    for page in (report[0].parent / "cell").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        for identity in re.findall(r'id="(data-\d+)"', text):
            assert data_of(text, identity)["data"]


def test_failures_are_told_with_their_remedy(report):
    text = report[0].read_text(encoding="utf-8")
    assert "a/&lt;b&gt;.ndax" in text
    assert text.count("copy again") == 2


def test_evidence_is_grouped_not_repeated(report):
    index, diagnoses = report
    healthy = next(d for d in diagnoses if d.summary["cell_id"] == "llzo-01")
    text = (index.parent / "cell" / "llzo-01.html").read_text(encoding="utf-8")
    assert len(healthy.verdicts) == 30
    assert text.count(">1 to 30<") == 1


def test_what_spoils_the_verdict_stands_before_the_evidence(report):
    index, diagnoses = report
    spoilt = next(d for d in diagnoses if any(f.severity == "error" for f in d.findings))
    page = index.parent / "cell" / f"{safe_name(spoilt.summary['cell_id'])}.html"
    text = page.read_text(encoding="utf-8")
    assert text.index(spoilt.findings[0].sentence) < text.index("<h2>Evidence</h2>")


HOSTILE = [
    "<script>alert(1)</script>",
    "../../outside",
    "C:\\con",
    "a" * 400,
    "π ☃ 電池",
    "Same",
    "same",
    "</script><img src=x onerror=alert(1)>",
    "aux",
    "",
]


def test_hostile_names_stay_inside_and_apart(tmp_path):
    diagnoses = [cells.single_cycle(name) for name in HOSTILE]
    index = write_report(
        tmp_path / "r", run={}, cells=ranked(diagnoses), failures=NONE, diagnoses=diagnoses
    )
    pages = list((tmp_path / "r" / "cell").iterdir())
    assert len(pages) == len(HOSTILE)
    assert {path.name for path in tmp_path.iterdir()} == {"r"}
    for page in [index, *pages]:
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "<img" not in text


def test_names_are_safe_and_distinct():
    assert safe_name("cell-7") == "cell-7"
    assert len({safe_name(name).lower() for name in HOSTILE}) == len(HOSTILE)
    for name in [*HOSTILE, "not \udcff decodable"]:
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,90}", safe_name(name))


def test_json_cannot_end_its_script():
    assert "</" not in embedded({"a": "</script>"})
    with pytest.raises(ValueError, match="not JSON compliant"):
        embedded({"a": float("nan")})


def test_pages_of_cells_that_are_gone_are_removed(tmp_path):
    first, second = cells.single_cycle("one"), cells.single_cycle("two")
    for diagnoses in ([first, second], [second]):
        write_report(tmp_path, run={}, cells=ranked(diagnoses), failures=NONE, diagnoses=diagnoses)
    assert [path.name for path in (tmp_path / "cell").iterdir()] == ["two.html"]


def test_an_index_of_ten_thousand_cells_is_small(tmp_path):
    rows = pd.DataFrame(
        {
            "rank": np.arange(10_000),
            "cell_id": [f"cell-{k}" for k in range(10_000)],
            "state": "healthy",
            "onset_time_second": np.nan,
            "n_cycles": 100,
            "summary": "Healthy over 100 cycles, without an abrupt drop of the voltage.",
        }
    )
    index = write_report(tmp_path, run={}, cells=rows, failures=NONE, diagnoses=[])
    assert index.stat().st_size < 10e6


def verdicts_file(path, diagnoses):
    columns = ["cell_id", "cycle_index", "state", "electronic_fraction"]
    columns += ["electronic_fraction_lower", "electronic_fraction_upper"]
    ordered = sorted(diagnoses, key=lambda d: d.summary["cell_id"])
    pd.concat([d.verdicts[columns] for d in ordered]).to_parquet(path, row_group_size=17)
    return path


def test_cells_without_a_page_have_their_life_all_the_same(tmp_path):
    diagnoses = [d for d in cells.every_kind() if len(d.verdicts)]
    told = {"run": {}, "cells": ranked(diagnoses), "failures": NONE}
    verdicts = verdicts_file(tmp_path / "verdicts.parquet", diagnoses)
    few = write_report(tmp_path / "few", **told, diagnoses=diagnoses[:2], verdicts=verdicts)
    every = write_report(tmp_path / "every", **told, diagnoses=diagnoses)
    rows = [data_of(page.read_text(encoding="utf-8"), "rows")["rows"] for page in (few, every)]
    assert [row["page"] is not None for row in rows[0]] == [True] * 2 + [False] * 4
    for row in (*rows[0], *rows[1]):
        row.pop("page")
    assert rows[0] == rows[1]
    assert f"softbreak report {tmp_path.name} --cell NAME" in few.read_text(encoding="utf-8")
    assert "--cell NAME" not in every.read_text(encoding="utf-8")


def test_a_page_that_is_wanted_later_is_linked(tmp_path):
    diagnoses = [cells.single_cycle("one"), cells.single_cycle("two")]
    told = {"run": {}, "cells": ranked(diagnoses), "failures": NONE}
    write_report(tmp_path, **told, diagnoses=diagnoses[:1])
    lives = write_cell_pages(tmp_path, diagnoses[1:])
    index = write_index(tmp_path, **told, lives=lives)
    rows = data_of(index.read_text(encoding="utf-8"), "rows")["rows"]
    assert [row["page"] for row in rows] == ["cell/one.html", "cell/two.html"]


@pytest.mark.parametrize(
    ("states", "headline"),
    [
        (["undetermined"] * 11, "Nothing could be decided: 11 of 11 cells are undetermined"),
        (["undetermined"], "Nothing could be decided: this cell is undetermined"),
        (
            ["healthy"] * 5 + ["undetermined"] * 6,
            "No breakdown in the 5 cells that could be judged; 6 are undetermined",
        ),
        (["healthy"] * 2, "No breakdown was found"),
        (["soft", "undetermined"], "1 of 2 cells broke down"),
    ],
)
def test_the_headline_counts_what_was_not_judged(states, headline):
    rows = pd.DataFrame({"cell_id": list(map(str, range(len(states)))), "state": states})
    run = {"versions": {"softbreak": "0.1"}}
    told = index_context(run, rows, NONE, {}, {})
    assert told["headline"] == headline
    assert told["facts"].startswith("softbreak 0.1")


def test_the_page_counts_what_verdicts_stand_on():
    counted = {"n_certified": [0, 3], "n_settled": [1, 0], "n_relative": [11, 1005]}
    rows = pd.DataFrame({"cell_id": ["a", "b"], "state": ["healthy", "soft"], **counted})
    told = index_context({}, rows, NONE, {}, {})["stands_on"]
    assert told.startswith("Verdicts on 1,016 cycles are relative to the cell's beginning only")
    assert "1 settled by impedance, 3 certified by geometry" in told
    assert not index_context({}, rows[["cell_id", "state"]], NONE, {}, {})["stands_on"]


def test_no_cells_at_all_is_a_page_too(tmp_path):
    rows = pd.DataFrame(columns=["cell_id", "state", "rank", "summary"])
    index = write_report(tmp_path, run={}, cells=rows, failures=NONE, diagnoses=[])
    assert "No cells were found" in index.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_pictures_as_files(tmp_path, kind):
    diagnosis = cells.soft()
    paths = static_figures(diagnosis, tmp_path, (kind,))
    assert len(paths) >= 4
    heads = {"png": b"\x89PNG", "svg": b"<?xml"}
    for path in paths:
        assert path.read_bytes().startswith(heads[kind])
        assert path.stat().st_size > 5_000


def test_the_same_picture_twice_is_the_same_file(tmp_path):
    one = static_figures(cells.healthy(), tmp_path / "a", ("svg",))
    two = static_figures(cells.healthy(), tmp_path / "b", ("svg",))
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_the_electronic_fraction_is_written_as_in_the_heads_of_tables():
    page = environment().from_string("{{ told }} {{ data | embedded }}")
    told = page.render(told="η_e < 5 %", data={"a": "η_e"})
    assert told == 'ηₑ &lt; 5 % {"a":"ηₑ"}'
