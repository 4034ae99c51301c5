"""MiniRocket: hundreds of cheap shape features, the same random set for one seed.

Written from Dempster, Schmidt and Webb (2021), doi 10.1145/3447548.3467231: 84 kernels of nine
weights, six of them −1 and three of them 2, at several dilations; each feature is the share of
the convolution that lies above a bias, and biases are quantiles of training convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.features.generic.curves import Curves, on_grid
from softbreak.features.generic.kernels.convolutions import convolve, transform

TAPS: Final = 9
KERNELS: Final = tuple(combinations(range(TAPS), 3))
"""Taps that weigh 2; the other six weigh −1. 84 kernels."""
MOST_DILATIONS: Final = 32
MOST_FEATURES: Final = 20_000
_TAPS_OF_TWO: Final = np.array(KERNELS, dtype=np.int64)
_GOLDEN: Final = (np.sqrt(5.0) + 1.0) / 2.0


def spread_dilations(points: int, per_kernel: int) -> tuple[np.ndarray, np.ndarray]:
    """Dilations up to the length of the series, and how many features each gets per kernel.

    Parameters
    ----------
    points : int
        Length of the series.
    per_kernel : int
        Features of each kernel over all dilations.

    Returns
    -------
    dilations, counts : numpy.ndarray of int64
    """
    slots = min(per_kernel, MOST_DILATIONS)
    largest = np.log2((points - 1) / (TAPS - 1))
    dilations, counts = np.unique(
        np.logspace(0.0, largest, slots, base=2.0).astype(np.int64), return_counts=True
    )
    counts = (counts * (per_kernel / slots)).astype(np.int64)
    left = per_kernel - int(counts.sum())
    counts += left // len(counts)
    counts[: left % len(counts)] += 1
    return dilations, counts


def _drawn_biases(
    grid: np.ndarray, dilations: np.ndarray, counts: np.ndarray, seed: int
) -> np.ndarray:
    """Quantiles of the convolutions of random training curves, one curve a kernel and dilation."""
    draw = np.random.default_rng(seed)
    total = len(KERNELS) * int(counts.sum())
    # multiples of the golden ratio cover 0 to 1 evenly however many are taken
    shares = (np.arange(1, total + 1) * _GOLDEN) % 1.0
    biases = np.empty(total, dtype=np.float32)
    conv = np.empty(grid.shape[1], dtype=np.float32)
    at = 0
    for dilation, count in zip(dilations.tolist(), counts.tolist(), strict=True):
        for twos in _TAPS_OF_TWO:
            convolve(grid[draw.integers(len(grid))], dilation, twos, conv)
            biases[at : at + count] = np.quantile(conv, shares[at : at + count])
            at += count
    return biases


class MiniRocketFeatures:
    """MiniRocket's transform of half-cycles on a grid of equal times.

    Parameters
    ----------
    features : int
        About how many: a multiple of 84 is made.
    points : int
        Length of the grid.
    seed : int
        Of the training curves whose quantiles become biases.

    Attributes
    ----------
    names : tuple of str
        One a feature.
    """

    method: Final = "minirocket"

    def __init__(self, *, features: int = 924, points: int = 128, seed: int = 0) -> None:
        if not 84 <= features <= MOST_FEATURES or not 16 <= points <= 4096:
            raise SoftbreakError("MiniRocket takes 84 to 20,000 features of 16 to 4,096 points")
        self.points, self.seed = points, seed
        self.dilations, self.counts = spread_dilations(points, features // len(KERNELS))
        self.biases = np.empty(0, dtype=np.float32)

    def __repr__(self) -> str:
        state = f"{len(self.biases)} features" if len(self.biases) else "not fitted"
        return f"MiniRocketFeatures({state}, {self.points} points, seed {self.seed})"

    @property
    def names(self) -> tuple[str, ...]:
        """``minirocket__kernel_k__dilation_d__bias_b``, in the order of the columns."""
        return tuple(
            f"minirocket__kernel_{k}__dilation_{dilation}__bias_{b}"
            for dilation, count in zip(self.dilations.tolist(), self.counts.tolist(), strict=True)
            for k in range(len(KERNELS))
            for b in range(count)
        )

    def fit(
        self, curves: Curves, states: np.ndarray | None = None, cells: np.ndarray | None = None
    ) -> MiniRocketFeatures:
        """Take the biases from training curves.

        Parameters
        ----------
        curves : Curves
        states, cells : numpy.ndarray, optional
            Not needed: no feature is selected here.
        """
        del states, cells
        grid = self._grid(curves.taken(curves.usable))
        if not len(grid):
            raise SoftbreakError("MiniRocket: no half-cycle has samples enough to learn from")
        self.biases = _drawn_biases(grid, self.dilations, self.counts, self.seed)
        return self

    def _grid(self, curves: Curves) -> np.ndarray:
        grid = on_grid(curves.values, curves.progress, curves.offsets, self.points)
        return grid.astype(np.float32)

    def transform(self, curves: Curves) -> pd.DataFrame:
        """Features of half-cycles.

        Parameters
        ----------
        curves : Curves

        Returns
        -------
        pandas.DataFrame
            One row a half-cycle, shares between 0 and 1; NaN where it has too few samples.
        """
        if not len(self.biases):
            raise SoftbreakError("MiniRocket: fit it first, or load a fitted one")
        grid = self._grid(curves)
        found = transform(grid, self.dilations, self.counts, _TAPS_OF_TWO, self.biases)
        found[~curves.usable] = np.nan
        return pd.DataFrame(found, columns=list(self.names))

    def to_dict(self) -> dict[str, Any]:
        """Everything needed to rebuild it, as JSON takes it."""
        return {
            "method": self.method,
            "features": len(KERNELS) * int(self.counts.sum()),
            "points": self.points,
            "seed": self.seed,
            "biases": [float(value) for value in self.biases],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> MiniRocketFeatures:
        """Rebuild what :meth:`to_dict` wrote.

        Raises
        ------
        SoftbreakError
            If the document does not fit together: it may come from anywhere.
        """
        try:
            made = cls(
                features=int(document["features"]),
                points=int(document["points"]),
                seed=int(document["seed"]),
            )
            biases = np.array(document["biases"], dtype=np.float32)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise SoftbreakError("MiniRocket: the document is not that of a fitted one") from error
        if biases.shape != (len(made.names),) or not np.isfinite(biases).all():
            raise SoftbreakError(f"MiniRocket: {len(made.names)} finite biases were expected")
        made.biases = biases
        return made
