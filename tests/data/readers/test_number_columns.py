"""Decimal commas and thousands: each column, then the table, then a refusal that names the text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from softbreak.data.readers.tables.number_columns import could_be_number, numbers_of
from softbreak.errors import ReadError


def _read(*columns: list[str]) -> list[list[float]]:
    named = {f"c{k}": column for k, column in enumerate(columns)}
    return [v.tolist() for v in numbers_of(Path("t.txt"), named, list(range(2, 99))).values()]


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ((["71,969", "1,931", "0.7"], ["4,543", "-404"]), [[71969, 1931, 0.7], [4543, -404]]),
        ((["71.969", "0,27"], ["1.234", "4.543,12"]), [[71969, 0.27], [1234, 4543.12]]),
        ((["12,345,678", "3,000"],), [[12345678, 3000]]),
        ((["12,34,567.8"],), [[1234567.8]]),  # as in India
        ((["100.000", "1.123", "889", "1"],), [[100000, 1123, 889, 1]]),  # a sweep only falls
        ((["4.563", "1.200"], ["4.5", "3.4"]), [[4.563, 1.2], [4.5, 3.4]]),
        ((["998,125", "1200", "1450"],), [[998.125, 1200, 1450]]),
        ((["1.001", "999", "0,5"],), [[1001, 999, 0.5]]),
        ((["1.003", "1.001", "999", "997"],), [[1003, 1001, 999, 997]]),  # no other column tells
        ((["4,563", "5", "5,125"],), [[4.563, 5, 5.125]]),
        ((["4.563", "5", "5.125"],), [[4.563, 5, 5.125]]),
        ((["4.563", "4.777"],), [[4.563, 4.777]]),  # a point that nothing contradicts
        ((["1,500e3", "2e3"],), [[1500, 2000]]),
        ((["71'969", "4 543", "1\u2009234.5", "1\u00a0000"],), [[71969, 4543, 1234.5, 1000]]),
        ((["−3,5", '"2,25"'],), [[-3.5, 2.25]]),
    ],
)
def test_the_column_decides_then_the_table(
    columns: tuple[list[str], ...], values: list[list[float]]
) -> None:
    assert _read(*columns) == values


@pytest.mark.parametrize("text", ["NaN", "OVL", "", "-", "#N/A", "inf"])
def test_no_value_is_nan(text: str) -> None:
    assert np.isnan(_read(["1.5", text])[0][1])
    assert could_be_number(text)


@pytest.mark.parametrize(
    "column",
    [
        ["4,563", "1,200"],
        ["4,563", "1200"],
        ["4.563,1", "1,200.3"],
        ["1,5", "1.5"],
        ["1.2.3"],
    ],
)
def test_what_nothing_decides_is_refused_by_name(column: list[str]) -> None:
    with pytest.raises(ReadError, match=r"line \d, column c0.*'\d[.,]\d|line 2, column c0"):
        _read(column)


def test_words_are_refused_by_name() -> None:
    with pytest.raises(ReadError, match=r"line 3, column c0.*'abc'"):
        _read(["1", "abc"])
