"""SHAP values against models whose values are known exactly."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from softbreak.training.shapley import importances, shapley_values
from tests.training.small_learner import Small


def exact(score, row, begin):
    """Return Shapley's values by all orders there are."""
    width = len(row)
    total = np.zeros(width)
    orders = list(permutations(range(width)))
    for order in orders:
        here = begin.copy()
        for k in order:
            before = score(here[None])[0]
            here[k] = row[k]
            total[k] += score(here[None])[0] - before
    return total / len(orders)


def test_a_linear_score_is_explained_exactly():
    rng = np.random.default_rng(0)
    slope = np.array([2.0, -1.0, 0.0, 0.5])
    rows, begin = rng.normal(size=(6, 4)), rng.normal(size=(1, 4))
    found = shapley_values(lambda x: x @ slope + 3.0, rows, begin, walks=1)
    assert found == pytest.approx((rows - begin) * slope)


def test_a_crooked_score_converges_to_all_orders():
    def score(x):
        return x[:, 0] * x[:, 1] + np.sin(x[:, 2]) * x[:, 0]

    rng = np.random.default_rng(1)
    row, begin = rng.normal(size=3), rng.normal(size=3)
    found = shapley_values(score, row[None], begin[None], walks=400, seed=2)[0]
    assert found == pytest.approx(exact(score, row, begin), abs=0.05)
    assert found.sum() == pytest.approx(score(row[None])[0] - score(begin[None])[0])


def test_the_same_seed_gives_the_same_values_and_the_useful_feature_leads():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.normal(size=(300, 3)), columns=["useful", "useless", "absent"])
    table.loc[::2, "absent"] = np.nan
    states = np.where(table["useful"] > 0.8, "soft", "healthy")
    states[table["useful"] > 1.6] = "hard"
    model = Small().fit(table, states.tolist())
    found = importances(model, table, rows=30)
    assert found.index[0] == "useful"
    assert np.isfinite(found).all()
    assert found.equals(importances(model, table, rows=30))
    assert found["useful"] > 5 * found["useless"]
