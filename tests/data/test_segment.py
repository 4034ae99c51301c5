"""The Segmenter: hand-made currents, and the same segments whatever the chunking."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.data.pairing import number_cycles
from softbreak.data.segment import (
    CONFIRMED_SAMPLES,
    GAP_FACTOR,
    GAP_SECOND,
    IMPOSSIBLE_AMPERE,
    REST_FRACTION,
    STEP_FRACTION,
    Segment,
    Segmenter,
)


def cut(time, current, control=None):
    segmenter = Segmenter()
    return segmenter.update(time, current, control) + segmenter.finish()


def test_square_wave_gives_half_cycles():
    current = np.repeat([1.0, -1.0, 1.0, -1.0], 10)
    found = cut(np.arange(40.0), current)
    assert found == [
        Segment(0, 10, 1),
        Segment(10, 20, -1),
        Segment(20, 30, 1),
        Segment(30, 40, -1),
    ]


def test_rest_between_half_cycles_is_a_segment_of_its_own():
    current = np.concatenate([np.ones(5), np.full(4, 1e-4), -np.ones(5)])
    assert [s.sign for s in cut(np.arange(14.0), current)] == [1, 0, -1]


def test_imposed_current_overrules_a_noisy_measured_one():
    rng = np.random.default_rng(0)
    control = np.full(500, -78.54e-6)
    measured = control + 50e-6 * rng.standard_normal(500)
    assert (measured > 0).any()
    assert cut(np.arange(500.0), measured, control) == [Segment(0, 500, -1)]


def test_constant_voltage_after_constant_current_stays_one_half_cycle():
    decay = np.exp(-np.arange(50) / 30.0)
    assert len(cut(np.arange(100.0), np.concatenate([np.ones(50), decay]))) == 1


def test_a_step_of_the_current_cuts():
    current = np.concatenate([np.full(20, 0.1), np.full(20, 0.2)])
    assert cut(np.arange(40.0), current) == [Segment(0, 20, 1), Segment(20, 40, 1)]


def test_a_long_gap_cuts():
    time = np.concatenate([np.arange(0, 600, 10.0), 20_000 + np.arange(0, 600, 10.0)])
    assert cut(time, np.ones(120)) == [Segment(0, 60, 1), Segment(60, 120, 1)]


def test_a_single_dropped_sample_does_not_cut():
    time = np.delete(np.arange(0, 600, 10.0), 30)
    assert len(cut(time, np.ones(59))) == 1


def test_empty_input_gives_nothing():
    assert cut(np.empty(0), np.empty(0)) == []


def obvious(time, imposed, known):
    """Starts and signs of all segments, and what follows slowly, sample by sample."""
    found, largest, sizes, pending, pending_sign = [], 0.0, [0.0, 0.0], 0, None
    for k, (moment, value) in enumerate(zip(time, imposed, strict=True)):
        size = abs(value) if abs(value) < IMPOSSIBLE_AMPERE else 0.0
        largest = max(largest, min(size, *sizes))
        sizes = [sizes[1], size]
        resting = size <= (0.0 if known[k] else REST_FRACTION * largest)
        sign = 0 if resting else (1 if value > 0 else -1)
        if k == 0:
            found.append((0, sign))
            usual, steady, level, count = 0.0, 0.0, size, 1
            pending_sign = sign
            continue
        interval = moment - time[k - 1]
        gap = interval > GAP_SECOND and interval > GAP_FACTOR * usual > 0.0
        moved = abs(size - level)
        stepped = sign != 0 and count >= 3 and moved > max(STEP_FRACTION * level, steady)
        changed = sign != found[-1][1] or stepped
        waiting = 1 + (pending if sign == pending_sign else 0) if changed else 0
        patient = (gap or changed) and not known[k]
        needed = min(CONFIRMED_SAMPLES, max(1, count // 5)) if patient else 1
        if gap or waiting >= needed:
            found.append((k if gap else k - waiting + 1, sign))
            usual, steady, level, count, waiting = 0.0, 0.0, size, max(waiting, 1), 0
        elif not changed:
            usual += (interval - usual) / min(count + 1.0, 50.0)
            steady += (6.0 * moved - steady) * 0.2
            level += (size - level) * 0.3
            count += 1
        pending, pending_sign = waiting, sign
    return found, (usual, level, steady)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 1e-6, 0.02, 0.1, 0.4]))
def test_what_is_skipped_changes_nothing(seed, noise):
    rng = np.random.default_rng(seed)
    levels = rng.choice([0.0, 1.0, -1.0, 0.3, -2.0, 1.09, 0.009, -2e5], size=8)
    imposed = np.repeat(levels, rng.choice([1, 2, 4, 9, 80], size=8))
    imposed *= 1.0 + noise * rng.standard_normal(len(imposed))
    if seed % 3 == 0:
        imposed *= np.linspace(1.0, 2.0, len(imposed))
    interval = rng.choice(
        [0.0, 1.0, 1.1, 2000.0, 5e4], len(imposed), p=[0.02, 0.9, 0.06, 0.01, 0.01]
    )
    time = np.cumsum(interval)
    known = rng.random(len(imposed)) < (seed % 4) / 3.0
    segmenter = Segmenter()
    given_ = np.where(known, imposed, np.nan)
    found = segmenter.update(time, imposed, given_)
    state = segmenter.state
    cuts, followers = obvious(time, imposed, known)
    assert [(part.start, part.sign) for part in found] == cuts[:-1]
    assert (state[2], state[1]) == cuts[-1]
    assert tuple(state[[4, 6, 8]]) == followers


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_chunking_gives_the_same_segments(data):
    seed = data.draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    levels = rng.choice([0.0, 1.0, -1.0, 0.3, -2.0, np.nan], size=8)
    current = np.repeat(levels, rng.integers(1, 20, size=8)) + 1e-4 * rng.standard_normal()
    interval = rng.choice([1.0, 10.0, 5000.0], p=[0.8, 0.15, 0.05], size=len(current))
    time = np.cumsum(interval)
    control = np.where(rng.random(len(current)) < 0.5, current, np.nan) if seed % 2 else None
    whole = cut(time, current, control)
    places = data.draw(st.lists(st.integers(0, len(current)), max_size=6))
    bounds = [0, *sorted(places), len(current)]
    segmenter = Segmenter()
    found = []
    for a, b in itertools.pairwise(bounds):
        part = None if control is None else control[a:b]
        found += segmenter.update(time[a:b], current[a:b], part)
    found += segmenter.finish()
    assert found == whole
    assert [s.start for s in found][1:] == [s.stop for s in found][:-1]  # nothing lost
    assert found[-1].stop == len(current)


def test_cycles_are_pairs():
    assert number_cycles([1, -1, 1, -1], [1, 1, 1, 1]).tolist() == [0, 0, 1, 1]


def test_pieces_of_one_direction_belong_to_one_cycle():
    # an impedance break cut the first half-cycle in two
    assert number_cycles([1, 1, -1, 1, -1, -1], [1] * 6).tolist() == [0, 0, 0, 1, 1, 1]


def test_one_way_plating_counts_each_half_cycle():
    assert number_cycles([-1, -1, -1], [1, 1, 1]).tolist() == [0, 1, 2]


def test_noise_before_the_first_current_is_no_cycle():
    # offsets of a nanoampere, then 0.1 mA: cycle 0 is the first real pair
    assert number_cycles([1, -1, 1, -1], [1e-9, 1e-9, 1e-4, 1e-4]).tolist() == [-1, -1, 0, 0]


def test_leakage_after_real_current_is_no_cycle():
    assert number_cycles([1, -1, 1, -1], [1.0, 1.0, 1e-3, 1.0]).tolist() == [0, 0, -1, 0]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_direction_that_comes_first_opens_the_cycle(sign):
    signs = [int(sign * s) for s in (1, -1, 1)]
    assert number_cycles(signs, [1, 1, 1]).tolist() == [0, 0, 1]
