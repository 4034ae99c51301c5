"""Splits by cell, chemistry, failure family, confounder: a cell is never on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError

HEALTHY_FAMILY: Final = "healthy"
KINDRED: Final = (
    ("mixed", "hidden"),
    ("filament", "prelude", "recovery"),
    ("fuse", "telegraph"),
)
"""Families that obey one law: none of them is unseen where another has been seen."""


class LeakError(SoftbreakError, ValueError):
    """A cell would have been trained on and tested on."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows to learn from and rows to be tested on.

    Attributes
    ----------
    name : str
        What was left out.
    train, test : numpy.ndarray of int64
        Positions of rows.
    """

    name: str
    train: np.ndarray
    test: np.ndarray


def require_disjoint(cell_ids: pd.Series, *parts: np.ndarray) -> None:
    """Refuse parts that share a cell.

    Parameters
    ----------
    cell_ids : Series
        Of every row.
    *parts : ndarray of int
        Positions of rows.

    Raises
    ------
    LeakError
    """
    names = cell_ids.to_numpy()
    seen: set[str] = set()
    for part in parts:
        mine = set(names[part].tolist())
        shared = sorted(mine & seen)
        if shared:
            raise LeakError(
                f"{len(shared)} cells stand on two sides of a split ({', '.join(shared[:3])}, …); "
                "split by cell, never by cycle"
            )
        seen |= mine


def _split(truth: pd.DataFrame, name: str, cells: Iterable[str]) -> Split:
    """Test on some cells, train on all others."""
    ids = truth["cell_id"]
    tested = ids.isin(set(cells)).to_numpy()
    split = Split(name, np.flatnonzero(~tested), np.flatnonzero(tested))
    require_disjoint(ids, split.train, split.test)
    return split


def folds_of(truth: pd.DataFrame, folds: int, seed: int = 0) -> pd.Series:
    """Return a fold for each cell: every family spread evenly, the same on every machine.

    Parameters
    ----------
    truth : DataFrame
        With ``cell_id`` and ``family``.
    folds : int
    seed : int

    Returns
    -------
    Series of int64
        Indexed by ``cell_id``.
    """
    cells = _shuffled(truth, seed)
    turn = cells.groupby("family", sort=True).cumcount()
    # families begin at different folds, or small ones would all crowd into the first
    first = cells["family"].map({n: k for k, n in enumerate(sorted(cells["family"].unique()))})
    return pd.Series(((turn + first) % folds).to_numpy(), index=cells["cell_id"].to_numpy())


def _shuffled(truth: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row a cell, in an order that depends on the cells and the seed alone."""
    cells = truth.drop_duplicates("cell_id")[["cell_id", "family"]].sort_values("cell_id")
    return cells.iloc[np.random.default_rng(seed).permutation(len(cells))]


def by_cell(truth: pd.DataFrame, folds: int = 5, seed: int = 0) -> Iterator[Split]:
    """Yield cross-validation folds of cells.

    Parameters
    ----------
    truth : DataFrame
    folds : int
    seed : int
    """
    fold = folds_of(truth, folds, seed)
    for k in range(folds):
        yield _split(truth, f"fold {k}", fold.index[fold == k])


def hold_out(truth: pd.DataFrame, share: float, seed: int = 0) -> Split:
    """Return one split: a share of the cells of every family, to test on or to calibrate with.

    Parameters
    ----------
    truth : DataFrame
    share : float
    seed : int
    """
    cells = _shuffled(truth, seed)
    family = cells.groupby("family", sort=True)
    position = (family.cumcount() + 0.5) / family["family"].transform("size")
    return _split(truth, "held out", cells["cell_id"][position < share])


def leave_one_out(truth: pd.DataFrame, column: str = "chemistry") -> Iterator[Split]:
    """Yield one split for each value of a column that cells have.

    Parameters
    ----------
    truth : DataFrame
    column : str
        ``"chemistry"``, say.
    """
    for value in sorted(truth[column].unique()):
        cells = truth.loc[truth[column] == value, "cell_id"].unique()
        yield _split(truth, f"{column} {value}", cells)


def leave_family_out(
    truth: pd.DataFrame,
    *,
    kindred: Sequence[tuple[str, ...]] = KINDRED,
    seed: int = 0,
) -> Iterator[Split]:
    """Yield one split for each way to break: its cells, and a share of the healthy ones, to test.

    Parameters
    ----------
    truth : DataFrame
    kindred : sequence of tuple of str
        Families that are left out, and tested, together.
    seed : int
        Of the shares of healthy cells.
    """
    names = sorted(set(truth["family"]) - {HEALTHY_FAMILY})
    groups = {next((kin for kin in kindred if name in kin), (name,)): None for name in names}
    healthy = truth[truth["family"] == HEALTHY_FAMILY]
    fold = folds_of(healthy, max(len(groups), 2), seed) if len(healthy) else pd.Series(dtype=int)
    for k, group in enumerate(groups):
        there = [name for name in names if name in group]
        tested = truth.loc[truth["family"].isin(there), "cell_id"].unique()
        yield _split(truth, f"family {', '.join(there)}", [*tested, *fold.index[fold == k]])


def leave_confounder_out(truth: pd.DataFrame, confounders: Sequence[str]) -> Iterator[Split]:
    """Yield one split for each confounder: cells that have it are tested, and never learnt from.

    Parameters
    ----------
    truth : DataFrame
        With one column of bool for each confounder.
    confounders : sequence of str
    """
    for name in confounders:
        cells = truth.loc[truth[name], "cell_id"].unique()
        if len(cells):
            yield _split(truth, f"confounder {name}", cells)
