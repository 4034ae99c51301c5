"""Verdicts as numbers: what is made of them when somebody asks is what a rule would have said."""

import math
from dataclasses import replace

import numpy as np
import pytest

from softbreak.models.rules.sentences import TEXTS
from softbreak.models.verdicts import OPEN, Verdicts
from softbreak.verdict import CERTIFIES, SETTLES, Evidence, State, judged, undetermined

ETA = (0.3, 0.1, 0.5)
CHANCES = (0.2, 0.7, 0.1)


def verdicts_of_all_kinds():
    """Every state, on evidence that certifies, settles, contradicts, or does neither."""
    names = (*sorted(CERTIFIES), SETTLES, "growth_ln_resistance")
    for state in (State.HEALTHY, State.SOFT, State.HARD):
        yield judged(state, ETA, CHANCES, ())
        for name in names:
            for value in (0.01, 0.6, math.nan):
                found = Evidence(name, value, math.nan, f"{name} is {value}.")
                yield judged(state, ETA, CHANCES, (found,), transient=value == 0.6)
                other = Evidence("x", 1.0, 2.0, "Beside it.")
                yield judged(state, ETA, CHANCES, (other, found))
    yield undetermined("nothing is known", "Measure.")


@pytest.mark.parametrize("texts", [(), TEXTS])
def test_objects_come_back_as_they_were(texts):
    expected = list(verdicts_of_all_kinds())
    told = Verdicts.of(expected, texts)
    assert list(map(repr, told)) == list(map(repr, expected))
    assert [repr(told[k]) for k in range(len(told))] == list(map(repr, expected))
    assert repr(told[-1]) == repr(expected[-1])
    assert list(map(repr, told[2:9:3])) == list(map(repr, expected[2:9:3]))
    with pytest.raises(IndexError):
        told[len(expected)]


def test_columns_are_what_the_objects_say():
    expected = list(verdicts_of_all_kinds())
    told = Verdicts.of(expected)
    assert told.basis is told.basis  # made once
    assert told.basis == [one.basis.value for one in expected]
    assert told.settled.tolist() == [one.settled for one in expected]
    assert told.wanted == [one.wanted_measurement for one in expected]
    assert told.fault.tolist() == [one.p_soft + one.p_hard for one in expected]
    names = [[item.feature for item in one.evidence] for one in expected]
    assert [told.features(k) for k in range(len(told))] == names
    assert told.features(-1) == names[-1]
    assert told.sentences == [item.sentence for one in expected for item in one.evidence]
    assert np.flatnonzero(told.state == OPEN).tolist() == [len(expected) - 1]


def test_some_are_replaced_and_the_others_stay():
    before = list(verdicts_of_all_kinds())
    told = Verdicts.of(before, TEXTS)
    changes = {
        0: undetermined("it is the first", "Another one."),
        5: replace(before[5], evidence=()),
        len(before) - 1: judged(State.HARD, ETA, CHANCES, before[5].evidence * 3),
    }
    expected = [changes.get(k, one) for k, one in enumerate(before)]
    assert list(map(repr, told.replaced(changes))) == list(map(repr, expected))
    assert list(map(repr, told)) == list(map(repr, before))  # untouched
    assert told.replaced({}) is told


def test_of_none_there_is_none():
    told = Verdicts.of([])
    assert not told
    assert list(told) == told.basis == told.sentences == []
