"""Leakage and rest features against hand calculations."""

import numpy as np
import pandas as pd
import pytest

from softbreak.features.evidence.charge import Running
from softbreak.features.evidence.constant_voltage_holds import Hold
from softbreak.features.families.rest import FEATURES, TELLINGS, leakage_features, rest_features

NAMES = [feature.name for feature in FEATURES]
HOUR = np.linspace(0.0, 3600.0, 361)


def hold(current, start=0.0, fresh=True, volt=0.05):
    return Hold(start, HOUR, np.broadcast_to(current, HOUR.shape).astype(float), volt, fresh, "h")


def test_a_leakage_three_times_as_large():
    found = leakage_features(
        [hold(1e-6), hold(3e-6)], cycled_resistance=np.array([5e4, 5e4]), floor_ohm=2.5e4
    )
    # 50 mV / 1 µA = 50 kΩ; 16.7 kΩ
    assert found["leak_ln_resistance_over_initial"].iloc[1] == pytest.approx(-np.log(3), rel=1e-6)
    assert found["leak_ln_resistance_over_previous"].iloc[1] == pytest.approx(-np.log(3), rel=1e-6)
    assert found["leak_ln_resistance_over_cycling"].iloc[0] == pytest.approx(0.0, abs=1e-6)
    assert found["leak_ln_resistance_over_floor"].iloc[0] == pytest.approx(np.log(2), rel=1e-6)
    assert found["leak_decay_exponent"].to_numpy() == pytest.approx([0, 0], abs=1e-9)
    assert found["leak_steady_share"].to_numpy() == pytest.approx([1, 1])


def test_a_decay_has_its_exponent_and_its_steady_share():
    diffusing = hold(1e-6 / np.sqrt(np.maximum(HOUR, 1.0)))
    assert leakage_features([diffusing])["leak_decay_exponent"].iloc[0] == pytest.approx(0.5)
    polymer = 1e-6 * (0.3 + 0.7 * np.exp(-HOUR / 200.0))
    found = leakage_features([hold(polymer), hold(polymer, fresh=False)])
    assert found["leak_steady_share"].iloc[0] == pytest.approx(0.3, rel=0.01)
    assert np.isnan(found["leak_steady_share"].iloc[1])  # the cell was polarised before


def test_negative_holds_and_no_current():
    found = leakage_features([hold(-2e-6, volt=-0.05), hold(0.0)])
    assert found["leak_decay_exponent"].iloc[0] == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(found["leak_ln_resistance_over_initial"].iloc[1])
    assert leakage_features([]).shape == (0, 7)


def cell(rest_volt, *, rest=60, sign=1.0):
    """Half an hour at 1 mA and 0.1 V, a rest, half an hour back; 10 s apart."""
    flow = np.concatenate([np.ones(180), np.zeros(rest), -np.ones(180)])
    volt = 0.1 * flow
    volt[180 : 180 + rest] = rest_volt(np.arange(rest) * 10.0)
    time = np.arange(len(flow)) * 10.0
    zero = np.zeros(len(flow))
    halves = pd.DataFrame(
        {
            "start_time_second": [0.0, time[180 + rest]],
            "end_time_second": [time[179], time[-1]],
            "current_ampere": [1e-3, 1e-3],
        }
    )
    return Running(time, sign * volt, sign * flow * 1e-3, zero, zero), halves


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_relaxes_slowly_in_a_rest(sign):
    def relaxing(t):
        return 0.04 * np.exp(-t / 100.0)

    times, found = rest_features(*cell(relaxing, sign=sign))
    assert times.tolist() == [2390.0]
    (row,) = found.to_dict("records")
    assert row["rest_early_share"] == pytest.approx(0.4)
    assert row["rest_late_share"] == pytest.approx(0.4 * np.exp(-5.9))
    assert row["rest_relaxation_share"] == pytest.approx(0.4 * (1 - np.exp(-5.9)))
    # half of 0.4 (1 - e^-5.9) is gone after 100 ln 2 = 69 s, seen at 70 s
    assert row["rest_half_life_second"] == pytest.approx(70.0)
    assert row["rest_end_volt"] == pytest.approx(0.04 * np.exp(-5.9))
    # a line through the last third's ends
    last = 0.4 * (np.exp(-5.9) - np.exp(-4.0))
    assert row["rest_drift_per_hour"] == pytest.approx(last / 190.0 * 3600.0)


def test_the_offset_of_the_cycler_cancels_over_two_directions():
    running, halves = cell(lambda t: 0.04 * np.exp(-t / 100.0))
    there = running.time[-1] + 10.0
    both = Running(
        np.concatenate([running.time, there + running.time]),
        np.concatenate([running.voltage, -running.voltage]) - 3e-3,
        np.concatenate([running.current, -running.current]),
        *(np.zeros(2 * len(running.time)),) * 2,
    )
    later = halves.add([there, there, 0.0], axis="columns")
    times, found = rest_features(both, pd.concat([halves, later], ignore_index=True))
    assert len(times) == 2
    assert found["rest_early_share"].iloc[1] == pytest.approx(0.4)
    assert found["rest_late_share"].iloc[1] == pytest.approx(0.4 * np.exp(-5.9))
    assert found["rest_early_share"].iloc[0] == pytest.approx(0.037 / 0.097)


def test_no_rest_no_row():
    for rest in (0, 2):
        times, found = rest_features(*cell(lambda t: 0 * t, rest=rest))
        assert len(times) == len(found) == 0
        assert found.columns.to_list() == [n for n in NAMES if n.startswith("rest_")]


def test_a_rest_ends_where_current_flows_again():
    running, halves = cell(lambda t: 0.01 + 0 * t)
    running.current[200:240] = 5e-4  # something else was done meanwhile
    times, found = rest_features(running, halves)
    assert times.tolist() == [1990.0]
    assert found["rest_late_share"].to_list() == pytest.approx([0.1])


def test_only_features_are_told():
    assert set(TELLINGS) <= set(NAMES)
