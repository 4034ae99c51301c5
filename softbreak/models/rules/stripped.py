"""Metal that is plated and stripped again to a cut-off voltage: Cu | Li and other bare collectors.

Every strip ends where the metal does, and the voltage runs away to the cut-off; no plating does.
What comes back of the charge then says more than V/I.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from softbreak.features.cycles.columns import Columns
from softbreak.features.half_cycles.measured import SHORT_SAMPLES

RUNS_AWAY: Final = 2.0
"""A strip that ends at this many times its mean voltage has run out of metal …"""
OTHER_SIDE: Final = 3.0
"""… if it also ends at this many times what the other direction ends at …"""
LEAST_VOLT: Final = 0.1
"""… and at no mere millivolts."""
NEARLY_ALL: Final = 0.8
"""Share of the strips that do so."""
FEWEST: Final = 2


class Stripped(NamedTuple):
    """Strips that ran out of metal.

    Attributes
    ----------
    strips : int
    cut_off_volt : float
        Median of their last voltages along the current (V).
    efficiency : float
        Median charge of a strip over that of the plating before it (1).
    ceased : int
        How many strips at the end no longer run off: a path of electrons has no cut-off.
    """

    strips: int
    cut_off_volt: float
    efficiency: float
    ceased: int = 0


def stripped(half_cycles: Columns) -> Stripped | None:
    """Return how a bare collector is stripped; None where no direction runs out of metal.

    Parameters
    ----------
    half_cycles : Columns
        ``Timeline.half_cycle_columns``.
    """
    usable = (half_cycles["samples"] >= SHORT_SAMPLES) & ~np.isnan(half_cycles["voltage_volt"])
    sign, ends, means, charge = (
        half_cycles[name][usable]
        for name in ("sign", "last_voltage_volt", "voltage_volt", "charge_ampere_second")
    )
    for side in (1, -1):
        mine, other = sign == side, sign == -side
        if np.count_nonzero(mine) < FEWEST or np.count_nonzero(other) < FEWEST:
            continue
        last = ends[mine]
        gone = (last > LEAST_VOLT) & (last > RUNS_AWAY * np.abs(means[mine]))
        if np.count_nonzero(gone) / len(gone) < NEARLY_ALL:
            continue
        far = np.abs(ends[other])
        gone &= last > OTHER_SIDE * float(np.quantile(far, NEARLY_ALL))
        if gone.mean() >= NEARLY_ALL:
            ceased = len(gone) - 1 - int(np.flatnonzero(gone)[-1])
            cut_off = float(np.median(last[gone]))
            efficiency = _efficiency(sign, charge, side)
            return Stripped(int(gone.sum()), cut_off, efficiency, ceased)
    return None


def _efficiency(sign: np.ndarray, charge: np.ndarray, side: int) -> float:
    """Median share of a plating that the strip after it gives back (1); NaN without any pair."""
    strips = np.flatnonzero((sign[1:] == side) & (sign[:-1] == -side) & (charge[:-1] > 0.0)) + 1
    return float(np.median(charge[strips] / charge[strips - 1])) if len(strips) else float("nan")
