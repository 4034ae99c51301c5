"""Numbers that are rounded as they are shown: the sentence is that of the number itself."""

import numpy as np
import pytest

from softbreak.models.learned.model_inputs import COLUMNS
from softbreak.models.learned.sentences import WORDING, hybrid_sentence
from softbreak.models.rules.kernels import codes
from softbreak.models.shown import CHANGE, FACT, UNUSED, rounded
from softbreak.models.verdicts import TOLD

WORDS = sorted({*range(codes.LEARNED + 1)})
NAMED = {codes.DOUBTED: 4, codes.RETURNED: 4, codes.SETTLED: 3, codes.WITHDRAWN: 4}
"""Words of which one number chooses among so many sentences."""
FALLS = {codes.DOUBTED, codes.RETURNED, codes.DROPPED, codes.STEPPED}


def numbers(rng, count):
    """Of every size; small wholes; and what lies on, or beside, the edge of a rounding."""
    size = 10.0 ** rng.uniform(-5.0, 4.0, count)
    edges = np.round(rng.uniform(0.0, 2.0, count), 3) + 0.0005
    drawn = np.choose(
        rng.integers(0, 6, count),
        [
            size,
            rng.uniform(0.0, 1.2, count),
            rng.integers(0, 30, count).astype(float),
            edges,
            np.nextafter(edges, rng.choice([0.0, 9.0], count)),
            0.95 + 0.1 * rng.random(count) ** 3,
        ],
    )
    return drawn * rng.choice([1.0, 1.0, -1.0], count) + 0.0


def drawn(rng, words):
    told = numbers(rng, TOLD)
    if words == codes.LEARNED:
        told[1::2] = rng.choice([-1.0, 1.0], 3) * rng.integers(0, len(COLUMNS) + 1, 3)
        told[2::2] = rng.choice([0.02, 1.0, 8.0]) * rng.standard_normal(3)
        return told
    logarithms = WORDING.manner[words] == CHANGE
    told[logarithms] = np.clip(told[logarithms], -5.0, 5.0)
    if words in FALLS:
        told[logarithms] = -np.abs(told[logarithms])
    if words in NAMED:
        place = 1 if words == codes.SETTLED else 0
        told[place] = rng.integers(0, NAMED[words])
    return told


def shown(words, told, area):
    out = told[None].copy()
    rounded(np.array([words]), out, WORDING.manner, WORDING.facts, area or 0.0)
    return out[0]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("area", [None, 0.785])
def test_a_rounded_number_reads_as_the_number(words, area):
    rng, say = np.random.default_rng(words), hybrid_sentence
    for _ in range(600):
        told = drawn(rng, words)
        assert say(area, words, *shown(words, told, area)) == say(area, words, *told), told


def test_numbers_that_read_alike_are_one():
    alike = {
        tuple(shown(codes.STEADY, np.array([455.0 + 0.04 * k, 0.021 + 1e-5 * k] + [0.0] * 5), None))
        for k in range(10)
    }
    assert len(alike) == 1
    place = 1.0 + COLUMNS.index("x_over_maximum")
    learned = {
        tuple(shown(codes.LEARNED, np.array([0.0123, place, -0.3 - 1e-4 * k] + [0.0] * 4), None))
        for k in range(10)
    }
    assert len(learned) == 1


def test_what_is_not_shown_makes_no_difference():
    told = shown(codes.MISSING, np.arange(1.0, 8.0), None)
    assert not told.any()


def test_every_number_of_a_sentence_has_its_manner():
    # numbers that are far apart read differently, unless they are not shown at all
    for words in WORDS:
        for place, manner in enumerate(WORDING.manner[words]):
            told = np.full(TOLD, 0.3)
            if words == codes.LEARNED:
                told[1::2] = 1.0 + COLUMNS.index("x_over_maximum")
            elif words in NAMED:
                told[1 if words == codes.SETTLED else 0] = 1.0
            other = told.copy()
            other[place] = 0.7 if manner != FACT else -0.7
            say = hybrid_sentence
            if manner == UNUSED:
                assert say(None, words, *told) == say(None, words, *other), (words, place)
