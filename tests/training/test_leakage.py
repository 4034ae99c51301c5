"""Nothing leaks: not the judging laws, not a cell, not a label through what stands beside it."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from softbreak import training
from softbreak.simulate.faults import CONFOUNDERS
from softbreak.simulate.population import Recipe, blocks
from softbreak.training import metrics
from softbreak.training.population import MASKS
from softbreak.training.splits import by_cell
from softbreak.training.validate import held_out, lesson_of

ROOM = Path(training.__file__).parent
JUDGES = {"judging.py", "compare.py", "compare_tables.py", "recipes.py", "train_measured.py"}
"""The modules that may speak of judging; none of the others can reach law set b."""


def modules():
    return {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in ROOM.glob("*.py")}


def words(tree):
    """Return every string of a module that is no docstring."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    }


def imports(tree):
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_only_the_judges_speak_of_judging():
    found = modules()
    assert set(found) > JUDGES
    for name, tree in found.items():
        if name not in JUDGES:
            assert "judge" not in words(tree), name
            assert "b" not in words(tree), name


def test_what_fits_never_imports_what_judges():
    fits = {"train.py", "validate.py", "labels.py", "logged.py"}
    for name in fits:
        told = imports(modules()[name])
        assert "softbreak.training.compare" not in told, name
        assert "softbreak.training.judging.judge" not in told, name
        assert not {one for one in told if one.startswith("softbreak.simulate.laws_b")}, name


def test_what_fits_asks_the_guard():
    for name in ("labels.py", "validate.py", "population.py"):
        assert "softbreak.simulate.guard.require_training" in imports(modules()[name]), name


@pytest.fixture(scope="module")
def cells():
    """One row a cell: everything that stands beside a cell before anything is measured."""
    truths, told = [], []
    for block in blocks(Recipe(700, seed=17, cycles=3, every=0, block=350)):
        truths.append(block.truth_cells())
        told.append(
            pd.DataFrame(
                {
                    "offset": block.instruments["offset"],
                    "noise": block.instruments["noise"],
                    "resolution": block.instruments["resolution"],
                    "dropped": block.instruments["dropped"],
                }
            )
        )
    return pd.concat(
        [pd.concat(truths, ignore_index=True), pd.concat(told, ignore_index=True)], axis=1
    )


def balanced(cells, columns, label):
    """Return the held-out balanced accuracy of a forest on some columns."""
    x = cells[list(columns)].astype(float).to_numpy()
    half = len(cells) // 2
    forest = RandomForestClassifier(
        150, min_samples_leaf=5, class_weight="balanced", random_state=0
    )
    said = forest.fit(x[:half], label[:half]).predict(x[half:])
    recalls = [np.mean(said[label[half:] == k] == k) for k in np.unique(label)]
    return float(np.mean(recalls))


def test_metadata_does_not_tell_who_breaks(cells):
    number = cells["cell_id"].str.extract(r"(\d+)$")[0].astype(float)
    beside = cells.assign(number=number, kind=cells["chemistry"].astype("category").cat.codes)
    columns = ["number", "kind", "current_ampere", "half_cycle_hour", "area_cm2"]
    columns += ["temperature_logged", "offset", "noise", "resolution", "dropped", *CONFOUNDERS]
    broken = (cells["family"] != "healthy").to_numpy()
    assert 0.43 < balanced(beside, columns, broken) < 0.57


def test_the_guard_against_metadata_would_notice(cells):
    broken = (cells["family"] != "healthy").to_numpy()
    leaky = cells.assign(leak=broken + np.random.default_rng(0).normal(0, 0.5, len(cells)))
    assert balanced(leaky, ["leak"], broken) > 0.7


def test_evidence_that_is_left_does_not_tell_who_breaks(tiny):
    cells = tiny.truth().drop_duplicates("cell_id")
    broken = (cells["family"] != "healthy").to_numpy()
    for name in MASKS:
        left = cells[name].to_numpy()
        # of so few cells nothing but a rule without exception would show
        assert not (left == broken).all(), name
        assert not (left == ~broken).all(), name


def shuffled(lesson, seed):
    """Return the lesson with the labels of its cells dealt anew, and their order broken."""
    order = np.random.default_rng(seed).permutation(len(lesson.truth))
    truth = lesson.truth.copy()
    for name in ("state", "eta"):
        truth[name] = lesson.truth[name].to_numpy()[order]
    return replace(lesson, truth=truth)


def skill(small, lesson):
    """Return Youden's index of the score for "soft or hard" on cells that were held out."""
    judged = held_out(small, lesson, by_cell(lesson.truth, 3), parameters={})
    fault = 1.0 - judged["p_healthy"].to_numpy()
    broken = (judged["state_true"] != "healthy").to_numpy()
    alarm = fault > np.median(fault)
    return float(alarm[broken].mean() - alarm[~broken].mean())


def test_a_model_that_learnt_shuffled_labels_knows_nothing(small, lesson_cells):
    lesson = lesson_of(lesson_cells, small)
    assert skill(small, lesson) > 0.35
    assert np.mean([abs(skill(small, shuffled(lesson, seed))) for seed in range(4)]) < 0.08


def test_scores_never_read_what_was_said_as_truth():
    """A detector that repeats the truth is perfect, one that repeats another cell's is not."""
    from tests.training.judged import random_judged

    judged = random_judged()
    right = judged.assign(state=judged["state_true"])
    wrong = judged.assign(state=judged["state_true"].to_numpy()[::-1])
    assert metrics.scores(right)["macro_f1"] == 1.0
    assert metrics.scores(wrong)["macro_f1"] < 0.5
