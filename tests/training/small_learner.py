"""A learner that fits on a page: logistic regression on the level of V/I."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from softbreak.models.detector import LearnedDetector
from softbreak.models.learned.learners import Learner, Range

FEATURES = ("below_top", "above_base", "step", "noise")


def level_features(evidence, readings):
    """Return four numbers a cycle: where ln R stands against its own past."""
    cycles = evidence.timeline.cycles
    level = np.log(np.maximum(cycles["late_resistance_ohm"].to_numpy(dtype=float), 1e-9))
    noise = np.log10(np.clip(cycles["noise"].to_numpy(dtype=float), 1e-9, 10.0))
    base = level[:1].repeat(len(level))
    return pd.DataFrame(
        {
            "below_top": level - np.maximum.accumulate(level) if len(level) else level,
            "above_base": level - base,
            "step": np.diff(level, prepend=base[:1]),
            "noise": noise,
        }
    )


class Small(LearnedDetector):
    """One row of coefficients a class."""

    def __init__(self, strength=1.0, seed=0):
        self.strength = strength
        self.seed = seed

    def _fit(self, rows, labels, beside):
        found = LogisticRegression(C=self.strength, max_iter=400, random_state=self.seed)
        # a class that a tiny population lacks still has a place
        x = np.vstack([np.nan_to_num(rows), np.zeros((3, rows.shape[1]))])
        y, w = np.append(labels, [0, 1, 2]), np.append(beside[1], [1e-6] * 3)
        found.fit(x, y, sample_weight=w)
        self.slope, self.offset = found.coef_, found.intercept_

    def _score(self, rows):
        z = np.nan_to_num(rows) @ self.slope.T + self.offset
        return np.exp(z - z.max(axis=1, keepdims=True))

    def _arrays(self):
        return {"slope": self.slope, "offset": self.offset}

    def _facts(self):
        return {}

    def _restore(self, arrays, facts):
        self.slope, self.offset = arrays["slope"], arrays["offset"]


LEARNER = Learner(
    "small",
    "logistic regression on the level of V/I",
    "Small",
    {"strength": 1.0},
    {"strength": Range(1e-3, 1e3, log=True)},
    features="tests.training.small_learner:level_features",
)
KIND = "tests.training.small_learner:Small"
