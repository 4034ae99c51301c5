"""The creep of the voltage: compared only where it was measured alike, and falling as (1 − η)²."""

import numpy as np
import pytest

from softbreak.features.kernels.slow_polarisation import FIRST, LAST, STATE_SIZE, follow_slow
from softbreak.models.learned.levels import CREEP_CLEARS, creep_of
from softbreak.state_limits import HEALTHY_BELOW

HOUR = 3600.0


def followed(slow, ohm=100.0, *, current=1e-3, gap=0.0, warmth=0.0, drift=0.0):
    """Features of the last of the cycles, an hour each; every argument may be a list."""
    count = len(slow)
    ohm, current, gap, warmth, drift = (
        np.broadcast_to(np.asarray(one, dtype=float), count)
        for one in (ohm, current, gap, warmth, drift)
    )
    state, out, clock = np.full(STATE_SIZE, np.nan), np.full(4, np.nan), 0.0
    for k in range(count):
        clock += gap[k]
        out[:] = np.nan
        timed = np.array([slow[k], clock, clock + HOUR, 30.0])
        known = (np.log(current[k]), warmth[k], np.log(ohm[k]) + warmth[k], drift[k])
        follow_slow(state, timed, known, out)
        clock += HOUR
    return out


def test_nothing_before_the_reference_is_known():
    # of the first cycle nobody knows what went before it
    assert np.isnan(followed([10.0] * FIRST)).all()
    assert followed([10.0] * (FIRST + 1))[0] == 0.0


@pytest.mark.parametrize("eta", [0.1, 0.3, 0.6])
def test_a_short_takes_its_share_twice(eta):
    lasting = [10.0] * (FIRST + 1) + [10.0 * (1 - eta) ** 2] * LAST
    change, over_level, sigma, share = followed(lasting, [100.0] * (FIRST + 1 + LAST))
    assert change == pytest.approx(2 * np.log(1 - eta))
    assert over_level == pytest.approx(change)  # V/I stayed: growth hides it
    assert share == pytest.approx(np.log(0.1))
    lower, upper, left = creep_of(change, over_level, sigma)
    assert lower <= eta <= upper
    assert lower > HEALTHY_BELOW and upper > CREEP_CLEARS
    assert left == pytest.approx((1 - eta) ** 2)


def test_growth_without_a_short_is_cleared_whether_the_creep_grew_or_not():
    ohm = [100.0] * (FIRST + 1) + [120.0] * LAST
    still = followed([10.0] * len(ohm), ohm)
    grown = followed([10.0] * (FIRST + 1) + [12.0] * LAST, ohm)
    assert creep_of(*grown[:3])[1] < CREEP_CLEARS
    # unchanged creep beside a grown V/I: either the creep does not age, or a short of 17 %
    lower, upper, _ = creep_of(*still[:3])
    assert lower < HEALTHY_BELOW and upper > CREEP_CLEARS


@pytest.mark.parametrize(
    "told",
    [
        {"current": [1e-3] * 5 + [2e-3] * 3},
        {"gap": [0.0] * 5 + [7200.0] * 3},
    ],
)
def test_what_was_measured_otherwise_is_not_compared(told):
    assert np.isnan(followed([10.0] * 5 + [4.0] * 3, **told)).all()


def test_a_creep_that_drowns_or_scatters_says_little():
    assert np.isnan(followed([0.5] * 8)).all()
    change, over_level, sigma, _ = followed([6.0, 10.0, 14.0, 8.0, 10.0, 6.0, 6.0, 6.0])
    assert sigma > 0.15
    assert creep_of(change, over_level, sigma)[1] > CREEP_CLEARS


def test_a_temperature_that_moves_by_more_than_the_creep_hides_it():
    told = [10.0] * (FIRST + 1) + [1.0] * LAST
    swinging = [0.0] * (FIRST + 1) + [0.1] * LAST
    assert np.isnan(followed(told, drift=swinging)).all()
    assert followed(told, drift=0.01)[0] == pytest.approx(np.log(0.1))


def test_unknown_is_neither():
    lower, upper, _ = creep_of(np.nan, np.nan, np.nan)
    assert not upper < CREEP_CLEARS and not lower > HEALTHY_BELOW
