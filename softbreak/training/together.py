"""Which cells are held out together when a model calibrates itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

LAWS_OF_FAILURE: Final[Mapping[str, str]] = {
    "mixed": "slow",
    "hidden": "slow",
    "filament": "bridge",
    "prelude": "bridge",
    "recovery": "bridge",
    "fuse": "flicker",
    "telegraph": "flicker",
    "tunnel": "tunnel",
    "hard": "hard",
    "initial": "bridge",
    "threshold": "bridge",
    "dynamic": "flicker",
}
"""Families of failure that obey one law: none of them is unseen where another has been seen."""


def held_together(truth: pd.DataFrame) -> list[str]:
    """Return what each cycle is held out with: all cells of its law of failure.

    Probabilities and intervals that are calibrated so hold on failures that were not learned
    from. Cells that do not fail are dealt out evenly.

    Parameters
    ----------
    truth : pandas.DataFrame
        With ``cell_id`` and ``family``.
    """
    laws = sorted(set(LAWS_OF_FAILURE.values()))
    _, cell = np.unique(truth["cell_id"].to_numpy(dtype=str), return_inverse=True)
    dealt = [laws[k] for k in (cell % len(laws)).tolist()]
    return [
        LAWS_OF_FAILURE.get(family, other)
        for family, other in zip(truth["family"].tolist(), dealt, strict=True)
    ]
