"""Alarms: when they come, when they end, and that they never flutter."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softbreak.models.live.changes import Change, Kind
from softbreak.stream.alarm import AlarmBook, AlarmLimits, Level
from tests.stream.steps import row

STATES = {"h": "healthy", "s": "soft", "X": "hard", "u": "undetermined"}


def verdict(cycle, letter, sure=0.9):
    state = STATES[letter]
    told = row("c", cycle, state, 100.0 * (cycle + 1), sure=sure)
    if letter == "u":
        told |= {"p_healthy": 0.4, "p_soft": 0.4, "p_hard": 0.2}
    return Change(Kind.VERDICT, cycle, 100.0 * (cycle + 1), told)


def news(kind, cycle):
    return Change(kind, cycle, 100.0 * cycle + 50.0, {"sentence": f"{kind} in cycle {cycle}"})


def history(letters, sure=0.9):
    """A cell's changes: w, c, x are a warning and its ends inside the cycle that follows."""
    kinds = {"w": Kind.WARNING, "c": Kind.CONFIRMED, "x": Kind.WITHDRAWN}
    cycle = 0
    for letter in letters:
        if letter in kinds:
            yield news(kinds[letter], cycle)
        else:
            yield verdict(cycle, letter, sure)
            cycle += 1


def told(letters, **how):
    book = AlarmBook("c")
    book.apply(list(history(letters, **how)))
    return [(a.level.value, a.cycle_index, a.end, a.end_cycle) for a in book.alarms]


def test_healthy_cells_and_undetermined_ones_are_silent():
    assert told("hhhhuuuuhuhu") == []


def test_one_doubtful_cycle_is_not_enough_two_are():
    assert told("hhshh") == []
    assert told("hhsshh") == [("soft", 3, "", None)]


def test_cycles_in_doubt_count_neither_way():
    assert told("hsush") == [("soft", 3, "", None)]
    assert told("hsshuhuh") == [("soft", 2, "recovered", 7)]


def test_strong_evidence_needs_no_second_cycle():
    assert told("hhshh", sure=0.99) == [("soft", 2, "", None)]


def test_it_climbs_and_says_each_step_once():
    assert told("hhwcssXXXXXX") == [
        ("early warning", 2, "escalated", 2),
        ("soft", 2, "escalated", 5),
        ("hard", 5, "", None),
    ]


def test_a_warning_that_is_borne_out_needs_one_cycle_more():
    assert [alarm[0] for alarm in told("hhwcs")] == ["early warning", "soft"]
    assert [alarm[0] for alarm in told("hhwcX")] == ["early warning", "hard"]


def test_a_warning_that_is_withdrawn_is_over_and_the_next_ones_wait():
    assert told("hwxhwxhwxhhwxh") == [
        ("early warning", 1, "withdrawn", 1),
        ("early warning", 3, "withdrawn", 3),
    ]


def test_recovery_takes_three_healthy_cycles_and_the_next_one_longer():
    assert told("hsshhh" + "sshhhhh" + "h") == [
        ("soft", 2, "recovered", 5),
        ("soft", 7, "recovered", 13),
    ]


def test_a_louder_alarm_never_becomes_a_quieter_one():
    assert told("hXXsssss") == [("hard", 2, "", None)]


def test_the_sentence_is_that_of_the_evidence():
    book = AlarmBook("c")
    (warning,) = book.apply([news(Kind.WARNING, 0)])
    assert (warning.sentence, warning.time_second) == (
        "early warning"[:0] + "warning in cycle 0",
        50.0,
    )
    book.apply([verdict(0, "s"), verdict(1, "s")])
    assert book.standing.sentence == "0 rows by now."


def test_a_late_spectrum_takes_an_alarm_back():
    book = AlarmBook("c")
    book.apply(list(history("hssh")))
    assert book.standing.level is Level.SOFT
    changed = book.apply([verdict(1, "h"), verdict(2, "h")])
    assert [(a.key, a.end) for a in changed] == [("c/soft/2", "revised")]
    assert book.standing is None


def test_a_late_spectrum_raises_an_alarm_where_it_belongs():
    book = AlarmBook("c")
    book.apply(list(history("huuh")))
    (alarm,) = book.apply([verdict(1, "s"), verdict(2, "s")])
    assert (alarm.key, alarm.cycle_index) == ("c/soft/2", 2)


def test_limits_are_for_the_caller_to_choose():
    book = AlarmBook("c", AlarmLimits(short_cycles=1, recover_cycles=1))
    book.apply(list(history("sh")))
    assert [a.end for a in book.alarms] == ["recovered"]


def test_news_of_one_chunk_may_come_in_any_order():
    changes = list(history("hwcsshh"))
    one, other = AlarmBook("c"), AlarmBook("c")
    one.apply(changes)
    other.apply(changes[::-1])
    assert one.alarms == other.alarms


def test_a_cycle_that_turned_out_to_be_none_counts_no_more():
    book = AlarmBook("c")
    book.apply(list(history("hss")))
    (alarm,) = book.apply([Change(Kind.REMOVED, 2, 300.0, {"cycle_index": 2})])
    assert (alarm.key, alarm.end) == ("c/soft/2", "revised")
    assert book.standing is None
    book.apply([verdict(2, "s")])
    assert book.standing.key == "c/soft/2"


letters = st.text("hsXuwcx", max_size=60)


@given(letters, st.lists(st.integers(0, 60), max_size=8))
def test_chunks_change_nothing(text, cuts):
    changes = list(history(text))
    whole, parts = AlarmBook("c"), AlarmBook("c")
    whole.apply(changes)
    places = [0, *sorted(min(cut, len(changes)) for cut in cuts), len(changes)]
    for first, last in itertools.pairwise(places):
        parts.apply(changes[first:last])
        parts = AlarmBook.load("c", parts.dump())
    assert parts.alarms == whole.alarms
    assert parts.standing == whole.standing


@given(letters)
def test_every_alarm_is_told_as_it_ends(text):
    book, seen = AlarmBook("c"), {}
    for change in history(text):
        for alarm in book.apply([change]):
            seen[alarm.key] = alarm
    assert list(seen.values()) == book.alarms
    assert [a for a in book.alarms if not a.end] == ([book.standing] if book.standing else [])


@given(letters, st.integers(0, 20), st.sampled_from("hsXu"))
def test_what_is_revised_is_as_if_it_had_been_so_from_the_beginning(text, cycle, letter):
    changes = list(history(text))
    verdicts = [c for c in changes if c.kind is Kind.VERDICT]
    cycle = min(cycle, len(verdicts) - 1)
    if cycle < 0:
        return
    new = verdict(cycle, letter)
    late, early = AlarmBook("c"), AlarmBook("c")
    late.apply(changes)
    late.apply([new])
    early.apply([new if c is verdicts[cycle] else c for c in changes])
    assert [(a.key, a.end) for a in late.alarms] == [(a.key, a.end) for a in early.alarms]


@given(st.text("hsXuwcx", min_size=200, max_size=600))
def test_nothing_makes_it_flutter(text):
    cycles = sum(letter in "hsXu" for letter in text)
    slowest = AlarmLimits().slowest
    # each pair of an alarm and its end makes the next one slower, until the slowest pace
    most = 4 * (slowest + 2 + cycles / 2**slowest)
    assert len(told(text)) <= most


@pytest.mark.parametrize("pattern", ["sh", "ssh", "hhss", "hhhss", "hwxh", "sshhh", "Xhhh", "wcsh"])
def test_a_thousand_cycles_of_a_flickering_cell_are_few_alarms(pattern):
    letters = (pattern * 1000)[:4000]
    assert len(told(letters)) <= 4 * math.log2(4000) + 60
