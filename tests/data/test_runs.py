"""Cycling that goes on from one file into the next."""

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique


def record(path, begin=0.0, *, started=None, rows=60, technique=Technique.CYCLING, **more):
    time = begin + 60.0 * np.arange(rows)
    current = np.where(np.arange(rows) // 10 % 2 == 0, 1e-3, -1e-3)
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": 100.0 * current, "current_ampere": current}
    )
    for column in more.pop("columns", ()):
        table[column] = np.arange(rows) if column == "cycle_count" else 25.0
    if more.pop("reset", False):
        table.loc[rows // 2 :, "test_time_second"] -= 500.0
    cell = Cell(area_cm2=more.pop("area", None))
    source = Source(path, started_unix_second=started, **more)
    return Record(cell, technique, table, source)


def lengths(*records):
    history = assemble(Cell("c"), records)
    assert sum(len(clock) for clock in history.clocks) == sum(r.rows for r in records)
    for (whole, clock), run in zip(history.joined(), history.runs, strict=True):
        parts = [history.clocks[k] for k, _ in run]
        np.testing.assert_array_equal(clock, np.concatenate(parts))
        assert whole.rows == len(clock)
        assert (np.diff(clock) >= 0).all()
    return [len(run) for run in history.runs]


@pytest.mark.parametrize(
    "following",
    [
        record("run_2.csv", started=3600.0),
        record("other.csv", started=3600.0 + 100.0),  # within three intervals
        record("other.csv", started=3539.5),  # a start that is told to the second
    ],
)
def test_dates_that_follow(following):
    assert lengths(record("run_1.csv", started=0.0), following) == [2]


@pytest.mark.parametrize(
    "following",
    [
        record("run_2.csv", started=7200.0),  # after a pause
        record("run_2.csv", started=3600.0, area=2.0),
        record("run_2.csv", started=3600.0, instrument="another"),
        record("run_2.csv", started=3600.0, method="CP"),
        record("run_2.csv", started=3600.0, technique=Technique.VOLTAMMETRY),
        record("run_1.csv", started=0.0, begin=3600.0, position=1),  # its reader keeps them apart
    ],
)
def test_what_is_no_run(following):
    assert lengths(record("run_1.csv", started=0.0), following) == [1, 1]


def test_clocks_that_go_on_need_no_names():
    assert lengths(record("a.csv"), record("b.csv", 3600.0), record("c.csv", 7200.0)) == [3]
    assert lengths(record("a.csv"), record("b.csv", 9000.0)) == [1, 1]


def test_clocks_that_begin_anew_need_numbers_that_count():
    assert lengths(record("run_9.csv"), record("run_10.csv")) == [2]
    assert lengths(record("a.csv"), record("b.csv")) == [1, 1]
    assert lengths(record("LLZO_10.csv"), record("LLZO_20.csv")) == [1, 1]
    between = record("run_1b.csv", technique=Technique.REST, method="OCV")
    assert lengths(record("run_1.csv"), between, record("run_2.csv")) == [1, 1, 1]


def test_a_rest_of_the_same_file_kind_belongs_to_the_run():
    rest = record("run_2.csv", started=3600.0, technique=Technique.REST)
    assert lengths(record("run_1.csv", started=0.0), rest, record("run_3.csv", started=7200.0)) == [
        3
    ]


def test_after_a_clock_that_was_reset_nothing_follows():
    first = record("run_1.csv", reset=True)
    assert lengths(first, record("run_2.csv")) == [1, 1]
    assert lengths(record("run_1.csv"), record("run_2.csv", reset=True)) == [2]


def test_a_run_keeps_the_columns_that_say_something_in_every_file():
    a = record("run_1.csv", columns=("cycle_count", "ambient_temperature_celsius"))
    b = record("run_2.csv")
    ((whole, _),) = assemble(Cell("c"), [a, b]).of(Technique.CYCLING)
    assert not whole.has("cycle_count")
    assert np.isfinite(whole.array("ambient_temperature_celsius")).sum() == a.rows
    assert whole.array("test_time_second")[-1] == 2 * 59 * 60.0
