"""Measured cells that people labelled: their truth, their splits, and what they allow to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.expert_labels import CYCLES, on_cycles
from softbreak.errors import SoftbreakError
from softbreak.models.registry import Detector
from softbreak.training.evidence_tables import Gathered
from softbreak.training.judging import spoken_of_cycles, verdict_columns
from softbreak.training.splits import Split, require_disjoint

FEW_CELLS: Final = 10
FEW_OF_A_KIND: Final = 3
"""Cells with a short, and cells without, below which nothing can be claimed."""
_KNOWN_FRACTION: Final = {"healthy": 0.0, "soft": np.nan, "hard": 1.0}
"""η_e that a label tells; of a soft cycle it tells none."""
_NOMINAL_FRACTION: Final = {"healthy": 0.0, "soft": 0.5, "hard": 1.0}
"""For scores that count clearly faulty cycles: whatever a person calls soft or hard is one."""


@dataclass(frozen=True, slots=True, eq=False)
class Archive:
    """Labelled cells of a lab.

    Attributes
    ----------
    truth : DataFrame
        One row a labelled cycle: ``CYCLES``, ``state, confidence, group``.
    cells : dict of str to Gathered
    """

    truth: pd.DataFrame
    cells: dict[str, Gathered] = field(repr=False)

    def known_fractions(self) -> np.ndarray:
        """Return η_e of each row of truth; NaN where a label does not tell it."""
        return self.truth["state"].map(_KNOWN_FRACTION).to_numpy(dtype=np.float64)


def archive_of(cells: Iterable[tuple[Gathered, str, pd.DataFrame]]) -> Archive:
    """Put labels on the cycles of measured cells.

    Parameters
    ----------
    cells : iterable of (Gathered, str, DataFrame)
        Each with its lab group and its labels (:mod:`softbreak.data.expert_labels`).

    Raises
    ------
    SoftbreakError
        If no cycle has a label.
    """
    kept: dict[str, Gathered] = {}
    rows = []
    for one, group, labels in cells:
        cycles = one.evidence.timeline.cycles.assign(cell_id=one.cell_id)[list(CYCLES)]
        cycles = cycles.reset_index(drop=True)
        found = on_cycles(labels, cycles)
        known = cycles.assign(state=found["state"], confidence=found["confidence"], group=group)
        kept[one.cell_id] = one
        rows.append(known[found["state"].notna()])
    truth = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    if truth.empty:
        raise SoftbreakError(
            "no cycle of these cells has a label that says healthy, soft or hard; see the ranges "
            "of labels.csv, which count cycles from 0"
        )
    return Archive(truth.astype({"state": str}), kept)


def splits_of(archive: Archive, folds: int = 5, seed: int = 0) -> Iterator[Split]:
    """Yield folds of whole lab groups: no cell, and no group, is ever on both sides.

    Parameters
    ----------
    archive : Archive
    folds : int
        At most; there are no more than groups.
    seed : int

    Yields
    ------
    Split
        Of the rows of ``archive.truth``. None where there is one group only.
    """
    truth = archive.truth
    short = truth["state"].ne("healthy").groupby(truth["group"]).any()
    names = short.index.to_numpy(dtype=object)
    order = np.random.default_rng(seed).permutation(len(names))
    # groups with a short are dealt out first, then the others: every fold has some of both
    dealt = sorted(order.tolist(), key=lambda k: not short.iloc[k])
    count = min(folds, len(names))
    for fold in range(count if count > 1 else 0):
        mine = set(names[dealt[fold::count]].tolist())
        tested = truth["group"].isin(mine).to_numpy()
        split = Split(f"fold {fold}", np.flatnonzero(~tested), np.flatnonzero(tested))
        require_disjoint(truth["group"], split.train, split.test)
        require_disjoint(truth["cell_id"], split.train, split.test)
        yield split


def judged_cells(
    archive: Archive, detector: Detector, name: str, cells: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return what a detector says of the labelled cycles, beside the labels.

    Parameters
    ----------
    archive : Archive
    detector : Detector
    name : str
        What it is called in tables.
    cells : sequence of str, optional
        All where not given.

    Returns
    -------
    DataFrame
        A judged table (:mod:`softbreak.training.metrics`). ``eta`` is nominal: a label tells
        whether a cycle is faulty, not how much.
    """
    parts = []
    for cell_id, known in archive.truth.groupby("cell_id", sort=False):
        if cells is not None and cell_id not in cells:
            continue
        one = archive.cells[str(cell_id)]
        said = detector.judge(one.evidence, one.readings)
        table = verdict_columns(spoken_of_cycles(one.evidence, detector, said))
        index = one.evidence.timeline.cycles["cycle_index"].to_numpy()
        table = table.iloc[np.searchsorted(index, known["cycle_index"].to_numpy())]
        truth = known.rename(columns={"state": "state_true"}).reset_index(drop=True)
        parts.append(pd.concat([truth, table.reset_index(drop=True)], axis=1))
    judged = pd.concat(parts, ignore_index=True)
    eta = judged["state_true"].map(_NOMINAL_FRACTION).astype(np.float64)
    return judged.assign(detector=name, eta=eta, family="measured", transient_short=False)


def doubts(truth: pd.DataFrame) -> list[str]:
    """Return why labels are too few to claim anything; empty where they are not.

    Parameters
    ----------
    truth : DataFrame
        Of an :class:`Archive`.
    """
    cells, groups = truth["cell_id"].nunique(), truth["group"].nunique()
    short = truth.loc[truth["state"] != "healthy", "cell_id"].nunique()
    sound = truth.loc[truth["state"] == "healthy", "cell_id"].nunique()
    told = []
    if cells < FEW_CELLS:
        told.append(f"Only {cells} cells have labels; below {FEW_CELLS} no score means much.")
    for count, what in ((short, "with a short"), (sound, "with healthy cycles")):
        if count < FEW_OF_A_KIND:
            told.append(f"Only {count} cells {what} have labels; label at least {FEW_OF_A_KIND}.")
    if groups < 2:
        told.append(
            "All labels are of one lab group, so that nothing can be held out; label cells of "
            "another one."
        )
    if short:
        told.append(
            f"Even without one error on {short} cells with a short, up to "
            f"{min(300.0 / short, 100.0):.0f} % of such cells may be misjudged (95 %)."
        )
    return told if len(told) > 1 or not short or short < 30 else []
