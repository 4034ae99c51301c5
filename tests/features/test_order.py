"""The median without sorting is the median."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.features.kernels.selection import median

KINDS = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "steps": lambda rng, n: rng.integers(0, 6, n) * 3e-4,
    "two values": lambda rng, n: rng.integers(0, 2, n) * 1e300,
    "wild": lambda rng, n: rng.standard_cauchy(n) ** 9,
    "nothing": lambda rng, n: np.zeros(n),
    "tiny": lambda rng, n: rng.random(n) * 1e-310,
}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.integers(1, 700), st.integers(0, 10**6))
def test_as_sorting_gives_it(kind, count, seed):
    values = np.abs(KINDS[kind](np.random.default_rng(seed), count))
    assert median(values) == np.median(values)


@given(st.lists(st.floats(0.0, 1e9), min_size=1, max_size=60))
def test_of_anything(values):
    assert median(np.array(values)) == np.median(values)
