"""Kernels and what they call in one library: the numbers of Python, doors where Python calls."""

import numpy as np
import pytest

from softbreak.compiled import exact, fast, strict
from softbreak.kernel_library import is_part


@fast
def total(values):
    found = 0.0
    for value in values:
        found += value
    return found


@exact
def rising(values):
    if len(values) > 3 and values[0] > values[3]:
        raise ValueError("these fall")
    return np.append(np.sort(values), total(values))


@strict
def last(values):
    copy = np.empty(len(values) + 1)
    copy[:] = rising(values)
    return copy[-1], copy


@exact
def twice(values, out):
    out[:] = rising(values)[: len(out)]
    return last(values)[0] + out[0]


def test_a_kernel_gives_what_python_gives():
    values = np.array([1.0, 3.0, 2.0, 5.0])
    found, copy = last(values)
    assert found == 11.0
    assert copy.tolist() == [1.0, 2.0, 3.0, 5.0, 11.0]


def test_what_only_kernels_called_has_no_door_until_python_calls_it():
    out = np.empty(2)
    assert twice(np.array([4.0, 2.0, 6.0, 7.0]), out) == 21.0
    (alone,) = twice.overloads.values()
    assert not is_part(alone)
    assert rising(np.array([2.0, 1.0])).tolist() == [1.0, 2.0, 3.0]
    assert not any(is_part(one) for one in rising.overloads.values())
    assert twice(np.array([4.0, 2.0, 6.0, 7.0]), out) == 21.0


def test_an_error_of_what_a_kernel_calls_reaches_python():
    with pytest.raises(ValueError, match="these fall"):
        last(np.array([9.0, 1.0, 1.0, 1.0]))
    with pytest.raises(ValueError, match="shape"):
        twice(np.array([1.0, 2.0, 3.0, 4.0]), np.empty(9))
