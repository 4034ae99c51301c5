"""Cyclers that write sparse and irregular rows."""

from __future__ import annotations

import numpy as np

from softbreak.data.record import Technique
from softbreak.simulate.records import simulate
from softbreak.training.cyclers import FEWEST_ROWS, STEADY, Clock, draw_clocks, rewritten


def one_cell():
    return simulate(1, seed=3, cycles=4, every=2)[0]


def test_a_steady_clock_changes_nothing():
    records = one_cell()
    assert all(a is b for a, b in zip(rewritten(records, STEADY), records, strict=True))


def test_rows_come_late_or_when_the_voltage_moves():
    records = one_cell()
    clock = Clock(600.0, 2e-3)
    for before, after in zip(records, rewritten(records, clock), strict=True):
        if before.technique is not Technique.CYCLING:
            assert after is before
            continue
        table, old = after.table, before.table
        assert 2 <= len(table) < len(old)
        # a rule written out: row by row
        kept, last = [], 0
        steps, voltage = old["step_count"].to_numpy(), old["voltage_volt"].to_numpy(np.float64)
        time = old["test_time_second"].to_numpy()
        for k in range(len(old)):
            edge = k in (0, len(old) - 1) or steps[k] != steps[k - 1] or steps[k] != steps[k + 1]
            if edge or time[k] - time[last] >= 600.0 or abs(voltage[k] - voltage[last]) >= 2e-3:
                kept.append(k)
                last = k
        assert table["test_time_second"].tolist() == time[kept].tolist()


def test_clocks_leave_enough_of_a_half_cycle():
    hours = np.full(500, 0.3)
    clocks = draw_clocks(1, np.arange(500), hours, 0.5)
    slow = [c.interval_second for c in clocks if c is not STEADY]
    assert 200 < len(slow) < 300
    assert max(slow) <= 0.3 * 3600 / FEWEST_ROWS
    triggers = {np.isfinite(c.trigger_volt) for c in clocks if c is not STEADY}
    assert triggers == {True, False}
    assert draw_clocks(1, np.array([17]), hours[:1], 0.5)[0] == clocks[17]
