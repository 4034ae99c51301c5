"""Trees as arrays say what the library says that grew them."""

import lightgbm
import numpy as np
import pytest

from softbreak.models.learned.tree_ensembles import from_lightgbm


def grown(objective, seed=0, **settings):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(600, 5))
    rows[rng.random(rows.shape) < 0.2] = np.nan
    rows[:, 4] = np.abs(np.nan_to_num(rows[:, 4]))  # a column without missing values
    target = (np.nan_to_num(rows[:, 0]) + np.nan_to_num(rows[:, 1]) ** 2 > 0.5).astype(float)
    params = {"objective": objective, "verbosity": -1, "num_threads": 1, "num_leaves": 7}
    booster = lightgbm.train(params | settings, lightgbm.Dataset(rows, target), 15)
    return booster, rows


@pytest.mark.parametrize(
    ("objective", "settings"),
    [("binary", {}), ("quantile", {"alpha": 0.9}), ("binary", {"zero_as_missing": True})],
)
def test_scores_are_those_of_lightgbm(objective, settings):
    booster, rows = grown(objective, **settings)
    new = np.vstack([rows, np.full((1, 5), np.nan), np.zeros((1, 5))])
    ours = from_lightgbm(booster.dump_model()).score(new)
    assert ours == pytest.approx(booster.predict(new, raw_score=True), abs=1e-12)


def test_contributions_add_up_to_the_score():
    booster, rows = grown("binary")
    trees = from_lightgbm(booster.dump_model())
    mean = trees.nodes["value"][trees.roots].sum()
    for row in rows[:20]:
        assert trees.contributions(row).sum() + mean == pytest.approx(trees.score(row[None])[0])


def test_a_categorical_split_is_refused():
    node = {"decision_type": "==", "split_feature": 0, "threshold": "1"}
    with pytest.raises(ValueError, match="not numerical"):
        from_lightgbm({"tree_info": [{"tree_structure": node}]})


def test_a_single_leaf_is_a_tree():
    trees = from_lightgbm({"tree_info": [{"tree_structure": {"leaf_value": 0.25}}]})
    assert trees.score(np.zeros((2, 1))) == pytest.approx([0.25, 0.25])
