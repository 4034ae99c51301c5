"""Twins against tsfresh itself, and against hand calculations."""

import math
import warnings

import numpy as np
import pytest

from softbreak.errors import SoftbreakError
from softbreak.features.generic.tsfresh_equivalents.kernels.numpy_arithmetic import (
    mean,
    median,
    paired_sum,
    quantile,
    variance,
)
from softbreak.features.generic.tsfresh_equivalents.table import (
    TWINS,
    Calculation,
    compute,
    has_twin,
    parsed,
)

ROUNDING = 1e-12
"""Differences below this are the last bits of sums of numbers of size one, whatever is left."""


def series() -> dict[str, np.ndarray]:
    """What half-cycles look like, and what they had better not."""
    draw = np.random.default_rng(7)
    time = np.linspace(0.0, 1.0, 150)
    drop = 1.0 + 0.05 * np.exp(-5.0 * time) - 0.3 * (time > 0.6) + 0.004 * draw.normal(size=150)
    return {
        "random": draw.normal(size=211),
        "relaxing, with a drop": drop,
        "quantised": np.round(drop, 2),
        "long": np.cumsum(draw.normal(size=700)) / 26.0,
        "short": 1.0 + 0.01 * draw.normal(size=6),
        "one step": np.repeat([1.0, 0.7], [9, 4]),
        "straight": 1.0 + 0.25 * np.arange(64),
        "constant": np.ones(40),
        "constant, not binary": np.full(55, 0.3),
        "zero": np.zeros(12),
    }


def settings() -> dict[str, list[dict[str, object]]]:
    """All that tsfresh offers of the calculators that have twins."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from tsfresh.feature_extraction import ComprehensiveFCParameters

    offered = ComprehensiveFCParameters()
    return {
        name: [p for p in offered[name] or [{}] if has_twin(Calculation(name, p))] for name in TWINS
    }


def reference(name: str, parameters: list[dict[str, object]], x: np.ndarray) -> list[float]:
    """Ask tsfresh's calculator."""
    from tsfresh.feature_extraction import feature_calculators

    function = getattr(feature_calculators, name)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if function.fctype == "combiner":
            return [float(value) for _, value in function(x, parameters)]
        if name.startswith("percentage_of_reoccurring_datapoints"):
            return [float(function(x))]
        return [float(function(x, **one)) for one in parameters]


@pytest.fixture(scope="module")
def offered() -> dict[str, list[dict[str, object]]]:
    return settings()


@pytest.mark.parametrize("name", sorted(TWINS))
def test_twin_has_tsfresh_values(name, offered):
    parameters = offered[name]
    assert parameters, "tsfresh offers it, and the twin takes it"
    curves = list(series().values())
    offsets = np.concatenate(([0], np.cumsum([len(x) for x in curves])))
    found = compute([Calculation(name, p) for p in parameters], np.concatenate(curves), offsets)
    for kind, x, row in zip(series(), curves, found, strict=True):
        expected = np.array(reference(name, parameters, x))
        # √(1 − r²) of points on a line is the root of the last bit of r: 1e-8, there and here
        slack = [1e-7 if p.get("attr") == "stderr" else ROUNDING for p in parameters]
        same = (np.abs(row - expected) <= 1e-9 * np.abs(expected) + slack) | (row == expected)
        same |= np.isnan(row) & np.isnan(expected)
        wrong = [(parameters[k], row[k], expected[k]) for k in np.flatnonzero(~same)]
        assert not wrong, kind


def test_one_half_cycle_or_many_give_the_same_bits(offered):
    calculations = [Calculation(name, p) for name, rows in offered.items() for p in rows]
    curves = list(series().values())
    offsets = np.concatenate(([0], np.cumsum([len(x) for x in curves])))
    together = compute(calculations, np.concatenate(curves), offsets)
    for x, row in zip(curves, together, strict=True):
        alone = compute(calculations, x, np.array([0, len(x)]))
        np.testing.assert_array_equal(alone[0], row)


def test_order_of_the_features_does_not_matter(offered):
    calculations = [Calculation(name, p) for name, rows in offered.items() for p in rows]
    shuffled = np.random.default_rng(3).permutation(len(calculations))
    x = series()["relaxing, with a drop"]
    straight = compute(calculations, x, np.array([0, len(x)]))[0]
    mixed = compute([calculations[k] for k in shuffled], x, np.array([0, len(x)]))[0]
    np.testing.assert_array_equal(mixed, straight[shuffled])


@pytest.mark.parametrize("count", [1, 7, 8, 127, 128, 129, 1000, 4099])
def test_sums_are_numpys_to_the_last_bit(count):
    x = np.random.default_rng(count).normal(size=count)
    ordered = np.sort(x)
    assert paired_sum(x, 0, count) == x.sum()
    assert (mean(x), variance(x), median(ordered)) == (x.mean(), x.var(), np.median(x))
    for q in (0.0, 0.1, 0.37, 0.5, 0.8, 1.0):
        assert quantile(ordered, q) == np.quantile(x, q)


def one(name: str, x: list[float]) -> float:
    return float(compute([parsed(name)], np.array(x), np.array([0, len(x)]))[0, 0])


def test_by_hand():
    # 1, 2, 4: changes 1 and 2
    assert one("voltage__mean_abs_change", [1.0, 2.0, 4.0]) == 1.5
    # corridor from the smallest to the median, 1 to 2: of the changes 1 and 2 only the first
    name = 'voltage__change_quantiles__f_agg_"mean"__isabs_False__qh_0.5__ql_0.0'
    assert one(name, [1.0, 2.0, 4.0]) == 1.0
    # maxima of pairs 2, 4, 6: they rise by 2 a pair from 2
    name = 'voltage__agg_linear_trend__attr_"slope"__chunk_len_2__f_agg_"max"'
    assert one(name, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == 2.0
    # two thirds of Σ|x| = 6 have passed after the third sample of four
    assert one("voltage__index_mass_quantile__q_0.6", [1.0, 1.0, 2.0, 2.0]) == 0.75
    # words 0 | 1 | 00 | 11 of the two levels; what is left over is none
    assert one("voltage__lempel_ziv_complexity__bins_2", [0, 1, 0, 0, 1, 1.0]) == 4 / 6
    # pairs of samples: (0,1) three times, (1,0) twice: 3 + 1 couples are alike;
    # threes: (0,1,0) twice, (1,0,1) twice: 1 + 1 couples
    assert one("voltage__sample_entropy", [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]) == pytest.approx(
        -math.log(2 / 4)
    )


@pytest.mark.parametrize(
    "name",
    [
        "mean",
        "current__mean",
        "voltage__",
        "voltage____import__",
        "voltage__Mean",
        "voltage__quantile__q_print(1)",
        "voltage__quantile__q_" + "(" * 150,
        "voltage__quantile__q_" + "1" * 300,
        "voltage__mean\n",
    ],
)
def test_names_from_strangers_are_refused(name):
    with pytest.raises(SoftbreakError, match=r"is no"):
        parsed(name)


@pytest.mark.parametrize(
    "name",
    [
        'voltage__linear_trend__attr_"pvalue"',
        "voltage__quantile__q_2.0",
        'voltage__quantile__q_"a"',
        "voltage__number_peaks__n_-1",
        "voltage__number_peaks__n_True",
        "voltage__mean__n_1",
        "voltage__energy_ratio_by_chunks__num_segments_3__segment_focus_3",
        "voltage__cwt_coefficients__coeff_1__w_3__widths_(2, 5)",
        "voltage__permutation_entropy__dimension_3__tau_1",
        'voltage__agg_linear_trend__attr_"slope"__chunk_len_0__f_agg_"max"',
    ],
)
def test_what_a_twin_does_not_take_is_left_to_tsfresh(name):
    assert not has_twin(parsed(name))
