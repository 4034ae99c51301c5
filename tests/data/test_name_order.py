import random

import pytest

from softbreak.data.name_order import life_order


@pytest.mark.parametrize(
    "names",
    [
        ["before.csv", "after.csv"],
        ["x_initial.csv", "x.csv", "x_after 9 h.csv", "x_after 100 h.csv"],
        ["vorher.txt", "nachher.txt"],
        ["part one.csv", "part two.csv", "part three.csv", "part four.csv"],
        ["first.csv", "second.csv", "third.csv", "fourth.csv", "fifth.csv"],
        ["erste.csv", "zweite.csv", "dritte.csv"],
        ["a_V.csv", "a_VI.csv", "a_VIII.csv", "a_IX.csv", "a_X.csv"],
        ["c_Jan.csv", "c_Feb.csv", "c_Mar.csv", "c_April.csv"],
        ["c_Nov.csv", "c_Dez.csv", "c_Jan.csv"],
        ["28.02.2024.csv", "29.02.2024.csv", "01.03.2024.csv"],
        ["x_2024-02-28.csv", "x_2024-02-29.csv", "x_2024-12-01.csv"],
        ["x_280224.csv", "x_290224.csv", "x_010324.csv"],
        ["12-30-23.csv", "12-31-23.csv", "01-01-24.csv"],
        ["LPS.csv", "LPS2.csv", "LPS10.csv", "LPS_cont.csv", "LPS_cont2.csv"],
        ["a/run 9.csv", "a/run 10.csv"],
    ],
)
def test_the_order_that_names_tell(names):
    mixed = list(names)
    for seed in range(5):
        random.Random(seed).shuffle(mixed)
        assert [mixed[k] for k in life_order(mixed)] == names


def test_dates_that_can_be_read_either_way_have_no_order_of_their_own():
    names = ["02-01-2024.csv", "01-02-2024.csv", "03-01-2024.csv"]
    assert [names[k] for k in life_order(names)] == sorted(names)


def test_no_files():
    assert life_order([]) == []
