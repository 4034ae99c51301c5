"""Training: deterministic, on the right cells, validated on what was left out."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.errors import SoftbreakError
from softbreak.models.detector import read_facts
from softbreak.models.learned.learners import LEARNERS, judged_by, learner_of, load_learned
from softbreak.models.registry import detector_of, fingerprint
from softbreak.simulate.guard import JudgingDataError
from softbreak.training.compare import Comparison, compare
from softbreak.training.judging import verdict_columns
from softbreak.training.population import open_population
from softbreak.training.served import chances
from softbreak.training.splits import by_cell
from softbreak.training.train import search, train
from softbreak.training.validate import (
    beside,
    fitted,
    held_out,
    lesson_of,
    rules_beside,
    unseen_families,
    utility,
)


def test_the_same_plan_gives_the_same_bits(plan, trained, cells_at, tmp_path):
    again = train(plan, tmp_path / "again", population=cells_at)
    assert fingerprint(again.folder) == fingerprint(trained.folder)
    other = train(replace(plan, validate=False), tmp_path / "other", population=cells_at)
    assert fingerprint(other.folder) != fingerprint(trained.folder)
    assert other.tables == {}


def test_the_card_says_what_must_be_known(trained):
    card = read_facts(trained.folder)["told"]
    assert card == json.loads(json.dumps(trained.card))
    assert card["recipe"]["laws"] == "a"
    assert card["plan"]["seed"] == 11
    assert card["features"] == ["below_top", "above_base", "step", "noise"]
    assert "simulated" in card["trained_on"]
    assert card["families_left_out"]["cells"] == card["cells"] == 24
    assert sum(card["shares"].values()) == pytest.approx(1.0, abs=1e-5)
    text = json.dumps(card)
    assert str(trained.folder) not in text
    assert "/" + "work" not in text


def test_the_saved_model_says_the_same(trained):
    said = chances(load_learned(trained.folder), trained.example)
    assert said.equals(trained.said)


def test_rules_and_baselines_stand_beside_the_model(trained):
    names = set(trained.tables["scores"]["detector"])
    assert names == {"small", "fused", "voltage", "always healthy", "always soft"}
    cycles = trained.tables["scores"].set_index("detector")["cycles"]
    assert cycles.nunique() == 1
    assert sorted(trained.importances.index) == sorted(trained.card["features"])


def test_every_cell_is_judged_once_by_a_model_that_never_saw_it(small, lesson_cells):
    lesson = lesson_of(lesson_cells, small)
    judged = unseen_families(small, lesson, parameters={})
    keys = ["cell_id", "cycle_index"]
    ours = judged[keys].sort_values(keys).to_numpy().tolist()
    assert ours == lesson.truth[keys].sort_values(keys).to_numpy().tolist()
    assert judged.groupby("cell_id")["fold"].nunique().max() == 1


def test_something_is_learnt(small, lesson_cells):
    lesson = lesson_of(lesson_cells, small)
    judged = held_out(small, lesson, by_cell(lesson.truth, 3), parameters={})
    right = judged["state"] == judged["state_true"]
    assert right.mean() > (judged["state_true"] == "healthy").mean() + 0.05


def test_scores_from_the_table_are_those_from_the_evidence(small, lesson_cells):
    lesson = lesson_of(lesson_cells, small)
    split = next(by_cell(lesson.truth, 4))
    judged = held_out(small, lesson, [split], parameters={})
    model = fitted(small, lesson, split.train, parameters={}, seed=0)
    for cell_id in judged["cell_id"].unique()[:5]:
        one = lesson.cells[cell_id]
        said = judged_by(model, one.evidence, one.readings, small.features)
        known = lesson.truth[lesson.truth["cell_id"] == cell_id]
        own = beside(known, one, said)
        mine = judged[judged["cell_id"] == cell_id].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine.drop(columns="fold"), own)


def test_rules_judge_the_same_cycles(small, lesson_cells):
    lesson = lesson_of(lesson_cells, small)
    judged = rules_beside(lesson, ("voltage",))
    assert judged["eta"].tolist() == lesson.truth["eta"].tolist()
    assert judged["state_true"].tolist() == lesson.truth["state"].tolist()


def test_the_search_is_the_same_from_the_same_seed(small, lesson_cells):
    lesson = lesson_of(lesson_cells, small)
    told = []
    best, history = search(small, lesson, trials=3, seed=5, progress=lambda *at: told.append(at))
    again, same = search(small, lesson, trials=3, seed=5)
    assert best == again
    assert history.equals(same)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert history["strength"].isna().tolist() == [True, False, False]
    tried = history.loc[history["utility"].idxmax(), "strength"]
    assert best == ({} if np.isnan(tried) else {"strength": tried})


def test_what_misleads_costs_more_than_what_is_left_open(small, lesson_cells):
    lesson = lesson_of(lesson_cells, small)
    judged = unseen_families(small, lesson, parameters={})
    faulty = judged["eta"] > 0.2
    rows = judged.index[faulty][: max(int(0.02 * faulty.sum()), 1)]
    missed, opened = judged.copy(), judged.copy()
    missed.loc[rows, "state"], opened.loc[rows, "state"] = "healthy", "undetermined"
    assert utility(missed) < utility(opened)


def test_no_lesson_holds_cells_that_judge(small, lesson_cells):
    lesson = lesson_of(lesson_cells, small)
    with pytest.raises(JudgingDataError):
        replace(lesson, truth=lesson.truth.assign(laws="b"))
    with pytest.raises(ValueError, match="different numbers of rows"):
        replace(lesson, table=lesson.table.iloc[1:])
    with pytest.raises(ValueError, match="no evidence of 90 cells"):
        replace(lesson, cells={})


def test_unknown_learners_and_strange_folders_are_refused(small, tmp_path):
    with pytest.raises(SoftbreakError, match="no learner 'nobody'"):
        learner_of("nobody")
    with pytest.raises(SoftbreakError, match="no saved model"):
        load_learned(tmp_path)
    (tmp_path / "model.json").write_text(
        '{"format": 1, "kind": "os", "params": {}, "columns": [], "facts": {}}', encoding="utf-8"
    )
    with pytest.raises(SoftbreakError, match="kind 'os'"):
        load_learned(tmp_path)


def test_every_learner_of_the_table_can_be_made():
    for learner in LEARNERS.values():
        made = learner.make({}, seed=3)
        assert type(made).__name__ == learner.kind
        assert set(learner.space) <= set(made.get_params())
        assert made.get_params().get("seed", 3) == 3


def test_importances_are_finite(trained):
    assert np.isfinite(trained.importances).all()


def test_a_models_folder_is_a_detector(trained, small, cells_at):
    found = detector_of(str(trained.folder))
    assert (found.name, found.unit) == ("small", "cycle")
    assert found.version == fingerprint(trained.folder)[:12]
    assert detector_of(str(trained.folder)) is found
    one = next(open_population(cells_at).cells())
    said = verdict_columns(found.judge(one.evidence, one.readings))
    model = load_learned(trained.folder)
    table = small.maker()(one.evidence, one.readings)
    assert said["p_soft"].tolist() == model.predict_proba(table)[:, 1].tolist()
    assert said["state"].tolist() == model.predict(table).tolist()


def test_a_models_folder_is_compared_like_any_other(trained, small):
    made = Comparison((str(trained.folder), "voltage"), 3, 1300, ("b",), ("voltage alone",), 4)
    names = compare(made).tables["scores"]["detector"].tolist()
    version = fingerprint(trained.folder)[:12]
    assert names == [f"small {version}", "voltage", "always healthy", "always soft"]


def test_a_folder_without_a_model_is_no_detector(tmp_path):
    with pytest.raises(SoftbreakError, match="no saved model"):
        detector_of(str(tmp_path))
    with pytest.raises(SoftbreakError, match="no detector 'nobody'"):
        detector_of("nobody")
