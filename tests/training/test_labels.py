"""Classes, bands and weights against numbers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from softbreak.simulate.guard import JudgingDataError
from softbreak.training.labels import (
    by_fraction,
    class_numbers,
    in_bands,
    sample_weights,
    tellable,
)

TRUTH = pd.DataFrame(
    {
        "cell_id": ["a", "a", "a", "a", "b", "b", "c"],
        "family": ["filament"] * 4 + ["hidden"] * 2 + ["healthy"],
        "state": ["healthy", "soft", "soft", "hard", "healthy", "soft", "healthy"],
        "eta": [0.0, 0.06, 0.5, 0.99, 0.0, 0.3, 0.0],
        "laws": "a",
    }
)


def test_classes():
    assert class_numbers(["healthy", "hard", "undetermined", "soft"]).tolist() == [0, 2, -1, 1]
    assert by_fraction(np.array([0.0, 0.049, 0.05, 0.949, 0.95, 1.0])).tolist() == [
        0, 0, 1, 1, 2, 2,
    ]  # fmt: skip


def test_bands():
    eta = np.array([0.01, 0.02, 0.10, 0.11, 0.90, 0.99])
    assert in_bands(eta).tolist() == [False, True, True, False, True, False]


def test_cells_count_the_same_but_slow_ones_thrice():
    weight = sample_weights(TRUTH, band=None)
    by_cell = pd.Series(weight).groupby(TRUTH["cell_id"]).sum()
    assert by_cell["b"] / by_cell["c"] == pytest.approx(3.0)
    assert by_cell["a"] / by_cell["c"] == pytest.approx(1.0)
    assert weight.mean() == pytest.approx(1.0)
    plain = sample_weights(TRUTH, slow=1.0, by_cell=False, band=None)
    assert plain.tolist() == [1.0] * 7


def test_the_band_teaches_nothing():
    assert sample_weights(TRUTH)[1] == 0.0
    assert (sample_weights(TRUTH)[[0, 2, 3, 4, 5, 6]] > 0.0).all()


def test_classes_take_the_prevalence_that_is_asked_for():
    weight = sample_weights(TRUTH, prevalence=(0.6, 0.3, 0.1))
    shares = pd.Series(weight).groupby(TRUTH["state"]).sum() / weight.sum()
    assert shares.to_dict() == pytest.approx({"healthy": 0.6, "soft": 0.3, "hard": 0.1})


def test_nobody_learns_from_cells_that_judge():
    with pytest.raises(JudgingDataError):
        sample_weights(TRUTH.assign(laws="b"))


def test_a_cell_that_was_built_shorted_teaches_nothing():
    truth = pd.DataFrame({"family": ["initial", "filament", "healthy"]})
    assert tellable(truth).tolist() == [False, True, True]
