"""What an open half-cycle shows within three samples."""

import numpy as np
import pytest

from softbreak.features.half_cycles.stream import CellStream, News
from tests.features.streams import cycled

AT = 30 * 6 + 15
"""A sample in the middle of the seventh half-cycle."""


def news(columns, upto=None):
    stream, found = CellStream(watchful=True), []
    count = len(columns["voltage_volt"]) if upto is None else upto
    for k in range(count):
        stream.feed("r", {name: column[k : k + 1] for name, column in columns.items()})
        found += [(k, kind, warning) for kind, warning in stream.records["r"].news]
        stream.records["r"].news.clear()
    return found


def fallen(factor, start, stop=10**9, **details):
    columns = cycled(**details)
    index = np.arange(len(columns["voltage_volt"]))
    inside = (index >= start) & (index < stop)
    columns["voltage_volt"] = np.where(inside, factor, 1.0) * columns["voltage_volt"]
    return columns


def test_a_drop_is_told_within_three_samples_and_confirmed():
    (k, kind, warning), (_, end, same) = news(fallen(0.6, AT))
    assert (k - AT + 1, kind, warning.reason) == (3, News.RAISED, "drop")
    assert warning.time == AT * 60.0
    assert warning.change == pytest.approx(np.log(0.6), abs=0.02)
    assert (warning.before, warning.after) == pytest.approx((100.0, 60.0), rel=0.02)
    assert (end, same) == (News.CONFIRMED, warning)


def test_a_steady_cell_warns_of_nothing():
    assert news(cycled(halves=40)) == []


def test_a_lone_sample_is_no_drop():
    assert news(fallen(0.5, AT, AT + 1)) == []


def test_what_comes_back_three_times_is_a_telegraph():
    columns = cycled(half=60)
    for start in (200, 210, 220):
        columns["voltage_volt"][start] *= 0.4
    (k, kind, warning), (_, end, _) = news(columns)
    assert (k, kind, warning.reason) == (222, News.RAISED, "telegraph")
    assert end is News.CONFIRMED


def test_a_fall_that_was_no_drop_is_a_collapse():
    columns = cycled(half=60, noise=1e-6)
    index = np.arange(len(columns["voltage_volt"]))
    columns["voltage_volt"] *= np.exp(-np.clip((index - 200) / 10.0, 0, 2.0))
    found = news(columns)
    assert (found[0][1], found[0][2].reason) == (News.RAISED, "collapse")
    assert found[0][2].change < -1.0


def test_what_every_half_cycle_does_is_not_told():
    columns = cycled()
    phase = np.arange(len(columns["voltage_volt"])) % 30
    columns["voltage_volt"] *= np.where(phase < 12, 1.4, 1.0)
    seventh = [one for one in news(columns) if one[0] >= 90]
    assert seventh == []


def test_a_warm_step_is_not_told():
    columns = fallen(np.exp(-0.40 / 8.617333e-5 * (1 / 298.15 - 1 / 306.15)), AT)
    index = np.arange(len(columns["voltage_volt"]))
    columns["ambient_temperature_celsius"] = np.where(index >= AT, 33.0, 25.0)
    assert news(columns) == []


def test_a_drop_that_the_half_cycle_takes_back_is_withdrawn():
    found = news(fallen(0.6, AT, AT + 4))
    kinds = [kind for _, kind, warning in found if warning.reason == "drop"]
    assert kinds[0] is News.RAISED
    assert len(kinds) == 2


def test_a_sign_change_that_is_sampled_finely_is_not_told():
    columns = cycled(noise=1e-6)
    index = np.arange(len(columns["voltage_volt"]))
    inside = (index >= AT - 15) & (index < AT + 5)
    start = -columns["voltage_volt"][AT]
    columns["voltage_volt"][inside] = np.linspace(start, -start, inside.sum())
    assert [one for one in news(columns) if one[2].time < (AT + 15) * 60.0] == []


def test_magnitudes_are_watched_as_signed_voltages_are():
    told = [(kind, warning.reason) for _, kind, warning in news(fallen(0.6, AT))]
    columns = fallen(0.6, AT)
    columns["voltage_volt"] = np.abs(columns["voltage_volt"])
    assert [(kind, warning.reason) for _, kind, warning in news(columns)] == told


def test_a_telegraph_before_does_not_hide_a_drop():
    columns = fallen(0.3, AT)
    index = np.arange(len(columns["voltage_volt"]))
    toggled = (index >= 120) & (index < 150) & (index % 2 == 0)
    columns["voltage_volt"][toggled] *= 0.3
    found = [one for one in news(columns) if one[0] >= AT]
    assert (found[0][0] - AT + 1, found[0][1], found[0][2].reason) == (3, News.RAISED, "drop")
