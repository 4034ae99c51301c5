"""The fit behind :func:`softbreak.physics.two_path.two_path_fraction`, for all η at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from softbreak.physics.constants import BOLTZMANN_EV

FloatArray = NDArray[np.float64]

_TCR_METAL: Final = 0.0043
_ROUNDS: Final = 40
_SMALL_STEP: Final = 1e-7
_LOG_R, _BULK, _INTERFACE, _SHARE, _ELECTRONIC = range(5)


@dataclass(frozen=True, slots=True)
class Priors:
    """What is known before a temperature series is looked at (normal distributions).

    Attributes
    ----------
    bulk_ev, interface_ev : float
        Activation energies of electrolyte and interface (eV).
    ionic_sd_ev : float
        Standard deviation of both (eV).
    interface_share : float
        Interface's part of the ionic resistance at the reference temperature (1).
    share_sd : float
        Standard deviation of its logit.
    electronic_ev, electronic_sd_ev : float or None, float
        Activation energy of a mixed-conducting path (eV). None: a metal, which has none.
    """

    bulk_ev: float = 0.33
    interface_ev: float = 0.48
    ionic_sd_ev: float = 0.10
    interface_share: float = 0.5
    share_sd: float = 1.5
    electronic_ev: float | None = None
    electronic_sd_ev: float = 0.10


class Profile(NamedTuple):
    """Best fits along a grid of η.

    Attributes
    ----------
    fraction : numpy.ndarray, shape (grid,)
        η at the reference temperature.
    chi2, log_width : numpy.ndarray, shape (grid,)
        Misfit with priors; logarithm of the volume that the other parameters have (Laplace).
    parameters : numpy.ndarray, shape (grid, 5)
        ln R at the reference, E_b, E_int, logit of the interface's share, E_e.
    log_resistance, fraction_at, energy_at : numpy.ndarray, shape (grid, temperatures)
        ln R, η and the local slope E_app (eV) at each temperature.
    """

    fraction: FloatArray
    chi2: FloatArray
    log_width: FloatArray
    parameters: FloatArray
    log_resistance: FloatArray
    fraction_at: FloatArray
    energy_at: FloatArray


def profile(
    eta: FloatArray,
    kelvin: FloatArray,
    log_resistance: FloatArray,
    sd: FloatArray,
    priors: Priors,
    reference_kelvin: float,
) -> Profile:
    """Fit the other parameters for every η by Levenberg-Marquardt, all grid points at once."""
    grid = len(eta)
    x = (1.0 / kelvin - 1.0 / reference_kelvin) / BOLTZMANN_EV
    metal = None
    if priors.electronic_ev is None:
        warmth = 1.0 + _TCR_METAL * (kelvin - reference_kelvin)
        metal = np.stack([-np.log(warmth), -BOLTZMANN_EV * kelvin**2 * _TCR_METAL / warmth])
    centre, tight = _prior(log_resistance, x, priors)
    theta = np.repeat(centre[None, :], grid, axis=0)
    damping = np.full(grid, 1e-3)

    def residuals(theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        model, jacobian, _, _ = _model(theta, eta, x, metal)
        weighted = (model - log_resistance) / sd
        return (
            np.concatenate((weighted, (theta - centre) * tight), axis=1),
            np.concatenate(
                (jacobian / sd[:, None], np.broadcast_to(np.diag(tight), (grid, 5, 5))), axis=1
            ),
        )

    left, slope = residuals(theta)
    chi2 = (left**2).sum(axis=1)
    for _ in range(_ROUNDS):
        gram = np.swapaxes(slope, 1, 2) @ slope
        pull = np.einsum("gij,gi->gj", slope, left)
        ridge = damping[:, None, None] * gram * np.eye(5)
        step = np.linalg.solve(gram + ridge, -pull[..., None])[..., 0]
        trial = theta + np.clip(step, -1.0, 1.0)
        new_left, new_slope = residuals(trial)
        new = (new_left**2).sum(axis=1)
        better = new <= chi2
        moved = np.where(better, chi2 - new, 0.0)
        theta = np.where(better[:, None], trial, theta)
        left, slope = (
            np.where(better[:, None], new_left, left),
            np.where(better[:, None, None], new_slope, slope),
        )
        chi2 = np.where(better, new, chi2)
        damping = np.where(better, damping * 0.2, damping * 8.0).clip(1e-9, 1e9)
        if better.any() and float(moved.max()) < _SMALL_STEP:
            break
    gram = np.swapaxes(slope, 1, 2) @ slope
    _, log_volume = np.linalg.slogdet(gram)
    model, _, share, energy = _model(theta, eta, x, metal)
    return Profile(eta, chi2, -0.5 * log_volume, theta, model, share, energy)


def _prior(
    log_resistance: FloatArray, x: FloatArray, priors: Priors
) -> tuple[FloatArray, FloatArray]:
    """Centres and inverse standard deviations of the five parameters."""
    nearest = float(log_resistance[int(np.argmin(np.abs(x)))])
    share = np.log(priors.interface_share / (1.0 - priors.interface_share))
    metal = priors.electronic_ev is None
    centre = np.array(
        [nearest, priors.bulk_ev, priors.interface_ev, share, priors.electronic_ev or 0.0]
    )
    # The level is free (10 nepers); a metal's energy takes no part and is merely held.
    sd = np.array(
        [
            10.0,
            priors.ionic_sd_ev,
            priors.ionic_sd_ev,
            priors.share_sd,
            1.0 if metal else priors.electronic_sd_ev,
        ]
    )
    return centre, 1.0 / sd


def _model(
    theta: FloatArray, eta: FloatArray, x: FloatArray, metal: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return ln R, its derivatives, η and E_app at each temperature, for each grid point."""
    share = 1.0 / (1.0 + np.exp(-theta[:, [_SHARE]]))
    bulk = (1.0 - share) * np.exp(np.clip(theta[:, [_BULK]] * x, -200, 200))
    interface = share * np.exp(np.clip(theta[:, [_INTERFACE]] * x, -200, 200))
    ionic = 1.0 / (bulk + interface)
    if metal is None:
        path = -np.clip(theta[:, [_ELECTRONIC]] * x, -200, 200)
        electronic_ev = theta[:, [_ELECTRONIC]]
    else:
        path, electronic_ev = metal
    electronic = eta[:, None] * np.exp(path) * np.ones_like(ionic)
    conductance = (1.0 - eta[:, None]) * ionic + electronic
    fraction = electronic / conductance
    # d ln R = (1 - η) d ln R_i + η d ln R_e
    ions = (1.0 - fraction) * ionic
    slopes = np.zeros((*ionic.shape, 5))
    slopes[..., _LOG_R] = 1.0
    slopes[..., _BULK] = ions * bulk * x
    slopes[..., _INTERFACE] = ions * interface * x
    slopes[..., _SHARE] = ions * ((1.0 - share) * interface - share * bulk)
    if metal is None:
        slopes[..., _ELECTRONIC] = fraction * x
    energy = ions * (bulk * theta[:, [_BULK]] + interface * theta[:, [_INTERFACE]])
    energy = energy + fraction * electronic_ev
    return theta[:, [_LOG_R]] - np.log(conductance), slopes, fraction, energy
