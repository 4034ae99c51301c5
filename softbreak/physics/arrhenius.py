"""Temperature series: apparent activation energy, and the electronic fraction behind it.

Joule 2022 (doi 10.1016/j.joule.2022.05.020) reports that the apparent activation energy falls
after a soft breakdown (its Figure S6; idea of doi 10.1016/j.joule.2021.12.009). The exact relation
for two paths side by side, each with its local slope, is

    E_app(T) = (1 - η) E_i + η E_e        so        η(T) = (E_i - E_app) / (E_i - E_e)

with ``E = d ln R / d(1/kT)``. An Arrhenius plot of two paths is curved: a slope over a wide range
is neither end's, and η from it is too low.
:func:`softbreak.physics.two_path.two_path_fraction` therefore fits the whole
curve. A metallic path (E_e ≈ -0.03 eV) separates well; a semiconducting one (0.1 to 0.3 eV) hardly
does above -20 °C, and the interval says so.

Temperatures are in K, resistances in Ω or Ω cm² (one of them in a call), energies in eV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softbreak.physics.constants import BOLTZMANN_EV
from softbreak.physics.equations import QUANTILE_95, FractionEstimate
from softbreak.physics.regression import line, student_95

FloatArray = NDArray[np.float64]

"""eV K⁻¹."""
TCR_METAL: Final = 0.0043
"""Relative rise of a lithium filament's resistance per K near room temperature."""


@dataclass(frozen=True, slots=True)
class ActivationEnergy:
    """Apparent activation energy of a temperature series.

    Attributes
    ----------
    energy_ev, sd_ev, lower_ev, upper_ev : float
        Slope of ln R over 1/kT with its central 90 % interval (eV); unbounded for two points.
    reference_ohm : float
        Resistance of the line at 25 °C (Ω or Ω cm²).
    curvature_z : float
        Quadratic term over its standard deviation: beyond ±3 the plot is curved and one slope
        does not describe it. Negative: the slope falls towards the cold, as with two paths.
    points : int
    """

    energy_ev: float
    sd_ev: float
    lower_ev: float
    upper_ev: float
    reference_ohm: float
    curvature_z: float
    points: int


class EnergyChange(NamedTuple):
    """Apparent activation energy after minus before.

    Attributes
    ----------
    change_ev, sd_ev, lower_ev, upper_ev : float
        With its central 90 % interval (eV).
    fell : bool
        The interval lies below zero: the paper's sign of a soft breakdown.
    fraction : FractionEstimate
        η after, if the ionic slope stayed as it was before and the cell was sound then.
    """

    change_ev: float
    sd_ev: float
    lower_ev: float
    upper_ev: float
    fell: bool
    fraction: FractionEstimate


def apparent_activation_energy(
    temperature: ArrayLike, resistance: ArrayLike, relative_sd: ArrayLike | None = None
) -> ActivationEnergy:
    """Slope of ln R over 1/kT.

    Parameters
    ----------
    temperature, resistance : array_like, shape (n,)
        K, and Ω or Ω cm², positive.
    relative_sd : array_like, optional
        Standard deviations of ln R (1). Without them, or where the points scatter more, the
        scatter counts.

    Returns
    -------
    ActivationEnergy
        NaN below two temperatures.
    """
    kelvin, r = np.asarray(temperature, float), np.asarray(resistance, float)
    reference = 1.0 / (BOLTZMANN_EV * 298.15)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(kelvin > 0, 1.0 / (BOLTZMANN_EV * kelvin), np.nan) - reference
        fit = line(x, np.where(r > 0, np.log(r), np.nan), relative_sd)
    lower, upper = fit.slope_interval() if fit.freedom > 0 else (-np.inf, np.inf)
    return ActivationEnergy(
        energy_ev=fit.slope,
        sd_ev=fit.slope_sd,
        lower_ev=lower,
        upper_ev=upper,
        reference_ohm=float(np.exp(fit.intercept)),
        curvature_z=fit.curvature_z,
        points=fit.freedom + 2,
    )


def local_energies(temperature: ArrayLike, resistance: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Local slopes between neighbouring temperatures.

    Parameters
    ----------
    temperature, resistance : array_like, shape (n,)
        K, and Ω or Ω cm².

    Returns
    -------
    tuple of numpy.ndarray, each of shape (n - 1,)
        Temperatures (K) half-way in 1/T, and E_app there (eV), from cold to warm.
    """
    kelvin, r = np.asarray(temperature, float), np.asarray(resistance, float)
    order = np.argsort(kelvin, kind="stable")
    beta, log_r = 1.0 / (BOLTZMANN_EV * kelvin[order]), np.log(r[order])
    step = np.diff(beta)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(np.abs(step) > 0, np.diff(log_r) / step, np.nan)
    return 2.0 / (BOLTZMANN_EV * (beta[1:] + beta[:-1])), slope


def metallic_energy(temperature: ArrayLike) -> FloatArray:
    """Local slope d ln R / d(1/kT) of a metallic path: about -0.03 eV at room temperature.

    ``R ~ 1 + α (T - 298 K)`` gives ``E = -k T² α / (1 + α (T - 298 K))``.

    Parameters
    ----------
    temperature : array_like
        K.

    Returns
    -------
    numpy.ndarray
        eV.
    """
    kelvin = np.asarray(temperature, dtype=np.float64)
    return -BOLTZMANN_EV * kelvin**2 * TCR_METAL / (1.0 + TCR_METAL * (kelvin - 298.15))


def electronic_fraction_from_slope(
    apparent: ArrayLike,
    ionic: ArrayLike,
    electronic: ArrayLike,
    *,
    apparent_sd: ArrayLike = 0.0,
    ionic_sd: ArrayLike = 0.0,
    electronic_sd: ArrayLike = 0.0,
) -> FractionEstimate:
    """Electronic fraction from local slopes: exact for slopes at one temperature.

    ``η = (E_i - E_app) / (E_i - E_e)``.

    Parameters
    ----------
    apparent, ionic, electronic : array_like
        E_app, E_i, E_e (eV).
    apparent_sd, ionic_sd, electronic_sd : array_like
        Standard deviations (eV).

    Returns
    -------
    FractionEstimate
        To first order; not clipped. NaN where both paths have one slope.
    """
    app, ion, el, s_app, s_ion, s_el = (
        np.asarray(a, dtype=np.float64)
        for a in (apparent, ionic, electronic, apparent_sd, ionic_sd, electronic_sd)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(ion != el, ion - el, np.nan)
        value = (ion - app) / apart
        sd = np.sqrt(s_app**2 + ((1 - value) * s_ion) ** 2 + (value * s_el) ** 2) / np.abs(apart)
    value, sd = np.broadcast_arrays(value, sd)
    return FractionEstimate(
        value,
        sd,
        np.clip(value - QUANTILE_95 * sd, 0.0, 1.0),
        np.clip(value + QUANTILE_95 * sd, 0.0, 1.0),
    )


def energy_change(
    before: ActivationEnergy,
    after: ActivationEnergy,
    *,
    electronic_ev: float = -0.03,
    electronic_sd_ev: float = 0.1,
) -> EnergyChange:
    """Compare two temperature series of one cell over the same range.

    Parameters
    ----------
    before, after : ActivationEnergy
    electronic_ev, electronic_sd_ev : float
        Slope of the electronic path (eV): -0.03 for metal, 0.1 to 0.3 for a mixed conductor.

    Returns
    -------
    EnergyChange
        With three or more temperatures each; unbounded otherwise. The fraction inherits the
        global slopes' bias and is a lower reading.
    """
    change = after.energy_ev - before.energy_ev
    sd = float(np.hypot(before.sd_ev, after.sd_ev))
    freedom = min(before.points, after.points) - 2
    reach = student_95(freedom) * sd if freedom > 0 and np.isfinite(sd) else np.inf
    return EnergyChange(
        change,
        sd,
        change - reach,
        change + reach,
        bool(change + reach < 0),
        electronic_fraction_from_slope(
            after.energy_ev,
            before.energy_ev,
            electronic_ev,
            apparent_sd=after.sd_ev,
            ionic_sd=before.sd_ev,
            electronic_sd=electronic_sd_ev,
        ),
    )


def drift_on_return(temperature: ArrayLike, resistance: ArrayLike, within: float = 1.0) -> float:
    """Change of ln R between the first and the last visit of one temperature.

    A cell that changes while it is measured (LGPS with lithium dendrites, in the paper) has no
    activation energy. Only a series that comes back to a temperature can show it.

    Parameters
    ----------
    temperature, resistance : array_like, shape (n,)
        In the order of time (K; Ω or Ω cm²).
    within : float
        Temperatures closer than this (K) are one.

    Returns
    -------
    float
        Largest change of ln R in magnitude; NaN where no temperature was visited twice.
    """
    kelvin, r = np.asarray(temperature, float), np.asarray(resistance, float)
    worst = float("nan")
    for k in range(len(kelvin)):
        again = np.flatnonzero(np.abs(kelvin - kelvin[k]) <= within)
        # a visit ends when the series has moved on to another temperature
        apart = again[(again > k) & np.array([_left(kelvin, k, int(m), within) for m in again])]
        if len(apart):
            change = float(np.log(r[apart[-1]] / r[k]))
            worst = change if not abs(change) <= abs(worst) else worst
    return worst


def _left(kelvin: FloatArray, one: int, other: int, within: float) -> bool:
    return bool((np.abs(kelvin[one:other] - kelvin[one]) > within).any()) if other > one else False
