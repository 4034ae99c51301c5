"""What a person is told of a cell first: its summary in one row, and remarks on its evidence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from softbreak.data.checks import Finding, current_unit
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.half_cycles.polarity import median, rests_open
from softbreak.models.diagnosis.climbing import steepest_climb
from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.models.rules.spoken_numbers import bare, hours, ohm, percent
from softbreak.models.rules.thresholds import CERTIFICATE_UNLOGGED

KRAMERS_KRONIG_LIMIT: Final = 0.02
"""Relative residual beyond which a spectrum is not one of a steady, linear cell."""
CONSISTENT: Final = 0.5
"""ln of the ratio of DC to low-frequency resistance that deserves a remark."""

NO_SHAPE: Final = 1e-4
"""Mean of ln R of the second halves over that of whole cycles, below which nothing polarises …"""
NO_AGE: Final = 1e-3
"""… and the spread of ln R below which nothing ages: real cells move by a hundred times that."""
FEWEST_CYCLES: Final = 3
MOST_VOLT: Final = 10.0


def judged_findings(
    evidence: CellEvidence, readings: Sequence[ImpedanceReading]
) -> Iterator[Finding]:
    """Look for contradictions between the measurements of a cell.

    Parameters
    ----------
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
    """
    yield from _spectra(readings)
    yield from _direct_current(evidence, readings)
    yield from _invasive(evidence)
    yield from _below_floor(evidence)
    if evidence.timeline.left_out:
        yield Finding(
            "warning",
            "small-current",
            f"{evidence.timeline.left_out} half-cycles carry too little current beside the others "
            "to be taken for cycling, and were left out: leakage, noise, or another experiment.",
        )
    if evidence.timeline.one_way:
        yield Finding(
            "note",
            "one-way",
            "The current never reverses: what is called a cycle here is a slice of half an hour, "
            "cut at abrupt events too.",
        )
    yield from _open_leads(evidence)
    yield from _frozen(evidence)
    yield from _climbing(evidence)
    yield from _units(evidence)
    yield from _beginning(evidence)
    yield from _dummy(evidence)
    if len(evidence.timeline.cycle_columns) and not evidence.temperature_logged:
        yield Finding(
            "note",
            "missing-temperature",
            "No temperature was logged: 2 K of warming raise the current by about 10 %, which "
            "looks like the beginning of a short. Log it, or state temperature_celsius.",
        )


def _open_leads(evidence: CellEvidence) -> Iterator[Finding]:
    """Say that the cell was not connected while no current flowed."""
    told = evidence.timeline
    if rests_open(told.electromotive_volt, told.polarisation_volt, told.rest_volt):
        yield Finding(
            "warning",
            "open-leads",
            f"Without current the voltage is {told.rest_volt:.3g} V, though the half-cycles lie "
            "about 0 V: the leads were off, and the cell was not measured there. Those rests are "
            "left out of what the cell is taken for.",
        )


def _frozen(evidence: CellEvidence) -> Iterator[Finding]:
    """Say that a voltage channel stood still, or ran against the current, while it flowed."""
    half_cycles = evidence.timeline.half_cycle_columns
    still = np.isnan(half_cycles["voltage_volt"])
    if still.any():
        first = float(half_cycles["start_time_second"][still][0])
        yield Finding(
            "warning",
            "frozen-voltage",
            f"In {int(still.sum())} half-cycles, first at {hours(first)}, the voltage stands row "
            "after row, or runs against the current, which it did not before: it was not measured "
            "there, and says nothing of the cell. Check leads and voltage channel.",
        )


def _climbing(evidence: CellEvidence) -> Iterator[Finding]:
    """Name what an expert sees at a glance in a voltage that runs away."""
    climb = steepest_climb(evidence)
    if climb is not None:
        yield Finding("warning", "climbing-voltage", climb.sentence)


def _units(evidence: CellEvidence) -> Iterator[Finding]:
    """Ask whether a column is in thousandths of what it says."""
    volts = np.abs(evidence.timeline.half_cycle_columns["voltage_volt"])
    volts = volts[~np.isnan(volts)]
    if not len(volts):
        return
    volt = median(volts)
    if volt > MOST_VOLT:
        yield Finding(
            "warning",
            "voltage-unit",
            f"The voltage under current is {volt:.3g} V, which no single cell has: is the column "
            "in mV? Name its unit in the header, or map it with a factor (docs/formats.md).",
        )
    elif doubt := evidence.current_in_doubt:
        yield current_unit(doubt)


def _beginning(evidence: CellEvidence) -> Iterator[Finding]:
    """Say that a short from before the first cycle may be among what a cell is judged against."""
    cycles, floor = evidence.timeline.cycle_columns, evidence.cell.ionic_floor_ohm
    if not len(cycles):
        return
    first, area = float(cycles["resistance_ohm"][0]), evidence.cell.area_cm2
    if floor is None:
        yield Finding(
            "note",
            "own-past-only",
            "Judged against its own first cycles only: a short that was there from the start would "
            "not show. State area, thickness and conductivity of the electrolyte in cells.csv: "
            "V/I below L/(σA) then proves it.",
        )
    elif first > floor:
        yield Finding(
            "note",
            "own-past-only",
            f"The first cycle's V/I is {ohm(first, area)}, the bare electrolyte's "
            f"{bare(floor, area)}: a short that was there from the start shows only below that. "
            "A spectrum from before the first cycle, with its arcs, tells more.",
        )


def _dummy(evidence: CellEvidence) -> Iterator[Finding]:
    """Say that a voltage is nothing but the current times a constant."""
    cycles = evidence.timeline.cycle_columns
    whole, late = cycles["resistance_ohm"], cycles["late_resistance_ohm"]
    if len(cycles) < FEWEST_CYCLES or evidence.timeline.one_way or not (whole > 0).all():
        return
    if not (late > 0).all() or np.ptp(np.log(late)) > NO_AGE:
        return
    if abs(np.log(late / whole).mean()) <= NO_SHAPE:
        first = ohm(float(whole[0]), evidence.cell.area_cm2)
        yield Finding(
            "note",
            "resistor",
            f"For {len(cycles)} cycles the voltage is the current times {first} and "
            "nothing else, to four digits, where most cells polarise and age. A dummy looks like "
            "this, and a cell that was a wire from the start; impedance from 1 MHz to 0.1 Hz shows "
            "whether there is an arc.",
        )


def _spectra(readings: Sequence[ImpedanceReading]) -> Iterator[Finding]:
    for k, reading in enumerate(readings):
        if reading.kramers_kronig_residual > KRAMERS_KRONIG_LIMIT:
            yield Finding(
                "warning",
                "kramers-kronig",
                f"EIS {k + 1}: the Kramers–Kronig residual is "
                f"{percent(reading.kramers_kronig_residual)} of |Z|: the cell drifted during the "
                "measurement, the amplitude was too large, or the data are noisy.",
            )


def _direct_current(
    evidence: CellEvidence, readings: Sequence[ImpedanceReading]
) -> Iterator[Finding]:
    known = [r.low_frequency_ohm for r in readings if math.isfinite(r.low_frequency_ohm)]
    cycles = evidence.timeline.cycle_columns
    if not known or not len(cycles):
        return
    direct, area = float(cycles["late_resistance_ohm"][0]), evidence.cell.area_cm2
    if direct > 0 and abs(math.log(direct / max(known[0], 1e-12))) > CONSISTENT:
        yield Finding(
            "note",
            "dc-against-ac",
            f"Late in the first half-cycles V/I is {ohm(direct, area)}, the first spectrum's "
            f"low-frequency resistance {ohm(known[0], area)}: slow processes below the lowest "
            "frequency, a changed cell, or different leads.",
        )


def _invasive(evidence: CellEvidence) -> Iterator[Finding]:
    cycles, sweeps = evidence.timeline.cycle_columns, evidence.sweeps
    if not len(cycles) or not len(sweeps):
        return
    cycled = float(np.nanmedian(cycles["charge_ampere_second"])) / 2.0
    swept = float(sweeps["charge"].max())
    if swept > cycled > 0:
        yield Finding(
            "warning",
            "invasive-cv",
            f"One voltammogram moves {swept / 3.6:.3g} mAh per half-cycle, the cycling only "
            f"{cycled / 3.6:.3g} mAh: the CV can itself make the short. Use a narrower window.",
        )


def _below_floor(evidence: CellEvidence) -> Iterator[Finding]:
    """Say that a voltammogram proves electrons, which the cycles beside it may not show."""
    floor, sweeps = evidence.cell.ionic_floor_ohm, evidence.sweeps
    area = evidence.cell.area_cm2
    if floor is None or not len(sweeps) or not len(evidence.timeline.cycle_columns):
        return
    chord = sweeps["chord_resistance"].to_numpy(dtype=np.float64)
    low = np.isfinite(chord) & (chord > 0.0) & (chord < CERTIFICATE_UNLOGGED * floor)
    if low.any():
        when = float(sweeps["start_time_second"].to_numpy()[low][0])
        yield Finding(
            "warning",
            "sweep-below-floor",
            f"The voltammogram at {hours(when)} shows V/I of {ohm(float(chord[low][0]), area)}, "
            f"the bare electrolyte alone would have {bare(floor, area)}: electrons passed then, "
            "whatever the cycles beside it show.",
        )
