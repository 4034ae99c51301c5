"""The contract of an entrant, and what simple entrants share: cells, levels, calibrated scores.

An entrant is one small module with ``ENTRANT``. It sees either the common tables (``judge_cell``)
or the whole folder of a set (``judge_folder``), and may learn from the published sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

REFERENCE: Final = 3
"""First cycles that a cell is compared with."""
HARD_LEFT: Final = 0.05
"""Share of a cell's first V/I below which a score's alarm is called hard: η_e of 0.95."""
BUDGET: Final = 20
"""Settings that an entrant may try on the published sets."""


@dataclass(frozen=True, eq=False)
class PlainCell:
    """A cell as its common table tells it.

    Attributes
    ----------
    name : str
    time, current, voltage : ndarray of float64
        s, A (signed), V.
    cycle : ndarray of int64
    """

    name: str
    time: np.ndarray = field(repr=False)
    current: np.ndarray = field(repr=False)
    voltage: np.ndarray = field(repr=False)
    cycle: np.ndarray = field(repr=False)

    @cached_property
    def cycles(self) -> np.ndarray:
        """Numbers of the cycles, in order."""
        return np.unique(self.cycle[self.cycle > 0])

    @cached_property
    def parts(self) -> list[list[np.ndarray]]:
        """Return for each cycle its half-cycles: positions of rows under one sign of current."""
        limit = 0.2 * np.median(np.abs(self.current[self.current != 0.0])) if len(self.time) else 0
        sign = np.where(np.abs(self.current) > limit, np.sign(self.current), 0.0)
        edges = np.flatnonzero(np.diff(sign) != 0.0) + 1
        halves = [h for h in np.split(np.arange(len(sign)), edges) if len(h) and sign[h[0]] != 0.0]
        owner = np.array([self.cycle[h[0]] for h in halves], dtype=np.int64)
        return [[halves[k] for k in np.flatnonzero(owner == c)] for c in self.cycles]

    @cached_property
    def resistance(self) -> np.ndarray:
        """Median |V/I| of each cycle, half-cycles weighing alike (Ω); NaN without current."""

        def level(rows: np.ndarray) -> float:
            return float(np.median(np.abs(self.voltage[rows] / self.current[rows])))

        return np.array([np.mean([level(h) for h in own]) if own else np.nan for own in self.parts])

    @cached_property
    def relative(self) -> np.ndarray:
        """V/I of each cycle over that of the first three."""
        first = np.nanmedian(self.resistance[:REFERENCE]) if len(self.resistance) else np.nan
        return self.resistance / first if first > 0.0 else np.full(len(self.cycles), np.nan)

    def curves(self, points: int) -> np.ndarray:
        """Return |V/I| of each cycle over its first one's, both half-cycles on a grid.

        Parameters
        ----------
        points : int
            A half-cycle.

        Returns
        -------
        ndarray, shape (n_cycles, 2 * points)
            NaN for a half-cycle that is missing.
        """
        first = np.nanmedian(self.resistance[:REFERENCE]) if len(self.resistance) else 1.0
        out = np.full((len(self.cycles), 2, points), np.nan)
        for k, own in enumerate(self.parts):
            for rows in own:
                side = 0 if self.current[rows[0]] > 0.0 else 1
                ratio = np.abs(self.voltage[rows] / self.current[rows]) / (first or 1.0)
                span = np.linspace(0.0, 1.0, len(rows)) if len(rows) > 1 else np.zeros(1)
                out[k, side] = np.interp(np.linspace(0.0, 1.0, points), span, ratio)
        return out.reshape(len(out), -1)


@dataclass(frozen=True, eq=False)
class Lesson:
    """A published cell: what was measured beside what is true.

    Attributes
    ----------
    cell : PlainCell
    truth : DataFrame
        One row a cycle of the cell's table.
    """

    cell: PlainCell
    truth: pd.DataFrame

    def of_cycles(self) -> pd.DataFrame:
        """Return the truth of the cycles that the table has, in its order."""
        return self.truth.set_index("cycle_index").reindex(self.cell.cycles).reset_index()


Learn = Callable[[Sequence[Lesson]], Any]
JudgeCell = Callable[[PlainCell, Any], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Entrant:
    """A way to judge.

    Attributes
    ----------
    name, about : str
    judge_cell : callable, optional
        ``(PlainCell, learnt) -> DataFrame`` with ``cycle, state`` and optionally ``probability,
        eta, eta_lower, eta_upper``.
    judge_folder : callable, optional
        ``(folder of a set) -> DataFrame`` of the whole contract.
    learn : callable, optional
        ``lessons -> learnt``, from the published sets alone.
    needs : tuple of str
        Distributions besides softbreak's own.
    """

    name: str
    about: str
    judge_cell: JudgeCell | None = None
    judge_folder: Callable[[Path], pd.DataFrame] | None = None
    learn: Learn | None = None
    needs: tuple[str, ...] = ()


def read_cells(folder: Path) -> list[PlainCell]:
    """Return the cells of a set from its common tables.

    Parameters
    ----------
    folder : Path
    """
    found = []
    for path in sorted((folder / "plain").glob("*.csv")):
        table = pd.read_csv(path)
        names = ("time_s", "current_a", "voltage_v")
        time, current, voltage = (table[c].to_numpy(np.float64) for c in names)
        found.append(
            PlainCell(path.stem, time, current, voltage, table["cycle"].to_numpy(np.int64))
        )
    return found


def read_lessons(folder: Path) -> list[Lesson]:
    """Return the cells of a published set with their truth."""
    truth = dict(iter(pd.read_csv(folder / "truth.csv").groupby("cell_id", sort=False)))
    return [Lesson(cell, truth[cell.name]) for cell in read_cells(folder) if cell.name in truth]


# ---------------------------------------------------------------------------- scores
Score = Callable[[PlainCell], np.ndarray]
"""``cell -> one number a cycle``: the larger, the more like a short."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What turns a score into verdicts.

    Attributes
    ----------
    threshold : float
        From which on a cycle is called short.
    slope, intercept : float
        Of the logistic probability.
    """

    threshold: float
    slope: float
    intercept: float


def calibrate(score: Score, lessons: Sequence[Lesson]) -> Calibrated:
    """Choose the threshold of a score, and its probability, on published cells.

    The best of ``BUDGET`` quantiles by the mean of recall and specificity, less what false alarms
    cost beyond one in fifty healthy cycles; then a logistic fit (Newton's method, a weak prior).
    """
    values = np.concatenate([score(one.cell) for one in lessons])
    short = np.concatenate(
        [(one.of_cycles()["state_true"] != "healthy").to_numpy() for one in lessons]
    )
    known = np.isfinite(values)
    values, short = values[known], short[known]
    grid = np.unique(np.quantile(values, np.linspace(0.3, 0.995, BUDGET)))

    def worth(at: float) -> float:
        alarm = values >= at
        false = float(alarm[~short].mean()) if (~short).any() else 0.0
        hit = float(alarm[short].mean()) if short.any() else 0.0
        return hit - false - 3.0 * max(false - 0.02, 0.0)

    best = max(grid, key=worth)
    scale = float(values.std()) or 1.0
    slope, intercept = _logistic((values - best) / scale, short.astype(float))
    return Calibrated(float(best), slope / scale, intercept - slope * best / scale)


def _logistic(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    beta, design = np.zeros(2), np.column_stack([x, np.ones_like(x)])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -30.0, 30.0)))
        hessian = (design * (p * (1.0 - p))[:, None]).T @ design + 1e-3 * np.eye(2)
        beta += np.linalg.solve(hessian, design.T @ (y - p) - 1e-3 * beta)
    return float(beta[0]), float(beta[1])


def scored(
    name: str, about: str, score: Score, *, needs: tuple[str, ...] = (), eta: bool = False
) -> Entrant:
    """Return an entrant that is a score with a threshold.

    Parameters
    ----------
    name, about : str
    score : callable
    needs : tuple of str
    eta : bool
        Also say η_e as what V/I lost since the first cycles.
    """

    def judge(cell: PlainCell, learnt: Calibrated) -> pd.DataFrame:
        values, left = score(cell), cell.relative
        known = np.isfinite(values)
        alarm = known & (values >= learnt.threshold)
        state = np.where(alarm, np.where(left < HARD_LEFT, "hard", "soft"), "healthy")
        logit = np.clip(learnt.slope * values + learnt.intercept, -30.0, 30.0)
        table = pd.DataFrame(
            {
                "cycle": cell.cycles,
                "state": np.where(known, state, "undetermined"),
                "probability": 1.0 / (1.0 + np.exp(-logit)),
            }
        )
        return table.assign(eta=np.clip(1.0 - left, 0.0, 1.0)) if eta else table

    return Entrant(name, about, judge, learn=lambda lessons: calibrate(score, lessons), needs=needs)
