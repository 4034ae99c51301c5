"""What a model says of cells, and of kinds of failure, that it has never seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.models.learner import PREDICTED, Learner
from softbreak.models.registry import detector_of
from softbreak.simulate.guard import require_training
from softbreak.training import metrics
from softbreak.training.judging import verdict_columns
from softbreak.training.labels import sample_weights
from softbreak.training.population import Population
from softbreak.training.splits import Split, leave_family_out, require_disjoint

UNSEEN_FAMILIES: Final = "families left out"
"""Setting of verdicts on failure families that the model had not seen."""
ERROR_PRICE: Final = 5.0
"""What wrong "healthy" (of faulty cycles) and false alarms (of healthy ones) cost in units of macro
F1: one in a hundred as much as five hundredths of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a model can learn from: row by row beside each other.

    Attributes
    ----------
    table : DataFrame
        Features; ``cell_id`` first.
    truth : DataFrame
    weights : ndarray

    Raises
    ------
    JudgingDataError
        If any of the cells only judges.
    """

    table: pd.DataFrame
    truth: pd.DataFrame
    weights: np.ndarray

    def __post_init__(self) -> None:
        """Refuse cells that only judge, and rows that do not stand beside each other."""
        require_training(self.truth)
        if not len(self.table) == len(self.truth) == len(self.weights):
            raise ValueError("features, truth and weights have different numbers of rows")
        if self.table["cell_id"].tolist() != self.truth["cell_id"].tolist():
            raise ValueError("features and truth are of different cells")

    def at(self, rows: np.ndarray) -> Lesson:
        """Return some of the rows."""
        return Lesson(
            self.table.iloc[rows].reset_index(drop=True),
            self.truth.iloc[rows].reset_index(drop=True),
            self.weights[rows],
        )


def lesson_of(population: Population, learner: Learner, *, workers: int = 1) -> Lesson:
    """Return the features that a learner looks at, beside truth and weights.

    Parameters
    ----------
    population : Population
        To learn from.
    learner : Learner
    workers : int
    """
    truth = population.training_truth()
    table = population.features(learner.features, workers=workers)
    if "cell_id" not in table.columns:
        table.insert(0, "cell_id", truth["cell_id"])
    return Lesson(table, truth, sample_weights(truth))


def held_out(
    learner: Learner,
    lesson: Lesson,
    splits: Iterable[Split],
    *,
    parameters: Mapping[str, Any],
    seed: int = 0,
) -> pd.DataFrame:
    """Return what models say of the cells that each of them was not shown.

    Parameters
    ----------
    learner : Learner
    lesson : Lesson
    splits : iterable of Split
    parameters : mapping
        Hyperparameters.
    seed : int

    Returns
    -------
    DataFrame
        A judged table (:mod:`softbreak.training.metrics`) with a column ``fold``.
    """
    found = []
    for split in splits:
        require_disjoint(lesson.truth["cell_id"], split.train, split.test)
        shown, hidden = lesson.at(split.train), lesson.at(split.test)
        model = learner.fit(
            shown.table, shown.truth, shown.weights, parameters=parameters, seed=seed
        )
        said = model.predict(hidden.table)
        found.append(beside(hidden.truth, said).assign(fold=split.name))
    return pd.concat(found, ignore_index=True)


def beside(truth: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Return a judged table from truth and predictions that stand row by row beside each other."""
    known = truth.rename(columns={"state": "state_true"}).reset_index(drop=True)
    return pd.concat([known, said[list(PREDICTED)].reset_index(drop=True)], axis=1)


def rules_beside(population: Population, names: Sequence[str]) -> pd.DataFrame:
    """Return what rules say of the same cells; they learn nothing, so nothing is left out.

    Parameters
    ----------
    population : Population
    names : sequence of str
        Detectors that judge cycles.
    """
    truth = population.training_truth()
    rows = dict(iter(truth.groupby("cell_id", sort=False)))
    found = []
    for one in population.cells():
        if one.cell_id not in rows:
            continue
        known = rows[one.cell_id]
        index = one.evidence.timeline.cycles["cycle_index"].to_numpy()
        place = np.searchsorted(index, known["cycle_index"].to_numpy())
        for name in names:
            said = verdict_columns(detector_of(name).judge(one.evidence, one.readings))
            found.append(beside(known, said.iloc[place]).assign(detector=name))
    return pd.concat(found, ignore_index=True)


def unseen_families(
    learner: Learner, lesson: Lesson, *, parameters: Mapping[str, Any], seed: int = 0
) -> pd.DataFrame:
    """Return what models say of failure families that were left out; every cell once.

    Parameters
    ----------
    learner : Learner
    lesson : Lesson
    parameters : mapping
    seed : int
    """
    splits = list(leave_family_out(lesson.truth))
    return held_out(learner, lesson, splits, parameters=parameters, seed=seed)


def utility(judged: pd.DataFrame) -> float:
    """Return the one number by which choices are made.

    Macro F1 outside the guard bands where undetermined is an error, less five hundredths for each
    hundredth of wrong "healthy" among faulty and of false alarms among healthy cycles: what
    misleads costs more than what is left open.

    Parameters
    ----------
    judged : DataFrame
    """
    told = metrics.scores(judged)
    price = ERROR_PRICE * np.nansum([told["wrong_healthy"], told["false_alarms"]]) / 1000.0
    return told["macro_f1_forced_clear"] - float(price)
