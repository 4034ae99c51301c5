"""The order of rows, and rows that stand twice."""

import numpy as np

from softbreak.data.readers.tables.order import RECORD, arranged

N = 120


def table(**more):
    row = np.arange(N)
    return {
        "test_time_second": row * 10.0,
        "voltage_volt": 0.05 + 1e-5 * np.random.default_rng(1).normal(size=N),
        "current_ampere": np.where(row // 20 % 2, -1e-3, 1e-3),
        **more,
    }


def taken(arrays, rows):
    return {name: array[rows] for name, array in arrays.items()}


def test_rows_in_order_are_left_alone():
    assert arranged(table()).rows is None


def test_newest_first_by_its_times():
    found = arranged(taken(table(), slice(None, None, -1)))
    assert found.rows.tolist() == list(range(N))[::-1]
    assert "newest_first" in found.said


def test_newest_first_where_the_time_restarts_with_each_step():
    """The dates tell; the time within a step rises and falls either way."""
    told = table(unix_time_second=1.7e9 + np.arange(N) * 10.0)
    told["test_time_second"] = np.arange(N) % 20 * 10.0
    assert arranged(told, restarts=True).rows is None
    found = arranged(taken(told, slice(None, None, -1)), restarts=True)
    assert found.rows.tolist() == list(range(N))[::-1]


def test_a_clock_that_steps_back_once_is_no_reversal():
    told = table()
    told["test_time_second"] = np.concatenate([np.arange(60) * 10.0, np.arange(60) * 10.0])
    assert arranged(told).rows is None


def test_dates_that_rise_overrule_a_time_that_falls():
    told = table(unix_time_second=1.7e9 + np.arange(N) * 10.0)
    told["test_time_second"] = told["test_time_second"][::-1].copy()
    assert arranged(told).rows is None


def test_exported_twice():
    for more in ({}, {RECORD: np.arange(N) + 1.0}, {"unix_time_second": 1.7e9 + np.arange(N)}):
        twice = np.concatenate([np.arange(N), np.arange(N)])
        found = arranged(taken(table(**more), twice))
        assert found.rows.tolist() == list(range(N))
        assert "120 of 240 rows" in found.said["rows_twice"]


def test_a_clock_that_stands_still_is_no_repetition():
    told = {"test_time_second": np.repeat(np.arange(4) * 8.0, 30), "voltage_volt": np.full(N, 0.1)}
    assert arranged({**told, "current_ampere": np.full(N, 1e-3)}).rows is None


def test_exports_that_overlap_with_holes():
    first, second = np.arange(0, 90), np.arange(40, N)
    rows = np.concatenate([np.delete(first, 50), np.delete(second, 5)])
    told = table(unix_time_second=1.7e9 + np.arange(N))
    found = arranged(taken(told, rows))
    assert rows[found.rows].tolist() == sorted(set(rows.tolist()))


def test_equal_cycles_of_a_clock_that_restarts_are_not_dropped():
    """A coarse voltage, a steady cell, a time within the cycle: equal rows are no repetition."""
    told = table()
    told["voltage_volt"] = np.where(told["current_ampere"] > 0, 0.05, -0.05)
    told["test_time_second"] = np.arange(N) % 40 * 10.0
    assert arranged(told).rows is None
    assert arranged(told, restarts=True).rows is None


def test_a_test_that_was_started_again_is_not_dropped():
    told = table()
    other = {**table(), "voltage_volt": table()["voltage_volt"] + 1e-4}
    both = {name: np.concatenate([told[name], other[name]]) for name in told}
    assert arranged(both).rows is None


def test_exports_in_another_order_than_their_dates():
    told = table(unix_time_second=1.7e9 + np.arange(N) * 10.0)
    rows = np.concatenate([np.arange(80, N), np.arange(30), np.arange(30, 80)])
    found = arranged(taken(told, rows))
    assert rows[found.rows].tolist() == list(range(N))
    assert "by date" in found.said["exports_in_order"]


def test_a_clock_that_was_set_back_moves_no_rows():
    """Summer time ends: an hour comes twice."""
    dates = 1.7e9 + np.arange(N) * 100.0
    for back in (3600.0, 1e6):  # and a computer that believed in another year
        told = table(unix_time_second=np.where(np.arange(N) < 60, dates, dates - back))
        assert arranged(told).rows is None


def test_numbers_that_begin_anew_do_not_mix_two_exports():
    number = np.concatenate([np.arange(60), np.arange(60)]) + 1.0
    told = table(**{RECORD: number, "unix_time_second": 1.7e9 + np.arange(N) * 10.0})
    rows = np.concatenate([np.arange(60), np.arange(60), np.arange(60, N)])
    found = arranged(taken(told, rows))
    assert rows[found.rows].tolist() == list(range(N))


def test_rows_in_no_order_are_sorted_by_what_all_clocks_agree_on():
    shuffle = np.random.default_rng(2).permutation(N)
    for more in ({}, {RECORD: np.arange(N) + 1.0}, {"unix_time_second": 1.7e9 + np.arange(N)}):
        found = arranged(taken(table(**more), shuffle))
        assert shuffle[found.rows].tolist() == list(range(N))
        assert "rows_sorted" in found.said
    restarting = table(unix_time_second=1.7e9 + np.arange(N))
    restarting["test_time_second"] = np.arange(N) % 20 * 10.0
    found = arranged(taken(restarting, shuffle), restarts=True)
    assert shuffle[found.rows].tolist() == list(range(N))


def test_rows_whose_clocks_disagree_are_not_sorted():
    shuffle = np.random.default_rng(2).permutation(N)
    told = taken(table(), shuffle)
    told[RECORD] = np.random.default_rng(3).permutation(N).astype(float)
    assert "rows_sorted" not in arranged(told).said


def test_an_export_that_overlaps_the_one_above_without_a_number_of_its_rows():
    overlapped = np.concatenate([np.arange(80), np.arange(60, N)])
    found = arranged(taken(table(), overlapped))
    assert found.rows.tolist() == [*range(80), *range(100, N + 20)]
    told = taken(table(), overlapped)
    told["voltage_volt"] = told["voltage_volt"].copy()
    told["voltage_volt"][90] += 1e-3  # something else was measured: no copy
    assert arranged(told).rows is None
    gap = np.concatenate([np.arange(80), np.arange(60, 70), np.arange(75, N)])
    assert arranged(taken(table(), gap)).rows is None
