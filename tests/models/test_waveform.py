import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.errors import SoftbreakError
from softbreak.features.cycles.waveforms import POINTS, SHAPE_COLUMNS, waveform_table
from softbreak.features.evidence.cell_evidence import gather
from softbreak.models.learned.network import (
    CURVE_COLUMNS,
    SCALARS,
    Network,
    cycle_curves,
    waveform_features,
)
from softbreak.models.rules.impedance import read_spectra
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe

RECIPE = Recipe(8, 5, "a", "train", cycles=12)


@pytest.fixture(scope="module")
def evidence():
    found = []
    for block in blocks(RECIPE):
        for k in range(block.cells.size):
            history = assemble(describe(block, k), block_records(block, k))
            gathered = gather(history)
            found.append(replace(gathered, waveforms=waveform_table(history, gathered.timeline)))
    return found


@pytest.fixture(scope="module")
def lesson():
    """Shorted half-cycles lie at a third of their base: something that can be learnt."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        rng.normal(0.0, 1.0, (600, len([*SCALARS, *CURVE_COLUMNS]))),
        columns=[*SCALARS, *CURVE_COLUMNS],
    )
    labels = rng.integers(0, 3, 600)
    table.loc[:, list(CURVE_COLUMNS)] = rng.normal(0, 0.05, (600, len(CURVE_COLUMNS)))
    table.loc[:, list(CURVE_COLUMNS[: 2 * POINTS])] -= 1.1 * labels[:, None]
    table.iloc[::7, :5] = np.nan
    eta = 1.0 - np.exp(-1.1 * labels)
    return table, np.array(["healthy", "soft", "hard"])[labels], eta


@pytest.fixture(scope="module")
def taught(lesson):
    table, states, eta = lesson
    return Network(epochs=8, hidden=16, seed=1).fit(table, states, fractions=eta)


def test_curves_are_over_the_base_and_never_look_ahead(evidence):
    for one in evidence:
        cycles = len(one.timeline.cycles)
        whole = cycle_curves(one.waveforms, cycles)
        for k in (1, 4, 9):
            part = one.waveforms[one.waveforms["cycle_index"] < k]
            np.testing.assert_array_equal(cycle_curves(part, k), whole[:k])


def test_curves_by_hand():
    # two cycles: + at 2 Ω and − at 4 Ω, then + at 6 Ω alone; the base is ln 3, then the median
    # of ln 3 and ln 6
    rows = [(0, 1, 2.0), (0, -1, 4.0), (1, 1, 6.0)]
    waveforms = pd.DataFrame(
        [[c, k, s, *[ohm] * POINTS] for k, (c, s, ohm) in enumerate(rows)],
        columns=["cycle_index", "half_cycle_index", "sign", *SHAPE_COLUMNS],
    )
    found = cycle_curves(waveforms, 2).reshape(2, 4, POINTS)[:, :, 0]
    np.testing.assert_allclose(found[0, [0, 1, 3]], np.log([2 / 3, 4 / 3, 1.0]), rtol=1e-6)
    base = 0.5 * (np.log(3) + np.log(6))
    np.testing.assert_allclose(found[1, 0], np.log(6) - base, rtol=1e-6)
    np.testing.assert_allclose(found[1, 2:], np.log(3) - base, rtol=1e-6)
    assert np.isnan(found[0, 2])
    assert np.isnan(found[1, 1])


def test_features_stand_beside_the_cycles(evidence):
    for one in evidence[:3]:
        table = waveform_features(one, read_spectra(one))
        assert len(table) == len(one.timeline.cycles)
        assert abs(table[list(CURVE_COLUMNS[3 * POINTS :])].iloc[0].mean()) < 0.1


def test_evidence_without_shapes_is_refused(evidence):
    with pytest.raises(SoftbreakError, match="gathered without them"):
        waveform_features(replace(evidence[0], waveforms=None), ())


def test_it_learns_what_can_be_learnt(taught, lesson):
    table, states, eta = lesson
    assert (taught.predict(table) == states).mean() > 0.9
    low, middle, high = taught.quantiles(table).T
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert np.abs(middle - eta).mean() < 0.15


def test_shuffled_labels_teach_nothing(lesson):
    table, states, _ = lesson
    shuffled = np.random.default_rng(1).permutation(states)
    half = len(table) // 2
    model = Network(epochs=4, hidden=8).fit(table[:half], shuffled[:half])
    right = (model.predict(table[half:]) == shuffled[half:]).mean()
    assert right < 0.33 + 3.5 * np.sqrt(0.33 * 0.67 / half)


def test_a_row_alone_gives_the_bits_that_it_gives_among_others(taught, lesson):
    table = lesson[0]
    whole = taught.predict_proba(table)
    for k in (0, 63, 64, 599):
        np.testing.assert_array_equal(taught.predict_proba(table.iloc[[k]])[0], whole[k])


def test_a_saved_network_says_the_same(taught, lesson, tmp_path):
    taught.save(tmp_path)
    again = Network().restored(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(lesson[0]), taught.predict_proba(lesson[0]))


def test_equal_seeds_teach_equal_networks(taught, lesson):
    table, states, eta = lesson
    again = Network(epochs=8, hidden=16, seed=1).fit(table, states, fractions=eta)
    np.testing.assert_array_equal(again.predict_proba(table), taught.predict_proba(table))


def test_torch_is_loaded_only_where_a_network_works():
    program = "import sys, softbreak.models.learned.network; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
