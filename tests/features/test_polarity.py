"""What a cell's voltages say it is."""

import pytest

from softbreak.features.half_cycles.polarity import is_symmetric, rests_open


@pytest.mark.parametrize("rest", [5.0, 3.2, -4.9, 0.9, -0.5])
def test_open_leads_make_no_full_cell(rest):
    assert rests_open(0.0004, 0.02, rest)
    assert is_symmetric(0.0004, 0.02, rest)


@pytest.mark.parametrize(
    ("even", "odd", "rest"),
    [(3.7, 0.1, 3.7), (0.15, 0.05, 3.0), (0.05, 0.06, 3.0), (0.0, 0.2, 0.3)],
)
def test_a_voltage_of_its_own_is_no_open_lead(even, odd, rest):
    assert not rests_open(even, odd, rest)
    assert not is_symmetric(even, odd, rest)


def test_one_direction_proves_no_open_lead():
    assert not rests_open(0.0, float("nan"), 3.0)
