"""Verdicts on voltammograms and spectra, told of cycles: the last one holds until the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.models.rules.spoken_numbers import hours
from softbreak.verdict import Verdict, undetermined

Readings = Sequence[ImpedanceReading]
_NAMES: Final = {"sweep": "voltammogram", "spectrum": "impedance spectrum"}


def carried_forward(
    ends: np.ndarray, verdicts: Sequence[Verdict], cycle_ends: np.ndarray, before: Verdict
) -> list[Verdict]:
    """Return for each cycle the last verdict that was known when it ended.

    Parameters
    ----------
    ends : ndarray
        When each verdict's measurement ended (s), in order.
    verdicts : sequence of Verdict
    cycle_ends : ndarray
        s.
    before : Verdict
        Of the cycles before the first.

    Returns
    -------
    list of Verdict
    """
    last = np.searchsorted(ends, cycle_ends, side="right") - 1
    return [verdicts[k] if k >= 0 else before for k in last.tolist()]


def ends_of(evidence: CellEvidence, unit: str) -> np.ndarray:
    """Return when each voltammogram (unit "sweep") or spectrum ended (s)."""
    if unit == "sweep":
        return evidence.sweeps["end_time_second"].to_numpy(dtype=np.float64)
    return np.array([spectrum.time_second for spectrum in evidence.spectra], dtype=np.float64)


def on_cycles(
    unit: str,
    judge: Callable[[CellEvidence, Readings], Sequence[Verdict]],
    evidence: CellEvidence,
    readings: Readings,
) -> list[Verdict]:
    """Tell verdicts on voltammograms or spectra of a cell's cycles, with their moment.

    Parameters
    ----------
    unit : {"sweep", "spectrum"}
    judge : callable
        Returns one verdict a unit, in order.
    evidence : CellEvidence
    readings : sequence of ImpedanceReading

    Returns
    -------
    list of Verdict
        One a cycle.
    """
    name, ends = _NAMES[unit], ends_of(evidence, unit)
    said = judge(evidence, readings)
    told = [
        _dated(verdict, f"By the {name} at {hours(end)}")
        for verdict, end in zip(said, ends.tolist(), strict=True)
    ]
    nothing = undetermined(
        f"no {name} had been taken before this cycle ended", f"One {name} of the fresh cell."
    )
    cycles = evidence.timeline.cycle_columns
    return carried_forward(ends, told, cycles["end_time_second"], nothing)


def _dated(verdict: Verdict, when: str) -> Verdict:
    if not verdict.evidence:
        return verdict
    first, *more = verdict.evidence
    return replace(verdict, evidence=(replace(first, sentence=f"{when}: {first.sentence}"), *more))
