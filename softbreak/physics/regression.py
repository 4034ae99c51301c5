"""Straight lines with honest intervals: Student's t for the few points that measurements have."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

# 95 % quantiles of Student's t for 1 to 10 degrees of freedom (any statistics textbook)
_STUDENT_95: Final = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812)
_NORMAL_95: Final = 1.6448536269514722


class Line(NamedTuple):
    """A straight line through points, ``y = intercept + slope x``.

    Attributes
    ----------
    slope, slope_sd : float
        In units of y over x.
    intercept, intercept_sd : float
        In units of y.
    residual_sd : float
        Scatter of the points around the line, weighted (in units of y). NaN for two points.
    freedom : int
        Points minus two.
    curvature_z : float
        Quadratic term over its standard deviation: beyond ±3 the points are no straight line.
        NaN below four points.
    """

    slope: float
    slope_sd: float
    intercept: float
    intercept_sd: float
    residual_sd: float
    freedom: int
    curvature_z: float

    def slope_interval(self) -> tuple[float, float]:
        """Return the central 90 % interval of the slope (unbounded where nothing is known)."""
        if not np.isfinite(self.slope_sd):
            return -np.inf, np.inf
        reach = student_95(self.freedom) * self.slope_sd if self.slope_sd else 0.0
        return self.slope - reach, self.slope + reach


def student_95(freedom: int) -> float:
    """Return the 95 % quantile of Student's t: a central 90 % interval reaches so many sd.

    Parameters
    ----------
    freedom : int
        Degrees of freedom; below 1 nothing is known and the answer is infinite.
    """
    if freedom < 1:
        return float("inf")
    if freedom <= len(_STUDENT_95):
        return _STUDENT_95[freedom - 1]
    z = _NORMAL_95
    # Cornish-Fisher expansion in 1/freedom; right to 1e-4 from 11 on
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def line(x: ArrayLike, y: ArrayLike, sd: ArrayLike | None = None) -> Line:
    """Fit a straight line by weighted least squares; the scatter sets the uncertainty.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Points; those that are not finite are left out.
    sd : array_like, optional
        Standard deviations of y, up to a common factor or exactly: where the points scatter
        more than these say, the scatter counts; where they scatter less, these do.

    Returns
    -------
    Line
        All NaN below two different x.
    """
    all_x, all_y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    given = np.broadcast_to(np.asarray(1.0 if sd is None else sd, dtype=np.float64), all_y.shape)
    good = np.isfinite(all_x) & np.isfinite(all_y) & (given > 0)
    return _line(all_x[good], all_y[good], 1.0 / given[good] ** 2, known_sd=sd is not None)


def _line(x: FloatArray, y: FloatArray, weight: FloatArray, *, known_sd: bool) -> Line:
    freedom = len(x) - 2
    if len(x) < 2 or np.ptp(x) == 0.0:
        return Line(np.nan, np.nan, np.nan, np.nan, np.nan, freedom, np.nan)
    total = weight.sum()
    centre = float((weight * x).sum() / total)
    spread = float((weight * (x - centre) ** 2).sum())
    slope = float((weight * (x - centre) * y).sum() / spread)
    middle = float((weight * y).sum() / total)
    residual = y - middle - slope * (x - centre)
    chi2 = float((weight * residual**2).sum())
    variance = chi2 / freedom if freedom else np.nan
    if known_sd:
        variance = max(variance, 1.0) if freedom else 1.0
    scatter = np.sqrt(chi2 / freedom / weight.mean()) if freedom else np.nan
    return Line(
        slope,
        float(np.sqrt(variance / spread)),
        middle - slope * centre,
        float(np.sqrt(variance * (1.0 / total + centre**2 / spread))),
        float(scatter),
        freedom,
        _curvature(x - centre, residual, weight),
    )


def _curvature(x: FloatArray, residual: FloatArray, weight: FloatArray) -> float:
    """Quadratic term of what the line left over, in its own standard deviations."""
    freedom = len(x) - 3
    if freedom < 1:
        return float("nan")
    root = np.sqrt(weight)
    scale = float(np.abs(x).max())
    design = np.stack([np.ones_like(x), x / scale, (x / scale) ** 2], axis=1) * root[:, None]
    gram = design.T @ design
    if np.linalg.matrix_rank(gram) < 3:
        return float("nan")
    found = np.linalg.solve(gram, design.T @ (residual * root))
    left = residual * root - design @ found
    variance = float(left @ left) / freedom * float(np.linalg.inv(gram)[2, 2])
    size = float(np.abs(residual * root).max())
    if variance <= (1e-12 * size) ** 2:
        return float(np.sign(found[2]) * np.inf) if abs(found[2]) > 0 and size > 0 else 0.0
    return float(found[2] / np.sqrt(variance))
