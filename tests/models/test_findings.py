"""Remarks that stand beside the verdicts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.features.evidence.cell_evidence import gather
from softbreak.models.diagnosis.findings import judged_findings
from softbreak.models.rules.impedance import read_spectra
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe


@pytest.fixture(scope="module")
def evidence():
    block = next(iter(blocks(Recipe(1, 5, "a", "train", cycles=6))))
    return gather(assemble(describe(block, 0), block_records(block, 0)))


def topics(evidence):
    return [finding.topic for finding in judged_findings(evidence, read_spectra(evidence))]


def test_without_a_floor_it_is_said_that_an_old_short_would_not_show(evidence):
    known = {
        "area_cm2": 0.785,
        "electrolyte_thickness_um": 500.0,
        "ionic_conductivity_s_per_cm": 1e-3,
    }
    stated = replace(evidence, cell=replace(evidence.cell, **known))
    assert "State area" not in own_past(stated)
    for name in known:
        cell = replace(stated.cell, **{name: None})
        assert "State area" in own_past(replace(stated, cell=cell))


def test_above_the_floor_an_old_short_would_not_show_either(evidence):
    # L / (sigma A) = 0.05 / (sigma * 1): 5 ohm, far below any of its cycles, or 5 Mohm, far above
    known = replace(evidence.cell, area_cm2=1.0, electrolyte_thickness_um=500.0)
    thin = replace(known, ionic_conductivity_s_per_cm=1e-2)
    assert "5 Ω" in own_past(replace(evidence, cell=thin))
    thick = replace(known, ionic_conductivity_s_per_cm=1e-8)
    assert "own-past-only" not in topics(replace(evidence, cell=thick))


def own_past(evidence):
    found = judged_findings(evidence, [])
    return next(one.sentence for one in found if one.topic == "own-past-only")


def wave(shape):
    """Five cycles of ±1 mA; ``shape`` is the resistance over the phase of a half-cycle."""
    phase = np.tile(np.arange(360) / 360, 10)
    sign = np.repeat([1.0, -1.0], 360)[np.arange(3600) % 720]
    noise = np.random.default_rng(3).normal(0.0, 2e-5, 3600)
    table = pd.DataFrame(
        {
            "test_time_second": 10.0 * np.arange(3600),
            "voltage_volt": 1e-3 * sign * shape(phase) + noise,
            "current_ampere": 1e-3 * sign,
        }
    )
    cell = Cell("c")
    return gather(assemble(cell, [Record(cell, Technique.CYCLING, table, Source("c.csv", "test"))]))


def test_a_dummy_is_told_from_a_cell():
    assert "resistor" in topics(wave(lambda phase: 100.0 + 0 * phase))
    # a tenth of a per cent of polarisation is enough to be a cell
    assert "resistor" not in topics(wave(lambda phase: 100.0 + 0.1 * phase))


@pytest.mark.parametrize(
    ("volt", "ampere", "topic"),
    [(1e3, 1.0, "voltage-unit"), (1.0, 1e3, "current-unit"), (1.0, 1.0, None)],
)
def test_thousandths_are_asked_for(volt, ampere, topic):
    # 0.1 V at 1 mA, times a thousand in one column or the other
    half_cycles = wave(lambda phase: 100.0 + 0 * phase)
    table = half_cycles.timeline.half_cycles.copy()
    table["voltage_volt"] *= volt
    table["current_ampere"] *= ampere
    found = topics(replace(half_cycles, timeline=replace(half_cycles.timeline, half_cycles=table)))
    assert [name for name in found if name.endswith("unit")] == ([topic] if topic else [])


def test_a_temperature_that_was_not_logged_is_missed(evidence):
    for logged in (True, False):
        found = topics(replace(evidence, temperature_logged=logged))
        assert ("missing-temperature" in found) is not logged
