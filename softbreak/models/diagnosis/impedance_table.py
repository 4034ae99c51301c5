"""Readings of spectra as the table that a diagnosis shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from softbreak.features.cycles.columns import Columns
from softbreak.models.rules.impedance import ImpedanceReading

IMPEDANCE_COLUMNS: Final = (
    "spectrum",
    "time_second",
    "high_frequency_resistance_ohm",
    "low_frequency_resistance_ohm",
    "kramers_kronig_residual",
    "electronic_fraction",
    "electronic_fraction_lower",
    "electronic_fraction_upper",
    "high_frequency_resolved",
)


def impedance_table(readings: Sequence[ImpedanceReading]) -> Columns:
    """Return the readings as the table that a diagnosis shows.

    Intervals of pairs that failed their gates are left out.
    """
    rows = [
        (
            k,
            reading.time_second,
            reading.high_frequency_ohm,
            reading.low_frequency_ohm,
            reading.kramers_kronig_residual,
            *((reading.eta, reading.lower, reading.upper) if reading.trusted else (np.nan,) * 3),
            reading.high_frequency_resolved,
        )
        for k, reading in enumerate(readings)
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(IMPEDANCE_COLUMNS)
    return Columns(dict(zip(IMPEDANCE_COLUMNS, map(list, columns), strict=True)))
