"""Levenberg–Marquardt under heavy-tailed priors, and its course over a grid of η.

What is fitted stays with its model: a fit proposes parameters, the model says what they give
there (:func:`judge`), until the fit is content.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from softbreak.compiled import exact, fast, strict
from softbreak.physics.relaxation import FloatArray

_TAIL = 2.0
"""Weight of the logarithm in a heavy-tailed prior: most interphases rest."""
_ITERATIONS = 30
_FIT, _STRAIN, _DAMPING, _ITERATION = range(4)
_COARSE: Final = 3
"""Every third η is fitted first."""
_NEGLIGIBLE: Final = 60.0
"""An η that fits worse than the best by this much chi-square (a share of e^-30) is not refined."""
_SAME: Final = 0.05
"""Two fits whose chi-squares differ by less came to rest in one place."""
_CLOSE: Final = 0.5
"""How far one step of η moves a parameter, in units of its prior, on one branch of solutions."""

Settled = tuple[FloatArray, float, float, float]
"""Parameters, both parts of chi-square, logarithm of the determinant of the curvature."""


@strict
def begin(start: Any, points: int) -> Any:
    """Return what a fit remembers: parameters, proposal, Z, slopes, curvature, gradient, state."""
    count = len(start)
    return (
        start.copy(),
        start.copy(),
        np.empty(points, dtype=np.complex128),
        np.empty((points, count), dtype=np.complex128),
        np.empty((count, count)),
        np.empty(count),
        np.array([np.inf, 0.0, 1e-3, 0.0]),
    )


@strict
def judge(search: Any, data: Any, priors: Any, weight: float, enough: float) -> bool:
    """Take the proposal if it fits better, propose the next; return whether to go on."""
    theta, trial, z, jac, matrix, gradient, state = search
    fit, strain = _chi2(trial, z, data, priors, weight)
    gain = state[_FIT] + state[_STRAIN] - fit - strain
    if gain >= 0.0:
        theta[:] = trial
        state[_FIT], state[_STRAIN] = fit, strain
        _curvature(theta, z, jac, data, priors, weight, matrix, gradient)
        if state[_ITERATION] > 0.0:
            state[_DAMPING] *= 0.2
        if gain < enough:
            return False
    else:
        state[_DAMPING] *= 8.0
        if state[_DAMPING] > 1e6:
            return False
    if state[_ITERATION] == _ITERATIONS:
        return False
    state[_ITERATION] += 1.0
    damped = matrix.copy()
    for p in range(len(theta)):
        damped[p, p] *= 1.0 + state[_DAMPING]
    step = solve(cholesky(damped), -gradient)
    for p in range(len(theta)):
        trial[p] = theta[p] + min(max(step[p], -1.0), 1.0)
    return True


@strict
def settled(search: Any) -> Any:
    """Return parameters, both parts of chi-square, log det of the curvature."""
    theta, _, _, _, matrix, _, state = search
    low = cholesky(matrix)
    log_det = 0.0
    for p in range(len(theta)):
        log_det += 2.0 * np.log(low[p, p])
    return theta, state[_FIT], state[_STRAIN], log_det


@strict
def _chi2(theta: Any, z: Any, data: Any, priors: Any, weight: float) -> Any:
    fit = 0.0
    for i in range(len(data)):
        d = data[i] - z[i]
        fit += (d.real**2 + d.imag**2) / (data[i].real ** 2 + data[i].imag ** 2)
    strain = 0.0
    for p in range(len(theta)):
        away = theta[p] - priors[p, 0]
        scale = priors[p, 1] if away < 0.0 else priors[p, 2]
        square = (away / scale) ** 2
        heavy = priors[p, 3] if away < 0.0 else priors[p, 4]
        strain += _TAIL * np.log1p(square / _TAIL) if heavy > 0.0 else square
    return fit * weight, strain


@fast
def _dot(one: Any, other: Any) -> Any:
    total = 0.0
    for i in range(len(one)):
        total += one[i] * other[i]
    return total


@exact
def _curvature(
    theta: Any, z: Any, jac: Any, data: Any, priors: Any, weight: float, matrix: Any, gradient: Any
) -> None:
    """Fill the Gauss–Newton matrix and the gradient of half of chi-square."""
    count, points = len(theta), len(data)
    rows = np.empty((count + 1, 2 * points))
    for i in range(points):
        w = np.sqrt(weight / (data[i].real ** 2 + data[i].imag ** 2))
        d = data[i] - z[i]
        rows[count, i], rows[count, points + i] = w * d.real, w * d.imag
        for p in range(count):
            rows[p, i], rows[p, points + i] = w * jac[i, p].real, w * jac[i, p].imag
    for p in range(count):
        away = theta[p] - priors[p, 0]
        scale = priors[p, 1] if away < 0.0 else priors[p, 2]
        heavy = priors[p, 3] if away < 0.0 else priors[p, 4]
        stiffness = 1.0 / (scale**2 + (away**2 / _TAIL if heavy > 0.0 else 0.0))
        gradient[p] = away * stiffness - _dot(rows[p], rows[count])
        for q in range(p):
            matrix[p, q] = matrix[q, p] = _dot(rows[p], rows[q])
        matrix[p, p] = _dot(rows[p], rows[p]) + stiffness


@strict
def cholesky(matrix: Any) -> Any:
    """Return the lower triangle whose square is the matrix."""
    n = len(matrix)
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= low[i, k] * low[j, k]
            if i == j:
                low[i, i] = np.sqrt(max(total, 1e-300))
            else:
                low[i, j] = total / low[j, j]
    return low


@strict
def solve(low: Any, right: Any) -> Any:
    """Return the solution for a matrix given by its lower triangle."""
    n = len(right)
    x = right.copy()
    for i in range(n):
        for k in range(i):
            x[i] -= low[i, k] * x[k]
        x[i] /= low[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= low[k, i] * x[k]
        x[i] /= low[i, i]
    return x
