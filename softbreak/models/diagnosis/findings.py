"""What a person is told of a cell first: its summary in one row, and remarks on its evidence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.checks import Finding, current_unit
from softbreak.data.history import CellHistory
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.evidence.constant_voltage_holds import holds_of
from softbreak.features.half_cycles.polarity import rests_open
from softbreak.models.rules.impedance import ImpedanceReading
from softbreak.models.rules.sentences import hours, ohm, percent
from softbreak.models.rules.voltage import UNFINISHED
from softbreak.verdict import State, Verdict

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
UNDETERMINED_SHARE = 0.2
"""With more cycles than this left open a cell is not called healthy."""
LAST_CYCLES = 5
LEAKAGE_WANTED = (
    "softbreak leakage reads holds at constant voltage; beside it, impedance or cycling by a "
    "current of both signs."
)
COULOMB_PER_MAH = 3.6


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
    yield from _units(evidence)
    yield from _beginning(evidence)
    yield from _dummy(evidence)
    if len(evidence.timeline.cycles) and not evidence.temperature_logged:
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
    """Say that a voltage channel stood still while current flowed."""
    half_cycles = evidence.timeline.half_cycles
    still = half_cycles["voltage_volt"].isna().to_numpy()
    if still.any():
        first = float(half_cycles["start_time_second"].to_numpy()[still][0])
        yield Finding(
            "warning",
            "frozen-voltage",
            f"In {int(still.sum())} half-cycles, first at {hours(first)}, one and the same voltage "
            "stands row after row, which it did not before: it was not measured there, and says "
            "nothing of the cell. Check leads and voltage channel.",
        )


def _units(evidence: CellEvidence) -> Iterator[Finding]:
    """Ask whether a column is in thousandths of what it says."""
    half_cycles = evidence.timeline.half_cycles
    if not len(half_cycles):
        return
    volt = float(half_cycles["voltage_volt"].abs().median())
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
    cycles, floor = evidence.timeline.cycles, evidence.cell.ionic_floor_ohm
    if not len(cycles):
        return
    first = float(cycles["resistance_ohm"].iloc[0])
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
            f"The first cycle's V/I is {ohm(first)}, the bare electrolyte's L/(σA) {ohm(floor)}: a "
            "short that was there from the start shows only below that. A spectrum from before "
            "the first cycle, with its arcs, tells more.",
        )


def _dummy(evidence: CellEvidence) -> Iterator[Finding]:
    """Say that a voltage is nothing but the current times a constant."""
    cycles = evidence.timeline.cycles
    whole, late = cycles["resistance_ohm"].to_numpy(), cycles["late_resistance_ohm"].to_numpy()
    if len(cycles) < FEWEST_CYCLES or evidence.timeline.one_way or not (whole > 0).all():
        return
    if not (late > 0).all() or np.ptp(np.log(late)) > NO_AGE:
        return
    if abs(np.log(late / whole).mean()) <= NO_SHAPE:
        yield Finding(
            "note",
            "resistor",
            f"For {len(cycles)} cycles the voltage is the current times {ohm(float(whole[0]))} and "
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
                f"Spectrum {k}: the Kramers–Kronig residual is "
                f"{percent(reading.kramers_kronig_residual)} of |Z|: the cell drifted during the "
                "measurement, the amplitude was too large, or the data are noisy.",
            )


def _direct_current(
    evidence: CellEvidence, readings: Sequence[ImpedanceReading]
) -> Iterator[Finding]:
    known = [r.low_frequency_ohm for r in readings if math.isfinite(r.low_frequency_ohm)]
    cycles = evidence.timeline.cycles
    if not known or not len(cycles):
        return
    direct = float(cycles["late_resistance_ohm"].iloc[0])
    if direct > 0 and abs(math.log(direct / max(known[0], 1e-12))) > CONSISTENT:
        yield Finding(
            "note",
            "dc-against-ac",
            f"The first cycle's V/I is {ohm(direct)}, the first spectrum's low-frequency "
            f"resistance {ohm(known[0])}: slow processes below the lowest frequency, a changed "
            "cell, or different leads.",
        )


def _invasive(evidence: CellEvidence) -> Iterator[Finding]:
    cycles, sweeps = evidence.timeline.cycles, evidence.sweeps
    if not len(cycles) or not len(sweeps):
        return
    cycled = float(cycles["charge_ampere_second"].median()) / 2.0
    swept = float(sweeps["charge"].max())
    if swept > cycled > 0:
        yield Finding(
            "warning",
            "invasive-cv",
            f"One voltammogram moves {swept / 3.6:.3g} mAh per half-cycle, the cycling only "
            f"{cycled / 3.6:.3g} mAh: the CV can itself make the short. Use a narrower window.",
        )


# --------------------------------------------------------------------------------- summary
def summarise(
    evidence: CellEvidence,
    units: pd.DataFrame,
    verdicts: Sequence[Verdict],
    history: CellHistory,
) -> dict[str, object]:
    """Roll the verdicts of a cell's cycles up into its row of ``cells.parquet``.

    Parameters
    ----------
    evidence : CellEvidence
    units : pandas.DataFrame
        What was judged: ``start_time_second, end_time_second, charge_ampere_second``.
    verdicts : sequence of Verdict
        One a unit.
    history : CellHistory
    """
    state = cell_state(verdicts)
    held = "" if verdicts else _held(history)
    short = [v.state in (State.SOFT, State.HARD) for v in verdicts]
    onset = short.index(True) if any(short) else None
    onset_time = _onset_time(evidence, units, onset)
    return {
        "cell_id": history.cell.cell_id,
        "state": state.value,
        "ever_short": any(short) or any(v.transient_short for v in verdicts),
        "onset_cycle": onset,
        "onset_time_second": onset_time,
        "onset_areal_capacity_mah_per_cm2": _onset_capacity(evidence, units, onset_time),
        "probability": _probability(state, verdicts),
        "summary": _sentence(state, verdicts, onset, onset_time) + held,
        "wanted_measurement": LEAKAGE_WANTED if held else _wanted(state, verdicts),
        "n_cycles": len(verdicts),
        "n_files": len({record.source.path for record in history.records}),
    }


def cell_state(verdicts: Sequence[Verdict]) -> State:
    """Return the worst confirmed state; healthy only where few cycles are left open.

    Parameters
    ----------
    verdicts : sequence of Verdict
        In the order of the cycles.
    """
    if not verdicts:
        return State.UNDETERMINED
    worst = max((v.state for v in verdicts), key=lambda state: state.severity)
    if worst is not State.HEALTHY:
        return worst
    finished = [v for v in verdicts if not (v.evidence and v.evidence[0].feature == UNFINISHED)]
    undetermined = sum(v.state is State.UNDETERMINED for v in finished)
    left_open = undetermined > UNDETERMINED_SHARE * len(finished)
    if left_open or finished[-1].state is State.UNDETERMINED:
        return State.UNDETERMINED
    return State.HEALTHY


def _probability(state: State, verdicts: Sequence[Verdict]) -> float:
    """Of a short: of the surest cycle of a shorted cell, else of the last ones."""
    chances = [v.p_soft + v.p_hard for v in verdicts]
    if not chances:
        return math.nan
    if state in (State.SOFT, State.HARD):
        return max(chances)
    recent = chances[-LAST_CYCLES:]
    return sum(recent) / len(recent)


def _onset_time(evidence: CellEvidence, units: pd.DataFrame, onset: int | None) -> float:
    """The first abrupt drop of the onset cycle, or the cycle's beginning (s)."""
    if onset is None:
        return math.nan
    begin = float(units["start_time_second"].iloc[onset])
    end = float(units["end_time_second"].iloc[onset])
    events = evidence.timeline.events
    time = events["time_second"].to_numpy(dtype=np.float64)
    inside = (events["change"].to_numpy() < 0) & (time >= begin) & (time <= end)
    return float(time[inside][0]) if inside.any() else begin


def _onset_capacity(evidence: CellEvidence, units: pd.DataFrame, onset_time: float) -> float:
    """Charge passed in both directions until the onset (mAh cm⁻²)."""
    area = evidence.cell.area_cm2
    if math.isnan(onset_time) or not area:
        return math.nan
    begin = units["start_time_second"].to_numpy()
    duration = np.maximum(units["end_time_second"].to_numpy() - begin, 1e-9)
    share = np.clip((onset_time - begin) / duration, 0.0, 1.0)
    return float((share * units["charge_ampere_second"].to_numpy()).sum()) / COULOMB_PER_MAH / area


def _wanted(state: State, verdicts: Sequence[Verdict]) -> str:
    """The measurement that most of the open cycles want."""
    if state is not State.UNDETERMINED:
        return ""
    wishes = [v.wanted_measurement for v in verdicts if v.wanted_measurement]
    if not wishes:
        return "Galvanostatic cycling with logged voltage, current and temperature."
    return max(set(wishes), key=lambda wish: (wishes.count(wish), wish))


def _held(history: CellHistory) -> str:
    """Say which holds at constant voltage there are, of a cell that offers nothing else."""
    volts = [1e3 * hold.voltage_volt for hold in holds_of(history)]
    if not volts:
        return ""
    holds = "hold" if len(volts) == 1 else "holds"
    span = f"{min(volts):.3g} mV" if len(volts) == 1 else f"{min(volts):.3g} to {max(volts):.3g} mV"
    return f" There are {len(volts)} {holds} at constant voltage ({span}): softbreak leakage."


def _sentence(
    state: State, verdicts: Sequence[Verdict], onset: int | None, onset_time: float
) -> str:
    count = len(verdicts)
    if not verdicts:
        return "Nothing to judge: no cycling by a current, no voltammetry and no impedance."
    open_cycles = sum(v.state is State.UNDETERMINED for v in verdicts)
    are = "is" if open_cycles == 1 else "are"
    cycles = "cycle" if count == 1 else "cycles"
    told = f"{open_cycles} of {count} {cycles} {are} left open" if open_cycles else ""
    if onset is not None:
        last = verdicts[-1]
        worst = [v.electronic_fraction for v in verdicts if v.state is state]
        known = [value for value in worst if not math.isnan(value)]
        part = f"about {percent(float(np.median(known)))}" if known else "an unknown part"
        name = "Hard" if state is State.HARD else "Soft"
        first = verdicts[onset].state
        begin = f"{first} from cycle {onset} ({hours(onset_time)})"
        then = "" if first is state else ", later hard"
        now = "" if last.state in (State.SOFT, State.HARD) else f"; at the end {last.state}"
        return f"{name} breakdown: {begin}{then}; {part} of the current is electronic{now}."
    if state is State.HEALTHY:
        return f"Healthy over {count} cycles" + (f"; {told}." if told else ".")
    reason = next(
        (
            v.evidence[0].sentence
            for v in reversed(verdicts)
            if v.evidence and v.state is State.UNDETERMINED
        ),
        "",
    )
    reason = reason[:1].upper() + reason[1:]
    return f"Undetermined: {told}. {reason}" if told else f"Undetermined. {reason}"
