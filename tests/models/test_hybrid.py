"""The hybrid: certificates win, doubt abstains, growth vetoes, the unfamiliar is the rule's."""

import math
from dataclasses import replace

import numpy as np
import pytest

from softbreak.data.history import assemble
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.learned.hybrid_decision import THRESHOLDS, Limits
from softbreak.models.learned.hybrid_decision import combined as combine
from softbreak.models.learned.hybrid_scores import SCORED
from softbreak.models.learned.levels import LEVEL
from softbreak.models.learned.model_inputs import COLUMNS
from softbreak.models.learned.sentences import WORDING
from softbreak.models.rules.sentences import TEXTS
from softbreak.models.rules.thresholds import BELOW_FLOOR, UNFINISHED
from softbreak.models.verdicts import Verdicts
from softbreak.verdict import Evidence, State, judged, undetermined
from tests.features.synthetic import cycled

LIMITS = Limits()
NO_CREEP = (math.nan, math.nan, math.nan)


def scored(fault, *, hard=0.0, novelty=0.2, pair=False, logged=True, still=True, eta=None):
    """What was learned of a cycle, whether the temperature was logged and V/I stands still."""
    one = np.zeros(1, SCORED)
    one["chances"] = (1.0 - fault, fault - hard, hard)
    one["eta"] = eta or (fault, 0.5 * fault, min(1.5 * fault, 1.0))
    one["novelty"], one["kind"] = novelty, pair
    one["telling"] = (COLUMNS.index("x_over_maximum"), COLUMNS.index("eis_age"), -1)
    one["value"], one["share"] = (-0.5, math.nan, math.nan), (1.2, 0.3, 0.0)
    return one, (logged, still)


def combined(rule, learned, growth, limits, creep=NO_CREEP, *, grew=True):
    """The verdict of one cycle."""
    found, known = learned
    level = np.array([(growth, grew, *creep, *known)], LEVEL)
    rules, names = Verdicts.of([rule], TEXTS), np.arange(len(COLUMNS))
    return combine(rules, (found, level), names, limits.record(), WORDING)[0]


def same(told, rule):
    return repr(told) == repr(rule)


def said(state, feature="growth_ln_resistance", value=0.5):
    numbers = {State.HEALTHY: 0.0, State.SOFT: 0.5, State.HARD: 0.98}
    found = (Evidence(feature, value, 1.0, "As the rule says."),)
    return judged(state, (numbers[state], 0.0, 1.0), (0.3, 0.4, 0.3), found)


OPEN = undetermined("V/I has grown", "Impedance.")


@pytest.mark.parametrize("fault", [0.001, 0.5, 0.999])
def test_a_certificate_stands_whatever_was_learned(fault):
    rule = said(State.SOFT, "resistance_over_ionic_floor", value=0.3)
    assert same(combined(rule, scored(fault), 0.0, LIMITS), rule)


def test_a_mild_certificate_alone_may_be_a_wrong_area():
    rule = said(State.SOFT, "resistance_over_ionic_floor", value=0.7)
    verdict = combined(rule, scored(0.02), 0.0, LIMITS)
    assert verdict.state is State.UNDETERMINED
    assert "area" in verdict.wanted_measurement
    assert same(combined(rule, scored(0.5), 0.0, LIMITS), rule)
    # cycles that are alike, whose scores scatter about a tenth, are all told the same
    assert combined(rule, scored(0.15), 0.0, LIMITS).state is State.UNDETERMINED
    clear = said(State.SOFT, "resistance_over_ionic_floor", value=0.55)
    assert same(combined(clear, scored(0.02), 0.0, LIMITS), clear)


def test_without_a_logged_temperature_a_short_needs_more():
    rule = said(State.SOFT)
    assert combined(rule, scored(0.7), 0.0, LIMITS).state is State.SOFT
    assert combined(rule, scored(0.7, logged=False), 0.0, LIMITS).state is State.UNDETERMINED


@pytest.mark.parametrize(
    ("rule", "fault", "expected"),
    [
        (said(State.HEALTHY), 0.01, State.HEALTHY),
        (said(State.HEALTHY), 0.40, State.UNDETERMINED),
        (said(State.HEALTHY), 0.97, State.SOFT),
        (said(State.SOFT), 0.90, State.SOFT),
        (said(State.SOFT), 0.30, State.UNDETERMINED),
        (OPEN, 0.01, State.HEALTHY),
        (OPEN, 0.50, State.UNDETERMINED),
        (OPEN, 0.95, State.SOFT),
    ],
)
def test_two_sided_limits(rule, fault, expected):
    verdict = combined(rule, scored(fault), 0.0, LIMITS)
    assert verdict.state is expected
    assert verdict.p_healthy == pytest.approx(1.0 - fault)
    assert bool(verdict.wanted_measurement) == (expected is State.UNDETERMINED)


def test_growth_without_a_spectrum_withholds_healthy():
    assert combined(OPEN, scored(0.06), 0.3, LIMITS).state is State.UNDETERMINED
    assert combined(OPEN, scored(0.06, pair=True), 0.3, LIMITS).state is State.HEALTHY


def test_growth_that_hardly_ever_hid_a_short_is_growth_until_v_over_i_has_doubled():
    assert combined(OPEN, scored(0.01), 0.3, LIMITS).state is State.HEALTHY
    assert combined(OPEN, scored(0.04), 0.65, LIMITS).state is State.HEALTHY
    assert combined(OPEN, scored(0.01), 0.75, LIMITS).state is State.UNDETERMINED
    crept = (0.2, 0.4, 0.5)
    assert combined(OPEN, scored(0.01), 0.3, LIMITS, crept).state is State.UNDETERMINED


def test_what_a_lost_creep_says_is_true_whatever_v_over_i_did():
    found = combined(said(State.HEALTHY), scored(0.01), 0.0, LIMITS, (0.2, 0.4, 0.5))
    assert found.state is State.UNDETERMINED
    told = found.evidence[0]
    assert (told.feature, told.value) == ("slow_polarisation", 0.5)
    assert "50 % of what it was" in told.sentence
    # V/I may have fallen, and the interval of η_e is the verdict's
    assert "not fallen" not in told.sentence and "η_e" not in told.sentence


def test_a_wire_is_certain_and_a_fitted_pair_is_not():
    wire = said(State.HARD, "impedance_electronic_fraction", value=math.nan)
    assert same(combined(wire, scored(0.99, hard=0.2), 0.0, LIMITS), wire)
    pair = said(State.HARD, "impedance_electronic_fraction", value=0.97)
    assert combined(pair, scored(0.99, hard=0.2), 0.0, LIMITS).state is State.SOFT
    assert combined(pair, scored(0.99, hard=0.9), 0.0, LIMITS).state is State.HARD


def test_hard_is_said_where_it_is_more_likely_than_not():
    assert combined(OPEN, scored(0.99, hard=0.9), 0.0, LIMITS).state is State.HARD


def test_the_fall_itself_says_how_much_is_electronic():
    rule = judged(State.SOFT, (0.6, 0.4, 0.8), (0.05, 0.9, 0.05), ())
    found = combined(rule, scored(0.9), 0.0, LIMITS)
    # learned: 0.9 within 0.45 to 1
    assert found.electronic_fraction == 0.6
    assert (found.electronic_fraction_lower, found.electronic_fraction_upper) == (0.45, 1.0)
    low = replace(rule, electronic_fraction=0.3)
    assert combined(low, scored(0.9), 0.0, LIMITS).electronic_fraction == 0.45


def test_a_rule_that_sees_no_short_says_nothing_of_its_size():
    found = combined(said(State.HEALTHY), scored(0.97), 0.0, LIMITS)
    assert (found.state, found.electronic_fraction) == (State.SOFT, 0.97)


def test_the_interval_of_a_short_holds_no_healthy_cell():
    found = combined(OPEN, scored(0.95, eta=(0.3, 0.0, 0.6)), 0.0, LIMITS)
    assert found.state is State.SOFT
    assert found.electronic_fraction_lower == 0.05


def test_below_the_floor_no_score_makes_a_cell_healthy():
    rule = undetermined("V/I is 50 Ω", "Impedance.")
    named = (replace(rule.evidence[0], feature=BELOW_FLOOR),)
    below = replace(rule, evidence=named)
    assert combined(rule, scored(0.001), 0.0, LIMITS).state is State.HEALTHY
    assert combined(below, scored(0.001), 0.0, LIMITS).state is State.UNDETERMINED
    assert combined(below, scored(0.99), 0.0, LIMITS).state is State.SOFT


def test_the_unfamiliar_is_left_to_the_rule_and_told():
    verdict = combined(OPEN, scored(0.001, novelty=2.0), 0.0, LIMITS)
    assert verdict.state is State.UNDETERMINED
    assert "2.0 times as far" in verdict.evidence[-1].sentence


def test_what_cannot_be_compared_is_left_as_it_is():
    assert same(combined(OPEN, scored(0.99), math.nan, LIMITS), OPEN)


def test_the_sentence_names_what_was_most_telling():
    found = combined(said(State.SOFT), scored(0.9), 0.0, LIMITS).evidence[-1]
    assert found.feature == "learned_probability_of_short"
    assert "V/I lies 39 % below its maximum: speaks for a short" in found.sentence
    assert "_" not in found.sentence
    assert "nan" not in found.sentence


def test_an_unlogged_decline_is_no_short_without_a_spectrum():
    warm = scored(0.95, logged=False)
    assert combined(OPEN, warm, 0.0, LIMITS).state is State.UNDETERMINED
    assert combined(said(State.HEALTHY), warm, 0.0, LIMITS).state is State.UNDETERMINED
    seen = scored(0.95, logged=False, pair=True)
    assert combined(OPEN, seen, 0.0, LIMITS).state is State.SOFT
    sure = scored(0.97, logged=False)
    assert combined(OPEN, sure, 0.0, LIMITS).state is State.SOFT
    oven = scored(0.97, logged=False, still=False)
    assert combined(OPEN, oven, 0.0, LIMITS).state is State.UNDETERMINED
    oven = scored(0.97, still=False)
    assert combined(OPEN, oven, 0.0, LIMITS).state is State.SOFT


@pytest.mark.parametrize("fault", [0.001, 0.5, 0.999])
@pytest.mark.parametrize("novelty", [0.2, 2.0])
def test_what_is_open_because_it_is_unfinished_stays_open(fault, novelty):
    found = (Evidence(UNFINISHED, math.nan, math.nan, "One direction only."),)
    rule = replace(OPEN, evidence=found)
    assert same(combined(rule, scored(fault, novelty=novelty), 0.0, LIMITS), rule)


def cut(history, hour):
    """The record up to a moment."""
    record = history.records[0]
    table = record.table[record.table["test_time_second"] < hour * 3600.0]
    return assemble(history.cell, [replace(record, table=table)])


@pytest.mark.parametrize("detector", ["hybrid", "hybrid-voltage"])
def test_a_cycle_that_the_end_of_the_record_cuts_off_is_not_healthy(detector):
    whole = cycled(lambda h: 100.0 + 0 * h)
    expected = examine(whole, detector).verdicts
    assert set(expected["state"]) == {"healthy"}
    told = examine(cut(whole, 20.9), detector).verdicts  # of 2 h a cycle
    assert told["state"].to_list() == ["healthy"] * 10 + ["undetermined"]
    assert told["evidence"].iloc[-1][0]["feature"] == UNFINISHED
    before = [table.iloc[:10].drop(columns="evidence") for table in (told, expected)]
    assert before[0].equals(before[1])


def test_a_healthy_cycle_that_the_rule_leaves_open_says_first_what_settled_it():
    told = combined(OPEN, scored(0.026), 0.05, LIMITS).evidence[0].sentence
    assert "only 2.6 % were shorted" in told
    clear = combined(OPEN, scored(0.026), 0.3, LIMITS, (0.0, 0.11, 0.9))
    assert clear.state is State.HEALTHY
    assert "bounds η_e to 11 %" in clear.evidence[0].sentence


@pytest.mark.parametrize(
    ("state", "words"), [(State.SOFT, "only 40 %"), (State.HEALTHY, "this 40")]
)
def test_a_contradiction_reads_as_one(state, words):
    assert words in combined(said(state), scored(0.40), 0.0, LIMITS).evidence[0].sentence


def test_what_a_step_of_the_current_explains_is_no_growth():
    assert combined(OPEN, scored(0.01), 0.3, LIMITS, grew=False).state is State.UNDETERMINED


def test_limits_that_a_study_changes_are_those_of_the_next_cell(monkeypatch):
    before = Limits().record()["CERTIFICATES"].item()
    monkeypatch.setitem(THRESHOLDS, "CERTIFICATES", 0.25)
    assert Limits().record()["CERTIFICATES"].item() == 0.25 != before
