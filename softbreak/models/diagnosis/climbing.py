"""A voltage that climbs ever faster under a steady current: ions run out, or contact is lost."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.rules.foreign import foreign_cell
from softbreak.models.rules.spoken_numbers import hours

CLIMBED: Final = 2.0
"""The voltage at the end of a half-cycle over that at its beginning, from which it climbs …"""
CONVEX: Final = 0.95
"""… if its mean lies below this share of the middle between both: what polarises settles, and has
its mean above."""
STEADY: Final = 0.02
"""Share of the current that it may vary by."""
FEWEST_SAMPLES: Final = 20
MEANING: Final = (
    "ions run out (salt depletion, in a polymer or a liquid), or contact is lost (voids under the "
    "stripped metal); a short does neither"
)


class Climb(NamedTuple):
    """The half-cycle in which the voltage climbed most.

    Attributes
    ----------
    start_second : float
    factor : float
        Voltage at its end over that at its beginning.
    """

    start_second: float
    factor: float

    @property
    def sentence(self) -> str:
        """What was seen, and what does that."""
        return (
            f"In the half-cycle from {hours(self.start_second)} on the voltage climbs ever faster, "
            f"to {self.factor:.2g} times its beginning, under a steady current: {MEANING}."
        )


def steepest_climb(evidence: CellEvidence) -> Climb | None:
    """Return where the voltage of a symmetric cell climbs ever faster; None where it does not.

    Half-cycles with an abrupt event are left out: a short that ends within one lifts it too.

    Parameters
    ----------
    evidence : CellEvidence
    """
    told = evidence.timeline.half_cycle_columns
    if not len(told):
        return None
    first, last, mean, ampere, varied = (
        np.abs(told[name])
        for name in (
            "first_voltage_volt",
            "last_voltage_volt",
            "voltage_volt",
            "current_ampere",
            "current_deviation_ampere",
        )
    )
    whole = np.ones(len(told), dtype=bool)
    whole[evidence.timeline.event_columns["half_cycle_index"].astype(np.int64)] = False
    whole &= (told["excursions"] == 0) & (told["samples"] >= FEWEST_SAMPLES)
    climbs = whole & (varied < STEADY * ampere) & (last > CLIMBED * first) & (first > 0.0)
    climbs &= mean < CONVEX * 0.5 * (first + last)
    if not climbs.any() or foreign_cell(evidence) is not None:
        return None
    factor = np.where(climbs, last / np.where(first > 0.0, first, np.inf), 0.0)
    most = int(np.argmax(factor))
    return Climb(float(told["start_time_second"][most]), float(factor[most]))
