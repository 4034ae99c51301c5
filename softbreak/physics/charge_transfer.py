"""How an interfacial resistance moves over cycles."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from softbreak.physics.regression import Line, line


def charge_transfer_trend(cycle: ArrayLike, resistance: ArrayLike) -> Line:
    """Trend of an interfacial resistance: slope of ln R over cycles (or hours).

    A charge-transfer resistance that falls while nothing else changes speaks for electrons
    around the interface; so do warming and creeping contact, which is why it is only a hint.
    In the exact circuit both arcs shrink as (1 - η)².

    Parameters
    ----------
    cycle, resistance : array_like, shape (n,)
        Cycle numbers (or hours) and interfacial resistances (Ω or Ω cm²), positive.

    Returns
    -------
    Line
        Of ln R: the slope is the relative change a cycle.

    References
    ----------
    doi 10.1016/j.joule.2021.12.009; listed in Joule 2022, doi 10.1016/j.joule.2022.05.020.
    """
    r = np.asarray(resistance, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return line(cycle, np.where(r > 0, np.log(r), np.nan))
