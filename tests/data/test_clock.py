"""A clock that is fed a sample at a time tells what it tells of the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.data.clock import (
    clock_flush,
    clock_peek,
    clock_run,
    clock_step,
    forward_clock,
    new_clock,
)

CASES = {
    "steady": [0.0, 10, 20, 30],
    "reset": [0.0, 10, 20, 0, 10, 20],
    "two samples swapped": [1.0, 3, 2, 4, 5],
    "out and back": [0.0, 10, 1e9, 30, 40],
    "back at once": [5.0, 5, 5, 0, 0, 1],
    "one": [7.0],
}


@pytest.mark.parametrize("name", CASES)
def test_sample_by_sample_is_the_whole(name):
    times = np.array(CASES[name])
    state, found = new_clock(), []
    for time in times:
        found.append(clock_step(state, time))
    found = [*found[1:], clock_flush(state)]
    assert found == forward_clock(times).tolist()
    assert (np.diff(found) >= 0).all()


def test_a_reset_runs_on_after_one_more_interval():
    assert forward_clock(np.array([0.0, 10, 20, 0, 10])).tolist() == [0, 10, 20, 30, 40]


def test_looking_changes_nothing():
    state = new_clock()
    assert clock_peek(state) == 0.0
    for time in (0.0, 10.0, 20.0, 5.0):
        clock_step(state, time)
    before = state.copy()
    assert clock_peek(state) == 30.0  # 20 s, and the last usual interval of 10 s
    np.testing.assert_array_equal(state, before)


def test_times_that_are_no_numbers_are_all_zero():
    assert forward_clock(np.full(3, np.nan)).tolist() == [0, 0, 0]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8),
    st.lists(st.sampled_from([0.0, 1.0, 60.0]), max_size=9),
)
def test_a_run_in_order_is_one_step_after_the_other(before, steps):
    before[-2:] = sorted(before[-2:])
    run = before[-1] + np.cumsum(steps)
    one, all_of_it = new_clock(), new_clock()
    for time in before:
        clock_step(one, time)
        clock_step(all_of_it, time)
    for time in run:
        clock_step(one, time)
    clock_run(all_of_it, run)
    assert one.tolist() == all_of_it.tolist()


def test_times_in_order_are_not_copied():
    time = np.array([0.0, 1.0, 1.0, 5.0])
    found = forward_clock(time)
    assert np.shares_memory(found, time)
    assert not found.flags.writeable
    zeros = forward_clock(np.array([-0.0, 0.0, 1.0]))
    assert not np.signbit(zeros).any()
