"""Train a detector: population, search, validation on unseen families, model with card, tracking.

Everything that is written to the model's folder follows from the plan alone: no clock, no machine,
no path. The same plan gives the same bits. Only who made it is taken from outside
(``SOFTBREAK_AUTHOR``), and stands in the sidecar alone.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.models.detector import LearnedDetector, read_facts
from softbreak.models.learned.learners import Learner, learner_of
from softbreak.models.registry import PRETRAINED
from softbreak.training.compare_tables import tables_of
from softbreak.training.judging import Judged
from softbreak.training.population import Population, build
from softbreak.training.recipes import training_recipe
from softbreak.training.served import chances
from softbreak.training.shapley import importances
from softbreak.training.validate import (
    UNSEEN_FAMILIES,
    Lesson,
    fitted,
    lesson_of,
    rules_beside,
    unseen_families,
    utility,
)
from softbreak.version import __version__


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


RULES: Final = ("fused", "voltage")
"""Judge the same cells, to be read beside the model."""
EXAMPLE_ROWS: Final = 5
NOBODY: Final = "not said (SOFTBREAK_AUTHOR says it)"
Told = Callable[[str, int, int], None]
Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained, and on what: two equal plans make the same model, bit for bit.

    Attributes
    ----------
    model : str
        Name of a learner.
    cells : int
        Simulated cells of law set "a".
    seed : int
        Of the population and of the learner; below 1000.
    trials : int
        Of the search for hyperparameters; 0 takes the learner's own.
    validate : bool
        Train once more for each failure family, leaving it out.
    """

    model: str
    cells: int = 1500
    seed: int = 1
    trials: int = 0
    validate: bool = True


def shipped_plans() -> dict[str, Plan]:
    """Return the plan of every shipped model, by the name of its folder; their cards state them."""
    found = {}
    for folder in sorted(PRETRAINED.iterdir()):
        if (folder / "model.json").is_file():
            found[folder.name] = Plan(**read_facts(folder)["told"]["plan"])
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What came of a training.

    Attributes
    ----------
    plan : Plan
    folder : Path
        Holds the model.
    card : dict
    tables : dict of str to DataFrame
        Scores of the validation, as in :class:`softbreak.training.compare.Compared`; empty
        without it.
    importances : Series
    trials : DataFrame
    example, said : DataFrame
        A few rows of features, and what the model says of them.
    """

    plan: Plan
    folder: Path
    card: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(repr=False)
    importances: pd.Series = field(repr=False)
    trials: pd.DataFrame = field(repr=False)
    example: pd.DataFrame = field(repr=False)
    said: pd.DataFrame = field(repr=False)


def train(
    plan: Plan,
    out: Path,
    *,
    population: Path | None = None,
    workers: int = 1,
    told: Told = lambda _what, _done, _total: None,
) -> Trained:
    """Train a model into a folder.

    Parameters
    ----------
    plan : Plan
    out : Path
        Receives the model.
    population : Path, optional
        Where the cells are kept for another time; a temporary folder where not given.
    workers : int
        Processes. Changes speed, never a bit.
    told : callable
        Told (what is being done, how much, of how much).
    """
    learner = learner_of(plan.model)
    if population is not None:
        return _train(plan, learner, out, _cells(plan, population, workers, told), workers, told)
    with tempfile.TemporaryDirectory(prefix="softbreak-train-") as place:
        cells = _cells(plan, Path(place), workers, told)
        return _train(plan, learner, out, cells, workers, told)


def _cells(plan: Plan, folder: Path, workers: int, told: Told) -> Population:
    recipe = training_recipe(plan.cells, plan.seed, waveforms=learner_of(plan.model).waveforms)
    return build(
        recipe,
        folder,
        workers=workers,
        progress=lambda done, total: told("Simulating cells", done, total),
    )


def _train(
    plan: Plan, learner: Learner, out: Path, population: Population, workers: int, told: Told
) -> Trained:
    told("Measuring features", 0, 1)
    lesson = lesson_of(population, learner, workers=workers)
    parameters: dict[str, Any] = {}
    history = pd.DataFrame()
    if plan.trials:
        parameters, history = search(
            learner,
            lesson,
            trials=plan.trials,
            seed=plan.seed,
            progress=lambda done, total: told("Searching hyperparameters", done, total),
        )
    tables: dict[str, pd.DataFrame] = {}
    if plan.validate:
        told("Leaving each failure family out", 0, 1)
        tables = _validated(learner, lesson, parameters, plan)
    told("Training on all cells", 0, 1)
    everything = np.arange(len(lesson.truth))
    model = fitted(learner, lesson, everything, parameters=parameters, seed=plan.seed)
    card = _card(plan, population, lesson, model, tables)
    model.save(out, card)
    example = lesson.table[list(model.columns_)].head(EXAMPLE_ROWS).astype("float64")
    told("Explaining", 0, 1)
    return Trained(
        plan,
        out,
        card,
        tables,
        importances(model, lesson.table, seed=plan.seed),
        history,
        example,
        chances(model, example),
    )


def _validated(
    learner: Learner, lesson: Lesson, parameters: Mapping[str, Any], plan: Plan
) -> dict[str, pd.DataFrame]:
    """Score the model on families that were left out, the rules and baselines beside it."""
    judged = unseen_families(learner, lesson, parameters=parameters, seed=plan.seed)
    judged = judged.drop(columns="fold").assign(detector=plan.model)
    both = pd.concat([judged, rules_beside(lesson, RULES)], ignore_index=True)
    both["setting"] = UNSEEN_FAMILIES
    where = {"setting": UNSEEN_FAMILIES, "laws": "a"}
    names = [plan.model, *RULES]
    own = pd.DataFrame([{"detector": n, "unit": "cycle", "units": 0, "answered": 0} for n in names])
    costs = pd.DataFrame([{"detector": n, "seconds": np.nan, "cycles": 0} for n in names])
    tables = tables_of(Judged(both, own.assign(**where), costs.assign(**where)))
    return {name: t for name, t in tables.items() if name not in ("own_units", "costs")}


def _card(
    plan: Plan,
    population: Population,
    lesson: Lesson,
    model: LearnedDetector,
    tables: Tables,
) -> dict[str, Any]:
    """What must be known of a model: data, scores, what it is for; nothing that time changes."""
    return {
        "model": plan.model,
        "softbreak": __version__,
        "made_by": os.environ.get("SOFTBREAK_AUTHOR", NOBODY),
        "trained_on": "simulated cells of law set a only; no measured cell",
        "plan": asdict(plan),
        "recipe": population.recipe.as_json(),
        "cells": int(lesson.truth["cell_id"].nunique()),
        "cycles": len(lesson.truth),
        "shares": {
            str(name): round(float(share), 6)
            for name, share in lesson.truth["state"].value_counts(normalize=True).items()
        },
        "features": list(model.columns_),
        "parameters": model.get_params(),
        "families_left_out": _own_scores(tables, plan.model),
        "not_for": "full cells, cells with liquid electrolyte, decisions about safety",
    }


def _own_scores(tables: Tables, name: str) -> dict[str, float]:
    """The model's scores on unseen families, rounded so that they can be read."""
    if "scores" not in tables:
        return {}
    table = tables["scores"]
    row = table[table["detector"] == name].iloc[0]
    return {
        str(key): round(float(value), 6)
        for key, value in row.items()
        if isinstance(value, float) and np.isfinite(value)
    }
