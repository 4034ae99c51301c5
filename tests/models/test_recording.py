"""What a recording leaves open: too little of it, a channel that stood still, a drop that stays."""

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.models.diagnosis.diagnose import diagnose, examine
from softbreak.models.live.watcher import Watcher

AMPERE = 1e-3
STEP = 120.0


def record(ohm, *, cycles=16, half_hour=1.0, noise=1e-4, wrong=None, digits=None):
    """Cycles of a cell whose resistance is ``ohm(hour)``; ``wrong`` alters what is recorded."""
    n = int(half_hour * 3600 / STEP)
    time = np.arange(2 * cycles * n) * STEP
    sign = np.where(np.arange(len(time)) // n % 2, -1.0, 1.0)
    scatter = np.random.default_rng(3).normal(0.0, noise, len(time))
    voltage = sign * AMPERE * ohm(time / 3600) + scatter
    if digits is not None:
        voltage = np.round(voltage, digits)
    if wrong is not None:
        voltage = wrong(time / 3600, voltage)
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": sign * AMPERE}
    )
    return Record(Cell("c"), Technique.CYCLING, table, Source("c.csv"))


def states(told, detector="hybrid"):
    return diagnose(assemble(Cell("c"), [told]), detector)["state"].tolist()


def flat(hours):
    return np.full_like(hours, 100.0)


@pytest.mark.parametrize("value", [0.0, 0.0123])
@pytest.mark.parametrize("detector", ["hybrid", "fused", "voltage"])
def test_a_channel_that_stands_still_is_no_short(value, detector):
    told = record(flat, wrong=lambda h, v: np.where((h >= 16) & (h < 20), value, v))
    found = states(told, detector)
    assert set(found[:8] + found[10:]) == {"healthy"}
    assert found[8:10] == ["undetermined"] * 2
    findings = examine(assemble(Cell("c"), [told])).findings
    assert "frozen-voltage" in [finding.topic for finding in findings]


def test_a_dead_short_is_one_in_noise_and_in_coarse_steps():
    def short(hours):
        return np.where(hours >= 16, 0.2, 100.0)

    assert set(states(record(short))[8:]) == {"hard"}
    assert set(states(record(short, digits=3, noise=5e-5))[8:]) == {"hard"}


@pytest.mark.parametrize(
    ("cycles", "half_hour"), [(1, 1.0), (3, 1.0 / 180)], ids=["one cycle", "two minutes"]
)
def test_healthy_is_earned(cycles, half_hour):
    told = record(flat, cycles=cycles, half_hour=max(half_hour, STEP / 3600 * 4))
    if half_hour < 1.0:
        told.table["test_time_second"] *= 0.01
    assert set(states(told)) == {"undetermined"}
    assert set(states(record(flat, cycles=3))) == {"healthy"}


def test_a_running_cell_is_healthy_when_a_second_cycle_agrees():
    told = record(flat, cycles=3)
    watcher = Watcher("fused", [Cell("c")])
    seen = []
    for start in range(0, told.rows, 15):
        part = Record(
            told.cell,
            told.technique,
            told.table.iloc[start : start + 15].reset_index(drop=True),
            told.source,
        )
        seen += [(c.cycle_index, c.row["state"]) for c in watcher.update(("c", [part]))]
    assert seen[0] == (0, "undetermined")
    watcher.finish()
    assert watcher.verdicts["state"].tolist() == states(told, "fused") == ["healthy"] * 3


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
def test_a_deep_drop_is_held_until_it_comes_back(share):
    stays = states(record(lambda h: np.where(h >= 16, 100.0 * share, 100.0), cycles=40))
    assert set(stays[:8]) == {"healthy"}
    assert set(stays[8:]) <= {"soft", "hard"}
    back = states(record(lambda h: np.where((h >= 16) & (h < 24), 100.0 * share, 100.0), cycles=40))
    assert set(back[8:12]) <= {"soft", "hard"}
    assert "soft" not in back[13:]
    assert "hard" not in back[13:]
