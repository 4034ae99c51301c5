"""MiniRocket + ridge: random convolutions of each cycle's curve, a linear classifier on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.bench.entrants.entrant import Entrant, Lesson, PlainCell
from softbreak.features.generic.curves import Curves
from softbreak.features.generic.minirocket import MiniRocketFeatures

POINTS: Final = 32
FEATURES: Final = 840


def _curves(cell: PlainCell) -> Curves:
    """Return each cycle as one curve: log of V/I over the first cycles', both half-cycles."""
    rows = np.log(np.maximum(np.nan_to_num(cell.curves(POINTS), nan=1.0), 1e-4))
    progress = np.tile(np.linspace(0.0, 1.0, 2 * POINTS), len(rows))
    offsets = np.arange(len(rows) + 1, dtype=np.int64) * 2 * POINTS
    return Curves(rows.ravel(), progress, offsets, cell.cycles)


def _joined(parts: Sequence[Curves]) -> Curves:
    lengths = np.concatenate([[0], *(part.samples for part in parts)])
    return Curves(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.progress for part in parts]),
        np.cumsum(lengths).astype(np.int64),
        np.concatenate([part.cycle_index for part in parts]),
    )


def learn(lessons: Sequence[Lesson]) -> Any:
    """Draw the convolutions from the published curves and fit a ridge classifier."""
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.preprocessing import StandardScaler

    curves, states = [], []
    for one in lessons:
        state = one.of_cycles()["state_true"]
        known = state.notna().to_numpy()
        curves.append(_curves(one.cell).taken(known))
        states.append(state[known])
    taught = _joined(curves)
    shapes = MiniRocketFeatures(features=FEATURES, points=2 * POINTS).fit(taught)
    table = shapes.transform(taught).to_numpy(np.float64)
    scaler = StandardScaler().fit(table)
    model = RidgeClassifierCV(np.logspace(-2, 4, 10), class_weight="balanced")
    return shapes, scaler, model.fit(scaler.transform(table), pd.concat(states).to_numpy())


def judge(cell: PlainCell, learnt: Any) -> pd.DataFrame:
    """Return the state with the largest margin; margins are no probabilities."""
    shapes, scaler, model = learnt
    if not len(cell.cycles):
        return pd.DataFrame({"cycle": [], "state": []})
    table = shapes.transform(_curves(cell)).to_numpy(np.float64)
    state = model.predict(scaler.transform(table))
    return pd.DataFrame({"cycle": cell.cycles, "state": state})


ENTRANT = Entrant(
    "minirocket-ridge", "MiniRocket's convolutions, ridge classifier", judge, learn=learn,
    needs=("scikit-learn",),
)  # fmt: skip
