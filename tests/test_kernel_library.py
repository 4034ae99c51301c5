"""Kernels and what they call in one library: the numbers of Python, doors where Python calls."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba import njit

from softbreak import kernel_library
from softbreak.compiled import exact, fast, strict
from softbreak.kernel_library import is_part, jit


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


needs_parts = pytest.mark.skipif(
    not kernel_library.ONE_LIBRARY, reason="a version of numba that it was not tried with"
)


def test_a_kernel_gives_what_python_gives():
    values = np.array([1.0, 3.0, 2.0, 5.0])
    found, copy = last(values)
    assert found == 11.0
    assert copy.tolist() == [1.0, 2.0, 3.0, 5.0, 11.0]


@needs_parts
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


def test_a_callers_constant_makes_no_kernel_of_its_own():
    power = jit(lambda base, exponent: base**exponent, alone=False)
    powers = jit(lambda base: power(base, 2) + power(base, 3), alone=False)
    assert powers(2.0) == 12.0
    assert len(power.overloads) == 1


def test_another_version_of_numba_compiles_by_itself_to_the_same_bits(monkeypatch):
    values = np.random.default_rng(5).standard_normal(1000)
    monkeypatch.setattr(kernel_library, "ONE_LIBRARY", False)
    alone = jit(rising.py_func, alone=False, nogil=True, error_model="numpy")
    values[3] = values[0] + 1.0
    assert alone(values).tobytes() == rising(values).tobytes()
    assert not any(is_part(one) for one in alone.overloads.values())


def test_plain_numba_that_a_kernel_called_first_may_be_called_by_python():
    plain = njit(lambda value: 2.0 * value)
    kernel = jit(lambda value: plain(value) + 1.0, alone=False)
    assert kernel(2.0) == 5.0
    assert plain(2.0) == 4.0
    assert jit(lambda value: plain(value) - 1.0, alone=False)(2.0) == 3.0


def test_what_one_thread_compiles_inside_a_kernel_another_may_call():
    def inner(values):
        return np.sort(values)[0]

    def outer(values):
        return callee(values) + 1.0

    options = {"alone": False, "nogil": True}
    values = np.array([3.0, 2.0])
    for _ in range(4):  # whichever comes first
        callee = jit(inner, **options)
        caller = jit(outer, **options)
        with ThreadPoolExecutor(4) as pool:
            found = [pool.submit(one, values) for one in (caller, callee, caller, callee)]
            assert [one.result() for one in found] == [3.0, 2.0, 3.0, 2.0]
