"""Rate features against hand calculations and loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.features.families.rate import FEATURES, TELLINGS, rate_features
from softbreak.physics.rate import SAME_LEVEL

NAMES = [feature.name for feature in FEATURES]


def test_a_ramp_up_and_down_by_hand():
    current = np.array([1, 1, 2, 2, 4, 4, 2, 2], float) * 1e-3
    voltage = np.array([100, 100, 200, 200, 200, 200, 100, 100]) * 1e-3  # shorts at 4 mA
    found = rate_features(current, voltage)
    assert found["rate_local_exponent"].to_numpy() == pytest.approx(
        [np.nan, np.nan, 1, 1, 0, 0, 1, 1], nan_ok=True
    )
    fallen = np.log([1, 1, 0.5, 0.5, 0.5, 0.5])
    assert found["rate_ln_resistance_over_lowest"].to_numpy()[2:] == pytest.approx(fallen)
    assert found["rate_return_hysteresis"].to_numpy() == pytest.approx(
        [np.nan] * 6 + [-np.log(2)] * 2, nan_ok=True
    )
    assert found["rate_ln_current_over_first"].to_numpy()[4] == pytest.approx(np.log(4))


def test_one_current_says_nothing():
    assert rate_features(np.full(9, 1e-3), np.linspace(0.1, 0.2, 9)).isna().to_numpy().all()
    assert rate_features(np.empty(0), np.empty(0)).columns.to_list() == NAMES


def slow(current, voltage):
    """Every row from nothing but the rows before it."""
    rows = []
    for k in range(len(current)):
        steps = []
        for j, v in zip(current[: k + 1], voltage[: k + 1], strict=True):
            if not (np.isfinite(j) and np.isfinite(v) and j > 0 and v > 0):
                continue
            if steps and abs(np.log(j) - steps[-1][0]) <= SAME_LEVEL:
                steps[-1][1].append(np.log(v))
            else:
                steps.append((np.log(j), [np.log(v)]))
        row = [np.nan] * 4
        sound = np.isfinite(current[k]) and np.isfinite(voltage[k])
        if sound and current[k] > 0 and voltage[k] > 0 and len(steps) > 1:
            *done, (level, mine) = [(j, np.mean(v)) for j, v in steps]
            row[0] = (mine - done[-1][1]) / (level - done[-1][0])
            smallest = min(j for j, _ in done)
            lowest = next(step for step in done if step[0] - smallest <= SAME_LEVEL)
            if level - lowest[0] > SAME_LEVEL:
                row[1] = mine - level - lowest[1] + lowest[0]
            again = [v for j, v in done if abs(j - level) <= SAME_LEVEL]
            row[2] = mine - again[-1] if again else np.nan
            row[3] = level - done[0][0]
        rows.append(row)
    return np.array(rows).reshape(-1, 4)


number = st.sampled_from([1e-3, 1.01e-3, 2e-3, 3e-3, 0.0, float("nan")])


@settings(max_examples=60)
@given(st.lists(st.tuples(number, st.floats(0.01, 1.0)), max_size=12))
def test_loops_say_the_same(rows):
    current, voltage = (np.array([row[k] for row in rows], dtype=float) for k in (0, 1))
    found = rate_features(current, voltage).to_numpy()
    assert found == pytest.approx(slow(current, voltage), nan_ok=True)


def test_no_row_looks_ahead():
    rng = np.random.default_rng(1)
    current, voltage = rng.choice([1.0, 2.0, 3.0], 20), rng.uniform(0.1, 1, 20)
    whole = rate_features(current, voltage)
    for k in range(20):
        pd.testing.assert_frame_equal(rate_features(current[:k], voltage[:k]), whole.iloc[:k])


def test_only_features_are_told():
    assert set(TELLINGS) <= set(NAMES)
