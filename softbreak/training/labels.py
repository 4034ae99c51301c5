"""What a cycle is to be called, and how much it counts when a model learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from softbreak.simulate.guard import require_training
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW, State

CLASSES: Final = (State.HEALTHY, State.SOFT, State.HARD)
"""Numbered 0, 1, 2."""
SLOW_FAMILIES: Final = ("mixed", "hidden")
"""Shorts that grow without an event: the hardest to see, and too rare to be learnt unaided."""
BORN_SHORTED: Final = "initial"
"""Family of cells that were shorted when they were built."""
GUARD_BANDS: Final = ((0.02, 0.10), (0.90, 0.98))
"""η_e so close to a limit that no measurement tells the sides apart: left out of one of the two
columns of every score."""
LEARNING_BAND: Final = (0.03, 0.08)
"""Cycles in here teach nothing but noise."""

Band = tuple[float, float]


def class_numbers(state: pd.Series | Sequence[str]) -> np.ndarray:
    """Return 0, 1, 2 for healthy, soft, hard; -1 for anything else.

    Parameters
    ----------
    state : sequence of str
    """
    found = np.full(len(state), -1, dtype=np.int64)
    said = np.asarray(state, dtype=object)
    for k, name in enumerate(CLASSES):
        found[said == str(name)] = k
    return found


def by_fraction(eta: np.ndarray) -> np.ndarray:
    """Return the classes that η_e alone gives, without hysteresis (0, 1, 2).

    Parameters
    ----------
    eta : ndarray
    """
    return np.digitize(eta, [HEALTHY_BELOW, HARD_FROM])


def in_bands(eta: np.ndarray, bands: Sequence[Band] = GUARD_BANDS) -> np.ndarray:
    """Return where η_e lies within a band, ends included.

    Parameters
    ----------
    eta : ndarray
    bands : sequence of (low, high)
    """
    inside = np.zeros(len(eta), dtype=bool)
    for low, high in bands:
        inside |= (np.asarray(eta) >= low) & (np.asarray(eta) <= high)
    return inside


def tellable(truth: pd.DataFrame) -> np.ndarray:
    """Return where a cycle can teach anything: bool.

    A cell that was shorted when it was built is as it was in its beginning, which is what is
    learnt. Where its geometry is known, a certificate tells, which needs no learning.

    Parameters
    ----------
    truth : DataFrame
        With ``family``.
    """
    return truth["family"].to_numpy() != BORN_SHORTED


def sample_weights(
    truth: pd.DataFrame,
    *,
    prevalence: Sequence[float] | None = None,
    slow: float = 3.0,
    by_cell: bool = True,
    band: Band | None = LEARNING_BAND,
) -> np.ndarray:
    """Return how much each cycle counts when a model learns; their mean is one.

    Parameters
    ----------
    truth : DataFrame
        ``cell_id, state, eta, family, laws``.
    prevalence : sequence of float, optional
        Shares of healthy, soft and hard that the model is to take for usual; as they come where
        not given.
    slow : float
        Factor on the cells of ``SLOW_FAMILIES``.
    by_cell : bool
        Each cell counts the same, however many cycles it lived.
    band : (low, high), optional
        Cycles with η_e in here count nothing.

    Raises
    ------
    JudgingDataError
        If any of the cells only judges.
    """
    require_training(truth)
    weight = np.ones(len(truth))
    if by_cell:
        weight /= truth.groupby("cell_id")["cell_id"].transform("size").to_numpy()
    weight *= np.where(truth["family"].isin(SLOW_FAMILIES), slow, 1.0)
    if band is not None:
        weight[in_bands(truth["eta"].to_numpy(), (band,))] = 0.0
    if prevalence is not None:
        classes = class_numbers(truth["state"])
        wanted = np.asarray(prevalence, dtype=np.float64) / np.sum(prevalence)
        for k, share in enumerate(wanted):
            mine = classes == k
            total = weight[mine].sum()
            weight[mine] *= share / total if total > 0.0 else 0.0
    return weight / weight.mean()
