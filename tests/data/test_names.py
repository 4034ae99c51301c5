import pytest

from softbreak.data.names import file_name, goes_on, natural_key


@pytest.mark.parametrize(
    ("path", "following"),
    [
        ("a/run_9.csv", "a/run_10.csv"),
        ("02_GCPL.mpt", "03_GCPL.mpt"),
        ("x part1.txt", "X Part2.txt"),
        ("LPSCl_a_09_GCPL_C03.mpr", "LPSCl_a_10_GCPL_C03.mpr"),
    ],
)
def test_a_number_that_is_one_higher(path, following):
    assert goes_on(path, following)
    assert not goes_on(following, path)


@pytest.mark.parametrize(
    ("path", "following"),
    [
        ("LLZO_10", "LLZO_20"),
        ("cell_1.csv", "cell_2.csv"),
        ("pellet 1", "pellet 2"),
        ("Zelle1", "Zelle2"),
        ("a_1", "b_2"),
        ("1_1", "2_2"),
        ("a1", "a1"),
        ("a", "b"),
        ("a_99999999999", "a_100000000000"),
    ],
)
def test_numbers_of_cells_and_numbers_that_do_not_count(path, following):
    assert not goes_on(path, following)


def test_names_with_odd_digits_can_be_sorted():
    assert natural_key("a²10") == [(1, "a²"), (0, 10)]
    assert file_name("C:\\x\\y.csv") == "y.csv"


def test_a_second_file_of_one_name_comes_behind_the_first():
    names = ["a/run (10).csv", "a/run.csv", "a/run (2).csv", "a/run_0.5C", "a/run_0.10C"]
    assert sorted(names, key=natural_key) == [
        *("a/run.csv", "a/run (2).csv", "a/run (10).csv", "a/run_0.5C", "a/run_0.10C"),
    ]
