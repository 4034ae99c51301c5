"""Trend of the interfacial resistance over a cell's impedance spectra."""

from __future__ import annotations

import numpy as np

from softbreak.analysis.reading import Table
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.physics.charge_transfer import charge_transfer_trend
from softbreak.physics.impedance import intercepts
from softbreak.physics.regression import Line

LEAST_FREQUENCIES = 5
"""Fewer make no spectrum."""


def interfacial_trend(evidence: CellEvidence) -> Line | None:
    """Trend of the interfacial resistance R_LF - R_HF over the cell's hours.

    Parameters
    ----------
    evidence : CellEvidence

    Returns
    -------
    Line or None
        Of ln R over hours; None below three spectra.
    """
    rows = []
    for spectrum in evidence.spectra:
        if len(spectrum.frequency) < LEAST_FREQUENCIES:
            continue
        ends = intercepts(spectrum.frequency, spectrum.impedance)
        rows.append(
            (spectrum.time_second / 3600.0, ends.low_frequency_ohm - ends.high_frequency_ohm)
        )
    if len(rows) < 3:
        return None
    hours, resistance = np.array(rows, dtype=np.float64).T
    return charge_transfer_trend(hours, resistance)


def trend_table(trend: Line) -> Table:
    """Return the table of a trend."""
    lower, upper = trend.slope_interval()
    rows = (
        (
            f"{100 * trend.slope:+.3g} % an hour",
            f"{100 * lower:+.3g} to {100 * upper:+.3g}",
            "falls" if upper < 0 else "rises" if lower > 0 else "no trend",
        ),
    )
    return Table(
        "Interfacial (charge-transfer) resistance from impedance",
        ("trend", "90 % interval", "in a word"),
        rows,
    )


def trend_data(trend: Line | None) -> dict[str, float] | None:
    """Return a trend as numbers; None without one."""
    if trend is None:
        return None
    lower, upper = trend.slope_interval()
    return {"slope_per_hour": trend.slope, "lower_per_hour": lower, "upper_per_hour": upper}
