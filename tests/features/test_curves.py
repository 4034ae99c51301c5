import numpy as np
import pytest

from softbreak.data.history import assemble
from softbreak.features.cycles.timeline import build_timeline
from softbreak.features.generic.curves import curves_from, curves_of, joined
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe
from tests.features.shapes import curve


def test_voltage_over_its_median_by_hand():
    voltage = np.array([9.0, 9.0, 2.0, 4.0, 6.0, 8.0, 10.0])  # 9, 9: the double layer charges
    time = np.array([0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0])
    found = curves_from(time, voltage, np.array([0]), np.array([7]), np.array([3]))
    np.testing.assert_array_equal(found.values, [2 / 6, 4 / 6, 1.0, 8 / 6, 10 / 6])
    np.testing.assert_array_equal(found.progress, [0.0, 0.2, 0.4, 0.6, 1.0])
    assert (len(found), found.cycle_index[0]) == (1, 3)
    assert not found.usable[0]  # five samples have no shape


def test_size_and_sign_of_the_voltage_do_not_matter():
    shape = 1.0 + 0.1 * np.random.default_rng(0).normal(size=50)
    one, other = curve(shape), curve(-0.0037 * shape)
    np.testing.assert_allclose(one.values, other.values, rtol=1e-14)


def test_lost_samples_are_left_out():
    voltage = np.array([1.0, 1.0, 1.0, np.nan, 1.0, np.inf, 1.0, 1.0, 1.0, 1.0])
    found = curves_from(np.arange(10.0), voltage, np.array([0]), np.array([10]), np.array([0]))
    assert found.samples[0] == 6
    assert np.isfinite(found.values).all()


@pytest.mark.parametrize(
    "voltage", [np.full(12, np.nan), np.array([1e-320] * 8 + [1e300] * 3), np.array([])]
)
def test_what_cannot_be_scaled_is_empty(voltage):
    stop = np.array([len(voltage)])
    found = curves_from(np.arange(float(len(voltage))), voltage, np.array([0]), stop, np.array([0]))
    assert (len(found), found.samples[0]) == (1, 0)


def test_a_dead_short_of_zeros_is_zero_and_one_around_zero_has_size_one():
    np.testing.assert_array_equal(curve(np.zeros(20)).values, 0.0)
    flicker = np.tile([0.0, 0.0, 1e-3, 0.0, -1e-3], 4)
    assert np.abs(curve(flicker).values).mean() == pytest.approx(1.0)


def test_taken_and_joined_are_inverse():
    draw = np.random.default_rng(1)
    parts = [curve(1.0 + draw.random(n), cycle=n) for n in (8, 30, 13)]
    whole = joined(parts)
    for k, part in enumerate(parts):
        again = whole.taken(np.array([k]))
        np.testing.assert_array_equal(again.values, part.values)
        np.testing.assert_array_equal(again.progress, part.progress)
        assert again.cycle_index[0] == part.cycle_index[0]
    mask = np.array([True, False, True])
    np.testing.assert_array_equal(whole.taken(mask).samples, whole.samples[mask])


@pytest.mark.parametrize("count", [12, 60, 601])
def test_on_a_grid_the_sampling_rule_does_not_matter(count):
    time = np.linspace(0.0, 1.0, count)
    shape = curve(2.0 + np.where(time > 0.5, 0.5 - time, 0.0)).resampled(33)
    assert shape.samples[0] == 33
    expected = 2.0 + np.where(shape.progress > 0.5, 0.5 - shape.progress, 0.0)
    np.testing.assert_allclose(shape.values * 2.0, expected, atol=0.1)


def test_a_grid_is_numpys_interpolation():
    draw = np.random.default_rng(4)
    time = np.sort(draw.random(40))
    whole = curves_from(time, 1.0 + draw.random(40), np.array([0]), np.array([40]), np.array([0]))
    grid = whole.resampled(128)
    expected = np.interp(np.linspace(0.0, 1.0, 128), whole.progress, whole.values)
    np.testing.assert_allclose(grid.values, expected, rtol=1e-13)


@pytest.fixture(scope="module")
def history():
    block = next(iter(blocks(Recipe(1, 11, "a", "train", cycles=6))))
    return assemble(describe(block, 0), block_records(block, 0))


def test_half_cycles_of_a_cell_are_those_of_its_timeline(history):
    rows = build_timeline(history).half_cycles
    found = curves_of(history)
    assert len(found) == len(rows)
    np.testing.assert_array_equal(found.cycle_index, rows["cycle_index"])
    # two samples are skipped where there are more than six
    count = rows["samples"].to_numpy()
    np.testing.assert_array_equal(found.samples, count - 2 * (count > 6))
    # the shape's time average is the timeline's mean voltage over the half-cycle's median
    for k in np.flatnonzero(found.usable)[:5]:
        one = found.taken(np.array([k]))
        mean = np.trapezoid(one.values, one.progress)
        late = one.values[one.progress >= 0.5].mean()
        ratio = rows["late_voltage_volt"].iloc[k] / rows["voltage_volt"].iloc[k]
        assert late / mean == pytest.approx(ratio, rel=0.05)


def test_a_cell_without_cycling_has_no_curves(history):
    nothing = curves_of(assemble(history.cell, []))
    assert len(nothing) == 0
    assert len(nothing.resampled(32)) == 0
