"""Counting charge: full cells and cells with one thin electrode of a metal.

"Full cell (or asymmetrical cell) analysis is the most direct way to identify the soft breakdown"
(Joule 2022, doi 10.1016/j.joule.2022.05.020): electrons that pass an internal short are counted
by the cycler and move no metal. What is counted here is exact by charge balance; what it is
*attributed* to is an assumption that each function names.

Leakage of a full cell is its *cell voltage* over R_e, that of a symmetric cell its overpotential
over R_e. A symmetric cell that looks healthy (η < 5 % at R_i = 100 Ω cm² means R_e > 1.9 kΩ cm²)
therefore says nothing about a full cell, where 0.1 % of Coulombic efficiency shows megaohms.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softbreak.metals import LITHIUM, Metal, foil_capacity
from softbreak.physics.equations import QUANTILE_95, FractionEstimate

FloatArray = NDArray[np.float64]

DIP_SIGMAS: Final = 6.0
"""A dip of a charge curve counts from this many standard deviations of its noise on."""
LEAST_DIP_VOLT: Final = 5e-3
"""… and from this on: a change of temperature or a cycler's own step makes smaller ones."""
_LEAST_SAMPLES: Final = 8


class Fluctuation(NamedTuple):
    """How restless a charge curve is.

    Attributes
    ----------
    noise_volt : float
        Standard deviation of a sample, from second differences (V).
    dips : int
        Falls beyond six standard deviations, and 5 mV, below what was reached before.
    largest_dip_volt : float
        Deepest of them (V); 0 without any.
    fallen_volt : float
        Sum of all dips (V).
    """

    noise_volt: float
    dips: int
    largest_dip_volt: float
    fallen_volt: float


def coulombic_efficiency(discharge: ArrayLike, charge: ArrayLike) -> FloatArray:
    """Charge given back over charge taken in: Q_d / Q_c.

    Parameters
    ----------
    discharge, charge : array_like
        Magnitudes of one unit.

    Returns
    -------
    numpy.ndarray
        1. A short lowers it in a full cell; above 1 the cell gave what it held before.
    """
    out, into = np.asarray(discharge, dtype=np.float64), np.asarray(charge, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(into > 0, out / into, np.nan)


def average_efficiency_to_depletion(
    cycles: ArrayLike, cycled: ArrayLike, inventory: ArrayLike, last_strip: ArrayLike = 0.0
) -> FloatArray:
    """Average Coulombic efficiency of a thin metal foil from the cycles it lasted.

    Metal is conserved: what was stripped is what was there and what came back,
    ``n q + Q_s = Q_foil + CE n q``, hence ``CE = 1 - (Q_foil - Q_s) / (n q)``.

    Parameters
    ----------
    cycles : array_like
        n, full strips (each followed by a plating) before the foil could not give q any more.
    cycled : array_like
        q, charge of each (mAh cm⁻²).
    inventory : array_like
        Q_foil, what the fresh foil holds (mAh cm⁻²): 3.09 in 15 µm of lithium.
    last_strip : array_like
        Q_s, what the last strip still gave (mAh cm⁻²).

    Returns
    -------
    numpy.ndarray
        1. Negative where the foil did not even give its own inventory. Electrons that pass a
        short count as cycled metal, so that a soft breakdown makes it *too large*; at and
        above 1 the foil never depletes.

    References
    ----------
    Table 1 of Joule 2022, doi 10.1016/j.joule.2022.05.020; :func:`reservoir_efficiency` is the
    form for a reservoir that was itself plated.
    """
    n, q, stock, rest = _floats(cycles, cycled, inventory, last_strip)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n * q > 0, 1.0 - (stock - rest) / (n * q), np.nan)


def reservoir_efficiency(
    cycles: ArrayLike, cycled: ArrayLike, reservoir: ArrayLike, last_strip: ArrayLike = 0.0
) -> FloatArray:
    """Average Coulombic efficiency with a *plated* reservoir: (n q + Q_s) / (n q + Q_T).

    Parameters
    ----------
    cycles, cycled, last_strip : array_like
        n, q, Q_s as in :func:`average_efficiency_to_depletion`.
    reservoir : array_like
        Q_T, charge that plated the reservoir (mAh cm⁻²).

    Returns
    -------
    numpy.ndarray
        1.

    References
    ----------
    B. D. Adams et al., Adv. Energy Mater. 8 (2018) 1702097, doi 10.1002/aenm.201702097;
    J. Xiao et al., Nat. Energy 5 (2020) 561, doi 10.1038/s41560-020-0648-z.
    """
    n, q, stock, rest = _floats(cycles, cycled, reservoir, last_strip)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (n * q + rest) / (n * q + stock)


def cycles_until_depletion(
    efficiency: ArrayLike, cycled: ArrayLike, inventory: ArrayLike
) -> FloatArray:
    """Cycles that an excess of metal lasts: Q_foil / (q (1 - CE)).

    Parameters
    ----------
    efficiency : array_like
        CE (1).
    cycled, inventory : array_like
        q and the metal that may be lost (mAh cm⁻²).

    Returns
    -------
    numpy.ndarray
        Cycles; infinite from CE = 1 on.
    """
    ce, q, stock = _floats(efficiency, cycled, inventory)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(ce < 1.0, stock / (q * (1.0 - ce)), np.inf)


def electronic_fraction_to_depletion(
    applied: ArrayLike,
    *,
    stock: ArrayLike | None = None,
    thickness_um: ArrayLike | None = None,
    stock_relative_sd: ArrayLike = 0.05,
    applied_relative_sd: ArrayLike = 0.0,
    metal: Metal = LITHIUM,
) -> FractionEstimate:
    """Mean electronic fraction from stripping a known amount of metal until nothing is left.

    ``η̄ = 1 - Q_foil / Q_app``, weighted by charge: the mean that a cycle's label means. Its
    standard deviation is ``(1 - η̄) sd(ln Q_foil)``: 0.05 for a foil of 15 µm ± 5 %.

    Parameters
    ----------
    applied : array_like
        Q_app, charge the cycler counted until the voltage ran away (mAh cm⁻²).
    stock, thickness_um : array_like
        What the foil held (mAh cm⁻²), or its thickness (µm): one of the two.
    stock_relative_sd, applied_relative_sd : array_like
        Standard deviations of ln Q (1). The foil's is the thickness tolerance.
    metal : Metal
        Of the foil, where its thickness is given.

    Returns
    -------
    FractionEstimate
        Not clipped: below 0 part of the foil was never reached (voids, lost contact), which the
        formula takes as fewer electrons.

    Raises
    ------
    ValueError
        If not exactly one of the two inventories is given.

    References
    ----------
    Charge balance with Equation 1 of Joule 2022, doi 10.1016/j.joule.2022.05.020.
    """
    if (stock is None) == (thickness_um is None):
        raise ValueError("give the foil's metal either in mAh cm⁻² or by its thickness")
    held = np.asarray(
        stock
        if stock is not None
        else foil_capacity(np.asarray(thickness_um, dtype=np.float64), metal),
        dtype=np.float64,
    )
    app, s_li, s_app = _floats(applied, stock_relative_sd, applied_relative_sd)
    with np.errstate(divide="ignore", invalid="ignore"):
        ionic = np.where(app > 0, held / app, np.nan)
    ionic, spread = np.broadcast_arrays(ionic, np.hypot(s_li, s_app))
    return FractionEstimate(
        value=1.0 - ionic,
        sd=ionic * spread,
        lower=np.clip(1.0 - ionic * np.exp(QUANTILE_95 * spread), 0.0, 1.0),
        upper=np.clip(1.0 - ionic * np.exp(-QUANTILE_95 * spread), 0.0, 1.0),
    )


def fluctuation(voltage: ArrayLike, resolution_volt: float = 0.0) -> Fluctuation:
    """Count the dips of a charge curve, which rises steadily in a healthy cell.

    Parameters
    ----------
    voltage : array_like, shape (n,)
        Voltage of one charge at *constant current*, in the order of time (V): where the current
        steps down the voltage falls by itself.
    resolution_volt : float
        Smallest step of the instrument (V): noise is taken to be no less than a third of it.

    Returns
    -------
    Fluctuation
        NaN noise and no dips below 8 samples.
    """
    v = np.asarray(voltage, dtype=np.float64)
    v = v[np.isfinite(v)]
    if len(v) < _LEAST_SAMPLES:
        return Fluctuation(np.nan, 0, 0.0, 0.0)
    bends = np.abs(np.diff(v, 2))
    # the median of |second differences| of white noise is 0.6745 √6 standard deviations
    noise = max(float(np.median(bends)) / (0.6745 * np.sqrt(6.0)), resolution_volt / 3.0)
    below = np.maximum.accumulate(v) - v
    inside = below > max(DIP_SIGMAS * noise, LEAST_DIP_VOLT)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(np.int8)))
    depths = [float(below[a:b].max()) for a, b in edges.reshape(-1, 2)]
    return Fluctuation(noise, len(depths), max(depths, default=0.0), float(sum(depths)))


def cut_off_reached(voltage: ArrayLike, cut_off: float, tolerance: float = 0.005) -> bool:
    """Whether a charge came up to its upper cut-off voltage.

    Parameters
    ----------
    voltage : array_like
        Of one charge (V).
    cut_off : float
        V.
    tolerance : float
        V; the last sample is often a little short of it.
    """
    v = np.asarray(voltage, dtype=np.float64)
    return bool(np.nanmax(v, initial=-np.inf) >= cut_off - tolerance)


def cut_off_unreachable(
    electronic_resistance: ArrayLike, current: ArrayLike, cut_off: ArrayLike
) -> NDArray[np.bool_]:
    """Whether a short of that resistance keeps the voltage below the cut-off: ``I R_e < V``.

    Parameters
    ----------
    electronic_resistance, current, cut_off : array_like
        Ω and A (or Ω cm² and A cm⁻²), V.
    """
    r, i, v = _floats(electronic_resistance, current, cut_off)
    return np.asarray(np.abs(i) * r < v)


def overcharge(charge: ArrayLike, capacity: ArrayLike) -> FloatArray:
    """Charge taken in beyond what the cell can hold, relative to that.

    Parameters
    ----------
    charge, capacity : array_like
        Of one unit; the capacity is nominal, or the previous discharge.

    Returns
    -------
    numpy.ndarray
        (Q_c - Q) / Q (1); positive is over-charge.
    """
    into, held = _floats(charge, capacity)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(held > 0, into / held - 1.0, np.nan)


def leak_resistance(volt_seconds: ArrayLike, charge: ArrayLike, discharge: ArrayLike) -> FloatArray:
    """Resistance that explains the missing charge of a full cycle: (∫V dt) / (Q_c - Q_d).

    The leak takes V/R_e at every moment of charge, discharge and rest. If *all* of the missing
    charge leaked, this is R_e; side reactions, lost metal and a cycle that does not end where
    it began take their share of it, so that it is a lower bound of R_e in a cell that only
    loses.

    Parameters
    ----------
    volt_seconds : array_like
        ∫V dt over the whole cycle, rests included (V s).
    charge, discharge : array_like
        Q_c and Q_d (C, or C cm⁻²), magnitudes.

    Returns
    -------
    numpy.ndarray
        Ω (or Ω cm²); infinite where nothing is missing.
    """
    area, into, out = _floats(volt_seconds, charge, discharge)
    missing = into - out
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(missing > 0, area / missing, np.where(np.isnan(missing), np.nan, np.inf))


def efficiency_of_leak(
    electronic_resistance: ArrayLike, current: ArrayLike, voltage: ArrayLike
) -> FloatArray:
    """Coulombic efficiency of a full cell whose only fault is a leak.

    The leak I_l = V/R_e is lost from the charge and taken from the discharge:
    ``CE = (I - I_l) / (I + I_l) ≈ 1 - 2 I_l / I``, at one current both ways.

    Parameters
    ----------
    electronic_resistance, current, voltage : array_like
        Ω and A (or Ω cm² and A cm⁻²), mean cell voltage (V).

    Returns
    -------
    numpy.ndarray
        1; 0 where the leak takes all of the current.
    """
    r, i, v = _floats(electronic_resistance, current, voltage)
    with np.errstate(divide="ignore", invalid="ignore"):
        leak = v / r
        return np.clip((np.abs(i) - leak) / (np.abs(i) + leak), 0.0, 1.0)


def _floats(*values: ArrayLike) -> tuple[FloatArray, ...]:
    return tuple(np.asarray(value, dtype=np.float64) for value in values)
