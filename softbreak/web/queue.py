"""In which order cells are reviewed: those first from which most is to be learnt."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from softbreak.web.cells import Cells, Live, Results

ORDERS: Final = ("informative", "rank", "random")
_COLUMNS: Final = ["cell_id", "cycle_index", "state", "p_healthy", "p_soft", "p_hard"]
_PROBABILITIES: Final = _COLUMNS[3:]


def queue(
    cells: Cells, reviewed: Collection[str], order: str = "informative", seed: int = 0
) -> list[str]:
    """Return the cells that are still to be reviewed, the next one first.

    Parameters
    ----------
    cells : Cells
    reviewed : collection of str
        Cells that this reviewer has spoken of.
    order : {"informative", "rank", "random"}
        Informative: how unsure the verdicts are × how much detectors disagree × how unlike the
        cells that were reviewed.
    seed : int
        Of the random order.
    """
    names = [row.cell_id for row in cells.rows()]
    left = [name for name in names if name not in reviewed]
    if order == "random":
        return [left[k] for k in np.random.default_rng(seed).permutation(len(left))]
    if order == "rank" or not left:
        return left
    worth = _worth(cells, names, reviewed)
    return sorted(left, key=lambda name: -worth.get(name, 0.0))


def _worth(cells: Cells, names: list[str], reviewed: Collection[str]) -> dict[str, float]:
    tables = _tables(cells)
    portraits = _portraits(tables[0]).reindex(names).fillna(0.0)
    unsure = portraits["unsure"].to_numpy()
    apart = _disagreement(tables).reindex(names).fillna(0.0).to_numpy()
    places = ((portraits - portraits.mean()) / (portraits.std(ddof=0) + 1e-9)).to_numpy()
    known = [k for k, name in enumerate(names) if name in reviewed]
    far = np.ones(len(names))
    if known:
        far = np.min([np.linalg.norm(places - places[k], axis=1) for k in known], axis=0) / np.sqrt(
            places.shape[1]
        )
    # none of the three may silence the others
    worth = (0.05 + unsure) * (0.25 + apart) * (0.1 + far)
    return dict(zip(names, worth.tolist(), strict=True))


def _portraits(verdicts: pd.DataFrame) -> pd.DataFrame:
    """A few numbers a cell: how unsure, which states, how they change."""
    chances = verdicts[_PROBABILITIES].to_numpy(dtype=np.float64)
    doubt = np.where(np.isfinite(chances).all(axis=1), 1.0 - chances.max(axis=1), 0.5)
    open_ = (verdicts["state"] == "undetermined").to_numpy()
    told = pd.DataFrame(
        {
            "cell_id": verdicts["cell_id"].to_numpy(),
            "unsure": np.maximum(doubt, 0.5 * open_),
            "healthy": (verdicts["state"] == "healthy").to_numpy(float),
            "hard": (verdicts["state"] == "hard").to_numpy(float),
            "open": open_.astype(float),
        }
    )
    return told.groupby("cell_id").mean()


def _disagreement(tables: list[pd.DataFrame]) -> pd.Series:
    """Share of a cell's cycles that the first detector and another one call differently."""
    first, *others = tables
    parts = []
    for other in others:
        both = first.merge(other, on=["cell_id", "cycle_index"], suffixes=("", "_other"))
        differs = both["state"] != both["state_other"]
        parts.append(differs.groupby(both["cell_id"]).mean())
    return pd.concat(parts, axis=1).max(axis=1) if parts else pd.Series(dtype=float)


def _tables(cells: Cells) -> list[pd.DataFrame]:
    """Verdicts of the model that judges, and of the others that judged the same archive."""
    if isinstance(cells, Live):
        return [cells.store.verdicts()[_COLUMNS]]
    assert isinstance(cells, Results)
    current = f"model={cells.result.run['model']}"
    others: list[Path] = sorted((cells.out / "models" / "verdicts").glob("model=*/part-0.parquet"))
    found = [cells.out / "verdicts.parquet"]
    found += [path for path in others if path.parent.name != current]
    return [pd.read_parquet(path, columns=_COLUMNS) for path in found]
