"""All evidence together: certificate, then impedance, then events, then slow voltage.

CV, low-frequency impedance and V/I all measure the same total resistance; they are counted once.
What impedance adds is knowledge of the *ionic* resistance now, and that is used in two ways: it
settles cycles that the voltage leaves open, and it contradicts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from softbreak.data.checks import CLIPPED_SHARE, CLIPPED_VOLT
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.rules.impedance import ImpedanceReading, certified_verdict
from softbreak.models.rules.kernels.state import CYCLE
from softbreak.models.rules.parts import CycleView, EventView, judged, undetermined
from softbreak.models.rules.sentences import hours, percent, state_probabilities
from softbreak.models.rules.voltage import CONCLUDED, VoltageRule
from softbreak.models.rules.voltammetry import JUMP, SweepView
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW, Evidence, State, Verdict

SAME_RESISTANCE: Final = 0.07
"""Cycles whose ln R lies within this of the cycle next to a spectrum share its reading."""
CLOSE: Final = 0.7
"""ln of the ratio of V/I to the low-frequency resistance up to which both mean the same cell."""
WIRE_CLOSE: Final = 1.6
"""The same for a wire, whose voltage is a few microvolts beside the cycler's errors."""
SURE: Final = 0.95
"""Posterior probability from which an impedance reading decides."""
HEALTHY_GROWTH: Final = 1.6
"""Factor of ionic growth that the pair fit may assume and still clear a cell …"""
SOFT_GROWTH: Final = 3.0
"""… or still convict one."""
HEALTHY_UPPER: Final = 0.10
"""Upper bound of η_e below which an impedance reading says healthy."""


def cycle_records(evidence: CellEvidence) -> np.ndarray:
    """Return the cycles as the voltage rule wants them: records of ``CYCLE``."""
    table = evidence.timeline.cycles
    found = np.empty(len(table), CYCLE)
    for name in CycleView._fields:
        found[name] = table[name].to_numpy()
    return found


def sweep_views(evidence: CellEvidence) -> list[SweepView]:
    """Return the voltammograms as the CV rules want them."""
    table = evidence.sweeps
    columns = [table[name].to_list() for name in SweepView._fields]
    return [SweepView(*row) for row in zip(*columns, strict=True)]


def events_by_cycle(evidence: CellEvidence) -> tuple[np.ndarray, np.ndarray]:
    """Abrupt events, one row each, and where those of each cycle begin.

    A jump inside a CV counts for the cycle that follows it.
    """
    table, cycles = evidence.timeline.events, evidence.timeline.cycles
    events = table[list(EventView._fields)].to_numpy(dtype=np.float64)
    owner = table["cycle_index"].to_numpy(dtype=np.int64)
    starts = cycles["start_time_second"].to_numpy()
    for jump in sweep_jumps(evidence):
        following = int(np.searchsorted(starts, jump.end))
        if 0 < following < len(starts):
            before = float(cycles["resistance_ohm"].iloc[following - 1])
            events = np.vstack([events, jump.event(before)])
            owner = np.append(owner, following)
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(len(cycles) + 1))
    return np.ascontiguousarray(events[order]), bounds.astype(np.int64)


class SweepJump(NamedTuple):
    """An abrupt rise of the current during a voltammogram: a path closed.

    Attributes
    ----------
    start, end : float
        Of the sweep (s).
    share : float
        What is left of R.
    """

    start: float
    end: float
    share: float

    def event(self, before: float) -> EventView:
        """Return it as an event of a cell that had the resistance ``before`` (Ω)."""
        return EventView(self.start, math.log(self.share), before, before * self.share)


def sweep_jumps(evidence: CellEvidence) -> list[SweepJump]:
    """Return the jumps inside voltammograms that count for the cycle that follows them."""
    return [
        SweepJump(sweep.start_time_second, sweep.end_time_second, 1.0 / (1.0 + sweep.largest_jump))
        for sweep in sweep_views(evidence)
        if sweep.largest_jump > JUMP and abs(sweep.middle) < 0.3 * sweep.window
    ]


def voltage_verdicts(evidence: CellEvidence) -> list[Verdict]:
    """Judge every cycle by its voltage alone."""
    return voltage_run(evidence)[0]


def voltage_run(evidence: CellEvidence) -> tuple[list[Verdict], np.ndarray]:
    """Judge every cycle by its voltage alone; return verdicts, and the same as numbers.

    Parameters
    ----------
    evidence : CellEvidence

    Returns
    -------
    verdicts : list of Verdict
    concluded : numpy.ndarray, shape (n, len(CONCLUDED))
        NaN where the rule does not apply to the cell.
    """
    obstacle = not_applicable(evidence)
    if obstacle is not None:
        count = len(evidence.timeline.cycles)
        return [obstacle] * count, np.full((count, len(CONCLUDED)), np.nan)
    rule = VoltageRule(evidence.cell, temperature_logged=evidence.temperature_logged)
    return rule.run(cycle_records(evidence), *events_by_cycle(evidence))


def not_applicable(evidence: CellEvidence) -> Verdict | None:
    """Return why the rules do not hold for this cell; None where they do."""
    if evidence.mixture and evidence.cell.configuration is None:
        return undetermined(
            f"these are probably files of several cells: {evidence.mixture}",
            "Give each cell a folder of its own, or say in cells.csv which files belong to it and "
            "what its configuration is.",
        )
    even, odd = evidence.timeline.electromotive_volt, evidence.timeline.polarisation_volt
    if even + odd > CLIPPED_VOLT and 0.0 <= even - odd < CLIPPED_SHARE * (even + odd):
        return undetermined(
            f"under negative current the voltage stays at zero, under positive it is "
            f"{even + odd:.3g} V: the cycler's range clips it",
            "Record voltages of both signs: a range that reaches below zero.",
        )
    stated = evidence.cell.configuration
    if stated == "full" or (stated is None and not evidence.timeline.symmetric):
        emf = evidence.timeline.electromotive_volt
        told = "the manifest says so" if stated else f"its mean voltage is {emf:.2f} V"
        return undetermined(
            f"this is not a symmetric cell ({told}); resistance rules do not apply to it",
            "Coulombic efficiency, self-discharge at rest, or the leak resistance from the charge "
            "balance of the full cell.",
        )
    if stated is not None and not (evidence.timeline.symmetric or evidence.timeline.one_way):
        return undetermined(
            f"the cell is stated to be {stated}, but its mean voltage is "
            f"{evidence.timeline.electromotive_volt:.2f} V: a symmetric cell has none",
            "Check which file belongs to which cell, and which leads measured the voltage.",
        )
    return None


def fused_verdicts(evidence: CellEvidence, readings: Sequence[ImpedanceReading]) -> list[Verdict]:
    """Judge every cycle by all evidence.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
        One a spectrum, from :func:`softbreak.models.rules.impedance.read_spectra`.
    """
    return with_spectra(voltage_verdicts(evidence), evidence, readings)


def with_spectra(
    verdicts: list[Verdict], evidence: CellEvidence, readings: Sequence[ImpedanceReading]
) -> list[Verdict]:
    """Let the spectra of a cell speak where the voltage rule has judged its cycles.

    Parameters
    ----------
    verdicts : list of Verdict
        See :func:`voltage_run`.
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
        One a spectrum.
    """
    if not readings or not verdicts or not_applicable(evidence) is not None:
        return verdicts
    said = list(verdicts)
    times = [reading.time_second for reading in readings]
    for k, reading in enumerate(readings):
        if reading.speaks:
            earliest = times[k - 1] if k else -math.inf
            latest = times[k + 1] if k + 1 < len(times) else math.inf
            for cycle in _reach(evidence.timeline.cycles, verdicts, reading, (earliest, latest)):
                said[cycle] = settled(verdicts[cycle], reading)
    return said


def _reach(
    cycles: pd.DataFrame,
    verdicts: Sequence[Verdict],
    reading: ImpedanceReading,
    between: tuple[float, float],
) -> list[int]:
    """Cycles around a spectrum, up to its neighbours, that still have the resistance it found."""
    ends = cycles["end_time_second"].to_numpy()
    level = [math.log(max(ohm, 1e-9)) for ohm in cycles["late_resistance_ohm"].to_list()]
    here = int(np.searchsorted(ends, reading.time_second))
    chosen: list[int] = []
    for first, step in ((here - 1, -1), (here, 1)):
        k = first
        while (
            0 <= k < len(level)
            and between[0] < ends[k] <= between[1]
            and reaches(reading, level[k], level[first])
            and verdicts[k].state is verdicts[first].state
        ):
            chosen.append(k)
            k += step
    return chosen


def reaches(reading: ImpedanceReading, level: float, first: float) -> bool:
    """Whether a cycle still has the resistance that a spectrum found.

    Parameters
    ----------
    reading : ImpedanceReading
    level, first : float
        ln R of the cycle, and of the one next to the spectrum.
    """
    expected = math.log(max(reading.low_frequency_ohm, 1e-3))
    close = WIRE_CLOSE if reading.wire else CLOSE
    return -CLOSE < level - expected < close and abs(level - first) < SAME_RESISTANCE


def settled(verdict: Verdict, reading: ImpedanceReading) -> Verdict:
    """Combine what voltage and impedance say of a cycle."""
    found = Evidence("impedance_electronic_fraction", reading.eta, HEALTHY_BELOW, reading.sentence)
    evidence = (*verdict.evidence, found)
    if reading.wire:
        return judged(State.HARD, (0.98, 0.9, 1.0), (0.01, 0.07, 0.92), (found, *verdict.evidence))
    certain = any(item.feature == "resistance_over_ionic_floor" for item in verdict.evidence)
    if reading.certified:
        if certain or verdict.state in (State.SOFT, State.HARD):
            return verdict
        said = certified_verdict(reading)
        return replace(said, evidence=(*said.evidence, *verdict.evidence))
    soft = (
        reading.probability_short > SURE
        and reading.lower > HEALTHY_BELOW
        and reading.growth < SOFT_GROWTH
    )
    healthy = reading.upper < HEALTHY_UPPER and reading.growth < HEALTHY_GROWTH
    if certain or not (soft or healthy):
        return verdict
    if soft and verdict.state in (State.UNDETERMINED, State.SOFT):
        state = State.HARD if reading.lower > HARD_FROM else State.SOFT
        deviation = (reading.upper - reading.lower) / 3.29
        return judged(
            state,
            (reading.eta, reading.lower, reading.upper),
            state_probabilities(reading.eta, deviation, 0.9),
            (found, *verdict.evidence),
        )
    if healthy and verdict.state is State.UNDETERMINED:
        return judged(
            State.HEALTHY,
            (reading.eta, 0.0, reading.upper),
            (0.92, 0.075, 0.005),
            (found, *verdict.evidence),
            transient=verdict.transient_short,
        )
    contradicted = (soft and verdict.state is State.HEALTHY) or (
        healthy and verdict.state in (State.SOFT, State.HARD)
    )
    if contradicted:
        said = undetermined(
            f"voltage says {verdict.state} while the spectrum at {hours(reading.time_second)} "
            f"allows η_e from {percent(reading.lower)} to {percent(reading.upper)}",
            "A temperature series (−20 to 40 °C): its activation energy tells which of the two "
            "is right.",
            soft=0.5,
            upper=max(reading.upper, verdict.electronic_fraction_upper),
        )
        return replace(said, evidence=(*said.evidence, *evidence))
    return replace(verdict, evidence=evidence)
