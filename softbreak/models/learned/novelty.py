"""How unlike everything that was learned from a cycle is: unfamiliar cells are not judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

CORE: Final = (
    "x_over_base",
    "x_over_maximum",
    "x_slope_10",
    "x_scatter_10",
    "x_usual_step",
    "whole_over_late",
    "slope_inside",
    "slope_inside_change",
    "asymmetry_size",
    "asymmetry_change",
    "telegraph_gap",
    "drops_10",
    "rises_10",
    "ln_noise",
)
"""Features whose joint distribution says what is familiar: voltage alone, and all travel."""
REACH: Final = 30.0
"""Robust deviations beyond this count as this."""
KEPT: Final = 0.999
"""Share of the cycles that were learned from that is called familiar."""


@dataclass(frozen=True, slots=True, eq=False)
class Familiarity:
    """Mahalanobis distance from what was learned from.

    Attributes
    ----------
    centre, scale : numpy.ndarray, shape (features,)
        Median and robust deviation.
    inverse : numpy.ndarray, shape (features, features)
        Of the covariance of the scaled features.
    limit : float
        Distance up to which a cycle is familiar.
    """

    centre: np.ndarray
    scale: np.ndarray
    inverse: np.ndarray
    limit: float

    def distance(self, rows: np.ndarray) -> np.ndarray:
        """Return the distance of each row over the limit: above 1 is unfamiliar.

        Parameters
        ----------
        rows : numpy.ndarray, shape (n, features)
            NaN counts as the centre.
        """
        z = self._scaled(rows)
        square = np.einsum("nj,jk,nk->n", z, self.inverse, z, optimize=False)
        return np.asarray(np.sqrt(square) / self.limit)

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        return np.clip(np.nan_to_num((rows - self.centre) / self.scale), -REACH, REACH)


def fit_familiarity(rows: np.ndarray) -> Familiarity:
    """Learn what is familiar.

    Parameters
    ----------
    rows : numpy.ndarray, shape (n, features)
        NaN where absent.
    """
    known = np.isfinite(rows)
    counted = np.where(known, rows, np.nan)
    empty = ~known.any(axis=0)
    counted[:, empty] = 0.0
    centre = np.nanmedian(counted, axis=0)
    low, high = np.nanpercentile(counted, [5.0, 95.0], axis=0)
    scale = np.maximum((high - low) / 3.29, 1e-3)
    draft = Familiarity(centre, scale, np.eye(rows.shape[1]), 1.0)
    z = draft._scaled(rows)
    covariance = np.cov(z.T) + 0.05 * np.eye(rows.shape[1])
    inverse = np.linalg.inv(covariance)
    found = Familiarity(centre, scale, inverse, 1.0)
    limit = float(np.quantile(found.distance(rows), KEPT))
    return Familiarity(centre, scale, inverse, max(limit, 1e-9))
