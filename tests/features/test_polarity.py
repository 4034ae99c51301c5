"""What a cell's voltages say it is."""

import math

import pytest

from softbreak.features.half_cycles.polarity import is_symmetric, one_sided, rests_open


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


@pytest.mark.parametrize(
    ("least", "rest", "charged", "own"),
    [
        (0.1, 5.0, 0.04, False),
        (0.1, 0.0, 0.04, False),
        (3.4, 3.0, 3.6, True),
        (1.0, 3.6, 0.1, True),
    ],
)
def test_what_is_charged_far_below_a_rest_all_along_has_no_such_voltage(least, rest, charged, own):
    found = one_sided(least, rest, charged)
    assert is_symmetric(found.electromotive_volt, math.nan, found.rest_volt) is not own
