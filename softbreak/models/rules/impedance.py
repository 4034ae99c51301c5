"""The EIS rule: each spectrum against the cell's first, gated, and the wire that needs no pair."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.record import Cell
from softbreak.features.evidence.cell_evidence import CellEvidence, Spectrum
from softbreak.models.rules.sentences import state_probabilities
from softbreak.models.rules.spectrum_pairs import (
    RECENT,
    SURE,
    Told,
    alike,
    electronic_bound,
    held_again,
    pair_of,
    pair_sentence,
)
from softbreak.models.rules.spoken_numbers import bare, ohm, percent
from softbreak.models.rules.thresholds import (
    BOLTZMANN_EV,
    CERTIFICATE,
    CERTIFICATE_UNLOGGED,
    ELECTROLYTE_EV,
    HEALTHY_UPPER,
)
from softbreak.physics.impedance import (
    FEWEST_POINTS,
    SMALLEST_OHM,
    Intercepts,
    KramersKronig,
    blocking_end,
    intercepts,
)
from softbreak.physics.relaxation import kramers_kronig
from softbreak.physics.wire import ResistiveLine, only_metal, resistive_line
from softbreak.verdict import (
    HARD_FROM,
    HEALTHY_BELOW,
    Evidence,
    State,
    Verdict,
    judged,
    undetermined,
)

CERTAIN: Final = CERTIFICATE_UNLOGGED
"""R_LF over L/(σA) up to which no misstated area or conductivity explains it."""


@dataclass(frozen=True, slots=True)
class ImpedanceReading:
    """What one spectrum says.

    Attributes
    ----------
    time_second : float
    high_frequency_ohm, low_frequency_ohm : float
        Intercepts with the inductance of the leads removed; NaN where not judged.
    kramers_kronig_residual : float
        Relative residual noise of the linear Kramers–Kronig fit.
    wire : bool
        A straight (inductive) line of a resistance that only metal has: hard breakdown.
    trusted : bool
        The pair fit passed its gates, so that the interval counts.
    eta, lower, upper : float
        η_e with its 90 % interval; NaN without a reference.
    probability_short, probability_hard : float
        P(η_e ≥ 0.05), P(η_e ≥ 0.95).
    growth : float
        Factor on the interfaces' ionic resistance that the pair fit assumes.
    over_floor : float
        Low-frequency resistance over that of the bare electrolyte, L/(σA), where it is too low for
        ions alone: a certificate of electrons. NaN elsewhere.
    blocking : str
        How the spectrum ends where its electrodes block ions; empty where they do not.
    sentence : str
    high_frequency_resolved : bool
        Whether the first arc is closed at the highest frequency: an intercept is there.
    sound : bool
        It obeys the Kramers–Kronig relations and has an arc.
    since_eta, since_lower, since_upper, since_probability, since_growth : float
        The same as of the pair, from the newest spectrum that the first one clears; NaN where that
        adds nothing.
    since_sentence : str
    """

    time_second: float
    high_frequency_ohm: float = math.nan
    low_frequency_ohm: float = math.nan
    kramers_kronig_residual: float = math.nan
    wire: bool = False
    trusted: bool = False
    eta: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    probability_short: float = math.nan
    probability_hard: float = math.nan
    growth: float = math.nan
    over_floor: float = math.nan
    blocking: str = ""
    sentence: str = ""
    high_frequency_resolved: bool = True
    sound: bool = False
    since_eta: float = math.nan
    since_lower: float = math.nan
    since_upper: float = math.nan
    since_probability: float = math.nan
    since_growth: float = math.nan
    since_sentence: str = ""

    @property
    def certified(self) -> bool:
        """Whether ions alone cannot carry what the spectrum shows."""
        return math.isfinite(self.over_floor)

    @property
    def comparable(self) -> bool:
        """Whether later spectra may be held against this one."""
        short = self.wire or self.certified or self.blocking != ""
        return not short and math.isfinite(self.low_frequency_ohm)

    @property
    def speaks(self) -> bool:
        """Whether it says something of a short."""
        return self.wire or self.trusted or self.certified

    @property
    def decisive(self) -> ImpedanceReading:
        """The reading by that earlier spectrum which says most."""
        if not self.since_sentence:
            return self
        return replace(
            self,
            trusted=True,
            eta=self.since_eta,
            lower=self.since_lower,
            upper=self.since_upper,
            probability_short=self.since_probability,
            growth=self.since_growth,
            sentence=self.since_sentence,
            since_sentence="",
        )

    @property
    def pair(self) -> Told:
        """What it says beside the first spectrum."""
        return Told(self.trusted, self.eta, self.lower, self.upper)

    @property
    def convicts(self) -> bool:
        """Whether electrons have come since the earlier spectrum, surely."""
        return self.trusted and self.probability_short > SURE and self.lower > HEALTHY_BELOW

    @property
    def open(self) -> bool:
        """Whether the first spectrum is there and settles nothing."""
        held = math.isfinite(self.upper) and self.comparable
        return held and not (self.pair.clears or self.convicts)


def read_spectra(evidence: CellEvidence) -> list[ImpedanceReading]:
    """Read every spectrum of a cell, against the first sound one.

    Parameters
    ----------
    evidence : CellEvidence
    """
    return SpectrumReader().read(evidence)


class SpectrumReader:
    """Reads the spectra of one cell, each of them once: fitting a pair takes 25 ms."""

    def __init__(self) -> None:
        self._cell: tuple[Cell, bool] | None = None
        self._known: list[tuple[Spectrum, Spectrum | None, Spectrum | None, ImpedanceReading]] = []

    def read(self, evidence: CellEvidence) -> list[ImpedanceReading]:
        """Return one reading a spectrum, in order; those that are known already as they are.

        Parameters
        ----------
        evidence : CellEvidence
        """
        cell = (evidence.cell, evidence.temperature_logged)
        before = self._known if cell == self._cell else []
        self._cell, self._known = cell, []
        reference: Spectrum | None = None
        settled: Spectrum | None = None
        level, place, sound = math.nan, 0, False
        for k, spectrum in enumerate(evidence.spectra):
            settled = settled if k - place <= RECENT else None
            seen = (spectrum, reference, settled)
            if k < len(before) and alike(seen, before[k][:3]):
                reading = before[k][3]
            else:
                reading = _reading(spectrum, reference, level, evidence)
                if settled is not None and reading.open:
                    more = held_again(reading.pair, settled, spectrum, evidence.cell)
                    reading = replace(reading, **more)
            self._known.append((*seen, reading))
            if reading.pair.clears:
                settled, place = spectrum, k
            if reading.comparable and (reference is None or (reading.sound and not sound)):
                reference, level, sound = spectrum, reading.low_frequency_ohm, reading.sound
        return [known[3] for known in self._known]


def _reading(
    spectrum: Spectrum, reference: Spectrum | None, level: float, evidence: CellEvidence
) -> ImpedanceReading:
    """Read a spectrum, if it is one that can be read."""
    if len(spectrum.frequency) < FEWEST_POINTS:
        sentence = f"The spectrum has only {len(spectrum.frequency)} frequencies."
        return ImpedanceReading(spectrum.time_second, sentence=sentence)
    if not _passive(spectrum):
        sentence = "The real part of the impedance is not positive: check the leads."
        return ImpedanceReading(spectrum.time_second, sentence=sentence)
    floor = _floor(spectrum, evidence)
    f, z = spectrum.frequency, spectrum.impedance
    seen = _Seen(intercepts(f, z), kramers_kronig(f, z), resistive_line(f, z))
    found = _read(spectrum, seen, (reference, level), evidence.cell, floor)
    resolved, sound = seen.ends.high_frequency_resolved, seen.check.passed and not seen.line.is_line
    return replace(found, high_frequency_resolved=resolved, sound=sound)


class _Seen(NamedTuple):
    """What is measured of one spectrum by itself."""

    ends: Intercepts
    check: KramersKronig
    line: ResistiveLine


def _floor(spectrum: Spectrum, evidence: CellEvidence) -> tuple[float, float]:
    """Return L/(σA) at the spectrum's temperature (Ω; NaN where unknown), and the certain share."""
    cell, warmth = evidence.cell, spectrum.temperature_celsius
    floor, stated = cell.ionic_floor_ohm, cell.temperature_celsius
    if floor is None:
        return math.nan, CERTIFICATE
    if stated is None or (math.isnan(warmth) and evidence.temperature_logged):
        return floor, CERTIFICATE_UNLOGGED
    if math.isfinite(warmth):
        inverse = 1.0 / (warmth + 273.15) - 1.0 / (stated + 273.15)
        floor *= math.exp(ELECTROLYTE_EV / BOLTZMANN_EV * inverse)
    return floor, CERTIFICATE


def _over_floor(ends: Intercepts, check: KramersKronig, floor: tuple[float, float]) -> float:
    """Return R_LF over L/(σA) where that proves electrons; NaN where it does not.

    Before its DC limit a spectrum shows only a part of the resistance, and one that is not
    causal or linear shows none.
    """
    sound = check.passed or check.untested != ""
    if not (floor[0] > 0.0 and sound and ends.reached_direct_current):
        return math.nan
    surely = ends.low_frequency_ohm + 2.0 * ends.low_frequency_sd_ohm
    low = ends.low_frequency_ohm > 0.0 and surely < floor[1] * floor[0]
    return ends.low_frequency_ohm / floor[0] if low else math.nan


def _read(
    spectrum: Spectrum,
    seen: _Seen,
    before: tuple[Spectrum | None, float],
    cell: Cell,
    floor: tuple[float, float],
) -> ImpedanceReading:
    (reference, level), (ends, check, line) = before, seen
    at, area = spectrum.time_second, cell.area_cm2
    known = (ends.high_frequency_ohm, ends.low_frequency_ohm, check.noise)
    if line.is_line and only_metal(line.resistance_ohm, level, cell.ionic_floor_ohm, cell.area_cm2):
        sentence = (
            f"The spectrum is a straight line at {ohm(line.resistance_ohm, area)} without any arc: "
            "a wire with the inductance of its leads."
        )
        return ImpedanceReading(at, *known, wire=True, sentence=sentence)
    bound = electronic_bound(spectrum, ends, area)
    over = _over_floor(ends, check, floor)
    blocking = blocking_end(spectrum.frequency, spectrum.impedance)
    if math.isfinite(over):
        sentence = _certificate(ends.low_frequency_ohm, floor[0], area)
        return ImpedanceReading(at, *known, over_floor=over, sentence=sentence)
    if blocking:
        sentence = (
            f"The spectrum ends as {blocking}: its electrodes block ions, or have no contact. "
            f"{bound}: no short of a lower resistance is there."
        )
        return ImpedanceReading(at, *known, blocking=blocking, sentence=sentence)
    if reference is None:
        sentence = f"{bound[:1].upper()}{bound[1:]}; one spectrum alone says no more about a short."
        return ImpedanceReading(at, *known, sentence=sentence)
    pair = pair_of(reference, spectrum, cell)
    return ImpedanceReading(
        at,
        *known,
        trusted=not pair.abstained,
        eta=pair.mean,
        lower=pair.lower,
        upper=pair.upper,
        probability_short=pair.p_soft_or_hard,
        probability_hard=pair.p_hard,
        growth=pair.growth,
        sentence=pair_sentence(pair, (level, ends.low_frequency_ohm), bound, area),
    )


def _certificate(resistance: float, floor: float, area: float | None) -> str:
    return (
        f"The low-frequency resistance is {ohm(resistance, area)}, but the bare electrolyte alone "
        f"would have {bare(floor, area)}: at least {percent(1.0 - resistance / floor)} of the "
        "current is electronic."
    )


def _passive(spectrum: Spectrum) -> bool:
    """True where the real part is that of something which only takes energy."""
    real = spectrum.impedance.real
    return bool(np.median(real) > SMALLEST_OHM and real[-3:].min() > 0.0)


def reading_verdict(reading: ImpedanceReading) -> Verdict:
    """Turn a reading into a verdict (PHYSICS: sure, or abstain).

    Parameters
    ----------
    reading : ImpedanceReading
    """
    reading = reading.decisive
    found = Evidence("impedance_electronic_fraction", reading.eta, HEALTHY_BELOW, reading.sentence)
    if reading.wire:
        return judged(State.HARD, (0.98, 0.9, 1.0), (0.01, 0.07, 0.92), (found,))
    if reading.certified:
        return certified_verdict(reading)
    if reading.blocking:
        return undetermined(
            reading.sentence.rstrip("."),
            "Impedance with electrodes of the metal itself, or at a higher stack pressure.",
        )
    if not reading.trusted:
        return undetermined(
            reading.sentence.rstrip("."),
            "A reference spectrum from the fresh cell, or a temperature series (−20 to 40 °C).",
        )
    eta = (reading.eta, reading.lower, reading.upper)
    chances = state_probabilities(reading.eta, (reading.upper - reading.lower) / 3.29, 0.9)
    if reading.convicts:
        state = State.HARD if reading.lower > HARD_FROM else State.SOFT
        return judged(state, eta, chances, (found,))
    if reading.upper < HEALTHY_UPPER:
        return judged(State.HEALTHY, eta, chances, (found,))
    return undetermined(
        reading.sentence.rstrip("."),
        "A temperature series (−20 to 40 °C), or a spectrum to lower frequency.",
        upper=reading.upper,
        soft=min(max(reading.probability_short, 0.05), 0.9),
    )


def certified_verdict(reading: ImpedanceReading) -> Verdict:
    """Return the verdict of a spectrum that lies below the bare electrolyte: never healthy.

    Not far below it, a wrong area, thickness or conductivity explains it as well.

    Parameters
    ----------
    reading : ImpedanceReading
    """
    found = Evidence("resistance_over_ionic_floor", reading.over_floor, 1.0, reading.sentence)
    least = 1.0 - reading.over_floor
    if reading.over_floor > CERTAIN:
        said = undetermined(
            "Either electrons pass since before the spectrum, or area, thickness or conductivity "
            "are misstated",
            "Check area, thickness, conductivity and temperature of the electrolyte.",
            soft=0.45,
        )
        return replace(said, evidence=(found, *said.evidence))
    state = State.HARD if least >= HARD_FROM else State.SOFT
    eta = least if state is State.HARD else 0.5 * (1.0 + least)
    chances = state_probabilities(eta, 0.5 * (1.0 - least) + 0.02, 0.97)
    return judged(state, (eta, max(least - 0.1, HEALTHY_BELOW), 1.0), chances, (found,))
