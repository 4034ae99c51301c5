"""SHAP values of any detector: what each feature moved, by walks from one cycle to another.

A walk changes the features of a background cycle one by one, in random order, into those of the
cycle in question, and credits each with what the score did: the sampling estimate of Shapley's
value (doi 10.1007/s10115-013-0679-x). Each order is walked back, too, which halves the scatter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from softbreak.models.detector import LearnedDetector

ROWS: Final = 120
WALKS: Final = 4
FAINTEST: Final = 1e-6
"""Probabilities are kept this far from 0 and 1 before they become log-odds."""


def shapley_values(
    score: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    background: np.ndarray,
    *,
    walks: int = WALKS,
    seed: int = 0,
) -> np.ndarray:
    """Return what each feature adds to the score of each row, against the background's mean.

    Parameters
    ----------
    score : callable
        ``(n, features) -> (n,)``.
    rows : ndarray, shape (n, features)
        May hold NaN.
    background : ndarray, shape (m, features)
        Where walks begin.
    walks : int
        Pairs of walks a row.
    seed : int

    Returns
    -------
    ndarray, shape (n, features)
        Each row sums to its score less the mean score of the background rows it was walked from.
    """
    rng = np.random.default_rng(seed)
    count, width = rows.shape
    total = np.zeros((count, width))
    for k in range(count):
        steps, orders = [], []
        for _ in range(walks):
            order = rng.permutation(width)
            begin = background[rng.integers(len(background))]
            for way in (order, order[::-1]):
                place = np.empty(width, dtype=np.int64)
                place[way] = np.arange(width)
                # after step t the first t features of the order have changed
                changed = place[None, :] < np.arange(width + 1)[:, None]
                steps.append(np.where(changed, rows[k], begin))
                orders.append(way)
        told = score(np.concatenate(steps)).reshape(len(orders), width + 1)
        for way, path in zip(orders, told, strict=True):
            total[k, way] += np.diff(path)
    return total / (2.0 * walks)


def log_odds(model: LearnedDetector, columns: list[str]) -> Callable[[np.ndarray], np.ndarray]:
    """Return the log-odds of "soft or hard" as a function of plain rows.

    Parameters
    ----------
    model : LearnedDetector
    columns : list of str
        Of the rows.
    """

    def score(rows: np.ndarray) -> np.ndarray:
        healthy = model.predict_proba(pd.DataFrame(rows, columns=columns))[:, 0]
        healthy = np.clip(healthy, FAINTEST, 1.0 - FAINTEST)
        return np.asarray(np.log((1.0 - healthy) / healthy))

    return score


def importances(
    model: LearnedDetector, table: pd.DataFrame, *, rows: int = ROWS, seed: int = 0
) -> pd.Series:
    """Return the mean magnitude of the SHAP values of each feature (log-odds), largest first.

    Parameters
    ----------
    model : LearnedDetector
    table : DataFrame
        Rows to draw from; at most ``rows`` of them are explained.
    rows, seed : int
    """
    columns = list(model.columns_)
    values = table[columns].to_numpy(dtype=np.float64)
    chosen = np.random.default_rng(seed).permutation(len(values))
    found = shapley_values(
        log_odds(model, columns), values[chosen[:rows]], values[chosen], seed=seed
    )
    return pd.Series(np.abs(found).mean(axis=0), index=columns).sort_values(ascending=False)
