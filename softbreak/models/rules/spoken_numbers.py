"""Numbers as people are told them: shares, resistances, moments and spans of time."""

from __future__ import annotations


def percent(fraction: float) -> str:
    """Return "31 %" for 0.31; a part that is not the whole never reads "100 %"."""
    if 0.995 <= abs(fraction) < 1.0:
        return f"{100 * fraction:.2f} %" if abs(fraction) < 0.99995 else "more than 99.99 %"
    return f"{100 * fraction:.0f} %" if abs(fraction) >= 0.095 else f"{100 * fraction:.1f} %"


def ohm(value: float, area_cm2: float | None = None) -> str:
    """Return a resistance with its unit: times area where that is known, as pictures show it.

    Parameters
    ----------
    value : float
        Ω.
    area_cm2 : float, optional
    """
    if area_cm2:
        areal = value * area_cm2
        return f"{areal:.3g} Ω cm²" if abs(areal) < 1000 else f"{areal:.0f} Ω cm²"
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:.3g} MΩ"
    if size >= 1e4:
        return f"{value / 1e3:.3g} kΩ"
    return f"{value:.3g} Ω" if size < 1000 else f"{value:.0f} Ω"


def bare(floor: float, area_cm2: float | None = None) -> str:
    """Return the resistance of the bare electrolyte (Ω) as :func:`ohm` does, with its formula."""
    return f"{ohm(floor, area_cm2)} ({'L/σ' if area_cm2 else 'L/σA'})"


def hours(second: float) -> str:
    """Return a moment in hours; a first one that is not the beginning never reads "0.00 h"."""
    hour = second / 3600
    if 0.0 < abs(hour) < 0.1:
        return f"{hour:.2g} h" if abs(hour) >= 1e-4 else "< 0.0001 h"
    return f"{hour:.2f} h" if second < 36_000 else f"{hour:.1f} h"


def lasting(second: float) -> str:
    """Return a span of time in the unit in which a person would say it."""
    if second < 120.0:
        return f"{second:.3g} s"
    return f"{second / 60:.3g} min" if second < 7200.0 else f"{second / 3600:.3g} h"
