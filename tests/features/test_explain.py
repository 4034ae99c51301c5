"""Reasons that a colleague can check: true, with units, the most telling first."""

import numpy as np
import pytest

from softbreak.data.history import assemble
from softbreak.errors import SoftbreakError
from softbreak.features.evidence.cell_evidence import gather
from softbreak.features.explain import explain, reasons
from softbreak.features.table import feature_table
from softbreak.simulate.population import Recipe, make_block
from softbreak.simulate.records import block_records, describe
from tests.features.synthetic import cycled


def sentences(history, cycle, **more):
    return [reason.sentence for reason in explain(history, cycle, **more)]


def test_a_drop_that_stays_is_the_first_reason():
    history = cycled(lambda h: np.where(h >= 20.55, 69.0, 100.0))
    first = sentences(history, 10)[0]
    assert first.startswith(
        "The voltage at the same current fell 31 % within one sample at 20.6 h and did not come "
        "back."
    )


def test_a_drop_that_recovers_says_when():
    history = cycled(lambda h: np.where((h >= 20.55) & (h < 23.5), 69.0, 100.0))
    assert (
        "fell 31 % within one sample at 20.6 h and was back at 24.0 h." in sentences(history, 10)[0]
    )


def test_a_drop_at_the_end_is_not_said_to_last():
    history = cycled(lambda h: np.where(h >= 39.5, 69.0, 100.0))
    assert "just before the record ends." in sentences(history, 19)[0]


def test_a_rise_is_told_as_one():
    history = cycled(lambda h: np.where(h >= 20.55, 400.0, 100.0))
    assert "rose to 4.0" in sentences(history, 10)[0]


def test_many_jumps_are_one_sentence():
    def telegraph(h):
        return np.where((h >= 20.2) & ((h * 5).astype(int) % 2 == 0), 60.0, 100.0)

    (first, *_) = sentences(cycled(telegraph), 10)
    assert "times within one sample, between 20." in first


def test_a_steady_cell_gives_no_reason():
    assert sentences(cycled(lambda h: 100.0 + 0 * h), 15) == []


def test_the_first_cycle_has_nothing_to_be_compared_with():
    assert sentences(cycled(lambda h: 100.0 + 0 * h), 0) == []


def test_an_unknown_cycle():
    with pytest.raises(SoftbreakError, match="there is no cycle 100: the cell has cycles 1 to 20"):
        explain(cycled(lambda h: 100.0 + 0 * h), 99)


@pytest.fixture(scope="module")
def shorted():
    """A cell whose filament bridges between the first and the second CV."""
    block = make_block(Recipe(12, 3, cycles=12, every=4), np.array([2]))
    history = assemble(describe(block, 0), block_records(block, 0))
    evidence = gather(history)
    return history, evidence, feature_table(history, evidence)


def test_the_sentences_are_true(shorted):
    _, evidence, table = shorted
    found = {reason.feature: reason for reason in reasons(table, evidence.timeline, 8, most=50)}
    chord = evidence.sweeps["chord_resistance"].to_numpy()
    rise = next(reason for name, reason in found.items() if name.startswith("cv_omega"))
    percent = round(100 * (chord[0] / chord[2] - 1))
    assert f"{percent} % higher than in the cell's first CV" in rise.sentence
    assert rise.deviations > 3
    assert "A soft or a hard short does that; so do " in rise.sentence


def test_the_most_telling_come_first_and_not_twice(shorted):
    _, evidence, table = shorted
    found = [reason.feature for reason in reasons(table, evidence.timeline, 8, most=50)]
    assert len(found) == len(set(found))
    assert reasons(table, evidence.timeline, 8, most=2)[0].feature == found[0]
    assert sum(name.startswith("cv_") for name in found) <= 3


def test_an_old_measurement_is_told_with_its_age(shorted):
    history, evidence, table = shorted
    told = " ".join(reason.sentence for reason in reasons(table, evidence.timeline, 11, most=50))
    assert "half-cycles before)" in told
    assert explain(history, 11, most=50) == reasons(table, evidence.timeline, 11, most=50)
