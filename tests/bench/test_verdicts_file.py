"""What is handed in: read strictly, laid beside the right cycles."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from softbreak.bench.verdicts_file import beside_truth, read_verdicts
from softbreak.errors import SoftbreakError


def _truth(cycles: int = 4, cells: tuple[str, ...] = ("cell-0001", "cell-0002")) -> pd.DataFrame:
    start = 100.0 * np.arange(cycles)
    one = {
        "cycle_index": np.arange(1, cycles + 1),
        "start_time_second": start,
        "end_time_second": start + 100.0,
        "state_true": "healthy",
        "eta": 0.0,
        "transient_short": False,
        "family": "healthy",
        "chemistry": "sulfide",
        "laws": "a",
    }
    return pd.concat([pd.DataFrame(one).assign(cell_id=c) for c in cells], ignore_index=True)


def _read(tmp_path: Path, text: str) -> pd.DataFrame:
    (tmp_path / "verdicts.csv").write_text(text)
    return read_verdicts(tmp_path / "verdicts.csv")


def test_a_cycle_that_is_named_gets_its_verdict(tmp_path: Path) -> None:
    said = _read(tmp_path, "cell,cycle,state,probability\ncell-0002,3,soft,0.75\n")
    judged = beside_truth(said, _truth())
    told = judged[judged["state"] == "soft"]
    assert told[["cell_id", "cycle_index"]].to_numpy().tolist() == [["cell-0002", 3]]
    assert told["p_soft"].item() == 0.75
    assert told["p_healthy"].item() == 0.25
    assert (judged["state"] == "undetermined").sum() == 7


def test_times_belong_to_the_cycle_that_they_share_most_with(tmp_path: Path) -> None:
    text = "cell,start_s,end_s,state\ncell-0001,90,210,hard\ncell-0001,205,390,soft\n"
    judged = beside_truth(_read(tmp_path, text), _truth())
    assert judged["state"].tolist()[:4] == ["hard", "hard", "soft", "soft"]
    assert set(judged["state"][4:]) == {"undetermined"}


def test_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    text = ["cell-0001,1,healthy", "cell-0002,1,soft", "cell-0001,2,hard", "cell-0002,4,soft"]
    one = beside_truth(_read(tmp_path, "\n".join(["cell,cycle,state", *text])), _truth())
    other = beside_truth(_read(tmp_path, "\n".join(["cell,cycle,state", *text[::-1]])), _truth())
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cell,cycle\na,1\n", "no column 'state'"),
        ("cell,state\na,soft\n", "neither a column 'cycle'"),
        ("cell,cycle,state\na,1,broken\n", "row 2 has the state 'broken'"),
        ("cell,cycle,state,eta\na,1,soft,1.5\n", "'1.5' in the column 'eta'"),
        ("cell,cycle,state,eta\na,1,soft,much\n", "'much' in the column 'eta'"),
        ("cell,cycle,state\na,1,soft\na,1,hard\n", "judged twice"),
        ("cell,cycle,state\na,,soft\n", "no number in the column 'cycle'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SoftbreakError, match=told):
        _read(tmp_path, text)


def test_a_missing_file_and_an_unknown_cell_are_named(tmp_path: Path) -> None:
    with pytest.raises(SoftbreakError, match="no such file"):
        read_verdicts(tmp_path / "verdicts.csv")
    with pytest.raises(SoftbreakError, match="'cell-0009'"):
        beside_truth(_read(tmp_path, "cell,cycle,state\ncell-0009,1,soft\n"), _truth())
