"""Whether a difference is more than luck: McNemar's test, and the bootstrap over cells.

Cycles of one cell are not independent. Intervals therefore come from drawing cells, and McNemar's
test on cycles is given beside one on cells, which is the one to believe.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from softbreak.training.metrics import CLEARLY_FAULTY, cell_confusions

DRAWS: Final = 2000
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its bootstrap interval (95 %)."""

    value: float
    lower: float
    upper: float

    @property
    def clear_of_zero(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.lower > 0.0 or self.upper < 0.0


@dataclass(frozen=True, slots=True)
class McNemar:
    """Where only one of two detectors is right.

    Attributes
    ----------
    only_first, only_second : int
        Cases that only the one, only the other got right.
    p_value : float
        Two-sided, exact.
    """

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first_right: np.ndarray, second_right: np.ndarray) -> McNemar:
    """Return McNemar's exact test (a sign test on the discordant pairs).

    Parameters
    ----------
    first_right, second_right : ndarray of bool
        The same cases in the same order.
    """
    b = int((first_right & ~second_right).sum())
    c = int((second_right & ~first_right).sum())
    return McNemar(b, c, _sign_test(b, c))


def _sign_test(b: int, c: int) -> float:
    """Two-sided binomial test of b among b + c with probability ½."""
    n, k = b + c, min(b, c)
    if n == 0:
        return 1.0
    logs = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in range(k + 1)]
    top = max(logs)
    tail = top + math.log(sum(math.exp(one - top) for one in logs)) - n * math.log(2.0)
    return min(1.0, 2.0 * math.exp(tail))


def cell_outcomes(judged: pd.DataFrame) -> pd.Series:
    """Return whether each cell was judged right as a whole.

    A cell that breaks clearly (η_e above 0.2 at some time) is right if a cycle from its onset on
    was called soft or hard and none before was; a cell that never breaks, if no cycle was.
    Cells that only ever come near the limit are left out.
    """
    alarm = judged["state"].isin(["soft", "hard"])
    table = pd.DataFrame(
        {
            "cell_id": judged["cell_id"],
            "broken": judged["state_true"] != "healthy",
            "clear": judged["eta"] > CLEARLY_FAULTY,
        }
    )
    order = judged["cycle_index"].to_numpy().argsort(kind="stable")
    table, alarm = table.iloc[order], alarm.iloc[order]
    since = table.groupby("cell_id")["broken"].cummax()
    table = table.assign(hit=alarm & since, false=alarm & ~since)
    cells = table.groupby("cell_id")[["broken", "clear", "hit", "false"]].any()
    cells = cells[cells["clear"] | ~cells["broken"]]
    return (cells["hit"] | ~cells["broken"]) & ~cells["false"]


@cache
def draws_of(cells: int, *, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """Return how often each cell is drawn in each bootstrap sample; shape (draws, cells)."""
    return np.random.default_rng(seed).multinomial(cells, np.full(cells, 1.0 / cells), size=draws)


def bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray],
    per_cell: np.ndarray,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return a statistic of summed counts with its interval over cells.

    Parameters
    ----------
    statistic : callable
        ``counts -> value``, over leading axes.
    per_cell : ndarray, shape (n_cells, …)
        Counts of each cell.
    draws, seed : int
    """
    value = float(statistic(per_cell.sum(axis=0)))
    return _interval(value, statistic(_resampled(per_cell, draws, seed)))


def bootstrap_difference(
    statistic: Callable[[np.ndarray], np.ndarray],
    first: np.ndarray,
    second: np.ndarray,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return how much larger a statistic is for the first of two, over the same cells.

    Parameters
    ----------
    statistic : callable
    first, second : ndarray, shape (n_cells, …)
        The same cells in the same order: each draw takes a cell for both.
    draws, seed : int
    """
    value = float(statistic(first.sum(axis=0)) - statistic(second.sum(axis=0)))
    drawn = statistic(_resampled(first, draws, seed)) - statistic(_resampled(second, draws, seed))
    return _interval(value, drawn)


def _resampled(per_cell: np.ndarray, draws: int, seed: int) -> np.ndarray:
    weights = draws_of(len(per_cell), draws=draws, seed=seed).astype(np.float64)
    flat = per_cell.reshape(len(per_cell), -1).astype(np.float64)
    return (weights @ flat).reshape(draws, *per_cell.shape[1:])


def _interval(value: float, drawn: np.ndarray) -> Interval:
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Interval(value, math.nan, math.nan)
    half = 50.0 * (1.0 - LEVEL)
    low, high = np.percentile(drawn, [half, 100.0 - half])
    return Interval(value, float(low), float(high))


def error_counts(judged: pd.DataFrame) -> np.ndarray:
    """Return for each cell: wrong "healthy", clearly faulty, false alarms, healthy cycles.

    Returns
    -------
    ndarray of int64, shape (n_cells, 2, 2)
        ``[[wrong_healthy, of], [false_alarms, of]]``, cells in order of their names.
    """
    faulty = (judged["eta"] > CLEARLY_FAULTY).to_numpy()
    healthy = (judged["state_true"] == "healthy").to_numpy()
    missed = faulty & (judged["state"] == "healthy").to_numpy()
    alarm = healthy & judged["state"].isin(["soft", "hard"]).to_numpy()
    _, owner = np.unique(judged["cell_id"].to_numpy(dtype=object), return_inverse=True)
    columns = [np.bincount(owner, one) for one in (missed, faulty, alarm, healthy)]
    return np.stack(columns, axis=1).astype(np.int64).reshape(-1, 2, 2)


def rates(counts: np.ndarray) -> np.ndarray:
    """Return rates per 1000 from ``[[wrong, of], …]``, over leading axes."""
    wrong, of = counts[..., 0].astype(np.float64), counts[..., 1]
    return 1000.0 * np.divide(wrong, of, out=np.full(wrong.shape, np.nan), where=of > 0)


def paired_confusions(first: pd.DataFrame, second: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the confusion matrices of both, cell by cell in the same order.

    Raises
    ------
    ValueError
        If the two were not judged on the same cells.
    """
    names, one = cell_confusions(first)
    others, other = cell_confusions(second)
    if names.tolist() != others.tolist():
        raise ValueError("the two detectors were not judged on the same cells")
    return one, other
