"""Which measurement would settle an undetermined cell, with the least harm, and how to set it.

Every candidate is priced in three ways: what it does to the cell, how long it takes, and the
standard deviation of η_e to be expected of it (:mod:`softbreak.physics.fisher`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial
from typing import Final

import numpy as np

from softbreak.metals import METALS, foil_capacity, moved_um
from softbreak.physics.equations import QUANTILE_95
from softbreak.physics.fisher import (
    CellGuess,
    coulometry_sd,
    pair_sd,
    single_spectrum_sd,
    temperature_series_sd,
    voltammetry_sd,
)
from softbreak.physics.voltammetry import harmless_window
from softbreak.state_limits import HEALTHY_UPPER

SOFT_FROM: Final = 0.05
SCAN_RATE: Final = 0.2e-3
"""V s⁻¹: slow enough for the static current."""
THIN_LITHIUM_UM: Final = 15.0
"""Of the electrode of a coulometric test; of another metal as thick as holds its charge."""
_TOP_HERTZ: Final = 7e6
_PER_DECADE: Final = 8
_GRID: Final = np.array([0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9])
_UNIFORM_SD: Final = 12.0**-0.5
"""Of a fraction of which nothing is known."""
_WIDE_VOLT: Final = 0.5
_COULOMB_PER_MAH: Final = 3.6


class Harm(IntEnum):
    """What a measurement does to a cell, from least to most."""

    NONE = 0
    WARMTH = 1
    CHARGE = 2
    INVASIVE = 3
    CONSUMES = 4


HARM_WORDS: Final[dict[Harm, str]] = {
    Harm.NONE: "none",
    Harm.WARMTH: "changes of temperature",
    Harm.CHARGE: "passes as much charge as a half-cycle",
    Harm.INVASIVE: "passes more charge than the cell was cycled with: may itself short it",
    Harm.CONSUMES: "uses up the cell",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """A cell that is to be settled.

    Attributes
    ----------
    cell : CellGuess
    capacity_mah_per_cm2 : float
        What a half-cycle of it brought (mAh cm⁻²).
    chemistry : str
        "polymer" for those that are used warm; anything else counts as inorganic.
    has_reference : bool
        A spectrum from when the cell was healthy exists.
    bulk_known : bool
        Thickness and conductivity of the electrolyte are known (to 3 %).
    metal : str
        Symbol of the electrodes' metal: a key of :data:`softbreak.metals.METALS`.
    """

    cell: CellGuess
    capacity_mah_per_cm2: float
    chemistry: str = "unknown"
    has_reference: bool = False
    bulk_known: bool = False
    metal: str = "Li"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One measurement.

    Attributes
    ----------
    method : str
    settings : str
        Ready to be typed into a cycler.
    eta_sd : float
        Standard deviation of η_e to be expected at the assumed η_e (1): a bound, and at most
        0.29, that of not knowing.
    detects_from : float
        Smallest η_e that would be called a short (1); NaN if none would.
    settles : bool
        Whether a cell of the assumed η_e would be settled, with 95 % on its side.
    harm : Harm
    hours : float
    needs : str
        What must be at hand; empty for nothing.
    """

    method: str
    settings: str
    eta_sd: float
    detects_from: float
    settles: bool
    harm: Harm
    hours: float
    needs: str = ""


def plan(situation: Situation) -> tuple[Proposal, ...]:
    """Rank the measurements: those that settle, then least harm, nothing to be bought, smallest sd.

    Parameters
    ----------
    situation : Situation

    Returns
    -------
    tuple of Proposal
        All candidates; the first is the advice, if it ``settles``.

    Raises
    ------
    ValueError
        If a resistance or the capacity is not positive, or η_e not between 0 and 1.
    """
    cell = situation.cell
    positive = (
        cell.bulk_ohm_cm2,
        cell.interface_ohm_cm2,
        cell.transfer_ohm_cm2,
        situation.capacity_mah_per_cm2,
    )
    if not (min(positive) > 0.0 and 0.0 < cell.eta < 1.0):
        raise ValueError(f"resistances and capacity must be positive, η_e within 0…1: {situation}")
    if not cell.transfer_ohm_cm2 < cell.interface_ohm_cm2:
        raise ValueError("charge transfer is a part of the interface's resistance, not more")
    proposals = list(_candidates(situation))
    return tuple(sorted(proposals, key=lambda p: (not p.settles, p.harm, p.needs != "", p.eta_sd)))


def frequencies(situation: Situation) -> np.ndarray:
    """Return the frequencies (Hz) that a spectrum needs: down to the DC limit.

    Salt diffusion in a polymer takes minutes, interfaces tens of milliseconds to seconds.

    Parameters
    ----------
    situation : Situation
    """
    low = 1e-3 if situation.chemistry == "polymer" else 1e-2
    return np.geomspace(_TOP_HERTZ, low, round(_PER_DECADE * np.log10(_TOP_HERTZ / low)) + 1)


def _candidates(situation: Situation) -> Iterator[Proposal]:
    yield from _spectra(situation)
    yield from _temperatures(situation)
    yield from _sweeps(situation)
    metal = METALS[situation.metal]
    thin = float(moved_um(foil_capacity(THIN_LITHIUM_UM), metal))
    yield _priced(
        situation,
        "Coulometry: strip a thin electrode until it is gone",
        f"{thin:.0f} µm {metal.name} on one side, at the usual current, to the voltage rise; "
        "η_e = 1 − Q_foil/Q",
        lambda cell: coulometry_sd(cell.eta),
        (Harm.CONSUMES, np.nan),
        needs="a twin of the cell with a thin electrode, its charge known to 5 %",
    )


def _spectra(situation: Situation) -> Iterator[Proposal]:
    points = frequencies(situation)
    hours = float(np.sum(2.0 / points) / 3600.0 + len(points) / 3600.0)
    settings = (
        f"7 MHz to {points[-1]:g} Hz, {_PER_DECADE} points a decade, 10 mV, at rest; temperature "
        "logged within 0.5 K"
    )
    if situation.has_reference:
        yield _priced(
            situation,
            "Impedance beside the reference spectrum",
            f"{settings}, as at the reference",
            partial(pair_sd, frequency=points),
            (Harm.NONE, hours),
        )
    yield _priced(
        situation,
        "Impedance alone, with the electrolyte's own resistance",
        settings,
        partial(
            single_spectrum_sd,
            frequency=points,
            bulk_sd=0.03 if situation.bulk_known else None,
        ),
        (Harm.NONE, hours),
        needs="" if situation.bulk_known else "thickness and conductivity of the electrolyte",
    )


def _temperatures(situation: Situation) -> Iterator[Proposal]:
    polymer = situation.chemistry == "polymer"
    ranges = [(30, 70, 10)] if polymer else [(-20, 40, 10), (-60, 30, 15)]
    for low, high, step in ranges:
        celsius = np.arange(low, high + 1, step, dtype=np.float64)
        series = f"{low} to {high} °C in steps of {step} K and back to the first".replace("-", "−")
        for path, energy in (("metal", None), ("mixed conductor", 0.15)):
            yield _priced(
                situation,
                f"Temperature series from {low} °C, if electrons take a {path}".replace("-", "−"),
                f"{series}; 1 h at each, impedance to the DC limit, temperature within 0.5 K",
                partial(temperature_series_sd, celsius=celsius, electronic_ev=energy),
                (Harm.WARMTH, 1.5 * (len(celsius) + 1)),
                needs="" if low >= -20 else "a cryostat",
            )


def _sweeps(situation: Situation) -> Iterator[Proposal]:
    cell = situation.cell
    charge = situation.capacity_mah_per_cm2 * _COULOMB_PER_MAH
    gentle = min(float(harmless_window(charge, SCAN_RATE, cell.total_ohm_cm2)), _WIDE_VOLT)
    for vertex in sorted({gentle, _WIDE_VOLT}):
        passed = vertex**2 / (SCAN_RATE * cell.total_ohm_cm2)
        harm = Harm.INVASIVE if passed > 1.01 * charge else Harm.CHARGE
        yield _priced(
            situation,
            "Cyclic voltammetry, its curvature",
            f"±{1e3 * vertex:.0f} mV at {1e3 * SCAN_RATE:g} mV/s, two cycles "
            f"({passed / _COULOMB_PER_MAH:.2g} mAh/cm² a sweep)",
            partial(
                voltammetry_sd,
                vertex_volt=vertex,
                ohmic_sd=0.03 if situation.bulk_known else None,
            ),
            (harm, 8.0 * vertex / SCAN_RATE / 3600.0),
            needs="" if situation.bulk_known else "the ohmic resistance within 3 %",
        )


def _priced(
    situation: Situation,
    method: str,
    settings: str,
    sd: Callable[[CellGuess], float],
    cost: tuple[Harm, float],
    *,
    needs: str = "",
) -> Proposal:
    eta = situation.cell.eta
    here = sd(situation.cell)
    called = [
        float(one)
        for one in _GRID
        if one - QUANTILE_95 * sd(replace(situation.cell, eta=float(one))) > SOFT_FROM
    ]
    short = eta - QUANTILE_95 * here > SOFT_FROM
    # near 0 the bound shrinks with η itself; what counts is whether a short of 0.10 would show
    limit = sd(replace(situation.cell, eta=HEALTHY_UPPER))
    healthy = eta < SOFT_FROM and eta + QUANTILE_95 * limit < HEALTHY_UPPER
    return Proposal(
        method,
        settings,
        min(here, _UNIFORM_SD),
        min(called, default=float("nan")),
        bool(short or healthy),
        *cost,
        needs,
    )
