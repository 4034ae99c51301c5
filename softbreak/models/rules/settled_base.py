"""V/I at the newest spectrum that cleared a cell, as a new beginning to compare with."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.models.rules.kernels import codes
from softbreak.models.rules.spoken_numbers import hours
from softbreak.models.rules.thresholds import CREEP
from softbreak.models.verdicts import HARD, OPEN, SOFT, Verdicts
from softbreak.verdict import Verdict

FALLEN: Final = 0.05
RISEN: Final = 0.10
"""How far ln R may lie below and above that of the newest spectrum that cleared the cell …"""
NEARLY: Final = 0.13
"""… and the upper end of η_e that later ones may leave."""
_COMPARED: Final = (codes.GROWN, codes.FAR)
"""Why a cycle is open that can be compared with such a spectrum: the first cycles are too far."""
Seen = tuple[np.ndarray, list[float], list[int]]
"""Ends (s) of cycles, their ln R, and their states by the voltage."""


class SettledBase:
    """V/I at the newest spectrum that cleared the cell: what it is compared with from then on.

    As long as V/I stays there, nothing abrupt happens and later spectra say no more than that they
    cannot tell, cycles whose V/I had grown before, or that are warmer than the first ones, are what
    that spectrum found.

    Parameters
    ----------
    readings : sequence of ImpedanceReading
    """

    def __init__(self, readings: Sequence[ImpedanceReading]) -> None:
        self._readings, self._heard = readings, 0
        self._base: tuple[ImpedanceReading, float] | None = None
        self._level = math.nan  # of the cycle before

    def holds(
        self, seen: Seen, reasons: np.ndarray, verdicts: Verdicts, beside: Collection[int]
    ) -> list[tuple[int, ImpedanceReading]]:
        """Return which of the next cycles are left open and are as the spectrum found them.

        Parameters
        ----------
        seen : tuple
            Ends (s), ln R, and states by the voltage.
        reasons : numpy.ndarray of int
            Why voltage says so.
        verdicts : Verdicts
            What it says.
        beside : collection of int
            Which of them their own spectra settled.
        """
        found = []
        open_ = (verdicts.state == OPEN) & np.isin(reasons, _COMPARED) & ~verdicts.shows({CREEP})
        for cycle, (end, level, state) in enumerate(zip(*seen, strict=True)):
            if state in (SOFT, HARD):
                self._base = None
            while (
                self._heard < len(self._readings) and self._readings[self._heard].time_second <= end
            ):
                self._hear(self._readings[self._heard], level)
                self._heard += 1
            self._level = level
            if self._base is None or cycle in beside or not open_[cycle]:
                continue
            reading, base = self._base
            if -FALLEN < level - base < RISEN:
                found.append((cycle, reading))
        return found

    def _hear(self, reading: ImpedanceReading, level: float) -> None:
        """Take a spectrum for the new base, keep the old one beside it, or let it go."""
        if reading.pair.clears:
            sentence = (
                f"{reading.sentence} V/I has stayed there since (the spectrum is of "
                f"{hours(reading.time_second)})."
            )
            beside = level if math.isnan(self._level) else self._level
            self._base = replace(reading, sentence=sentence), beside
            return
        told = reading.decisive
        if not (told.trusted and told.lower == 0.0 and told.upper < NEARLY):
            self._base = None


def creep_lost(verdict: Verdict) -> bool:
    """Whether slow polarisation fell more than growth would make it fall.

    Parameters
    ----------
    verdict : Verdict
        What voltage says of a cycle.
    """
    return any(item.feature == CREEP for item in verdict.evidence)
