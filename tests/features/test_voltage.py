"""Voltage features: against an obvious version, by hand, and against what must not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.features.families import voltage
from softbreak.features.families.voltage import FEATURES, NAMES, half_cycle_features
from tests.features import obvious_voltage as obvious

EMPTY = np.empty(0)
COLUMN = {name: k for k, name in enumerate(NAMES)}
COUNTED = ("drops", "rises", "level_crossings", "outlying_share", "jump_share")


def measure(time, volt, current, *, celsius=EMPTY, sign=1):
    """One half-cycle as a dictionary."""
    n = len(time)
    one = np.array([0]), np.array([n]), np.array([sign])
    row = half_cycle_features(time, volt, current, celsius, *one)[0]
    return dict(zip(NAMES, row.tolist(), strict=True))


def assert_equal(found, told):
    for name in NAMES:
        value = float(told.get(name, np.nan))
        assert found[name] == pytest.approx(value, rel=1e-6, abs=2e-7, nan_ok=True), name


def random_half_cycle(rng, n):
    """Irregular sampling, drift, a relaxation, noise, steps and a flicker."""
    t = np.cumsum(rng.exponential(30.0, n)) + rng.uniform(0, 1e6)
    u = np.linspace(0, 1, n)
    v = 0.1 * (1 + rng.normal(0, 0.2) * u + rng.normal(0, 0.3) * np.exp(-u / 0.05))
    v += rng.choice([1e-5, 1e-3, 5e-3]) * rng.standard_normal(n)
    if rng.random() < 0.5:
        v *= np.where(rng.random(n).cumsum() % 7 < 3, rng.uniform(0.3, 1), 1.0)
    if rng.random() < 0.3:
        v *= np.where(u > rng.random(), 0.01, 1.0)
    if rng.random() < 0.3:
        v = np.round(v, 3)
    if rng.random() < 0.3 and n > 3:
        t[n // 2 : n // 2 + 3] = t[n // 2]
    return t, v, 1e-3 * (1 + 0.01 * rng.standard_normal(n))


@pytest.mark.parametrize("seed", range(40))
def test_every_column_equals_the_obvious_version(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.choice([1, 2, 3, 5, 6, 7, 8, 9, 15, 26, 60, 300, 1000]))
    t, v, i = random_half_cycle(rng, n)
    sign = int(rng.choice([-1, 1]))
    celsius = 25 + rng.standard_normal(n) if rng.random() < 0.5 else EMPTY
    if rng.random() < 0.3:
        v[rng.random(n) < 0.1] = np.nan
        i[rng.random(n) < 0.05] = np.inf
    found = measure(t, v * sign, i * sign, celsius=celsius, sign=sign)
    assert_equal(found, obvious.features(t, v * sign, i * sign, celsius, sign))


@pytest.mark.parametrize(
    ("time", "volt"),
    [
        (np.arange(50.0), np.full(50, 0.1)),
        (np.arange(50.0), np.zeros(50)),
        (np.zeros(50), np.linspace(0.1, 0.2, 50)),
        (np.arange(50.0), np.full(50, np.nan)),
        (np.arange(50.0), np.where(np.arange(50) % 2, 0.1, np.nan)),
        (np.arange(50.0)[::-1].copy(), np.linspace(0.1, 0.2, 50)),
        (np.repeat(np.arange(25.0), 2), np.linspace(0.1, 0.2, 50)),
        (np.where(np.arange(50) < 25, 0.0, 1.0), np.linspace(0.1, 0.2, 50)),
        (np.arange(50.0), np.where(np.arange(50) == 30, 9e5, 0.004)),
        (np.arange(50.0), np.where(np.arange(50) < 30, 0.1, -1e-5)),
        (np.arange(50.0), 1e-9 * np.arange(50)),
    ],
    ids=[
        "constant", "zero", "no duration", "nothing", "every other", "backwards", "duplicates",
        "two times", "a glitch", "a dead short", "nanovolts",
    ],
)  # fmt: skip
def test_degenerate_half_cycles(time, volt):
    current = np.full(len(time), 1e-3)
    assert_equal(measure(time, volt, current), obvious.features(time, volt, current, EMPTY, 1))


@given(
    st.lists(
        st.tuples(
            st.floats(width=64), st.floats(width=64), st.floats(width=64), st.floats(width=64)
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([-1, 1]),
)
@settings(max_examples=200, deadline=None)
def test_nothing_raises_and_nothing_is_infinite(rows, sign):
    t, v, i, celsius = (np.array(x) for x in zip(*rows, strict=True))
    assert not np.isinf(list(measure(t, v, i, celsius=celsius, sign=sign).values())).any()
    ordered = measure(np.sort(t), v, i, celsius=celsius, sign=sign)
    assert not np.isinf(list(ordered.values())).any()


def test_an_empty_half_cycle_says_only_that_it_is_empty():
    found = measure(EMPTY, EMPTY, EMPTY)
    assert found.pop("samples") == 0
    assert np.isnan(list(found.values())).all()


def test_by_hand_a_ramp():
    # 2 skipped + 9 samples, one a second: V rises from 1 to 2 in steps of 1/8; median 1.5
    t = np.arange(11.0)
    v = 1 + (t - 2) / 8
    found = measure(t, v, np.full(11, 0.5))
    assert found["duration_second"] == 10.0
    assert found["charge_ampere_second"] == 5.0
    # ∫V I dt from 0.75 to 2 V: mean 1.375 V x 5 As
    assert found["energy_joule"] == pytest.approx(6.875)
    assert found["mean_voltage_volt"] == pytest.approx(1.5)
    assert found["resistance_ohm"] == pytest.approx(3.0)
    # from the middle on: 1.5, 1.625, 1.75, 1.875 and half of 2
    assert found["late_voltage_volt"] == pytest.approx(7.75 / 4.5)
    assert found["slope"] == pytest.approx(1 / 1.5)
    assert found["curvature"] == pytest.approx(0.0, abs=1e-12)
    assert found["directness"] == pytest.approx(1.0)
    assert found["largest_drop"] == 0.0
    assert found["largest_rise"] == pytest.approx(np.log(9 / 8))
    assert found["rises"] == 0  # a ramp's steps are its own scatter
    # all is drift: a straight line explains it to nothing, two levels do not
    assert found["two_level_gain"] < -5


def test_by_hand_a_drop_that_stays():
    # 30 samples at 0.4 V, then 32 at 0.1 V: ln(1/4) in one sample, and the levels take 30 − ½ s
    # and 32 − ½ s of 61 s less the two skipped samples at the beginning
    t = np.arange(62.0)
    v = np.where(t < 30, 0.4, 0.1)
    found = measure(t, v, np.ones(62))
    assert found["largest_drop"] == pytest.approx(-np.log(4))
    assert found["lasting_drop"] == pytest.approx(-np.log(4))
    assert found["drop_persistence"] == pytest.approx(1.0)
    assert found["drop_phase"] == pytest.approx(28 / 59)
    assert found["drops"] == 0  # constant but for one step: the step is its own resolution …
    assert found["drawdown"] == pytest.approx(np.log(4))
    assert found["low_occupancy"] == pytest.approx(31.5 / 59)
    assert found["level_split"] == pytest.approx(3.0)  # 0.3 V over the median of 0.1 V
    noisy = v * (1 + 1e-3 * np.sin(17 * t))
    told = measure(t, noisy, np.ones(62))
    assert told["drops"] == 1  # … with a scatter beside it, it stands out
    assert told["level_crossings"] == 1
    assert told["two_level_gain"] > 3


def test_by_hand_a_telegraph():
    # ten blocks of 20 samples, high and low in turn: nine crossings, half of the time low
    t = np.arange(200.0)
    rng = np.random.default_rng(0)
    v = np.where((t // 20) % 2 == 0, 0.1, 0.05) + 1e-4 * rng.standard_normal(200)
    found = measure(t, v, np.ones(200))
    assert found["level_crossings"] == 9
    assert found["drops"] == 5
    assert found["rises"] == 4
    assert found["low_occupancy"] == pytest.approx(0.5, abs=0.02)
    assert found["two_level_gain"] > 4
    assert found["jump_share"] > 0.99


def test_by_hand_a_relaxation():
    # V = 0.1 + 0.02 e^(−t/60) over 3600 s: τ = 1/60 of the duration
    t = np.arange(0.0, 3601.0, 2.0)
    v = 0.1 + 0.02 * np.exp(-t / 60) + 1e-6 * np.random.default_rng(0).standard_normal(len(t))
    found = measure(t, v, np.ones(len(t)))
    assert found["relaxation_time"] == pytest.approx(1 / 60, rel=0.05)
    # three samples from 4 s on: 0.02 e^(−6/60) / 0.1
    assert found["relaxation_amplitude"] == pytest.approx(0.2 * np.exp(-0.1), rel=0.01)


@pytest.mark.parametrize("order", ["random", "rising", "falling", "organ pipe", "saw", "quantised"])
def test_quantiles_of_many_samples_that_a_glitch_puts_into_one_bucket(order):
    n = 6001
    rng = np.random.default_rng(0)
    k = np.arange(n)
    ramp = {
        "random": rng.permutation(n),
        "rising": k,
        "falling": -k,
        "organ pipe": -np.abs(k - n // 2),
        "saw": k % 77,
        "quantised": rng.integers(0, 5, n),
    }[order]
    v = 1.0 + 1e-6 * ramp
    v[4000] = 5e5
    t = np.cumsum(rng.exponential(1.0, n))
    found = measure(t, v, np.ones(n))
    told = obvious.features(t, v, np.ones(n), EMPTY, 1)
    for name in ("quantile_05", "quantile_10", "quantile_25", "quantile_75", "quantile_95"):
        assert found[name] == told[name], name
    assert found["median_voltage_volt"] == told["median_voltage_volt"]


def test_scatter_is_that_of_one_sample_whatever_the_sampling():
    rng = np.random.default_rng(0)
    t = np.cumsum(rng.exponential(10.0, 4000))
    v = 0.1 + 1e-5 * t / t[-1] + 1e-4 * rng.standard_normal(4000)
    found = measure(t, v, np.ones(4000))
    assert found["scatter_volt"] == pytest.approx(1e-4, rel=0.05)
    assert found["variogram_exponent"] == pytest.approx(0.0, abs=0.05)
    assert found["step_autocorrelation"] == pytest.approx(-0.5, abs=0.05)
    assert found["impulsiveness"] == pytest.approx(1.0, abs=0.05)


def many(seed, count=12, n=120):
    """Half-cycles one after the other, of either sign."""
    rng = np.random.default_rng(seed)
    parts = [random_half_cycle(rng, n) for _ in range(count)]
    signs = np.where(np.arange(count) % 2 == 0, 1, -1)
    spans = np.cumsum([0.0] + [p[0][-1] - p[0][0] + 30 for p in parts])
    t = np.concatenate([p[0] - p[0][0] + begin for p, begin in zip(parts, spans[:-1], strict=True)])
    v = np.concatenate([p[1] * s for p, s in zip(parts, signs, strict=True)])
    i = np.concatenate([p[2] * s for p, s in zip(parts, signs, strict=True)])
    starts = np.arange(count) * n
    return t, v, i, 25 + rng.standard_normal(len(t)), (starts, starts + n, signs)


def test_single_and_double_precision_agree():
    t, v, i, celsius, cuts = many(1)
    v32, i32 = v.astype(np.float32), i.astype(np.float32)
    single = half_cycle_features(t, v32, i32, celsius, *cuts)
    double = half_cycle_features(t, v32.astype(float), i32.astype(float), celsius, *cuts)
    np.testing.assert_array_equal(single, double)
    rounded = half_cycle_features(t, v, i, celsius, *cuts)
    for name in ("mean_voltage_volt", "slope", "rectangularity", "quantile_10", "drawdown"):
        np.testing.assert_allclose(
            single[:, COLUMN[name]], rounded[:, COLUMN[name]], rtol=1e-4, atol=1e-6
        )


def test_the_other_sign_convention_changes_nothing():
    t, v, i, celsius, (starts, stops, signs) = many(2)
    one = half_cycle_features(t, v, i, celsius, starts, stops, signs)
    other = half_cycle_features(t, -v, -i, celsius, starts, stops, -signs)
    np.testing.assert_array_equal(one, other)


def test_units_and_area_change_nothing_that_has_no_unit():
    t, v, i, celsius, cuts = many(3)
    one = half_cycle_features(t, v, i, celsius, *cuts)
    other = half_cycle_features(t + 512.0, v * 7.3, i * 0.2, celsius, *cuts)
    for feature in FEATURES:
        if feature.transferable:
            k = COLUMN[feature.name]
            np.testing.assert_allclose(
                one[:, k], other[:, k], rtol=1e-6, atol=1e-7, err_msg=feature.name
            )


def test_a_row_depends_on_its_own_samples_alone_and_threads_change_nothing():
    t, v, i, celsius, cuts = many(4)
    together = half_cycle_features(t, v, i, celsius, *cuts)
    for row, a, b, sign in zip(together, *cuts, strict=True):
        mine = slice(a, b)
        told = measure(t[mine], v[mine], i[mine], celsius=celsius[mine], sign=sign)
        np.testing.assert_array_equal(row, list(told.values()))
    for threads in (1, 2, 5):
        shared = voltage.half_cycle_features_parallel(t, v, i, celsius, cuts, threads=threads)
        np.testing.assert_array_equal(together, shared)


def test_a_coarser_record_tells_the_same_story():
    # a smooth half-cycle at 10 s and at 60 s, and thinned at random
    rng = np.random.default_rng(5)
    t = np.arange(0.0, 7201.0, 10.0)
    v = 0.1 * (1 + 0.2 * t / 7200 + 0.1 * np.exp(-t / 900))
    fine = measure(t, v, np.ones(len(t)))
    kept = rng.random(len(t)) < 0.3
    kept[[0, -1]] = True
    for chosen in (slice(None, None, 6), kept):
        coarse = measure(t[chosen], v[chosen], np.ones(len(t[chosen])))
        for name in ("mean_ratio", "late_ratio", "slope", "rectangularity", "plateau_share"):
            assert coarse[name] == pytest.approx(fine[name], abs=0.02), name
        for name in ("quantile_10", "quantile_50", "quantile_90"):
            if name in coarse:
                assert coarse[name] == pytest.approx(fine[name], abs=0.005), name


def test_the_table_names_every_column_in_order():
    assert tuple(feature.name for feature in FEATURES) == NAMES
    assert len(FEATURES) == 73
    assert all(feature.technique == "voltage" and feature.formula for feature in FEATURES)
    for feature in FEATURES:
        if feature.unit != "1":
            assert not feature.transferable
            assert feature.name.rsplit("_", 1)[1] in (
                "second", "joule", "ampere", "volt", "ohm", "celsius", "kelvin",
            )  # fmt: skip
