"""A charge is all current of one sign between two of the other, whatever interrupts it."""

import numpy as np
import pandas as pd
import pytest

from softbreak.analysis.coulombic import read_coulombic
from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.features.cycles.timeline import build_timeline
from softbreak.features.evidence.charge_balance import balance_of, depletion_of

MINUTES = (180, 178)
CYCLE = 60.0 * sum(MINUTES)
BEGIN = 3 * CYCLE  # of the fourth charge
PLAIN = (MINUTES[1] - 1) / (MINUTES[0] - 1)


def table(cycles=6, volts=(3.0, 4.2), current=1e-3):
    """Charges of 3 h and discharges of 2.97 h, a row a minute, the voltage a straight line."""
    low, high = volts
    voltage, ampere = [], []
    for _ in range(cycles):
        up = np.linspace(low, high, MINUTES[0])
        down = np.linspace(high, low, MINUTES[1])
        voltage += [*up, *down]
        ampere += [current] * MINUTES[0] + [-current] * MINUTES[1]
    time = 60.0 * np.arange(len(voltage))
    return pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": ampere}
    )


def cell_of(rows, **facts):
    cell = Cell("made-up", **({"configuration": "full", "area_cm2": 1.0} | facts))
    rows = rows.reset_index(drop=True)
    return assemble(cell, [Record(cell, Technique.CYCLING, rows, Source("x"))])


def later(rows, at, seconds, every=None):
    """The test pauses for so long after a moment, with a row ``every`` so many seconds, or none."""
    rows = rows.copy()
    late = rows["test_time_second"] > at
    rows.loc[late, "test_time_second"] += seconds
    if every is None:
        return rows
    stands = rows.loc[~late, "voltage_volt"].iloc[-1] - 0.02
    times = at + 60.0 + every * np.arange(int(seconds // every))
    pause = pd.DataFrame({"test_time_second": times, "voltage_volt": stands, "current_ampere": 0.0})
    return pd.concat([rows[~late], pause, rows[late]])


def without(rows, begin, end):
    """Rows are missing while the current goes on."""
    inside = rows["test_time_second"].between(begin, end)
    return rows[~inside]


def balanced(rows):
    history = cell_of(rows)
    return balance_of(history, build_timeline(history))


@pytest.mark.parametrize(
    ("at", "seconds", "every"),
    [
        (5400.0, 1800.0, 60.0),
        (5400.0, 300.0, 60.0),
        (5400.0, 7200.0, 1800.0),
        (5400.0, 7200.0, None),
        (180 * 60.0 + 5400.0, 1800.0, 60.0),
    ],
    ids=["half an hour", "five minutes", "sparse rows", "no rows", "of the discharge"],
)
def test_a_pause_divides_no_charge(at, seconds, every):
    found = balanced(later(table(), BEGIN + at, seconds, every))
    assert len(found) == 6
    assert found["efficiency"].to_numpy() == pytest.approx(PLAIN, abs=1e-3)


def test_several_pauses_divide_no_charge():
    rows = table()
    for at in (5400.0, 3000.0, 1000.0):
        rows = later(rows, BEGIN + at, 360.0, 60.0)
    assert balanced(rows)["efficiency"].to_numpy() == pytest.approx(PLAIN, abs=1e-3)


def test_steps_of_the_rate_divide_no_charge():
    rows = table()
    half = rows["test_time_second"] % CYCLE >= 90 * 60
    rows.loc[half & (rows["current_ampere"] > 0), "current_ampere"] = 5e-4
    rows.loc[rows["current_ampere"] < 0, "current_ampere"] = -7.5e-4
    # by hand: 1.5 h at 1 mA and 1.5 h at 0.5 mA; 2.967 h at 0.75 mA
    expected = 0.75 * 178 / (90 + 45)
    assert balanced(rows)["efficiency"].to_numpy() == pytest.approx(expected, abs=5e-3)


def test_the_voltage_tells_that_the_current_went_on_while_rows_are_missing():
    found = balanced(without(table(), BEGIN + 3000, BEGIN + 6600))
    assert found["efficiency"].iloc[3] == pytest.approx(PLAIN, abs=1e-3)
    assert found["gap_flowed"].tolist() == [False] * 3 + [True] + [False] * 2


def test_a_gap_of_which_nothing_is_known_is_left_out_and_said():
    rows = without(table(volts=(3.4, 3.401)), BEGIN + 3000, BEGIN + 6600)
    found = balanced(rows)
    assert np.isnan(found["efficiency"].iloc[3])
    assert found["efficiency_lower"].iloc[3] == pytest.approx(PLAIN, abs=1e-3)
    # 61 minutes of 180 at most did not flow
    assert found["efficiency_upper"].iloc[3] == pytest.approx(177 / 118, abs=0.01)
    verdict = read_coulombic(cell_of(rows)).verdict
    assert "Cycle 4 has a gap of 62.0 min without rows" in verdict
    assert "left out of the mean" in verdict
    assert "98.88 %" in verdict


def test_a_gap_from_a_charge_to_the_next_discharge_is_left_out():
    found = balanced(without(table(), BEGIN + 6000, BEGIN + 180 * 60 + 3600))
    assert np.isnan(found["efficiency"].iloc[3])
    assert found["efficiency"].drop(3).to_numpy() == pytest.approx(PLAIN, abs=1e-3)


def test_a_strip_of_a_foil_that_was_paused_does_not_fall_short():
    rows = later(table(volts=(0.05, 0.05)), BEGIN + 5400, 1800.0, 60.0)
    rows["voltage_volt"] = 0.05 * np.sign(rows["current_ampere"])
    history = cell_of(rows, configuration="asymmetric")
    found = depletion_of(history, build_timeline(history))
    assert not found.depleted
    assert found.full_strips == 6


def test_a_foil_that_ran_off_early_tells_no_fraction():
    rows = pd.DataFrame({"test_time_second": 60.0 * np.arange(180), "current_ampere": 1e-3})
    rows["voltage_volt"] = np.where(rows.index < 170, 0.05, 1.0)
    facts = {"configuration": "asymmetric", "lithium_thickness_um": 30.0}  # 6.2 mAh
    found = read_coulombic(cell_of(rows, electrode="Li", **facts))
    assert "no electronic fraction follows" in found.verdict
    assert "electronic_fraction" not in found.data


@pytest.mark.parametrize(("electrode", "capacity"), [("Na", 3.386), ("Zn foil", 17.56)])
def test_the_foil_is_one_of_its_metal(electrode, capacity):
    rows = pd.DataFrame({"test_time_second": 60.0 * np.arange(1200), "current_ampere": 1e-3})
    rows["voltage_volt"] = np.where(rows.index < 1190, 0.05, 1.0)
    facts = {"configuration": "asymmetric", "lithium_thickness_um": 30.0}
    found = read_coulombic(cell_of(rows, electrode=electrode, **facts))
    assert found.data["foil_mah_per_cm2"] == pytest.approx(capacity, rel=2e-3)
    eta = 1.0 - capacity / found.data["applied_mah_per_cm2"]
    assert found.data["electronic_fraction"] == pytest.approx(eta, abs=5e-3)
    alloy = read_coulombic(cell_of(rows, electrode="InLi", **facts))
    assert "of 'InLi' is not known" in alloy.verdict
    assert not alloy.data


def cut_short(samples, current=1e-3):
    """Five cycles of ten hours a direction; the third strip ends at once, at a limit of 1 V."""
    voltage, ampere = [], []
    for cycle in range(5):
        last = samples if cycle == 2 else 600
        voltage += [0.02] * 600 + ([-1.0] if cycle == 2 else [-0.02]) * last
        ampere += [current] * 600 + [-current] * last
    time = 60.0 * np.arange(len(voltage))
    return pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": ampere}
    )


@pytest.mark.parametrize("samples", [3, 5])
def test_a_strip_that_ends_at_once_is_a_half_cycle(samples):
    told = build_timeline(cell_of(cut_short(samples), configuration="symmetric"))
    assert told.half_cycles["cycle_index"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_two_samples_of_the_other_sign_are_a_glitch():
    told = build_timeline(cell_of(cut_short(2), configuration="symmetric"))
    assert len(told.half_cycles) == 8


def test_a_strip_that_ends_early_empties_no_foil_that_holds_more():
    facts = {"configuration": "asymmetric", "lithium_thickness_um": 100.0}
    found = read_coulombic(cell_of(cut_short(5), **facts))
    assert not found.data["depleted"] and np.isnan(found.data["average_efficiency"])
    assert "ended early" in found.verdict and "No average" in found.verdict
