"""What a measurement that was not made yet would tell of η_e: Fisher information.

Each function predicts the standard deviation of η_e (Cramér–Rao bound, with priors) of one kind
of measurement, from what is known of the cell. It is a bound: real analyses do no better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softbreak.physics.constants import BOLTZMANN_EV

FloatArray = NDArray[np.float64]

THERMAL_VOLT: Final = 0.025693
"""RT/F at 298.15 K (V)."""
_TCR: Final = 0.0043
"""Relative rise of a metal's resistance per kelvin; (1 + 0.0043 ΔT) is its resistance."""
_VAGUE: Final = 5.0
"""Standard deviation of the logit of η_e before any measurement."""
_FREE: Final = 8.0
_SHARE_SD: Final = 0.3
"""Of the logit of the interface's share of R_i, known from a spectrum."""
_CABLE_HENRY: Final = 3e-7
_FILM_Q: Final = 1e-6
_LAYER_Q: Final = 5e-5
"""Of interphase and double layer (S sⁿ cm⁻²)."""


@dataclass(frozen=True, slots=True)
class CellGuess:
    """What is known of a cell before the next measurement, per area.

    Attributes
    ----------
    bulk_ohm_cm2 : float
        Ionic resistance of electrolyte and grain boundaries (Ω cm²).
    interface_ohm_cm2 : float
        Ionic resistance of both interphases with charge transfer (Ω cm²).
    transfer_ohm_cm2 : float
        The part of the latter that is charge transfer, 2 RT/(F j_0) (Ω cm²).
    eta : float
        Electronic fraction to be told from 0 (1), between 0 and 1.
    """

    bulk_ohm_cm2: float
    interface_ohm_cm2: float
    transfer_ohm_cm2: float
    eta: float

    @property
    def ionic_ohm_cm2(self) -> float:
        """R_i (Ω cm²)."""
        return self.bulk_ohm_cm2 + self.interface_ohm_cm2

    @property
    def total_ohm_cm2(self) -> float:
        """R_i beside R_e: what DC shows (Ω cm²)."""
        return (1.0 - self.eta) * self.ionic_ohm_cm2


def expected_sd(
    model: Callable[[FloatArray], FloatArray], theta: ArrayLike, prior_sd: ArrayLike
) -> float:
    """Return the Cramér–Rao bound on the first parameter.

    Parameters
    ----------
    model : callable
        Parameters to observables, each divided by its standard deviation.
    theta : array_like, shape (p,)
    prior_sd : array_like, shape (p,)
        Independent normal priors.

    Returns
    -------
    float
        Standard deviation, in the parameter's unit.

    References
    ----------
    Van Trees, Detection, Estimation, and Modulation Theory I (1968): Bayesian Cramér–Rao bound.
    """
    at = np.asarray(theta, dtype=np.float64)
    slopes = []
    for p in range(len(at)):
        step = np.zeros(len(at))
        step[p] = 1e-5
        slopes.append((model(at + step) - model(at - step)) / 2e-5)
    jacobian = np.stack(slopes, axis=1)
    information = jacobian.T @ jacobian + np.diag(np.asarray(prior_sd, float) ** -2.0)
    scale = 1.0 / np.sqrt(np.diag(information))
    inverse = np.linalg.inv(information * np.outer(scale, scale))
    return float(np.sqrt(inverse[0, 0]) * scale[0])


def single_spectrum_sd(
    cell: CellGuess, frequency: ArrayLike, *, noise: float = 0.005, bulk_sd: float | None = None
) -> float:
    """Predict the sd of η_e from one spectrum, given how well the bulk's resistance is known.

    Parameters
    ----------
    cell : CellGuess
    frequency : array_like
        Hz.
    noise : float
        Relative noise of each part of Z (1).
    bulk_sd : float, optional
        Standard deviation of the logarithm of the ionic bulk resistance; without it nothing but
        the prior remains.
    """
    omega = 2.0 * np.pi * np.asarray(frequency, dtype=np.float64)
    theta = np.array([_logit(cell.eta), *_stack(cell)])
    prior = np.full(len(theta), _FREE)
    prior[0], prior[2] = _VAGUE, bulk_sd or _FREE
    at = _impedance(theta[1:], cell.eta, omega)

    def model(phi: FloatArray) -> FloatArray:
        return _parts(_impedance(phi[1:], _expit(phi[0]), omega), at, noise)

    return _of_fraction(cell.eta, expected_sd(model, theta, prior))


def pair_sd(
    cell: CellGuess,
    frequency: ArrayLike,
    *,
    noise: float = 0.005,
    bulk_sd: float = 0.03,
    capacitance_sd: float = 0.10,
    exponent_sd: float = 0.01,
) -> float:
    """Predict the sd of η_e from a spectrum beside one of the same cell when it was healthy.

    Parameters
    ----------
    cell : CellGuess
    frequency : array_like
        Hz, of both.
    noise : float
        Relative noise of each part of Z (1).
    bulk_sd, capacitance_sd, exponent_sd : float
        How much ln R_bulk, ln Q and n may differ between the two (sd); the resistances of the
        interfaces are free.
    """
    omega = 2.0 * np.pi * np.asarray(frequency, dtype=np.float64)
    stack = np.array(_stack(cell))
    count = len(stack)
    arc = [_FREE, capacitance_sd, exponent_sd]
    theta = np.concatenate([[_logit(cell.eta)], stack, np.zeros(count - 1)])
    prior = np.array([_VAGUE, *np.full(count, _FREE), bulk_sd, *arc, *arc])
    before, now = _impedance(stack, 0.0, omega), _impedance(stack, cell.eta, omega)

    def model(phi: FloatArray) -> FloatArray:
        first, changed = phi[1 : count + 1], phi[1 : count + 1].copy()
        changed[1:] += phi[count + 1 :]
        return np.concatenate(
            [
                _parts(_impedance(first, 0.0, omega), before, noise),
                _parts(_impedance(changed, _expit(phi[0]), omega), now, noise),
            ]
        )

    return _of_fraction(cell.eta, expected_sd(model, theta, prior))


def temperature_series_sd(
    cell: CellGuess,
    celsius: ArrayLike,
    *,
    electronic_ev: float | None = None,
    noise: float = 0.01,
    kelvin_sd: float = 0.5,
    energy_sd: float = 0.10,
) -> float:
    """Predict the sd of η_e (at 25 °C) from the DC resistance at several temperatures.

    Parameters
    ----------
    cell : CellGuess
    celsius : array_like
        Temperatures (°C).
    electronic_ev : float, optional
        Activation energy of a mixed-conducting path (eV), itself known to ``energy_sd``. None:
        metal.
    noise : float
        Relative noise of the resistance (1).
    kelvin_sd : float
        Error of each temperature (K).
    energy_sd : float
        How well the ionic activation energies (0.33 and 0.48 eV) are known (eV).
    """
    kelvin = np.asarray(celsius, dtype=np.float64) + 273.15
    share = cell.interface_ohm_cm2 / cell.ionic_ohm_cm2
    energies = [0.33, 0.48, electronic_ev or 0.0]
    theta = np.array([_logit(cell.eta), 0.0, _logit(share), *energies])

    def log_resistance(phi: FloatArray, at: FloatArray) -> FloatArray:
        x = (1.0 / at - 1.0 / 298.15) / BOLTZMANN_EV
        eta, part = _expit(phi[0]), _expit(phi[2])
        ionic = (1.0 - part) * np.exp(phi[3] * x) + part * np.exp(phi[4] * x)
        path = 1.0 + _TCR * (at - 298.15) if electronic_ev is None else np.exp(phi[5] * x)
        result: FloatArray = phi[1] - np.log((1.0 - eta) / ionic + eta / path)
        return result

    # an error of the temperature counts as much as the local slope makes of it
    slope = (log_resistance(theta, kelvin + 0.01) - log_resistance(theta, kelvin - 0.01)) / 0.02
    sd = np.hypot(noise, slope * kelvin_sd)
    prior = [_VAGUE, _FREE, _SHARE_SD, energy_sd, energy_sd, energy_sd]
    bound = expected_sd(lambda phi: log_resistance(phi, kelvin) / sd, theta, prior)
    return _of_fraction(cell.eta, bound)


def voltammetry_sd(
    cell: CellGuess, vertex_volt: float, *, noise: float = 0.005, ohmic_sd: float | None = 0.03
) -> float:
    """Predict the sd of η_e from the curvature of one slow voltammogram.

    The ionic branch bends (asinh), the electronic one is straight: only where charge transfer
    is a fair part of R_i, the window is wide and the ohmic part is known, this tells them apart.

    Parameters
    ----------
    cell : CellGuess
    vertex_volt : float
        Half of the window (V).
    noise : float
        Relative noise of the current (1).
    ohmic_sd : float or None
        Standard deviation of ln R of everything but charge transfer; None where unknown.
    """
    volt = np.linspace(0.05, 1.0, 20) * vertex_volt
    ohmic = cell.ionic_ohm_cm2 - cell.transfer_ohm_cm2
    theta = np.array([_logit(cell.eta), np.log(ohmic), np.log(cell.transfer_ohm_cm2)])
    scale = 4.0 * THERMAL_VOLT

    def log_current(phi: FloatArray) -> FloatArray:
        r, transfer = np.exp(phi[1]), np.exp(phi[2])
        x = volt / (r + transfer)
        for _ in range(60):
            # x and its overpotential 4 RT/F asinh(x R_ct F / 4RT), by Newton's method
            miss = x * r + scale * np.arcsinh(x * transfer / scale) - volt
            x = x - miss / (r + transfer / np.sqrt(1.0 + (x * transfer / scale) ** 2))
        g = np.exp(phi[0]) / (r + transfer)
        result: FloatArray = np.log(x + g * volt) / noise
        return result

    prior = [_VAGUE, ohmic_sd or _FREE, _FREE]
    return _of_fraction(cell.eta, expected_sd(log_current, theta, prior))


def coulometry_sd(eta: float, capacity_sd: float = 0.05) -> float:
    """Predict the sd of η_e from stripping a thin electrode until it is gone.

    ``η = 1 - Q_Li / Q``, hence ``(1 - η) sd(ln Q_Li)``.

    Parameters
    ----------
    eta : float
    capacity_sd : float
        Relative uncertainty of the electrode's lithium (1); 15 µm ± 5 %.
    """
    return (1.0 - eta) * capacity_sd


def _stack(cell: CellGuess) -> list[float]:
    """Return ln L, ln R_b and two interface arcs (ln R, ln Q, n): of 1 cm²."""
    transfer = min(cell.transfer_ohm_cm2, 0.95 * cell.interface_ohm_cm2)
    film = cell.interface_ohm_cm2 - transfer
    arcs = [(film, _FILM_Q, 0.88), (transfer, _LAYER_Q, 0.82)]
    theta = [float(np.log(_CABLE_HENRY)), float(np.log(cell.bulk_ohm_cm2))]
    for r, q, n in arcs:
        theta += [float(np.log(r)), float(np.log(q)), n]
    return theta


def _impedance(stack: FloatArray, eta: float, omega: FloatArray) -> NDArray[np.complex128]:
    """Return Z (Ω cm²) of the stack with electrons beside it, behind its cable."""
    bulk = np.exp(stack[1])
    dc, z = bulk, np.full(len(omega), bulk, dtype=np.complex128)
    for k in (2, 5):
        r = np.exp(stack[k])
        z += r / (1.0 + r * np.exp(stack[k + 1]) * (1j * omega) ** stack[k + 2])
        dc += r
    g = eta / (1.0 - eta) / dc
    result: NDArray[np.complex128] = z / (1.0 + g * z) + 1j * omega * np.exp(stack[0])
    return result


def _parts(z: NDArray[np.complex128], at: NDArray[np.complex128], noise: float) -> FloatArray:
    size = np.abs(at) * noise
    return np.concatenate([z.real / size, z.imag / size])


def _logit(x: float) -> float:
    return float(np.log(x / (1.0 - x)))


def _expit(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-x)))


def _of_fraction(eta: float, logit_sd: float) -> float:
    return eta * (1.0 - eta) * logit_sd
