import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softbreak.features.families import as_of as causal

values = st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(float("nan"))), max_size=12)


def slow(rows, k, rule):
    """Rule over the finite rows before k; NaN where there is none."""
    before = [v for v in rows[:k] if np.isfinite(v)]
    return rule(before) if before else float("nan")


@given(values)
def test_running_values_look_back_only(rows):
    array = np.array(rows, dtype=np.float64)
    for kernel, rule in (
        (causal.earlier_max, max),
        (causal.earlier_min, min),
        (causal.earlier, lambda before: before[-1]),
    ):
        assert kernel(array) == pytest.approx(
            [slow(rows, k, rule) for k in range(len(rows))], nan_ok=True
        )


@given(values)
def test_the_reference_is_the_first_and_has_none_itself(rows):
    array = np.array(rows, dtype=np.float64)
    wanted = [slow(rows, k, lambda before: before[0]) for k in range(len(rows))]
    assert causal.reference(array) == pytest.approx(wanted, nan_ok=True)


def test_rows_are_taken_as_of_a_moment():
    rows = causal.as_of(np.array([1.0, 2.0, 2.0]), np.array([0.5, 1.0, 2.0, 9.0]))
    assert rows.tolist() == [-1, 0, 2, 2]
    assert causal.taken(np.array([7.0, 8.0, 9.0]), rows) == pytest.approx(
        [np.nan, 7.0, 9.0, 9.0], nan_ok=True
    )
    assert np.isnan(causal.taken(np.empty(0), rows)).all()
