import pytest

from softbreak.features.catalog import CATALOGUE, TELLINGS
from softbreak.features.descriptions.sentence import Kind, Telling, number, percent

NAN = float("nan")


@pytest.mark.parametrize(
    ("told", "value", "baseline", "sentence"),
    [
        # ln 0.6
        (Telling(Kind.LOGARITHM, "R", "in A"), -0.5108, 0.0, "R is 40 % lower than in A."),
        (Telling(Kind.LOGARITHM, "R", "in A"), 0.1823, 0.0, "R is 20 % higher than in A."),
        (Telling(Kind.LOGARITHM, "R", "in A"), 1.609, 0.0, "R is 5.00 times as high as in A."),
        (Telling(Kind.CHANGE, "I", "in A"), 0.31, 0.0, "I is 31 % higher than in A."),
        (Telling(Kind.CHANGE, "I", "in A"), 0.001, 0.0, "I is the same as in A."),
        (
            Telling(Kind.RATIO, "R", "S"),
            0.7885,
            2.1041,
            "R is 2.20 times S; in the cell's first cycles it was 8.20 times.",
        ),
        (
            Telling(Kind.SHARE, "x", "the whole"),
            0.31,
            0.004,
            "x is 31 % of the whole; in the cell's first cycles it was 0.40 %.",
        ),
        (Telling(Kind.NUMBER, "n", unit="s"), -3.0, NAN, "n is −3 s."),
    ],
)
def test_sentences(told, value, baseline, sentence):
    assert told.sentence(value, baseline) == sentence


def test_when_it_was_measured_stands_behind_the_fact():
    told = Telling(Kind.LOGARITHM, "R", "in A")
    assert told.sentence(-0.5108, 0.0, " at 41.2 h") == "R is 40 % lower than in A at 41.2 h."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (2.0, "2"),
        (-1.5, "−1.50"),
        (12345.6, "12346"),
        (0.00123, "0.00123"),
        (1e9, "1.00 × 10^9"),
        (NAN, "unknown"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


def test_percent_has_two_digits():
    assert [percent(x) for x in (0.3149, 0.031, 1.52)] == ["31 %", "3.1 %", "152 %"]
    assert [percent(x) for x in (0.9981, 0.99999, 1.0)] == ["99.81 %", "more than 99.99 %", "100 %"]


def test_every_telling_is_of_a_feature_and_expects_some_scatter():
    names = {feature.name for feature in CATALOGUE}
    assert set(TELLINGS) <= names
    assert all(told.scatter > 0 for told in TELLINGS.values())
