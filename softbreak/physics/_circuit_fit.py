"""Circuit elements, their slopes, and a Levenberg–Marquardt fit, in compiled code.

Every parameter is the logarithm of a positive quantity; an exponent 0 < n < 1 is its logit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from softbreak.compiled import exact, strict
from softbreak.physics._descent import cholesky, solve

INDUCTOR, RESISTOR, ARC, WARBURG = 0, 1, 2, 3
LONGEST_STEP = 1.5
"""No parameter moves by more in one step: a factor of 4.5."""
_ITERATIONS = 60


@strict
def logistic(x: float) -> float:
    """Return the exponent that a logit stands for."""
    return 1.0 / (1.0 + np.exp(-x))


@exact
def series(kinds: Any, theta: Any, log_omega: Any, at: Any, z: Any, jac: Any) -> None:
    """Fill the impedance (Ω) of elements in series, and its slopes: a row a parameter.

    Real and imaginary parts stand apart in both; ``at`` says where they begin: in ``z``, then in
    a row of ``jac``.
    """
    points = len(log_omega)
    z[at[0] : at[0] + points] = 0.0
    z[at[1] : at[1] + points] = 0.0
    p = 0
    for kind in kinds:
        if kind == INDUCTOR:
            _inductor(theta, p, log_omega, at, z, jac)
            p += 1
        elif kind == RESISTOR:
            value = np.exp(theta[p])
            for i in range(points):
                z[at[0] + i] += value
                jac[p, at[2] + i] = value
                jac[p, at[3] + i] = 0.0
            p += 1
        elif kind == ARC:
            _arc(theta, p, log_omega, at, z, jac)
            p += 3
        else:
            _warburg(theta, p, log_omega, at, z, jac)
            p += 2


@exact
def _inductor(theta: Any, p: int, log_omega: Any, at: Any, z: Any, jac: Any) -> None:
    for i in range(len(log_omega)):
        value = np.exp(theta[p] + log_omega[i])
        z[at[1] + i] += value
        jac[p, at[2] + i] = 0.0
        jac[p, at[3] + i] = value


@exact
def _arc(theta: Any, p: int, log_omega: Any, at: Any, z: Any, jac: Any) -> None:
    """Write R / (1 + (jωτ)ⁿ)."""
    points = len(log_omega)
    r, n = np.exp(theta[p]), logistic(theta[p + 2])
    turn, lift = np.cos(0.5 * np.pi * n), np.sin(0.5 * np.pi * n)
    grown = np.empty(points)
    for i in range(points):
        grown[i] = np.exp(n * (log_omega[i] + theta[p + 1]))
    value = np.empty(2 * points)
    slope = np.empty(2 * points)
    for i in range(points):
        x, y = grown[i] * turn, grown[i] * lift
        q, s = reciprocal(1.0 + x, y)
        real, imag = r * q, r * s
        value[i], value[points + i] = real, imag
        u, v = -real * q - -imag * s, -real * s + -imag * q
        slope[i], slope[points + i] = u * x - v * y, u * y + v * x
    for part in range(2):
        for i in range(points):
            z[at[part] + i] += value[part * points + i]
            jac[p, at[2 + part] + i] = value[part * points + i]
            jac[p + 1, at[2 + part] + i] = slope[part * points + i] * n
    for i in range(points):
        log_tau = log_omega[i] + theta[p + 1]
        u, v = slope[i], slope[points + i]
        jac[p + 2, at[2] + i] = (u * log_tau - v * (0.5 * np.pi)) * n * (1.0 - n)
        jac[p + 2, at[3] + i] = (u * (0.5 * np.pi) + v * log_tau) * n * (1.0 - n)


@exact
def reciprocal(real: float, imag: float) -> Any:
    """Return 1 / (real + j imag) without an overflow on the way."""
    upright = abs(real) >= abs(imag)
    large, small = (real, imag) if upright else (imag, real)
    ratio = small / large
    length = large + small * ratio
    along, across = 1.0 / length, ratio / length
    return (along, -across) if upright else (across, -along)


@exact
def _warburg(theta: Any, p: int, log_omega: Any, at: Any, z: Any, jac: Any) -> None:
    """Write R tanh(s) / s with s² = jωτ."""
    r = np.exp(theta[p])
    for i in range(len(log_omega)):
        s = np.sqrt(1j * np.exp(log_omega[i] + theta[p + 1]))
        t = 1.0 + 0.0j if s.real > 20.0 else np.tanh(s)
        value = r * t / s
        slope = 0.5 * (r * (1.0 - t * t) - value)
        z[at[0] + i] += value.real
        z[at[1] + i] += value.imag
        jac[p, at[2] + i], jac[p, at[3] + i] = value.real, value.imag
        jac[p + 1, at[2] + i], jac[p + 1, at[3] + i] = slope.real, slope.imag


@strict
def _misfit(z: Any, data: Any, theta: Any, priors: Any, weight: float) -> Any:
    total = 0.0
    for i in range(len(data)):
        real, imag = data[i].real - z[i], data[i].imag - z[len(data) + i]
        total += (real**2 + imag**2) / (data[i].real ** 2 + data[i].imag ** 2)
    pull = 0.0
    for p in range(len(theta)):
        pull += ((theta[p] - priors[p, 0]) / priors[p, 1]) ** 2
    return total * weight, pull


@strict
def _curvature(z: Any, jac: Any, data: Any, theta: Any, priors: Any, weight: float) -> Any:
    count, points = len(theta), len(data)
    matrix = np.zeros((count, count))
    gradient = np.zeros(count)
    for i in range(points):
        w = weight / (data[i].real ** 2 + data[i].imag ** 2)
        real, imag = data[i].real - z[i], data[i].imag - z[points + i]
        for p in range(count):
            a, b = w * jac[p, i], w * jac[p, points + i]
            gradient[p] -= a * real + b * imag
            for q in range(p + 1):
                matrix[p, q] += a * jac[q, i] + b * jac[q, points + i]
    for p in range(count):
        stiffness = 1.0 / priors[p, 1] ** 2
        gradient[p] += (theta[p] - priors[p, 0]) * stiffness
        matrix[p, p] += stiffness
        for q in range(p):
            matrix[q, p] = matrix[p, q]
    return matrix, gradient


@strict
def levenberg_marquardt(
    kinds: Any, start: Any, log_omega: Any, data: Any, priors: Any, weight: float
) -> Any:
    """Fit a series circuit; return parameters, chi-square, curvature matrix and residual.

    ``weight`` is 1/noise² of the relative residual; ``priors`` are mean and sd of each parameter.
    """
    n = len(data)
    z = np.empty(2 * n)
    jac = np.empty((len(start), 2 * n))
    at = (0, n, 0, n)
    theta = start.copy()
    series(kinds, theta, log_omega, at, z, jac)
    fit, pull = _misfit(z, data, theta, priors, weight)
    matrix, gradient = _curvature(z, jac, data, theta, priors, weight)
    damping, calm = 1e-2, 0
    for _ in range(_ITERATIONS):
        damped = matrix.copy()
        for p in range(len(theta)):
            damped[p, p] *= 1.0 + damping
        step = solve(cholesky(damped), -gradient)
        trial = theta + np.minimum(np.maximum(step, -LONGEST_STEP), LONGEST_STEP)
        series(kinds, trial, log_omega, at, z, jac)
        new_fit, new_pull = _misfit(z, data, trial, priors, weight)
        gain = fit + pull - new_fit - new_pull
        if gain >= 0.0:
            calm = calm + 1 if gain < 1e-4 * (1.0 + fit) else 0
            theta, fit, pull = trial, new_fit, new_pull
            matrix, gradient = _curvature(z, jac, data, theta, priors, weight)
            damping = max(damping * 0.2, 1e-9)
            if calm == 2:
                break
        else:
            damping *= 6.0
            if damping > 1e8:
                break
    series(kinds, theta, log_omega, at, z, jac)
    return theta, fit, matrix, data - (z[:n] + 1j * z[n:])
