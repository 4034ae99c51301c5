"""Levenberg–Marquardt under heavy-tailed priors, and its course over a grid of η.

What is fitted stays with its model: a fit proposes parameters, the model says what they give
there (:func:`improves`), until the fit is content (:func:`goes_on`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from softbreak.compiled import exact, fast, strict
from softbreak.physics.relaxation import FloatArray

_TAIL = 2.0
"""Weight of the logarithm in a heavy-tailed prior: most interphases rest."""
_ITERATIONS = 30
_FIT, _STRAIN, _DAMPING, _ITERATION, _GAIN = range(5)

_HOPELESS: Final = 30.0
"""A direction that fits worse than it did by this much chi-square has left the posterior."""

Settled = tuple[FloatArray, float, float, float]
"""Parameters, both parts of chi-square, logarithm of the determinant of the curvature."""


@exact
def begin(start: Any, data: Any, weight: float) -> Any:
    """Return what a fit remembers.

    Parameters, proposal; Z and its slopes, a row a parameter: real parts, then imaginary parts;
    curvature, gradient, state; the data and one over their noise, laid out like Z; the slopes over
    the noise, and what Z misses.
    """
    count, points = len(start), len(data)
    parts = np.empty(2 * points)
    scale = np.empty(2 * points)
    for i in range(points):
        parts[i], parts[points + i] = data[i].real, data[i].imag
        power = data[i].real ** 2 + data[i].imag ** 2
        scale[i] = scale[points + i] = np.sqrt(weight / power)
    return (
        start.copy(),
        start.copy(),
        np.empty(2 * points),
        np.zeros((count, 2 * points)),
        np.empty((count, count)),
        np.empty(count),
        np.array([np.inf, 0.0, 1e-3, 0.0, 0.0]),
        parts,
        scale,
        np.empty((count, 2 * points)),
        np.empty(2 * points),
    )


@strict
def improves(search: Any, priors: Any, weight: float) -> bool:
    """Take the proposal if it fits better; then its slopes are wanted."""
    theta, trial, z, state, data = search[0], search[1], search[2], search[6], search[7]
    fit, strain = _chi2(trial, z, data, priors, weight)
    state[_GAIN] = state[_FIT] + state[_STRAIN] - fit - strain
    better = state[_GAIN] >= 0.0
    if better:
        for k in range(len(theta)):  # a slice's own assignment takes seconds to compile
            theta[k] = trial[k]
        state[_FIT], state[_STRAIN] = fit, strain
    return better


@strict
def goes_on(search: Any, priors: Any, enough: float) -> bool:
    """Propose the next parameters after :func:`improves`; False where the fit is content."""
    theta, trial, _, _, matrix, gradient, state = search[:7]
    gain = state[_GAIN]
    if gain >= 0.0:
        _curvature(search, priors)
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
    theta, matrix, state = search[0], search[4], search[6]
    upper = cholesky(matrix)
    log_det = 0.0
    for p in range(len(theta)):
        log_det += 2.0 * np.log(upper[p, p])
    return theta, state[_FIT], state[_STRAIN], log_det


@exact
def _chi2(theta: Any, z: Any, data: Any, priors: Any, weight: float) -> Any:
    points = len(data) // 2
    share = np.empty(points)
    for i in range(points):
        real, imag = data[i] - z[i], data[points + i] - z[points + i]
        share[i] = (real**2 + imag**2) / (data[i] ** 2 + data[points + i] ** 2)
    fit = 0.0
    for i in range(points):
        fit += share[i]
    strain = 0.0
    for p in range(len(theta)):
        away = theta[p] - priors[p, 0]
        scale = priors[p, 1] if away < 0.0 else priors[p, 2]
        square = (away / scale) ** 2
        heavy = priors[p, 3] if away < 0.0 else priors[p, 4]
        strain += _TAIL * np.log1p(square / _TAIL) if heavy > 0.0 else square
    return fit * weight, strain


@exact
def _curvature(search: Any, priors: Any) -> None:
    """Fill the Gauss–Newton matrix and the gradient of half of chi-square."""
    theta, _, z, jac, matrix, gradient, _, data, over_noise, rows, miss = search
    count = len(theta)
    for i in range(len(data)):
        miss[i] = over_noise[i] * (data[i] - z[i])
    for p in range(count):
        for i in range(len(data)):
            rows[p, i] = over_noise[i] * jac[p, i]
    for p in range(count):
        away = theta[p] - priors[p, 0]
        scale = priors[p, 1] if away < 0.0 else priors[p, 2]
        heavy = priors[p, 3] if away < 0.0 else priors[p, 4]
        stiffness = 1.0 / (scale**2 + (away**2 / _TAIL if heavy > 0.0 else 0.0))
        gradient[p] = away * stiffness - _dot(rows[p], miss)
        for q in range(p):
            matrix[p, q] = matrix[q, p] = _dot(rows[p], rows[q])
        matrix[p, p] = _dot(rows[p], rows[p]) + stiffness


@fast
def _dot(one: Any, other: Any) -> Any:
    total = 0.0
    for i in range(len(one)):
        total += one[i] * other[i]
    return total


@exact
def cholesky(matrix: Any) -> Any:
    """Return the upper triangle whose square is the matrix; what lies below it says nothing."""
    n = len(matrix)
    upper = matrix.copy()
    for k in range(n):
        upper[k, k] = np.sqrt(max(upper[k, k], 1e-300))
        for j in range(k + 1, n):
            upper[k, j] = upper[k, j] / upper[k, k]
        for i in range(k + 1, n):
            for j in range(i, n):
                upper[i, j] -= upper[k, i] * upper[k, j]
    return upper


@exact
def solve(upper: Any, right: Any) -> Any:
    """Return the solution for a matrix given by its upper triangle."""
    n = len(right)
    x = right.copy()
    for k in range(n):
        x[k] /= upper[k, k]
        for i in range(k + 1, n):
            x[i] -= upper[k, i] * x[k]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= upper[i, k] * x[k]
        x[i] /= upper[i, i]
    return x


def sweep(
    settle: Callable[[FloatArray, float], Settled], eta: FloatArray, start: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sweep η upwards and downwards, each time from the neighbour's optimum; keep the better.

    Parameters
    ----------
    settle : callable
        Fits from a start at one η.
    eta : numpy.ndarray, shape (k,)
    start : numpy.ndarray, shape (p,)
        Where both directions begin.

    Returns
    -------
    chi2 : numpy.ndarray, shape (k, 2)
        Of the data, and of the priors.
    log_det : numpy.ndarray, shape (k,)
    parameters : numpy.ndarray, shape (k, p)
    """
    best = _direction(settle, eta, start, range(len(eta)), {})
    best = _direction(settle, eta, start, range(len(eta) - 1, -1, -1), best)
    found = [best[at] for at in range(len(eta))]
    chi2 = np.array([[fit, strain] for _, fit, strain, _ in found])
    return chi2, np.array([one[3] for one in found]), np.array([one[0] for one in found])


def _direction(
    settle: Callable[[FloatArray, float], Settled],
    eta: FloatArray,
    theta: FloatArray,
    places: range,
    before: Mapping[int, Settled],
) -> dict[int, Settled]:
    """Follow one direction until it has left the posterior; the second covers what is uncovered."""
    best, least, cost = dict(before), np.inf, -np.inf
    for at in places:
        if cost > least + _HOPELESS and (at in before or not before):
            break
        found = settle(theta, eta[at])
        theta, cost = found[0], _cost(found)
        least = min(least, cost)
        if at not in best or cost < _cost(best[at]):
            best[at] = found
    return best


def _cost(fit: Settled) -> float:
    return fit[1] + fit[2]
