"""Measurements beside the cycling that prove electrons: less than the bare electrolyte's L/(σA).

A voltammogram or a spectrum below that floor is a certificate of a short at its moment, whatever
the cycles beside it show. Cycles that lie below it themselves are certified where they are judged,
by ``_certify`` of :mod:`softbreak.models.rules.kernels.voltage_decision`; its margin is
``CERTIFICATE`` of :mod:`softbreak.models.rules.thresholds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from softbreak.data.record import Cell
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.rules.impedance import certified_verdict
from softbreak.models.rules.spoken_numbers import bare, hours, ohm, percent
from softbreak.models.rules.sweep_views import SweepView, foreign_sweep, with_cut_cycles
from softbreak.models.rules.thresholds import (
    BOLTZMANN_EV,
    CERTIFICATE,
    CERTIFICATE_UNLOGGED,
    ELECTROLYTE_EV,
)
from softbreak.models.rules.voltammetry import HardenedRule
from softbreak.physics.impedance import FEWEST_POINTS
from softbreak.physics.voltammetry import at_reference_temperature
from softbreak.verdict import State, Verdict, undetermined

if TYPE_CHECKING:
    from softbreak.models.rules.impedance import ImpedanceReading


FAR_BELOW: Final = 0.5
"""A voltammogram below this share of V/I of the last cycle casts doubt on what the cycles say …"""
LINEAR_VOLT: Final = 0.1
"""… at a voltage up to this, or up to twice that of the cycling; so does a spectrum …"""
LOW_HERTZ: Final = 0.1
"""… that reaches down to this."""


class Certificate(NamedTuple):
    """What a measurement proves by itself.

    Attributes
    ----------
    time_second : float
        On the cell's clock.
    verdict : Verdict
        Soft or hard; undetermined where wrong numbers of the cell would explain it as well.
    """

    time_second: float
    verdict: Verdict

    @property
    def proves(self) -> bool:
        """Whether it says soft or hard."""
        return self.verdict.state is not State.UNDETERMINED


class BelowBare(NamedTuple):
    """A resistance that ions alone cannot have.

    Attributes
    ----------
    least : float
        Electronic share of the current that is certain (1).
    sentence : str
    """

    least: float
    sentence: str


def below_bare(
    resistance_ohm: float, cell: Cell, celsius: float = float("nan"), *, what: str = "V/I"
) -> BelowBare | None:
    """Hold a DC resistance against the bare electrolyte's L/(σA).

    Parameters
    ----------
    resistance_ohm : float
        Ω; the largest that it may be.
    cell : Cell
    celsius : float
        Temperature of the measurement, where it was logged (°C).
    what : str
        What was measured, for the sentence.

    Returns
    -------
    BelowBare or None
        None above it, near it, and without geometry.
    """
    floor, stated = cell.ionic_floor_ohm, cell.temperature_celsius
    if floor is None or cell.unlike or not resistance_ohm > 0.0:
        return None
    share = CERTIFICATE_UNLOGGED
    if stated is not None and np.isfinite(celsius):
        inverse = 1.0 / (celsius + 273.15) - 1.0 / (stated + 273.15)
        floor *= float(np.exp(ELECTROLYTE_EV / BOLTZMANN_EV * inverse))
        share = CERTIFICATE
    if resistance_ohm >= share * floor:
        return None
    least = 1.0 - resistance_ohm / floor
    return BelowBare(
        least,
        f"{what} is {ohm(resistance_ohm, cell.area_cm2)}, but the bare electrolyte alone would "
        f"have {bare(floor, cell.area_cm2)}: at least {percent(least)} of the current is "
        "electronic, or the cell's numbers are misstated.",
    )


def certificates_of(
    evidence: CellEvidence, readings: Sequence[ImpedanceReading]
) -> list[Certificate]:
    """Return the certificates of a cell, in the order of their times.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
        One a spectrum.
    """
    if evidence.cell.ionic_floor_ohm is None or evidence.cell.unlike:
        return []
    found = [
        Certificate(reading.time_second, certified_verdict(reading))
        for reading in readings
        if reading.certified
    ]
    if len(evidence.sweeps):
        found += _of_sweeps(evidence)
    return sorted(found, key=lambda one: one.time_second)


def doubts_of(
    evidence: CellEvidence, readings: Sequence[ImpedanceReading] = ()
) -> list[Certificate]:
    """Return the first measurement after the last cycle that shows far less resistance than it.

    Both show the same total resistance, so that a cell whose cycles were healthy is left open: a
    short may have begun between them (a voltammogram itself can make it).

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
        One a spectrum.
    """
    cycles = evidence.timeline.cycle_columns
    if not len(cycles) or evidence.cell.unlike:
        return []
    before, ended, warmth, ampere = (
        float(cycles[name][-1])
        for name in (
            "late_resistance_ohm",
            "end_time_second",
            "temperature_celsius",
            "current_ampere",
        )
    )
    area, found = evidence.cell.area_cm2, []
    for name, time, resistance, celsius in (
        *_chords(evidence, before * ampere),
        *_low_ends(evidence, readings),
    ):
        warm = float(at_reference_temperature(resistance, celsius, warmth))
        if time < ended or not 0.0 < warm < FAR_BELOW * before:
            continue
        told = undetermined(
            f"{name} is {ohm(resistance, area)}, V/I of the last cycle was {ohm(before, area)}: a "
            "short may have begun in between, or the cell is warmer, or touches better",
            "The same cycling once more, or an impedance spectrum beside one of the fresh cell.",
            soft=0.5,
        )
        found.append(Certificate(time, told))
    return sorted(found, key=lambda one: one.time_second)[:1]


def _chords(evidence: CellEvidence, volt: float) -> list[tuple[str, float, float, float]]:
    """Voltammograms that kinetics do not bend far below the cycling at ``volt``."""
    if not len(evidence.sweeps):
        return []
    common = evidence.sweeps["common_voltage"].tolist()
    return [
        (
            "V/I of the voltammogram",
            sweep.start_time_second,
            sweep.chord_resistance,
            sweep.temperature_celsius,
        )
        for sweep, at in zip(sweep_views(evidence), common, strict=True)
        if at <= max(LINEAR_VOLT, 2.0 * volt) and foreign_sweep(sweep, evidence.cell) is None
    ]


def _low_ends(
    evidence: CellEvidence, readings: Sequence[ImpedanceReading]
) -> list[tuple[str, float, float, float]]:
    """Spectra that reach low frequencies and do not speak for themselves."""
    return [
        (
            "The low-frequency resistance",
            reading.time_second,
            reading.low_frequency_ohm,
            spectrum.temperature_celsius,
        )
        for spectrum, reading in zip(evidence.spectra, readings, strict=False)
        if len(spectrum.frequency) >= FEWEST_POINTS
        and spectrum.frequency.min() <= LOW_HERTZ
        and not reading.speaks
    ]


def _of_sweeps(evidence: CellEvidence) -> list[Certificate]:
    sweeps = sweep_views(evidence)
    rule = HardenedRule(evidence.cell, temperature_logged=evidence.temperature_logged)
    found = [(sweep.start_time_second, rule.certificate(sweep)) for sweep in sweeps]
    return [Certificate(time, verdict) for time, verdict in found if verdict is not None]


def sweep_views(evidence: CellEvidence) -> list[SweepView]:
    """Return the voltammograms as the CV rules want them."""
    table = evidence.sweeps
    if not len(table):
        return []
    columns = [table[name].to_list() for name in SweepView._fields if name in table]
    return with_cut_cycles([SweepView(*row) for row in zip(*columns, strict=True)])


def with_certificate(verdict: Verdict, certificate: Certificate) -> Verdict:
    """Return what is said of the cycle that follows a certificate."""
    if verdict.state in (State.SOFT, State.HARD):
        return verdict
    if verdict.state is State.UNDETERMINED and not certificate.proves:
        return verdict
    said = certificate.verdict
    when = f"At {hours(certificate.time_second)}, beside the cycling: "
    first, *more = said.evidence
    first = replace(first, sentence=when + first.sentence)
    return replace(said, evidence=(first, *more, *verdict.evidence))
