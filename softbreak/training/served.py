"""What MLflow calls to load a logged model: features in, verdicts as columns out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from softbreak.models.learner import Learned, load_learned


class Served:
    """A model behind MLflow's interface.

    Parameters
    ----------
    model : Learned
    """

    def __init__(self, model: Learned) -> None:
        self.model = model

    def predict(self, table: pd.DataFrame, params: object = None) -> pd.DataFrame:
        """Return states, probabilities and η_e of rows of features."""
        del params
        return self.model.predict(table)


def _load_pyfunc(path: str) -> Served:
    """Load the model; called by MLflow with the place of its data."""
    folder = Path(path)
    inner = [each for each in folder.iterdir() if each.is_dir()]
    stated = folder if (folder / "card.json").exists() else inner[0]
    return Served(load_learned(stated))
