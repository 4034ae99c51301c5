"""Circuit elements, their slopes, and a Levenberg–Marquardt fit, in compiled code.

Every parameter is the logarithm of a positive quantity; an exponent 0 < n < 1 is its logit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from softbreak.compiled import strict
from softbreak.physics._descent import cholesky, solve

INDUCTOR, RESISTOR, ARC, WARBURG = 0, 1, 2, 3
LONGEST_STEP = 1.5
"""No parameter moves by more in one step: a factor of 4.5."""
_ITERATIONS = 60


@strict
def logistic(x: float) -> float:
    """Return the exponent that a logit stands for."""
    return 1.0 / (1.0 + np.exp(-x))


@strict
def series(kinds: Any, theta: Any, log_omega: Any, z: Any, jac: Any) -> None:
    """Fill the impedance (Ω) of elements in series, and its slopes: a row a parameter."""
    z[:] = 0.0
    p = 0
    for kind in kinds:
        if kind == INDUCTOR:
            _inductor(theta, p, log_omega, z, jac)
            p += 1
        elif kind == RESISTOR:
            value = np.exp(theta[p])
            z += value
            jac[p] = value
            p += 1
        elif kind == ARC:
            _arc(theta, p, log_omega, z, jac)
            p += 3
        else:
            _warburg(theta, p, log_omega, z, jac)
            p += 2


@strict
def _inductor(theta: Any, p: int, log_omega: Any, z: Any, jac: Any) -> None:
    for i in range(len(z)):
        value = 1j * np.exp(theta[p] + log_omega[i])
        z[i] += value
        jac[p, i] = value


@strict
def _arc(theta: Any, p: int, log_omega: Any, z: Any, jac: Any) -> None:
    """Write R / (1 + (jωτ)ⁿ)."""
    r, n = np.exp(theta[p]), logistic(theta[p + 2])
    turn = complex(np.cos(0.5 * np.pi * n), np.sin(0.5 * np.pi * n))
    for i in range(len(z)):
        y = log_omega[i] + theta[p + 1]
        x = np.exp(n * y) * turn
        q = 1.0 / (1.0 + x)
        value = r * q
        slope = -value * q * x
        z[i] += value
        jac[p, i] = value
        jac[p + 1, i] = slope * n
        jac[p + 2, i] = slope * complex(y, 0.5 * np.pi) * n * (1.0 - n)


@strict
def _warburg(theta: Any, p: int, log_omega: Any, z: Any, jac: Any) -> None:
    """Write R tanh(s) / s with s² = jωτ."""
    r = np.exp(theta[p])
    for i in range(len(z)):
        s = np.sqrt(1j * np.exp(log_omega[i] + theta[p + 1]))
        t = 1.0 + 0.0j if s.real > 20.0 else np.tanh(s)
        value = r * t / s
        z[i] += value
        jac[p, i] = value
        jac[p + 1, i] = 0.5 * (r * (1.0 - t * t) - value)


@strict
def _misfit(z: Any, data: Any, theta: Any, priors: Any, weight: float) -> Any:
    total = 0.0
    for i in range(len(data)):
        d = data[i] - z[i]
        total += (d.real**2 + d.imag**2) / (data[i].real ** 2 + data[i].imag ** 2)
    pull = 0.0
    for p in range(len(theta)):
        pull += ((theta[p] - priors[p, 0]) / priors[p, 1]) ** 2
    return total * weight, pull


@strict
def _curvature(z: Any, jac: Any, data: Any, theta: Any, priors: Any, weight: float) -> Any:
    count = len(theta)
    matrix = np.zeros((count, count))
    gradient = np.zeros(count)
    for i in range(len(data)):
        w = weight / (data[i].real ** 2 + data[i].imag ** 2)
        d = data[i] - z[i]
        for p in range(count):
            a, b = w * jac[p, i].real, w * jac[p, i].imag
            gradient[p] -= a * d.real + b * d.imag
            for q in range(p + 1):
                matrix[p, q] += a * jac[q, i].real + b * jac[q, i].imag
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
    z = np.empty(n, dtype=np.complex128)
    jac = np.empty((len(start), n), dtype=np.complex128)
    theta = start.copy()
    series(kinds, theta, log_omega, z, jac)
    fit, pull = _misfit(z, data, theta, priors, weight)
    matrix, gradient = _curvature(z, jac, data, theta, priors, weight)
    damping, calm = 1e-2, 0
    for _ in range(_ITERATIONS):
        damped = matrix.copy()
        for p in range(len(theta)):
            damped[p, p] *= 1.0 + damping
        step = solve(cholesky(damped), -gradient)
        trial = theta + np.minimum(np.maximum(step, -LONGEST_STEP), LONGEST_STEP)
        series(kinds, trial, log_omega, z, jac)
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
    series(kinds, theta, log_omega, z, jac)
    return theta, fit, matrix, data - z
