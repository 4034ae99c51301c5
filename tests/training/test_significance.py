"""Intervals and tests against scipy, a bootstrap written out, and known cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from softbreak.training import significance
from softbreak.training.metrics import (
    cell_confusions,
    confusion,
    false_alarms,
    macro_f1,
    wrong_healthy,
)
from softbreak.training.significance import (
    bootstrap,
    bootstrap_difference,
    cell_outcomes,
    draws_of,
    error_counts,
    mcnemar,
    paired_confusions,
    rates,
)
from tests.training.judged import random_judged, written

H, S, X, U = "healthy", "soft", "hard", "undetermined"


@pytest.mark.parametrize(("b", "c"), [(0, 0), (3, 9), (9, 3), (5, 5), (1, 40), (900, 700)])
def test_mcnemar_is_the_exact_sign_test(b, c):
    first = np.array([True] * b + [False] * c + [True] * 7)
    second = np.array([False] * b + [True] * c + [True] * 7)
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second) == (b, c)
    expected = binomtest(b, b + c).pvalue if b + c else 1.0
    assert found.p_value == pytest.approx(expected)


def test_the_bootstrap_is_the_one_written_out():
    judged = random_judged(cells=12, cycles=6)
    names, counts = cell_confusions(judged)
    found = bootstrap(macro_f1, counts, draws=40, seed=3)
    parts = dict(iter(judged.groupby("cell_id")))
    drawn = []
    for weights in draws_of(12, draws=40, seed=3):
        assert weights.sum() == 12
        total = sum(w * confusion(parts[name]) for name, w in zip(names, weights, strict=True))
        drawn.append(float(macro_f1(total)))
    assert found.lower == pytest.approx(np.percentile(drawn, 2.5))
    assert found.upper == pytest.approx(np.percentile(drawn, 97.5))
    assert found.value == pytest.approx(float(macro_f1(confusion(judged))))
    assert bootstrap(macro_f1, counts, draws=40, seed=3) == found


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    true = float(macro_f1(confusion(random_judged(cells=4000, cycles=5, seed=99))))
    held = 0
    for seed in range(60):
        counts = cell_confusions(random_judged(cells=60, cycles=5, seed=seed))[1]
        found = bootstrap(macro_f1, counts, draws=300, seed=seed)
        held += found.lower <= true <= found.upper
    assert held >= 50


def test_a_better_detector_is_clear_of_zero_and_itself_is_not():
    good = random_judged(skill=0.9)
    poor = good.assign(state=random_judged(skill=0.2)["state"])
    one, other = paired_confusions(good, poor)
    assert bootstrap_difference(macro_f1, one, other, draws=300).clear_of_zero
    same = bootstrap_difference(macro_f1, one, one, draws=300)
    assert (same.value, same.lower, same.upper) == (0.0, 0.0, 0.0)
    assert not same.clear_of_zero
    back = bootstrap_difference(macro_f1, other, one, draws=300)
    forth = bootstrap_difference(macro_f1, one, other, draws=300)
    assert back.lower == pytest.approx(-forth.upper)


def test_other_cells_cannot_be_compared():
    with pytest.raises(ValueError, match="same cells"):
        paired_confusions(random_judged(cells=3), random_judged(cells=4))


def test_rates_of_grave_errors_are_those_of_the_metrics():
    judged = random_judged()
    counts = error_counts(judged)
    assert counts.shape == (30, 2, 2)
    expected = [wrong_healthy(judged), false_alarms(judged)]
    assert rates(counts.sum(axis=0)).tolist() == pytest.approx(expected)
    found = bootstrap(lambda c: rates(c)[..., 0], counts, draws=200)
    assert found.lower < wrong_healthy(judged) < found.upper
    assert np.isnan(rates(np.zeros((2, 2))).tolist()).all()


def test_a_cell_is_right_as_a_whole():
    judged = written(
        {
            "found": [(H, H), (S, U), (S, S)],
            "missed": [(H, H), (S, H), (S, H)],
            "cried wolf": [(H, S), (S, S), (S, S)],
            "quiet": [(H, H), (H, U)],
            "alarmed": [(H, H), (H, X)],
        }
    )
    faint = written({"faint": [(H, H), (S, H)]}, {H: 0.0, S: 0.1, X: 1.0})
    assert cell_outcomes(judged).to_dict() == {
        "found": True,
        "missed": False,
        "cried wolf": False,
        "quiet": True,
        "alarmed": False,
    }
    assert cell_outcomes(faint).empty


def test_no_draw_no_interval():
    empty = bootstrap(macro_f1, np.zeros((3, 3, 4)), draws=10)
    assert np.isnan(empty.value)
    assert np.isnan(empty.lower)
    assert not empty.clear_of_zero
    assert significance.LEVEL == 0.95
