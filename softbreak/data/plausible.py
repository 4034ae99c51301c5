"""Are currents and voltages what their headings say? Values that no cell bears are in doubt."""

from __future__ import annotations

from typing import Final

import numpy as np

LARGE_AMPERE: Final = 0.02
SMALL_OHM: Final = 2.0
"""V/I of a wire, at a current that few laboratory cells carry."""
MOST_MILLIAMPERE_PER_CM2: Final = 100.0
"""Ten times what lithium through a solid bears."""
MOST_CELL_VOLT: Final = 25.0
"""Beyond what a cell bears, and what most instruments reach when a lead is open."""
MOST_SHARE: Final = 0.9
"""Quantile of V/I that must be so small: a cell that was sound before is no column in mA."""


def doubtful_current(volt: np.ndarray, ampere: np.ndarray, area_cm2: float | None) -> str:
    """Say why a current is probably in thousandths of what its heading says; empty if it is not.

    Parameters
    ----------
    volt, ampere : ndarray, shape (n,)
        Under load, of samples or of half-cycles, without signs.
    area_cm2 : float or None
    """
    known = np.isfinite(volt) & np.isfinite(ampere) & (ampere > 0)
    if not known.any():
        return ""
    if ampere[known].max() <= LARGE_AMPERE:
        return ""
    usual = float(np.median(ampere[known]))
    if usual <= LARGE_AMPERE:
        return ""
    ohm = volt[known] / ampere[known]
    middle = float(np.median(ohm))
    if area_cm2:
        density = 1e3 * usual / area_cm2
        told = f"{usual:.3g} A on {area_cm2:.3g} cm² are {density:.3g} mA cm⁻²"
        return f"{told}, more than any such cell bears" * (density > MOST_MILLIAMPERE_PER_CM2)
    if float(np.quantile(ohm, MOST_SHARE)) >= SMALL_OHM:
        return ""
    return f"V/I is {middle:.3g} Ω at {usual:.3g} A, and no area is known"


def doubtful_voltage(volt: np.ndarray) -> str:
    """Say why a voltage column is probably in millivolts; empty where it can be a cell's.

    Parameters
    ----------
    volt : ndarray, shape (n,)
        V; may hold NaN.
    """
    size = np.abs(volt[np.isfinite(volt)])
    usual = float(np.median(size)) if len(size) else 0.0
    if usual <= MOST_CELL_VOLT:
        return ""
    return (
        f"The unit of the voltage is in doubt: half of the samples exceed {usual:.3g} V, which no "
        "cell bears: a column in mV? Name its unit in the header, or map it with a factor "
        "(docs/formats.md)."
    )
