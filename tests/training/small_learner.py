"""A learner that fits on a page: logistic regression on the level of V/I, kept as JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from softbreak.training.labels import class_numbers

FEATURES = ("below_top", "above_base", "step", "noise")
STATES = np.array(["healthy", "soft", "hard"])


def level_features(evidence, readings):
    """Return four numbers a cycle: where ln R stands against its own past."""
    cycles = evidence.timeline.cycles
    level = np.log(np.maximum(cycles["late_resistance_ohm"].to_numpy(dtype=float), 1e-9))
    noise = np.log10(np.clip(cycles["noise"].to_numpy(dtype=float), 1e-9, 10.0))
    base = level[:1].repeat(len(level))
    return pd.DataFrame(
        {
            "cell_id": evidence.cell.cell_id,
            "below_top": level - np.maximum.accumulate(level) if len(level) else level,
            "above_base": level - base,
            "step": np.diff(level, prepend=base[:1]),
            "noise": noise,
        }
    )


class Small:
    """The fitted model: one row of coefficients a class."""

    def __init__(self, slope, offset):
        self.slope, self.offset = np.asarray(slope), np.asarray(offset)

    def scores(self, table):
        x = np.nan_to_num(table[list(FEATURES)].to_numpy(dtype=float))
        z = x @ self.slope.T + self.offset
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def predict(self, table):
        p = self.scores(table)
        eta = p @ np.array([0.0, 0.5, 0.99])
        return pd.DataFrame(
            {
                "state": np.where(p.max(axis=1) > 0.5, STATES[p.argmax(axis=1)], "undetermined"),
                "p_healthy": p[:, 0],
                "p_soft": p[:, 1],
                "p_hard": p[:, 2],
                "electronic_fraction": eta,
                "electronic_fraction_lower": np.clip(eta - 0.3, 0, 1),
                "electronic_fraction_upper": np.clip(eta + 0.3, 0, 1),
            }
        )

    def importances(self, table):
        spread = table[list(FEATURES)].std().to_numpy()
        return pd.Series(np.abs(self.slope).mean(axis=0) * spread, index=list(FEATURES))

    def save(self, folder, card):
        folder.mkdir(parents=True, exist_ok=True)
        weights = {"slope": self.slope.tolist(), "offset": self.offset.tolist()}
        (folder / "weights.json").write_text(json.dumps(weights), encoding="utf-8")
        told = json.dumps({**card, "loader": "small"}, sort_keys=True)
        (folder / "card.json").write_text(told, encoding="utf-8")


def load(folder):
    """Return the model of a folder."""
    told = json.loads((folder / "weights.json").read_text(encoding="utf-8"))
    return Small(told["slope"], told["offset"])


class SmallLearner:
    """Learns :class:`Small`."""

    name = "small"
    features = staticmethod(level_features)

    def defaults(self):
        return {"strength": 1.0}

    def suggest(self, trial):
        return {"strength": trial.suggest_float("strength", 1e-3, 1e3, log=True)}

    def fit(self, table, truth, weights, *, parameters, seed):
        x = np.nan_to_num(table[list(FEATURES)].to_numpy(dtype=float))
        y = class_numbers(truth["state"])
        found = LogisticRegression(C=parameters["strength"], max_iter=400, random_state=seed)
        # a class that a tiny population lacks still has a place
        x = np.vstack([x, np.zeros((3, x.shape[1]))])
        y, w = np.append(y, [0, 1, 2]), np.append(weights, [1e-6] * 3)
        found.fit(x, y, sample_weight=w)
        return Small(found.coef_, found.intercept_)


LEARNER = SmallLearner()
