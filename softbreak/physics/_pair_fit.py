"""The inner optimisation of the pair inference: Gauss–Newton in compiled code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from softbreak.compiled import strict
from softbreak.physics._descent import begin, judge, settled
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
    chi2, log_det, parameters = _profile(circuit, impedance, eta, priors, thinning / noise**2)
    points = 2.0 * len(frequency) * thinning
    freedom = max(points - _COMMON - 2.0, 1.0)
    stretch = max(1.0, float(chi2[:, 0].min()) / freedom)
    if stretch > 1.05:
        weight = thinning / noise**2 / stretch
        chi2, log_det, parameters = _profile(circuit, impedance, eta, priors, weight)
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


@strict
def _model(theta: Any, eta: float, circuit: Any, z: Any, jac: Any) -> None:
    """Fill the impedance and its derivatives at every frequency."""
    energy, node, share, omega = circuit[3:]
    count = len(theta)
    nodes = (count - _COMMON) // 2
    dc_slope = np.empty(count)
    bulk, rk, tk, dc = _deformed(theta, circuit, dc_slope)
    g = eta / (1.0 - eta) / dc
    slope = np.empty(count, dtype=np.complex128)
    for i in range(len(omega)):
        d = complex(bulk, 0.0)
        slope[:] = 0.0
        slope[0] = -BULK_ENERGY * bulk
        slope[1] = bulk
        for k in range(len(rk)):
            x = omega[i] * tk[k]
            real = 1.0 / (1.0 + x * x)
            q = complex(real, -x * real)
            part = rk[k] * q
            shifted = part * q
            d += part
            c = _COMMON + node[k]
            w = share[k]
            slope[0] -= energy[k] * shifted
            slope[2] += part
            slope[c] += (1.0 - w) * part
            slope[c + 1] += w * part
            slope[c + nodes] += (1.0 - w) * shifted
            slope[c + nodes + 1] += w * shifted
        lower = 1.0 / (1.0 + g * d)
        z[i] = d * lower
        for p in range(count):
            jac[i, p] = (slope[p] + d * d * g * dc_slope[p] / dc) * lower * lower


@strict
def _settle(start: Any, eta: float, circuit: Any, data: Any, priors: Any, weight: float) -> Any:
    """Fit from one start; return parameters, both parts of chi-square, log det."""
    search = begin(start, len(data))
    while True:
        _model(search[1], eta, circuit, search[2], search[3])
        if not judge(search, data, priors, weight, _ENOUGH):
            return settled(search)


@strict
def _profile(circuit: Any, data: Any, eta: Any, priors: Any, weight: float) -> Any:
    """Sweep η upwards and downwards, each time from the neighbour's optimum; keep the better."""
    count = len(eta)
    chi2 = np.full((count, 2), np.inf)
    log_det = np.zeros(count)
    parameters = np.zeros((count, len(priors)))
    for direction in range(2):
        theta = priors[:, 0].copy()
        for step in range(count):
            at = step if direction == 0 else count - 1 - step
            theta, fit, prior, det = _settle(theta, eta[at], circuit, data, priors, weight)
            if fit + prior < chi2[at, 0] + chi2[at, 1]:
                chi2[at, 0] = fit
                chi2[at, 1] = prior
                log_det[at] = det
                parameters[at] = theta
    return chi2, log_det, parameters
