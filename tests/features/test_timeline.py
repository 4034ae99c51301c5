"""Half-cycles, events and cycles of simple cells with known truth."""

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.features.cycles.timeline import build_timeline
from softbreak.features.evidence.cell_evidence import gather
from tests.features.synthetic import cycled


def test_a_steady_cell_has_its_resistance_and_no_event():
    timeline = build_timeline(cycled(lambda h: 100.0 + 0 * h))
    assert len(timeline.cycles) == 20
    assert timeline.cycles["resistance_ohm"].to_numpy() == pytest.approx(100.0, rel=1e-3)
    assert len(timeline.events) == 0
    assert timeline.symmetric and not timeline.one_way


def test_a_constant_offset_of_the_cycler_cancels():
    timeline = build_timeline(cycled(lambda h: 20.0 + 0 * h, offset=3e-3))
    assert timeline.cycles["resistance_ohm"].to_numpy() == pytest.approx(20.0, rel=5e-3)
    # (V+ + V-)/(V+ - V-) = 2 * 3 mV / (2 * 20 mV)
    assert timeline.cycles["asymmetry"].to_numpy() == pytest.approx(0.15, abs=0.01)


def test_a_drop_within_one_sample_is_found_where_it_happens():
    timeline = build_timeline(cycled(lambda h: np.where(h >= 20.55, 60.0, 100.0)))
    event = timeline.events.iloc[0]
    assert len(timeline.events) == 1
    assert event["time_second"] == 20.55 * 3600
    assert event["change"] == pytest.approx(np.log(0.6), abs=0.02)
    assert event["before_ohm"] == pytest.approx(100, rel=0.01)
    assert event["cycle_index"] == 10


def test_a_drop_while_the_current_reverses_is_found():
    timeline = build_timeline(cycled(lambda h: np.where(h >= 21.0, 60.0, 100.0)))
    assert timeline.events["time_second"].to_list() == [21.0 * 3600]
    assert timeline.events["change"].iloc[0] == pytest.approx(np.log(0.6), abs=0.02)


def test_what_every_half_cycle_does_is_no_event():
    # after each reversal the voltage sags by a fifth within two samples
    def sagging(h):
        phase = h % 1.0
        return 100.0 * np.where(phase < 0.1, 1.3, 1.0)

    timeline = build_timeline(cycled(sagging))
    assert (timeline.events["cycle_index"] == 0).all()  # only before there is anything to compare


def test_a_slow_change_is_no_event():
    assert len(build_timeline(cycled(lambda h: 100.0 * np.exp(-h / 30))).events) == 0


def test_warming_over_a_quarter_of_an_hour_is_no_event():
    def warmed(h):
        return 100.0 * np.exp(-0.47 * (1 - np.exp(-np.maximum(h - 20.3, 0) / 0.25)))

    assert len(build_timeline(cycled(warmed, interval=120.0)).events) == 0


def test_an_excursion_is_counted_but_is_no_event():
    timeline = build_timeline(cycled(lambda h: np.where(np.abs(h - 20.5) < 0.009, 50.0, 100.0)))
    assert len(timeline.events) == 0
    assert timeline.cycles["excursions"].sum() == 1


def test_noise_is_no_event():
    timeline = build_timeline(cycled(lambda h: 100.0 + 0 * h, noise=2e-3, cycles=200))
    assert len(timeline.events) == 0


def test_coarse_conversion_is_no_event():
    history = cycled(lambda h: 4.0 * (1 + 0.02 * np.sin(h)), noise=2e-5)
    record = history.records[0]
    table = record.table.assign(voltage_volt=np.round(record.table["voltage_volt"] / 3e-4) * 3e-4)
    coarse = assemble(Cell("c"), [Record(Cell(), Technique.CYCLING, table, Source("c"))])
    assert len(build_timeline(coarse).events) == 0


def test_one_way_plating_is_cut_into_slices_and_at_the_event():
    history = cycled(
        lambda h: np.where(h >= 2.25, 1.0, 7000.0),
        cycles=1,
        half_hour=4.0,
        interval=10.0,
        current=1e-4,
        one_way=True,
    )
    timeline = build_timeline(history)
    assert timeline.one_way
    starts = timeline.cycles["start_time_second"].to_list()
    assert 2.25 * 3600 in starts
    assert starts[:4] == [0.0, 1800.0, 3600.0, 5400.0]


def test_a_full_cell_is_not_taken_for_a_symmetric_one():
    time = np.arange(400) * 60.0
    sign = np.where((np.arange(400) // 100) % 2 == 0, 1.0, -1.0)
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": 3.7 + 0.05 * sign, "current_ampere": sign}
    )
    history = assemble(Cell("f"), [Record(Cell(), Technique.CYCLING, table, Source("f"))])
    assert not build_timeline(history).symmetric


def test_a_cycler_that_records_magnitudes_is_understood():
    history = cycled(lambda h: np.where(h >= 20.55, 60.0, 100.0))
    table = history.records[0].table
    table = table.assign(voltage_volt=table["voltage_volt"].abs())
    unsigned = assemble(Cell("u"), [Record(Cell(), Technique.CYCLING, table, Source("u"))])
    timeline = build_timeline(unsigned)
    assert timeline.unipolar and timeline.symmetric
    assert timeline.cycles["resistance_ohm"].iloc[0] == pytest.approx(100, rel=0.01)
    assert len(timeline.events) == 1


@pytest.mark.parametrize("told", [lambda v: v, lambda v: v.abs(), lambda v: -v, lambda v: v + 0.2])
def test_readings_that_nobody_asks_for_change_nothing(told):
    cell = cycled(lambda h: np.where(h >= 20.55, 60.0, 100.0))
    table = cell.records[0].table
    table = table.assign(voltage_volt=told(table["voltage_volt"]))
    history = assemble(Cell("x"), [Record(Cell(), Technique.CYCLING, table, Source("x"))])
    every, asked = build_timeline(history), gather(history).timeline
    for name in ("half_cycles", "events", "cycles"):
        pd.testing.assert_frame_equal(getattr(asked, name), getattr(every, name), check_exact=True)


def test_no_cycling_is_an_empty_timeline():
    timeline = build_timeline(assemble(Cell("none"), []))
    assert len(timeline.cycles) == len(timeline.half_cycles) == len(timeline.events) == 0


def test_a_leakage_hold_is_no_half_cycle():
    time = np.arange(360) * 10.0
    held = time < 600
    current = np.where(held, 1e-4 * np.exp(-time / 300), np.where(time < 2100, 1e-3, -1e-3))
    table = pd.DataFrame(
        {
            "test_time_second": time,
            "voltage_volt": np.where(held, 0.05, 100 * current),
            "current_ampere": current,
            "control_voltage_volt": np.where(held, 0.05, np.nan),
        }
    )
    history = assemble(Cell("h"), [Record(Cell(), Technique.CYCLING, table, Source("h"))])
    timeline = build_timeline(history)
    assert len(timeline.cycles) == 1
    assert timeline.half_cycles["sign"].to_list() == [1, -1]
    assert timeline.half_cycles["start_time_second"].iloc[0] == 600.0
