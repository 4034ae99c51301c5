"""All evidence together: certificate, then impedance, then events, then slow voltage.

CV, low-frequency impedance and V/I all measure the same total resistance; they are counted once.
What impedance adds is knowledge of the *ionic* resistance now, and that is used in two ways: it
settles cycles that the voltage leaves open, and it contradicts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from softbreak.features.cycles.finished_cycles import Cycles
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.kernels.cycle import CYCLE_COLUMNS
from softbreak.features.kernels.cycle_inputs import slow_ohms
from softbreak.models.rules.certificates_beside import (
    certificates_of,
    sweep_views,
    with_certificate,
)
from softbreak.models.rules.channel import Sides, clipped_start, sides_of, standing
from softbreak.models.rules.foreign import foreign_cell
from softbreak.models.rules.impedance import certified_verdict
from softbreak.models.rules.kernels.state import CYCLE, SEEN
from softbreak.models.rules.sentences import TEXTS, state_probabilities
from softbreak.models.rules.settled_base import Seen, SettledBase, creep_lost
from softbreak.models.rules.spoken_numbers import hours, percent
from softbreak.models.rules.thresholds import HEALTHY_UPPER
from softbreak.models.rules.voltage import CONCLUDED, VoltageRule
from softbreak.models.rules.voltammetry import JUMP
from softbreak.models.verdicts import HEALTHY, OPEN, Verdicts
from softbreak.verdict import (
    HARD_FROM,
    HEALTHY_BELOW,
    Evidence,
    State,
    Verdict,
    judged,
    undetermined,
)

if TYPE_CHECKING:
    from softbreak.models.rules.impedance import ImpedanceReading

SAME_RESISTANCE: Final = 0.07
"""Cycles whose ln R lies within this of the cycle next to a spectrum share its reading."""
CLOSE: Final = 0.7
"""ln of the ratio of V/I to the low-frequency resistance up to which both mean the same cell."""
WIRE_CLOSE: Final = 1.6
"""The same for a wire, whose voltage is a few microvolts beside the cycler's errors."""
HEALTHY_GROWTH: Final = 1.6
"""Factor of ionic growth that the pair fit may assume and still clear a cell whose slow
polarisation fell …"""
SOFT_GROWTH: Final = 3.0
"""… or still convict one."""

_SEEN: Final = np.array([CYCLE_COLUMNS.index(name) for name in SEEN])


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

    def event(self, before: float) -> tuple[float, float, float, float]:
        """Return it as an event of a cell that had the resistance ``before`` (Ω)."""
        return self.start, math.log(self.share), before, before * self.share


def sweep_jumps(evidence: CellEvidence) -> list[SweepJump]:
    """Return the jumps inside voltammograms that count for the cycle that follows them."""
    return [
        SweepJump(sweep.start_time_second, sweep.end_time_second, 1.0 / (1.0 + sweep.largest_jump))
        for sweep in sweep_views(evidence)
        if sweep.largest_jump > JUMP and abs(sweep.middle) < 0.3 * sweep.window
    ]


_NONE_YET: Final = Verdicts.of([], TEXTS)


def _to_be_seen(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Room for what the rule sees of cycles: as rows, and as records of CYCLE."""
    seen = np.empty((count, 2 + len(_SEEN)))
    return seen, seen.view(CYCLE)[:, 0]


class VoltageJudge:
    """The voltage rule on the cycles of one cell; see :class:`softbreak.models.detector.Judge`.

    Parameters
    ----------
    evidence : CellEvidence
    _ : sequence of ImpedanceReading
        Spectra are not looked at.

    Attributes
    ----------
    verdicts : Verdicts
        Of the cycles that were judged last.
    concluded : numpy.ndarray, shape (n, len(CONCLUDED))
        The same as numbers; NaN where the rule does not apply to the cell.
    reasons : numpy.ndarray of int
        Why it is said (:mod:`softbreak.models.rules.kernels.codes`); empty where it does not apply.
    """

    def __init__(self, evidence: CellEvidence, _: Sequence[ImpedanceReading] = ()) -> None:
        sides = sides_of(evidence)
        self.obstacle = not_applicable(evidence, sides)
        self._clipped = clipped_start(evidence, sides)
        self.verdicts = _NONE_YET
        self.concluded = np.empty((0, len(CONCLUDED)))
        self.reasons = np.empty(0, dtype=np.int64)
        self._rule = VoltageRule(evidence.cell, temperature_logged=evidence.temperature_logged)
        self._jumps = sweep_jumps(evidence)
        self._start, self._resistance = math.inf, math.nan  # of the cycle before
        self._alone = _to_be_seen(1)  # what is seen of a single cycle

    def step(self, cycles: Cycles) -> Verdicts:
        """Judge the next cycles."""
        count = len(cycles.numbers)
        if self.obstacle is not None:
            self.verdicts = Verdicts.of([self.obstacle] * count, TEXTS)
            self.concluded = np.full((count, len(CONCLUDED)), np.nan)
            return self.verdicts
        cycles = self.measured(cycles)
        seen, records = self._alone if count == 1 else _to_be_seen(count)
        seen[:, 0], seen[:, 1:-1] = cycles.numbers, cycles.rows.take(_SEEN, axis=1)
        current = cycles.column("current_ampere")
        slow_ohms(cycles.edges, cycles.half_cycles, current, slow := np.empty(count))
        seen[:, -1] = slow
        events = self._with_jumps(cycles) if self._jumps else (cycles.changes, cycles.events)
        self.verdicts, self.concluded = self._rule.step(records, *events)
        self.reasons = self._rule.reasons
        if self._clipped is not None:
            said = undetermined(*self._clipped.told)
            early = np.flatnonzero(self._clipped.clips(cycles)).tolist()
            self.verdicts = self.verdicts.replaced(dict.fromkeys(early, said))
        return self.verdicts

    def measured(self, cycles: Cycles) -> Cycles:
        """Return the cycles without what a range clipped at the beginning of the life."""
        return cycles if self._clipped is None else self._clipped.without(cycles)

    def _with_jumps(self, cycles: Cycles) -> tuple[np.ndarray, np.ndarray]:
        """Abrupt events, those inside voltammograms among them: they count for what follows."""
        starts, resistance = cycles.column("start_time_second"), cycles.column("resistance_ohm")
        changes = cycles.changes
        owner = np.repeat(np.arange(len(starts)), np.diff(cycles.events))
        for jump in self._jumps:
            following = int(np.searchsorted(starts, jump.end))
            if following < len(starts) and (following or self._start < jump.end):
                before = resistance[following - 1] if following else self._resistance
                changes = np.vstack([changes, jump.event(float(before))])
                owner = np.append(owner, following)
        if len(starts):
            self._start, self._resistance = float(starts[-1]), float(resistance[-1])
        order = np.argsort(owner, kind="stable")
        bounds = np.searchsorted(owner[order], np.arange(len(starts) + 1))
        return np.ascontiguousarray(changes[order]), bounds.astype(np.int64)


def not_applicable(evidence: CellEvidence, sides: Sides | None = None) -> Verdict | None:
    """Return why the rules do not hold for this cell; None where they do.

    Parameters
    ----------
    evidence : CellEvidence
    sides : Sides, optional
        Of :func:`softbreak.models.rules.channel.sides_of`, where they are known.
    """
    if evidence.mixture and evidence.cell.configuration is None:
        return undetermined(
            f"these are probably files of several cells: {evidence.mixture}",
            "Give each cell a folder of its own, or say in cells.csv which files belong to it and "
            "what its configuration is.",
        )
    still = standing(evidence, sides)
    if still is not None:
        return undetermined(still.reason, still.wanted)
    foreign = foreign_cell(evidence)
    return None if foreign is None else undetermined(foreign.reason, foreign.wanted)


class FusedJudge:
    """The physics rule on all evidence; see :class:`softbreak.models.detector.Judge`.

    A spectrum speaks for the cycles around it as long as V/I stays the same: for those after it,
    and for those before it that are judged together with them.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
        One a spectrum, from :func:`softbreak.models.rules.impedance.read_spectra`.

    Attributes
    ----------
    voltage : VoltageJudge
        What the voltage alone says.
    """

    def __init__(self, evidence: CellEvidence, readings: Sequence[ImpedanceReading]) -> None:
        self.voltage = VoltageJudge(evidence)
        self._readings = [reading.decisive for reading in readings]
        self._base = SettledBase(readings)
        self._times = np.array([reading.time_second for reading in readings])
        self._certificates = certificates_of(evidence, readings)
        self._proved = 0  # certificates that were told
        self._newest = -1  # spectrum before the last cycle
        self._beside: _Beside | None = None  # cycle next to it, while V/I has not moved since

    def step(self, cycles: Cycles) -> Verdicts:
        """Judge the next cycles."""
        verdicts = self.voltage.step(cycles)
        if not verdicts or self.voltage.obstacle is not None:
            return verdicts
        cycles = self.voltage.measured(cycles)
        said = self._beside_spectra(cycles, verdicts) if self._readings else {}
        ends = cycles.column("end_time_second")
        for certificate in self._certificates[self._proved :]:
            if certificate.time_second > ends[-1]:
                break
            k = int(np.searchsorted(ends, certificate.time_second))
            said[k] = with_certificate(said.get(k) or verdicts[k], certificate)
            self._proved += 1
        return verdicts.replaced(said)

    def _beside_spectra(self, cycles: Cycles, verdicts: Verdicts) -> dict[int, Verdict]:
        """Let spectra speak for the cycles around them; return what they change."""
        late = cycles.column("late_resistance_ohm").tolist()
        levels = [math.log(max(ohm, 1e-9)) for ohm in late]
        states = verdicts.state.tolist()
        seen = (cycles.column("end_time_second"), levels, states)
        said: dict[int, Verdict] = {}
        newest = int(np.searchsorted(self._times, seen[0][-1], side="right")) - 1
        beside = None
        for k in range(max(self._newest, 0), len(self._readings)):
            reading = self._readings[k]
            reached, still = self._around(k, seen)
            if reading.speaks:
                for cycle in reached:
                    said[cycle] = settled(verdicts[cycle], reading)
            beside = still if k == newest else beside
        self._newest, self._beside = newest, beside
        answered = {cycle for cycle, one in said.items() if one.state is not State.UNDETERMINED}
        reasons = self.voltage.reasons
        for cycle, reading in self._base.holds(seen, reasons, verdicts, answered):
            said[cycle] = settled(verdicts[cycle], reading)
        return said

    def _around(self, k: int, seen: Seen) -> tuple[list[int], _Beside | None]:
        """Cycles around a spectrum, up to its neighbours, that still have the resistance it found.

        Also return the cycle next to it, if all that follow have its resistance.
        """
        ends, levels, states = seen
        earliest = self._times[k - 1] if k else -math.inf
        latest = self._times[k + 1] if k + 1 < len(self._times) else math.inf
        reading, chosen = self._readings[k], []

        def still(cycle: int, beside: _Beside) -> bool:
            level, state = beside
            return (
                earliest < ends[cycle] <= latest
                and reaches(reading, levels[cycle], level)
                and _alike(states[cycle], state)
            )

        here, beside = 0, self._beside
        if k != self._newest:
            here = int(np.searchsorted(ends, reading.time_second))
            for cycle in range(here - 1, -1, -1):
                if not still(cycle, (levels[here - 1], states[here - 1])):
                    break
                chosen.append(cycle)
            beside = (levels[here], states[here]) if here < len(levels) else None
        for cycle in range(here, len(levels)):
            if beside is None or not still(cycle, beside):
                return chosen, None
            chosen.append(cycle)
        return chosen, beside


def _alike(one: int, other: int) -> bool:
    """Whether voltage says the same of two cycles: what is open may be healthy as well."""
    return one == other or {one, other} == {HEALTHY, OPEN}


_Beside = tuple[float, int]
"""ln R of a cycle, and the state by its voltage."""


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
    soft = reading.convicts and reading.growth < SOFT_GROWTH
    grown = reading.growth > HEALTHY_GROWTH
    healthy = reading.upper < HEALTHY_UPPER and not (grown and creep_lost(verdict))
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
