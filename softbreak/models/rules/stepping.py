"""The rules as steppers: a live cell is judged cycle by cycle, with the verdicts of the batch."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.rules.fused import not_applicable, reaches, settled, sweep_jumps
from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.models.rules.parts import undetermined
from softbreak.models.rules.voltage import VoltageRule
from softbreak.models.stepper import LiveCycle
from softbreak.verdict import State, Verdict


class VoltageStepper:
    """The voltage rule; see :class:`softbreak.models.stepper.Stepper`.

    Parameters
    ----------
    evidence : CellEvidence
    _ : sequence of ImpedanceReading
        Spectra are not looked at.

    Attributes
    ----------
    verdict : Verdict
        Of the last cycle.
    """

    def __init__(self, evidence: CellEvidence, _: Sequence[ImpedanceReading] = ()) -> None:
        self._obstacle = not_applicable(evidence)
        self._rule = VoltageRule(evidence.cell, temperature_logged=evidence.temperature_logged)
        self._jumps = sweep_jumps(evidence)
        self._start = math.inf
        self._resistance = math.nan
        self.verdict = self._obstacle or undetermined("no cycle has been seen yet", "")

    def step(self, cycle: LiveCycle) -> Verdict:
        """Judge the next cycle."""
        if self._obstacle is not None:
            self.verdict = self._obstacle or undetermined("no cycle has been seen", "")
            return self._obstacle
        view, events = cycle.view, list(cycle.events)
        for jump in self._jumps:
            if self._start < jump.end <= view.start_time_second:
                events.append(jump.event(self._resistance))
        self._start, self._resistance = view.start_time_second, view.resistance_ohm
        self.verdict = self._rule.step(view, events)
        return self.verdict

    @property
    def concluded(self) -> np.ndarray:
        """What the rule said of the last cycle as numbers: ``CONCLUDED``; a view."""
        return self._rule.concluded


class FusedStepper:
    """The physics rule on all evidence; see :class:`softbreak.models.stepper.Stepper`.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading

    Attributes
    ----------
    voltage : VoltageStepper
        What the voltage alone says.
    """

    def __init__(self, evidence: CellEvidence, readings: Sequence[ImpedanceReading]) -> None:
        self.voltage = VoltageStepper(evidence)
        self._applies = not_applicable(evidence) is None
        self._readings = readings
        self._times = [reading.time_second for reading in readings]
        self._newest = -1
        self._level = math.nan
        self._state = State.UNDETERMINED
        self._reached = False

    def step(self, cycle: LiveCycle) -> Verdict:
        """Judge the next cycle; the last spectrum before it speaks as long as R stays the same."""
        verdict = self.voltage.step(cycle)
        newest = bisect_right(self._times, cycle.view.end_time_second) - 1
        if not self._applies or newest < 0:
            return verdict
        level = math.log(max(cycle.view.late_resistance_ohm, 1e-9))
        if newest != self._newest:
            self._newest, self._reached = newest, True
            self._level, self._state = level, verdict.state
        reading = self._readings[newest]
        self._reached = (
            self._reached and reaches(reading, level, self._level) and verdict.state is self._state
        )
        if self._reached and reading.speaks:
            return settled(verdict, reading)
        return verdict
