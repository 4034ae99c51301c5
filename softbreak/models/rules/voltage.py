"""The voltage rule: certificate, abrupt events, and abstention; one cycle at a time.

What it rests on: an ionic resistance cannot fall within one sample, and a stack cannot conduct
better than its bare electrolyte. A slow change has several causes that the voltage alone does not
tell apart (a growing interphase hides a short, better contact mimics one), so that the rule then
abstains and says what to measure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from softbreak.data.record import Cell
from softbreak.models.rules.parts import CycleView, EventView, judged, undetermined
from softbreak.models.rules.words import hours, ohm, percent, state_probabilities
from softbreak.verdict import HARD_FROM, HEALTHY_BELOW, Evidence, State, Verdict

BOLTZMANN_EV: Final = 8.617333e-5
ACTIVATION_EV: Final = 0.40
"""Usual activation energy of a solid cell's resistance; its spread enters the interval."""
ACTIVATION_SPREAD_EV: Final = 0.12

CERTIFICATE: Final = 0.8
"""R below this share of L/(σA) is impossible for ions alone (temperature known) …"""
CERTIFICATE_UNLOGGED: Final = 0.6
"""… and where the temperature is not."""
WARMTH_LIMIT: Final = 0.08
"""Uncertainty (ln) of the temperature correction beyond which nothing slow can be judged: 5 K."""
GROWTH_LIMIT: Final = 0.10
"""A resistance this far (ln) above its baseline can hide a short: "healthy" is withheld."""
DECLINE_LIMIT: Final = 0.10
"""A slow fall (ln) below the running maximum that needs an explanation."""
TURN_LIMIT: Final = 0.05
"""After a growth beyond its limit a smaller fall counts already: the level means nothing then."""
DECLINE_AFTER_GROWTH: Final = 0.45
"""A slow fall this deep that follows a growth is taken for a conducting interphase."""
STEP_LIMIT: Final = 0.15
"""A fall (ln) from one cycle to the next that counts as a drop where temperature is logged …"""
STEP_LIMIT_UNLOGGED: Final = 0.45
"""… and where it is not: 15 K of warming do as much."""
RECOVERED: Final = 0.10
"""Distance (ln) to the level before a drop within which a rise counts as recovery."""
RATE_STEP: Final = 0.10
"""A change of ln I beyond which the baseline is carried over to the new current."""
DURATION_STEP: Final = 0.35
"""The same for a change of the cycle's duration: polarisation then reaches another depth."""
POLARISING: Final = 0.3
"""What ln R may change by with the duration."""
SHIFT_LIMIT: Final = 0.2
"""More than this (ln) explained away by current or duration, and a short may hide in it."""
LOST_PROBE: Final = 0.06
"""Spread of ln R while a probe that was logged before is silent: 4 K."""
LOST_IN_NOISE: Final = 0.5
"""Scatter of a sample over the mean voltage beyond which the first cycles mean nothing."""
COLLAPSE: Final = 0.7
"""A fall (ln) that even half a cycle shows: no asymmetry of the electrodes is as large."""
UNFINISHED: Final = "unfinished"
"""Name of the evidence of a cycle that was still running when the record ended."""
KINETIC_SHARE: Final = 0.6
"""Share of a change of ln I that charge transfer may take out of ln R."""
BASELINE_CYCLES: Final = 3
FIRST_CYCLE_SPREAD: Final = 0.3
"""Spread of ln R_i that the first cycle leaves: nothing tells whether R was higher before."""
DEAD_SHORT_OHM_CM2: Final = 1.0
"""No solid electrolyte separator has an area-specific resistance below this (Ω cm²)."""
DOUBTFUL_OHM_CM2: Final = 5.0
"""Below this only a thin film is plausible: thickness and conductivity must be known."""


@dataclass(slots=True)
class _Memory:
    """What the rule remembers of the cell's past: all of it causal."""

    reference_kelvin: float = math.nan
    early: list[float] = field(default_factory=list)
    base: float = math.nan
    top: float = -math.inf
    late: float = math.nan
    whole: float = math.nan
    current: float = math.nan
    shift: float = 0.0
    shifts: dict[tuple[int, int], float] = field(default_factory=dict)
    anchor_late: float = math.nan
    anchor_whole: float = math.nan
    anchor_cycle: int = 0
    lowest: float = math.nan
    deepest: float = 0.0
    risen: float = 0.0
    anchor_time: float = math.nan
    steps: list[float] = field(default_factory=list)
    doubt_level: float = math.nan
    doubt_reason: str = ""
    warm: bool = False
    duration: float = math.nan
    directions: int = 0
    largest_ohm: float = 0.0
    seen: int = 0


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
        self._m = _Memory()

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
                verdict = self._shorted(cycle, events, late, whole, warmth_spread)
        self._remember(cycle, late, whole)
        certificate = self._certificate(cycle)
        return certificate if certificate is not None else verdict

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
            return self._shorted(cycle, events, late, whole, warmth_spread, found)
        if m.seen >= 1:
            verdict = self._step_down(cycle, late, whole, warmth_spread)
            if verdict is not None:
                return verdict
        self._follow(late)
        return self._slow(cycle, late, warmth_spread)

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
            return self._shorted(cycle, (), late, whole, warmth_spread, found)
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

    def _slow(self, cycle: CycleView, late: float, warmth_spread: float) -> Verdict:
        """Healthy, or a slow change that the voltage cannot explain."""
        m = self._m
        growth, decline = late - m.base, late - m.top
        slack = warmth_spread
        transient = cycle.excursions > 0
        if warmth_spread > WARMTH_LIMIT:
            return undetermined(
                f"at {cycle.temperature_celsius:.0f} °C, far from the "
                f"{m.reference_kelvin - 273.15:.0f} °C of its first cycles, V/I cannot be compared",
                "Cycle or take impedance at the temperature of the first cycles; or fit the "
                "temperature series.",
                soft=0.2,
                transient=transient,
            )
        if growth > GROWTH_LIMIT + slack:
            hidden = 1.0 - math.exp(-growth)
            return undetermined(
                f"V/I has grown by {percent(math.exp(growth) - 1)} over its first cycles: a "
                f"growing ionic resistance could hide an electronic fraction of up to "
                f"{percent(hidden)}",
                "Impedance now and compare with a spectrum from the start, or a temperature "
                "series (−20 to 40 °C): either tells ionic growth from a short.",
                upper=max(hidden, 0.1),
                soft=0.12,
                transient=transient,
            )
        turned = m.top - m.base > GROWTH_LIMIT and decline < -(TURN_LIMIT + slack)
        if turned or decline < -(DECLINE_LIMIT + slack):
            return self._declined(decline, transient=transient)
        if abs(m.shift) > SHIFT_LIMIT:
            return undetermined(
                f"V/I changed by {percent(abs(math.expm1(m.shift)))} when current or duration of "
                "the half-cycles changed: charge transfer does that, and so does a short",
                "Return to the first current: a healthy cell returns to its first V/I.",
                upper=1.0 - math.exp(-abs(m.shift)),
                soft=0.3,
                transient=transient,
            )
        if not math.isnan(m.doubt_level):
            return undetermined(
                m.doubt_reason,
                "Log the temperature, and take an impedance spectrum to compare with an earlier "
                "one.",
                upper=1.0 - math.exp(late - m.doubt_level),
                soft=0.4,
                transient=transient,
            )
        deviation = math.hypot(0.05, 0.5 * max(growth, 0.0))
        deviation = math.hypot(deviation, 0.5 * warmth_spread)
        corrected = (
            f" (taken from {cycle.temperature_celsius:.0f} °C to the "
            f"{m.reference_kelvin - 273.15:.0f} °C of the beginning)"
            if warmth_spread > 0.01
            else ""
        )
        sentence = (
            f"V/I is {ohm(cycle.late_resistance_ohm)}, {percent(abs(math.exp(growth) - 1))} "
            f"{'above' if growth >= 0 else 'below'} its first cycles{corrected}, without an abrupt "
            "drop."
        )
        if not self._m.seen:
            sentence = (
                f"V/I is {ohm(cycle.late_resistance_ohm)} without an abrupt drop; "
                "there is no earlier cycle to compare with."
            )
            deviation = max(deviation, FIRST_CYCLE_SPREAD)
        sure = (
            (0.06 if m.seen else 0.15)
            + 0.5 * max(growth, 0.0)
            + 0.5 * max(-decline, 0.0)
            + (0.04 * transient)
        )
        return judged(
            State.HEALTHY,
            (0.0, 0.0, 1.0 - math.exp(-1.645 * deviation)),
            (1.0 - sure, 0.95 * sure, 0.05 * sure),
            (Evidence("growth_ln_resistance", growth, 0.0, sentence),),
            transient=transient,
        )

    def _declined(self, decline: float, *, transient: bool) -> Verdict:
        m = self._m
        rose = m.top - m.base
        fallen = 1.0 - math.exp(decline)
        limit = DECLINE_AFTER_GROWTH + (0.0 if self._warm else 0.25)
        if rose > GROWTH_LIMIT and decline < -limit:
            sentence = (
                f"V/I first grew by {percent(math.exp(rose) - 1)} and then fell slowly by "
                f"{percent(fallen)} below its maximum: so deep a fall after growth is the mark of "
                "an interphase that turned conducting."
            )
            return judged(
                State.SOFT,
                (fallen, max(1.0 - 1.35 * math.exp(decline), HEALTHY_BELOW), min(fallen + 0.2, 1)),
                (0.2, 0.77, 0.03),
                (Evidence("decline_ln_resistance", decline, 0.0, sentence),),
                transient=transient,
            )
        return undetermined(
            f"V/I fell slowly by {percent(fallen)} below its maximum: a conducting interphase, "
            "better contact or warmth would all look like this",
            "Impedance now and compare with an earlier spectrum (a short shrinks the low-"
            "frequency arc most), or a temperature series; log the temperature.",
            upper=min(fallen + 0.15, 1.0),
            soft=min(0.3 + 0.5 * fallen, 0.7),
            transient=transient,
        )

    # ---------------------------------------------------------------------------- after a drop
    def _shorted(
        self,
        cycle: CycleView,
        events: Sequence[EventView],
        late: float,
        whole: float,
        warmth_spread: float,
        found: Evidence | None = None,
    ) -> Verdict:
        m = self._m
        age = max(cycle.cycle_index - m.anchor_cycle, 0)
        spread = math.sqrt(0.08**2 + min(0.03**2 * age, 0.2**2) + warmth_spread**2)
        share = math.exp(min(whole - m.anchor_whole, 0.0))
        eta = 1.0 - share
        lower = max(1.0 - share * math.exp(1.645 * spread), 0.0)
        upper = 1.0 - share * math.exp(-1.645 * spread)
        evidence = [found] if found is not None else []
        evidence.append(
            Evidence(
                "resistance_over_anchor",
                share,
                1.0,
                f"V/I is {percent(1 - share)} below its level before the drop at "
                f"{hours(m.anchor_time)}.",
            )
        )
        rise = sum(e.change for e in events if e.change > 0)
        if found is None:
            # half of a return may lie in the cycle before
            rise, m.risen = max(rise + m.risen, late - m.late), rise
        else:
            m.lowest, m.risen = math.inf, rise
        largest = min((event.change for event in events), default=0.0)
        fallen = max(m.anchor_late - min(m.lowest, late), -largest)
        m.lowest = min(m.lowest, late)
        back = late > m.anchor_late - RECOVERED
        if back:
            abrupt = rise > max(SMALLEST_RISE, ABRUPT_RETURN * fallen)
            level = m.anchor_late
            m.anchor_late = m.anchor_whole = math.nan
            if not abrupt:
                m.doubt_level = max(level, late) + 1.0
                m.doubt_reason = (
                    "V/I crept back to its level before the drop: the short may have healed, or "
                    "a growing interphase hides it"
                )
        if found is not None:
            m.deepest = 0.0
        m.deepest = max(m.deepest, fallen)
        faint = m.deepest < FAINT_DROP or (found is None and not back and eta < FAINT_FRACTION)
        if eta < HEALTHY_BELOW or faint:
            if back and not math.isnan(m.doubt_level):
                return undetermined(m.doubt_reason, _EIS_WANTED, upper=0.6, soft=0.4)
            if back and eta < HEALTHY_BELOW:
                return judged(
                    State.HEALTHY,
                    (max(eta, 0.0), 0.0, max(upper, 0.05)),
                    (0.85, 0.14, 0.01),
                    tuple(evidence),
                    transient=True,
                )
            said = undetermined(
                f"V/I stands {percent(max(eta, 0.0))} below its level before the drop at "
                f"{hours(m.anchor_time)}: too little to tell a short from better contact",
                _EIS_WANTED,
                upper=max(upper, 0.15),
                soft=0.4,
            )
            return said if found is None else replace(said, evidence=(*said.evidence, found))
        state = State.HARD if eta >= HARD_FROM else State.SOFT
        return judged(
            state,
            (eta, lower, min(upper, 1.0)),
            state_probabilities(eta, spread * (1.0 - eta), 0.9),
            tuple(evidence),
        )


FAINT_DROP: Final = 0.16
"""A drop of ln R smaller than this may be contact or a void that filled …"""
FAINT_FRACTION: Final = 0.10
"""… and later on, an η_e below this is within what R_i may have changed."""
SMALLEST_RISE: Final = 0.05
"""An abrupt rise of ln R from this on can end a short."""
ABRUPT_RETURN: Final = 0.6
"""Share of a drop that must come back abruptly, or growth may just hide the short."""
_EIS_WANTED: Final = (
    "Impedance now and compare with a spectrum from before the drop: a healed short restores "
    "the low-frequency arc."
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
