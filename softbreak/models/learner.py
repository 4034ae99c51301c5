"""What a detector that learns must offer to be trained, validated, tracked and shipped.

A learner is a row of :data:`LEARNERS`; ``softbreak train`` knows no more of it than this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError

PREDICTED: Final = (
    "state",
    "p_healthy",
    "p_soft",
    "p_hard",
    "electronic_fraction",
    "electronic_fraction_lower",
    "electronic_fraction_upper",
)
"""Columns of what a model predicts; ``state`` may be "undetermined", numbers may be NaN."""


class Trial(Protocol):
    """The part of an Optuna trial that a search space needs."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Choose a number."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Choose a whole number."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Choose one of several."""


class Learned(Protocol):
    """A model that has learnt."""

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return ``PREDICTED``, one row a row of the table of features.

        Rows of one cell stand together in the order of its cycles; cells are told apart by the
        column ``cell_id`` where the model looks at more than one cycle at a time.
        """

    def save(self, folder: Path, card: Mapping[str, Any]) -> None:
        """Write everything into a folder: no pickle; the card as ``card.json``."""

    def importances(self, table: pd.DataFrame) -> pd.Series:
        """Return how much each feature moved the score on these rows (mean magnitude)."""


class Learner(Protocol):
    """Something that can learn.

    ``features`` turns ``(evidence, readings)`` into one row a cycle; ``suggest`` draws
    hyperparameters, ``defaults`` are the shipped ones; ``fit`` gets the features, the truth (see
    ``softbreak.training.population``) and weights beside each other, row by row.
    """

    @property
    def name(self) -> str:
        """Of the learner, as in the table."""

    @property
    def features(self) -> Callable[..., pd.DataFrame]:
        """A module's function ``(evidence, readings) -> DataFrame``."""

    def defaults(self) -> dict[str, Any]:
        """Return hyperparameters that are used where nothing is searched."""

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """Return hyperparameters to try."""

    def fit(
        self,
        table: pd.DataFrame,
        truth: pd.DataFrame,
        weights: np.ndarray,
        *,
        parameters: Mapping[str, Any],
        seed: int,
    ) -> Learned:
        """Learn; the same from the same."""


LEARNERS: Final[dict[str, str]] = {}
"""Where each learner lives: name → ``module:attribute``, imported when it is asked for."""


def learner_of(name: str) -> Learner:
    """Return a learner by its name.

    Raises
    ------
    SoftbreakError
        If there is none of that name.
    """
    if name not in LEARNERS:
        known = ", ".join(LEARNERS) or "none"
        raise SoftbreakError(f"there is no learner {name!r}; known are {known}")
    module, _, attribute = LEARNERS[name].partition(":")
    found: Learner = getattr(import_module(module), attribute)
    return found


def load_learned(folder: Path) -> Learned:
    """Return a saved model: the module that its card names knows how.

    Parameters
    ----------
    folder : Path
        Holds ``card.json`` with ``loader``: one of the modules in here.

    Raises
    ------
    SoftbreakError
        If the folder holds no model of this package.
    """
    import json

    stated = folder / "card.json"
    if not stated.is_file():
        raise SoftbreakError(f"{folder} holds no model: there is no card.json")
    loader = str(json.loads(stated.read_text(encoding="utf-8")).get("loader", ""))
    # the card is untrusted: it may choose among our own modules and nothing else
    if loader not in LOADERS:
        raise SoftbreakError(f"{stated} names the loader {loader!r}; known: {', '.join(LOADERS)}")
    found: Learned = import_module(LOADERS[loader]).load(folder)
    return found


LOADERS: Final[dict[str, str]] = {}
"""Kinds of saved models: name in a card → module with ``load(folder) -> Learned``."""
