"""What a model says of cells, and of kinds of failure, that it has never seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.models.detector import LearnedDetector
from softbreak.models.learned.learners import Judging, Learner, judged_by, most_probable
from softbreak.models.registry import detector_of
from softbreak.simulate.guard import require_training
from softbreak.training import metrics
from softbreak.training.evidence_tables import Gathered
from softbreak.training.judging import verdict_columns
from softbreak.training.labels import sample_weights, tellable
from softbreak.training.population import Population
from softbreak.training.splits import Split, leave_family_out, require_disjoint
from softbreak.training.together import held_together
from softbreak.verdict import Verdict

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
        Features.
    truth : DataFrame
    weights : ndarray
    cells : dict of str to Gathered
        Evidence of each cell, for models that judge by more than the table.

    Raises
    ------
    JudgingDataError
        If any of the cells only judges.
    """

    table: pd.DataFrame
    truth: pd.DataFrame
    weights: np.ndarray
    cells: Mapping[str, Gathered] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse cells that only judge, and rows that do not stand beside each other."""
        require_training(self.truth)
        if not len(self.table) == len(self.truth) == len(self.weights):
            raise ValueError("features, truth and weights have different numbers of rows")
        absent = set(self.truth["cell_id"]) - set(self.cells)
        if absent:
            raise ValueError(f"there is no evidence of {len(absent)} cells ({min(absent)}, …)")


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
    table = population.features(learner.maker(), workers=workers)
    cells = {one.cell_id: one for one in population.cells()}
    tells = tellable(truth)
    truth = truth[tells].reset_index(drop=True)
    table = table[tells].reset_index(drop=True)
    return Lesson(table, truth, sample_weights(truth), cells)


def fitted(
    learner: Learner,
    lesson: Lesson,
    rows: np.ndarray,
    *,
    parameters: Mapping[str, Any],
    seed: int,
) -> LearnedDetector:
    """Return a model that learnt from some rows of a lesson.

    Parameters
    ----------
    learner : Learner
    lesson : Lesson
    rows : ndarray of int
    parameters : mapping
    seed : int
    """
    truth = lesson.truth.iloc[rows]
    model = learner.make(parameters, seed)
    return model.fit(
        lesson.table.iloc[rows].reset_index(drop=True),
        truth["state"].tolist(),
        groups=held_together(truth),
        weights=lesson.weights[rows],
        fractions=truth["eta"].to_numpy(dtype=np.float64),
    )


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
        Hyperparameters that differ from the learner's own.
    seed : int

    Returns
    -------
    DataFrame
        A judged table (:mod:`softbreak.training.metrics`) with a column ``fold``.
    """
    found = []
    for split in splits:
        require_disjoint(lesson.truth["cell_id"], split.train, split.test)
        model = fitted(learner, lesson, split.train, parameters=parameters, seed=seed)
        found.append(_judged(model, lesson, split.test).assign(fold=split.name))
    return pd.concat(found, ignore_index=True)


def _judged(model: LearnedDetector, lesson: Lesson, rows: np.ndarray) -> pd.DataFrame:
    """Let a model judge some rows of a lesson: as ``judged_by``, without measuring anew."""
    hidden = lesson.truth.iloc[rows]
    if isinstance(model, Judging):
        parts = []
        for cell_id, known in hidden.groupby("cell_id", sort=False):
            one = lesson.cells[str(cell_id)]
            parts.append(beside(known, one, judged_by(model, one.evidence, one.readings)))
        return pd.concat(parts, ignore_index=True)
    told = verdict_columns(most_probable(model.predict_proba(lesson.table.iloc[rows])))
    truth = hidden.rename(columns={"state": "state_true"}).reset_index(drop=True)
    return pd.concat([truth, told], axis=1)


def beside(known: pd.DataFrame, one: Gathered, said: Sequence[Verdict]) -> pd.DataFrame:
    """Return a judged table of one cell.

    Parameters
    ----------
    known : DataFrame
        Truth of (some of) its cycles.
    one : Gathered
    said : sequence of Verdict
        Of all cycles of its timeline.
    """
    index = one.evidence.timeline.cycles["cycle_index"].to_numpy()
    place = np.searchsorted(index, known["cycle_index"].to_numpy())
    truth = known.rename(columns={"state": "state_true"}).reset_index(drop=True)
    told = verdict_columns(said).iloc[place].reset_index(drop=True)
    return pd.concat([truth, told], axis=1)


def rules_beside(lesson: Lesson, names: Sequence[str]) -> pd.DataFrame:
    """Return what rules say of the same cells; they learn nothing, so nothing is left out.

    Parameters
    ----------
    lesson : Lesson
    names : sequence of str
        Detectors that judge cycles.
    """
    found = []
    for cell_id, known in lesson.truth.groupby("cell_id", sort=False):
        one = lesson.cells[str(cell_id)]
        for name in names:
            said = detector_of(name).judge(one.evidence, one.readings)
            found.append(beside(known, one, said).assign(detector=name))
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
