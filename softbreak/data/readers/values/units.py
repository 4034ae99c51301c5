"""Units that are not ours, and values that give a wrongly stated one away."""

from __future__ import annotations

from typing import Final

import numpy as np

MELTING_CELSIUS: Final = 180.5
"""Lithium is liquid above."""
OFFSETS: Final = {
    **dict.fromkeys(("k", "kelvin"), (1.0, -273.15)),
    **dict.fromkeys(("f", "°f", "℉", "degf", "deg f", "fahrenheit"), (5 / 9, -160 / 9)),
}
"""Scale and offset to degrees Celsius, by the unit in lower case."""
_LIKELY: Final = (-60.0, 150.0)
"""°C at which cells are tested."""
_ROOM: Final = (5.0, 95.0)
"""°C at which nearly all are."""
_REMEDY: Final = "name the unit in the heading"


def checked_celsius(values: np.ndarray) -> tuple[np.ndarray | None, str]:
    """Doubt a temperature in °C at which lithium would have melted.

    Parameters
    ----------
    values : ndarray, shape (n,)
        °C by the heading; NaN where there is none.

    Returns
    -------
    values : ndarray or None
        °C; None where it cannot be told what they are.
    sentence : str
        Empty where there is nothing to say.
    """
    known = values[np.isfinite(values)]
    if not len(known) or float(np.median(known)) <= MELTING_CELSIUS:
        return values, ""
    low, high = (float(value) for value in np.quantile(known, (0.02, 0.98)))
    told = f"temperature of {low:.4g} to {high:.4g} under °C: lithium melts at {MELTING_CELSIUS} °C"
    kelvin, tenth = (low - 273.15, high - 273.15), (low / 10, high / 10)
    whole = bool((known == np.round(known)).all())
    if _within(kelvin, _LIKELY) and (not whole or not _within(tenth, _LIKELY)):
        return values - 273.15, f"{told}; it was read as kelvin ({_REMEDY})"
    if whole and _within(tenth, _ROOM) and not _within(kelvin, _ROOM):
        return values / 10.0, f"{told}; it was read as tenths of a degree ({_REMEDY})"
    choice = "kelvin or tenths of a degree" if _within(tenth, _LIKELY) else "in an unknown unit"
    return None, f"{told}; it may be {choice}, and was left out ({_REMEDY})"


def _within(span: tuple[float, float], limits: tuple[float, float]) -> bool:
    return limits[0] <= span[0] and span[1] <= limits[1]
