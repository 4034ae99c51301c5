"""Trees asked feature by feature say to the bit what a walk through each of them says."""

import numpy as np
import pytest

from softbreak.errors import SoftbreakError
from softbreak.models.learned.forest import ask, credit, forest_of, no_answers, scores
from softbreak.models.learned.hybrid_scores import numbers_of
from softbreak.models.learned.learners import load_learned
from softbreak.models.learned.tree_ensembles import NODE, Trees, from_lightgbm
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


def asked(forest, rows):
    """Scores and contributions to every head, of rows that are asked together."""
    heads, answers = len(forest.heads) - 1, no_answers(forest, len(rows))
    found, shares = np.empty((heads, len(rows))), np.empty((heads, rows.shape[1], len(rows)))
    ask(forest, rows, answers)
    scores(forest, answers, found)
    for head in range(heads):
        credit(forest, answers, head, shares[head])
    return found, shares


@pytest.mark.parametrize("together", [1, 2, 32])
@pytest.mark.parametrize("moving", [1, 5])
def test_scores_and_contributions_are_those_of_the_walk(together, moving):
    heads = [planted("binary", 0), planted("quantile", 1, alpha=0.9), planted("binary", 2)]
    forest, rows = forest_of(heads, 5), strange_rows(5)
    on_the_threshold = rows[4:40].copy()
    on_the_threshold[:, 0] = heads[0].nodes["threshold"][:36]
    rows = np.vstack([rows, on_the_threshold])
    rows[:, moving:] = rows[40, moving:]
    for first in range(0, len(rows), together):
        few = np.ascontiguousarray(rows[first : first + together])
        found, shares = asked(forest, few)
        for head, trees in enumerate(heads):
            assert found[head].tolist() == trees.score(few).tolist()
            for k, row in enumerate(few):
                assert shares[head, :, k].tolist() == trees.contributions(row).tolist()


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
    trees, rows = chain(leaves), np.arange(leaves)[:, None] - 0.5
    forest = forest_of([trees], 1)
    together = [asked(forest, rows[k : k + 32])[0] for k in range(0, leaves, 32)]
    alone = [asked(forest, row[None])[0] for row in rows]
    expected = trees.score(rows).tolist()
    assert expected == list(range(leaves))
    assert np.concatenate(together, axis=1)[0].tolist() == expected
    assert np.concatenate(alone, axis=1)[0].tolist() == expected


def test_a_threshold_beyond_all_numbers_tells_what_is_missing():
    leaves = [(0.0, value, -1, -1, -1, 0) for value in (1.0, 2.0)]
    root = (np.inf, 0.0, 1, 2, 0, 4)
    trees = Trees(np.array([0], dtype=np.int32), np.array([root, *leaves], dtype=NODE))
    forest, rows = forest_of([trees, chain(3)], 1), np.array([[np.nan], [np.inf], [0.5]])
    assert asked(forest, rows)[0].tolist() == [[2.0, 1.0, 1.0], chain(3).score(rows).tolist()]
    assert trees.score(rows).tolist() == [2.0, 1.0, 1.0]


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


def test_rows_are_scored_alike_in_any_company():
    model = load_learned(PRETRAINED / "hybrid")
    rows = np.repeat(strange_rows(len(model.columns_), 10), 9, axis=0)
    together = numbers_of(model._learned, rows, told=True)
    alone = [numbers_of(model._learned, row[None], told=True) for row in rows]
    assert together.tobytes() == np.concatenate(alone).tobytes()


def test_told_or_not_the_numbers_are_the_same():
    model = load_learned(PRETRAINED / "hybrid")
    rows = strange_rows(len(model.columns_), 20)
    told, untold = (numbers_of(model._learned, rows, told=yes) for yes in (True, False))
    for name in ("scores", "chances", "eta", "novelty", "kind"):
        assert np.array_equal(told[name], untold[name])
