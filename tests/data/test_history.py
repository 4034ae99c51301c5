"""Records of a cell on one clock."""

import numpy as np
import pandas as pd
import pytest

from softbreak.data.clock import forward_clock
from softbreak.data.history import ViewedHistory, assemble
from softbreak.data.names import natural_key
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import SchemaError
from softbreak.models.diagnosis.diagnose import examine


def series(path, time, *, started=None, position=0, area=None, technique=Technique.CYCLING):
    time = np.asarray(time, dtype=float)
    table = pd.DataFrame({"test_time_second": time, "voltage_volt": 0.1, "current_ampere": 1e-3})
    source = Source(path, started_unix_second=started, position=position)
    return Record(Cell(area_cm2=area), technique, table, source)


def test_files_are_ordered_by_absolute_time():
    history = assemble(
        Cell("c"),
        [series("b.mpr", [0, 10], started=1000.0), series("a.mpr", [0, 10], started=2000.0)],
    )
    assert [r.source.path for r in history.records] == ["b.mpr", "a.mpr"]
    assert history.clocks[1][0] == 1000.0


def test_parts_of_one_test_are_ordered_by_their_first_samples():
    # both state when the test began, which a wall clock of whole seconds blurs
    parts = [series("a.csv", [0, 10], started=1000.4), series("b.csv", [11, 20], started=1000.0)]
    history = assemble(Cell("c"), parts)
    assert [r.source.path for r in history.records] == ["a.csv", "b.csv"]


def test_without_absolute_time_names_order_and_test_time_runs_on():
    history = assemble(Cell("c"), [series("run_10.csv", [0, 5]), series("run_9.csv", [0, 7])])
    assert [r.source.path for r in history.records] == ["run_9.csv", "run_10.csv"]
    assert history.clocks[1].tolist() == [7.0, 12.0]


def test_test_times_that_go_on_outweigh_names():
    history = assemble(Cell("c"), [series("end.csv", [6, 9]), series("start.csv", [0, 5.9])])
    assert [r.source.path for r in history.records] == ["start.csv", "end.csv"]
    # a short file beside one that begins late follows nothing
    history = assemble(Cell("c"), [series("a.csv", [60, 999]), series("b.csv", [0, 30])])
    assert [r.source.path for r in history.records] == ["a.csv", "b.csv"]


def test_a_file_that_continues_the_test_time_is_not_shifted():
    history = assemble(Cell("c"), [series("1.csv", [0, 5]), series("2.csv", [6, 9])])
    assert history.clocks[1].tolist() == [6.0, 9.0]


def test_the_manifest_wins_and_the_file_fills_gaps():
    history = assemble(Cell("c", electrolyte="LLZO"), [series("1.csv", [0, 5], area=0.785)])
    assert history.records[0].cell.area_cm2 == 0.785
    history = assemble(Cell("c", area_cm2=1.0), [series("1.csv", [0, 5], area=0.785)])
    assert history.records[0].cell.area_cm2 == 1.0


def test_a_clock_that_was_reset_runs_on():
    time = forward_clock(np.array([0.0, 10, 20, 0, 10, 20]))
    assert time.tolist() == [0, 10, 20, 30, 40, 50]


def test_missing_times_are_filled_between_their_neighbours():
    assert forward_clock(np.array([0.0, np.nan, 20.0])).tolist() == [0, 10, 20]


def test_natural_order():
    assert sorted(["c10", "c9", "C1"], key=natural_key) == ["C1", "c9", "c10"]


def test_no_records_is_an_empty_history():
    assert assemble(Cell("c"), []).records == ()


def test_a_table_that_breaks_the_schema_is_refused():
    with pytest.raises(SchemaError, match="lacks current_ampere"):
        Record(
            Cell(),
            Technique.CYCLING,
            pd.DataFrame({"test_time_second": [0.0], "voltage_volt": [0.0]}),
            Source("x"),
        )
    with pytest.raises(SchemaError, match="unknown column 'amps'"):
        table = series("x", [0.0]).table.assign(amps=1.0)
        Record(Cell(), Technique.CYCLING, table, Source("x"))


def test_a_history_that_is_looked_at_gives_its_columns_once():
    history = assemble(Cell("c"), [series("1.csv", [0, 5, 9]), series("2.csv", [10, 12, 15])])
    viewed = ViewedHistory(history)
    assert (viewed.cell, viewed.runs) == (history.cell, history.runs)
    np.testing.assert_array_equal(viewed.moments(), history.moments())
    for one, other in zip(viewed.records, history.records, strict=True):
        assert (one.rows, one.source, one.has("voltage_volt")) == (3, other.source, True)
        assert not one.has("ambient_temperature_celsius")
        assert one.array("voltage_volt") is one.array("voltage_volt")
        np.testing.assert_array_equal(one.array("voltage_volt"), other.array("voltage_volt"))
    whole, clock = viewed.of(Technique.CYCLING)[0]
    assert viewed.joined()[0][0] is whole
    assert (whole.rows, len(clock)) == (6, 6)


def test_a_table_that_was_changed_is_judged_as_it_is_now():
    place = np.arange(240)
    sign = np.where(place // 20 % 2, -1.0, 1.0)
    table = pd.DataFrame(
        {
            "test_time_second": 60.0 * place,
            "voltage_volt": 0.1 * sign + 1e-4 * np.sin(place),
            "current_ampere": 1e-3 * sign,
        }
    )
    history = assemble(Cell("c"), [Record(Cell("c"), Technique.CYCLING, table, Source("c.csv"))])
    before = examine(history).half_cycles["overpotential_volt"]
    table["voltage_volt"] *= 2.0
    after = examine(history).half_cycles["overpotential_volt"]
    np.testing.assert_allclose(after, 2.0 * before)
