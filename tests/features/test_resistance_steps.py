"""What is seen at a glance is what a search would have found: nothing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.features.kernels.half_cycle import SKIPPED_SAMPLES
from softbreak.features.kernels.resistance_steps import (
    EVENT_SIGMAS,
    MOST_EVENTS,
    WINDOW,
    _surely_rattles,
    nothing_abrupt,
    search_half_cycle,
)


def searched(time, voltage, imposed, sign, noise):
    place, size = np.empty(MOST_EVENTS, np.int64), np.empty((MOST_EVENTS, 3))
    counts = np.ones(2, np.int64)
    none = np.empty(0)
    found = search_half_cycle(
        time, voltage, imposed, sign, noise, none, none, none, place, size, counts
    )
    return found, *counts.tolist()


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(2, 60),
    st.sampled_from([1e-3, 0.01, 0.04, 0.049, 0.06, 0.3]),
    st.sampled_from([0.0, 0.005, 0.019, 0.05]),
    st.sampled_from([1e-300, 1e-9, 1.0, 1e280]),
)
def test_a_glance_hides_nothing(seed, n, moves, flows, scale):
    rng = np.random.default_rng(seed)
    sign = 1 if seed % 2 else -1
    steps = moves * rng.choice([-1.0, 0.0, 1.0], n)
    voltage = sign * scale * np.exp(np.cumsum(steps))
    first = rng.integers(0, 4)  # what the current's reversal brings about
    voltage[:first] *= rng.choice([0.0, 0.2, 3.0])
    imposed = sign * 1e-3 * (1.0 + flows * rng.random(n))
    time = np.cumsum(rng.choice([1.0, 1e-3], n, p=[0.97, 0.03]) if seed % 3 else np.ones(n))
    change = float(np.abs(np.diff(voltage[SKIPPED_SAMPLES:])).max(initial=0.0))
    quiet = nothing_abrupt(time, voltage, imposed, change)
    if quiet:
        assert searched(time, voltage, imposed, sign, 1e-9 * scale) == (0, 0, 0)
    ordinary = moves <= 0.01 and flows < 0.02 and seed % 3 == 0
    if ordinary and scale == 1.0 and n >= 8 and first <= SKIPPED_SAMPLES:
        assert quiet


def test_a_drop_is_seen():
    time, imposed = np.arange(40.0), np.full(40, 1e-3)
    voltage = np.where(time < 20.0, 0.1, 0.08)
    assert not nothing_abrupt(time, voltage, imposed, 0.02)
    assert searched(time, voltage, imposed, 1, 1e-6) == (1, 1, 0)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([0.0, 1e-4, 1e-3, 0.02]),
    st.sampled_from([0.0, 1e-4, 1e-3, 1e-2]),
)
def test_what_surely_rattles_lies_within_the_scatter(seed, level, noise):
    rng = np.random.default_rng(seed)
    imposed = 1e-3 * (1.0 + 0.02 * rng.random(12))
    resistance = (level + noise * rng.standard_normal(12)) / imposed
    resistance[rng.integers(0, 12)] *= rng.choice([1.0, np.nan, 1e3])
    floor = 1e-4 * max(np.nanmax(resistance), 1e-12)
    log = np.log(np.fmax(resistance, floor))
    for k in range(3, 12):
        step = log[k] - log[k - 1]
        before = np.median(log[max(2, k - WINDOW) : k])
        volt = np.exp(before) * imposed[k - 1] if step < 0.0 else np.exp(log[k]) * imposed[k]
        scatter = EVENT_SIGMAS * noise / max(volt, noise) if noise else 0.0
        if _surely_rattles(resistance, imposed, floor, noise, k):
            assert abs(step) < scatter


def test_a_shorted_cells_scatter_surely_rattles():
    resistance = np.array([0.1, 0.2, 0.1, 0.3, 0.1, 0.2])
    imposed = np.full(6, 1e-3)
    assert _surely_rattles(resistance, imposed, 1e-5, 1e-4, 3)
    assert not _surely_rattles(resistance, imposed, 1e-5, 1e-6, 3)
