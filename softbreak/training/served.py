"""What MLflow calls to load a logged model: features in, probabilities out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from softbreak.models.detector import STATES, LearnedDetector
from softbreak.models.learned.learners import load_learned


class Served:
    """A model behind MLflow's interface.

    Parameters
    ----------
    model : LearnedDetector
    """

    def __init__(self, model: LearnedDetector) -> None:
        self.model = model

    def predict(self, table: pd.DataFrame, params: object = None) -> pd.DataFrame:
        """Return ``p_healthy, p_soft, p_hard`` of rows of features."""
        del params
        return chances(self.model, table)


def chances(model: LearnedDetector, table: pd.DataFrame) -> pd.DataFrame:
    """Return the probabilities of rows of features as columns.

    Parameters
    ----------
    model : LearnedDetector
    table : DataFrame
    """
    names = [f"p_{state}" for state in STATES]
    return pd.DataFrame(model.predict_proba(table), columns=names)


def _load_pyfunc(path: str) -> Served:
    """Load the model; called by MLflow with the place of its data."""
    return Served(load_learned(Path(path)))
