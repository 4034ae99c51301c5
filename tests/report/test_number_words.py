"""Numbers as people read them."""

from softbreak.report.number_words import chance


def test_a_chance_that_rounds_to_nothing_is_still_one():
    assert (chance(0.0), chance(0.0004)) == ("< 0.1 %", "< 0.1 %")
    assert (chance(0.001), chance(float("nan"))) == ("0.1 %", "–")
