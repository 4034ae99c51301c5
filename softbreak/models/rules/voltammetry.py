"""The CV rule: as the paper states it, and hardened against what fools it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from softbreak.data.record import Cell
from softbreak.models.rules.foreign import swept
from softbreak.models.rules.sentences import bare, ohm, percent, state_probabilities
from softbreak.models.rules.thresholds import (
    ACTIVATION_EV,
    ACTIVATION_SPREAD_EV,
    BOLTZMANN_EV,
    CERTIFICATE,
    CERTIFICATE_UNLOGGED,
)
from softbreak.verdict import (
    HARD_FROM,
    HEALTHY_BELOW,
    Evidence,
    State,
    Verdict,
    judged,
    undetermined,
)

OMEGA_SOFT: Final = 0.05
"""The paper's sign of soft breakdown: the current rises by more than this from CV to CV."""
LINEAR: Final = 0.9995
"""R² from which a voltammogram is a straight line."""
HARD_OHM_CM2: Final = 3.0
"""A straight line is a hard breakdown only below this area-specific resistance (or 0.1 L/σ)."""
RISE_ON: Final = math.log(1.15)
RISE_OFF: Final = math.log(1.05)
RISE_UNLOGGED: Final = math.log(1.6)
"""Without a logged temperature a rise below this could be 10 K of warming."""
JUMP: Final = 0.15
"""A jump of the current inside a sweep, over the peak current, that marks a new path."""
LOPSIDED: Final = 0.1
"""A symmetric cell is swept about 0 V: its middle lies there within this share of the window …"""
SYMMETRIC_VOLT: Final = 0.6
"""… or one end does (0 → 0.1 → 0 V), and the other one is no further away than this."""
PASSIVE: Final = 0.05
"""Share of the charge that may flow against the voltage: between equal electrodes none does."""
INNER: Final = 0.8
"""A current whose peaks lie further before the vertices, on either side, is no resistance's."""
POSSIBLE_GROWTH: Final = 2.0
"""Factor by which R_i may have grown unseen since the first CV."""
SAME_SETTING: Final = 0.1
"""Windows and scan rates that differ by more than this fraction are not compared."""


class SweepView(NamedTuple):
    """One cycle of a voltammetry measurement (units as in `softbreak.physics.voltammetry`)."""

    series: int
    sweep: int
    start_time_second: float
    end_time_second: float
    peak_current: float
    window: float
    middle: float
    scan_rate: float
    chord_resistance: float
    linearity: float
    largest_jump: float
    charge: float
    temperature_celsius: float
    against_voltage: float = math.nan
    peak_before_vertex: float = math.nan


def literal(sweeps: Sequence[SweepView], cell: Cell) -> list[Verdict]:
    """Judge voltammograms as Wang et al. do (doi 10.1016/j.joule.2022.05.020).

    Rising current is soft, a straight line (of low resistance) hard, all else healthy. No care is
    taken of temperature, contact, window or a growing interphase.

    Parameters
    ----------
    sweeps : sequence of SweepView
        In the order of their times.
    cell : Cell
    """
    verdicts = []
    for k, sweep in enumerate(sweeps):
        before = sweeps[k - 1] if k and _same_setting(sweep, sweeps[k - 1]) else None
        verdicts.append(_literal(sweep, before, cell))
    return verdicts


def foreign_sweep(sweep: SweepView, cell: Cell) -> Verdict | None:
    """Abstain on voltammograms that are not of a symmetric cell: those are swept around 0 V.

    Parameters
    ----------
    sweep : SweepView
    cell : Cell
    """
    low, high = sweep.middle - sweep.window, sweep.middle + sweep.window
    if cell.unlike:
        return undetermined(*swept(cell))
    near = LOPSIDED * sweep.window
    one_sided = min(abs(low), abs(high)) <= near and max(-low, high) <= SYMMETRIC_VOLT
    if abs(sweep.middle) <= near or one_sided:
        return _active(sweep)
    return undetermined(
        f"the voltammogram runs from {low:.2f} to {high:.2f} V, not around 0 V: this is not a "
        "symmetric cell (three electrodes, or another counter electrode), and the CV rules do not "
        "apply to it",
        "A symmetric cell, swept by the same voltage in both directions.",
    )


def _active(sweep: SweepView) -> Verdict | None:
    """Abstain on a voltammogram about 0 V of electrodes that give back charge by themselves."""
    if sweep.peak_before_vertex > INNER:
        why = (
            "the current of the voltammogram has its peaks far inside the window and falls towards "
            "the vertices: a redox couple (then this is not a symmetric cell), or metal that runs "
            "out at once"
        )
    elif sweep.against_voltage > PASSIVE:
        why = (
            f"{percent(sweep.against_voltage)} of the charge of the voltammogram flows against the "
            "voltage: this is not a symmetric cell, whose electrodes have no voltage of their own "
            "(a redox couple against a reference electrode, or a capacitor, has)"
        )
    else:
        return None
    wanted = "A symmetric cell without a reference electrode, swept about 0 V."
    return undetermined(f"{why}; the CV rules do not apply to it", wanted)


def _literal(sweep: SweepView, before: SweepView | None, cell: Cell) -> Verdict:
    settled = foreign_sweep(sweep, cell) or _is_wire(sweep, cell)
    if settled is not None:
        return settled
    if before is None or not before.peak_current > 0:
        return undetermined("there is no earlier voltammogram to compare with", _MORE_WANTED)
    omega = sweep.peak_current / before.peak_current - 1.0
    found = Evidence(
        "omega", omega, 0.0, f"The peak current changed by {percent(omega)} since the last CV."
    )
    eta = max(omega / (1.0 + omega), 0.0)
    if omega > OMEGA_SOFT:
        return judged(State.SOFT, (eta, 0.0, 1.0), (0.25, 0.7, 0.05), (found,))
    return judged(State.HEALTHY, (0.0, 0.0, 1.0), (0.75, 0.2, 0.05), (found,))


_MORE_WANTED: Final = (
    "Another cyclic voltammogram with the same window and scan rate, and its temperature."
)
_ALONE: Final = "there is no comparable earlier voltammogram"
UNCHANGED_WANTED: Final = (
    "Area, thickness and conductivity of the electrolyte in cells.csv (V/I below L/(σA) proves "
    "electrons), and an impedance spectrum beside one of the fresh cell."
)


def _same_setting(one: SweepView, other: SweepView) -> bool:
    """True where two voltammograms were taken alike."""
    return (
        abs(one.window / other.window - 1.0) < SAME_SETTING
        and abs(one.scan_rate / other.scan_rate - 1.0) < 2 * SAME_SETTING
        if other.window > 0 and other.scan_rate > 0
        else False
    )


def _is_wire(sweep: SweepView, cell: Cell) -> Verdict | None:
    """Hard: a straight line of a resistance that only metal has."""
    areal = sweep.chord_resistance * (cell.area_cm2 or 1.0)
    limit = HARD_OHM_CM2
    if cell.ionic_floor_ohm is not None:
        # a thin liquid has less than a wire between pellets
        floor = cell.ionic_floor_ohm * (cell.area_cm2 or 1.0)
        limit = max(min(limit, floor), 0.1 * floor)
    if not (sweep.linearity > LINEAR and 0.0 < areal < limit):
        return None
    sentence = (
        f"The voltammogram is a straight line (R² = {sweep.linearity:.5f}) of "
        f"{ohm(sweep.chord_resistance, cell.area_cm2)}: a resistor."
    )
    return judged(
        State.HARD,
        (0.98, 0.9, 1.0),
        (0.02, 0.08, 0.9),
        (Evidence("linearity", sweep.linearity, LINEAR, sentence),),
    )


class HardenedRule:
    """The CV rule with memory: running minimum of the current, hysteresis, abstention.

    Parameters
    ----------
    cell : Cell
    temperature_logged : bool
    """

    def __init__(self, cell: Cell, *, temperature_logged: bool) -> None:
        self._cell = cell
        self._logged = temperature_logged
        self._last: SweepView | None = None
        self._first = math.nan
        self._lowest = math.nan
        self._soft = False
        self._jumped = False
        self._kelvin = math.nan
        self._before = self._shift = math.nan

    def step(self, sweep: SweepView) -> Verdict:
        """Judge the next voltammogram.

        Parameters
        ----------
        sweep : SweepView
        """
        cell = self._cell
        settled = foreign_sweep(sweep, cell) or _is_wire(sweep, cell) or self._floor(sweep)
        if settled is None and sweep.largest_jump < -JUMP:
            return self._fall(sweep)
        conductance, spread = self._corrected(sweep)
        fresh = self._last is None or not _same_setting(sweep, self._last)
        if fresh:
            self._shift = conductance - self._before
        self._last, self._before = sweep, conductance
        if fresh or math.isnan(conductance):
            self._first = self._lowest = conductance
            self._soft = False
        rise = conductance - self._lowest
        self._lowest = min(self._lowest, conductance)
        if settled is not None:
            return settled
        if math.isnan(conductance):
            return undetermined(
                "no current flows through the cell at the common voltage", _MORE_WANTED
            )
        if sweep.largest_jump > JUMP:
            self._jumped = self._soft = True
            return self._jump(sweep, rise)
        if fresh:
            return undetermined(f"{_ALONE}{self._shifted()}", _MORE_WANTED)
        self._soft = rise > (RISE_OFF if self._soft else RISE_ON)
        return self._compared(rise, conductance - self._first, spread)

    def certificate(self, sweep: SweepView) -> Verdict | None:
        """What a voltammogram below L/(σA) proves by itself; None where it is above, or foreign.

        Parameters
        ----------
        sweep : SweepView
        """
        return None if foreign_sweep(sweep, self._cell) is not None else self._floor(sweep)

    def _floor(self, sweep: SweepView) -> Verdict | None:
        """V/I below the bare electrolyte's: electrons must flow, whatever else is unknown."""
        floor, ohms = self._cell.ionic_floor_ohm, sweep.chord_resistance
        if floor is None or not ohms > 0.0:
            return None
        stated, now = self._cell.temperature_celsius, sweep.temperature_celsius
        warm = self._logged and not math.isnan(now)
        if stated is not None and warm:
            inverse = 1.0 / (now + 273.15) - 1.0 / (stated + 273.15)
            floor *= math.exp(ACTIVATION_EV / BOLTZMANN_EV * inverse)
        sure = stated is not None and (warm or not self._logged)
        if ohms >= floor:
            return None
        area = self._cell.area_cm2
        told = (
            f"V/I of the voltammogram is {ohm(ohms, area)}, the bare electrolyte alone would have "
            f"{bare(floor, area)}"
        )
        if ohms >= (CERTIFICATE if sure else CERTIFICATE_UNLOGGED) * floor:
            return undetermined(
                f"{told}: either electrons flow, or the cell's numbers are misstated",
                "Check area, thickness and conductivity of the electrolyte; impedance from 1 MHz "
                "to 0.1 Hz shows whether there is an arc.",
                soft=0.4,
            )
        least = 1.0 - ohms / floor
        state = State.HARD if least >= HARD_FROM else State.SOFT
        eta = least if state is State.HARD else 0.5 * (1.0 + least)
        found = Evidence(
            "resistance_over_ionic_floor",
            ohms / floor,
            1.0,
            f"{told}: at least {percent(least)} of the current is electronic.",
        )
        return judged(
            state,
            (eta, max(least - 0.1, HEALTHY_BELOW), 1.0),
            state_probabilities(eta, 0.5 * (1.0 - least) + 0.02, 0.97),
            (found,),
        )

    def _corrected(self, sweep: SweepView) -> tuple[float, float]:
        """Return ln of the chord conductance at the reference temperature, and its spread."""
        if not 0 < sweep.chord_resistance < math.inf:
            return math.nan, 0.0
        value = -math.log(sweep.chord_resistance)
        kelvin = sweep.temperature_celsius + 273.15
        if not self._logged or math.isnan(kelvin):
            return value, 0.0
        if math.isnan(self._kelvin):
            self._kelvin = kelvin
        inverse = (1.0 / self._kelvin - 1.0 / kelvin) / BOLTZMANN_EV
        return value - ACTIVATION_EV * inverse, ACTIVATION_SPREAD_EV * abs(inverse)

    def _jump(self, sweep: SweepView, rise: float) -> Verdict:
        sentence = (
            f"Inside the sweep the current jumped by {percent(sweep.largest_jump)} of its peak: "
            "a new path closed, perhaps by the CV itself."
        )
        jumped = min(sweep.largest_jump, 1.0)
        eta = min(max(1.0 - math.exp(-max(rise, 0.0)), jumped / (1.0 + jumped)), 0.94)
        return judged(
            State.SOFT,
            (eta, 0.05, 1.0),
            (0.15, 0.8, 0.05),
            (Evidence("jump_in_sweep", sweep.largest_jump, 0.0, sentence),),
        )

    def _shifted(self) -> str:
        """What V/I at the common voltage did where window or rate changed; empty where nothing."""
        if not abs(self._shift) > RISE_ON:
            return ""
        return (
            f" (where window or rate changed it changed by {percent(math.expm1(self._shift))}, by "
            "that, or by a short, warmth or contact)"
        )

    @staticmethod
    def _fall(sweep: SweepView) -> Verdict:
        """A sweep in which the current breaks off is compared with nothing, nor others with it."""
        return undetermined(
            f"inside the sweep the current fell by {percent(-sweep.largest_jump)} of its peak from "
            "one sample to the next: a contact was lost, or a path for electrons burned off",
            _MORE_WANTED,
            soft=0.3,
        )

    def _compared(self, rise: float, change: float, spread: float) -> Verdict:
        omega = math.exp(rise) - 1.0
        if self._soft:
            return self._risen(rise, omega, spread)
        if change < -0.10:
            return undetermined(
                f"the current fell by {percent(1 - math.exp(change))} since the first CV: a "
                "growing ionic resistance could hide a short",
                "Impedance against a spectrum from the start, or a temperature series.",
                soft=0.15,
            )
        return undetermined(
            f"the current at the common voltage stands {percent(max(omega, 0.0))} above its "
            f"lowest{self._shifted()}: nothing has changed between the CVs of one setting that "
            "shows, but neither a short from before the first one nor one that hides behind a "
            "growing ionic resistance would show",
            UNCHANGED_WANTED,
            soft=0.2,
        )

    def _risen(self, rise: float, omega: float, spread: float) -> Verdict:
        sure = self._logged or rise > RISE_UNLOGGED or self._jumped
        if not sure or rise - spread <= RISE_OFF:
            cause = "a warmer cell or better contact does too" if not sure else "its warming may do"
            return undetermined(
                f"the current at the common voltage rose by {percent(omega)}, which {cause}",
                "Repeat the CV at a logged temperature and take an impedance spectrum to "
                "compare with an earlier one.",
                soft=0.45,
            )
        found = Evidence(
            "omega_chord",
            omega,
            0.0,
            f"The current at the common voltage stands {percent(omega)} above its lowest.",
        )
        eta = 1.0 - math.exp(-rise)
        # a path that was there before, and growth of the ionic one, add to what the rise shows
        upper = max(eta + 0.25, 1.0 - math.exp(-rise) / POSSIBLE_GROWTH)
        return judged(
            State.SOFT,
            (eta, max(eta - 0.25, 0.05), min(upper, 1.0)),
            state_probabilities(eta, 0.12, 0.75),
            (found,),
        )


def hardened(sweeps: Sequence[SweepView], cell: Cell, *, temperature_logged: bool) -> list[Verdict]:
    """Judge voltammograms by the hardened rule, in the order of their times."""
    rule = HardenedRule(cell, temperature_logged=temperature_logged)
    return [rule.step(sweep) for sweep in sweeps]
