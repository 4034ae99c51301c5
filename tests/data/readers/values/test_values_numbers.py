"""Numbers: which mark is decimal is told by whole columns, or said to be untold."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.data.readers.values.numbers import (
    AmbiguousNumberError,
    Evidence,
    evidence_of,
    read_numbers,
)

POINT, COMMA = Evidence(frozenset(".")), Evidence(frozenset(","))


def told(*texts, beside=None, decimal_comma=False):
    return read_numbers(
        pl.Series(texts, dtype=pl.String),
        beside=None if beside is None else lambda: beside,
        decimal_comma=decimal_comma,
    )


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (("0.5", "1.234", None, ""), (0.5, 1.234, np.nan, np.nan)),
        (("0,5", "-1,25"), (0.5, -1.25)),
        (("1,234.5", "0.5"), (1234.5, 0.5)),
        (("1,5", "1.234,5"), (1.5, 1234.5)),
        (("115'200.0", "0.0"), (115200.0, 0.0)),
        (("1’115’200", "5"), (1115200.0, 5.0)),
        (("115\u202f200,0", "0,0"), (115200.0, 0.0)),
        (("1\u00a0115 200,5", "0,0"), (1115200.5, 0.0)),
        (("1,15,200.0", "0.5"), (115200.0, 0.5)),
        (("1.115.200", "200"), (1115200.0, 200.0)),
        (("\u22120.5", "1e-3", "1.5E+05"), (-0.5, 1e-3, 1.5e5)),
        (("1,5E-3", "2"), (1.5e-3, 2.0)),
        (("0", "120", "960", "1.080", "115.200"), (0.0, 120.0, 960.0, 1080.0, 115200.0)),
        (("3.700", "3.701", "4.000"), (3.7, 3.701, 4.0)),
        (("71,969", "0.1389"), (71969.0, 0.1389)),
    ],
)
def test_marks(texts, values):
    read, unread = told(*texts)
    np.testing.assert_allclose(read, values)
    assert unread is None


@pytest.mark.parametrize(
    ("beside", "value"), [(POINT, 115200.0), (COMMA, 115.2)], ids=["point", "comma"]
)
def test_other_columns_decide(beside, value):
    assert told("115,200", beside=beside)[0].tolist() == [value]


def test_what_nothing_decides_is_no_number():
    with pytest.raises(AmbiguousNumberError, match=r"'115,200' in row 2"):
        told("120", "115,200")
    assert told("3,700", decimal_comma=True)[0].tolist() == [3.7]


def test_a_contradiction_is_no_number():
    with pytest.raises(AmbiguousNumberError):
        told("1,5", "1.5", "1,234")


def test_what_is_not_understood_is_counted():
    values, unread = told("1", "x", "n/a", "1.5 mA", None)
    assert np.isnan(values[1:]).all()
    assert (unread.count, unread.row, unread.text) == (2, 1, "x")


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (("0.5",), "."),
        (("0,5",), ","),
        (("1.234,5",), ","),
        (("1.234",), None),
        (("1,5", "1.5"), None),
    ],
)
def test_evidence(texts, mark):
    assert evidence_of(pl.Series(texts)).mark == mark


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(-1e7, 1e7).map(lambda x: round(x, 4)), min_size=1, max_size=30),
    st.sampled_from([(".", ""), (",", ""), (".", ","), (",", "."), (".", "'"), (",", " ")]),
)
def test_a_written_column_reads_as_it_was(values, marks):
    """Whatever the habit: with four decimals nothing is ambiguous."""
    decimal, group = marks
    table = str.maketrans({",": group, ".": decimal})
    texts = [f"{value:,.4f}".translate(table) for value in values]
    np.testing.assert_allclose(told(*texts)[0], values, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        *("\u20135.1", "\uff0d5.1", "\u00ad5.1", "- 5.1", "5.1-", "(5.1)", "'-5.1", '="-5.1'),
        *("-5.1E+00", "-5.1D0", "-0.51*10^1", "-0.51 x 10^1", "\uff0d５.１"),
    ],
)
def test_numbers_in_other_habits(text):
    values, unread = told("1.5", text, text)
    assert unread is None
    assert values.tolist() == [1.5, -5.1, -5.1]


def test_whole_thousands_of_one_column_tell_of_another():
    """All voltages of a steady cell lie beyond 1000 mV; only the times show what the mark is."""
    for mark in ",.":
        time = [f"{k * 120:,}".replace(",", mark) for k in range(60)]
        beside = evidence_of(pl.Series(time))
        assert mark in beside.thousands
        volts = [f"15{mark}{300 + k}" for k in range(60)]
        values, _ = told(*volts, decimal_comma=True, beside=beside)
        assert values[0] == 15_300.0


def test_a_column_that_only_falls_tells_its_mark():
    values, _ = told("100.000", "1.123", "889", "1")
    assert values.tolist() == [100_000.0, 1123.0, 889.0, 1.0]


def test_one_minus_behind_a_number_is_damage_and_several_are_a_habit():
    values, _ = told("1.5", "2.5-", "3.5-")
    assert values.tolist() == [1.5, -2.5, -3.5]
    for texts in (("1.5", "2.5-", "3.5"), ("-1.5", "2.5-", "3.5-")):
        values, unread = told(*texts)
        assert np.isnan(values[1]) and unread.text == "2.5-"


@pytest.mark.parametrize("mark", [".", ","])
def test_one_number_with_a_plain_mark_spares_the_others(mark: str) -> None:
    def beside() -> Evidence:
        raise AssertionError("the column itself tells")

    texts = [f"{k}.{100 + k}" for k in range(1, 40)]
    texts[20] = "7.25"
    column = pl.Series([text.replace(".", mark) for text in texts])
    values, unread = read_numbers(column, beside=beside)
    assert values.tolist() == [float(text) for text in texts]
    assert unread is None


def test_ten_with_an_exponent_says_so():
    texts = ["1.5x10^-3", "2x10-3", "3\u00d7103", "0.00x1000", "0.001"]
    values, unread = read_numbers(pl.Series(texts))
    assert values[[0, 1, 2, 4]].tolist() == pytest.approx([1.5e-3, 2e-3, 3e3, 1e-3])
    assert np.isnan(values[3]) and unread is not None and unread.text == "0.00x1000"
