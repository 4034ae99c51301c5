"""Scores against scikit-learn, against numbers worked out by hand, and at their edges."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from softbreak.training import metrics
from softbreak.training.baselines import ALWAYS_HEALTHY, ALWAYS_SOFT, baseline
from softbreak.training.labels import class_numbers
from tests.training.judged import STATES, random_judged, written


@pytest.fixture(scope="module")
def judged():
    return random_judged()


def answered(judged):
    return judged[judged["state"] != "undetermined"]


def test_confusion_of_a_table_by_hand():
    table = written({"a": [("healthy", "healthy"), ("soft", "healthy"), ("hard", "undetermined")]})
    assert metrics.confusion(table).tolist() == [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]


def test_cell_confusions_add_up(judged):
    names, counts = metrics.cell_confusions(judged)
    assert counts.sum(axis=0).tolist() == metrics.confusion(judged).tolist()
    for name, own in zip(names, counts, strict=True):
        part = judged[judged["cell_id"] == name]
        assert own.tolist() == metrics.confusion(part).tolist()


def test_scores_of_answered_cycles_are_scikit_learns(judged):
    part, counts = answered(judged), metrics.confusion(judged)
    expected = sk.f1_score(part["state_true"], part["state"], labels=STATES, average=None)
    assert metrics.f1_scores(counts) == pytest.approx(expected)
    assert metrics.macro_f1(counts) == pytest.approx(expected.mean())
    accuracy = sk.balanced_accuracy_score(part["state_true"], part["state"])
    assert metrics.balanced_accuracy(counts) == pytest.approx(accuracy)


def test_forced_scores_count_undetermined_as_an_error(judged):
    counts = metrics.confusion(judged)
    expected = sk.f1_score(
        judged["state_true"], judged["state"], labels=STATES, average=None, zero_division=0
    )
    assert metrics.f1_scores(counts, forced=True) == pytest.approx(expected)
    recall = sk.recall_score(
        judged["state_true"], judged["state"], labels=STATES, average="macro", zero_division=0
    )
    assert metrics.balanced_accuracy(counts, forced=True) == pytest.approx(recall)
    assert metrics.macro_f1(counts, forced=True) < metrics.macro_f1(counts)


def test_a_class_that_does_not_occur_has_no_score():
    table = written({"a": [("healthy", "healthy"), ("soft", "soft")]})
    counts = metrics.confusion(table)
    assert metrics.f1_scores(counts)[:2].tolist() == [1.0, 1.0]
    assert np.isnan(metrics.f1_scores(counts)[2])
    assert metrics.macro_f1(counts) == 1.0


def test_leaving_a_class_open_earns_nothing():
    table = written({"a": [("healthy", "healthy"), ("hard", "undetermined")]})
    counts = metrics.confusion(table)
    assert metrics.f1_scores(counts)[2] == 0.0
    assert metrics.macro_f1(counts) == 0.5


def test_nothing_is_answered():
    counts = metrics.confusion(written({"a": [("healthy", "undetermined")]}))
    assert metrics.coverage(counts) == 0.0
    assert metrics.macro_f1(counts) == 0.0
    assert np.isnan(metrics.coverage(np.zeros((3, 4), int)))


def test_scores_are_the_same_one_by_one_and_all_at_once(judged):
    counts = metrics.cell_confusions(judged)[1]
    for score in (metrics.macro_f1, metrics.balanced_accuracy, metrics.coverage):
        np.testing.assert_array_equal(score(counts), [score(one) for one in counts])


def test_grave_errors_by_hand():
    eta = {"healthy": 0.0, "soft": 0.3, "hard": 0.99}
    table = written(
        {
            "a": [("soft", "healthy"), ("soft", "soft"), ("soft", "undetermined")],
            "b": [("hard", "healthy"), ("healthy", "soft"), ("healthy", "healthy")],
        },
        eta,
    )
    assert metrics.wrong_healthy(table) == pytest.approx(500.0)
    assert metrics.false_alarms(table) == pytest.approx(500.0)
    table.loc[4, "transient_short"] = True
    assert metrics.false_alarms(table, transients=False) == 0.0
    faint = written({"a": [("soft", "healthy")]}, {"healthy": 0, "soft": 0.2, "hard": 1})
    assert np.isnan(metrics.wrong_healthy(faint))


def test_alarms_are_worth_less_where_breakdown_is_rare(judged):
    part = judged.assign(state=judged["state"].replace("undetermined", "healthy"))
    alarm, faulty = part["state"] != "healthy", part["state_true"] != "healthy"
    assert metrics.alarm_precision(part) == pytest.approx(sk.precision_score(faulty, alarm))
    rare = sk.precision_score(
        faulty, alarm, sample_weight=np.where(faulty, 0.05 / faulty.mean(), 0.95 / (~faulty).mean())
    )
    assert metrics.alarm_precision(part, 0.05) == pytest.approx(rare)
    assert np.isnan(metrics.alarm_precision(part[~faulty]))
    assert np.isnan(metrics.alarm_precision(part.assign(state="healthy")))


def test_healthy_families(judged):
    table = metrics.false_alarms_by_family(judged, ["voids", "growth"]).set_index("family")
    whole = judged[(judged["family"] == "healthy") & (judged["state_true"] == "healthy")]
    for name in ("voids", "growth"):
        part = whole[whole[name]]
        share = part["state"].isin(["soft", "hard"]).mean()
        assert table.loc[name, "false_alarms"] == pytest.approx(1000 * share)
        assert table.loc[name, "cells"] == part["cell_id"].nunique()
    assert table.loc["no confounder", "cycles"] == (~whole["voids"] & ~whole["growth"]).sum()
    broken = judged[(judged["family"] != "healthy") & (judged["state_true"] == "healthy")]
    assert table.loc["cells that break, while healthy", "cycles"] == len(broken)


def test_reliability_by_hand():
    found = metrics.reliability(
        np.array([0.1, 0.1, 0.6, 0.9, np.nan]), np.array([0, 1, 1, 1, 1], bool), bins=2
    )
    assert found.count.tolist() == [2, 2]
    assert found.said.tolist() == pytest.approx([0.1, 0.75])
    assert found.happened.tolist() == [0.5, 1.0]
    assert found.error == pytest.approx((2 * 0.4 + 2 * 0.25) / 4)
    assert np.isnan(metrics.reliability(np.array([np.nan]), np.array([True])).error)
    assert metrics.reliability(np.ones(3), np.ones(3, bool)).error == 0.0


def test_reliability_is_scikit_learns_curve(judged):
    from sklearn.calibration import calibration_curve

    said = (judged["p_soft"] + judged["p_hard"]).to_numpy()
    true = (judged["state_true"] != "healthy").to_numpy()
    happened, mean = calibration_curve(true, said, n_bins=10)
    found = metrics.fault_reliability(judged)
    full = found.count > 0
    assert found.happened[full] == pytest.approx(happened)
    assert found.said[full] == pytest.approx(mean)


def test_brier_is_scikit_learns(judged):
    p = judged[["p_healthy", "p_soft", "p_hard"]].to_numpy()
    true = class_numbers(judged["state_true"])
    expected = sk.brier_score_loss(true, p, scale_by_half=False)
    assert metrics.brier(judged) == pytest.approx(expected)


def test_risk_coverage_by_counting(judged):
    cover, risk = metrics.risk_coverage(judged)
    p = judged[["p_healthy", "p_soft", "p_hard"]].to_numpy()
    wrong = p.argmax(axis=1) != class_numbers(judged["state_true"])
    for limit in (0.5, 0.7, 0.9):
        sure = p.max(axis=1) >= limit
        k = np.searchsorted(cover, sure.mean() - 1e-12)
        assert cover[k] == pytest.approx(sure.mean())
        assert risk[k] == pytest.approx(wrong[sure].mean())
    assert cover[-1] == 1.0
    assert (np.diff(cover) > 0).all()


def test_equal_confidences_are_answered_together():
    cover, risk = metrics.risk_coverage(
        written({"a": [("healthy", "healthy"), ("soft", "healthy"), ("soft", "soft")]})
    )
    assert cover.tolist() == [1.0]
    assert risk.tolist() == [pytest.approx(1 / 3)]
    nobody = written({"a": [("soft", "soft")]}).assign(p_healthy=np.nan)
    assert metrics.risk_coverage(nobody)[0].tolist() == []


def test_eta_by_hand():
    table = written({"a": [("soft", "soft"), ("healthy", "soft"), ("hard", "undetermined")]})
    assert metrics.eta_error(table) == pytest.approx((0.0 + 0.5) / 2)
    inside, width = metrics.eta_interval(table)
    assert inside == pytest.approx(2 / 3)
    assert width == pytest.approx(0.6)
    none = table.assign(electronic_fraction_lower=np.nan)
    assert all(np.isnan(metrics.eta_interval(none)))


def test_guard_bands_leave_out_what_nobody_can_tell(judged):
    clear = metrics.outside_bands(judged)
    eta = judged["eta"]
    near = ((eta >= 0.02) & (eta <= 0.10)) | ((eta >= 0.90) & (eta <= 0.98))
    assert len(clear) == (~near).sum()
    assert metrics.scores(judged)["macro_f1_clear"] == pytest.approx(
        float(metrics.macro_f1(metrics.confusion(clear)))
    )


def test_baselines_are_as_bad_as_they_are(judged):
    share = (judged["state_true"] == "healthy").mean()
    never = metrics.scores(baseline(judged, ALWAYS_HEALTHY))
    assert never["wrong_healthy"] == 1000.0
    assert never["false_alarms"] == 0.0
    assert never["macro_f1"] == pytest.approx(2 * share / (1 + share) / 3)
    ever = metrics.scores(baseline(judged, ALWAYS_SOFT))
    assert (ever["wrong_healthy"], ever["false_alarms"]) == (0.0, 1000.0)
    assert ever["coverage"] == never["coverage"] == 1.0
    assert np.isnan(never["eta_interval_coverage"])
    assert never["ece"] == pytest.approx(1 - share)
