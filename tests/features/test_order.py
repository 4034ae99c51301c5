"""The median without sorting is the median."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.features.kernels.selection import above, extremes, largest, least, median

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


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats() | st.sampled_from([0.0, -0.0, np.nan, np.inf, 5e-324]), max_size=70))
def test_extremes_are_those_of_the_numbers_among_them(values):
    values = np.array(values, dtype=np.float64)
    sizes = np.abs(values[~np.isnan(values)])
    assert largest(values) == sizes.max(initial=0.0)
    assert extremes(values) == (sizes.min(initial=np.inf), sizes.max(initial=0.0))
    numbers = values[~np.isnan(values)]
    assert least(numbers) == numbers.min(initial=np.inf)
    for low in (-1.0, 0.0, *sizes[:3]):
        assert above(np.abs(values), low) == sizes[sizes > low].min(initial=np.inf)
