"""An electronic path beside an ionic one, fitted to a whole temperature series.

The exact relation of the local slopes and what limits it: :mod:`softbreak.physics.arrhenius`.
Temperatures are in K, resistances in Ω or Ω cm² (one of them in a call), energies in eV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softbreak.physics.arrhenius import apparent_activation_energy
from softbreak.physics.constants import BOLTZMANN_EV

__all__ = ["MISFIT", "Priors", "TwoPathFit", "two_path_fraction"]

FloatArray = NDArray[np.float64]

MISFIT: Final = 3.0
"""From this reduced χ² on two paths do not describe the curve."""
_GRID: Final = 120
_REFINEMENTS: Final = 3
_EDGE: Final = 0.01
_CHI2_90: Final = 2.706
_TCR_METAL: Final = 0.0043
_ROUNDS: Final = 40
_SMALL_STEP: Final = 1e-7
_LOG_R, _BULK, _INTERFACE, _SHARE, _ELECTRONIC = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class TwoPathFit:
    """Electronic fraction from the global fit of two parallel paths.

    Attributes
    ----------
    fraction, sd, lower, upper : float
        η at the reference temperature: median, standard deviation, central 90 % interval of its
        posterior under a flat prior between 0 and 1. The interval reaches to 0 (or 1) where that
        value itself is not rejected.
    reference_kelvin : float
    temperature_kelvin, fraction_at : numpy.ndarray
        η at each measured temperature, for the best fit.
    fitted_resistance : numpy.ndarray
        Resistance of the best fit at each temperature.
    bulk_ev, interface_ev, electronic_ev : float
        Energies of the best fit (eV).
    reduced_chi2 : float
        Misfit per degree of freedom, priors counted as data.
    fits : bool
        Whether two paths describe the curve (reduced χ² below 3). Otherwise the errors were
        widened to the misfit and the answer is doubtful.
    """

    fraction: float
    sd: float
    lower: float
    upper: float
    reference_kelvin: float
    temperature_kelvin: FloatArray
    fraction_at: FloatArray
    fitted_resistance: FloatArray
    bulk_ev: float
    interface_ev: float
    electronic_ev: float
    reduced_chi2: float
    fits: bool


def two_path_fraction(
    temperature: ArrayLike,
    resistance: ArrayLike,
    *,
    relative_sd: float = 0.01,
    temperature_sd: float = 0.5,
    priors: Priors | None = None,
    reference_kelvin: float = 298.15,
) -> TwoPathFit:
    """Fit an electronic path beside an ionic one to a whole temperature series.

    ``1/R(T) = G_e m(T) + 1 / (R_b e^{E_b x} + R_int e^{E_int x})`` with ``x = 1/kT - 1/kT_0``;
    ``m = 1/(1 + α (T - T_0))`` for metal, ``e^{-E_e x}`` for a mixed conductor. For every η on a
    grid the other parameters are fitted under their priors; the profile over η, with the width
    of the others (Laplace), is its posterior.

    Parameters
    ----------
    temperature, resistance : array_like, shape (n,)
        K and Ω (or Ω cm²) of the DC limit (low-frequency intercept), n >= 3.
    relative_sd : float
        Standard deviation of ln R of one measurement (1).
    temperature_sd : float
        Standard deviation of a temperature (K); 1 K is 4 to 5 % of R.
    priors : Priors, optional
        What is known of the energies, and which kind of path electrons have.
    reference_kelvin : float
        Temperature at which η is reported (K); best inside the series.

    Returns
    -------
    TwoPathFit

    Raises
    ------
    ValueError
        If fewer than three temperatures are given, or values are not positive.
    """
    kelvin, r = np.asarray(temperature, float), np.asarray(resistance, float)
    good = np.isfinite(kelvin) & np.isfinite(r)
    kelvin, r = kelvin[good], r[good]
    if len(np.unique(np.round(kelvin, 1))) < 3:
        raise ValueError(f"two paths need three temperatures at least, here are {len(kelvin)}")
    if not ((kelvin > 0).all() and (r > 0).all()):
        raise ValueError("temperatures (K) and resistances must be positive")
    priors = priors or Priors()
    grid = (np.arange(_GRID) + 0.5) / _GRID
    energy: ArrayLike = abs(apparent_activation_energy(kelvin, r).energy_ev)
    for _ in range(_REFINEMENTS):
        # An error of the temperature counts as much as the local slope makes of it.
        sd = np.hypot(relative_sd, energy * (temperature_sd / (BOLTZMANN_EV * kelvin**2)))
        found = _profile(grid, kelvin, np.log(r), sd, priors, reference_kelvin)
        best = int(np.argmin(found.chi2))
        reduced = float(found.chi2[best]) / max(len(kelvin) - 2, 1)
        weight = _posterior(found.chi2, found.log_width, max(reduced, 1.0))
        lower, middle, upper = _quantiles(grid, weight, (0.05, 0.5, 0.95))
        mean = float((weight * grid).sum())
        spread = float(np.sqrt((weight * (grid - mean) ** 2).sum()))
        rejected = found.chi2 - found.chi2[best] > _CHI2_90 * max(reduced, 1.0)
        touches = (grid[0] < _EDGE and not rejected[0], grid[-1] > 1 - _EDGE and not rejected[-1])
        energy = np.abs(found.energy_at[best])
        grid = _finer(grid, mean, spread)
    return TwoPathFit(
        fraction=middle,
        sd=spread,
        lower=0.0 if touches[0] else lower,
        upper=1.0 if touches[1] else upper,
        reference_kelvin=reference_kelvin,
        temperature_kelvin=kelvin,
        fraction_at=found.fraction_at[best],
        fitted_resistance=np.exp(found.log_resistance[best]),
        bulk_ev=float(found.parameters[best, 1]),
        interface_ev=float(found.parameters[best, 2]),
        electronic_ev=float(found.parameters[best, 4]),
        reduced_chi2=reduced,
        fits=reduced < MISFIT,
    )


def _finer(grid: FloatArray, mean: float, spread: float) -> FloatArray:
    """Return a grid of as many cells where the posterior is."""
    step = float(grid[1] - grid[0])
    reach = 6.0 * spread + 2.0 * step
    low, high = max(mean - reach, 0.0), min(mean + reach, 1.0)
    return low + (np.arange(_GRID) + 0.5) * (high - low) / _GRID


def _posterior(chi2: FloatArray, log_width: FloatArray, scale: float) -> FloatArray:
    log_weight = -0.5 * (chi2 - chi2.min()) / scale + log_width
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum()


def _quantiles(
    fraction: FloatArray, weight: FloatArray, wanted: tuple[float, ...]
) -> tuple[float, ...]:
    """Quantiles of a density on a regular grid of cells."""
    half = 0.5 * float(fraction[1] - fraction[0])
    edges = np.concatenate((fraction - half, [fraction[-1] + half]))
    cumulated = np.concatenate(([0.0], np.cumsum(weight)))
    return tuple(float(np.interp(p, cumulated, edges)) for p in wanted)


# ------------------------------------------------------------- the fit, for all η at once
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


def _profile(
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
