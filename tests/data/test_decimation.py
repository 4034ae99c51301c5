"""Curves thinned for a picture: every bucket's extremes are there, however few samples it has."""

import numpy as np
import pytest

from softbreak.data.decimation import min_max_samples


def by_numpy(values, width):
    """The first lowest and the first highest of each whole bucket, first and last sample."""
    whole = len(values) // width * width
    found = {0, len(values) - 1}
    for start in range(0, whole, width):
        part = values[start : start + width]
        found |= {start + int(part.argmin()), start + int(part.argmax())}
    rest = values[whole:]
    if len(rest):
        found |= {whole + int(rest.argmin()), whole + int(rest.argmax())}
    return sorted(found)


@pytest.mark.parametrize("width", [3, 4, 7, 32, 33, 50])
@pytest.mark.parametrize("digits", [0, 1, 7])
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_the_extremes_are_those_of_numpy(width, digits, kind):
    values = np.round(np.random.default_rng(width).normal(size=40 * width - 2), digits)
    values = values.astype(kind)
    assert min_max_samples(values, 40).tolist() == by_numpy(values, width)


@pytest.mark.parametrize("width", [4, 40])
def test_what_is_no_number_is_chosen_first(width):
    values = np.arange(40.0 * width)
    values[[2, 3 * width, 4 * width + 1, 4 * width + 2]] = np.nan
    assert min_max_samples(values, 40).tolist() == by_numpy(values, width)
    assert {2, 3 * width, 4 * width + 1} <= set(min_max_samples(values, 40).tolist())
