"""How far two reviewers agree: Cohen's κ with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.expert_labels import JUDGED, NOT_JUDGEABLE

ANSWERS: Final = (*JUDGED, NOT_JUDGEABLE)
FEW_CELLS: Final = 5
"""Below so many cells the interval comes from stretches of cycles instead."""
DRAWS: Final = 2000


@dataclass(frozen=True, slots=True)
class Agreement:
    """Cohen's κ of two reviewers.

    Attributes
    ----------
    first, second : str
    cells, cycles : int
        That both spoke of.
    agreed : float
        Share of cycles with the same answer.
    kappa, lower, upper : float
        With its bootstrap interval (95 %); NaN where both gave one and the same answer always:
        chance alone would have made them agree.
    """

    first: str
    second: str
    cells: int
    cycles: int
    agreed: float
    kappa: float
    lower: float
    upper: float


def kappa_of(counts: np.ndarray) -> np.ndarray:
    """Return Cohen's κ = (p_o − p_e)/(1 − p_e) of tables of answers.

    Cohen 1960, Educ. Psychol. Meas. 20, 37, doi 10.1177/001316446002000104.

    Parameters
    ----------
    counts : ndarray, shape (…, k, k)
        How often the first said one thing and the second another.
    """
    total = counts.sum(axis=(-2, -1)).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.trace(counts, axis1=-2, axis2=-1) / total
        margins = counts.sum(axis=-1) * counts.sum(axis=-2)
        chance = margins.sum(axis=-1) / total**2
        found = (observed - chance) / (1.0 - chance)
    return np.where((total > 0) & (chance < 1.0), found, np.nan)


def agreement(spoken: pd.DataFrame, first: str, second: str, *, seed: int = 0) -> Agreement:
    """Compare two reviewers on the cycles that both spoke of.

    Cycles of a cell are not independent: the interval comes from drawing cells, or, where there
    are fewer than five, from drawing stretches of √n cycles.

    Parameters
    ----------
    spoken : DataFrame
        From :func:`softbreak.data.expert_labels.by_reviewer`.
    first, second : str
    seed : int
    """
    keys = ["cell_id", "cycle_index"]
    one, two = (spoken.loc[spoken["reviewer"] == who, [*keys, "state"]] for who in (first, second))
    both = one.merge(two, on=keys, suffixes=("_1", "_2")).sort_values(keys, ignore_index=True)
    if both.empty:
        return Agreement(first, second, 0, 0, math.nan, math.nan, math.nan, math.nan)
    units = _unit_counts(both)
    value = float(kappa_of(units.sum(axis=0)))
    drawn = np.random.default_rng(seed).multinomial(
        len(units), np.full(len(units), 1.0 / len(units)), size=DRAWS
    )
    found = kappa_of(np.einsum("du,ukl->dkl", drawn, units))
    found = found[np.isfinite(found)]
    enough = len(found) and len(units) > 1 and math.isfinite(value)
    low, high = np.percentile(found, [2.5, 97.5]).tolist() if enough else (math.nan, math.nan)
    agreed = float((both["state_1"] == both["state_2"]).mean())
    cells = both["cell_id"].nunique()
    return Agreement(first, second, cells, len(both), agreed, value, low, high)


def _unit_counts(both: pd.DataFrame) -> np.ndarray:
    """Answers of what is drawn together, shape (units, k, k)."""
    number = {name: k for k, name in enumerate(ANSWERS)}
    one, two = (both[name].map(number).to_numpy() for name in ("state_1", "state_2"))
    _, owner = np.unique(both["cell_id"].to_numpy(dtype=object), return_inverse=True)
    if owner.max() + 1 < FEW_CELLS:
        long = max(round(math.sqrt(len(both))), 1)
        place = both.groupby("cell_id").cumcount().to_numpy() // long
        pairs = np.stack([owner, place], axis=1)
        _, owner = np.unique(pairs, axis=0, return_inverse=True)
    size = len(ANSWERS)
    flat = np.bincount((owner * size + one) * size + two, minlength=(owner.max() + 1) * size**2)
    return flat.reshape(-1, size, size)


def agreements(spoken: pd.DataFrame) -> Iterator[Agreement]:
    """Yield the agreement of every two reviewers who spoke of the same cycles."""
    for first, second in combinations(sorted(spoken["reviewer"].unique()), 2):
        found = agreement(spoken, first, second)
        if found.cycles:
            yield found
