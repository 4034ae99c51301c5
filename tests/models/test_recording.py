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


def hanging(begin, end, rattle=1e-5):
    """Record of a channel that hangs between two codes, whichever way the current flows."""

    def wrong(hours, voltage):
        inside = (hours >= begin) & (hours < end)
        codes = rattle * np.random.default_rng(1).integers(0, 2, len(hours))
        return np.where(inside, voltage[np.flatnonzero(inside)[0] - 1] + codes, voltage)

    return record(flat, wrong=wrong)


@pytest.mark.parametrize(("begin", "end"), [(16.0, 18.0), (10.6, 15.6), (16.0, 32.0), (30.4, 32.0)])
def test_a_channel_that_hangs_and_rattles_is_no_short(begin, end):
    found = states(hanging(begin, end))
    assert set(found) == {"healthy", "undetermined"}
    assert set(found[: int(begin // 2)]) == {"healthy"}
    assert set(found[int(end // 2) + 1 :]) <= {"healthy"}
    assert found[min(int(end // 2), 16) - 1] == "undetermined"


@pytest.mark.parametrize("place", [250, 254, 240, 500])
@pytest.mark.parametrize("volt", [5.0, -5.0])
def test_one_lost_sample_changes_nothing(place, volt):
    def wrong(_, voltage):
        voltage[place] = volt
        return voltage

    assert set(states(record(flat, wrong=wrong))) == {"healthy"}
    dead = states(record(lambda h: np.where(h >= 8.3, 0.3, 100.0), wrong=wrong))
    assert set(dead[5:]) == {"hard"}


@pytest.mark.parametrize("begin", [6.3, 16.3, 26.3])
def test_a_magnitude_is_known_as_one_though_most_of_the_life_is_shorted(begin):
    told = record(lambda h: np.where(h >= begin, 8.0, 100.0), wrong=lambda _, v: np.abs(v))
    found = states(told)
    assert set(found[: int(begin // 2)]) == {"healthy"}
    assert set(found[int(begin // 2) + 1 :]) == {"soft"}


def test_open_leads_beside_a_voltage_without_its_sign():
    def wrong(hours, voltage):
        return np.where((hours >= 9) & (hours < 9.6), 5.0, np.abs(voltage))

    told = record(flat, wrong=wrong)
    open_ = told.table["voltage_volt"] == 5.0
    told.table.loc[open_, "current_ampere"] = 0.0
    found = states(told)
    assert set(found[:4] + found[6:]) == {"healthy"}
    assert not {"soft", "hard"} & set(found)


def test_leads_that_were_exchanged_are_no_short():
    found = states(record(flat, wrong=lambda h, v: np.where((h >= 16) & (h < 20), -v, v)))
    assert found == ["healthy"] * 8 + ["undetermined"] * 2 + ["healthy"] * 6


@pytest.mark.parametrize("offset", [0.004, 0.015, 0.06])
def test_a_dead_short_on_a_cycler_with_an_offset_is_measured(offset):
    told = record(lambda h: np.where(h >= 16.3, 0.2, 100.0), wrong=lambda _, v: v + offset)
    assert set(states(told)[9:]) == {"hard"}


def test_noise_as_large_as_the_voltage_is_no_passing_short():
    told = record(lambda h: np.full_like(h, 5.0), noise=2e-3)
    found = examine(assemble(Cell("c"), [told])).summary
    assert "A transient short" not in found["summary"]
    assert not found["ever_short"]


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


def bounced(time, voltage, at, lasts, rows, height=5.0):
    """Write ``rows`` samples of a contact that is off for ``lasts`` seconds, as a trigger does."""
    new = at + lasts * np.linspace(0.02, 0.98, rows)
    shape = 1.0 + (height - 1.0) * np.sin(np.pi * np.linspace(0.0, 1.0, rows))
    level = np.interp(new, time, voltage)
    order = np.argsort(np.concatenate([time, new]), kind="stable")
    return (
        np.concatenate([time, new])[order],
        np.concatenate([voltage, level * shape])[order],
    )


@pytest.mark.parametrize("rows", [3, 40, 300])
@pytest.mark.parametrize("lasts", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("height", [0.1, 5.0])
def test_a_contact_that_bounces_is_no_event(rows, lasts, height):
    told = record(flat, cycles=12)
    time, voltage = told.array("test_time_second"), told.array("voltage_volt")
    for at in (1000.0, 30_333.0, 50_001.0):  # the first half-cycle, too
        time, voltage = bounced(time, voltage, at, lasts, rows, height)
    current = np.where(voltage > 0, AMPERE, -AMPERE)
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
    )
    found = states(Record(Cell("c"), Technique.CYCLING, table, told.source), "fused")
    assert set(found) == {"healthy"}


def test_a_lasting_drop_that_a_trigger_wrote_is_still_abrupt():
    told = record(lambda h: np.where(h >= 10.5, 40.0, 100.0), cycles=12)
    time, voltage = told.array("test_time_second"), told.array("voltage_volt")
    k = int(np.searchsorted(time, 10.5 * 3600))
    fall = np.linspace(voltage[k - 1], voltage[k], 60)[1:]
    time = np.insert(time, k, time[k] - np.linspace(0.3, 0.01, 59))
    voltage = np.insert(voltage, k, fall)
    current = np.where(voltage > 0, AMPERE, -AMPERE)
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
    )
    found = states(Record(Cell("c"), Technique.CYCLING, table, told.source), "fused")
    assert set(found[:5]) == {"healthy"}
    assert set(found[6:]) == {"soft"}


def test_the_headline_tells_of_a_short_that_passed():
    told = record(flat, wrong=lambda h, v: np.where((h >= 16.2) & (h < 16.4), 0.5 * v, v))
    summary = examine(assemble(Cell("c"), [told])).summary
    assert summary["ever_short"]
    assert "A short of 12 min at 16.2 h, by which V/I fell 50 %" in summary["summary"]


@pytest.mark.parametrize("value", [0.0, 5.0, -5.0])
def test_a_channel_that_stands_still_for_a_part_of_its_half_cycles_hides_no_more_than_that(value):
    def half(hours, voltage):
        return np.where((hours >= 16) & (hours % 1 > 0.5), value, voltage)

    assert set(states(record(flat, wrong=half))) == {"healthy"}
    short = record(lambda h: np.where(h >= 20.2, 40.0, 100.0), wrong=half)
    assert states(short) == ["healthy"] * 10 + ["soft"] * 6
    for_good = record(flat, wrong=lambda h, v: np.where(h >= 20.6, value, v))
    assert set(states(for_good)[11:]) == {"undetermined"}


@pytest.mark.parametrize("share", [0.005, 0.4, 0.7])
def test_a_recording_without_noise_has_events_too(share):
    found = states(record(lambda h: np.where(h >= 16.3, 100.0 * share, 100.0), noise=0.0))
    assert set(found[:8]) == {"healthy"}
    assert set(found[8:]) == {"hard" if share < 0.05 else "soft"}


def test_slow_warmth_without_a_log_is_no_short():
    def warmed(hours):
        return 100.0 * np.exp(-0.55 * np.clip((hours - 12.0) / 0.2, 0.0, 1.0))

    assert not {"soft", "hard"} & set(states(record(warmed)))


def test_a_short_between_half_cycles_is_one_in_one_file_and_in_two():
    told = record(lambda h: np.where(h >= 16, 41.0, 102.0))
    whole = states(told)
    table = told.table
    parts = [
        Record(told.cell, told.technique, table[rows].reset_index(drop=True), Source(f"c{k}.csv"))
        for k, rows in enumerate(
            (table["test_time_second"] < 57600, table["test_time_second"] >= 57600)
        )
    ]
    split = diagnose(assemble(Cell("c"), parts), "hybrid")["state"].tolist()
    assert split == whole == ["healthy"] * 8 + ["soft"] * 8


def test_each_verdict_says_what_it_stands_on():
    found = examine(assemble(Cell("c"), [record(flat)]))
    assert set(found.verdicts["basis"]) == {"relative to the cell's beginning"}
    assert "whether it was shorted from the start" in found.summary["summary"]
    assert (found.verdicts["electronic_fraction_upper"] <= 0.10).all()
    known = Cell(
        "c", area_cm2=0.785, electrolyte_thickness_um=700.0, ionic_conductivity_s_per_cm=1.6e-3
    )
    told = record(lambda h: np.full_like(h, 20.0))
    short = examine(assemble(known, [Record(known, told.technique, told.table, told.source)]))
    assert set(short.verdicts["basis"]) == {"certified by geometry"}


def test_an_onset_after_open_cycles_is_an_interval():
    gone = record(flat, wrong=lambda h, v: np.where((h >= 14) & (h < 20), 0.0, v))
    gone.table.loc[gone.table["test_time_second"] >= 72000, "voltage_volt"] *= 0.02
    late = examine(assemble(Cell("c"), [gone])).summary
    assert late["onset_cycle"] == 10
    assert 46_000.0 < late["onset_earliest_time_second"] < late["onset_time_second"]
    assert "it began between 14.0 and 20.0 h" in late["summary"]
    seen = examine(
        assemble(Cell("c"), [record(lambda h: np.where(h >= 16.3, 40.0, 100.0))])
    ).summary
    assert seen["onset_earliest_time_second"] == seen["onset_time_second"]


def test_one_sample_that_is_off_is_no_passing_short():
    for factor in (0.0, 0.5, 2.0):
        told = record(flat)
        told.table.loc[130, "voltage_volt"] *= factor
        summary = examine(assemble(Cell("c"), [told])).summary
        assert summary["state"] == "healthy"
        assert not summary["ever_short"]


@pytest.mark.parametrize("lag_hour", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("detector", ["hybrid", "fused"])
def test_a_probe_that_lags_behind_a_warmed_cell_makes_no_short(detector, lag_hour):
    def celsius(hours):
        return np.clip(25.0 + 44.0 * (hours - 16.4), 25.0, 60.0)

    def ohm(hours):
        inverse = 1.0 / (celsius(hours) + 273.15) - 1.0 / 298.15
        return 100.0 * np.exp(0.43 / 8.617e-5 * inverse)

    told = record(ohm)
    hours = told.table["test_time_second"].to_numpy() / 3600
    probe, at = np.empty_like(hours), 25.0
    for k, here in enumerate(celsius(hours)):
        at += (here - at) * STEP / 3600 / lag_hour
        probe[k] = at
    told.table["ambient_temperature_celsius"] = probe
    found = states(told, detector)
    assert set(found[:8]) == {"healthy"}
    assert not {"soft", "hard"} & set(found)


def test_a_first_cycle_is_not_healthy_while_the_second_is_open():
    jumped = states(record(lambda h: np.where(h >= 2, 130.0, 100.0), cycles=6), "fused")
    assert jumped[:2] == ["undetermined"] * 2
    later = states(record(lambda h: np.where(h >= 6, 130.0, 100.0), cycles=6), "fused")
    assert later[:3] == ["healthy"] * 3


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("at", [15, 75])
def test_a_contact_that_opens_for_a_row_or_two_changes_nothing(rows, at):
    told = record(flat)
    table = told.table.copy()
    table.loc[at : at + rows - 1, "current_ampere"] = 0.0
    table.loc[at : at + rows - 1, "voltage_volt"] = 5.0 * np.sign(
        table["current_ampere"][at + rows]
    )
    opened = Record(told.cell, told.technique, table, told.source)
    found = examine(assemble(Cell("c"), [opened]))
    assert found.verdicts["state"].tolist() == states(told)
    assert found.half_cycles["resistance_ohm"].to_numpy() == pytest.approx(100.0, rel=2e-3)
    watcher = Watcher("hybrid", [Cell("c")])
    for begin in range(0, len(table), 7):
        piece = table.iloc[begin : begin + 7].reset_index(drop=True)
        watcher.update(("c", [Record(told.cell, told.technique, piece, told.source)]))
    watcher.finish()
    assert watcher.verdicts["state"].tolist() == states(told)
