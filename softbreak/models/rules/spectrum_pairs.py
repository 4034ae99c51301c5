"""A spectrum held against an earlier one of its cell: the first, or the newest that was settled.

Between a cell's first spectrum and its last, contact, interphase and temperature may all have moved
so far that no pair settles anything. Beside a later spectrum that the first one cleared, most of
that has not changed. One step, and no chain of them: what grows slowly passes every small one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from softbreak.data.record import Cell
from softbreak.features.evidence.cell_evidence import Spectrum
from softbreak.models.rules.spoken_numbers import hours, ohm, percent
from softbreak.models.rules.thresholds import HEALTHY_UPPER
from softbreak.physics.impedance import Intercepts, inductive_end
from softbreak.verdict import HEALTHY_BELOW

if TYPE_CHECKING:
    from softbreak.physics.pair import PairResult

SURE: Final = 0.95
"""Posterior probability from which a pair of spectra convicts."""
RECENT: Final = 2
"""How many spectra ago one was cleared that is a new beginning: what creeps passes a longer one."""
WIDE: Final = 0.2
"""Upper end of η_e beside the first spectrum up to which a later one may still clear …"""
UNMOVED: Final = (0.8, 1.25)
"""… if the interfaces are what they were then, within these factors."""


class Told(NamedTuple):
    """What of a pair of spectra counts.

    Attributes
    ----------
    trusted : bool
        It passed its gates.
    eta, lower, upper : float
        η_e with its 90 % interval.
    """

    trusted: bool
    eta: float
    lower: float
    upper: float

    @property
    def clears(self) -> bool:
        """Whether no short of some size is left."""
        return self.trusted and self.upper < HEALTHY_UPPER


def alike(some: Sequence[Spectrum | None], others: Sequence[Spectrum | None]) -> bool:
    """Whether spectra are the same as others, one by one.

    Parameters
    ----------
    some, others : sequence of Spectrum or None
    """
    return all(_same(one, other) for one, other in zip(some, others, strict=True))


def _same(one: Spectrum | None, other: Spectrum | None) -> bool:
    if one is None or other is None:
        return one is other
    moments = np.array([one.time_second, one.temperature_celsius])
    others = np.array([other.time_second, other.temperature_celsius])
    return (
        np.array_equal(moments, others, equal_nan=True)
        and np.array_equal(one.frequency, other.frequency)
        and np.array_equal(one.impedance, other.impedance)
    )


def pair_of(reference: Spectrum, spectrum: Spectrum, cell: Cell) -> PairResult:
    """Fit a spectrum together with an earlier one.

    Parameters
    ----------
    reference, spectrum : Spectrum
    cell : Cell
    """
    from softbreak.physics.circuit_pair import pooled_pair  # kernels of their own: not every cell
    from softbreak.physics.circuits import chemistry_of

    change = spectrum.temperature_celsius - reference.temperature_celsius
    return pooled_pair(
        (reference.frequency, reference.impedance),
        (spectrum.frequency, spectrum.impedance),
        chemistry=chemistry_of(cell.electrolyte),
        delta_temperature_kelvin=None if math.isnan(change) else change,
    )


def held_again(first: Told, settled: Spectrum, spectrum: Spectrum, cell: Cell) -> dict[str, Any]:
    """Return what the newest settled spectrum adds where the first one leaves a cell open.

    Parameters
    ----------
    first : Told
        What the pair with the first spectrum says.
    settled, spectrum : Spectrum
    cell : Cell

    Returns
    -------
    dict
        The fields ``since_…`` of :class:`softbreak.models.rules.impedance.ImpedanceReading`; none
        where it adds nothing.
    """
    pair = pair_of(settled, spectrum, cell)
    if pair.abstained:
        return {}
    unmoved = UNMOVED[0] < pair.growth < UNMOVED[1]
    near = not first.trusted or (first.lower == 0.0 and first.upper < WIDE)
    clears = pair.upper < HEALTHY_UPPER and unmoved and near
    short = pair.p_soft_or_hard > SURE and pair.lower > HEALTHY_BELOW
    if not (clears or short):
        return {}
    sentence = (
        f"Fitted together with the spectrum at {hours(settled.time_second)}, which the first one "
        f"clears, η_e lies between {percent(pair.lower)} and {percent(pair.upper)} (90 %)."
    )
    return {
        "since_eta": pair.mean,
        "since_lower": pair.lower,
        "since_upper": pair.upper,
        "since_probability": pair.p_soft_or_hard,
        "since_growth": pair.growth,
        "since_sentence": sentence,
    }


def pair_sentence(
    pair: PairResult, levels: tuple[float, float], bound: str, area: float | None
) -> str:
    """Return what the pair with the first spectrum says.

    Parameters
    ----------
    pair : PairResult
    levels : tuple of float
        Low-frequency resistance of both (Ω).
    bound : str
        :func:`electronic_bound`.
    area : float or None
        cm².
    """
    before, now = (ohm(level, area) for level in levels)
    change = f"The low-frequency resistance went from {before} to {now}"
    if pair.abstained:
        return f"{change}; {bound}. The pair is not conclusive: {' '.join(pair.reasons)}"
    return (
        f"{change}; fitted together with the first sound one, η_e lies between "
        f"{percent(pair.lower)} and {percent(pair.upper)} (90 %)."
    )


def electronic_bound(spectrum: Spectrum, ends: Intercepts, area: float | None) -> str:
    """Return what the low-frequency end of a spectrum says of R_e, as part of a sentence.

    Parameters
    ----------
    spectrum : Spectrum
    ends : Intercepts
        Its own.
    area : float or None
        cm².
    """
    if inductive_end(spectrum.frequency, spectrum.impedance) is None:
        return f"R_e is at least {ohm(ends.low_frequency_ohm, area)} (the low-frequency intercept)"
    return (
        f"it ends in an inductive loop (Im Z > 0 at {spectrum.frequency.min():.3g} Hz, Re Z "
        f"falling to {ohm(ends.low_frequency_ohm, area)}): at DC the resistance is smaller still, "
        "and R_e has no bound from it (a cell that changed meanwhile does this)"
    )
