"""The comparison: the same cells for everyone, nothing looks ahead, and the tables agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.errors import SoftbreakError
from softbreak.models.carried_forward import carried_forward
from softbreak.training import metrics
from softbreak.training.baselines import BASELINES
from softbreak.training.compare import Comparison, compare
from softbreak.training.judging import UNKNOWN, judge, verdict_columns
from softbreak.training.recipes import PopulationRecipe, Stratum
from softbreak.training.splits import LeakError
from softbreak.verdict import State, Verdict

RULES = ("fused", "voltage", "cv-hardened", "eis")
SMALL = Comparison(RULES, cells=8, seed=1234, laws=("b",), cycles=10)


@pytest.fixture(scope="module")
def compared():
    return compare(SMALL)


def said(state):
    return Verdict(State(state), 0.2, 0.5, 0.3, 0.4, 0.1, 0.6)


def test_a_verdict_is_carried_forward_and_never_back():
    verdicts = [said("healthy"), said("soft")]
    cycles = np.array([9.9, 10.0, 29.0, 99.0])
    found = carried_forward(np.array([10.0, 30.0]), verdicts, cycles, UNKNOWN)
    assert [str(one.state) for one in found] == ["undetermined", "healthy", "healthy", "soft"]
    assert np.isnan(found[0].p_soft)
    assert verdict_columns(found)["electronic_fraction"].tolist()[1:] == [0.4, 0.4, 0.4]
    nothing = carried_forward(np.empty(0), [], np.array([1.0, 2.0]), UNKNOWN)
    assert [one.state for one in nothing] == [State.UNDETERMINED] * 2


def test_everyone_judges_the_same_cycles(compared):
    cycles = compared.judged.cycles
    for _, group in cycles.groupby(["laws", "setting"]):
        keys = [
            part[["cell_id", "cycle_index", "eta", "state_true"]].reset_index(drop=True)
            for _, part in group.groupby("detector")
        ]
        for other in keys[1:]:
            pd.testing.assert_frame_equal(keys[0], other)
    by_setting = cycles.groupby("setting")["detector"].unique()
    assert set(by_setting["all evidence"]) == set(RULES)
    assert set(by_setting["voltage alone"]) == {"fused", "voltage"}


def test_less_evidence_changes_verdicts_and_not_the_truth(compared):
    cycles = compared.judged.cycles
    fused = cycles[(cycles["detector"] == "fused") & (cycles["laws"] == "b")]
    whole, bare = (fused[fused["setting"] == name] for name in ("all evidence", "voltage alone"))
    assert whole["eta"].tolist() == bare["eta"].tolist()
    assert whole["state"].tolist() != bare["state"].tolist()
    assert not bare[["has_impedance", "has_voltammetry", "has_temperature"]].any(axis=None)


def test_tables_agree_with_the_verdicts(compared):
    tables, cycles = compared.tables, compared.judged.cycles
    scores = tables["scores"].set_index(["laws", "setting", "detector"])
    for key, part in cycles.groupby(["laws", "setting", "detector"]):
        counts = metrics.confusion(part)
        assert scores.loc[key, "macro_f1"] == pytest.approx(float(metrics.macro_f1(counts)))
        own = tables["confusion"].set_index(["laws", "setting", "detector"]).loc[key]
        said_counts = own[["healthy", "soft", "hard", "undetermined"]].to_numpy()
        assert said_counts.tolist() == counts.tolist()
    assert set(BASELINES) <= set(tables["scores"]["detector"])
    alarms = tables["false_alarms"]
    worst = alarms[(alarms["detector"] == "always soft") & (alarms["cycles"] > 0)]
    assert (worst["false_alarms"] == 1000.0).all()


def test_intervals_hold_their_values(compared):
    table = compared.tables["intervals"].dropna()
    assert (table["lower"] <= table["value"] + 1e-9).all()
    assert (table["value"] <= table["upper"] + 1e-9).all()
    told = compared.tables["differences"]
    assert set(told["reference"]) == {"cv-hardened", "fused"}
    assert not (told["detector"] == told["reference"]).any()


def test_what_each_judges_by_itself(compared):
    own = compared.tables["own_units"].set_index(["laws", "setting", "detector"])
    row = own.loc[("b", "all evidence", "cv-hardened")]
    assert row["unit"] == "sweep"
    assert 0 < row["answered"] <= row["units"]
    assert own.loc[("b", "all evidence", "fused"), "unit"] == "cycle"
    costs = compared.tables["costs"].set_index(["laws", "setting", "detector"])
    assert (costs["microsecond_per_cycle"] >= 0).all()
    assert ("b", "all evidence", "(reading the spectra)") in costs.index


def test_the_same_comparison_gives_the_same_tables(compared):
    again = compare(replace(SMALL, settings=("voltage alone",))).tables
    for name in ("scores", "confusion", "false_alarms", "intervals"):
        whole = compared.tables[name]
        mine = whole[whole["setting"] == "voltage alone"]
        pd.testing.assert_frame_equal(mine.reset_index(drop=True), again[name])


def test_both_law_sets_are_judged_one_after_the_other():
    told = []
    two = replace(SMALL, cells=2, laws=("b", "a"), settings=("voltage alone",), cycles=4)
    found = compare(two, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    assert found.tables["prevalence"]["laws"].tolist() == ["b", "a"]
    assert set(found.judged.cycles["cell_id"].str[0]) == {"a", "b"}


def test_nobody_is_judged_on_cells_to_learn_from():
    with pytest.raises(SoftbreakError, match="only judge"):
        judge(PopulationRecipe(2, seed=3, strata=(Stratum(4),)), ("fused",))
    with pytest.raises(LeakError):
        compare(replace(SMALL, seed=3))


def test_a_rule_for_spectra_has_nothing_to_say_without_them():
    with pytest.raises(SoftbreakError, match="voltage alone"):
        compare(replace(SMALL, detectors=("eis",), settings=("voltage alone",)))
