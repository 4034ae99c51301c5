"""Temperatures beside a spectrum: which column holds them, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from softbreak.data.readers.values.units import OFFSETS

MOST_NAME: Final = 60
"""A longer field names no column."""
_TEMPERATURE: Final = re.compile(
    r"(?:(?i:cell|sample|ambient|actual|chamber|zell)[_\s]*)?"
    r"(?:(?i:temp(?:\.|eratur[ea]?)?|temp[ée]rature|t1)|T|温度|溫度|온도|(?i:температура))"
    r"[\s_]*[\[(/]?\s*(?P<unit>°?\s?[CKF]|(?i:deg\s?[CF]|kelvin|celsius|fahrenheit)|℃|℉)?\s*[\])]?"
)
"""A column of temperatures; "T" alone only where it names a unit."""
_HOTTEST_CELSIUS: Final = 200.0


@dataclass(frozen=True)
class Temperature:
    """A column of temperatures: its place, and its unit in lower case; None where it has none."""

    place: int
    unit: str | None

    def celsius(self, values: np.ndarray) -> np.ndarray:
        """Return values of the column in °C; without a unit, what no cell survives is in kelvin."""
        known = values[np.isfinite(values)]
        unit = self.unit
        if unit is None and len(known) and float(np.median(known)) > _HOTTEST_CELSIUS:
            unit = "k"
        scale, offset = OFFSETS.get(unit or "", (1.0, 0.0))
        return values * scale + offset


def temperature_in(names: Sequence[str]) -> Temperature | None:
    """Return the first column of temperatures; None without one."""
    for place, name in enumerate(names):
        match = _TEMPERATURE.fullmatch(name.strip().strip('"')) if len(name) <= MOST_NAME else None
        if match is not None and (match["unit"] or match[0] != "T"):
            unit = (match["unit"] or "").lower().replace(" ", "").removeprefix("deg")
            return Temperature(place, unit.removeprefix("°") or None)
    return None
