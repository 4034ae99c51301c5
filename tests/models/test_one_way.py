"""Cycles that come one by one, in pieces or all at once: the same features, the same verdicts."""

import numpy as np
import pytest

from softbreak.data.history import assemble
from softbreak.features.cycles.finished_cycles import Cycles
from softbreak.features.cycles.timeline import cycles_of
from softbreak.features.evidence.cell_evidence import gather
from softbreak.features.families.cycle import CycleFeatures
from softbreak.models.registry import DETECTORS
from softbreak.models.rules.impedance import read_spectra
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe

BY_CYCLE = [name for name, detector in DETECTORS.items() if detector.begin is not None]


def simulated(position):
    (block,) = list(blocks(Recipe(8, 21, "a", "train", cycles=12, faulty=0.9)))
    history = assemble(describe(block, position), block_records(block, position))
    evidence = gather(history)
    return evidence, read_spectra(evidence), cycles_of(evidence.timeline)


def pieces(cycles, size):
    count = len(cycles.numbers)
    return [part(cycles, first, min(first + size, count)) for first in range(0, count, size)]


def part(cycles, first, stop):
    halves, events = cycles.half_cycles[first : stop + 1], cycles.events[first : stop + 1]
    return Cycles(
        cycles.numbers[first:stop],
        cycles.rows[first:stop],
        cycles.edges[halves[0] : halves[-1]],
        halves - halves[0],
        cycles.changes[events[0] : events[-1]],
        events - events[0],
    )


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize("position", [0, 3, 5])
def test_features(position, size):
    evidence, readings, cycles = simulated(position)
    expected = CycleFeatures(evidence, readings).step(cycles)
    live = CycleFeatures(evidence, readings)
    found = np.concatenate([live.step(piece) for piece in pieces(cycles, size)])
    np.testing.assert_array_equal(found, expected)
    assert np.isfinite(expected).any(axis=0).sum() > 20


@pytest.mark.parametrize("name", BY_CYCLE)
@pytest.mark.parametrize("position", [0, 3, 5])
def test_verdicts_after_the_last_spectrum(name, position):
    evidence, readings, cycles = simulated(position)
    begin = DETECTORS[name].begin
    expected = begin(evidence, readings).step(cycles)
    times = [reading.time_second for reading in readings]
    times += evidence.sweeps["end_time_second"].tolist()
    known = int(np.searchsorted(cycles.column("start_time_second"), max(times, default=-1.0)))
    judge = begin(evidence, readings)
    found = list(judge.step(part(cycles, 0, known)))
    for piece in pieces(part(cycles, known, len(cycles.numbers)), 1):
        found += judge.step(piece)
    assert list(map(repr, found[known:])) == list(map(repr, expected[known:]))
