"""What can learn: one row a learner, and how a saved model finds its class again.

A new model takes a class (:class:`softbreak.models.detector.LearnedDetector`) in a file of its own,
a row of ``KINDS`` and a row of ``LEARNERS``; ``softbreak train`` knows no more of it than this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.features.cycles.timeline import cycles_of
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.detector import STATES, Judge, LearnedDetector, read_facts
from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.verdict import State, Verdict

Readings = Sequence[ImpedanceReading]
TABLE: Final = "softbreak.models.learned.model_inputs:detector_table"


@runtime_checkable
class Judging(Protocol):
    """A model that judges cells by itself, and does not only score rows of features."""

    def begin(self, evidence: CellEvidence, readings: Readings) -> Judge:
        """Return who judges the cycles of one cell."""


class Trial(Protocol):
    """The part of an Optuna trial that a search space needs."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Choose a number."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Choose a whole number."""


@dataclass(frozen=True, slots=True)
class Range:
    """Where a hyperparameter is looked for; whole numbers where both ends are."""

    low: float
    high: float
    log: bool = False

    def draw(self, name: str, trial: Trial) -> float | int:
        """Let a trial choose."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


@dataclass(frozen=True, slots=True)
class Learner:
    """Something that can learn.

    Attributes
    ----------
    name, about : str
    kind : str
        Of ``KINDS``.
    parameters : mapping
        Of the class, as it is shipped.
    space : mapping of str to Range
        Hyperparameters that can be searched.
    features : str
        ``module:function``, ``(evidence, readings) -> DataFrame``, one row a cycle.
    waveforms : bool
        Whether the evidence must hold the shapes of the half-cycles.
    """

    name: str
    about: str
    kind: str
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    space: Mapping[str, Range] = field(default_factory=lambda: MappingProxyType({}))
    features: str = TABLE
    waveforms: bool = False

    def maker(self) -> Callable[[CellEvidence, Readings], pd.DataFrame]:
        """Return the function that measures the features."""
        found: Callable[[CellEvidence, Readings], pd.DataFrame] = imported(self.features)
        return found

    def make(self, parameters: Mapping[str, Any], seed: int) -> LearnedDetector:
        """Return a detector that has not learnt yet."""
        made: LearnedDetector = imported(KINDS[self.kind])()
        chosen = {**self.parameters, **parameters}
        if "seed" in made.get_params():
            chosen["seed"] = seed
        return made.set_params(**chosen)

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """Return hyperparameters to try."""
        return {name: span.draw(name, trial) for name, span in self.space.items()}


def imported(place: str) -> Any:
    """Return what stands at ``module:name``; places come from the tables in here only."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


KINDS: Final[dict[str, str]] = {
    "Logistic": "softbreak.models.learned.boosted:Logistic",
    "Boosted": "softbreak.models.learned.boosted:Boosted",
    "Hybrid": "softbreak.models.learned.hybrid:Hybrid",
    "Network": "softbreak.models.learned.network:Network",
    "Anonymous": "softbreak.models.learned.tsfresh_trees:Anonymous",
}
"""Classes of saved models: name in the sidecar → ``module:class``."""

LEARNERS: Final[dict[str, Learner]] = {
    learner.name: learner
    for learner in (
        Learner(
            "hybrid",
            "the rule's certificates and boosted trees, with abstention and intervals",
            "Hybrid",
            space={"rounds": Range(60, 400, log=True)},
        ),
        Learner(
            "hybrid-voltage",
            "the same on voltage and current alone",
            "Hybrid",
            {"evidence": "voltage"},
            space={"rounds": Range(60, 400, log=True)},
        ),
        Learner(
            "lightgbm",
            "boosted trees on the physics features, always an answer",
            "Boosted",
            space={"rounds": Range(60, 400, log=True)},
        ),
        Learner(
            "logistic",
            "logistic regression on the physics features, always an answer",
            "Logistic",
            space={"ridge": Range(1e-4, 1e-1, log=True)},
        ),
        Learner(
            "net",
            "a network on the half-cycles and the cell's history, always an answer",
            "Network",
            space={"epochs": Range(6, 24), "hidden": Range(32, 128, log=True)},
            features="softbreak.models.learned.network:waveform_features",
            waveforms=True,
        ),
        Learner(
            "lightgbm-tsfresh",
            "boosted trees on tsfresh's features of the half-cycles, always an answer",
            "Anonymous",
            space={"rounds": Range(60, 400, log=True), "largest": Range(20, 150)},
            features="softbreak.models.learned.tsfresh_trees:shape_features",
            waveforms=True,
        ),
    )
}
"""Everything that ``softbreak train --model`` knows."""


def learner_of(name: str) -> Learner:
    """Return a learner by its name.

    Raises
    ------
    SoftbreakError
        If there is none of that name.
    """
    if name not in LEARNERS:
        raise SoftbreakError(f"there is no learner {name!r}; known are {', '.join(LEARNERS)}")
    return LEARNERS[name]


def load_learned(folder: Path) -> LearnedDetector:
    """Return a saved model.

    Parameters
    ----------
    folder : Path
        What ``save`` wrote. It is untrusted: its sidecar chooses among ``KINDS`` and nothing else.

    Raises
    ------
    SoftbreakError
        If the folder holds no model, or one of an unknown kind.
    """
    kind = str(read_facts(folder).get("kind"))
    if kind not in KINDS:
        raise SoftbreakError(f"{folder} holds a model of kind {kind!r}; known: {', '.join(KINDS)}")
    made: LearnedDetector = imported(KINDS[kind])()
    return made.restored(folder)


def judged_by(
    model: LearnedDetector, evidence: CellEvidence, readings: Readings, features: str = TABLE
) -> Sequence[Verdict]:
    """Return what a model says of every cycle.

    Parameters
    ----------
    model : LearnedDetector
        One that judges does so; of one that only scores the most probable state is taken, and
        nothing is said of η_e.
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
    features : str
        Of its learner.
    """
    if isinstance(model, Judging):
        return model.begin(evidence, readings).step(cycles_of(evidence.timeline))
    return most_probable(model.predict_proba(imported(features)(evidence, readings)))


def most_probable(chances: np.ndarray) -> list[Verdict]:
    """Return verdicts that always answer, and say nothing of η_e.

    Parameters
    ----------
    chances : numpy.ndarray, shape (n, 3)
        Of ``STATES``.
    """
    best = chances.argmax(axis=1).tolist()
    unknown = (math.nan, math.nan, math.nan)
    return [
        Verdict(State(STATES[k]), healthy, soft, hard, *unknown)
        for k, (healthy, soft, hard) in zip(best, chances.tolist(), strict=True)
    ]
