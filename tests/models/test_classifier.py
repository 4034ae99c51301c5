"""Detectors as scikit-learn's classifiers: its own tools, and its own checks where they apply."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted

import softbreak as sb
from softbreak.models.detector import STATES
from softbreak.models.learned.learners import LEARNERS
from tests.models.learned import lesson

APPLY = {
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_estimators_unfitted",
    "check_get_params_invariance",
    "check_set_params",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_valid_tag_types",
    "check_estimators_partial_fit_n_features",
    "check_do_not_raise_errors_in_init_or_set_param",
    "check_class_weight_classifiers",
    "check_decision_proba_consistency",
}
"""The others fit numbered classes on unnamed columns: a detector knows states and features."""


@pytest.mark.parametrize("name", LEARNERS)
def test_scikit_learns_own_checks(name):
    ran = 0
    for estimator, check in estimator_checks_generator(made(name)):
        if getattr(check, "func", check).__name__ in APPLY:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                check(estimator)
            ran += 1
    assert ran >= 8


def made(name="lightgbm", **parameters):
    from softbreak.models.registry import unfitted

    return unfitted(name).set_params(**parameters)


def test_it_is_a_classifier():
    model = sb.detector("lightgbm")
    assert is_classifier(model)
    assert get_tags(model).input_tags.allow_nan
    assert clone(model).get_params() == model.get_params()
    table, states, _, _ = lesson(300)
    model.set_params(rounds=80).fit(table, states)
    check_is_fitted(model)
    assert model.classes_.tolist() == list(STATES)
    assert model.n_features_in_ == len(model.columns_)
    assert model.score(table, states) > 0.8
    assert not hasattr(clone(model), "classes_")


def test_groups_keep_a_cell_on_one_side_and_classes_stay_three():
    table, states, groups, _ = lesson(600)
    model = made(rounds=80)
    scores = cross_val_score(model, table, states, groups=groups, cv=GroupKFold(3))
    assert (scores > 0.7).all()
    few = [state if state != "hard" else "soft" for state in states]
    assert model.fit(table, few).predict_proba(table).shape == (600, 3)


def test_grid_search_and_pipeline():
    table, states, groups, _ = lesson(600)
    search = GridSearchCV(made("logistic", steps=20), {"ridge": [1e-3, 1e-1]}, cv=GroupKFold(2))
    search.fit(table, np.array(states), groups=groups)
    assert search.best_params_["ridge"] in (1e-3, 1e-1)
    # a scaler takes the names away: the places tell the columns
    line = make_pipeline(StandardScaler(), made("logistic", steps=20)).fit(table, states)
    assert line.score(table, states) > 0.7
    with pytest.raises(ValueError, match="in their order"):
        made(rounds=5).fit(table.to_numpy()[:, :5], states)


def test_a_hybrid_is_cross_validated_with_its_fractions_also_unknown_ones():
    table, states, groups, eta = lesson(600)
    model = sb.detector("hybrid").unfitted().set_params(rounds=5)
    unknown = np.where(np.arange(600) % 3 == 0, np.nan, eta)
    scores = cross_val_score(
        model, table, states, groups=groups, cv=GroupKFold(2), params={"fractions": unknown}
    )
    assert (scores > 0.7).all()
    with pytest.raises(ValueError, match="not known of any cycle"):
        model.fit(table, states, fractions=np.full(600, np.nan))


def test_what_is_saved_is_the_same_kind_as_ever(tmp_path):
    table, states, _, _ = lesson(300)
    model = made(rounds=5).fit(table, states)
    model.save(tmp_path)
    from softbreak.models.learned.learners import load_learned

    again = load_learned(tmp_path)
    assert type(again).__name__ == "Boosted"
    assert np.array_equal(again.predict_proba(table), model.predict_proba(table))


def test_x_and_y_of_cells(tmp_path):
    from tests.archive.files import write_cell

    for name, ohm in (("a", 400.0), ("b", 500.0)):
        write_cell(tmp_path / f"{name}.csv", ohm=ohm)
    X, groups = sb.cycle_table(sb.read(tmp_path / f"{name}.csv") for name in "ab")
    assert set(groups) == {"a", "b"}
    (tmp_path / "labels.csv").write_text("cell_id,first_cycle,last_cycle,state\na,1,2,soft\n")
    y = sb.labels(tmp_path / "labels.csv", X)
    assert y.index.equals(X.index)
    known = X.index[y.notna()].to_frame()
    assert known[["cell_id", "cycle_index"]].values.tolist() == [["a", 1], ["a", 2]]
    with pytest.raises(sb.SoftbreakError, match="cycle_table"):
        sb.labels(tmp_path / "labels.csv", X.reset_index(drop=True))
    with pytest.raises(sb.SoftbreakError, match="no cells"):
        sb.cycle_table([])
    assert isinstance(X, pd.DataFrame)
