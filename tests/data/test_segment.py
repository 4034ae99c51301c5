"""The Segmenter: hand-made currents, and the same segments whatever the chunking."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.data.pairing import number_cycles
from softbreak.data.segment import Segment, Segmenter


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
