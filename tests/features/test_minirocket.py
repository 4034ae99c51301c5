import json

import numpy as np
import pytest

from softbreak.errors import SoftbreakError
from softbreak.features.generic.minirocket import (
    KERNELS,
    MiniRocketFeatures,
    convolve,
    spread_dilations,
)
from tests.features.shapes import curve, population


@pytest.fixture(scope="module")
def fitted():
    curves, _, _ = population(4, 6)
    return MiniRocketFeatures(features=336, points=64, seed=3).fit(curves), curves


def slow_convolution(x: np.ndarray, dilation: int, twos: tuple[int, ...]) -> np.ndarray:
    """The definition: Σ wⱼ·x[k + (j − 4)·dilation], zero outside."""
    weights = [2.0 if j in twos else -1.0 for j in range(9)]
    out = np.zeros(len(x))
    for k in range(len(x)):
        for j, weight in enumerate(weights):
            if 0 <= k + (j - 4) * dilation < len(x):
                out[k] += weight * x[k + (j - 4) * dilation]
    return out


def test_there_are_84_kernels_that_sum_to_zero():
    assert len(KERNELS) == len(set(KERNELS)) == 84
    assert 3 * 2 - 6 * 1 == 0


@pytest.mark.parametrize("dilation", [1, 3, 7])
def test_convolution_is_the_definition(dilation):
    x = np.random.default_rng(0).normal(size=64).astype(np.float32)
    out = np.empty(64, dtype=np.float32)
    for twos in KERNELS[::17]:
        convolve(x, dilation, np.array(twos), out)
        np.testing.assert_allclose(out, slow_convolution(x, dilation, twos), atol=1e-5)


def test_features_are_shares_above_the_biases(fitted):
    rocket, curves = fitted
    one = curves.taken(np.array([2]))
    found = rocket.transform(one).iloc[0]
    x = one.resampled(64).values
    at = 0
    for d, (dilation, count) in enumerate(zip(rocket.dilations, rocket.counts, strict=True)):
        for k, twos in enumerate(KERNELS):
            conv = slow_convolution(x, dilation, twos)
            if (d + k) % 2:  # every other kernel is looked at where it does not reach outside
                conv = conv[4 * dilation : len(conv) - 4 * dilation]
            for _ in range(count):
                near = np.abs(conv - rocket.biases[at]) < 1e-5
                low = (conv[~near] > rocket.biases[at]).sum() / len(conv)
                assert low - 1e-6 <= found.iloc[at] <= low + near.mean() + 1e-6
                at += 1
    assert at == len(found) == len(rocket.names) == len(set(rocket.names))


@pytest.mark.parametrize(("points", "per_kernel"), [(128, 11), (64, 4), (16, 1), (512, 119)])
def test_dilations_reach_over_the_series_and_share_the_features(points, per_kernel):
    dilations, counts = spread_dilations(points, per_kernel)
    assert counts.sum() == per_kernel
    assert (counts > 0).all()
    assert dilations[0] == 1
    assert 8 * dilations[-1] < points


def test_one_half_cycle_or_many_give_the_same_bits(fitted):
    rocket, curves = fitted
    together = rocket.transform(curves)
    for k in range(len(curves)):
        alone = rocket.transform(curves.taken(np.array([k])))
        np.testing.assert_array_equal(alone.iloc[0], together.iloc[k])


def test_a_seed_and_a_file_give_the_same_bits(fitted):
    rocket, curves = fitted
    again = MiniRocketFeatures(features=336, points=64, seed=3).fit(curves)
    loaded = MiniRocketFeatures.from_dict(json.loads(json.dumps(rocket.to_dict())))
    for other in (again, loaded):
        assert other.to_dict() == rocket.to_dict()
        assert other.transform(curves).equals(rocket.transform(curves))
    other = MiniRocketFeatures(features=336, points=64, seed=4).fit(curves)
    assert other.to_dict() != rocket.to_dict()


def test_too_few_samples_are_missing_evidence(fitted):
    rocket, _ = fitted
    assert rocket.transform(curve(np.ones(3))).isna().all(axis=None)
    assert rocket.transform(curve(np.ones(9))).notna().all(axis=None)
    assert "336 features" in repr(rocket)


def test_it_is_fitted_first_and_on_something():
    with pytest.raises(SoftbreakError, match="fit it first"):
        MiniRocketFeatures().transform(curve(np.ones(20)))
    with pytest.raises(SoftbreakError, match="samples enough"):
        MiniRocketFeatures().fit(curve(np.ones(3)))
    with pytest.raises(SoftbreakError, match="takes 84"):
        MiniRocketFeatures(features=10)


@pytest.mark.parametrize(
    "change",
    [
        {"biases": [1.0]},
        {"biases": "none"},
        {"biases": None},
        {"points": 1e9},
        {"features": 10**12},
        {"seed": None},
    ],
)
def test_strange_documents_are_refused(fitted, change):
    document = {**fitted[0].to_dict(), **change}
    with pytest.raises(SoftbreakError, match="MiniRocket"):
        MiniRocketFeatures.from_dict(document)
