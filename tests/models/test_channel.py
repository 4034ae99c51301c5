"""A voltage channel that is clipped, or hangs, from the start: nothing healthy is read from it."""

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.models.diagnosis.diagnose import diagnose

AMPERE = 5e-4
STEP = 60.0


def states(wrong, **kinds):
    """States on a healthy cell, as ``wrong`` records it."""
    return set(in_order(wrong, **kinds))


def in_order(wrong, *, ohm=100.0, cycles=8, noise=1e-4, creep=0.1, digits=7, detector="hybrid"):
    """States, cycle by cycle, of a cell that polarises by ``creep``; ``ohm`` may be of each one."""
    n = 60
    place = np.arange(2 * cycles * n)
    ohm = np.broadcast_to(ohm, cycles)[place // (2 * n)]
    sign = np.where(place // n % 2, -1.0, 1.0)
    shape = 1.0 + creep * (1.0 - np.exp(-(place % n) / 15.0))
    scatter = np.random.default_rng(5).normal(0.0, noise, len(place))
    volt = np.round(wrong(sign * AMPERE * ohm * shape + scatter, sign), digits)
    columns = {"voltage_volt": volt, "current_ampere": sign * AMPERE}
    table = pd.DataFrame({"test_time_second": place * STEP, **columns})
    cell = Cell("c")
    history = assemble(cell, [Record(cell, Technique.CYCLING, table, Source("c.csv"))])
    return list(diagnose(history, detector)["state"])


def clipped(low=-np.inf, high=np.inf):
    return lambda volt, _: np.clip(volt, low, high)


def scattering(volt, _):
    return np.clip(volt, -0.01, None) + np.random.default_rng(1).normal(0.0, 1e-5, len(volt))


@pytest.mark.parametrize("detector", ["hybrid", "fused"])
@pytest.mark.parametrize(
    "wrong",
    [
        clipped(low=0.0),
        clipped(high=0.0),
        clipped(low=-0.01),
        clipped(high=0.03),
        clipped(low=-0.045),
        scattering,
        lambda volt, sign: np.where(sign < 0, 0.007, volt),
        lambda volt, sign: np.where(sign > 0, 0.05, volt),
        lambda volt, _: np.full_like(volt, 0.0123),
        lambda volt, _: np.full_like(volt, 0.31),
    ],
)
def test_a_side_that_stands_is_no_measurement(wrong, detector):
    assert states(wrong, detector=detector) == {"undetermined"}


def test_a_limit_on_both_sides_is_no_resistance():
    assert states(clipped(-5.0, 5.0), ohm=12_000.0, noise=1e-3) == {"undetermined"}


@pytest.mark.parametrize("offset", [0.0, 3e-4, 5e-4])
@pytest.mark.parametrize("creep", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("noise", [0.0, 1e-4, 3e-4])
def test_coarse_steps_and_a_quiet_cell_are_measured(offset, creep, noise):
    found = states(lambda volt, _: volt + offset, creep=creep, noise=noise, digits=3)
    assert found == {"healthy"}


def test_a_short_behind_a_clipped_side_is_still_seen():
    def short(volt, _):
        later = np.arange(len(volt)) > len(volt) // 2 + 20
        return np.clip(np.where(later, 0.4 * volt, volt), -0.045, None)

    assert states(short) == {"healthy", "soft"}


@pytest.mark.parametrize("offset", [0.0, 0.001])
def test_a_short_that_is_lost_in_coarse_steps_was_measured_before(offset):
    def short(volt, _):
        later = np.arange(len(volt)) >= 2 * 60 * 3
        return np.where(later, 0.004 * volt, volt) + offset

    assert "hard" in states(short, cycles=30, digits=3, noise=0.0)


def test_directions_are_compared_at_the_same_time_of_life():
    def short(volt, sign):
        place = np.arange(len(volt))
        scatter = np.random.default_rng(2).normal(0.0, 1e-5, len(volt))
        moving = -0.0012 - 0.0006 * (place % 60) / 60 + scatter
        return np.where(place >= 2 * 60 * 3, np.where(sign > 0, 0.0012, moving), volt)

    assert "hard" in states(short, cycles=30, noise=2e-6, creep=0.0)


@pytest.mark.parametrize("detector", ["hybrid", "fused"])
@pytest.mark.parametrize("limit", [{"low": 0.0}, {"high": 0.0}, {"low": -0.04}])
def test_what_a_range_clipped_at_first_is_no_beginning_to_compare_with(limit, detector):
    def at_first(volt, sign):
        early = np.arange(len(volt)) < len(volt) // 2
        return np.where(early, np.clip(volt, limit.get("low"), limit.get("high")), volt)

    found = in_order(at_first, cycles=16, detector=detector)
    assert set(found[:8]) == {"undetermined"}
    assert set(found[9:]) == {"healthy"}
    shorted = in_order(
        at_first, ohm=np.where(np.arange(16) < 12, 100.0, 30.0), cycles=16, detector=detector
    )
    assert shorted == ["undetermined"] * 8 + found[8:12] + ["soft"] * 4


@pytest.mark.parametrize("detector", ["hybrid", "fused"])
@pytest.mark.parametrize("scatter", [0.0, 2e-5])
def test_both_ends_of_a_range_hide_how_far_a_voltage_fell(scatter, detector):
    def at_a_range(volt, _):
        noise = np.random.default_rng(1).normal(0.0, scatter, len(volt)) if scatter else 0.0
        return np.clip(volt, -2.0, 2.0) + noise

    ohm = np.where(np.arange(16) < 8, 9000.0, 3600.0)
    found = in_order(at_a_range, ohm=ohm, cycles=16, detector=detector)
    assert set(found[:8]) == {"undetermined"}
    assert "healthy" not in found
    within = in_order(lambda volt, _: volt, ohm=3600.0, cycles=16, detector=detector)
    assert set(within) == {"healthy"}


def test_a_range_may_add_a_little_scatter():
    def at_a_range(volt, _):
        return np.clip(volt, -5.0, 5.0) + np.random.default_rng(1).normal(0.0, 5e-5, len(volt))

    assert states(at_a_range, ohm=30_000.0) == {"undetermined"}
