"""Spectra that were read already: fitting a pair takes 25 ms, and most spectra are old ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from softbreak.data.record import Cell
from softbreak.features.evidence.cell_evidence import CellEvidence, Spectrum
from softbreak.models.rules.impedance import ImpedanceReading, read_spectra


class ReadingMemory:
    """Reads the spectra of one cell as :func:`read_spectra` does, each of them once."""

    def __init__(self) -> None:
        self._cell: Cell | None = None
        self._known: list[tuple[Spectrum, Spectrum | None, ImpedanceReading]] = []

    def read(self, evidence: CellEvidence) -> list[ImpedanceReading]:
        """Return one reading a spectrum, in order.

        Parameters
        ----------
        evidence : CellEvidence
        """
        before = self._known if evidence.cell == self._cell else []
        self._cell, self._known = evidence.cell, []
        reference: Spectrum | None = None
        for k, spectrum in enumerate(evidence.spectra):
            reading = None
            if k < len(before) and _same(spectrum, before[k][0]):
                reading = before[k][2] if _same(reference, before[k][1]) else None
            if reading is None:
                both = (spectrum,) if reference is None else (reference, spectrum)
                reading = read_spectra(replace(evidence, spectra=both))[-1]
            self._known.append((spectrum, reference, reading))
            sound = reading.comparable
            if reference is None and sound:
                reference = spectrum
        return [reading for _, _, reading in self._known]


def _same(one: Spectrum | None, other: Spectrum | None) -> bool:
    if one is None or other is None:
        return one is other
    moments = np.array([one.time_second, one.temperature_celsius])
    others = np.array([other.time_second, other.temperature_celsius])
    return (
        np.array_equal(moments, others, equal_nan=True)
        and np.array_equal(one.frequency, other.frequency)
        and np.array_equal(one.impedance, other.impedance)
    )
