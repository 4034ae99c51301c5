"""tsfresh + LightGBM: many generic features of each cycle's curve, boosted trees on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.bench.entrants.entrant import Entrant, Lesson, PlainCell

POINTS: Final = 24
CALCULATORS: Final[dict[str, Any]] = {
    "mean": None,
    "minimum": None,
    "maximum": None,
    "standard_deviation": None,
    "kurtosis": None,
    "skewness": None,
    "mean_abs_change": None,
    "absolute_sum_of_changes": None,
    "cid_ce": [{"normalize": True}, {"normalize": False}],
    "autocorrelation": [{"lag": lag} for lag in (1, 2, 4)],
    "linear_trend": [{"attr": a} for a in ("slope", "stderr", "rvalue")],
    "quantile": [{"q": q} for q in (0.1, 0.5, 0.9)],
    "fft_coefficient": [{"coeff": k, "attr": "abs"} for k in (1, 2, 3, 6)],
    "agg_autocorrelation": [{"f_agg": "mean", "maxlag": 8}],
}
"""Of tsfresh; a stated few, so that the budget is one fit."""


def features(cell: PlainCell) -> np.ndarray:
    """Return tsfresh's features of each cycle's curve on an even grid, and of its level's past."""
    from tsfresh.feature_extraction import extract_features

    curves = np.log(np.maximum(np.nan_to_num(cell.curves(POINTS), nan=1.0), 1e-4))
    if not len(curves):
        return np.empty((0, 0))
    long = pd.DataFrame(
        {
            "id": np.repeat(np.arange(len(curves)), curves.shape[1]),
            "time": np.tile(np.arange(curves.shape[1]), len(curves)),
            "value": curves.ravel(),
        }
    )
    table = extract_features(
        long,
        column_id="id",
        column_sort="time",
        default_fc_parameters=CALCULATORS,
        disable_progressbar=True,
        n_jobs=0,
    ).to_numpy(np.float64)
    level = np.log(np.maximum(np.nan_to_num(cell.relative, nan=1.0), 1e-4))
    past = np.maximum.accumulate(level) - level
    return np.nan_to_num(np.column_stack([table, level, past, np.diff(level, prepend=level[:1])]))


def learn(lessons: Sequence[Lesson]) -> Any:
    """Fit one model, without a search."""
    from lightgbm import LGBMClassifier

    tables, states = [], []
    for one in lessons:
        state = one.of_cycles()["state_true"]
        known = state.notna().to_numpy()
        tables.append(features(one.cell)[known])
        states.append(state[known])
    model = LGBMClassifier(
        n_estimators=200, learning_rate=0.05, num_leaves=15, random_state=0, n_jobs=1,
        deterministic=True, force_row_wise=True, verbose=-1, class_weight="balanced",
    )  # fmt: skip
    return model.fit(np.concatenate(tables), pd.concat(states).to_numpy())


def judge(cell: PlainCell, model: Any) -> pd.DataFrame:
    """Return the likeliest state of each cycle."""
    p = model.predict_proba(features(cell))
    healthy = list(model.classes_).index("healthy")
    state = model.classes_[p.argmax(axis=1)]
    return pd.DataFrame({"cycle": cell.cycles, "state": state, "probability": 1.0 - p[:, healthy]})


ENTRANT = Entrant(
    "tsfresh-lightgbm", "tsfresh's features, boosted trees", judge, learn=learn,
    needs=("tsfresh", "lightgbm"),
)  # fmt: skip
