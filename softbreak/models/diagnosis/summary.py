"""A cell in one row: its state, its onset and a sentence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.history import CellHistory
from softbreak.features.cycles.columns import Columns
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.evidence.constant_voltage_holds import holds_of
from softbreak.features.half_cycles.polarity import median
from softbreak.models.diagnosis.climbing import steepest_climb
from softbreak.models.rules.certificates_beside import Certificate
from softbreak.models.rules.spoken_numbers import hours, lasting, percent
from softbreak.models.rules.thresholds import GROWTH_LIMIT, NOT_MEASURED
from softbreak.models.rules.voltage import UNFINISHED
from softbreak.models.verdicts import HARD, HEALTHY, OPEN, SOFT, STATES, Verdicts
from softbreak.verdict import BASIS_COUNTS, State, cycle_number

UNDETERMINED_SHARE = 0.2
"""With more cycles than this left open a cell is not called healthy."""
LAST_CYCLES = 5
DIP_DEPTH: Final = 0.3
"""Share of V/I by which a passing short fell, that no slip of a contact explains …"""
DIP_BACK: Final = 0.25
"""… and of which it misses at most so much when it comes back."""
LEAKAGE_WANTED = (
    "softbreak leakage reads holds at constant voltage; beside it, impedance or cycling by a "
    "current of both signs."
)
COULOMB_PER_MAH = 3.6
_GROWTH: Final = "growth_ln_resistance"
_ABRUPT: Final = "abrupt_drop_ln_resistance"
"""Evidence of a cycle that saw its short begin."""
_PASSED: Final = " A "
"""How the sentence about a short that passed begins."""
FEWEST_EXCURSIONS: Final = 2
"""One sample that is off is a glitch; so many in a cycle are a short that comes and goes."""


def summarise(
    evidence: CellEvidence,
    units: Columns,
    verdicts: Verdicts,
    history: CellHistory,
    certificates: Sequence[Certificate] = (),
) -> dict[str, object]:
    """Roll the verdicts of a cell's cycles up into its row of ``cells.parquet``.

    Parameters
    ----------
    evidence : CellEvidence
    units : Columns
        What was judged: ``start_time_second, end_time_second, charge_ampere_second``.
    verdicts : Verdicts
        One a unit.
    history : CellHistory
    certificates : sequence of Certificate
        Measurements beside the units that prove electrons: they count for the cell.
    """
    state = cell_state(verdicts)
    proof = _beside(state, certificates)
    beside = _transients(evidence, units, verdicts) if verdicts else _held(history)
    short = np.flatnonzero(_is_short(verdicts))
    onset = int(short[0]) if len(short) else None
    onset_time = _onset_time(evidence, units, onset)
    earliest = _earliest_onset(units, verdicts, onset, onset_time)
    told = _sentence(state, verdicts, onset, (earliest, onset_time))
    if state is State.UNDETERMINED and verdicts and NOT_MEASURED in verdicts.features(-1):
        told += _held(history)
    if state is State.UNDETERMINED and (climb := steepest_climb(evidence)) is not None:
        told = f"{told} {climb.sentence}"
    probability = _probability(state, verdicts)
    stood = Counter(verdicts.basis)
    if proof is not None:
        state, told = proof.verdict.state, _proved(proof, told)
        chance = proof.verdict.p_soft + proof.verdict.p_hard
        probability = max(chance, np.nan_to_num(probability))
        if proof.proves:
            onset_time = earliest = proof.time_second
    return {
        "cell_id": history.cell.cell_id,
        "state": state.value,
        "ever_short": onset is not None
        or (proof is not None and proof.proves)
        or bool(_passing(evidence, verdicts))
        or (bool(verdicts) and bool(_dips(evidence))),
        "onset_cycle": onset,
        "onset_time_second": onset_time,
        "onset_earliest_time_second": earliest,
        "onset_areal_capacity_mah_per_cm2": _onset_capacity(evidence, units, onset_time),
        "probability": probability,
        "summary": _told(state, told, beside),
        "wanted_measurement": LEAKAGE_WANTED
        if beside and not verdicts
        else _wanted(state, verdicts),
        "basis": {basis.value: stood[basis.value] for basis in BASIS_COUNTS.values()},
        "n_cycles": len(verdicts),
        "n_files": len({record.source.path for record in history.records}),
    }


def _beside(state: State, certificates: Sequence[Certificate]) -> Certificate | None:
    """The gravest certificate, where it says more than the verdicts do."""
    if state in (State.SOFT, State.HARD) or not certificates:
        return None
    worst = max(certificates, key=lambda one: one.verdict.state.severity)
    return worst if worst.proves or state is State.HEALTHY else None


def _proved(proof: Certificate, told: str) -> str:
    """Say first what proves, or doubts, more than the verdicts do."""
    sentence = proof.verdict.evidence[0].sentence
    when = f"at {hours(proof.time_second)}: {sentence}"
    if not proof.proves:
        return f"Undetermined, by a measurement beside the verdicts {when} {told}"
    return f"{proof.verdict.state.value.capitalize()} breakdown, proved {when} Beside it: {told}"


def _is_short(verdicts: Verdicts) -> np.ndarray:
    return np.asarray((verdicts.state == SOFT) | (verdicts.state == HARD))


def cell_state(verdicts: Verdicts) -> State:
    """Return the worst confirmed state; healthy only where few cycles are left open.

    Parameters
    ----------
    verdicts : Verdicts
        In the order of the cycles.
    """
    if not verdicts:
        return State.UNDETERMINED
    worst = max((STATES[k] for k in set(verdicts.state.tolist())), key=lambda one: one.severity)
    if worst is not State.HEALTHY:
        return worst
    unfinished = len(verdicts) > 1 and verdicts.features(-1)[:1] == [UNFINISHED]
    left_open = verdicts.state[: -1 if unfinished else None] == OPEN
    if left_open.sum() > UNDETERMINED_SHARE * len(left_open) or left_open[-1]:
        return State.UNDETERMINED
    return State.HEALTHY


def _probability(state: State, verdicts: Verdicts) -> float:
    """Of a short: of the surest cycle of a shorted cell, else of the last ones."""
    chances = verdicts.fault
    if not len(chances):
        return math.nan
    if state in (State.SOFT, State.HARD):
        return float(chances.max())
    recent = chances[-LAST_CYCLES:].tolist()
    return float(sum(recent) / len(recent))


def _onset_time(evidence: CellEvidence, units: Columns, onset: int | None) -> float:
    """The first abrupt drop of the onset cycle, or the cycle's beginning (s)."""
    if onset is None:
        return math.nan
    begin = float(units["start_time_second"][onset])
    end = float(units["end_time_second"][onset])
    events = evidence.timeline.event_columns
    time = events["time_second"]
    inside = (events["change"] < 0) & (time >= begin) & (time <= end)
    return float(time[inside][0]) if inside.any() else begin


def _earliest_onset(
    units: Columns, verdicts: Verdicts, onset: int | None, onset_time: float
) -> float:
    """Since when the short may be there (s): the end of the last cycle that was judged before."""
    if onset is None:
        return math.nan
    judged = np.flatnonzero(verdicts.state[:onset] != OPEN)
    before = int(judged[-1]) + 1 if len(judged) else 0
    if before == onset or _ABRUPT in verdicts.features(onset):
        return onset_time
    return float(units["end_time_second"][before - 1]) if before else 0.0


def _when(began: tuple[float, float]) -> str:
    """The onset, or between what it lies."""
    earliest, latest = began
    if not earliest < latest:
        return hours(latest)
    return f"it began between {hours(earliest).removesuffix(' h')} and {hours(latest)}"


def _told(state: State, sentence: str, beside: str) -> str:
    """A short that passed comes first where the state alone would hide it."""
    if beside.startswith(_PASSED) and state in (State.HEALTHY, State.UNDETERMINED):
        return f"{beside.strip()} {sentence}"
    return sentence + beside


def _stands_on(verdicts: Verdicts) -> str:
    """Say what "healthy" rests on, and what it cannot tell."""
    healthy = verdicts.state == HEALTHY
    settled, count = int((healthy & verdicts.settled).sum()), int(healthy.sum())
    if settled == count:
        part = " Its impedance says so of every cycle, against its first spectrum"
    else:
        part = f" It is {_since_the_first(verdicts)}"
        if settled:
            part += f"; in {settled} of {count} cycles its impedance says so, too"
    return f"{part}: whether it was shorted from the start, this measurement cannot tell."


def _since_the_first(verdicts: Verdicts) -> str:
    """Say "unchanged" only of a cell that is."""
    relative = (verdicts.state == HEALTHY) & ~verdicts.settled
    chosen = relative[verdicts.owners] & verdicts.named({_GROWTH})
    growth = verdicts.found["value"][chosen]
    furthest = float(growth[np.abs(growth).argmax()]) if len(growth) else 0.0
    if abs(furthest) <= GROWTH_LIMIT:
        return "unchanged since its first cycles"
    way = "rose" if furthest > 0 else "fell"
    change = percent(abs(math.expm1(furthest)))
    return f"judged against its first cycles, since which V/I {way} by up to {change}"


def _onset_capacity(evidence: CellEvidence, units: Columns, onset_time: float) -> float:
    """Charge passed in both directions until the onset (mAh cm⁻²)."""
    area = evidence.cell.area_cm2
    if math.isnan(onset_time) or not area:
        return math.nan
    begin = units["start_time_second"]
    duration = np.maximum(units["end_time_second"] - begin, 1e-9)
    share = np.clip((onset_time - begin) / duration, 0.0, 1.0)
    return float((share * units["charge_ampere_second"]).sum()) / COULOMB_PER_MAH / area


def _wanted(state: State, verdicts: Verdicts) -> str:
    """The measurement that most of the open cycles want."""
    if state is not State.UNDETERMINED:
        return ""
    wishes = Counter(wish for wish in verdicts.wanted if wish)
    if not wishes:
        return "Galvanostatic cycling with logged voltage, current and temperature."
    return max(wishes, key=lambda wish: (wishes[wish], wish))


class _Dip(NamedTuple):
    """V/I that fell within one sample and came back within one: when, how long (s), how deep."""

    time: float
    lasted: float
    depth: float


def _dips(evidence: CellEvidence) -> list[_Dip]:
    """Shorts that passed by themselves: no ionic resistance falls and rises like that."""
    events = evidence.timeline.event_columns
    time, change = events["time_second"], events["change"]
    found = []
    for k in range(len(time) - 1):
        depth, back = 1.0 - math.exp(min(change[k], 0.0)), change[k] + change[k + 1]
        if depth >= DIP_DEPTH and change[k + 1] > 0 and abs(back) < DIP_BACK * -change[k]:
            found.append(_Dip(float(time[k]), float(time[k + 1] - time[k]), depth))
    return found


def _transients(evidence: CellEvidence, units: Columns, verdicts: Verdicts) -> str:
    """Say when the first short that recovered by itself was, how long and how deep."""
    dips = _dips(evidence)
    if dips:
        first, others = dips[0], len(dips) - 1
        more = f" {others} other{'s' if others > 1 else ''} followed." if others else ""
        return (
            f"{_PASSED}short of {lasting(first.lasted)} at {hours(first.time)}, by which V/I fell "
            f"{percent(first.depth)} within one sample, recovered by itself.{more}"
        )
    passed = _passing(evidence, verdicts)
    if not passed:
        return ""
    begin = float(units["start_time_second"][passed[0]])
    end = float(units["end_time_second"][passed[0]])
    return f"{_PASSED}transient short passed between {hours(begin)} and {hours(end)}."


def _passing(evidence: CellEvidence, verdicts: Verdicts) -> list[int]:
    """Cycles in which a short came and went, more than a single sample of it."""
    seen = evidence.timeline.cycle_columns["excursions"]
    passed = verdicts.numbers["transient_short"] != 0
    if len(seen) == len(verdicts):
        passed &= ~((seen > 0) & (seen < FEWEST_EXCURSIONS))
    found: list[int] = np.flatnonzero(passed).tolist()
    return found


def _held(history: CellHistory) -> str:
    """Say which holds at constant voltage there are, of a cell that offers nothing else."""
    volts = [1e3 * hold.voltage_volt for hold in holds_of(history)]
    if not volts:
        return ""
    holds = "is 1 hold" if len(volts) == 1 else f"are {len(volts)} holds"
    low, high = f"{min(volts):.3g}", f"{max(volts):.3g}"
    span = f"{high} mV" if low == high else f"{low} to {high} mV"
    return f" There {holds} at constant voltage ({span}): softbreak leakage."


def _sentence(
    state: State,
    verdicts: Verdicts,
    onset: int | None,
    began: tuple[float, float],
) -> str:
    count = len(verdicts)
    if not verdicts:
        return "Nothing to judge: no cycling by a current, no voltammetry and no impedance."
    left_open = np.flatnonzero(verdicts.state == OPEN)
    open_cycles = len(left_open)
    are = "is" if open_cycles == 1 else "are"
    cycles = "cycle" if count == 1 else "cycles"
    told = f"{open_cycles} of {count} {cycles} {are} left open" if open_cycles else ""
    if onset is not None:
        first, last = (STATES[verdicts.state[k]] for k in (onset, -1))
        worst = verdicts.numbers["electronic_fraction"][verdicts.state == STATES.index(state)]
        known = worst[~np.isnan(worst)]
        part = f"about {percent(median(known))}" if len(known) else "an unknown part"
        name = "Hard" if state is State.HARD else "Soft"
        begin = f"{first} from cycle {cycle_number(onset)} ({_when(began)})"
        then = "" if first is state else ", later hard"
        now = "" if last in (State.SOFT, State.HARD) else f"; at the end {last}"
        return f"{name} breakdown: {begin}{then}; {part} of the current is electronic{now}."
    if state is State.HEALTHY:
        healthy = f"in {count - open_cycles} of {count}" if open_cycles else f"over {count}"
        rest = f"; {open_cycles} {are} left open." if open_cycles else "."
        return f"Healthy {healthy} cycles{rest}{_stands_on(verdicts)}"
    told = f"Undetermined: {told}. " if told else "Undetermined. "
    explained = left_open[np.diff(verdicts.bounds)[left_open] > 0]
    reason = verdicts[explained[-1]].evidence[0].sentence if len(explained) else ""
    return f"{told}{reason[:1].upper()}{reason[1:]}"
