"""What is known of a cell that a further measurement is to settle."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from softbreak.analysis.spectrum_readings import read_spectra
from softbreak.data.history import CellHistory
from softbreak.models.diagnosis.diagnose import examine
from softbreak.physics.circuits import chemistry_of
from softbreak.physics.fisher import CellGuess
from softbreak.physics.plan import Situation

ASSUMED_ETA: Final = 0.2
ASSUMED_CAPACITY: Final = 0.2
"""mAh cm⁻², where the files hold no half-cycle."""
BULK_SHARE: Final = 0.45
"""Of R_i, where neither a spectrum nor the electrolyte's data say it."""
TRANSFER_SHARE: Final = 0.3
"""Of the interface's resistance: no spectrum tells it from the interphase for sure."""


def situation(
    total_ohm_cm2: float,
    *,
    bulk_ohm_cm2: float = math.nan,
    eta: float = math.nan,
    capacity_mah_per_cm2: float = math.nan,
    chemistry: str = "unknown",
    has_reference: bool = False,
) -> Situation:
    """Complete what is known of a cell by what is usual.

    Parameters
    ----------
    total_ohm_cm2 : float
        Resistance that DC or the end of a spectrum shows now (Ω cm²).
    bulk_ohm_cm2 : float
        Of the electrolyte, from its thickness and conductivity; NaN: :data:`BULK_SHARE` of R_i.
    eta : float
        Suspected fraction; NaN: :data:`ASSUMED_ETA`. Kept within 0.01 … 0.95.
    capacity_mah_per_cm2 : float
        Of a half-cycle; NaN: :data:`ASSUMED_CAPACITY`.
    chemistry, has_reference
        As :class:`softbreak.physics.plan.Situation`.
    """
    suspected = float(np.clip(eta if math.isfinite(eta) else ASSUMED_ETA, 0.01, 0.95))
    ionic = total_ohm_cm2 / (1.0 - suspected)
    bulk = bulk_ohm_cm2 if bulk_ohm_cm2 > 0.0 else BULK_SHARE * ionic
    bulk = min(bulk, 0.95 * ionic)
    interface = ionic - bulk
    capacity = capacity_mah_per_cm2 if capacity_mah_per_cm2 > 0.0 else ASSUMED_CAPACITY
    guess = CellGuess(bulk, interface, TRANSFER_SHARE * interface, suspected)
    return Situation(guess, capacity, chemistry, has_reference, bulk_ohm_cm2 > 0.0)


def situation_of(history: CellHistory) -> tuple[Situation, str]:
    """Take the situation of a cell from its files, and say in a sentence what state it is in.

    Parameters
    ----------
    history : CellHistory

    Raises
    ------
    ValueError
        If nothing in the files tells the cell's resistance.
    """
    diagnosis = examine(history)
    cell, area = diagnosis.cell, diagnosis.cell.area_cm2 or 1.0
    spectra = [one for one in read_spectra(history) if one.bounds is not None]
    halves = diagnosis.half_cycles
    total = math.nan
    bulk = cell.ionic_floor_ohm or math.nan
    if not halves.empty:
        total = float(halves["resistance_ohm"].tail(4).median())
    if spectra:
        total = spectra[-1].ends.low_frequency_ohm
        bulk = bulk if bulk > 0.0 else spectra[-1].ends.high_frequency_ohm
    if not total > 0.0:
        raise ValueError("neither a spectrum nor a half-cycle tells this cell's resistance")
    fractions = diagnosis.verdicts["electronic_fraction"].dropna()
    charge = math.nan if halves.empty else float(halves["charge_ampere_second"].abs().median())
    found = situation(
        total * area,
        bulk_ohm_cm2=bulk * area,
        eta=float(fractions.iloc[-1]) if len(fractions) else math.nan,
        capacity_mah_per_cm2=charge / 3.6 / area,
        chemistry=chemistry_of(cell.electrolyte),
        has_reference=bool(spectra) and spectra[0].check.passed,
    )
    # an intercept is a resistance of the cell as it is, electrons and all: it does not count
    found = replace(found, bulk_known=cell.ionic_floor_ohm is not None)
    return found, f"{cell.cell_id} is {diagnosis.summary['state']}."


__all__ = ["situation", "situation_of"]
