"""The fold over cycles: a cycle at a time is the batch, and simple stories give known numbers."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.features.kernels.cycle_history import INPUTS, OUTPUTS, advance, new_state


def rows_of(ln_r, **columns):
    rows = np.full((len(ln_r), len(INPUTS)), np.nan)
    rows[:, 0] = rows[:, 1] = ln_r
    rows[:, 3], rows[:, 4], rows[:, 5] = 1e-3, 0.0, 0.01
    rows[:, 6], rows[:, 7] = np.log(1e-4), np.log(7200.0)
    rows[:, 8:14] = 0.0
    rows[:, 16] = rows[:, 18] = 0.0
    for name, values in columns.items():
        rows[:, INPUTS.index(name)] = values
    return rows


def folded(rows):
    out = np.empty((len(rows), len(OUTPUTS)))
    advance(new_state(), rows, out)
    return {name: out[:, k] for k, name in enumerate(OUTPUTS)}


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 40), max_size=5),
)
def test_a_cycle_at_a_time_is_the_batch_bit_for_bit(count, seed, cuts):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, len(INPUTS)))
    rows[rng.random(rows.shape) < 0.2] = np.nan
    whole = np.empty((count, len(OUTPUTS)))
    advance(new_state(), rows, whole)
    state, parts = new_state(), np.empty_like(whole)
    edges = sorted({0, count, *(min(cut, count) for cut in cuts)})
    for a, b in pairwise(edges):
        advance(state, rows[a:b], parts[a:b])
    assert parts.tobytes() == whole.tobytes()


def test_a_drop_is_measured_against_the_level_before_it():
    ln_r = np.r_[np.zeros(10), np.full(10, -0.7)]
    deepest = np.where(np.arange(20) == 10, -0.7, 0.0)
    found = folded(
        rows_of(ln_r, deepest=deepest, fallen=deepest, drops=(deepest < 0).astype(float))
    )
    assert np.isnan(found["x_over_anchor"][:10]).all()
    assert found["x_over_anchor"][10:] == pytest.approx(-0.7)
    assert found["x_over_maximum"][19] == pytest.approx(-0.7)
    assert found["drop_ever"][19] == pytest.approx(-0.7)
    assert found["drops_10"][15] == 1.0
    assert found["telegraph_gap"][14] == pytest.approx(0.7)


def test_an_undone_drop_lets_its_anchor_go():
    ln_r = np.r_[np.zeros(5), np.full(5, -0.5), np.zeros(5)]
    found = folded(rows_of(ln_r))
    assert found["x_over_anchor"][9] == pytest.approx(-0.5)
    assert np.isnan(found["x_over_anchor"][12])


def test_warmth_that_is_logged_moves_nothing_but_the_energy():
    kelvin = 298.0 + 8.0 * np.sin(np.arange(30.0))
    u = 1.0 / (8.617333e-5 * kelvin)
    found = folded(rows_of(0.40 * (u - u[0]), inverse_ev=u))
    assert np.abs(found["x_over_base"]).max() < 1e-9
    assert found["activation_energy"][-1] == pytest.approx(0.40, abs=1e-6)
    assert found["activation_misfit"][-1] == pytest.approx(0.0, abs=1e-4)


def test_a_cycle_without_a_voltage_leaves_no_trace():
    ln_r = np.linspace(0.0, 0.3, 12)
    gap = np.insert(ln_r, 6, np.nan)
    with_gap, without = folded(rows_of(gap)), folded(rows_of(ln_r))
    for name in OUTPUTS:
        assert np.isnan(with_gap[name][6])
        np.testing.assert_array_equal(np.delete(with_gap[name], 6), without[name])


def test_a_spectrum_is_compared_with_the_cycle_before_it():
    ln_r = np.r_[np.zeros(5), np.full(5, 0.2)]
    spectra = np.r_[np.full(4, np.nan), np.full(6, 0.1)]
    found = folded(
        rows_of(ln_r, ln_spectrum_ohm=spectra, spectra_seen=np.r_[np.zeros(4), np.ones(6)])
    )
    assert np.isnan(found["x_since_spectrum"][3])
    assert found["x_since_spectrum"][4] == pytest.approx(0.0)
    assert found["direct_over_spectrum"][9] == pytest.approx(0.2)
