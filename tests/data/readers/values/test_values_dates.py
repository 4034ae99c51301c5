"""Wall clocks: what their rows prove of the order of day and month, and what stays open."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from softbreak.data.date_orders import DAY_FIRST, MONTH_FIRST, OPEN
from softbreak.data.readers.values.dates import read_instants

DAY = 86_400.0
US = ("%m/%d/%Y %H:%M:%S",)


def unix(*moment):
    return datetime(*moment, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "moment", "order"),
    [
        ("2024-02-28 09:00:00", (2024, 2, 28, 9), ""),
        ("2024-02-28T09:00:00.000Z", (2024, 2, 28, 9), ""),
        ("2024-02-28T11:00:00+02:00", (2024, 2, 28, 9), ""),
        ("2024/2/28 9:00:00,0", (2024, 2, 28, 9), ""),
        ("2024-02-28", (2024, 2, 28), ""),
        ("28.02.2024 09:00", (2024, 2, 28, 9), ""),
        ("02.03.2024 09:00:00", (2024, 3, 2, 9), ""),
        ("28/02/2024 09:00:00", (2024, 2, 28, 9), DAY_FIRST),
        ("02/28/2024 09:00:00 PM", (2024, 2, 28, 21), MONTH_FIRST),
        ("02/28/24 9:00", (2024, 2, 28, 9), MONTH_FIRST),
        ("28-Feb-24 01:00:00 PM", (2024, 2, 28, 13), ""),
        ("Feb 28, 2024 09:00:00", (2024, 2, 28, 9), ""),
        ("28 February 2024 09:00:00", (2024, 2, 28, 9), ""),
        ("03/03/2024 09:00:00", (2024, 3, 3, 9), ""),
        ("Wed Feb 28 09:00:00 2024", (2024, 2, 28, 9), ""),
        ("Wed, 28 Feb 2024 09:00:00 GMT", (2024, 2, 28, 9), ""),
        ("28. Februar 2024 09:00:00", (2024, 2, 28, 9), ""),
        ("28-Mrz-24 09:00:00", (2024, 3, 28, 9), ""),
        ("28 févr. 2024 09:00:00", (2024, 2, 28, 9), ""),
        ("28 de febrero de 2024 09:00:00", (2024, 2, 28, 9), ""),
        ("2024年02月28日 09:00:00", (2024, 2, 28, 9), ""),
        ("2024/02/28 下午 01:00:00", (2024, 2, 28, 13), ""),
        ("02/28/2024 01:00:00 p.m.", (2024, 2, 28, 13), MONTH_FIRST),
        ("20240228 090000", (2024, 2, 28, 9), ""),
        ("20240228090000", (2024, 2, 28, 9), ""),
        ("20240228T090000", (2024, 2, 28, 9), ""),
        ("2024. 02. 28. 09:00:00", (2024, 2, 28, 9), ""),
        ("2024.02.28.", (2024, 2, 28), ""),
        ("28/Feb/2024:09:00:00", (2024, 2, 28, 9), ""),
        ("2024-02-28_09-00-00", (2024, 2, 28, 9), ""),
        ("2024-02-28 09.00.00", (2024, 2, 28, 9), ""),
        ("2024/02/28-09:00:00", (2024, 2, 28, 9), ""),
        ("28. 02. 2024 09:00:00", (2024, 2, 28, 9), ""),
        ("09:00:00 28/02/2024", (2024, 2, 28, 9), DAY_FIRST),
        ("2024-02-28 09:00:00 UTC", (2024, 2, 28, 9), ""),
    ],
)
def test_forms(text, moment, order):
    found = read_instants(pl.Series([text]), US)
    assert found.seconds.tolist() == [unix(*moment)]
    assert found.order == order


@pytest.mark.parametrize(("habit", "month"), [(US, 2), (("%d/%m/%Y",), 3)])
def test_what_is_open_is_read_by_habit_and_marked(habit, month):
    found = read_instants(pl.Series(["02/03/2024 09:00:00"]), habit)
    assert found.order == OPEN
    assert found.seconds.tolist() == [unix(2024, month, 5 - month, 9)]
    assert found.example == "02/03/2024 09:00:00"


def test_one_row_proves_the_order_of_all():
    found = read_instants(pl.Series(["11/04/2021 10:00:00", "13/04/2021 10:00:00"]), US)
    assert found.order == DAY_FIRST
    assert np.diff(found.seconds).tolist() == [2 * DAY]


@pytest.mark.parametrize("unit", [1.0, 1 / 60])
def test_the_wall_clock_advances_as_the_test_does(unit):
    """2 to 3 March, an hour a row: a month that passes in one hour was none."""
    time = np.arange(48) * 3600.0
    texts = [f"{2 + k // 24:02d}/03/2024 {k % 24:02d}:00:00" for k in range(48)]
    found = read_instants(pl.Series(texts), US, time * unit)
    assert found.order == DAY_FIRST
    np.testing.assert_allclose(np.diff(found.seconds), 3600.0)


def test_two_digits_in_front_may_be_the_year():
    texts = ["24-02-28 09:00:00", "24-02-29 09:00:00"]
    found = read_instants(pl.Series(texts), US, np.array([0.0, DAY]))
    assert found.seconds[0] == unix(2024, 2, 28, 9)


def test_a_midnight_without_its_clock_is_read():
    texts = ["03/14/2024 23:58:00", "03/15/2024", "03/15/2024 00:02:00"]
    assert np.diff(read_instants(pl.Series(texts), US).seconds).tolist() == [120.0, 120.0]


@pytest.mark.parametrize(
    ("count", "moment"),
    [
        ("1709110800", (2024, 2, 28, 9)),
        ("1709110800000", (2024, 2, 28, 9)),
        ("16566952984400000", (2022, 7, 1, 17, 8, 18, 440000)),
        ("638447076000000000", (2024, 2, 28, 9)),
        ("1709110800000000000", (2024, 2, 28, 9)),
        ("45350.375", (2024, 2, 28, 9)),
    ],
)
def test_counts(count, moment):
    found = read_instants(pl.Series([count]))
    np.testing.assert_allclose(found.seconds, [unix(*moment)], atol=1e-4)


def test_no_date_is_counted():
    found = read_instants(pl.Series(["x", "y", None]))
    assert np.isnan(found.seconds).all()
    assert found.unread.count == 2
    beyond = read_instants(pl.Series([5e20]))
    assert np.isnan(beyond.seconds).all()
    assert beyond.unread.text == "5e+20"
