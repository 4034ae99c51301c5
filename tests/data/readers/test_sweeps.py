"""One splitter of sweeps: directions, repeats, narrow windows, no order, damage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.data.readers.impedance.sweeps import sweeps

DOWN = np.geomspace(1e6, 0.1, 50)
UP = DOWN[::-1]
NARROW = np.geomspace(1e4, 10**3.1, 15)
LINEAR = np.linspace(1000.0, 1100.0, 40)


def _lengths(frequency: np.ndarray) -> list[int]:
    return [part.stop - part.start for part in sweeps(frequency)]


@pytest.mark.parametrize(
    ("parts", "lengths"),
    [
        ((DOWN,), [50]),
        ((UP,), [50]),
        ((DOWN, DOWN), [50, 50]),
        ((UP, UP), [50, 50]),
        ((DOWN, UP), [50, 50]),
        ((UP, DOWN), [50, 50]),
        ((DOWN, UP[1:]), [50, 49]),
        ((DOWN, UP, DOWN, DOWN, UP), [50] * 5),
        ((DOWN[:40], UP), [40, 50]),  # the second sweep reaches farther than the first
        ((DOWN, DOWN[:7]), [50, 7]),
        ((DOWN[:5], DOWN), [5, 50]),
        ((NARROW, NARROW), [15, 15]),
        ((NARROW, NARROW[::-1]), [15, 15]),
        ((LINEAR, LINEAR), [40, 40]),
        ((np.repeat(DOWN, 2),), [100]),
        ((np.repeat(DOWN, 3), np.repeat(DOWN, 3)), [150, 150]),
        ((np.full(30, 1e3),), [30]),
        ((np.tile([1e6, 1e3, 1.0], 20),), [3] * 20),
        ((DOWN[24::-1], DOWN[25:]), [50]),  # up from the middle, then down from there
        ((DOWN[25:], DOWN[24::-1]), [50]),
        ((DOWN[10:25], UP[:20]), [15, 20]),
        ((np.array([5.0]),), [1]),
        ((np.array([]),), []),
    ],
)
def test_directions_and_repeats(parts: tuple[np.ndarray, ...], lengths: list[int]) -> None:
    assert _lengths(np.concatenate(parts)) == lengths


def test_a_frequency_that_is_measured_again_is_no_turn() -> None:
    rng = np.random.default_rng(1)
    jitter = 1.0 + 1e-4 * rng.standard_normal(100)
    assert _lengths(np.repeat(DOWN, 2) * jitter) == [100]
    again = np.concatenate([DOWN[:20], DOWN[18:]])  # two points measured in the next range too
    assert _lengths(again) == [52]
    swapped = DOWN.copy()
    swapped[[20, 21]] = swapped[[21, 20]]
    assert _lengths(swapped) == [50]


@pytest.mark.parametrize("seed", range(20))
def test_no_order_and_no_repeat_is_one_spectrum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert _lengths(rng.permutation(DOWN)) == [50]
    assert _lengths(np.concatenate([rng.permutation(DOWN), rng.permutation(DOWN)])) == [50, 50]


@pytest.mark.parametrize("value", [1e308, np.inf, np.nan, 0.0, -5.0])
def test_what_nobody_measures_does_not_split(value: float) -> None:
    frequency = np.concatenate([DOWN, DOWN])
    frequency[9] = value
    assert _lengths(frequency) == [50, 50]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(6, 60)), min_size=1, max_size=6),
    st.integers(0, 2**32 - 1),
)
def test_sweeps_of_one_grid_come_apart_as_they_were_put_together(
    kinds: list[tuple[bool, int]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    parts = []
    for down, points in kinds:
        part = np.geomspace(1e6, 1e-2, points) * np.exp(rng.uniform(-1e-4, 1e-4, points))
        parts.append(part if down else part[::-1])
    assert _lengths(np.concatenate(parts)) == [points for _, points in kinds]
