"""Two spectra, one circuit: the joint optimisation over a grid of electronic fractions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from softbreak.compiled import exact, strict
from softbreak.physics._circuit_fit import ARC, logistic, reciprocal, series
from softbreak.physics._descent import begin, goes_on, improves, settled, sweep
from softbreak.physics.relaxation import ComplexArray, FloatArray

BULK_ENERGY = 0.34
GRAIN_ENERGY = 0.42
INTERFACE_ENERGY = 0.47
DIFFUSION_ENERGY = 0.50
"""Activation energies (eV) of resistor, grain boundary, interface and salt diffusion."""
BULK_CONTACT = -0.06
"""d ln R_bulk / d ln f: what better contact does to the constriction in the bulk."""
_ENOUGH = 1e-2
"""A fit that gains less chi-square in a step is at rest."""
_COMMON = 3
"""u, ln f and β come first; then δ and γ of every element after the resistor."""


@dataclass(frozen=True, slots=True, eq=False)
class JointProfile:
    """What is left at every η once all other parameters are optimised.

    Attributes
    ----------
    chi2 : numpy.ndarray, shape (k,)
        Of both spectra, at the assumed noise.
    strain : numpy.ndarray, shape (k,)
        Chi-square of the priors.
    log_det : numpy.ndarray, shape (k,)
        Of the curvature matrix.
    parameters : numpy.ndarray, shape (k, p + 3 + 2 m)
        Of the reference's circuit; then u, ln f, β; then δ and γ of each element.
    """

    chi2: FloatArray
    strain: FloatArray
    log_det: FloatArray
    parameters: FloatArray


def joint_profile(
    layout: tuple[Any, ...],
    data: ComplexArray,
    eta: FloatArray,
    priors: FloatArray,
    weight: float,
) -> JointProfile:
    """Optimise everything but η, for every η of a grid.

    Parameters
    ----------
    layout : tuple
        Kinds of the elements; their activation energies (eV); how far each follows the area of
        contact (0 or 1); ln ω of the reference, ln ω of the present spectrum.
    data : numpy.ndarray, shape (n_0 + n_1,), complex
        Reference, then present spectrum (Ω).
    eta : numpy.ndarray, shape (k,)
    priors : numpy.ndarray, shape (p + 3 + 2 m, 5)
        As those of :func:`softbreak.physics._pair_fit.profile`.
    weight : float
        1 / noise².
    """
    chi2, log_det, parameters = sweep(
        lambda start, at: _settle(start, at, layout, data, priors, weight), eta, priors[:, 0].copy()
    )
    return JointProfile(chi2[:, 0], chi2[:, 1], log_det, parameters)


def joint_model(layout: tuple[Any, ...], phi: FloatArray, eta: float) -> ComplexArray:
    """Return both spectra (Ω) for one set of parameters."""
    count = len(layout[3]) + len(layout[4])
    z = np.empty(2 * count)
    _joint(phi, eta, layout, _room(layout, len(phi)), z, np.zeros((len(phi), 2 * count)))
    return z[:count] + 1j * z[count:]


@strict
def _deformed(phi: Any, layout: Any, theta: Any, chain: Any) -> None:
    """Turn the reference's circuit into the present one's, with its slopes along phi."""
    kinds, energy, follows = layout[0], layout[1], layout[2]
    count, elements = len(theta), len(kinds) - 2
    chain[:] = 0.0
    for p in range(count):
        theta[p] = phi[p]
        chain[p, p] = 1.0
    u, contact = phi[count], phi[count + 1]
    theta[1] += -energy[0] * u + BULK_CONTACT * contact + phi[count + 2]
    chain[1, count], chain[1, count + 1], chain[1, count + 2] = -energy[0], BULK_CONTACT, 1.0
    p = 2
    for k in range(elements):
        delta, grow = count + _COMMON + k, count + _COMMON + elements + k
        shift = phi[grow]
        theta[p] += -energy[k + 1] * u - follows[k] * contact + phi[delta] + shift
        chain[p, count], chain[p, count + 1] = -energy[k + 1], -follows[k]
        chain[p, delta] = chain[p, grow] = 1.0
        theta[p + 1] -= energy[k + 1] * u
        chain[p + 1, count] = -energy[k + 1]
        if kinds[k + 2] == ARC:
            n = logistic(phi[p + 2])
            theta[p + 1] += shift / n
            chain[p + 1, grow] = 1.0 / n
            chain[p + 1, p + 2] = -shift * (1.0 - n) / n
            p += 3
        else:
            theta[p + 1] += shift
            chain[p + 1, grow] = 1.0
            p += 2


@exact
def _room(layout: Any, width: int) -> Any:
    """Return what :func:`_joint` leaves for :func:`_slopes`.

    The present circuit's parameters with their slopes along phi, and those of its DC resistance;
    its own slopes; Z of the ions, and the share of it that is left beside electrons.
    """
    kinds, points = layout[0], len(layout[4])
    count = width - _COMMON - 2 * (len(kinds) - 2)
    return (
        np.empty(count),
        np.empty((count, width)),
        np.empty(count),
        np.empty((count, 2 * points)),
        np.empty(2 * points),
        np.empty(2 * points),
    )


@exact
def _joint(phi: Any, eta: float, layout: Any, room: Any, z: Any, jac: Any) -> None:
    """Fill both spectra, and the reference's slopes: real parts, then imaginary parts.

    Where the reference has no slope, ``jac`` is left as it is.
    """
    kinds, before, now = layout[0], layout[3], layout[4]
    theta, chain, dc_slope, slopes, ionic, lower = room
    first, points = len(before), len(before) + len(now)
    series(kinds, phi[: len(theta)], before, (0, points, 0, points), z, jac)
    _deformed(phi, layout, theta, chain)
    series(kinds, theta, now, (first, points + first, 0, len(now)), z, slopes)
    dc = _direct_current(kinds, theta, dc_slope)
    g = eta / (1.0 - eta) / dc
    for i in range(len(now)):
        cable = slopes[0, len(now) + i]
        x, y = z[first + i], z[points + first + i] - cable
        u, v = reciprocal(1.0 + g * x, g * y)
        z[first + i], z[points + first + i] = x * u - y * v, x * v + y * u + cable
        ionic[i], ionic[len(now) + i] = x, y
        lower[i], lower[len(now) + i] = u, v


@exact
def _direct_current(kinds: Any, theta: Any, dc_slope: Any) -> float:
    """Return the resistance of all elements (Ω); fill its slopes."""
    dc_slope[:] = 0.0
    p = 1
    for k in range(1, len(kinds)):
        dc_slope[p] = np.exp(theta[p])
        p += 1 if k == 1 else (3 if kinds[k] == ARC else 2)
    return dc_slope.sum()


@exact
def _slopes(eta: float, room: Any, jac: Any) -> None:
    """Fill the present spectrum's slopes, a row a parameter, after :func:`_joint`."""
    _, chain, dc_slope, slopes, ionic, lower = room
    count, points = len(slopes), len(ionic) // 2
    first, half = jac.shape[1] // 2 - points, jac.shape[1] // 2
    dc = dc_slope.sum()
    share = eta / (1.0 - eta) / dc / dc
    square = np.empty(2 * points)
    shunt = np.empty(2 * points)
    for i in range(points):
        u, v = lower[i], lower[points + i]
        square[i], square[points + i] = u * u - v * v, u * v + v * u
        x, y = ionic[i], ionic[points + i]
        shunt[i], shunt[points + i] = (x * x - y * y) * share, (x * y + y * x) * share
    for p in range(1, count):
        for i in range(points):
            x = slopes[p, i] + shunt[i] * dc_slope[p]
            y = slopes[p, points + i] + shunt[points + i] * dc_slope[p]
            slopes[p, i] = x * square[i] - y * square[points + i]
            slopes[p, points + i] = x * square[points + i] + y * square[i]
    for q in range(len(jac)):
        jac[q, first:half] = 0.0
        jac[q, half + first :] = 0.0
    for p in range(count):
        for q in range(len(jac)):
            along = chain[p, q]
            if along != 0.0:
                for i in range(points):
                    jac[q, first + i] += slopes[p, i] * along
                for i in range(points):
                    jac[q, half + first + i] += slopes[p, points + i] * along


@strict
def _settle(start: Any, eta: float, layout: Any, data: Any, priors: Any, weight: float) -> Any:
    """Fit from one start; return parameters, both parts of chi-square, log det."""
    search = begin(start, data, weight)
    room = _room(layout, len(start))
    while True:
        _joint(search[1], eta, layout, room, search[2], search[3])
        if improves(search, priors, weight):
            _slopes(eta, room, search[3])
        if not goes_on(search, priors, _ENOUGH):
            return settled(search)
