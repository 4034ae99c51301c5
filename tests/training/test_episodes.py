"""Onsets, delays and leads against lives that are written out."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.training.episodes import delay_curve, onset_scores, onsets, preludes
from tests.training.judged import random_judged, written

H, S, X, U = "healthy", "soft", "hard", "undetermined"
LIVES = written(
    {
        # soft from the third cycle, seen a cycle later, hard two cycles after that
        "late": [(H, H), (H, H), (S, U), (S, S), (S, S), (X, X)],
        # an alarm before the onset finds nothing
        "false": [(H, S), (H, H), (S, H), (S, H)],
        # hard at once
        "sudden": [(H, H), (X, X)],
        # found only when it is hard
        "blind": [(H, H), (S, H), (S, H), (X, S)],
        "sound": [(H, H), (H, S)],
    }
)


def test_delays_and_leads():
    found = onsets(LIVES).set_index("cell_id")
    assert set(found.index) == {"late", "false", "sudden", "blind"}
    assert found.loc["late", "onset_cycle"] == 2
    assert found.loc["late", "delay_cycles"] == 1
    assert found.loc["late", "delay_hour"] == 2.0
    assert np.isnan(found.loc["false", "delay_cycles"])
    assert found.loc["sudden", "delay_cycles"] == 0
    assert found.loc["blind", "delay_cycles"] == 2
    # said at the end of cycle 3 (8 h), hard from the start of cycle 5 (10 h)
    assert (found.loc["late", "lead_cycles"], found.loc["late", "lead_hour"]) == (2.0, 2.0)
    assert found["lead_hour"].notna().sum() == 1


def test_in_a_few_numbers():
    told = onset_scores(LIVES)
    assert told["onsets"] == 4
    assert told["onset_delay_median"] == 1.0
    assert told["onset_within_2"] == 0.75
    assert told["onset_missed"] == 0.25
    assert preludes(LIVES) == 2
    assert told["lead_share"] == 0.5
    assert told["lead_hour_median"] == 2.0


def test_families_that_creep_in_are_not_abrupt():
    told = onset_scores(LIVES.assign(family="mixed"))
    assert told["onsets"] == 4
    assert told["onsets_abrupt"] == 0
    assert np.isnan(told["onset_missed_abrupt"])


def test_nothing_broke():
    sound = LIVES[LIVES["cell_id"] == "sound"]
    assert onsets(sound).empty
    told = onset_scores(sound)
    assert told["onsets"] == 0
    assert np.isnan(told["onset_delay_median"])
    assert np.isnan(told["lead_share"])
    assert np.isnan(delay_curve(sound)[1]).all()


def test_the_curve_of_delays_only_rises():
    cycles, share = delay_curve(LIVES, longest=5)
    assert cycles.tolist() == [0, 1, 2, 3, 4, 5]
    assert share.tolist() == [0.25, 0.5, 0.75, 0.75, 0.75, 0.75]
    assert (np.diff(delay_curve(random_judged())[1]) >= 0).all()


def test_the_order_of_rows_does_not_matter():
    shuffled = LIVES.sample(frac=1.0, random_state=3)
    assert onset_scores(shuffled) == pytest.approx(onset_scores(LIVES), nan_ok=True)
