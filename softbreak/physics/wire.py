"""What the spectrum of a hard short looks like: a resistor with its leads, and nothing of ions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from softbreak.physics.relaxation import checked

WIRE_SHARE: Final = 0.05
"""A straight line below this share of the first spectrum's resistance is a wire."""
WIRE_FLOOR_SHARE: Final = 0.2
"""… or below this share of L/(σA)."""
WIRE_OHM_CM2: Final = 1.0
"""… or below this area-specific resistance, whatever the cell."""
_LINE_ARC = 0.02
_LINE_FLATNESS = 0.05
_LINE_SHARE = 0.95
"""Of the points that have to lie on the line: an arc takes a decade, a bad point is one point."""


@dataclass(frozen=True, slots=True)
class ResistiveLine:
    """Whether a spectrum is a mere resistor with its leads: what a hard short looks like.

    Attributes
    ----------
    is_line : bool
    resistance_ohm : float
        Mean of Re Z, each point weighted as exactly as an instrument measures it: by 1/|Z|² (Ω).
    inductance_henry : float
        Slope of Im Z over ω (H).
    arc_ratio : float
        ``-Im Z / |Z|`` that 95 % of the points stay below (1); a cell with ions shows an arc.
    flatness : float
        Deviation of Re Z from the resistance, over |Z|, that 95 % of the points stay below (1).
    """

    is_line: bool
    resistance_ohm: float
    inductance_henry: float
    arc_ratio: float
    flatness: float


def resistive_line(frequency: ArrayLike, impedance: ArrayLike) -> ResistiveLine:
    """Decide whether a spectrum is a resistor in series with an inductance.

    A hard breakdown leaves ``-Im Z < 0.02 |Z|``, Re Z constant within 5 % of |Z| and Im Z = ωL,
    at 95 % of the frequencies.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Positive, in any order (Hz).
    impedance : array_like, shape (n,), complex
        True sign (Ω).

    Returns
    -------
    ResistiveLine

    Raises
    ------
    ValueError
        If the arrays differ in shape, a frequency is not positive or a value is not finite.

    References
    ----------
    Joule 2022, doi 10.1016/j.joule.2022.05.020, figure 3 (hard breakdown: inductive line).
    """
    f, z = checked(frequency, impedance)
    omega = 2.0 * np.pi * f
    size = np.abs(z)
    weight = 1.0 / size**2
    resistance = float(np.sum(weight * z.real) / np.sum(weight))
    slope = float(np.sum(weight * omega * z.imag) / np.sum(weight * omega**2))
    inductance = max(slope, 0.0)
    if resistance <= 0.0:
        return ResistiveLine(False, resistance, inductance, np.nan, np.nan)
    # What an instrument leaves is a share of |Z|: at 7 MHz the leads' 44 Ω, not the wire's 0.5 Ω.
    arc = float(np.quantile(-z.imag / size, _LINE_SHARE))
    flatness = float(np.quantile(np.abs(z.real - resistance) / size, _LINE_SHARE))
    bent = float(np.quantile(np.abs(z.imag - omega * inductance) / size, _LINE_SHARE))
    is_line = (
        len(f) >= 5 and arc < _LINE_ARC and flatness <= _LINE_FLATNESS and bent < _LINE_FLATNESS
    )
    return ResistiveLine(bool(is_line), resistance, inductance, arc, flatness)


def only_metal(resistance: float, level: float, floor: float | None, area: float | None) -> bool:
    """Return whether no ionic path could have so low a resistance.

    Parameters
    ----------
    resistance : float
        Of a spectrum that is a straight line (Ω).
    level : float
        Low-frequency resistance of the cell's first sound spectrum (Ω); NaN before it.
    floor : float or None
        L/(σA), the bare electrolyte's (Ω).
    area : float or None
        cm².
    """
    limits = [WIRE_OHM_CM2 / (area or 2.0)]
    if math.isfinite(level):
        limits.append(WIRE_SHARE * level)
    if floor is not None:
        limits.append(WIRE_FLOOR_SHARE * floor)
    return resistance < max(limits)
