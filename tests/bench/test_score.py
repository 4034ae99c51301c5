"""Scores of entries that are known by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from softbreak.bench.editions import PARTS
from softbreak.bench.score import alarm_hours, score_folder, scores_of, scorings, truth_of


def _judged(states: list[str], true: list[str], cell: str = "c") -> pd.DataFrame:
    n = len(states)
    eta = [{"healthy": 0.0, "soft": 0.5, "hard": 0.98}[one] for one in true]
    fault = np.array([one != "healthy" for one in states], dtype=float)
    table = {
        "cell_id": cell,
        "cycle_index": np.arange(1, n + 1),
        "start_time_second": 3600.0 * np.arange(n),
        "end_time_second": 3600.0 * np.arange(1, n + 1),
        "state_true": true,
        "state": states,
        "eta": eta,
        "transient_short": False,
        "family": "filament",
        "p_healthy": 1.0 - fault,
        "p_soft": fault,
        "p_hard": 0.0,
        "electronic_fraction": eta,
        "electronic_fraction_lower": np.nan,
        "electronic_fraction_upper": np.nan,
    }
    return pd.DataFrame(table)


def test_what_is_right_scores_best() -> None:
    true = ["healthy"] * 4 + ["soft"] * 4
    told = scores_of(_judged(true, true))
    assert told["macro_f1"] == told["coverage"] == 1.0
    assert told["risk"] == told["wrong_healthy"] == told["false_alarms_1000h"] == 0.0
    assert told["onset_delay_median"] == told["onset_missed"] == told["eta_error"] == 0.0


def test_alarms_in_a_row_are_one_alarm_an_hour_is_an_hour() -> None:
    said = ["healthy", "soft", "soft", "healthy", "hard", "healthy", "soft", "soft"]
    one = _judged(said, ["healthy"] * 6 + ["soft"] * 2)
    other = _judged(["soft"], ["healthy"], cell="d")
    counts = alarm_hours(pd.concat([one, other], ignore_index=True))
    assert counts.tolist() == [[2.0, 6.0], [1.0, 1.0]]
    assert scores_of(one)["false_alarms_1000h"] == pytest.approx(1000.0 * 2 / 6)


def test_what_is_left_open_is_no_error_and_no_answer() -> None:
    told = scores_of(_judged(["undetermined"] * 3 + ["soft"], ["healthy"] * 3 + ["soft"]))
    assert told["coverage"] == 0.25
    assert told["risk"] == 0.0


def test_intervals_hold_the_value() -> None:
    rng = np.random.default_rng(0)
    true = ["healthy"] * 6 + ["soft"] * 6
    cells = [
        _judged([str(s) for s in rng.permutation(true)], true, cell=f"c{k}") for k in range(12)
    ]
    told = scores_of(pd.concat(cells, ignore_index=True))
    for name in ("macro_f1", "wrong_healthy", "false_alarms_1000h"):
        assert told[f"{name}_lower"] <= told[name] <= told[f"{name}_upper"]
        assert told[f"{name}_lower"] < told[f"{name}_upper"]


def test_none_seen_is_not_certainly_none() -> None:
    cells = [
        _judged(["healthy"] * 4 + ["soft"] * 2, ["healthy"] * 4 + ["soft"] * 2, cell=f"c{k}")
        for k in range(10)
    ]
    told = scores_of(pd.concat(cells, ignore_index=True))
    assert told["wrong_healthy"] == told["false_alarms_1000h"] == 0.0
    assert told["wrong_healthy_upper"] == pytest.approx(1000.0 * 3 / 10)  # ten broken cells
    assert told["false_alarms_1000h_upper"] == pytest.approx(1000.0 * 3 / 40)  # 40 healthy hours


def test_truth_is_made_anew_and_agrees_with_what_is_published(tiny: Path) -> None:
    published = pd.read_csv(tiny / "published-a" / "truth.csv")
    again = truth_of("tiny", PARTS[0])
    assert again["state_true"].tolist() == published["state_true"].tolist()
    assert again["cell_id"].tolist() == published["cell_id"].tolist()
    np.testing.assert_allclose(again["eta"], published["eta"], atol=1e-8)


def test_each_scoring_of_the_hidden_set_is_noted_once(tiny: Path) -> None:
    folder = tiny / "entries" / "noted" / "hidden"
    folder.mkdir(parents=True)
    for state in ("healthy", "soft"):
        (folder / "verdicts.csv").write_text(f"cell,cycle,state\ncell-0001,1,{state}\n")
        score_folder(tiny)
        score_folder(tiny)
    known = scorings(tiny)
    assert known.loc[known["entrant"] == "noted", "number"].tolist() == [1, 2]
