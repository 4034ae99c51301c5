"""Equations 1 to 3 of the soft-breakdown paper, exactly and as printed.

Source of all: C. Wang et al., Joule 2022, doi 10.1016/j.joule.2022.05.020. Its Equation 2 equates
two different ratios, the electronic current over the *mixed* current and over the *ionic*
current; they agree only to first order. Here each has its own name: :func:`electronic_fraction`
(2a, exact, between 0 and 1) is what softbreak stores and compares with limits;
:func:`ratio_electronic_to_ionic` (2b, unbounded) is the right-hand side as printed and must never
be shown as a percentage of the mixed current.

All functions take arrays or scalars that broadcast and return float64 arrays. Resistances may be
given in Ω or in Ω cm² as long as one call keeps to one of them; currents likewise (A or A cm⁻²).
Missing input (NaN) gives a missing result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

QUANTILE_95 = 1.6448536269514722
"""Standard normal quantile of 0.95: a central 90 % interval reaches this many sd each way."""


@dataclass(frozen=True, slots=True, eq=False)
class FractionEstimate:
    """An electronic fraction η_e = I_e / I_mixed with its uncertainty.

    Attributes
    ----------
    value : numpy.ndarray
        Point estimate (1). Not clipped: a value below 0 says that the assumed ionic resistance is
        too small.
    sd : numpy.ndarray
        Standard deviation to first order (1).
    lower, upper : numpy.ndarray
        Central 90 % interval, clipped to 0 … 1 (1).
    """

    value: FloatArray
    sd: FloatArray
    lower: FloatArray
    upper: FloatArray


def mixed_current(
    voltage: ArrayLike, ionic_resistance: ArrayLike, electronic_resistance: ArrayLike
) -> FloatArray:
    """Current that ions and electrons carry side by side (Equation 1).

    ``I_mixed = V / R_i + V / R_e`` with ``R_i = R_ion + R_SEI + R_ct``.

    Parameters
    ----------
    voltage : array_like
        Across the stack, cables removed (V); its sign carries over to the current.
    ionic_resistance, electronic_resistance : array_like
        R_i and R_e (Ω or Ω cm²), not negative; ``inf`` where a path does not exist.

    Returns
    -------
    numpy.ndarray
        Current (A or A cm⁻²).

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020, Equation 1.
    """
    v, r_i, r_e = _floats(voltage, ionic_resistance, electronic_resistance)
    with np.errstate(divide="ignore", invalid="ignore"):
        return v / r_i + v / r_e


def electronic_fraction(
    ionic_resistance: ArrayLike, electronic_resistance: ArrayLike
) -> FloatArray:
    """Share of the mixed current that electrons carry: Equation 2, exact.

    ``η_e = I_e / I_mixed = R_i / (R_i + R_e) = 1 - R_tot / R_i``, between 0 and 1.

    Parameters
    ----------
    ionic_resistance, electronic_resistance : array_like
        R_i and R_e (Ω or Ω cm²), not negative; ``inf`` where a path does not exist.

    Returns
    -------
    numpy.ndarray
        η_e (1); NaN where neither path exists or both are perfect.

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020, left-hand side of Equation 2.
    """
    r_i, r_e = _floats(ionic_resistance, electronic_resistance)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return 1.0 / (1.0 + r_e / r_i)


def ratio_electronic_to_ionic(
    ionic_resistance: ArrayLike, electronic_resistance: ArrayLike
) -> FloatArray:
    """Electronic over *ionic* current: the right-hand side of Equation 2 as printed.

    ``ρ_e = I_e / I_ion = R_i / R_e = η_e / (1 - η_e)``, from 0 without limit. It exceeds η_e by
    the relative amount ρ_e (η_e 5 % prints as 5.3 %, 50 % as 100 %): never call it a share of the
    mixed current.

    Parameters
    ----------
    ionic_resistance, electronic_resistance : array_like
        R_i and R_e (Ω or Ω cm²), not negative.

    Returns
    -------
    numpy.ndarray
        ρ_e (1).

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020, right-hand side of Equation 2.
    """
    r_i, r_e = _floats(ionic_resistance, electronic_resistance)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return r_i / r_e


def electronic_fraction_from_ratio(ratio: ArrayLike) -> FloatArray:
    """Turn the printed ratio ρ_e = I_e / I_ion into η_e = ρ_e / (1 + ρ_e).

    Parameters
    ----------
    ratio : array_like
        ρ_e (1), not negative; ``inf`` gives 1.

    Returns
    -------
    numpy.ndarray
        η_e (1), between 0 and 1.

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020, Equation 2.
    """
    (rho,) = _floats(ratio)
    with np.errstate(divide="ignore"):
        return 1.0 / (1.0 + 1.0 / rho)


def ratio_from_electronic_fraction(fraction: ArrayLike) -> FloatArray:
    """Turn η_e into the printed ratio ρ_e = I_e / I_ion = η_e / (1 - η_e).

    Parameters
    ----------
    fraction : array_like
        η_e (1), between 0 and 1; 1 gives ``inf``.

    Returns
    -------
    numpy.ndarray
        ρ_e (1).

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020, Equation 2.
    """
    (eta,) = _floats(fraction)
    with np.errstate(divide="ignore"):
        return eta / (1.0 - eta)


def current_increase_ratio(current_after: ArrayLike, current_initial: ArrayLike) -> FloatArray:
    """Relative rise of the voltammetric peak current (Equation 3).

    ``ω = (I_after - I_initial) / I_initial``, both at the same voltage and scan rate.

    Parameters
    ----------
    current_after, current_initial : array_like
        Currents of one sign convention (A or A cm⁻²).

    Returns
    -------
    numpy.ndarray
        ω (1); positive where the current rose. NaN where the initial current is zero.

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020, Equation 3.
    """
    after, initial = _floats(current_after, current_initial)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(initial == 0.0, np.nan, (after - initial) / initial)


def electronic_fraction_from_omega(
    omega: ArrayLike, growth: ArrayLike = 1.0, initial_fraction: ArrayLike = 0.0
) -> FloatArray:
    """Electronic fraction after a rise ω of the current, given what the ionic path did.

    ``η_1 = 1 - (1 - η_0) / ((1 + ω) r)`` with ``r = R_i,after / R_i,initial``. With an unchanged
    ionic path and a cell that was healthy, this is ``ω / (1 + ω)``. An unchanged current (ω = 0)
    hides ``η_1 = 1 - 1 / r``: an interphase that doubled R_i hides 50 % of electrons.

    Parameters
    ----------
    omega : array_like
        ω (1), above -1; see :func:`current_increase_ratio`.
    growth : array_like
        r (1), positive: above 1 where the interphase grew, below 1 where contact improved or the
        cell was warmer.
    initial_fraction : array_like
        η_0 (1), between 0 and 1.

    Returns
    -------
    numpy.ndarray
        η_1 (1). Not clipped: below 0 the assumed growth contradicts ω. NaN where ω <= -1 or
        r <= 0.

    References
    ----------
    Exact consequence of Equations 1 and 3 of Joule 2022, doi 10.1016/j.joule.2022.05.020.
    """
    w, r, eta_0 = _floats(omega, growth, initial_fraction)
    legal = (w > -1.0) & (r > 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(legal, 1.0 - (1.0 - eta_0) / ((1.0 + w) * r), np.nan)


def electronic_fraction_from_resistance(
    total_resistance: ArrayLike,
    ionic_resistance: ArrayLike,
    *,
    total_relative_sd: ArrayLike = 0.0,
    ionic_relative_sd: ArrayLike = 0.0,
) -> FractionEstimate:
    """Electronic fraction from the measured resistance and the ionic one, with its uncertainty.

    ``η_e = 1 - R_tot / R_i`` and ``sd(η_e) = (1 - η_e) sqrt(s_tot² + s_i²)``, where ``s`` are the
    standard deviations of ``ln R``. The interval takes ``R_tot / R_i`` as log-normal.

    Parameters
    ----------
    total_resistance : array_like
        Measured DC resistance R_tot = R_i ∥ R_e (Ω or Ω cm²), not negative.
    ionic_resistance : array_like
        What the ionic path alone would have *now*, R_i (same unit), positive.
    total_relative_sd, ionic_relative_sd : array_like
        Standard deviations of ln R_tot and ln R_i (1). 5 % of R_i puts the two-sigma limit of
        detection at η_e ≈ 0.10.

    Returns
    -------
    FractionEstimate

    References
    ----------
    Exact form of Equation 2 of Joule 2022, doi 10.1016/j.joule.2022.05.020.
    """
    r_tot, r_i = _floats(total_resistance, ionic_resistance)
    s_tot, s_i = _floats(total_relative_sd, ionic_relative_sd)
    spread = np.hypot(s_tot, s_i)
    with np.errstate(divide="ignore", invalid="ignore"):
        ionic_share = r_tot / np.where(r_i > 0.0, r_i, np.nan)
    ionic_share, spread = np.broadcast_arrays(ionic_share, spread)
    return FractionEstimate(
        value=1.0 - ionic_share,
        sd=ionic_share * spread,
        lower=np.clip(1.0 - ionic_share * np.exp(QUANTILE_95 * spread), 0.0, 1.0),
        upper=np.clip(1.0 - ionic_share * np.exp(-QUANTILE_95 * spread), 0.0, 1.0),
    )


def electronic_fraction_from_event(
    voltage_after: ArrayLike, voltage_before: ArrayLike
) -> FloatArray:
    """Electronic fraction right after a sudden drop of the voltage at constant current.

    ``η_e = 1 - V₊ / V₋``: the ionic path cannot change within one sample, so what the voltage
    lost went to electrons. For a recovery, exchange the two voltages.

    Parameters
    ----------
    voltage_after, voltage_before : array_like
        Samples on both sides of the event, at one imposed current, cables removed (V).

    Returns
    -------
    numpy.ndarray
        η_e (1), on top of what electrons already carried: with η_0 before the event the fraction
        is ``1 - (1 - η_0) V₊ / V₋``. Negative for a rise; NaN where V₋ is zero.

    References
    ----------
    Follows from Equation 1 of Joule 2022, doi 10.1016/j.joule.2022.05.020, at constant R_i. The
    rule uses it, with an interval, in :mod:`softbreak.models.rules.kernels.drops`.
    """
    after, before = _floats(voltage_after, voltage_before)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(before == 0.0, np.nan, 1.0 - after / before)


def _floats(*values: ArrayLike) -> tuple[NDArray[Any], ...]:
    return tuple(np.asarray(value, dtype=np.float64) for value in values)
