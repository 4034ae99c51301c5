"""Elapsed times, as instruments, programming languages and spreadsheets write them."""

import numpy as np
import polars as pl
import pytest

from softbreak.data.readers.values import durations
from softbreak.data.readers.values.durations import (
    LostHoursError,
    are_durations,
    past_midnight,
    read_durations,
)

HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("26:10:03", 26 * HOUR + 603),
        ("1-00:00:01", DAY + 1),
        ("0d 01:02:03.45", 3723.45),
        ("1 day, 0:01:00", DAY + 60),
        ("2 days, 0:00:00.500000", 2 * DAY + 0.5),
        ("0 days 00:02:00", 120.0),
        ("1.00:02:00", DAY + 120),
        ("1:00:02:00", DAY + 120),
        ("1 Tag 00:00:01,5", DAY + 1.5),
        ("1d 2h 3m 4.5s", DAY + 2 * HOUR + 184.5),
        ("2 h 5 min", 2 * HOUR + 300),
        ("75:30.5", 75 * 60 + 30.5),
        ("1899-12-31 00:03:00", 180.0),
        ("1900-01-02 12:00:00", 2.5 * DAY),
        ("1904-01-02 12:00:00", 1.5 * DAY),
        ("1/2/1900 12:00:00", 2.5 * DAY),
        ("01/02/1900 12:30:00 PM", 2.5 * DAY + 1800),
        ("12:10:00 AM", 600.0),
        ("2 Tag(e) 01:00:00", 2 * DAY + HOUR),
        ("1 día 01:00:00", DAY + HOUR),
        ("PT26H10M3.5S", 26 * HOUR + 603.5),
        ("P1DT0H0M1S", DAY + 1),
        ("1919:00.0", 1919 * 60.0),
    ],
)
def test_forms(text, seconds):
    assert are_durations(text)
    values, unread = read_durations(pl.Series([text]))
    np.testing.assert_allclose(values, [seconds])
    assert unread is None


def test_the_day_that_never_was_is_counted_by_spreadsheets():
    """Day numbers 59.5, 60, 60.5 and 61: the first three bear the date of 28 February 1900."""
    dates = ["1900-02-28 12:00:00", "1900-02-28 00:00:00", "1900-02-28 12:00:00"]
    values, _ = read_durations(pl.Series([*dates, "1900-03-01 00:00:00"]))
    np.testing.assert_allclose(values / DAY, [59.5, 60.0, 60.5, 61.0])


@pytest.mark.parametrize("texts", [("02:00.0", "58:00.0", "00:00.0"), ("26:10",), ("02:00",)])
def test_hours_that_were_lost_are_not_guessed(texts):
    with pytest.raises(LostHoursError, match=texts[0]):
        read_durations(pl.Series(texts))


def test_what_is_no_duration_is_counted():
    values, unread = read_durations(pl.Series(["00:00:01", "soon", "", None]))
    assert values[0] == 1.0
    assert np.isnan(values[1:]).all()
    assert (unread.count, unread.row, unread.text) == (1, 1, "soon")


@pytest.mark.parametrize("text", ["115200", "1,5", "1e-3", "2024-02-28 09:00:00", "nan", "d", ""])
def test_numbers_and_dates_are_no_durations(text):
    assert not are_durations(text)


def test_hours_of_half_a_day_go_on_in_order():
    texts = ["11:58:00 AM", "12:00:00 PM", "01:00:00 PM", "11:59:00 PM"]
    values, _ = read_durations(pl.Series(texts))
    assert values.tolist() == [43_080.0, 43_200.0, 46_800.0, 86_340.0]


def test_dates_of_1900_are_read_in_the_order_in_which_they_go_on():
    for texts in (["1/30/1900 23:00:00", "1/31/1900 1:00:00"], ["3/1/1900 1:00", "4/1/1900 1:00"]):
        values, unread = read_durations(pl.Series(texts))
        assert unread is None
        assert np.diff(values)[0] in (2 * HOUR, DAY)


def test_a_time_of_day_runs_on_past_midnight():
    clock = np.array([85_000.0, 86_000.0, 600.0, 1600.0, np.nan, 86_000.0, 200.0])
    passed = past_midnight(clock)
    assert np.diff(passed[:4]).tolist() == [1000.0, 1000.0, 1000.0]
    assert passed[-1] == 200.0 + 2 * DAY
    restarting = np.array([0.0, 3600.0, 0.0, 3600.0])
    assert past_midnight(restarting).tolist() == restarting.tolist()


def test_times_that_come_again_are_read_as_each_alone(monkeypatch):
    texts = [f"{k % 7:02d}:00:0{k % 3}" for k in range(500)] + [None, "x", "1:00:00:05"]
    alone, lost = read_durations(pl.Series(texts))
    monkeypatch.setattr(durations, "_LONG", 100)
    again, unread = read_durations(pl.Series(texts))
    np.testing.assert_array_equal(again, alone)
    assert unread == lost
    assert again[-1] == 86_405.0


def test_a_lone_sample_late_at_night_is_no_midnight():
    clock = np.array([120.0, 180.0, 74_070.0, 300.0, 360.0])
    assert past_midnight(clock).tolist() == clock.tolist()
    night = np.array([86_280.0, 86_340.0, 0.0, 82_800.0, 120.0, 180.0])  # one within the next day
    assert past_midnight(night).tolist() == [86_280.0, 86_340.0, *(DAY + night[2:])]
