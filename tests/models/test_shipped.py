"""The models that are shipped: small, without pickle, causal, and what their names say."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from softbreak.data.history import assemble
from softbreak.features.evidence.cell_evidence import gather
from softbreak.models.learned.contract_checks import check_table_causality
from softbreak.models.learned.learners import load_learned
from softbreak.models.registry import DETECTORS, PRETRAINED
from softbreak.models.rules.impedance import read_spectra
from softbreak.simulate.population import Recipe, make_block
from softbreak.simulate.records import block_records, describe

MODELS = ("hybrid", "hybrid-voltage")


@pytest.fixture(scope="module")
def cell():
    """A cell that breaks down, as records."""
    block = make_block(Recipe(1, 12, cycles=16, faulty=1.0), np.array([3]))
    return describe(block, 0), block_records(block, 0)


@pytest.fixture(scope="module")
def gathered(cell):
    evidence = gather(assemble(*cell))
    return evidence, read_spectra(evidence)


@pytest.mark.parametrize("name", MODELS)
def test_it_is_small_holds_no_pickle_and_tells_what_it_is(name):
    folder = PRETRAINED / name
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5e6
    assert {path.name for path in folder.iterdir()} == {"model.json", "model.npz"}
    with zipfile.ZipFile(folder / "model.npz") as archive:
        for entry in archive.namelist():
            assert entry.endswith(".npy")
            assert b"'O'" not in archive.read(entry)[:200]  # no object arrays
    told = json.loads((folder / "model.json").read_text(encoding="utf-8"))["told"]
    assert told["recipe"]["laws"] == "a"
    assert "no measured cell" in told["trained_on"]


@pytest.mark.parametrize("name", MODELS)
def test_verdicts_are_whole(name, gathered):
    verdicts = DETECTORS[name].judge(*gathered)
    assert len(verdicts) == len(gathered[0].timeline.cycles)
    for verdict in verdicts:
        assert verdict.p_healthy + verdict.p_soft + verdict.p_hard == pytest.approx(1.0)
        low, high = verdict.electronic_fraction_lower, verdict.electronic_fraction_upper
        assert 0.0 <= low <= high <= 1.0
        assert verdict.evidence
        # plain floats: what is stored must not depend on NumPy's own
        numbers = [verdict.p_soft, verdict.electronic_fraction]
        numbers += [item.value for item in verdict.evidence]
        assert {type(number) for number in numbers} == {float}


def test_the_voltage_model_does_not_look_at_spectra_or_voltammograms(gathered):
    evidence, readings = gathered
    bare = replace(evidence, spectra=(), sweeps=evidence.sweeps.iloc[:0])
    judge = DETECTORS["hybrid-voltage"].judge
    with_all = [(v.state, v.p_healthy) for v in judge(evidence, readings)]
    assert with_all == [(v.state, v.p_healthy) for v in judge(bare, [])]


def test_features_of_early_cycles_know_nothing_of_later_ones(cell, gathered):
    known, records = cell
    half = gathered[0].timeline.cycles["end_time_second"].iloc[8]
    kept = [
        replace(record, table=record.table[record.table["test_time_second"] <= half])
        for record in records
    ]
    evidence = gather(assemble(known, [record for record in kept if len(record.table) > 3]))
    part = evidence, read_spectra(evidence)
    check_table_causality(gathered, part)


def test_a_saved_model_is_read_bit_for_bit(tmp_path):
    model = load_learned(PRETRAINED / "hybrid")
    told = json.loads((PRETRAINED / "hybrid" / "model.json").read_text(encoding="utf-8"))["told"]
    model.save(tmp_path, told)
    for path in (PRETRAINED / "hybrid").iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()
