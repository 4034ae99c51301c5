"""Probabilities and intervals that hold what they promise, learned on cells that were held out.

By :class:`softbreak.models.learned.hybrid.Hybrid`; applied in
:mod:`softbreak.models.learned.hybrid_scores`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from softbreak.models.model_files import ModelError, checked


@dataclass(frozen=True, slots=True, eq=False)
class Isotonic:
    """A rising map from a score to a probability.

    Attributes
    ----------
    at, value : numpy.ndarray, shape (knots,)
        Scores in rising order and the probability at each; straight lines between.
    """

    at: np.ndarray
    value: np.ndarray

    def __call__(self, score: np.ndarray) -> np.ndarray:
        """Return the probability of each score."""
        return np.interp(score, self.at, self.value)


def fit_isotonic(
    score: np.ndarray, happened: np.ndarray, weight: np.ndarray | None = None, knots: int = 60
) -> Isotonic:
    """Fit the rising map that is nearest to what happened (pool adjacent violators).

    Parameters
    ----------
    score, happened : numpy.ndarray, shape (n,)
        Of held-out cycles: the score, and 1 where it came true.
    weight : numpy.ndarray, optional
    knots : int
        Bins of equal numbers of cycles; more would fit noise.

    Returns
    -------
    Isotonic
        With no probability nearer to 0 or 1 than the cycles of a bin can tell.
    """
    order = np.argsort(score, kind="stable")
    x, y = score[order], happened[order].astype(np.float64)
    w = np.ones(len(x)) if weight is None else weight[order]
    edges = np.unique(np.linspace(0, len(x), min(knots, len(x)) + 1).astype(int))
    pools: list[list[float]] = []  # weight, sum of y, sum of x
    for a, b in pairwise(edges.tolist()):
        total = float(w[a:b].sum())
        pools.append([total, float((w[a:b] * y[a:b]).sum()), float((w[a:b] * x[a:b]).sum())])
        while len(pools) > 1 and pools[-2][1] * pools[-1][0] >= pools[-1][1] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = [p + q for p, q in zip(pools[-1], last, strict=True)]
    mass = np.array([pool[0] for pool in pools])
    # half a miss in each pool: nothing is impossible because it has not been seen
    value = (np.array([pool[1] for pool in pools]) + 0.5) / (mass + 1.0)
    at = np.array([pool[2] for pool in pools]) / mass
    keep = np.concatenate(([True], np.diff(at) > 0))
    return Isotonic(at[keep], np.maximum.accumulate(value)[keep])


def restored_map(arrays: Mapping[str, np.ndarray], name: str) -> Isotonic:
    """Return a map that was saved as two arrays, once it is known to be one.

    Raises
    ------
    ModelError
        If it does not rise, or leaves 0 to 1.
    """
    at = checked(arrays, f"{name}.at", (None,))
    value = checked(arrays, f"{name}.value", at.shape, low=0.0, high=1.0)
    if not len(at) or (np.diff(at) <= 0.0).any() or (np.diff(value) < 0.0).any():
        raise ModelError(f"{name} is no rising map")
    return Isotonic(at, value)


def conformal_margin(
    truth: np.ndarray, lower: np.ndarray, upper: np.ndarray, coverage: float = 0.9
) -> float:
    """Return by how much intervals must be widened to hold the truth as often as promised.

    Conformalised quantile regression (Romano et al. 2019, arXiv 1905.03222), with the finite-sample
    correction. Negative where they are too wide.

    Parameters
    ----------
    truth, lower, upper : numpy.ndarray, shape (n,)
        Of held-out cycles.
    coverage : float
    """
    missed = np.maximum(lower - truth, truth - upper)
    if not len(missed):
        return 0.0
    rank = min(math.ceil((len(missed) + 1) * coverage), len(missed))
    return float(np.sort(missed)[rank - 1])
