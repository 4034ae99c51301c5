"""Cohen's κ: by hand, at its limits, with an interval."""

import math

import numpy as np
import pandas as pd

from softbreak.training.agreement import agreement, agreements, kappa_of


def spoken(**answers):
    rows = [
        (f"c{k // 10}", k % 10, who, state)
        for who, states in answers.items()
        for k, state in enumerate(states)
    ]
    return pd.DataFrame(rows, columns=["cell_id", "cycle_index", "reviewer", "state"])


def test_kappa_by_hand():
    # 50 cases: both yes 20, both no 15, 5 and 10 apart. p_o = 0.7;
    # p_e = 0.5*0.6 + 0.5*0.4 = 0.5; κ = 0.2/0.5
    assert math.isclose(float(kappa_of(np.array([[20, 5], [10, 15]]))), 0.4)


def test_equal_answers_are_one_and_luck_is_zero():
    states = ["soft", "healthy"] * 30
    found = agreement(spoken(ann=states, bob=states), "ann", "bob")
    assert (found.kappa, found.agreed, found.cells, found.cycles) == (1.0, 1.0, 6, 60)
    luck = agreement(spoken(ann=states, bob=["soft"] * 60), "ann", "bob")
    assert luck.kappa == 0.0


def test_one_answer_throughout_tells_nothing():
    found = agreement(spoken(ann=["soft"] * 9, bob=["soft"] * 9), "ann", "bob")
    assert found.agreed == 1.0
    assert math.isnan(found.kappa)


def test_the_interval_is_wider_where_whole_cells_differ():
    base = (["soft"] * 5 + ["healthy"] * 5) * 6
    scattered = ["hard" if k % 6 == 0 else state for k, state in enumerate(base)]
    clustered = ["hard"] * 10 + base[10:]
    one = agreement(spoken(ann=base, bob=scattered), "ann", "bob")
    two = agreement(spoken(ann=base, bob=clustered), "ann", "bob")
    assert one.agreed == two.agreed
    assert two.upper - two.lower > 2 * (one.upper - one.lower)
    assert one.lower <= one.kappa <= one.upper


def test_who_shares_no_cycle_has_no_agreement():
    table = spoken(ann=["soft"] * 10, bob=["soft"] * 10)
    table.loc[table["reviewer"] == "bob", "cell_id"] = "other"
    assert list(agreements(table)) == []
    assert agreement(table, "ann", "bob").cycles == 0
