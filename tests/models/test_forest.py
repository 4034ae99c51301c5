"""Trees asked feature by feature say to the bit what a walk through each of them says."""

import numpy as np
import pytest

from softbreak.errors import SoftbreakError
from softbreak.models.learned.hybrid_scores import numbers_of
from softbreak.models.learned.learners import load_learned
from softbreak.models.learned.tree_ensembles import (
    NODE,
    Trees,
    ask,
    credit,
    forest_of,
    from_lightgbm,
    scores,
)
from softbreak.models.registry import PRETRAINED
from tests.models.test_trees import grown


def planted(objective, seed, **settings):
    return from_lightgbm(grown(objective, seed, **settings)[0].dump_model())


def strange_rows(columns, count=300):
    """Rows with missing, infinite and equal values, and some on a threshold's other side."""
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(count, columns)).round(1)
    rows[rng.random(rows.shape) < 0.3] = np.nan
    rows[0], rows[1], rows[2], rows[3] = np.nan, 0.0, np.inf, -np.inf
    return rows


def test_scores_and_contributions_are_those_of_the_walk():
    heads = [planted("binary", 0), planted("quantile", 1, alpha=0.9), planted("binary", 2)]
    forest, rows = forest_of(heads, 5), strange_rows(5)
    on_the_threshold = rows[4:40].copy()
    on_the_threshold[:, 0] = heads[0].nodes["threshold"][:36]
    left = np.empty(forest.heads[-1], dtype=np.uint64)
    for row in np.vstack([rows, on_the_threshold]):
        found, shares = np.empty(3), np.empty(5)
        ask(forest, row, left)
        scores(forest, left, found)
        assert found.tolist() == [trees.score(row[None])[0] for trees in heads]
        for head, trees in enumerate(heads):
            credit(forest, left, head, shares)
            assert shares.tolist() == trees.contributions(row).tolist()


def chain(leaves):
    """A tree that splits off one leaf after the other."""
    nodes = []
    for k in range(leaves - 1):
        nodes += [
            (float(k), 0.0, 2 * k + 1, 2 * k + 2, 0, 4),
            (0.0, float(k), -1, -1, -1, 0),
        ]
    nodes.append((0.0, float(leaves - 1), -1, -1, -1, 0))
    return Trees(np.array([0], dtype=np.int32), np.array(nodes, dtype=NODE))


@pytest.mark.parametrize("leaves", [1, 2, 63, 64])
def test_every_leaf_is_reached(leaves):
    trees = chain(leaves)
    forest, left, found = forest_of([trees], 1), np.empty(1, dtype=np.uint64), np.empty(1)
    for k in range(leaves):
        ask(forest, np.array([k - 0.5]), left)
        scores(forest, left, found)
        assert found[0] == trees.score(np.array([[k - 0.5]]))[0] == k


def test_what_does_not_fit_is_refused():
    with pytest.raises(SoftbreakError, match="64 leaves"):
        forest_of([chain(65)], 1)
    with pytest.raises(SoftbreakError, match="zeros"):
        forest_of([planted("binary", 0, zero_as_missing=True)], 5)


@pytest.mark.parametrize("name", ["hybrid", "hybrid-voltage"])
def test_the_compiled_score_is_that_of_its_parts(name):
    model = load_learned(PRETRAINED / name)
    rows = strange_rows(len(model.columns_), 80)
    rows[2:4] = np.nan  # infinities are no features
    found = numbers_of(model._learned, rows, told=True)
    raw = {head: trees.score(rows) for head, trees in model._heads.items()}
    for k, row in enumerate(rows):
        kind = int(found["kind"][k])
        fault = 0.5 * (1.0 + np.tanh(0.5 * raw["fault"][k : k + 1]))
        hard = 0.5 * (1.0 + np.tanh(0.5 * raw["hard"][k : k + 1]))
        margin = model._margins[f"{kind}{int(fault[0] > 0.5)}"]
        fault = model._maps[f"fault{kind}"](fault)[0]
        hard = min(model._maps[f"hard{kind}"](hard)[0], fault)
        assert found["scores"][k].tolist() == [1.0 - fault, fault - hard, hard]
        assert found["chances"][k].sum() == pytest.approx(1.0)
        assert found["novelty"][k] == model._familiar.distance(row[None, model._core()])[0]
        ends = np.clip([raw["lower"][k] - margin, raw["upper"][k] + margin], 0.0, 1.0)
        assert sorted(ends) == found["eta"][k, 1:].tolist() or raw["lower"][k] > raw["upper"][k]
        shares = model.contributions(row)
        order = np.argsort(-np.abs(shares), kind="stable")[:3]
        assert found["telling"][k].tolist() == [n if shares[n] else -1 for n in order]
        assert found["share"][k].tolist() == shares[order].tolist()


def test_told_or_not_the_numbers_are_the_same():
    model = load_learned(PRETRAINED / "hybrid")
    rows = strange_rows(len(model.columns_), 20)
    told, untold = (numbers_of(model._learned, rows, told=yes) for yes in (True, False))
    for name in ("scores", "chances", "eta", "novelty", "kind"):
        assert np.array_equal(told[name], untold[name])
