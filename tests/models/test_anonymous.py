"""tsfresh's features of the half-cycles, selected and learned from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.errors import SoftbreakError
from softbreak.features.evidence.cell_evidence import gather
from softbreak.features.generic.curves import Curves
from softbreak.features.generic.tsfresh_door import extracted, settings_of
from softbreak.features.generic.tsfresh_equivalents.table import has_twin, parsed
from softbreak.models.diagnosis.diagnose import diagnose
from softbreak.models.learned import contract_checks as checks
from softbreak.models.learned.tsfresh_trees import CANDIDATES, Anonymous, shape_features
from softbreak.models.live.cell import LiveCell
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe


def lesson():
    """The level of a half-cycle falls when it is shorted; everything else is noise."""
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 3, 900)
    table = pd.DataFrame(rng.normal(0, 1, (900, len(CANDIDATES))), columns=list(CANDIDATES))
    table["voltage__mean"] = -1.1 * labels + rng.normal(0, 0.1, 900)
    table["voltage__median"] = table["voltage__mean"] + rng.normal(0, 0.1, 900)
    states = [("healthy", "soft", "hard")[k] for k in labels]
    return table, states, [f"c{k // 20}" for k in range(900)], 1.0 - np.exp(-1.1 * labels)


@pytest.fixture(scope="module")
def evidence():
    block = next(iter(blocks(Recipe(2, 5, "a", "train", cycles=10))))
    history = assemble(describe(block, 0), block_records(block, 0))
    return gather(history, waveforms=True)


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_contract(check):
    check(checks.Example(lambda: Anonymous(rounds=12), *lesson()))


def test_what_tells_is_selected_and_noise_is_not():
    table, states, cells, _ = lesson()
    made = Anonymous(rounds=12).fit(table, states, cells)
    assert {"voltage__mean", "voltage__median"} <= set(made.selected)
    assert len(made.selected) < 10
    assert (made.predict(table) == states).mean() > 0.9
    shares = made.contributions(table.to_numpy()[0])
    assert np.flatnonzero(shares).tolist() == [
        k for k, name in enumerate(CANDIDATES) if name in made.selected and shares[k]
    ]


def test_every_candidate_is_tsfreshs_and_has_a_twin():
    assert len(set(CANDIDATES)) == len(CANDIDATES)
    assert all(has_twin(parsed(name)) for name in CANDIDATES)
    values = np.sin(np.arange(96.0)) + 0.01 * np.arange(96.0)
    curves = Curves(values, np.linspace(0.0, 1.0, 96), np.array([0, 96]), np.array([0]))
    found = extracted(curves, settings_of(CANDIDATES))
    assert set(found.columns) == set(CANDIDATES)


def test_features_are_causal_and_start_at_the_base(evidence):
    whole = shape_features(evidence, ())
    assert len(whole) == len(evidence.timeline.cycles)
    assert abs(whole["voltage__mean"].iloc[0]) < 0.1
    shapes = evidence.waveforms
    part = replace(
        evidence,
        waveforms=shapes[shapes["cycle_index"] < 4],
        timeline=replace(evidence.timeline, cycles=evidence.timeline.cycles.iloc[:4]),
    )
    pd.testing.assert_frame_equal(shape_features(part, ()), whole.iloc[:4])


def test_evidence_without_shapes_is_refused(evidence):
    with pytest.raises(SoftbreakError, match="gathered without them"):
        shape_features(replace(evidence, waveforms=None), ())


def test_a_trained_one_judges_files_and_refuses_running_cells(tmp_path):
    Anonymous(rounds=12).fit(*lesson()[:3]).save(tmp_path / "own", {"model": "lightgbm-tsfresh"})
    block = next(iter(blocks(Recipe(1, 6, "a", "train", cycles=8))))
    history = assemble(describe(block, 0), block_records(block, 0))
    verdicts = diagnose(history, str(tmp_path / "own"))
    assert len(verdicts) == 8
    assert set(verdicts["detector"]) == {"lightgbm-tsfresh"}
    with pytest.raises(SoftbreakError, match="another detector to watch"):
        LiveCell(describe(block, 0), str(tmp_path / "own"))
