"""The wall between training and judging."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import softbreak
from softbreak.simulate.guard import JudgingDataError, law_set, require_training
from softbreak.simulate.population import Recipe
from softbreak.simulate.records import simulate

PACKAGE = Path(softbreak.__file__).parent


def test_set_b_is_for_judging_only():
    with pytest.raises(JudgingDataError, match="never used for training"):
        Recipe(10, laws="b")
    assert law_set("b", "judge").name == "b"
    assert law_set("a", "train").name == "a"


@pytest.mark.parametrize(("name", "purpose"), [("d", "train"), ("a", "thresholds")])
def test_unknown_sets_and_purposes_are_refused(name, purpose):
    with pytest.raises(ValueError, match=r"law set|purpose"):
        law_set(name, purpose)


@pytest.mark.parametrize("module", ["laws_b", "draw_b"])
def test_its_modules_cannot_be_imported_directly(module):
    code = f"import softbreak.simulate.{module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "JudgingDataError" in done.stderr


def test_judging_data_cannot_be_learnt_from():
    truth = simulate(1, cycles=2, every=0)[1]
    assert require_training(truth) is truth
    judged = simulate(1, cycles=2, every=0, laws="b", purpose="judge")[1]
    with pytest.raises(JudgingDataError, match="2 of 4 rows"):
        require_training(pd.concat([truth, judged]))
    with pytest.raises(JudgingDataError, match="does not say"):
        require_training(truth.drop(columns="laws"))


def test_nothing_outside_names_its_modules():
    outside = [f for f in PACKAGE.rglob("*.py") if f.parent.name != "simulate"]
    assert len(outside) > 20
    for file in outside:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(alias.name for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            assert not any(n.rpartition(".")[2] in {"laws_b", "draw_b"} for n in names), file


def test_the_simulator_imports_nothing_that_it_grades():
    code = (
        "import sys, softbreak.simulate.presets, softbreak.simulate.guard as g\n"
        "g.law_set('b', 'judge')\n"
        "bad = [m for m in sys.modules if m.startswith(('softbreak.physics', 'softbreak.features',"
        " 'softbreak.models', 'softbreak.archive'))]\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
