"""Faults of recordings: each changes what it is named for, and nothing of the truth."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.data.record import Technique
from softbreak.simulate.population import Recipe, make_block
from softbreak.simulate.recordings import LIMIT, LONGEST, SPOILERS, spoiled
from softbreak.simulate.records import block_records
from softbreak.simulate.streams import draw_uniform


@pytest.fixture(scope="module")
def records():
    """Return a healthy cell's records."""
    block = make_block(Recipe(1, 8, cycles=6, every=3, faulty=0.0, interval=60.0), np.array([2]))
    return block_records(block, 0)


def draw_of(number):
    return lambda name: float(draw_uniform(number, np.array([0]), name)[0])


def cycling(records):
    return [r for r in records if r.technique is Technique.CYCLING]


def column(records, name):
    return np.concatenate([r.array(name) for r in records])


def altered(before, after, name="voltage_volt"):
    return [
        np.flatnonzero(a.array(name) != b.array(name))
        for a, b in zip(before, after, strict=True)
        if a.technique is not Technique.IMPEDANCE
    ]


@pytest.mark.parametrize("fault", ["", *SPOILERS])
def test_any_fault_keeps_time_in_order_and_the_input_as_it_was(records, fault):
    kept = [r.table.copy() for r in records]
    for number in range(6):
        found = spoiled(records, fault, draw_of(number))
        assert [r.technique for r in found] == [r.technique for r in records]
        for record, before in zip(found, kept, strict=True):
            assert list(record.table.columns) == list(before.columns)
            assert (record.table.dtypes == before.dtypes).all()
            assert (np.diff(record.array("test_time_second")) > 0.0).all()
            assert np.isfinite(record.table.to_numpy(float)[:, :2]).all()
    for record, before in zip(records, kept, strict=True):
        assert record.table.equals(before)


def test_the_same_draws_spoil_alike(records):
    for fault in SPOILERS:
        one, two = (spoiled(records, fault, draw_of(5)) for _ in range(2))
        assert all(a.table.equals(b.table) for a, b in zip(one, two, strict=True))


def test_a_bounce_lasts_seconds_and_comes_back(records):
    added = 0
    for number in range(8):
        found = spoiled(records, "bounce", draw_of(number))
        for before, after in zip(cycling(records), cycling(found), strict=True):
            old, new = before.array("test_time_second"), after.array("test_time_second")
            extra = ~np.isin(new, old)
            added += int(extra.sum())
            voltage, current = after.array("voltage_volt"), after.array("current_ampere")
            kept = voltage[~extra]
            np.testing.assert_array_equal(kept, before.array("voltage_volt"))
            opened = extra & (current == 0.0)
            assert (np.abs(voltage[opened]) == LIMIT).all()
            starts = np.flatnonzero(extra & ~np.roll(extra, 1))
            for k in starts:
                end = k + int(np.argmin(extra[k:]))
                assert new[end - 1] - new[k] <= LONGEST + 0.1
                if end - k > 1:  # the last of several rows says that it is over
                    assert voltage[end - 1] == voltage[k - 1]
    assert added > 20


def test_a_lead_that_is_off_leaves_the_current_alone(records):
    for number in range(6):
        found = spoiled(records, "sense-lead", draw_of(number))
        rows = np.concatenate(altered(records, found))
        assert 0 < rows.size < 0.5 * len(column(cycling(records), "voltage_volt"))
        np.testing.assert_array_equal(
            column(cycling(records), "current_ampere"), column(cycling(found), "current_ampere")
        )


def test_before_it_is_plugged_in_only_rests_are_spoiled(records):
    for number in range(6):
        found = spoiled(records, "late-plug", draw_of(number))
        rests = [k for k, r in enumerate(records) if r.technique is Technique.REST]
        for k, (before, after) in enumerate(zip(records, found, strict=True)):
            if k not in rests:
                assert before.table.equals(after.table)
        first = found[rests[0]].array("voltage_volt")
        assert abs(first[0]) == LIMIT or abs(first[0]) <= 1e-3 + 1e-9


def test_a_narrow_range_clips(records):
    found = spoiled(records, "clipped", draw_of(1))
    before, after = (np.abs(column(cycling(r), "voltage_volt")) for r in (records, found))
    end = after.max()
    assert end < 0.96 * before.max()
    np.testing.assert_array_equal(after[before < end], before[before < end])
    assert (after[before >= end] == end).all()


def test_a_frozen_channel_repeats_itself(records):
    found = spoiled(records, "frozen", draw_of(3))
    places = altered(records, found)
    assert sum(p.size for p in places) > 5
    longest = 0
    for record in cycling(found):
        same = np.diff(record.array("voltage_volt")) == 0.0
        runs = np.diff(np.flatnonzero(np.concatenate(([True], ~same, [True]))))
        longest = max(longest, int(runs.max()))
    assert longest > 5


def test_triggered_rows_lie_within_the_first_second_of_a_step(records):
    found = spoiled(records, "trigger", draw_of(3))
    for before, after in zip(cycling(records), cycling(found), strict=True):
        old, new = before.array("test_time_second"), after.array("test_time_second")
        extra = np.flatnonzero(~np.isin(new, old))
        assert extra.size > 10
        step, voltage = after.array("step_count"), np.abs(after.array("voltage_volt"))
        for k in extra:
            own = np.flatnonzero((step == step[k]) & np.isin(new, old))[0]
            assert 0.0 < new[own] - new[k] <= 1.0
            assert voltage[k] <= voltage[own] + 1e-6
