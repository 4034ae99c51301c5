"""Every input of a model in words that a person can check."""

import math

import pytest

from softbreak.features.descriptions.plain_facts import plain_fact, topic_of
from softbreak.models.learned.model_inputs import COLUMNS


@pytest.mark.parametrize("name", COLUMNS)
def test_every_input_of_the_model_has_words_and_no_symbol(name):
    told = [plain_fact(name, value) for value in (-5.0, -0.5, -1e-9, 0.0, 0.5, 5.0, 1e6)]
    assert any(told)
    for words in told:
        assert "_" not in words
        assert "{" not in words
        assert "=" not in words
        assert "nan" not in words


def test_the_clauses_carry_their_numbers():
    assert plain_fact("x_over_maximum", 0.0) == "V/I has not fallen below its maximum"
    assert plain_fact("x_over_maximum", -0.000755) == "V/I has not fallen below its maximum"
    # 1 - exp(-0.522) = 0.407
    assert plain_fact("x_over_maximum", -0.522) == "V/I lies 41 % below its maximum"
    assert plain_fact("eis_low_change", math.log(1.5)).endswith("has grown by 50 %")
    assert plain_fact("drops", 3.0) == "3 abrupt drops of V/I were counted"


def test_what_says_nearly_the_same_is_one_topic():
    assert topic_of("x_over_maximum") == topic_of("rule_decline")
    assert topic_of("x_over_maximum") != topic_of("drops")


def test_what_is_missing_or_unknown_is_not_told():
    assert plain_fact("x_over_maximum", math.nan) == ""
    assert plain_fact("somebody_elses_feature", 1.0) == ""
