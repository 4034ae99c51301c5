"""Calibrated means calibrated: on fresh draws, and to the promise."""

import numpy as np
import pytest

from softbreak.models.learned.calibration import conformal_margin, fit_isotonic
from softbreak.models.learned.novelty import CORE, fit_familiarity


def test_isotonic_map_undoes_overconfidence():
    rng = np.random.default_rng(0)
    true = rng.uniform(0, 1, 20_000)
    score = true**3  # says 0.125 where 0.5 is meant
    found = fit_isotonic(score, rng.random(20_000) < true)
    assert found(np.array([0.125, 0.729])) == pytest.approx([0.5, 0.9], abs=0.04)
    assert (np.diff(found.value) >= 0).all()


def test_isotonic_map_of_the_wrong_way_round_is_flat():
    score = np.linspace(0, 1, 500)
    found = fit_isotonic(score, score < 0.5)
    assert found.value == pytest.approx(np.full(len(found.value), 0.5), abs=0.01)


def test_nothing_is_impossible_because_it_has_not_been_seen():
    found = fit_isotonic(np.linspace(0, 1, 50), np.zeros(50))
    assert 0.0 < found.value[0] < 0.05


@pytest.mark.parametrize("half_width", [0.05, 1.0])
def test_conformal_margin_gives_the_promised_coverage(half_width):
    rng = np.random.default_rng(1)
    held, fresh = rng.normal(size=4000), rng.normal(size=4000)
    margin = conformal_margin(held, np.full(4000, -half_width), np.full(4000, half_width))
    inside = np.abs(fresh) <= half_width + margin
    assert inside.mean() == pytest.approx(0.9, abs=0.02)


def test_what_was_learned_from_is_familiar_and_the_rest_is_not():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(5000, len(CORE)))
    familiar = fit_familiarity(rows)
    assert (familiar.distance(rng.normal(size=(1000, len(CORE)))) <= 1.0).mean() > 0.99
    assert familiar.distance(np.full((1, len(CORE)), 12.0))[0] > 1.0
    assert familiar.distance(np.full((1, len(CORE)), np.nan))[0] < 0.5
