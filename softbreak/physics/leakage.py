"""Leakage: what a constant voltage drives through a cell when nothing else happens any more.

Between electrodes that exchange lithium the steady current flows through *both* paths, so that
``V / I`` is ``R_i ∥ R_e``: it bounds the electronic resistance from below and no more. Joule 2022
(doi 10.1016/j.joule.2022.05.020, its Figure S4) compares the leakage before and after cycling;
the ratio becomes an electronic fraction only with what the ionic path did meanwhile
(:func:`softbreak.physics.equations.electronic_fraction_from_omega`). Where the ionic current
decays by itself (polymers, t₊ < 1), the share of it that stays says more:
:func:`electronic_fraction_from_polarisation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softbreak.physics.equations import (
    QUANTILE_95,
    FractionEstimate,
    electronic_fraction_from_omega,
)
from softbreak.physics.regression import line

FloatArray = NDArray[np.float64]

TAIL: Final = 0.25
"""The last quarter of a hold is its end."""
SETTLED: Final = 0.02
"""A hold has settled when its last quarter, and what is to come, move it by less than that."""
AN_HOUR: Final = 3600.0
"""A drift that moves it by less than that in an hour (s) need not slow down: cells age."""
AGREEMENT: Final = 0.02
"""Two extrapolations must agree within this fraction of the last current."""
_LEAST_SAMPLES: Final = 6
_MICROMETRE_IN_CM: Final = 1e-4


class SteadyCurrent(NamedTuple):
    """The current that a hold at constant voltage tends to.

    Attributes
    ----------
    initial_ampere : float
        Mean of the first samples (A), whatever the double layer still takes included.
    end_ampere, end_sd_ampere : float
        Value at the end, from a line through the last quarter (A).
    steady_ampere : float
        Limit for infinite time (A); NaN where the decay does not allow to say.
    lower_ampere, upper_ampere : float
        Bounds of the steady magnitude (A): noise, and the drift that is still to come.
    drift : float
        Change over the last quarter relative to its mean; negative while it decays.
    settled : bool
    """

    initial_ampere: float
    end_ampere: float
    end_sd_ampere: float
    steady_ampere: float
    lower_ampere: float
    upper_ampere: float
    drift: float
    settled: bool


@dataclass(frozen=True, slots=True)
class LeakageResistance:
    """DC resistance from a hold, and what it bounds.

    Attributes
    ----------
    resistance_ohm, lower_ohm, upper_ohm : float
        V / I_steady with bounds (Ω); infinite where no current could be told from zero.
    electronic_at_least_ohm : float
        R_e is at least this (Ω): the lower bound of the DC resistance.
    electronic_conductivity_at_most_s_per_cm : float
        σ_e <= L / (R_DC A) (S cm⁻¹); NaN without area and thickness.
    """

    resistance_ohm: float
    lower_ohm: float
    upper_ohm: float
    electronic_at_least_ohm: float
    electronic_conductivity_at_most_s_per_cm: float


def steady_current(time: ArrayLike, current: ArrayLike) -> SteadyCurrent:
    """Read the end of a hold at constant voltage.

    Three equal stretches give the limit of an exponential decay in closed form (Aitken's Δ²). A
    decay slower than that (√t diffusion) still has a way to go: then the limit is unknown and
    only the current reached so far bounds the steady one.

    Parameters
    ----------
    time, current : array_like, shape (n,)
        s, A; at least 6 samples. The sign of the current is the hold's own.

    Returns
    -------
    SteadyCurrent
        Magnitudes, positive in the direction in which the current ends.

    Raises
    ------
    ValueError
        If fewer than 6 samples are given.
    """
    t, i = np.asarray(time, dtype=np.float64), np.asarray(current, dtype=np.float64)
    good = np.isfinite(t) & np.isfinite(i)
    t, i = t[good], i[good]
    if len(i) < _LEAST_SAMPLES:
        raise ValueError(f"a hold needs at least {_LEAST_SAMPLES} samples, this one has {len(i)}")
    begin, end = t[0], t[-1]
    last = t >= end - TAIL * (end - begin)
    if last.sum() < 3:
        last[-3:] = True
    mean = float(i[last].mean())
    magnitude = i * (1.0 if mean >= 0 else -1.0)
    mean = abs(mean)
    fit = line(t[last] - end, magnitude[last])
    final = fit.intercept if np.isfinite(fit.intercept) else mean
    noise = 0.0 if np.isnan(fit.residual_sd) else fit.residual_sd
    sd = max(fit.intercept_sd if np.isfinite(fit.intercept_sd) else 0.0, 0.0)
    span = float(np.ptp(t[last]))
    change = fit.slope * span if np.isfinite(fit.slope) else 0.0
    drift = change / mean if mean else 0.0
    limit = _limit(t, magnitude, noise)
    to_come = _to_come(t, magnitude, change)
    an_hour = abs(change) * max(AN_HOUR / span, 1.0) if span > 0.0 else 0.0
    stands = an_hour <= SETTLED * mean or _lost_in_noise(t, magnitude)
    settled = stands or max(abs(change), to_come) <= SETTLED * mean
    reach = QUANTILE_95 * sd
    if settled:
        lower, upper = final - reach - abs(change), final + reach
        steady = final
    else:
        # What still decays ends lower; what still rises ends higher.
        bounds = sorted((final, limit if np.isfinite(limit) else (0.0 if change < 0 else np.inf)))
        margin = reach + AGREEMENT * final
        lower, upper = bounds[0] - margin, bounds[1] + margin
        steady = limit
    return SteadyCurrent(
        initial_ampere=float(magnitude[: max(1, len(i) // 200)].mean()),
        end_ampere=final,
        end_sd_ampere=sd,
        steady_ampere=steady,
        lower_ampere=max(lower, 0.0),
        upper_ampere=upper,
        drift=drift,
        settled=bool(settled),
    )


def _lost_in_noise(time: FloatArray, current: FloatArray) -> bool:
    """Whether neither the last quarter nor the last half moves by more than its noise."""
    for share in (TAIL, 2 * TAIL):
        part = time >= time[-1] - share * (time[-1] - time[0])
        fit = line(time[part] - time[-1], current[part])
        if not abs(fit.slope) <= 2.0 * fit.slope_sd:
            return False
    return True


def _to_come(time: FloatArray, current: FloatArray, change: float) -> float:
    """What the current will still move by (A); a slow decay that was held shortly has far to go."""
    begin, end = time[0], time[-1]
    quarter = TAIL * (end - begin)
    part = (time >= end - 2 * quarter) & (time <= end - quarter)
    if part.sum() < 3:
        return float("inf")
    before = line(time[part] - end, current[part]).slope * float(np.ptp(time[part]))
    slowing = change / before if before * change > 0.0 else 0.0
    return abs(change) * slowing / (1.0 - slowing) if slowing < 1.0 else float("inf")


def _limit(time: FloatArray, current: FloatArray, noise: float) -> float:
    """Limit of an exponential relaxation; NaN where two parts of the hold disagree about it.

    An exponential has the same limit whichever part one looks at, a power law has not.
    """
    wide, late = (_aitken(time, current, noise, begin) for begin in (0.25, 0.5))
    agree = abs(wide - late) <= AGREEMENT * abs(float(current[-1]))
    return late if agree and late >= 0.0 else float("nan")


def _aitken(time: FloatArray, current: FloatArray, noise: float, begin: float) -> float:
    """Aitken's limit from three equal stretches after a fraction ``begin`` of the hold."""
    edges = time[0] + (time[-1] - time[0]) * np.linspace(begin, 1.0, 4)
    samples = int((time >= edges[0]).sum()) // 3
    if samples < 2:
        return float("nan")
    # Means from the running integral: edges need not fall on samples.
    area = np.concatenate(([0.0], np.cumsum(0.5 * (current[1:] + current[:-1]) * np.diff(time))))
    one, two, three = (float(m) for m in np.diff(np.interp(edges, time, area)) / np.diff(edges))
    first, second = two - one, three - two
    scatter = noise / np.sqrt(samples)
    slowing = first * second > 0 and abs(second) < 0.9 * abs(first)
    if not slowing or abs(second) <= 2.0 * scatter:
        return float("nan")
    return three - second**2 / (second - first)


def leakage_resistance(
    voltage: float,
    current: SteadyCurrent,
    *,
    offset_volt: float = 0.0,
    resolution_ampere: float = 0.0,
    thickness_um: float | None = None,
    area_cm2: float | None = None,
) -> LeakageResistance:
    """DC resistance with bounds from the steady current of a hold.

    Parameters
    ----------
    voltage : float
        Held voltage (V), not zero.
    current : SteadyCurrent
    offset_volt, resolution_ampere : float
        What the instrument cannot tell from zero (V, A).
    thickness_um, area_cm2 : float, optional
        Of the electrolyte, for the bound of its electronic conductivity.

    Returns
    -------
    LeakageResistance

    Raises
    ------
    ValueError
        If the voltage does not exceed the offset.
    """
    size = abs(voltage)
    if not size > offset_volt:
        raise ValueError(
            f"a hold at {size:.3g} V cannot be told from the offset of {offset_volt:.3g} V"
        )
    most = current.upper_ampere + resolution_ampere
    least = current.lower_ampere - resolution_ampere
    best = current.steady_ampere if np.isfinite(current.steady_ampere) else current.end_ampere
    lower = (size - offset_volt) / most if most > 0 else np.inf
    geometry = thickness_um * _MICROMETRE_IN_CM / area_cm2 if thickness_um and area_cm2 else np.nan
    return LeakageResistance(
        resistance_ohm=size / best if best > 0 else np.inf,
        lower_ohm=lower,
        upper_ohm=(size + offset_volt) / least if least > 0 else np.inf,
        electronic_at_least_ohm=lower,
        electronic_conductivity_at_most_s_per_cm=geometry / lower if lower > 0 else np.inf,
    )


def electronic_fraction_from_leakage(
    ratio: ArrayLike,
    *,
    growth: ArrayLike = 1.0,
    ratio_relative_sd: ArrayLike = 0.0,
    growth_relative_sd: ArrayLike = 0.0,
    initial_fraction: ArrayLike = 0.0,
) -> FractionEstimate:
    """Electronic fraction from the leakage after over before, given what the ionic path did.

    ``η = 1 - (1 - η_0) / (ratio r)`` with ``r = R_i,after / R_i,before``: a leakage three times
    as large with an unchanged ionic path is η = 2/3. One that stayed the same hides
    ``1 - 1/r``.

    Parameters
    ----------
    ratio : array_like
        Leakage conductance after over before (1), positive.
    growth : array_like
        r (1), positive. Unknown growth is what limits this method: see ``growth_relative_sd``.
    ratio_relative_sd, growth_relative_sd : array_like
        Standard deviations of ln ratio and ln r (1).
    initial_fraction : array_like
        η_0 (1), 0 to 1.

    Returns
    -------
    FractionEstimate
        The value is not clipped: below 0 the assumed growth contradicts the ratio.

    References
    ----------
    Exact consequence of Equation 1, Joule 2022, doi 10.1016/j.joule.2022.05.020.
    """
    x, r = np.asarray(ratio, dtype=np.float64), np.asarray(growth, dtype=np.float64)
    value = electronic_fraction_from_omega(x - 1.0, r, initial_fraction)
    spread = np.hypot(np.asarray(ratio_relative_sd, float), np.asarray(growth_relative_sd, float))
    value, spread = np.broadcast_arrays(value, spread)
    ionic = 1.0 - value
    return FractionEstimate(
        value=value,
        sd=ionic * spread,
        lower=np.clip(1.0 - ionic * np.exp(QUANTILE_95 * spread), 0.0, 1.0),
        upper=np.clip(1.0 - ionic * np.exp(-QUANTILE_95 * spread), 0.0, 1.0),
    )


def bruce_vincent(
    initial_current: ArrayLike,
    steady_current: ArrayLike,
    voltage: ArrayLike,
    *,
    initial_interface_ohm: ArrayLike = 0.0,
    steady_interface_ohm: ArrayLike = 0.0,
) -> FloatArray:
    """Apparent transference number from a potentiostatic polarisation.

    ``t = I_ss (V - I_0 R_0) / (I_0 (V - I_ss R_ss))``; without interfaces it is ``I_ss / I_0``.
    With electrons beside the ions it comes out too large: it is the *apparent* one.

    Parameters
    ----------
    initial_current, steady_current : array_like
        I_0 and I_ss (A), of one sign.
    voltage : array_like
        Held voltage (V), of the same sign; 10 mV or less keeps it linear.
    initial_interface_ohm, steady_interface_ohm : array_like
        Interfacial resistances R_0 and R_ss from impedance before and after (Ω).

    Returns
    -------
    numpy.ndarray
        1; NaN where the interface would take more than the whole voltage.

    References
    ----------
    P. G. Bruce, J. Evans, C. A. Vincent, Solid State Ionics 28-30 (1988) 918,
    doi 10.1016/0167-2738(88)90304-9.
    """
    i0, iss, v, r0, rss = (
        np.asarray(a, dtype=np.float64)
        for a in (
            initial_current,
            steady_current,
            voltage,
            initial_interface_ohm,
            steady_interface_ohm,
        )
    )
    above, below = v - i0 * r0, v - iss * rss
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((above * v > 0) & (below * v > 0), iss * above / (i0 * below), np.nan)


def electronic_fraction_from_polarisation(
    remaining: ArrayLike,
    transference: ArrayLike,
    *,
    remaining_sd: ArrayLike = 0.0,
    transference_sd: ArrayLike = 0.0,
) -> FractionEstimate:
    """Electronic fraction of the *steady* current of an electrolyte whose t₊ is known.

    Ions carry ``t₊`` of their initial current in the steady state, electrons all of theirs:
    ``s = I_ss / I_0 = t₊ (1 - η_0) + η_0``. The share of electrons in the steady current, the
    one that counts for a long half-cycle, is ``η_ss = (s - t₊) / (s (1 - t₊))``.

    Parameters
    ----------
    remaining : array_like
        s (1), 0 to 1, both paths together and interfaces small against the electrolyte.
    transference : array_like
        t₊ of the same electrolyte without a short (1). At t₊ = 1 nothing decays and the answer
        is NaN: a single-ion conductor gives no information here.
    remaining_sd, transference_sd : array_like
        Standard deviations (1).

    Returns
    -------
    FractionEstimate
        First-order interval. Not clipped: below 0 the assumed t₊ is too large.

    References
    ----------
    Equation 1 of Joule 2022, doi 10.1016/j.joule.2022.05.020, with the ionic path of
    doi 10.1016/0167-2738(88)90304-9.
    """
    s, t, s_sd, t_sd = (
        np.asarray(a, dtype=np.float64)
        for a in (remaining, transference, remaining_sd, transference_sd)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where((s > 0) & (t < 1), (s - t) / (s * (1 - t)), np.nan)
        by_remaining = t / (s**2 * (1 - t))
        by_transference = (s - 1) / (s * (1 - t) ** 2)
        sd = np.hypot(by_remaining * s_sd, by_transference * t_sd)
    value, sd = np.broadcast_arrays(value, sd)
    return FractionEstimate(
        value,
        sd,
        np.clip(value - QUANTILE_95 * sd, 0.0, 1.0),
        np.clip(value + QUANTILE_95 * sd, 0.0, 1.0),
    )
