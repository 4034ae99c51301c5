"""When a spectrum is a piece of metal: what no ionic path could be."""

from __future__ import annotations

import math
from typing import Final

from softbreak.data.record import Cell

WIRE_SHARE: Final = 0.05
"""A straight line below this share of the first spectrum's resistance is a wire."""
WIRE_FLOOR_SHARE: Final = 0.2
"""… or below this share of L/(σA)."""
WIRE_OHM_CM2: Final = 1.0
"""… or below this area-specific resistance, whatever the cell."""


def only_metal(resistance: float, level: float, cell: Cell) -> bool:
    """Return whether no ionic path could have so low a resistance.

    Parameters
    ----------
    resistance : float
        Of a spectrum that is a straight line (Ω).
    level : float
        Low-frequency resistance of the cell's first sound spectrum (Ω); NaN before it.
    cell : Cell
    """
    floor = cell.ionic_floor_ohm
    limits = [WIRE_OHM_CM2 / (cell.area_cm2 or 2.0)]
    if math.isfinite(level):
        limits.append(WIRE_SHARE * level)
    if floor is not None:
        limits.append(WIRE_FLOOR_SHARE * floor)
    return resistance < max(limits)
