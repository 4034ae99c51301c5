"""Splits, scores and doubts of measured cells; who may be champion."""

import numpy as np
import pandas as pd
import pytest

from softbreak.training.measured import Archive, doubts, splits_of
from softbreak.training.measured_tables import gate, measured_tables


def truth(cells=12, short=6, group=lambda k: f"g{k // 2}"):
    rows = [
        (f"c{k:02}", cycle, "soft" if k < short and cycle > 4 else "healthy", group(k))
        for k in range(cells)
        for cycle in range(10)
    ]
    table = pd.DataFrame(rows, columns=["cell_id", "cycle_index", "state", "group"])
    return table.assign(confidence=1.0)


def judged(name, said, **more):
    table = truth().rename(columns={"state": "state_true"})
    eta = np.where(table["state_true"] == "soft", 0.5, 0.0)
    columns = {
        "state": said(table),
        "eta": eta,
        "detector": name,
        "family": "measured",
        "transient_short": False,
        "p_healthy": 0.5,
        "p_soft": 0.5,
        "p_hard": 0.0,
        "start_time_second": table["cycle_index"] * 100.0,
        "end_time_second": table["cycle_index"] * 100.0 + 100.0,
    }
    return table.assign(**columns, **more)


def right(table):
    return table["state_true"].to_numpy()


def late(table):
    return np.where((table["cycle_index"] > 6) & (right(table) == "soft"), "soft", "healthy")


def nervous(table):
    return np.where(table["cycle_index"] == 0, "soft", right(table))


def test_no_cell_and_no_group_stands_on_both_sides_and_every_row_is_tested_once():
    archive = Archive(truth(), {})
    tested = []
    for split in splits_of(archive):
        for column in ("cell_id", "group"):
            names = archive.truth[column].to_numpy()
            assert not set(names[split.train]) & set(names[split.test])
        states = set(archive.truth["state"].to_numpy()[split.train])
        assert states == {"healthy", "soft"}, "every fold has shorts to learn from"
        tested += split.test.tolist()
    assert sorted(tested) == list(range(120))


def test_one_group_alone_cannot_be_held_out():
    assert list(splits_of(Archive(truth(group=lambda _: "all"), {}))) == []


def test_few_labels_claim_nothing():
    told = " ".join(doubts(truth(cells=4, short=1, group=lambda _: "all")))
    assert "Only 4 cells have labels" in told
    assert "Only 1 cells with a short" in told
    assert "one lab group" in told
    assert doubts(truth(cells=80, short=40)) == []


def test_scores_stand_beside_baselines_and_have_intervals():
    tables = measured_tables(pd.concat([judged("hybrid", right), judged("other", late)]))
    scores = tables["scores"].set_index("detector")
    assert scores.loc["hybrid", "wrong_healthy"] == 0.0
    # 6 cells, of their 5 soft cycles the first two are called healthy
    assert scores.loc["other", "wrong_healthy"] == 400.0
    assert scores.loc["other", "onset_delay_median"] == 2.0
    assert scores.loc["always healthy", "wrong_healthy"] == 1000.0
    assert scores.loc["always soft", "false_alarms"] == 1000.0
    row = tables["differences"].set_index(["detector", "reference"]).loc[("other", "hybrid")]
    assert row["wrong_healthy"] == 400.0
    assert row["wrong_healthy_lower"] > 0.0


def three(candidate):
    references = [judged("hybrid", late), judged("fused", late)]
    return pd.concat([judged("this model", candidate), *references])


@pytest.mark.parametrize(
    ("measured", "simulated", "opened", "words"),
    [
        (right, right, True, ""),
        (late, late, True, ""),  # not worse is enough
        (nervous, right, False, "false alarms"),
        (right, nervous, False, "On simulated cells"),
        (lambda t: ["healthy"] * len(t), right, False, "wrong healthy 1e+03"),
    ],
)
def test_a_champion_is_not_worse_in_either_error_on_either_kind(measured, simulated, opened, words):
    tables = {"measured": three(measured), "simulated": three(simulated)}
    found = gate("this model", tables)
    assert found.open is opened
    assert words in " ".join(found.reasons)


def test_nothing_held_out_shows_nothing():
    found = gate("this model", {"measured": None, "simulated": three(right)})
    assert not found.open
    assert "nothing is shown" in found.reasons[0]
