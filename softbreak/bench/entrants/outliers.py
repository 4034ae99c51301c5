"""Outlier detectors (scikit-learn, PyOD), fitted on published healthy cycles alone.

Of eleven of PyOD's, untuned, these three ordered the published cycles best (area under the curve:
LOF 0.93, KNN 0.90, COPOD 0.84; then PCA, OCSVM, HBOS, GMM, ECOD, IForest, LODA, MCD).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from softbreak.bench.entrants.entrant import (
    Calibrated,
    Entrant,
    Lesson,
    PlainCell,
    calibrate,
    scored,
)


def features(cell: PlainCell) -> np.ndarray:
    """Return four numbers a cycle: level, step, spread within and between the half-cycles."""
    level = np.log(np.maximum(cell.relative, 1e-6))
    curves = np.log(np.maximum(cell.curves(8), 1e-6)).reshape(len(level), 2, 8)
    step = np.diff(level, prepend=level[:1])
    with np.errstate(invalid="ignore"):
        spread = np.nan_to_num(curves.std(axis=2)).max(axis=1, initial=0.0)
        sides = np.nan_to_num(curves[:, 0].mean(axis=1) - curves[:, 1].mean(axis=1))
    return np.column_stack([level, step, spread, sides])


def _score_by(model: Any) -> Callable[[PlainCell], np.ndarray]:
    def score(cell: PlainCell) -> np.ndarray:
        table = features(cell)
        known = np.isfinite(table).all(axis=1)
        out = np.full(len(table), np.nan)
        if known.any():
            told = model.decision_function(table[known])
            # scikit-learn's forest says how ordinary a cycle is, PyOD how odd
            out[known] = -told if hasattr(model, "score_samples") else told
        return out

    return score


def _entrant(name: str, about: str, make: Callable[[], Any], needs: tuple[str, ...]) -> Entrant:
    def learn(lessons: Sequence[Lesson]) -> tuple[Any, Calibrated]:
        rows = []
        for one in lessons:
            healthy = (one.of_cycles()["state_true"] == "healthy").to_numpy()
            rows.append(features(one.cell)[healthy])
        table = np.concatenate(rows)
        model = make().fit(table[np.isfinite(table).all(axis=1)])
        return model, calibrate(_score_by(model), lessons)

    def judge(cell: PlainCell, learnt: tuple[Any, Calibrated]) -> pd.DataFrame:
        model, limits = learnt
        one = scored(name, about, _score_by(model))
        if one.judge_cell is None:
            raise TypeError(name)
        return one.judge_cell(cell, limits)

    return Entrant(name, about, judge, learn=learn, needs=needs)


def _forest() -> Any:
    from sklearn.ensemble import IsolationForest

    return IsolationForest(random_state=0, n_jobs=1)


def _copod() -> Any:
    from pyod.models.copod import COPOD

    return COPOD()


def _knn() -> Any:
    from pyod.models.knn import KNN

    return KNN(n_jobs=1)


def _lof() -> Any:
    from pyod.models.lof import LOF

    return LOF(novelty=True)


FOREST = _entrant(
    "isolation-forest", "isolation forest of healthy cycles", _forest, ("scikit-learn",)
)
LOF = _entrant("pyod-lof", "local density among healthy cycles (PyOD)", _lof, ("pyod",))
KNN = _entrant("pyod-knn", "k nearest healthy cycles (PyOD)", _knn, ("pyod",))
COPOD = _entrant("pyod-copod", "copula tails of healthy cycles (PyOD)", _copod, ("pyod",))
