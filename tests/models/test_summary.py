"""A cell's sentence."""

import math
from types import SimpleNamespace

from softbreak.models.diagnosis.summary import _sentence
from softbreak.verdict import State


def test_one_open_cycle_is_told_in_the_singular_and_its_reason_begins_a_sentence():
    reason = SimpleNamespace(sentence="this is not a symmetric cell.")
    verdict = SimpleNamespace(state=State.UNDETERMINED, evidence=(reason,))
    said = _sentence(State.UNDETERMINED, [verdict], None, math.nan)
    assert said == "Undetermined: 1 of 1 cycle is left open. This is not a symmetric cell."
