"""``softbreak features`` from the shell's point of view."""

import pandas as pd
import pytest

from softbreak.features.catalog import CATALOGUE, catalogue_markdown
from softbreak.features.table import KEYS


def test_the_catalogue_prints_itself(softbreak):
    assert softbreak("features", "--catalogue").out == catalogue_markdown()


def test_nothing_to_measure(softbreak):
    told = softbreak("features")
    assert told.code == 2
    assert "--catalogue" in told.err


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_an_archive_becomes_one_table(softbreak, technique_archive, tmp_path, suffix):
    out = tmp_path / f"table.{suffix}"
    told = softbreak("features", technique_archive, "--out", out, "--no-pair-fits", "--json")
    assert told.code == 0
    table = pd.read_parquet(out) if suffix == "parquet" else pd.read_csv(out)
    assert table.columns.to_list() == [*KEYS, *(feature.name for feature in CATALOGUE)]
    assert told.json["cells"] == table["cell_id"].nunique() == 7
    assert told.json["rows"] == len(table)


def test_one_cell_in_words_and_as_a_figure(softbreak, paper_archive, tmp_path):
    cell, png = paper_archive / "LPSCl", tmp_path / "resistance.png"
    told = softbreak("features", cell, "--figure", "resistance_ohm", "--png", png, "--explain")
    assert told.code == 0
    assert "fell 57 % within one sample at 20." in told.out.replace("\n", " ")
    assert told.out.strip().endswith("resistance.png")
    assert png.stat().st_size > 10_000


def test_a_cycle_can_be_named(softbreak, paper_archive):
    told = softbreak("features", paper_archive / "LPSCl", "--cycle", 5, "--json").json
    assert told["cycle_index"] == 4, "the fifth"
    assert told["reasons"] == []
    assert softbreak("features", paper_archive / "LPSCl", "--cycle", 999).code == 2


def test_a_damaged_file_costs_only_itself(softbreak, technique_archive, tmp_path):
    archive = tmp_path / "archive"
    for name in ("good", "bad"):
        (archive / name).mkdir(parents=True)
    good = next(iter(sorted((technique_archive / "ramp").iterdir())))
    (archive / "good" / good.name).write_bytes(good.read_bytes())
    (archive / "bad" / good.name).write_bytes(good.read_bytes()[:300])
    told = softbreak("features", archive, "--out", tmp_path / "t.csv", "--json")
    assert told.code == 1
    assert told.json["cells"] == 1
    assert told.json["failures"][0]["path"].startswith("bad/")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--out", "table.xlsx"), ".parquet or .csv"),
        (("--figure", "resistence_ohm"), "did you mean resistance_ohm"),
        (("--figure", "leak_drift"), "this cell has no leak_drift"),
        (("--figure", "slope", "--png", "slope.gif"), ".png, .svg or .pdf"),
    ],
)
def test_what_cannot_be_done_is_said(softbreak, technique_archive, options, message):
    told = softbreak("features", technique_archive / "ramp", *options)
    assert told.code == 2
    assert message in told.err
    assert "Traceback" not in told.err


def test_only_a_table_takes_many_cells(softbreak, technique_archive):
    told = softbreak("features", technique_archive)
    assert told.code == 2
    assert "holds 7 cells" in told.err
