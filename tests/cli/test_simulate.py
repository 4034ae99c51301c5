"""``softbreak simulate``."""

from __future__ import annotations

import json

import pandas as pd
from typer.testing import CliRunner

from softbreak.cli.simulate import app
from softbreak.data.readers.registry import read

runner = CliRunner()


def test_it_writes_an_archive_and_says_where(tmp_path):
    arguments = ["--preset", "population", "--cells", "3", "--cycles", "2", "--seed", "4"]
    done = runner.invoke(app, [*arguments, "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["cells"], said["cycles"]) == (3, 6)
    assert len(pd.read_parquet(said["truth"])) == 6


def test_it_refuses_a_folder_that_is_in_use(tmp_path):
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "mine.csv").write_text("precious")
    done = runner.invoke(app, ["--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "not empty" in done.stderr
    assert (tmp_path / "archive" / "mine.csv").read_text() == "precious"


def test_cells_to_judge_on_say_so(tmp_path):
    arguments = ["--preset", "population", "--cells", "1", "--cycles", "1", "--laws", "b"]
    assert runner.invoke(app, [*arguments, "--out", str(tmp_path)]).exit_code == 0
    assert pd.read_parquet(tmp_path / "truth.parquet")["laws"].tolist() == ["b"]


def test_unusual_cells_are_of_several_metals_and_their_bad_files_can_be_read(tmp_path):
    out = tmp_path / "odd"
    options = ["--preset", "population", "--cells", "24", "--cycles", "4", "--unusual", "2"]
    done = runner.invoke(app, [*options, "--seed", "3", "--out", str(out)])
    assert done.exit_code == 0, done.output
    cells = pd.read_csv(out / "archive" / "cells.csv")
    assert set(cells["electrode"]) > {"Li", "Na"}
    truth = pd.read_parquet(out / "truth_cells.parquet")
    assert (truth["recording"] != "").any() and set(truth["protocol"]) == {"cycling", "one-way"}
    spoiled = truth.loc[truth["recording"] != "", "cell_id"].iloc[0]
    (first, *_) = sorted((out / "archive" / spoiled).glob("*.csv"))
    assert first.read_text(encoding="utf-8-sig").startswith("Date Time;Time (s);")
    assert read(first)[0].rows > 10
