"""Boosted trees on tsfresh's features of the half-cycles: what nobody designed for breakdown.

It stands beside the physics in comparisons. What it looks at is the voltage of a cycle behind that
of the cycle before, on a grid, over the cell's first level; tsfresh chooses among its own features
(false discovery rate, one witness a cell and state), their twins compute them. tsfresh is needed to
learn, not to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.features.cycles.waveforms import POINTS
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.families.cycle import Reading
from softbreak.features.generic.tsfresh_door import relevant
from softbreak.features.generic.tsfresh_equivalents.kernels.shape import PLAIN
from softbreak.features.generic.tsfresh_equivalents.table import KIND, compute, parsed
from softbreak.models.detector import LearnedDetector
from softbreak.models.learned.boosted import grow, joined, sigmoid, taken, three
from softbreak.models.learned.network import CURVES, curves_of_cycles
from softbreak.models.model_files import checked_places

_ATTRIBUTES: Final = ("slope", "intercept", "rvalue", "stderr")
_CORRIDORS: Final = ((0.0, 0.2), (0.0, 0.8), (0.2, 0.8), (0.2, 1.0), (0.8, 1.0))
_TENTHS: Final = (1, 2, 3, 4, 6, 7, 8, 9)


def _candidates() -> Iterator[str]:
    """Features of a series on a grid, in tsfresh's names; each has a twin."""
    yield from (name for name in PLAIN if not name.startswith(("has_", "percentage_", "ratio_")))
    yield from (f"quantile__q_0.{k}" for k in _TENTHS)
    yield from (f"index_mass_quantile__q_0.{k}" for k in _TENTHS)
    yield from (f"c3__lag_{k}" for k in (1, 2, 3))
    yield from (f"time_reversal_asymmetry_statistic__lag_{k}" for k in (1, 2, 3))
    yield from (f"autocorrelation__lag_{k}" for k in range(1, 10))
    yield from (f"cid_ce__normalize_{told}" for told in (True, False))
    yield from (f'linear_trend__attr_"{one}"' for one in _ATTRIBUTES)
    for one, length, how in product(_ATTRIBUTES, (5, 10, 50), ("mean", "max", "min", "var")):
        yield f'agg_linear_trend__attr_"{one}"__chunk_len_{length}__f_agg_"{how}"'
    for part in range(10):
        yield f"energy_ratio_by_chunks__num_segments_10__segment_focus_{part}"
    for one, number in product(("real", "imag", "abs"), range(10)):
        yield f'fft_coefficient__attr_"{one}"__coeff_{number}'
    for (low, high), how in product(_CORRIDORS, ("mean", "var")):
        yield f'change_quantiles__f_agg_"{how}"__isabs_True__qh_{high}__ql_{low}'
    yield from (f"approximate_entropy__m_2__r_0.{k}" for k in (1, 3, 5, 7, 9))


CANDIDATES: Final = tuple(f"{KIND}__{name}" for name in _candidates())
"""What selection chooses among."""


def shape_features(evidence: CellEvidence, readings: Sequence[Reading]) -> pd.DataFrame:
    """Return ``CANDIDATES`` of every cycle.

    Parameters
    ----------
    evidence : CellEvidence
        With ``waveforms``.
    readings : sequence of ImpedanceReading
        Not looked at.

    Returns
    -------
    pandas.DataFrame
        One row a cycle; NaN where a half-cycle has no shape. Causal.

    Raises
    ------
    SoftbreakError
        If nobody measured the shapes of this cell's half-cycles.
    """
    del readings
    curves = curves_of_cycles(evidence).reshape(-1, len(CURVES), POINTS).astype(np.float64)
    now = curves[:, [CURVES.index("plus"), CURVES.index("minus")]]
    known = np.isfinite(now[:, :, 0])
    with np.errstate(invalid="ignore"):
        both = np.where(known[:, :, None], now, 0.0).sum(axis=1) / known.sum(axis=1)[:, None]
    before = curves[:, CURVES.index("before")]
    before = np.where(np.isfinite(before), before, both)  # the first cycle stands behind itself
    usable = known.any(axis=1)
    series = np.concatenate([before, both], axis=1)[usable]
    found = np.full((len(curves), len(CANDIDATES)), np.nan)
    if len(series):
        ends = np.arange(len(series) + 1) * series.shape[1]
        found[usable] = compute([parsed(name) for name in CANDIDATES], series.ravel(), ends)
    found[~np.isfinite(found)] = np.nan
    return pd.DataFrame(found, columns=list(CANDIDATES))


class Anonymous(LearnedDetector):
    """Boosted trees on the features of ``CANDIDATES`` that tsfresh's test selects.

    Parameters
    ----------
    fdr_level : float
        Share of the selected features that may be irrelevant (Benjamini–Yekutieli).
    largest : int
        At most so many, the most significant ones.
    rounds : int
        Trees of the first head; the second has half as many.
    seed : int
    """

    def __init__(
        self, fdr_level: float = 0.01, largest: int = 100, rounds: int = 150, seed: int = 0
    ) -> None:
        self.fdr_level = fdr_level
        self.largest = largest
        self.rounds = rounds
        self.seed = seed

    @property
    def selected(self) -> tuple[str, ...]:
        """Names of the features that were selected, in the order of ``CANDIDATES``."""
        return tuple(self.columns_[k] for k in self._chosen)

    def _columns(self) -> tuple[str, ...]:
        return CANDIDATES

    def _fit(
        self,
        rows: np.ndarray,
        labels: np.ndarray,
        beside: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    ) -> None:
        owners, weight, _ = beside
        # a cell testifies once in each state; hard ones anything tells
        telling = labels < 2
        table = pd.DataFrame(rows[telling], columns=list(self.columns_))
        witnesses = table.groupby([owners[telling], labels[telling]], sort=True).median()
        soft = (witnesses.index.get_level_values(1) == 1).astype(bool)
        found: Mapping[str, float] = {}
        if len(np.unique(soft)) == 2:
            found = relevant(witnesses.reset_index(drop=True), soft, self.fdr_level)
        best = sorted(found, key=lambda name: (found[name], name))[: self.largest]
        # nothing significant (few cells): learn from all rather than from nothing
        names = best or list(self.columns_)
        self._chosen = np.flatnonzero(np.isin(self.columns_, names))
        shown = rows[:, self._chosen]
        self._heads = {
            name: grow(shown, target.astype(np.float64), weight, self.selected, **how)
            for name, target, how in (
                ("fault", labels > 0, {"rounds": self.rounds, "seed": self.seed}),
                ("hard", labels == 2, {"rounds": max(self.rounds // 2, 1), "seed": self.seed}),
            )
        }

    def _score(self, rows: np.ndarray) -> np.ndarray:
        shown = np.ascontiguousarray(rows[:, self._chosen])
        return three(*(sigmoid(self._heads[name].score(shown)) for name in ("fault", "hard")))

    def contributions(self, row: np.ndarray) -> np.ndarray:
        """Return what each of ``columns_`` adds to the log-odds of a short, for one row."""
        shares = np.zeros(len(row))
        shares[self._chosen] = self._heads["fault"].contributions(row[self._chosen])
        return shares

    def _arrays(self) -> dict[str, np.ndarray]:
        return {"chosen": self._chosen, **joined(self._heads)}

    def _restore(self, arrays: Mapping[str, np.ndarray], _: Mapping[str, Any]) -> None:
        self._chosen = checked_places(arrays, "chosen", len(self.columns_))
        count = len(self._chosen)
        self._heads = {name: taken(arrays, name, count) for name in ("fault", "hard")}
