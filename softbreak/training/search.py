"""Hyperparameters by Optuna: the same search from the same seed, judged on unseen families."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from softbreak.models.learned.learners import Learner
from softbreak.training.validate import Lesson, unseen_families, utility


def search(
    learner: Learner,
    lesson: Lesson,
    *,
    trials: int,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Look for hyperparameters that serve failure families which were left out.

    Parameters
    ----------
    learner : Learner
    lesson : Lesson
    trials : int
        The learner's own defaults are tried first and count as one.
    seed : int
    progress : callable
        Told (trials done, trials in all).

    Returns
    -------
    best : dict
        What differs from the learner's own.
    history : DataFrame
        One row a trial: ``trial, utility``, and what was tried.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    rows: list[dict[str, Any]] = []

    def judge(parameters: dict[str, Any]) -> float:
        found = utility(unseen_families(learner, lesson, parameters=parameters, seed=seed))
        rows.append({"trial": len(rows), "utility": found, **parameters})
        progress(len(rows), trials)
        return found

    best: dict[str, Any] = {}
    highest = judge(best)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=8)
    )
    for _ in range(trials - 1):
        trial = study.ask()
        tried = learner.suggest(trial)
        found = judge(tried)
        study.tell(trial, found)
        if found > highest:
            highest, best = found, tried
    return best, pd.DataFrame(rows)
