"""The voltage rule: certificate, abrupt events, and abstention; one cycle at a time.

What it rests on: an ionic resistance cannot fall within one sample, and a stack cannot conduct
better than its bare electrolyte. A slow change has several causes that the voltage alone does not
tell apart (a growing interphase hides a short, better contact mimics one), so that the rule then
abstains and says what to measure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from softbreak.data.record import Cell
from softbreak.models.rules.limits import (
    ACTIVATION_EV,
    ACTIVATION_SPREAD_EV,
    BASELINE_CYCLES,
    BOLTZMANN_EV,
    CERTIFICATE,
    CERTIFICATE_UNLOGGED,
    DEAD_SHORT_OHM_CM2,
    DECLINE_LIMIT,
    DOUBTFUL_OHM_CM2,
    DURATION_STEP,
    KINETIC_SHARE,
    LOST_IN_NOISE,
    LOST_PROBE,
    POLARISING,
    RATE_STEP,
    STEP_LIMIT,
    STEP_LIMIT_UNLOGGED,
    UNFINISHED,
)
from softbreak.models.rules.memory import Memory
from softbreak.models.rules.parts import CycleView, EventView, judged, undetermined
from softbreak.models.rules.short import judge_short
from softbreak.models.rules.slow import judge_slow
from softbreak.models.rules.words import hours, ohm, percent, state_probabilities
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW, Evidence, State, Verdict


class VoltageRule:
    """Judges cycles in their order; feed every cycle once.

    Parameters
    ----------
    cell : Cell
        Area, thickness and conductivity make the certificate possible.
    temperature_logged : bool
        Whether the history holds a temperature that can move.
    """

    def __init__(self, cell: Cell, *, temperature_logged: bool) -> None:
        self._cell = cell
        self._logged = temperature_logged  # somewhere in the history
        self._warm = temperature_logged
        self._m = Memory()

    @property
    def memory(self) -> Memory:
        """What is remembered of the cycles so far; to be read, not written."""
        return self._m

    def step(self, cycle: CycleView, events: Sequence[EventView] = ()) -> Verdict:
        """Judge the next cycle.

        Parameters
        ----------
        cycle : CycleView
        events : sequence of EventView
            The abrupt changes within the cycle, in order.
        """
        m = self._m
        obstacle = self._unusable(cycle, events)
        if obstacle is not None:
            return obstacle
        self._warm = self._logged and math.isfinite(cycle.temperature_celsius)
        warmth, warmth_spread = self._temperature(cycle)
        late = math.log(max(cycle.late_resistance_ohm, 1e-9)) + warmth
        whole = math.log(max(cycle.resistance_ohm, 1e-9)) + warmth
        verdict = self._absolute(cycle)
        if verdict is None:
            late, whole = self._carry_current(cycle, late, whole)
            if math.isnan(m.anchor_late):
                verdict = self._clear(cycle, events, late, whole, warmth, warmth_spread)
            else:
                verdict = judge_short(m, cycle, events, (late, whole), warmth_spread)
        self._remember(cycle, late, whole)
        certificate = self._certificate(cycle)
        return verdict if certificate is None else _certified(verdict, certificate)

    def _unusable(self, cycle: CycleView, events: Sequence[EventView]) -> Verdict | None:
        """Cycles that cannot be compared with the others; they leave no trace in the memory."""
        m = self._m
        resistance = cycle.late_resistance_ohm
        if not (math.isfinite(cycle.resistance_ohm) and math.isfinite(resistance)):
            return undetermined("the voltage or the current of this cycle is missing", "")
        noise = max(cycle.noise, 0.0) if math.isfinite(cycle.noise) else 0.0
        known = max(math.exp(m.late) if m.seen else 0.0, m.largest_ohm)
        if noise > LOST_IN_NOISE and not m.seen:
            return undetermined(
                f"the voltage scatters by {percent(noise)} of its mean: V/I is lost in the noise",
                "Measure with a smaller voltage range, or at a larger current.",
            )
        negative = -cycle.resistance_ohm > max(3.0 * noise * abs(resistance), 0.05 * known)
        if negative or (cycle.resistance_ohm <= 0 and not m.seen):
            return undetermined(
                f"V/I is {ohm(cycle.resistance_ohm)}: the voltage runs against the current, or is "
                "lost in the cycler's offset",
                "Check the leads and the sign of the voltage; measure the offset with the leads "
                "shorted.",
            )
        one_sided = cycle.directions < m.directions and math.isnan(m.anchor_late)
        if (
            one_sided
            and _deepest(events) is None
            and math.log(max(resistance, 1e-9)) > m.late - 0.7
        ):
            said = undetermined(
                "this cycle has one direction of the current only, which cannot be compared with "
                "whole cycles",
                "",
                upper=0.5,
                soft=0.1,
            )
            return replace(said, evidence=(replace(said.evidence[0], feature=UNFINISHED),))
        return None

    # ------------------------------------------------------------------ what is known beforehand
    def _temperature(self, cycle: CycleView) -> tuple[float, float]:
        """Correction of ln R to the reference temperature, and its standard deviation."""
        kelvin = cycle.temperature_celsius + 273.15
        if not self._warm:
            unknown = 0.0 if math.isnan(self._m.reference_kelvin) else LOST_PROBE
            return 0.0, unknown
        if math.isnan(self._m.reference_kelvin):
            self._m.reference_kelvin = kelvin
        inverse = (1.0 / self._m.reference_kelvin - 1.0 / kelvin) / BOLTZMANN_EV
        return ACTIVATION_EV * inverse, ACTIVATION_SPREAD_EV * abs(inverse)

    def _remember(self, cycle: CycleView, late: float, whole: float) -> None:
        m = self._m
        if m.seen and math.isnan(m.anchor_late):
            m.steps.append(abs(late - m.late))
            del m.steps[:-20]
        m.late, m.whole, m.current = late, whole, cycle.current_ampere
        m.duration = cycle.end_time_second - cycle.start_time_second
        m.warm = self._warm
        m.directions = max(m.directions, cycle.directions)
        m.largest_ohm = max(m.largest_ohm, cycle.resistance_ohm)
        m.seen += 1

    def _carry_current(self, cycle: CycleView, late: float, whole: float) -> tuple[float, float]:
        """Refer ln R to the first current: kinetics make R depend on I, without any short."""
        m = self._m
        duration = cycle.end_time_second - cycle.start_time_second
        regime = _regime(cycle.current_ampere, duration)
        if not m.seen:
            m.shifts[regime] = 0.0
            return late, whole
        ratio = math.log(max(cycle.current_ampere, 1e-15) / max(m.current, 1e-15))
        stretch = abs(math.log(max(duration, 1e-3) / max(m.duration, 1e-3)))
        if abs(ratio) > RATE_STEP or stretch > DURATION_STEP:
            known = m.shifts.get(regime)
            if known is None:
                change = late - m.shift - m.late
                low, high = sorted((0.0, -KINETIC_SHARE * ratio))
                slack = 0.05 + (POLARISING if stretch > DURATION_STEP else 0.0)
                known = m.shift + min(max(change, low - slack), high + slack)
                m.shifts[regime] = known
            m.shift = known
        return late - m.shift, whole - m.shift

    def _certificate(self, cycle: CycleView) -> Verdict | None:
        """R below the bare electrolyte's: electrons must flow, whatever else is unknown."""
        floor = self._cell.ionic_floor_ohm
        if floor is None or not math.isfinite(cycle.resistance_ohm):
            return None
        stated, kelvin = self._cell.temperature_celsius, cycle.temperature_celsius + 273.15
        known = stated is not None and (not self._logged or self._warm)
        if self._warm and stated is not None:
            floor *= math.exp(0.35 / BOLTZMANN_EV * (1.0 / kelvin - 1.0 / (stated + 273.15)))
        limit = CERTIFICATE if known else CERTIFICATE_UNLOGGED
        resistance = max(cycle.resistance_ohm, 0.0)
        if resistance >= limit * floor:
            return None
        least = 1.0 - resistance / floor
        sentence = (
            f"V/I is {ohm(resistance)}, but the bare electrolyte alone would have "
            f"{ohm(floor)} (L/σA): at least {percent(least)} of the current is electronic."
        )
        state = State.HARD if least >= HARD_FROM else State.SOFT
        eta = 0.5 * (1.0 + least) if state is State.SOFT else least
        return judged(
            state,
            (eta, max(least - 0.1, HEALTHY_BELOW), 1.0),
            state_probabilities(eta, 0.5 * (1.0 - least) + 0.02, 0.97),
            (Evidence("resistance_over_ionic_floor", resistance / floor, 1.0, sentence),),
        )

    def _absolute(self, cycle: CycleView) -> Verdict | None:
        """Resistances that no stack with an ionic path can have, before any history."""
        m = self._m
        if m.seen and not math.isnan(m.base):
            return None
        if not math.isfinite(cycle.resistance_ohm):
            return undetermined("the voltage or the current of this cycle is missing", "")
        area = self._cell.area_cm2
        resistance = abs(cycle.resistance_ohm)
        areal = resistance * (area or 1.0)
        told = f"{areal:.2g} Ω cm²" if area else f"{ohm(resistance)} (area unknown)"
        if areal < DEAD_SHORT_OHM_CM2 * (1.0 if area else 0.5):
            sentence = (
                f"V/I is {told} from the first cycle on: less than any solid separator has; "
                "a wire would look like this."
            )
            return judged(
                State.HARD,
                (0.98, 0.9, 1.0),
                (0.02, 0.13, 0.85),
                (Evidence("area_specific_resistance", areal, DEAD_SHORT_OHM_CM2, sentence),),
            )
        if areal < DOUBTFUL_OHM_CM2 and self._cell.ionic_floor_ohm is None:
            return undetermined(
                f"V/I is only {told} from the first cycle on: a thin separator, or shorted at "
                "assembly",
                "State thickness and ionic conductivity of the electrolyte (manifest), or measure "
                "impedance from 1 MHz to 0.1 Hz: a short shows no arc.",
            )
        return None

    # ------------------------------------------------------------------------- no short so far
    def _clear(
        self,
        cycle: CycleView,
        events: Sequence[EventView],
        late: float,
        whole: float,
        warmth: float,
        warmth_spread: float,
    ) -> Verdict:
        m = self._m
        drop = _deepest(events)
        if drop is not None:
            before = math.log(max(drop.before_ohm, 1e-9)) + warmth - m.shift
            m.anchor_late = m.late if m.seen else before
            m.anchor_whole = m.whole if m.seen else before
            m.anchor_cycle, m.anchor_time = cycle.cycle_index, drop.time_second
            sentence = (
                f"V/I fell by {percent(1 - math.exp(drop.change))} within one sample at "
                f"{hours(drop.time_second)} ({ohm(drop.before_ohm)} to {ohm(drop.after_ohm)}) and "
                "did not come back in the next ones: an ionic resistance cannot do that."
            )
            found = Evidence("abrupt_drop_ln_resistance", drop.change, 0.0, sentence)
            return judge_short(m, cycle, events, (late, whole), warmth_spread, found)
        if m.seen >= 1:
            verdict = self._step_down(cycle, late, whole, warmth_spread)
            if verdict is not None:
                return verdict
        self._follow(late)
        return judge_slow(m, cycle, late, warmth_spread, warm=self._warm)

    def _step_down(
        self, cycle: CycleView, late: float, whole: float, warmth_spread: float
    ) -> Verdict | None:
        """A fall from one cycle to the next without a drop inside a half-cycle."""
        m = self._m
        change, mean_change = late - m.late, whole - m.whole
        usual = sorted(m.steps)[len(m.steps) // 2] if m.steps else 0.0
        limit = max(STEP_LIMIT + 2.0 * warmth_spread, 5.0 * usual, 4.0 * cycle.noise)
        if change > -limit or mean_change > -0.8 * limit:
            return None
        sentence = (
            f"V/I fell by {percent(1 - math.exp(change))} from the cycle before "
            f"(at {hours(cycle.start_time_second)})"
        )
        logged = self._warm and m.warm
        sure = logged or change < -max(STEP_LIMIT_UNLOGGED, limit)
        if m.seen >= BASELINE_CYCLES - 1 and sure:
            m.anchor_late, m.anchor_whole = m.late, m.whole
            m.anchor_cycle, m.anchor_time = cycle.cycle_index, cycle.start_time_second
            found = Evidence(
                "step_ln_resistance",
                change,
                0.0,
                sentence + f"; ordinary changes are {percent(usual)} a cycle.",
            )
            return judge_short(m, cycle, (), (late, whole), warmth_spread, found)
        m.doubt_level = m.late
        m.doubt_reason = sentence + (
            "; in the first cycles better contact does that too"
            if m.seen < BASELINE_CYCLES - 1
            else "; without a logged temperature a warmer cell looks the same"
        )
        return None

    def _follow(self, late: float) -> None:
        """Move baseline and running maximum along."""
        m = self._m
        if len(m.early) < BASELINE_CYCLES:
            m.early.append(late)
            m.base = sorted(m.early)[len(m.early) // 2 if len(m.early) == BASELINE_CYCLES else 0]
            m.top = m.base
        else:
            m.top = max(m.top, late)
        if not math.isnan(m.doubt_level) and late > m.doubt_level - 0.5 * DECLINE_LIMIT:
            m.doubt_level = math.nan


def _certified(verdict: Verdict, certificate: Verdict) -> Verdict:
    """Let the certificate decide; a drop that was seen besides keeps its estimate and its words."""
    if verdict.state not in (State.SOFT, State.HARD):
        return certificate
    graver = max(verdict, certificate, key=lambda v: v.state.severity)
    least = certificate.electronic_fraction_lower
    return replace(
        graver,
        electronic_fraction=max(verdict.electronic_fraction, least),
        electronic_fraction_lower=max(verdict.electronic_fraction_lower, least),
        electronic_fraction_upper=max(verdict.electronic_fraction_upper, least),
        evidence=(*verdict.evidence, *certificate.evidence),
    )


def _regime(current: float, duration: float) -> tuple[int, int]:
    """Bins of ln I (10 % wide) and of the logarithm of the cycle's duration (35 %)."""
    return (
        round(math.log(max(current, 1e-15)) / RATE_STEP),
        round(math.log(max(duration, 1e-3)) / DURATION_STEP),
    )


def _deepest(events: Sequence[EventView]) -> EventView | None:
    """The drop that took most ohms among events; None where nothing dropped."""
    drops = [event for event in events if event.change < 0]
    return max(drops, key=lambda event: event.before_ohm - event.after_ohm) if drops else None
