"""The inner optimisation of the pair inference: Gauss–Newton in compiled code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from softbreak.compiled import exact, strict
from softbreak.physics._circuit_fit import reciprocal
from softbreak.physics._descent import begin, goes_on, improves, settled, sweep
from softbreak.physics.constants import ACTIVATION_EV
from softbreak.physics.relaxation import ComplexArray, FloatArray, Relaxations

BULK_ENERGY = 0.34
FAST_ENERGY = ACTIVATION_EV
SLOW_ENERGY = 0.50
"""Activation energies (eV) of the ohmic part, of the fastest and of the slowest relaxation."""
NODE_DECADES = 1.5
_POINTS_PER_DECADE = 5.0
"""More points than this a decade say nothing new about what the model misses."""
_ENOUGH = 1e-3
"""A fit that gains less chi-square in a step is at rest."""
_COMMON = 3
"""u, a and κ come first; then Δκ and γ at every node."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What is left at every η once the nuisance parameters are optimised.

    Attributes
    ----------
    chi2_reduced : numpy.ndarray, shape (k,)
        Misfit of the data (1).
    strain : numpy.ndarray, shape (k,)
        Chi-square of the priors (1): how far-fetched the parameters are.
    log_evidence : numpy.ndarray, shape (k,)
        Up to a constant.
    parameters : numpy.ndarray, shape (k, 3 + 2 m)
    """

    chi2_reduced: FloatArray
    strain: FloatArray
    log_evidence: FloatArray
    parameters: FloatArray


def nodes(frequency: FloatArray) -> int:
    """Return at how many time constants contact and growth may differ: one each 1.5 decades."""
    decades = float(np.log10(frequency.max() / frequency.min()))
    return int(np.clip(round(decades / NODE_DECADES) + 1, 3, 6))


def profile(
    reference: Relaxations,
    frequency: FloatArray,
    impedance: ComplexArray,
    eta: FloatArray,
    priors: FloatArray,
    noise: float,
) -> Profile:
    """Optimise and integrate out the nuisance parameters at every η.

    Parameters
    ----------
    reference : Relaxations
        Of the healthy spectrum (Ω, s).
    frequency, impedance : numpy.ndarray, shape (n,)
        Present spectrum (Hz, Ω), inductance removed.
    eta : numpy.ndarray, shape (k,)
        Electronic fractions, 0 <= η < 1.
    priors : numpy.ndarray, shape (3 + 2 m, 5)
        Mean, scale below and above it, and whether the tail below and above is heavy (1) or
        normal (0), of u, a, κ, and of Δκ and γ at m nodes of ln τ.
    noise : float
        Relative standard deviation (1).

    Returns
    -------
    Profile
    """
    decades = max(float(np.log10(frequency.max() / frequency.min())), 1.0)
    thinning = min(1.0, _POINTS_PER_DECADE * decades / len(frequency))
    circuit = _circuit(reference, 2.0 * np.pi * frequency, (len(priors) - _COMMON) // 2)

    def profiled(weight: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        return sweep(
            lambda start, at: _settle(start, at, circuit, impedance, priors, weight),
            eta,
            priors[:, 0].copy(),
        )

    chi2, log_det, parameters = profiled(thinning / noise**2)
    points = 2.0 * len(frequency) * thinning
    freedom = max(points - _COMMON - 2.0, 1.0)
    stretch = max(1.0, float(chi2[:, 0].min()) / freedom)
    if stretch > 1.05:
        chi2, log_det, parameters = profiled(thinning / noise**2 / stretch)
        chi2[:, 0] *= stretch
    log_evidence = -0.5 * (chi2[:, 0] / stretch + chi2[:, 1]) - 0.5 * log_det
    return Profile(chi2[:, 0] / freedom, chi2[:, 1], log_evidence, parameters)


def scaled(reference: Relaxations, parameters: FloatArray) -> float:
    """Return by what the parameters multiply the sum of all relaxations (1)."""
    circuit = _circuit(reference, np.empty(0), (len(parameters) - _COMMON) // 2)
    _, resistances, _, _ = _deformed(parameters, circuit, np.empty(len(parameters)))
    total = float(circuit[1].sum())
    return float(resistances.sum()) / total if total else 1.0


def _circuit(reference: Relaxations, omega: FloatArray, count: int) -> tuple[Any, ...]:
    """Return the reference as the arrays that compiled code takes."""
    used = reference.resistances > 1e-9 * reference.direct_current
    tau = reference.time_constants[used]
    ends = np.log(reference.time_constants[[0, -1]])
    place = (np.log(tau) - ends[0]) / (ends[1] - ends[0])
    node = np.minimum((place * (count - 1)).astype(np.int64), count - 2)
    return (
        reference.ohmic,
        reference.resistances[used],
        tau,
        FAST_ENERGY + (SLOW_ENERGY - FAST_ENERGY) * place,
        node,
        place * (count - 1) - node,
        omega,
    )


@strict
def _deformed(theta: Any, circuit: Any, dc_slope: Any) -> Any:
    """Return bulk, resistances, time constants and DC resistance; fill d(DC)/dθ."""
    ohmic, r, tau, energy, node, share = circuit[:6]
    nodes = (len(theta) - _COMMON) // 2
    bulk = ohmic * np.exp(theta[1] - BULK_ENERGY * theta[0])
    rk = np.empty(len(r))
    tk = np.empty(len(r))
    dc = bulk
    dc_slope[:] = 0.0
    dc_slope[0] = -BULK_ENERGY * bulk
    dc_slope[1] = bulk
    for k in range(len(r)):
        c = _COMMON + node[k]
        w = share[k]
        contact = theta[2] + (1.0 - w) * theta[c] + w * theta[c + 1]
        grow = (1.0 - w) * theta[c + nodes] + w * theta[c + nodes + 1] - energy[k] * theta[0]
        rk[k] = r[k] * np.exp(contact + grow)
        tk[k] = tau[k] * np.exp(grow)
        dc += rk[k]
        dc_slope[0] -= energy[k] * rk[k]
        dc_slope[2] += rk[k]
        for first in (c, c + nodes):
            dc_slope[first] += (1.0 - w) * rk[k]
            dc_slope[first + 1] += w * rk[k]
    return bulk, rk, tk, dc


@exact
def _model(theta: Any, eta: float, circuit: Any, z: Any, jac: Any) -> None:
    """Fill the impedance and its derivatives, a row a parameter: real parts, then imaginary."""
    energy, node, share, omega = circuit[3:]
    count, points = len(theta), len(omega)
    nodes = (count - _COMMON) // 2
    dc_slope = np.empty(count)
    bulk, rk, tk, dc = _deformed(theta, circuit, dc_slope)
    jac[:] = 0.0
    part = np.empty(2 * points)
    shifted = np.empty(2 * points)
    for k in range(len(rk)):
        _relaxation(rk[k], tk[k], omega, part, shifted)
        w, c = share[k], _COMMON + node[k]
        for i in range(2 * points):
            jac[0, i] -= energy[k] * shifted[i]
            jac[2, i] += part[i]
        for i in range(2 * points):
            jac[c, i] += (1.0 - w) * part[i]
            jac[c + 1, i] += w * part[i]
        for i in range(2 * points):
            jac[c + nodes, i] += (1.0 - w) * shifted[i]
            jac[c + nodes + 1, i] += w * shifted[i]
    for i in range(points):
        jac[0, i] -= BULK_ENERGY * bulk
        jac[1, i] = bulk
    _shunted(bulk, eta / (1.0 - eta) / dc, dc, dc_slope, z, jac)


@exact
def _relaxation(r: float, tau: float, omega: Any, part: Any, shifted: Any) -> None:
    """Write R/(1 + jωτ), and its slope along ln τ plus itself: real parts, then imaginary."""
    points = len(omega)
    for i in range(points):
        x = omega[i] * tau
        q = 1.0 / (1.0 + x * x)
        real, imag = r * q, -r * q * x
        part[i], part[points + i] = real, imag
        shifted[i], shifted[points + i] = real * q * (1.0 - x * x), 2.0 * imag * q


@exact
def _shunted(bulk: float, g: float, dc: float, dc_slope: Any, z: Any, jac: Any) -> None:
    """Put the conductance of electrons beside the ions', whose slopes ``jac`` holds."""
    points = len(z) // 2
    square = np.empty(2 * points)
    shunt = np.empty(2 * points)
    for i in range(points):
        x, y = bulk + jac[2, i], jac[2, points + i]
        u, v = reciprocal(1.0 + g * x, g * y)
        real, imag = x * u - y * v, x * v + y * u
        z[i], z[points + i] = real, imag
        square[i], square[points + i] = u * u - v * v, u * v + v * u
        shunt[i] = (real * real - imag * imag) * (g / dc)
        shunt[points + i] = (real * imag + imag * real) * (g / dc)
    for p in range(len(jac)):
        for i in range(points):
            x, y = jac[p, i], jac[p, points + i]
            u, v = square[i], square[points + i]
            jac[p, i] = x * u - y * v + shunt[i] * dc_slope[p]
            jac[p, points + i] = x * v + y * u + shunt[points + i] * dc_slope[p]


@strict
def _settle(start: Any, eta: float, circuit: Any, data: Any, priors: Any, weight: float) -> Any:
    """Fit from one start; return parameters, both parts of chi-square, log det."""
    search = begin(start, data, weight)
    while True:
        _model(search[1], eta, circuit, search[2], search[3])
        improves(search, priors, weight)
        if not goes_on(search, priors, _ENOUGH):
            return settled(search)
