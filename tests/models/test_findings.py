"""Remarks that stand beside the verdicts."""

from dataclasses import replace

import pytest

from softbreak.data.history import assemble
from softbreak.features.evidence import gather
from softbreak.models.findings import judged_findings
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
    assert "own-past-only" not in topics(stated)
    for name in known:
        cell = replace(stated.cell, **{name: None})
        assert "own-past-only" in topics(replace(stated, cell=cell))


def test_a_temperature_that_was_not_logged_is_missed(evidence):
    for logged in (True, False):
        found = topics(replace(evidence, temperature_logged=logged))
        assert ("missing-temperature" in found) is not logged
