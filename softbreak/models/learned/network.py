"""A network that looks at the half-cycles themselves, and at the cell's history beside them.

It needs torch (the extra "torch"), to learn and to judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.features.cycles.waveforms import POINTS, SHAPE_COLUMNS
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.families.cycle import Reading
from softbreak.models.detector import LearnedDetector
from softbreak.models.learned.boosted import LEFT_OUT
from softbreak.models.learned.model_inputs import COLUMNS, detector_table
from softbreak.models.model_files import checked

CURVES: Final = ("plus", "minus", "before", "first")
"""This cycle's half-cycles by current direction; the mean of the cycle before, and of the first."""
CURVE_COLUMNS: Final = tuple(f"curve_{name}_{k:02d}" for name in CURVES for k in range(POINTS))
"""ln of V/I over the cell's base: the median of its first three cycles, as far as they are past."""
BASE_CYCLES: Final = 3
CLIP: Final = 4.0
MOST_HIDDEN: Final = 4096
SCALARS: Final = tuple(name for name in COLUMNS if name not in LEFT_OUT)


def waveform_features(evidence: CellEvidence, readings: Sequence[Reading]) -> pd.DataFrame:
    """Return what the network looks at: one row a cycle.

    Parameters
    ----------
    evidence : CellEvidence
        With ``waveforms``.
    readings : sequence of ImpedanceReading

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`softbreak.models.learned.model_inputs.detector_table`, then
        ``CURVE_COLUMNS`` (float32; NaN where there is no such curve).

    Raises
    ------
    SoftbreakError
        If nobody measured the shapes of this cell's half-cycles.
    """
    curves = pd.DataFrame(curves_of_cycles(evidence), columns=list(CURVE_COLUMNS))
    return pd.concat([detector_table(evidence, readings), curves], axis=1)


def curves_of_cycles(evidence: CellEvidence) -> np.ndarray:
    """Do as :func:`cycle_curves` for the evidence of a cell.

    Raises
    ------
    SoftbreakError
        If nobody measured the shapes of this cell's half-cycles.
    """
    if evidence.waveforms is None:
        raise SoftbreakError(
            f"cell {evidence.cell.cell_id}: this model needs the shapes of half-cycles, and this "
            "evidence was gathered without them; see softbreak.features.cycles.waveforms"
        )
    return cycle_curves(evidence.waveforms, len(evidence.timeline.cycles))


def cycle_curves(waveforms: pd.DataFrame, cycles: int) -> np.ndarray:
    """Return the curves of every cycle beside those it is compared with; causal.

    Parameters
    ----------
    waveforms : pandas.DataFrame
        See :func:`softbreak.features.cycles.waveforms.waveform_table`.
    cycles : int

    Returns
    -------
    numpy.ndarray of float32, shape (cycles, len(CURVE_COLUMNS))
    """
    ohm = waveforms[list(SHAPE_COLUMNS)].to_numpy(dtype=np.float64)
    key = 2 * waveforms["cycle_index"].to_numpy(dtype=np.int64)
    key += waveforms["sign"].to_numpy() < 0
    known = np.isfinite(ohm).all(axis=1)
    count = np.bincount(key[known], minlength=2 * cycles)
    total = np.zeros((2 * cycles, POINTS))
    np.add.at(total, key[known], ohm[known])
    with np.errstate(divide="ignore", invalid="ignore"):
        both = (total / count[:, None]).reshape(cycles, 2, POINTS)
        weight = count.reshape(cycles, 2)
        mean = total.reshape(cycles, 2, POINTS).sum(axis=1) / weight.sum(axis=1)[:, None]
        level = np.log(np.maximum(mean.mean(axis=1), 1e-9))
        stacked = np.stack([both[:, 0], both[:, 1], _earlier(mean), _first(mean)], axis=1)
        logs = np.log(np.maximum(stacked, 1e-9))
    found = np.clip(logs - _base(level)[:, None, None], -CLIP, CLIP)
    return found.reshape(cycles, -1).astype(np.float32)


def _earlier(mean: np.ndarray) -> np.ndarray:
    return np.concatenate([np.full((1, POINTS), np.nan), mean[:-1]]) if len(mean) else mean


def _first(mean: np.ndarray) -> np.ndarray:
    """The first curve that is known, for itself and the cycles after it."""
    known = np.flatnonzero(np.isfinite(mean).all(axis=1))
    found = np.full_like(mean, np.nan)
    if len(known):
        found[known[0] :] = mean[known[0]]
    return found


def _base(level: np.ndarray) -> np.ndarray:
    """Median of the first levels that are known, as far as they are past."""
    found = np.full(len(level), np.nan)
    known = np.flatnonzero(np.isfinite(level))[:BASE_CYCLES]
    for k, cycle in enumerate(known):
        found[cycle:] = np.median(level[known[: k + 1]])
    return found


class Network(LearnedDetector):
    """Convolutions over half-cycles, with the features of the cell's history beside them.

    Parameters
    ----------
    epochs : int
    hidden : int
    seed : int
    """

    def __init__(self, epochs: int = 12, hidden: int = 64, seed: int = 0) -> None:
        self.epochs = epochs
        self.hidden = hidden
        self.seed = seed

    def _columns(self) -> tuple[str, ...]:
        return (*SCALARS, *CURVE_COLUMNS)

    def _fit(
        self,
        rows: np.ndarray,
        labels: np.ndarray,
        beside: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    ) -> None:
        from softbreak.models.learned import torch_network as nets

        scalars = rows[:, : len(SCALARS)]
        known = np.isfinite(scalars)
        count = np.maximum(known.sum(axis=0), 1)
        self._centre = np.where(known, scalars, 0.0).sum(axis=0) / count
        spread = np.where(known, scalars - self._centre, 0.0)
        self._scale = np.sqrt((spread**2).sum(axis=0) / count) + 1e-6
        _, weights, eta = beside
        self._net = nets.CycleNet(nets.Shape(len(CURVES), POINTS, len(SCALARS), self.hidden))
        nets.learn(
            self._net,
            self._inputs(rows),
            (labels, np.full(len(labels), np.nan) if eta is None else eta, weights),
            epochs=self.epochs,
            seed=self.seed,
        )

    def _inputs(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scalars = (rows[:, : len(SCALARS)] - self._centre) / self._scale
        unknown = ~np.isfinite(scalars)
        scalars = np.clip(np.where(unknown, 0.0, scalars), -5.0, 5.0)
        curves = np.nan_to_num(rows[:, len(SCALARS) :]).reshape(-1, len(CURVES), POINTS)
        both = np.concatenate([scalars, unknown], axis=1)
        return curves.astype(np.float32), both.astype(np.float32)

    def _score(self, rows: np.ndarray) -> np.ndarray:
        from softbreak.models.learned import torch_network as nets

        return nets.judge(self._net, *self._inputs(rows))[0]

    def quantiles(self, table: pd.DataFrame) -> np.ndarray:
        """Return the 5, 50 and 95 % quantiles of η_e, shape (n, 3).

        Parameters
        ----------
        table : pandas.DataFrame
            See :func:`waveform_features`.
        """
        from softbreak.models.learned import torch_network as nets

        self._require_fitted()
        return nets.judge(self._net, *self._inputs(self.matrix(table)))[1]

    def _arrays(self) -> dict[str, np.ndarray]:
        from softbreak.models.learned import torch_network as nets

        own = {"centre": self._centre, "scale": self._scale}
        return own | {f"net.{name}": value for name, value in nets.arrays_of(self._net).items()}

    def _facts(self) -> dict[str, Any]:
        return {"points": POINTS, "curves": list(CURVES)}

    def _restore(self, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
        from softbreak.models.learned import torch_network as nets

        if self.columns_ != self._columns():
            raise SoftbreakError("this network was taught other columns; train it anew")
        if not 0 < self.hidden <= MOST_HIDDEN:
            raise SoftbreakError(f"a network of {self.hidden} hidden channels")
        if facts["points"] != POINTS or facts["curves"] != list(CURVES):
            raise SoftbreakError("this network was taught other curves; train it anew")
        self._centre = checked(arrays, "centre", (len(SCALARS),))
        self._scale = checked(arrays, "scale", (len(SCALARS),), low=1e-300)
        weights = {n.removeprefix("net."): a for n, a in arrays.items() if n.startswith("net.")}
        if not all(np.isfinite(a).all() for a in weights.values() if a.dtype.kind == "f"):
            raise SoftbreakError("a weight of the network is no number")
        shape = nets.Shape(len(CURVES), POINTS, len(SCALARS), self.hidden)
        try:
            self._net = nets.from_arrays(shape, weights)
        except RuntimeError as error:  # torch says which weight has another shape
            raise SoftbreakError(
                f"the weights are no such network's: {str(error)[:200]}"
            ) from error
