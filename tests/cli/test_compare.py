"""``softbreak compare``."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from softbreak.cli.main import app

SMALL = ["compare", "--cells", "4", "--seed", "1500", "--detectors", "voltage", "-q"]


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_a_small_comparison(tmp_path):
    out = tmp_path / "out"
    done = run(*SMALL, "--laws", "a", "--evidence", "voltage", "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["simulated"] is True
    names = [row["detector"] for row in told["tables"]["scores"]]
    assert names == ["voltage", "always healthy", "always soft"]
    text = (out / "index.html").read_text(encoding="utf-8")
    command = "--cells 4 --seed 1500 --laws a --detectors voltage --evidence voltage"
    assert command in text


def test_wrong_questions_are_refused(tmp_path):
    out = ["--out", str(tmp_path)]
    assert run(*SMALL, *out, "--laws", "c").exit_code == 2
    assert run(*SMALL, *out, "--evidence", "none").exit_code == 2
    assert run("compare", *out, "--seed", "3").exit_code == 2
    assert run("compare", *out, "--detectors", "nobody").exit_code != 0
